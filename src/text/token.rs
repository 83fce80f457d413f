//! Tokens: names of methods and header fields; codes of countries.

/// Whether a text is a token: one or more `tchar` of RFC 9110 5.6.2.
#[must_use]
pub fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

/// Whether a text is an ISO 3166 code as CloudFront writes it: two capital letters.
#[cfg(feature = "cli")]
#[must_use]
pub fn is_country(text: &str) -> bool {
    text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase())
}
