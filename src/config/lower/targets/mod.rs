//! `rewrite`, `redirect`, the targets of a map and the values of headers: what a route may make, and what it never may.

mod host;
mod pieces;

use std::ops::Range;

use crate::route::pattern::PathPattern;
use crate::route::target::{Hole, Part, Target, Unsafe, check_made};
use crate::route::{Condition, Fact, hole_names};

use self::host::{absolute, check_start};
use self::pieces::{Piece, What, pieces};
use crate::config::lower::fault::Fault;
use crate::config::lower::foreign::targets::{Choice, Fillers, ForeignTarget, TargetPlace, look, refers};
use crate::config::read::value::TextValue;
use crate::diagnostic::{Findings, Severity, codes};
use crate::platform::limits::MAX_URL;
use crate::text::percent;

/// Faults shown of one target.
const MAX_FAULTS: usize = 8;

/// What a target is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    /// The path that is sent on, and a query of its own.
    Rewrite,
    /// A `location`.
    Redirect,
    /// The value of a request header.
    Header,
}

impl Use {
    /// In words.
    fn what(self) -> &'static str {
        match self {
            Use::Rewrite => "the rewrite",
            Use::Redirect => "the redirect",
            Use::Header => "the header",
        }
    }
}

/// What can fill the holes of a route's targets.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RouteHoles<'r> {
    /// The route's path; `None` where that was reported already.
    pub(crate) path: Option<&'r PathPattern>,
    /// The path that is meant, where it is written in another tool's syntax.
    pub(crate) meant: Option<&'r PathPattern>,
    pub(crate) conditions: &'r [Condition],
    /// Whether `conditions` are all that are written: one that is malformed was reported, and is left out.
    pub(crate) has_all: bool,
}

impl RouteHoles<'_> {
    /// Every name with what fills it; `None` where not all are known.
    fn names(&self) -> Option<Vec<(String, Hole)>> {
        let path = self.path.filter(|_| self.has_all)?;
        let mut names = hole_names(path, self.conditions);
        names.extend(Hole::BUILT_IN.map(|(name, hole)| (name.to_owned(), hole)));
        Some(names)
    }

    fn fillers(&self) -> Option<Fillers<'_>> {
        Some(Fillers { path: self.path?, names: self.names()? })
    }

    /// The same with another path.
    fn with<'p>(&'p self, path: &'p PathPattern) -> RouteHoles<'p> {
        RouteHoles { path: Some(path), meant: None, ..*self }
    }

    /// Whether a name stands for a path that is empty or begins with a slash of its own.
    fn begins_path(&self, name: &str) -> bool {
        name == "path" || (name == "rest" && self.has_prefix())
    }

    fn has_prefix(&self) -> bool {
        self.path.is_some_and(|path| path.key() == "prefix")
    }
}

/// Lowers a `rewrite`, a `redirect` or the value of a header.
pub(crate) fn lower(
    findings: &mut Findings,
    purpose: Use,
    text: &TextValue<'_>,
    holes: &RouteHoles<'_>,
) -> Option<Target> {
    let (target, mut faults) = judged(purpose, text.text, holes);
    if let Some(foreign) = foreign(purpose, text.text, holes) {
        let is_about = |fault: &Fault| foreign.parts.iter().any(|part| overlap(part, &fault.part));
        if faults.iter().any(is_about) {
            faults = faults
                .into_iter()
                .map(|fault| if is_about(&fault) { fault.instead(&foreign.help) } else { fault })
                .collect();
        } else {
            foreign.report(findings, purpose.what(), text);
        }
    }
    let fine = faults.iter().all(|fault| fault.code.severity == Severity::Warning);
    faults.sort_by_key(|fault| fault.part.start);
    faults.truncate(MAX_FAULTS);
    for fault in faults {
        fault.report_in(findings, text);
    }
    fine.then_some(target)
}

/// A text as a target, and what is wrong with it.
fn judged(purpose: Use, text: &str, holes: &RouteHoles<'_>) -> (Target, Vec<Fault>) {
    let mut faults = Vec::new();
    let pieces = pieces(purpose, text, &mut faults);
    if purpose != Use::Header {
        check_text(purpose, text, (&pieces, holes), &mut faults);
    }
    let target = resolve(purpose, &pieces, holes, &mut faults);
    if faults.is_empty() && purpose != Use::Header {
        check_result(text, &pieces, holes, &mut faults);
    }
    (target, faults)
}

