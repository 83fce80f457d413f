//! Text of anyone's, made safe to show: no URL and no file speaks to the terminal.

use std::borrow::Cow;

/// Text as it may be shown: what could move the cursor or turn the text around is escaped.
#[must_use]
pub fn shown(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for char in text.chars() {
        if is_hidden(char) { out.extend(char.escape_default()) } else { out.push(char) }
    }
    Cow::Owned(out)
}

/// Controls, and the marks that change the direction of text.
fn is_hidden(char: char) -> bool {
    char.is_control() || matches!(char, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_speaks_to_the_terminal() {
        assert_eq!(shown("/a\u{1b}[2J\r\n\u{202e}é"), "/a\\u{1b}[2J\\r\\n\\u{202e}é");
    }
}
