//! What the system or a library said, in the manner of all messages.

/// Lower case at its beginning, and without the number of an error of the system.
#[must_use]
pub fn said(text: &str) -> String {
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_say_reads_like_our_own() {
        let rows = [
            ("Connection refused (os error 111)", "connection refused"),
            ("Invalid chunk size line", "invalid chunk size line"),
            ("already so", "already so"),
            ("", ""),
        ];
        for (text, expected) in rows {
            assert_eq!(said(text), expected);
        }
    }
}
