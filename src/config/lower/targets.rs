//! `rewrite`, `redirect` and the targets of a map: what a route may make, and what it never may.

use std::ops::Range;

use crate::route::pattern::PathPattern;
use crate::route::target::{Part, Target, Unsafe, check_made};

use crate::config::lower::fault::Fault;
use crate::config::read::value::TextValue;
use crate::diagnostic::{Findings, Severity, codes};
use crate::platform::limits::MAX_URL;
use crate::text::host::check_host;
use crate::text::percent;

/// Faults shown of one target.
const MAX_FAULTS: usize = 8;

/// What a target is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    /// The path that is sent on.
    Rewrite,
    /// A `location`.
    Redirect,
}

/// Lowers a `rewrite` or `redirect`. `pattern` is the route's path, `None` where that was reported already.
pub(crate) fn lower(
    findings: &mut Findings,
    purpose: Use,
    text: &TextValue<'_>,
    pattern: Option<&PathPattern>,
) -> Option<Target> {
    let mut faults = Vec::new();
    let pieces = pieces(text.text, &mut faults);
    check_text(purpose, text.text, &pieces, &mut faults);
    let names = pattern.map(PathPattern::capture_names);
    let target = resolve(&pieces, names.as_deref(), &mut faults);
    if faults.is_empty() {
        check_result(text.text, &pieces, pattern, &mut faults);
    }
    let fine = faults.iter().all(|fault| fault.code.severity == Severity::Warning);
    faults.sort_by_key(|fault| fault.part.start);
    faults.truncate(MAX_FAULTS);
    for fault in faults {
        fault.report_in(findings, text);
    }
    fine.then_some(target)
}

/// Checks a target without captures, as a redirect map has; the first fault.
pub(crate) fn check_literal(text: &str) -> Result<(), Fault> {
    let mut faults = Vec::new();
    let pieces = [TargetPiece::Literal(text, 0)];
    check_text(Use::Redirect, text, &pieces, &mut faults);
    if faults.is_empty() {
        check_result(text, &pieces, None, &mut faults);
    }
    faults.into_iter().min_by_key(|fault| fault.part.start).map_or(Ok(()), Err)
}

/// A piece of a target as written, with where it begins.
#[derive(Clone, Copy, Debug)]
enum TargetPiece<'a> {
    Literal(&'a str, usize),
    /// The name; `at` is the opening brace.
    Capture(&'a str, usize),
}

/// Takes a target apart at its braces.
fn pieces<'a>(text: &'a str, faults: &mut Vec<Fault>) -> Vec<TargetPiece<'a>> {
    let mut pieces = Vec::new();
    let mut done = 0;
    while let Some(found) = text.get(done..).and_then(|rest| rest.find(['{', '}'])) {
        let at = done + found;
        let rest = text.get(at + 1..).unwrap_or_default();
        let close = rest.find(['{', '}']).filter(|close| rest.as_bytes().get(*close) == Some(&b'}'));
        let name = close.and_then(|close| rest.get(..close)).filter(|_| text.as_bytes().get(at) == Some(&b'{'));
        let Some(name) = name.filter(|name| !name.is_empty()) else {
            let message = "this brace is not part of a capture";
            faults.push(
                Fault::new(&codes::TARGET_BRACE, at..at + 1, message).help("a literal brace is written `%7B` or `%7D`"),
            );
            done = at + 1;
            continue;
        };
        if at > done {
            pieces.push(TargetPiece::Literal(text.get(done..at).unwrap_or_default(), done));
        }
        pieces.push(TargetPiece::Capture(name, at));
        done = at + name.len() + 2;
    }
    if done < text.len() {
        pieces.push(TargetPiece::Literal(text.get(done..).unwrap_or_default(), done));
    }
    pieces
}

