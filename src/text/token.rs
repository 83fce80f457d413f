//! Tokens: the names of methods and header fields.

/// Whether a text is a token: one or more `tchar` of RFC 9110 5.6.2.
#[must_use]
pub fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}