/// What of a text is written as another tool would have it.
fn foreign(purpose: Use, text: &str, holes: &RouteHoles<'_>) -> Option<ForeignTarget> {
    if !refers(text) {
        return None;
    }
    let written = if purpose == Use::Header { TargetPlace::Header } else { TargetPlace::Url };
    let Some(now) = holes.fillers() else {
        return look(written, text, Choice { now: &Fillers::unknown(), meant: None }, |_, _| false);
    };
    let meant_holes = holes.meant.map(|path| holes.with(path));
    let meant = meant_holes.as_ref().and_then(RouteHoles::fillers);
    look(written, text, Choice { now: &now, meant: meant.as_ref() }, |form, fillers| {
        judged(purpose, form, &holes.with(fillers.path)).1.is_empty()
    })
}

fn overlap(one: &Range<usize>, other: &Range<usize>) -> bool {
    one.start < other.end && other.start < one.end
}

/// Checks a target without captures, as a redirect map has; the first fault.
pub(crate) fn check_literal(text: &str) -> Result<(), Fault> {
    let mut faults = Vec::new();
    let pieces = [Piece { what: What::Literal(text), part: 0..text.len() }];
    let holes = RouteHoles { path: None, meant: None, conditions: &[], has_all: true };
    check_text(Use::Redirect, text, (&pieces, &holes), &mut faults);
    if faults.is_empty() {
        check_result(text, &pieces, &holes, &mut faults);
    }
    faults.into_iter().min_by_key(|fault| fault.part.start).map_or(Ok(()), Err)
}

