//! Host names: as they are compared, as a table may write them, as they can be sent on.

/// Longest value of a `Host` field: a name of 253 characters, `:` and a port.
pub const LONGEST_VALUE: usize = 253 + 6;

/// A host as it is compared: without its port and without one trailing dot. Case stays.
#[must_use]
pub fn bare_host(host: &str) -> &str {
    let without_port = match host.rsplit_once(':') {
        // An address in brackets holds colons of its own.
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) && !in_brackets(host) => name,
        _ => host,
    };
    without_port.strip_suffix('.').unwrap_or(without_port)
}

fn in_brackets(host: &str) -> bool {
    host.starts_with('[') && host.ends_with(']')
}

/// Whether a text can be sent on as the value of a `Host` field.
#[must_use]
pub fn is_host_value(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte);
    !bare_host(text).is_empty() && text.len() <= LONGEST_VALUE && text.bytes().all(fits)
}

/// Why a text is not a host name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAHost {
    /// Or nothing but a port or a dot.
    #[error("it is empty")]
    Empty,
    /// DNS has none.
    #[error("it is not ASCII")]
    NotAscii,
    /// `https://…`, `…/path`.
    #[error("it is more than a host")]
    Url,
    /// `*` elsewhere than as the whole first label.
    #[error("`*` stands for the whole first label only")]
    Star,
    /// `{name}` elsewhere than as the whole first label.
    #[error("a capture is the whole first label")]
    Capture,
    /// A brace where nothing is captured.
    #[error("it has a brace")]
    Brace,
    /// Empty, over 63 characters, or with a character that labels do not have.
    #[error("one of its labels is empty, too long, or has an invalid character")]
    Label,
    /// Over 253 characters.
    #[error("it is longer than 253 characters")]
    Long,
}

impl NotAHost {
    /// What to do.
    #[must_use]
    pub fn cure(self) -> &'static str {
        match self {
            NotAHost::Empty => "write a name, `www.example.com`, or leave `host` out",
            NotAHost::NotAscii => "write it in punycode: `xn--…`",
            NotAHost::Url => "write the host alone, `www.example.com`, without scheme and path",
            NotAHost::Star => "write `*.example.com`, which takes exactly one more label",
            NotAHost::Capture => "write `{name}.example.com`, which takes exactly one more label and captures it",
            NotAHost::Brace => "write the name itself; only a route's `host` captures a label",
            NotAHost::Label => "labels hold letters, digits, `-` and `_`, 63 at most, and do not begin or end with `-`",
            NotAHost::Long => "DNS has no name of that length",
        }
    }
}

/// Whether a text, in lower case, is a host name.
///
/// # Errors
/// The first reason, in the order of [`NotAHost`] but for the length.
pub fn check_host(host: &str) -> Result<(), NotAHost> {
    if host.is_empty() {
        return Err(NotAHost::Empty);
    }
    if !host.is_ascii() {
        return Err(NotAHost::NotAscii);
    }
    if host.contains('*') {
        return Err(NotAHost::Star);
    }
    if host.contains(['{', '}']) {
        return Err(NotAHost::Brace);
    }
    if host.len() > 253 {
        return Err(NotAHost::Long);
    }
    if host.split('.').all(is_label) { Ok(()) } else { Err(NotAHost::Label) }
}

/// Whether a text can stand between the dots of a name. `_` is in no host name, but DNS has it and buckets had it.
#[must_use]
pub fn is_label(text: &str) -> bool {
    (1..=63).contains(&text.len())
        && !text.starts_with('-')
        && !text.ends_with('-')
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_and_one_dot_are_ignored() {
        let rows = [
            ("a.example", "a.example"),
            ("a.example.", "a.example"),
            ("a.example.:443", "a.example"),
            ("a.example..", "a.example."),
            ("a.example:", "a.example"),
            ("[::1]:80", "[::1]"),
            ("[::1]", "[::1]"),
        ];
        for (host, bare) in rows {
            assert_eq!(bare_host(host), bare, "{host}");
        }
    }
}
