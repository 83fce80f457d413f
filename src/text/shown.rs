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

/// Controls, the marks that change the direction of text or break its lines, and what has no width.
fn is_hidden(char: char) -> bool {
    let is_mark =
        matches!(char, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    char.is_control() || is_mark
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_speaks_to_the_terminal() {
        assert_eq!(shown("/a\u{1b}[2J\r\n\u{202e}é"), "/a\\u{1b}[2J\\r\\n\\u{202e}é");
        assert_eq!(shown("\u{9b}2J\u{200b}\u{2028}\u{feff}"), "\\u{9b}2J\\u{200b}\\u{2028}\\u{feff}");
    }
}