/// What can be told without knowing what is captured.
fn check_text(purpose: Use, text: &str, (pieces, holes): (&[Piece<'_>], &RouteHoles<'_>), faults: &mut Vec<Fault>) {
    if text.len() > MAX_URL {
        let message = format!("the target has {} bytes, more than a URL may have", text.len());
        faults.push(
            Fault::new(&codes::TARGET_CHARACTER, 0..text.len(), message).help(format!("at most {MAX_URL} bytes")),
        );
        return;
    }
    faults.extend(check_start(purpose, text, holes));
    for piece in pieces {
        check_characters(purpose, text, piece, faults);
    }
}

fn check_characters(purpose: Use, text: &str, piece: &Piece<'_>, faults: &mut Vec<Fault>) {
    let What::Literal(literal) = piece.what else { return };
    let start = piece.part.start;
    let part = |at: usize, char: char| start + at..start + at + char.len_utf8();
    if let Some((at, char)) = literal.char_indices().find(|(_, char)| char.is_control()) {
        let message = format!("the target has the control character `{char}`");
        faults.push(Fault::new(&codes::TARGET_UNSAFE, part(at, char), message).help("remove it"));
        return;
    }
    if purpose == Use::Rewrite
        && let Some(at) = literal.find('#')
    {
        let fault = Fault::new(
            &codes::REWRITE_QUERY,
            start + at..start + literal.len(),
            "the rewrite has a `#`, which no request has",
        );
        faults.push(fault.help("remove it and what follows: only browsers see a fragment, in a `redirect`"));
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

/// Turns names into what fills them.
fn resolve(purpose: Use, pieces: &[Piece<'_>], holes: &RouteHoles<'_>, faults: &mut Vec<Fault>) -> Target {
    let names = holes.names();
    let mut parts: Vec<Part> = Vec::new();
    for piece in pieces {
        match piece.what {
            What::Literal(literal) => {
                let text = if purpose == Use::Header { literal.to_owned() } else { to_ascii(literal) };
                match parts.last_mut() {
                    Some(Part::Literal(before)) => before.push_str(&text),
                    _ => parts.push(Part::Literal(text)),
                }
            }
            What::Hole(name) => {
                let Some(names) = &names else { continue };
                match names.iter().find(|(known, _)| known == name) {
                    Some((_, hole)) => parts.push(Part::Hole(*hole)),
                    None => faults.push(undefined(purpose, (piece, name), names, holes)),
                }
            }
        }
    }
    Target { parts }
}

fn undefined(
    purpose: Use,
    (piece, name): (&Piece<'_>, &str),
    names: &[(String, Hole)],
    holes: &RouteHoles<'_>,
) -> Fault {
    let fault = |message: String| Fault::new(&codes::UNDEFINED_CAPTURE, piece.part.clone(), message);
    if let Some((what, cure)) = only_in_some(name, holes) {
        return fault(format!("not each {what} of the route has `{{{name}}}`")).help(cure);
    }
    let fault = fault(format!("nothing fills `{{{name}}}`"));
    if let Some(starless) = name.strip_prefix('*') {
        return fault.help(format!("the star belongs to the path; write `{{{starless}}}`"));
    }
    if let Some(cure) = of_condition(name, holes.conditions) {
        return fault.help(cure);
    }
    let fault = match crate::text::nearest(name, names.iter().map(|(name, _)| name.as_str())) {
        Some(near) => return fault.help(format!("did you mean `{{{near}}}`?")),
        None if purpose == Use::Header => fault.help("a literal brace is written `{{` or `}}`"),
        None => fault,
    };
    let own = names.len().saturating_sub(Hole::BUILT_IN.len());
    let fault = if own > 0 {
        fault
    } else {
        fault.help("capture it in the path: `path = \"/…/{name}\"`, or by a named group of a `regex`: `(?<name>…)`")
    };
    let listed: Vec<String> = names.iter().take(12).map(|(name, _)| format!("{{{name}}}")).collect();
    fault.help(format!("the route has {}", crate::text::quoted(&listed)))
}

/// A name that some of several paths or hosts have.
fn only_in_some(name: &str, holes: &RouteHoles<'_>) -> Option<(&'static str, String)> {
    let has = |path: &PathPattern| path.capture_names().iter().any(|(known, _)| known == name);
    if let Some(path) = holes.path.filter(|path| path.each().iter().any(has)) {
        return Some((
            path.key(),
            format!("capture `{{{name}}}` in each of them, or make a route of its own for those without"),
        ));
    }
    let hosts = holes.conditions.iter().find_map(|condition| match &condition.test {
        crate::route::condition::ValueTest::HostIn(hosts) => Some(hosts),
        _ => None,
    })?;
    let is_in_one = hosts.iter().any(|host| host.capture() == Some(name));
    is_in_one.then(|| ("host", format!("begin each with `{{{name}}}.`, or make a route of its own for those without")))
}

/// How a condition on something of that name would capture it.
fn of_condition(name: &str, conditions: &[Condition]) -> Option<String> {
    let named = conditions.iter().find(|condition| condition.fact.name() == Some(name))?;
    let group: String = name.chars().map(|char| if char.is_ascii_alphanumeric() { char } else { '_' }).collect();
    let key = match &named.fact {
        Fact::Query(_) => "query",
        Fact::Header(_) => "header",
        _ => "cookie",
    };
    let cure = format!("a regex captures it: `{key} = {{ {name} = {{ regex = '^(?<{group}>.+)$' }} }}`");
    Some(if group == name { cure } else { format!("{cure}, and write `{{{group}}}`") })
}

/// What would be unsafe or doubled for every request.
fn check_result(text: &str, pieces: &[Piece<'_>], holes: &RouteHoles<'_>, faults: &mut Vec<Fault>) {
    let filled = |rest: &str| -> String {
        let fill = |piece: &Piece<'_>| match piece.what {
            What::Literal(text) => text.to_owned(),
            What::Hole("path") => "/x".to_owned(),
            What::Hole(name) if holes.begins_path(name) => rest.to_owned(),
            What::Hole(_) => "x".to_owned(),
        };
        pieces.iter().map(fill).collect()
    };
    // A prefix's `{rest}` is empty or begins with a slash: what is unsafe with both is unsafe for every request.
    match check_made(&filled("")).or(check_made(&filled("/x"))) {
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
    check_doubled(text, pieces, holes, faults);
}

/// `{path}`, and `{rest}` after a prefix, begin with a slash of their own: one before them makes two.
fn check_doubled(text: &str, pieces: &[Piece<'_>], holes: &RouteHoles<'_>, faults: &mut Vec<Fault>) {
    for pair in pieces.windows(2) {
        let [Piece { what: What::Literal(before), part: literal }, hole] = pair else { continue };
        let Some(name) = hole.hole().filter(|name| holes.begins_path(name) && before.ends_with('/')) else { continue };
        // In a query or fragment two slashes are harmless.
        if text.get(..literal.end).is_some_and(|before| before.contains(['?', '#'])) {
            continue;
        }
        let part = literal.end - 1..hole.part.end;
        let at_root = part.start == 0 || absolute(text).is_some_and(|authority| authority.end == part.start);
        let fault = match (part.start, name) {
            (0, "path") => Fault::new(&codes::TARGET_UNSAFE, part, "`/{path}` begins with `//` for every path"),
            (0, _) => {
                Fault::new(&codes::TARGET_UNSAFE, part, "`/{rest}` begins with `//` for every path below the prefix")
            }
            (_, "path") => Fault::new(&codes::TARGET_DOUBLE_SLASH, part, "`{path}` begins with a slash of its own"),
            _ => Fault::new(&codes::TARGET_DOUBLE_SLASH, part, "`{rest}` is empty or begins with a slash of its own"),
        };
        let fault = match at_root && name == "rest" {
            true => fault.help("take `path = \"/…/{*rest}\"` instead of the prefix, and keep `/{rest}`"),
            false => {
                fault.help(format!("write `{}`", text.replacen(&format!("/{{{name}}}"), &format!("{{{name}}}"), 1)))
            }
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
