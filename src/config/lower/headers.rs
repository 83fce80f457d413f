//! Header names and values, wherever the table writes or reads them.

use std::collections::HashMap;

use toml::de::DeValue;

use crate::platform::headers::DISALLOWED;
use crate::platform::headers::{NOT_FOR_BUCKETS, OUR_PREFIX, Refusal, Written, refuse_name, refuse_value};
use crate::route::Told;
use crate::text::is_token;

use crate::config::lower::foreign;
use crate::config::read::value::Setting;
use crate::diagnostic::{Findings, Span, codes};

/// Parts of a header's name that tell a secret.
const SECRET_WORDS: [&str; 6] = ["verify", "secret", "token", "key", "password", "authorization"];

/// Whether a header of this name, in lower case, is likely to hold a secret.
pub(crate) fn tells_a_secret(name: &str) -> bool {
    name == "cookie" || SECRET_WORDS.iter().any(|word| name.contains(word))
}

/// A header as a table writes it without its value: `x-origin-verify` names the secret `ORIGIN_VERIFY`.
pub(crate) fn as_secret(name: &str) -> String {
    let bare = name.strip_prefix("x-").unwrap_or(name);
    let upper = |char: char| if char.is_ascii_alphanumeric() { char.to_ascii_uppercase() } else { '_' };
    format!("{name} = {{ secret = \"{}\" }}", bare.chars().map(upper).collect::<String>())
}

/// Reports a value of a request header that looks like a secret.
pub(crate) fn check_request_secret(findings: &mut Findings, name: &str, span: Span) {
    if !tells_a_secret(name) {
        return;
    }
    let message = format!("the value of `{name}` looks like a secret");
    let report = findings.report(&codes::LITERAL_SECRET, span, message);
    match refuse_name(Written::OnRequest, name) {
        None => report.help(format!("name it and keep it elsewhere: `{}`", as_secret(name))),
        Some(_) => report.help("remove it: whoever may read this file could use it"),
    };
}

/// What a name is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HeaderUse {
    /// A condition on a header of the request.
    Condition,
    /// Something that an origin's answers depend on.
    Read,
    /// A change of a request that is sent on.
    Request,
    /// The same of a request that goes to a bucket.
    ToBucket,
    /// A custom header of an origin.
    Origin,
    /// A header of a generated answer.
    Answer,
}

/// The names of one table of headers: each is checked, lower-cased, and there once.
pub(crate) struct HeaderNames {
    purpose: HeaderUse,
    seen: HashMap<String, Span>,
}

impl HeaderNames {
    /// No name yet.
    pub(crate) fn new(purpose: HeaderUse) -> HeaderNames {
        HeaderNames { purpose, seen: HashMap::new() }
    }

    /// A name in lower case, or a report of why it cannot be there.
    pub(crate) fn take(&mut self, findings: &mut Findings, name: &str, span: Span) -> Option<String> {
        let lower = name.to_ascii_lowercase();
        if !is_allowed(findings, self.purpose, &lower, &span) {
            return None;
        }
        if let Some(first) = self.seen.get(&lower) {
            findings
                .report(&codes::HEADER_TWICE, span, format!("the header `{lower}` is named twice"))
                .also(first.clone(), "here first")
                .help("header names are not case-sensitive: keep one");
            return None;
        }
        foreign::names::check(findings, name, span.clone(), "header");
        self.seen.insert(lower.clone(), span);
        Some(lower)
    }

    /// Where a name was taken.
    pub(crate) fn span(&self, name: &str) -> Option<Span> {
        self.seen.get(name).cloned()
    }
}

fn is_allowed(findings: &mut Findings, purpose: HeaderUse, name: &str, span: &Span) -> bool {
    if !is_token(name) {
        findings
            .report(&codes::BAD_HEADER_NAME, span.clone(), format!("`{name}` is not a header name"))
            .help("use letters, digits and `-`");
        return false;
    }
    if name.starts_with(OUR_PREFIX) && purpose != HeaderUse::Read {
        our_own(findings, purpose, name, span);
        return false;
    }
    if let Some(cure) = own_key(purpose, name) {
        findings.report(&codes::HEADER_HAS_KEY, span.clone(), format!("`{name}` cannot be written here")).help(cure);
        return false;
    }
    if purpose == HeaderUse::ToBucket && NOT_FOR_BUCKETS.contains(&name) {
        let message = format!("`{name}` is never sent to a bucket");
        findings
            .report(&codes::NOT_FOR_A_BUCKET, span.clone(), message)
            .help("remove it; CloudFront signs requests to a bucket itself");
        return false;
    }
    match purpose {
        HeaderUse::Condition | HeaderUse::Read => is_readable(findings, name, span),
        HeaderUse::Request | HeaderUse::ToBucket => is_writable(findings, Written::OnRequest, name, span),
        HeaderUse::Origin => is_writable(findings, Written::OnOrigin, name, span),
        HeaderUse::Answer => is_writable(findings, Written::OnAnswer, name, span),
    }
}