/// What can be told without knowing what is captured.
fn check_text(purpose: Use, text: &str, pieces: &[TargetPiece<'_>], faults: &mut Vec<Fault>) {
    if text.len() > MAX_URL {
        let message = format!("the target has {} bytes, more than a URL may have", text.len());
        faults.push(
            Fault::new(&codes::TARGET_CHARACTER, 0..text.len(), message).help(format!("at most {MAX_URL} bytes")),
        );
        return;
    }
    match absolute(text) {
        Some(authority) if purpose == Use::Redirect => faults.extend(authority_fault(text, authority)),
        _ => check_start(purpose, text, faults),
    }
    for piece in pieces {
        check_characters(purpose, text, piece, faults);
    }
}

/// The bytes of the authority of `http://…` and `https://…`.
fn absolute(text: &str) -> Option<Range<usize>> {
    let start = ["http://", "https://"].into_iter().find(|scheme| text.starts_with(scheme))?.len();
    let rest = text.get(start..)?;
    Some(start..start + rest.find(['/', '?', '#']).unwrap_or(rest.len()))
}

fn check_start(purpose: Use, text: &str, faults: &mut Vec<Fault>) {
    if text.starts_with("//") || text.starts_with("/\\") {
        let fault =
            Fault::new(&codes::TARGET_START, 0..2, "the target begins with `//` or `/\\`, which leads to another host");
        faults.push(match purpose {
            Use::Rewrite => fault.help("begin it with one `/`"),
            Use::Redirect => fault.help("begin it with one `/`, or write the scheme: `https://…`"),
        });
    } else if !text.starts_with('/') {
        let message = match purpose {
            Use::Rewrite => "the rewrite must begin with `/`",
            Use::Redirect => "the redirect must begin with one `/`, or with `http://` or `https://` and a host",
        };
        let fault = Fault::new(&codes::TARGET_START, 0..text.len(), message);
        faults.push(match (purpose, text.contains("://")) {
            (Use::Rewrite, true) => fault.help("a rewrite changes the path only; the host is the origin's"),
            (_, true) => fault.help("schemes are written in lower case: `https://…`"),
            (_, false) => fault.help(format!("write `/{text}`")),
        });
    }
}

fn authority_fault(text: &str, authority: Range<usize>) -> Option<Fault> {
    let host = text.get(authority.clone()).unwrap_or_default();
    let after = text.get(authority.end..).unwrap_or_default();
    let fault = |message: &str| Fault::new(&codes::TARGET_HOST, authority, message);
    if host.contains(['{', '}']) || (!after.starts_with('/') && after.contains('{')) {
        let fault = fault("a capture may stand only after the `/` that follows the host")
            .help("write the host as text and a `/` after it: `https://www.example.com/{name}`");
        let own_slash =
            "a prefix's `{rest}` has a slash of its own: take `path = \"/…/{*rest}\"` instead of the prefix";
        return Some(if text.contains("{rest}") { fault.help(own_slash) } else { fault });
    }
    let (name, port) = host.rsplit_once(':').map_or((host, None), |(name, port)| (name, Some(port)));
    if host.contains('@') {
        return Some(fault("the target's host has a user name").help("remove what stands before the `@`"));
    }
    if let Err(why) = check_host(&name.to_ascii_lowercase()) {
        return Some(fault(&format!("`{host}` is not a host name: {why}")).help(why.cure()));
    }
    let port_is_fine = port.is_none_or(|port| port.parse::<u16>().is_ok_and(|number| number > 0));
    let message = format!("`{host}` has no port of 1 to 65535 after its `:`");
    (!port_is_fine).then(|| fault(&message).help("write a port, or no `:`"))
}

fn check_characters(purpose: Use, text: &str, piece: &TargetPiece<'_>, faults: &mut Vec<Fault>) {
    let &TargetPiece::Literal(literal, start) = piece else { return };
    let part = |at: usize, char: char| start + at..start + at + char.len_utf8();
    if let Some((at, char)) = literal.char_indices().find(|(_, char)| char.is_control()) {
        let message = format!("the target has the control character `{char}`");
        faults.push(Fault::new(&codes::TARGET_UNSAFE, part(at, char), message).help("remove it"));
        return;
    }
    if purpose == Use::Rewrite
        && let Some(at) = literal.find(['?', '#'])
    {
        let fault = Fault::new(
            &codes::REWRITE_QUERY,
            start + at..start + literal.len(),
            "the rewrite has `?` or `#`, which no path has",
        );
        faults.push(fault.help("`query_string` says what of the query is sent on"));
        return;
    }
    if let Some((at, bad)) = escape_for_url(literal) {
        let end = at + literal.get(at..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8);
        let message = format!("`{}` cannot stand in a URL", literal.get(at..end).unwrap_or_default());
        let fixed = format!(
            "{}{bad}{}",
            text.get(..start).unwrap_or_default(),
            text.get(start + literal.len()..).unwrap_or_default()
        );
        faults.push(
            Fault::new(&codes::TARGET_CHARACTER, start + at..start + end, message).help(format!("write `{fixed}`")),
        );
    }
}

/// The first character that cannot stand in a URL, and the text with all of them percent-encoded.
fn escape_for_url(text: &str) -> Option<(usize, String)> {
    let is_escape =
        |at: usize| text.as_bytes().get(at + 1..at + 3).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit));
    let is_fine = |at: usize, char: char| match char {
        '%' => is_escape(at),
        _ => !char.is_ascii() || (char.is_ascii_graphic() && !"\"<>\\^`{|}".contains(char)),
    };
    let first = text.char_indices().find(|(at, char)| !is_fine(*at, *char))?.0;
    let mut escaped = String::new();
    for (at, char) in text.char_indices() {
        if is_fine(at, char) {
            escaped.push(char);
        } else {
            escaped.push_str(&percent::escaped(char));
        }
    }
    Some((first, escaped))
}

