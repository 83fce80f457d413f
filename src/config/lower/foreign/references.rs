//! The parts of a target that refer to a request as another tool writes it. A pure function of the text.

use std::ops::Range;

use super::{is_word, leading_word};

/// A part of a target that refers to something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reference {
    pub(super) part: Range<usize>,
    pub(super) to: Referred,
}

/// What it refers to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Referred {
    /// A group: `$1`, `\1`.
    Number(usize),
    /// A group of a condition: `%1`.
    OfCondition(usize),
    /// `:name`, at the beginning of a segment or of a value.
    Colon(String),
    /// `$name`.
    Dollar(String),
    /// `${name}`, `%{name}`.
    Braced(String),
    /// What a star of the pattern took: `:splat`.
    Splat,
    /// A star at the end.
    Star,
    /// A variable that every request has.
    Variable(RequestPart),
}

/// What another tool's variable stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RequestPart {
    Path,
    Host,
    Query,
    Scheme,
    /// Something that no hole holds.
    Other,
}

/// The references of a text, in order.
pub(super) fn references(text: &str) -> Vec<Reference> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(next) = text.get(at..).and_then(|rest| rest.find(['$', '\\', '%', '#', ':', '*'])) {
        let start = at + next;
        let reference = reference(text, start);
        at = start + reference.as_ref().map_or(1, |(length, _)| *length);
        found.extend(reference.map(|(_, to)| Reference { part: start..at, to }));
    }
    found
}

/// The reference that begins here, and its length.
fn reference(text: &str, at: usize) -> Option<(usize, Referred)> {
    let (before, rest) = text.split_at_checked(at)?;
    let after = rest.get(1..)?;
    match rest.as_bytes().first()? {
        b'$' | b'%' if after.starts_with('{') => braced(after),
        // A load balancer's `#{path}`; what else is in a fragment may be a hole of ours.
        b'#' if after.starts_with('{') => braced(after).filter(|(_, to)| matches!(to, Referred::Variable(_))),
        b'$' => number(after).map(|(length, number)| (length, Referred::Number(number))).or_else(|| dollar(after)),
        b'\\' => number(after).map(|(length, number)| (length, Referred::Number(number))),
        b'%' => number(after)
            .filter(|(length, _)| *length == 2 && !after.get(1..).is_some_and(begins_hex))
            .map(|(length, number)| (length, Referred::OfCondition(number))),
        b':' if before.ends_with(['/', '=']) && !before.ends_with(":/") => {
            let word = leading_word(after)?;
            let star = usize::from(after.get(word.len()..)?.starts_with(['*', '+']));
            let to = if word == "splat" { Referred::Splat } else { Referred::Colon(word.to_owned()) };
            Some((1 + word.len() + star, to))
        }
        b'*' if after.is_empty() && before.ends_with('/') => Some((1, Referred::Star)),
        _ => None,
    }
}

fn begins_hex(text: &str) -> bool {
    text.starts_with(|char: char| char.is_ascii_hexdigit())
}

/// A number of one or two digits that ends there, and the length of the reference.
fn number(after: &str) -> Option<(usize, usize)> {
    let digits = after.find(|char: char| !char.is_ascii_digit()).unwrap_or(after.len());
    let next = after.get(digits..)?.chars().next();
    let ends = !next.is_some_and(|char| char.is_ascii_alphabetic() || char == '_');
    let number = after.get(..digits).filter(|_| ends && digits <= 2)?.parse().ok()?;
    Some((1 + digits, number))
}

fn braced(after: &str) -> Option<(usize, Referred)> {
    let (inner, _) = after.strip_prefix('{')?.split_once('}')?;
    let length = inner.len() + 3;
    let name = inner.rsplit(':').next().unwrap_or(inner).trim_start_matches("http.request.");
    let to = match (inner.parse::<usize>(), variable(name)) {
        (Ok(number), _) => Referred::Number(number),
        (_, Some(part)) => Referred::Variable(part),
        _ => Referred::Braced(name.to_owned()),
    };
    (is_word(name) || inner.parse::<usize>().is_ok() || variable(name).is_some()).then_some((length, to))
}

