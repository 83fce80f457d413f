//! Tokens, the names of methods and header fields; and the codes of countries.

/// Whether a text is a token: one or more `tchar` of RFC 9110 5.6.2.
#[must_use]
pub fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

/// Whether a text has the form of a country code: two capital letters, as ISO 3166-1 has them.
#[cfg(feature = "cli")]
#[must_use]
pub fn is_country(text: &str) -> bool {
    text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase())
}