/// A target as it is sent: what is not ASCII is percent-encoded, so that `/promoções` can be written as it is read.
pub(crate) fn to_ascii(text: &str) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    text.chars().map(|char| if char.is_ascii() { char.to_string() } else { percent::escaped(char) }).collect()
}

/// Turns names into numbers.
fn resolve(pieces: &[TargetPiece<'_>], names: Option<&[(String, usize)]>, faults: &mut Vec<Fault>) -> Target {
    let mut parts = Vec::new();
    for piece in pieces {
        match *piece {
            TargetPiece::Literal(literal, _) => parts.push(Part::Literal(to_ascii(literal))),
            TargetPiece::Capture(name, at) => {
                let Some(names) = names else { continue };
                match names.iter().find(|(known, _)| known == name) {
                    Some((_, number)) => parts.push(Part::Capture(*number)),
                    None => faults.push(undefined(name, at, names)),
                }
            }
        }
    }
    Target { parts }
}

fn undefined(name: &str, at: usize, names: &[(String, usize)]) -> Fault {
    let fault =
        Fault::new(&codes::UNDEFINED_CAPTURE, at..at + name.len() + 2, format!("the path has no capture `{name}`"));
    let known = || names.iter().map(|(name, _)| name.as_str());
    if let Some(starless) = name.strip_prefix('*') {
        return fault.help(format!("the star belongs to the path; write `{{{starless}}}`"));
    }
    if let Some(near) = crate::text::nearest(name, known()) {
        return fault.help(format!("did you mean `{{{near}}}`?"));
    }
    let listed: Vec<String> = known().take(12).map(|name| format!("{{{name}}}")).collect();
    if listed.is_empty() {
        return fault.help("capture it in the path: `path = \"/…/{name}\"`, or a named group of a `regex`");
    }
    fault.help(format!("the path captures {}", crate::text::quoted(&listed)))
}

/// What would be unsafe or doubled for every request.
fn check_result(text: &str, pieces: &[TargetPiece<'_>], pattern: Option<&PathPattern>, faults: &mut Vec<Fault>) {
    let filled = |capture: &str| -> String {
        pieces.iter().map(|piece| if let TargetPiece::Literal(text, _) = piece { text } else { capture }).collect()
    };
    let made = match pattern {
        // `{rest}` is empty or begins with a slash: what is unsafe with both is unsafe for every request.
        Some(PathPattern::Prefix(_)) => check_made(&filled("")).or(check_made(&filled("/x"))),
        _ => check_made(&filled("x")),
    };
    match made {
        Err(Unsafe::Climbs) => {
            let fault =
                Fault::new(&codes::TARGET_UNSAFE, 0..text.len(), "a segment of the target is read as `.` or `..`");
            faults.push(fault.help("write the path that is meant, without dot segments"));
        }
        Err(why) => {
            faults.push(Fault::new(&codes::TARGET_UNSAFE, 0..text.len(), format!("the target is refused: {why}")))
        }
        Ok(()) => {}
    }
    if matches!(pattern, Some(PathPattern::Prefix(_))) {
        check_rest(text, pieces, faults);
    }
}

/// After a prefix, `{rest}` is empty or begins with a slash: one before it makes two.
fn check_rest(text: &str, pieces: &[TargetPiece<'_>], faults: &mut Vec<Fault>) {
    for pair in pieces.windows(2) {
        let [TargetPiece::Literal(before, start), TargetPiece::Capture(name, at)] = *pair else { continue };
        if !before.ends_with('/') {
            continue;
        }
        let part = start + before.len() - 1..at + name.len() + 2;
        let at_root = part.start == 0 || absolute(text).is_some_and(|authority| authority.end == part.start);
        let fault = if part.start == 0 {
            Fault::new(&codes::TARGET_UNSAFE, part, "`/{rest}` begins with `//` for every path below the prefix")
        } else {
            Fault::new(&codes::TARGET_DOUBLE_SLASH, part, "`{rest}` is empty or begins with a slash of its own")
        };
        let fault = match at_root {
            true => fault.help("take `path = \"/…/{*rest}\"` instead of the prefix, and keep `/{rest}`"),
            false => fault.help(format!("write `{}`", text.replacen("/{", "{", 1))),
        };
        faults.push(fault);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_that_are_not_ascii_are_sent_percent_encoded_and_the_rest_as_written() {
        let rows = [
            ("/promoções/{x}", "/promo%C3%A7%C3%B5es/{x}"),
            ("/a%20b?q=ç#é", "/a%20b?q=%C3%A7#%C3%A9"),
            ("/%c3%a7", "/%c3%a7"),
        ];
        for (text, sent) in rows {
            assert_eq!(to_ascii(text), sent, "{text}");
        }
        assert_eq!(check_literal("/promoções"), Ok(()));
        assert!(check_literal("https://são.example/").is_err());
    }
}
