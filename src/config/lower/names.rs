//! What ids, names, hosts and secrets may look like.

use crate::config::lower::paths::is_capture_name;
use crate::route::condition::{AnyLabel, HostPattern};
use crate::text::host::{NotAHost, bare_host, check_host};

use crate::diagnostic::{Findings, Span, codes};

/// Longest id or name.
const MAX_NAME: usize = 64;

/// Reports a name of an origin or cohort that could not stand in a header, a log line or a command line.
pub(crate) fn check_name(findings: &mut Findings, name: &str, span: Span, what: &str) {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if !(1..=MAX_NAME).contains(&name.len()) || !name.bytes().all(allowed) {
        findings
            .report(&codes::BAD_NAME, span, format!("`{name}` cannot be the name of {} {what}", article(what)))
            .help("use letters, digits, `-` and `_`, at most 64 of them");
    }
}

fn article(word: &str) -> &'static str {
    if word.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" }
}

/// Whether a text can be a route's id.
pub(crate) fn is_id(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=MAX_NAME).contains(&text.len()) && text.bytes().all(allowed)
}

/// The id that a text was perhaps meant to be.
pub(crate) fn as_id(text: &str) -> Option<String> {
    let id: String =
        text.to_lowercase().chars().map(|char| if char.is_ascii_alphanumeric() { char } else { '-' }).collect();
    let id = id.trim_matches('-').to_owned();
    is_id(&id).then_some(id)
}

/// Whether a text can be the name of a secret, and of an environment variable.
pub(crate) fn is_secret_name(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    (1..=MAX_NAME).contains(&text.len())
        && text.bytes().all(allowed)
        && !text.starts_with(|first: char| first.is_ascii_digit())
}

/// Reads a host as a route's `host` names it: any case, a port and one trailing dot are ignored.
pub(crate) fn host_pattern(text: &str) -> Result<HostPattern, NotAHost> {
    if text.contains("//") || text.contains(['/', '?', '#', '@']) {
        return Err(NotAHost::Url);
    }
    let bare = bare_host(text);
    if let Some((name, parent)) = bare.strip_prefix('{').and_then(|rest| rest.split_once("}.")) {
        if !is_capture_name(name) {
            return Err(NotAHost::Capture);
        }
        let (parent, capture) = (parent.to_ascii_lowercase(), Some(name.to_owned()));
        return check_host(&parent).map(|()| HostPattern::AnyLabel(AnyLabel { parent, capture }));
    }
    if bare.contains(['{', '}']) {
        return Err(NotAHost::Capture);
    }
    let host = bare.to_ascii_lowercase();
    match host.strip_prefix("*.") {
        Some(parent) => check_host(parent).map(|()| HostPattern::any_label(parent)),
        None => check_host(&host).map(|()| HostPattern::Name(host.clone())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_read_without_case_port_and_dot() {
        let name = |text: &str| Ok(HostPattern::Name(text.into()));
        let rows = [
            ("www.Example.com", name("www.example.com")),
            ("www.example.com:443", name("www.example.com")),
            ("www.example.com.", name("www.example.com")),
            ("*.Example.com.:80", Ok(HostPattern::any_label("example.com"))),
            (
                "{Site}.Example.com:80",
                Ok(HostPattern::AnyLabel(AnyLabel { parent: "example.com".into(), capture: Some("Site".into()) })),
            ),
            ("{1}.example.com", Err(NotAHost::Capture)),
            ("{a}-x.example.com", Err(NotAHost::Capture)),
            ("www.{a}.example.com", Err(NotAHost::Capture)),
            ("{a}.{b}.example.com", Err(NotAHost::Brace)),
            ("localhost", name("localhost")),
            ("xn--so-joa.example", name("xn--so-joa.example")),
            ("são.example", Err(NotAHost::NotAscii)),
            ("https://www.example.com", Err(NotAHost::Url)),
            ("www.example.com/a", Err(NotAHost::Url)),
            ("*", Err(NotAHost::Star)),
            ("a.*.example.com", Err(NotAHost::Star)),
            ("*.*.example.com", Err(NotAHost::Star)),
            ("*a.example.com", Err(NotAHost::Star)),
            ("a..example", Err(NotAHost::Label)),
            ("-a.example", Err(NotAHost::Label)),
            ("a b", Err(NotAHost::Label)),
            ("[::1]", Err(NotAHost::Label)),
            ("", Err(NotAHost::Empty)),
            (".", Err(NotAHost::Empty)),
        ];
        for (text, expected) in rows {
            assert_eq!(host_pattern(text), expected, "{text}");
        }
    }

    #[test]
    fn an_id_is_offered_for_what_could_be_one() {
        let rows = [("Old_News", Some("old-news")), ("a b", Some("a-b")), ("ç", None), ("--", None)];
        for (text, expected) in rows {
            assert_eq!(as_id(text).as_deref(), expected, "{text}");
        }
    }
}
