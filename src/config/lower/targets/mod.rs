//! `rewrite`, `redirect`, the targets of a map and the values of headers: what a route may make, and what it never may.

mod host;
mod pieces;
mod rest;
mod route_holes;
mod unfilled;

use std::ops::Range;

use crate::route::canonical::TrailingSlash;
use crate::route::target::{Part, Target, Unsafe, check_made};

use self::host::check_start;
use self::pieces::{Piece, What, pieces};
use self::rest::without_rest;
pub(crate) use self::route_holes::{RouteHoles, Use};
use self::unfilled::undefined;
use crate::config::lower::fault::Fault;
use crate::config::lower::foreign::targets::{Choice, Fillers, ForeignTarget, TargetPlace, look, refers};
use crate::config::lower::paths::is_capture_name;
use crate::config::read::value::TextValue;
use crate::diagnostic::{Findings, Severity, codes};
use crate::platform::limits::MAX_URL;
use crate::text::percent;

/// Faults shown of one target.
const MAX_FAULTS: usize = 8;
/// Holes of one target.
const MAX_HOLES: usize = 64;

/// A target as it is written.
struct TargetText<'t> {
    purpose: Use,
    text: &'t str,
    pieces: &'t [Piece<'t>],
    holes: &'t RouteHoles<'t>,
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
    let written = TargetText { purpose, text, pieces: &pieces, holes };
    if purpose != Use::Header {
        written.check_text(&mut faults);
    }
    let target = written.resolve(&mut faults);
    faults.extend(too_many_holes(&target, text));
    if faults.is_empty() && purpose != Use::Header {
        written.check_result(&mut faults);
    }
    (target, faults)
}

/// Each hole may hold as much as a whole request.
fn too_many_holes(target: &Target, text: &str) -> Option<Fault> {
    let count = target.holes().count();
    let message = format!("the text has {count} holes, too many");
    (count > MAX_HOLES)
        .then(|| Fault::new(&codes::OUT_OF_RANGE, 0..text.len(), message).help(format!("at most {MAX_HOLES}")))
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
    let holes =
        RouteHoles { path: None, meant: None, conditions: &[], has_all: true, trailing_slash: TrailingSlash::Keep };
    let written = TargetText { purpose: Use::Redirect, text, pieces: &pieces, holes: &holes };
    written.check_text(&mut faults);
    if faults.is_empty() {
        written.check_result(&mut faults);
    }
    faults.into_iter().min_by_key(|fault| fault.part.start).map_or(Ok(()), Err)
}

impl TargetText<'_> {
    /// What can be told without knowing what is captured.
    fn check_text(&self, faults: &mut Vec<Fault>) {
        let TargetText { purpose, text, pieces, holes } = *self;
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
        let is_angle = |fault: &Fault| text.get(fault.part.clone()) == Some("<");
        let angles = faults.iter_mut().filter(|fault| is_angle(fault));
        for (fault, cure) in angles.zip(std::iter::repeat(angled(text, holes))) {
            if let Some(cure) = cure {
                *fault = fault.clone().instead(&cure);
            }
        }
    }

    /// Turns names into what fills them.
    fn resolve(&self, faults: &mut Vec<Fault>) -> Target {
        let TargetText { purpose, pieces, holes, .. } = *self;
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
                        None => faults.push(undefined(purpose, piece, names, holes)),
                    }
                }
            }
        }
        Target { parts }
    }

    /// What would be unsafe or doubled for every request.
    fn check_result(&self, faults: &mut Vec<Fault>) {
        let TargetText { text, pieces, holes, .. } = *self;
        let filled = |rest: &str| -> String {
            let fill = |piece: &Piece<'_>| match piece.what {
                What::Literal(text) => text.to_owned(),
                What::Hole("path") => "/x".to_owned(),
                What::Hole(name) if holes.begins_path(name) => rest.to_owned(),
                What::Hole(_) => "x".to_owned(),
            };
            pieces.iter().map(fill).collect()
        };
        self.check_doubled(faults);
        // A prefix's `{rest}` is empty or begins with a slash: what is unsafe with both is unsafe for every request.
        match check_made(&filled("")).or(check_made(&filled("/x"))) {
            Err(Unsafe::Climbs) => {
                let fault =
                    Fault::new(&codes::TARGET_UNSAFE, 0..text.len(), "a segment of the target is read as `.` or `..`");
                faults.push(fault.help("write the path that is meant, without dot segments"));
            }
            // Which of the two it is was told.
            Err(Unsafe::DoubleSlash) if !faults.is_empty() => {}
            Err(why) => {
                faults.push(Fault::new(&codes::TARGET_UNSAFE, 0..text.len(), format!("the target is refused: {why}")))
            }
            Ok(()) => {}
        }
    }

    /// `{path}`, and `{rest}` after a prefix, begin with a slash of their own: one before them makes two.
    fn check_doubled(&self, faults: &mut Vec<Fault>) {
        let TargetText { purpose, text, pieces, holes } = *self;
        for pair in pieces.windows(2) {
            let [Piece { what: What::Literal(before), part: literal }, hole] = pair else { continue };
            let Some(name) = hole.hole().filter(|name| holes.begins_path(name) && before.ends_with('/')) else {
                continue;
            };
            // In a query or fragment two slashes are harmless.
            if text.get(..literal.end).is_some_and(|before| before.contains(['?', '#'])) {
                continue;
            }
            let part = literal.end - 1..hole.part.end;
            let is_root = part.start == 0;
            let fault = match (part.start, name) {
                (0, "path") => Fault::new(&codes::TARGET_UNSAFE, part, "`/{path}` begins with `//` for every path"),
                (0, _) => Fault::new(
                    &codes::TARGET_UNSAFE,
                    part,
                    "`/{rest}` begins with `//` for every path below the prefix",
                ),
                (_, "path") => Fault::new(&codes::TARGET_DOUBLE_SLASH, part, "`{path}` begins with a slash of its own"),
                _ => {
                    Fault::new(&codes::TARGET_DOUBLE_SLASH, part, "`{rest}` is empty or begins with a slash of its own")
                }
            };
            faults.push(match without_rest(purpose, text, holes).filter(|_| is_root) {
                Some(cure) => fault.help(cure),
                None => {
                    fault.help(format!("write `{}`", text.replacen(&format!("/{{{name}}}"), &format!("{{{name}}}"), 1)))
                }
            });
        }
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

/// What to write where a target has `<name>`, as some tools write what is captured.
fn angled(text: &str, holes: &RouteHoles<'_>) -> Option<String> {
    let mut made = String::new();
    // What is made has none, so this is not asked again of it.
    let mut rest = Some(text).filter(|text| text.contains('<'))?;
    while let Some((before, after)) = rest.split_once('<') {
        let (inner, after) = after.split_once('>')?;
        let name = inner.rsplit(':').next().filter(|name| is_capture_name(name))?;
        made += &format!("{before}{{{name}}}");
        rest = after;
    }
    made += rest;
    let is_filled = |holes: &RouteHoles<'_>| judged(Use::Redirect, &made, holes).1.is_empty();
    let is_meant = holes.meant.is_some_and(|path| is_filled(&holes.with(path)));
    match is_filled(holes) {
        true => Some(format!("write `{made}`")),
        false => is_meant.then(|| format!("beside the path that is meant it is `{made}`")),
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