fn our_own(findings: &mut Findings, purpose: HeaderUse, name: &str, span: &Span) {
    let cure = match (purpose, Told::ALL.into_iter().find(|told| told.header() == name)) {
        (HeaderUse::Condition, Some(told)) => format!("use the route's `{}`, which reads it", told.key()),
        (HeaderUse::Condition, None) => "use `host`, or `from` and `until`, which read what the gate writes".to_owned(),
        _ => "choose another name".to_owned(),
    };
    findings
        .report(&codes::OUR_PREFIX, span.clone(), format!("`{name}` is one of the gate's own headers"))
        .label(format!("names that begin with `{OUR_PREFIX}` are set by the gate"))
        .help(cure);
}

fn is_readable(findings: &mut Findings, name: &str, span: &Span) -> bool {
    let is_hidden = DISALLOWED.contains(name);
    if is_hidden {
        let message = format!("CloudFront does not show `{name}` to a function");
        findings.report(&codes::HEADER_DISALLOWED, span.clone(), message).help("remove it: it is never there");
    }
    !is_hidden
}

/// What to write instead of a header that has a key of its own.
fn own_key(purpose: HeaderUse, name: &str) -> Option<&'static str> {
    match (purpose, name) {
        (HeaderUse::Condition, "host") => Some("use the route's `host`: the header names the origin at this place"),
        (HeaderUse::Request | HeaderUse::ToBucket, "host") => {
            Some("use the origin's `host`: `origin`, `viewer` or a name")
        }
        (HeaderUse::Answer, "location") => Some("use `redirect` or `redirect_map`"),
        (HeaderUse::Answer, "cache-control") => Some("use the route's `cache_control`"),
        (HeaderUse::Answer, "content-type") => Some("use `respond`'s `content_type`"),
        (HeaderUse::Answer, "content-length") => Some("remove it: CloudFront counts the body itself"),
        _ => None,
    }
}

fn is_writable(findings: &mut Findings, written: Written, name: &str, span: &Span) -> bool {
    let Some(refusal) = refuse_name(written, name) else { return true };
    let code = match refusal {
        Refusal::NotAName | Refusal::Value => &codes::BAD_HEADER_NAME,
        Refusal::LongName | Refusal::LongValue => &codes::ORIGIN_HEADERS_TOO_LARGE,
        Refusal::Disallowed => &codes::HEADER_DISALLOWED,
        Refusal::ReadOnly => &codes::HEADER_READ_ONLY,
        Refusal::Denylisted => &codes::ORIGIN_HEADER_DENIED,
    };
    findings
        .report(code, span.clone(), format!("the header `{name}` cannot be written here: {refusal}"))
        .help("remove it; an answer with it would be a 502 for the viewer");
    false
}

/// Reports a value that may not stand in a header.
pub(crate) fn check_value(findings: &mut Findings, written: Written, value: &str, span: Span) {
    match refuse_value(written, value) {
        None => {}
        Some(Refusal::LongValue) => {
            findings
                .report(&codes::ORIGIN_HEADERS_TOO_LARGE, span, "the value is longer than CloudFront takes")
                .help("at most 1,783 bytes");
        }
        Some(_) => {
            findings
                .report(&codes::BAD_HEADER_VALUE, span, "the header value has a control character")
                .help("remove the line end or other control character");
        }
    }
}

/// Whether the headers of an answer are written as names and values; reports those that are sorted into `set`, `add` and
/// `remove` as `request_headers` has them.
pub(crate) fn are_flat(findings: &mut Findings, entry: Setting<'_>) -> bool {
    let fields = entry.value().as_table().map(|_| entry.names(findings)).unwrap_or_default();
    let mut sorted = fields.into_iter().filter(|field| {
        matches!(field.key(), "set" | "add" | "remove")
            && matches!(field.value(), DeValue::Table(_) | DeValue::Array(_))
    });
    let Some(field) = sorted.next() else { return true };
    let message = format!("`{}` takes names and values directly, without `{}`", entry.key(), field.key());
    let report = findings.report(&codes::WRONG_TYPE, field.key_span(), message);
    match field.key() {
        "remove" => report.help("remove it: an answer made at the edge has no other header than these"),
        _ => report.help(format!("write `{} = {{ x-name = \"value\" }}`", entry.key())),
    };
    false
}