fn dollar(after: &str) -> Option<(usize, Referred)> {
    if after.starts_with("is_args$args") {
        return Some(("$is_args$args".len(), Referred::Variable(RequestPart::Query)));
    }
    let word = leading_word(after)?;
    let to = match variable(word).filter(|_| !NOT_WITH_DOLLAR.contains(&word)) {
        Some(part) => Referred::Variable(part),
        None if word == "splat" => Referred::Splat,
        None => Referred::Dollar(word.to_owned()),
    };
    Some((1 + word.len(), to))
}

/// Names that are variables only in braces; `$query`, say, is a word of some APIs.
const NOT_WITH_DOLLAR: [&str; 8] = ["path", "query", "port", "protocol", "uri.path", "URI", "HTTPS", "hostname"];

/// What a variable of nginx, Apache, an AWS load balancer or Caddy stands for.
fn variable(name: &str) -> Option<RequestPart> {
    Some(match name {
        "uri" | "request_uri" | "document_uri" | "REQUEST_URI" | "URI" | "path" | "uri.path" => RequestPart::Path,
        "host" | "http_host" | "server_name" | "HTTP_HOST" | "SERVER_NAME" | "hostname" => RequestPart::Host,
        "args" | "query_string" | "is_args" | "QUERY_STRING" | "query" => RequestPart::Query,
        "scheme" | "REQUEST_SCHEME" | "protocol" => RequestPart::Scheme,
        "remote_addr"
        | "REMOTE_ADDR"
        | "request_method"
        | "REQUEST_METHOD"
        | "server_port"
        | "SERVER_PORT"
        | "port"
        | "HTTPS"
        | "request_filename"
        | "REQUEST_FILENAME"
        | "proxy_add_x_forwarded_for" => RequestPart::Other,
        _ => {
            let prefix = ["http_", "arg_", "cookie_", "HTTP_"].into_iter().find(|prefix| name.starts_with(prefix))?;
            (name.len() > prefix.len()).then_some(RequestPart::Other)?
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_found_and_what_a_url_may_hold_is_left_alone() {
        let rows: &[(&str, &[&str])] = &[
            ("/new/$1", &["$1"]),
            ("/new/$1$2.html", &["$1", "$2"]),
            ("/new/${1}/x", &["${1}"]),
            (r"/new/\1", &[r"\1"]),
            ("/new/%1", &["%1"]),
            ("/new/%1/%2?a=%3", &["%1", "%2", "%3"]),
            ("/manual/:splat", &[":splat"]),
            ("/blog/:slug?id=:id", &[":slug", ":id"]),
            ("/blog/:path*", &[":path*"]),
            ("/new/*", &["*"]),
            ("https://www.example.com$request_uri", &["$request_uri"]),
            ("/x?$args", &["$args"]),
            ("/x$is_args$args", &["$is_args$args"]),
            ("%{REQUEST_URI}", &["%{REQUEST_URI}"]),
            ("/x/%{ENV:name}", &["%{ENV:name}"]),
            ("https://a.example/#{path}?#{query}", &["#{path}", "#{query}"]),
            ("/a/${path}", &["${path}"]),
            ("/$metadata", &["$metadata"]),
            ("/a/$1st", &[]),
            ("/a/$2y", &[]),
            ("/a%20b%1F%10", &[]),
            ("/a%1a", &[]),
            ("/a:b/12:30", &[]),
            ("https://www.example.com:8080/a", &[]),
            ("/a*/b*", &[]),
            ("/{slug}/{*rest}#top", &[]),
            ("/a#:~:text=b", &[]),
            ("/a#{slug}", &[]),
        ];
        for (text, expected) in rows {
            let found: Vec<&str> = references(text).into_iter().map(|found| &text[found.part]).collect();
            assert_eq!(found, *expected, "{text}");
        }
    }
}
