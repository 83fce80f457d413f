//! What fills a hole, and how it stands in a target or a header (design rules 8, 12, 13, 16).

use crossfade::route::condition::ValueTest;
use crossfade::route::target::{Hole, Part, Target};
use crossfade::route::{Fact, Request, Route};

use crate::walk::{Matcher, bare, value_of, with_regex};

/// A request that a route takes, as its holes see it.
pub(crate) struct Taken<'a> {
    pub(crate) route: &'a Route,
    pub(crate) matcher: &'a Matcher,
    /// In normal form.
    pub(crate) path: &'a str,
    /// The same in the case that it came in.
    pub(crate) own_case: &'a str,
    pub(crate) request: &'a Request<'a>,
}

/// Where a text comes from.
#[derive(Clone, Copy, PartialEq)]
enum From {
    Path,
    Query,
    Elsewhere,
}

/// Where a text goes.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Start,
    Host,
    Path,
    Query,
    Fragment,
}

impl Place {
    /// Behind this, in which a hole is `/` where it began the path, else nothing.
    fn behind(shape: &str) -> Place {
        let after_scheme = shape.strip_prefix("https://").or(shape.strip_prefix("http://"));
        match after_scheme {
            _ if shape.contains('#') => Place::Fragment,
            _ if shape.contains('?') => Place::Query,
            _ if shape.is_empty() => Place::Start,
            Some(host) if !host.contains('/') => Place::Host,
            _ => Place::Path,
        }
    }
}

impl Taken<'_> {
    /// A URL; `None` where it would be refused for a host that is unknown or wrong, or for a path that does not begin.
    pub(crate) fn url(&self, target: &Target) -> Option<String> {
        let (mut made, mut shape) = (String::new(), String::new());
        for (at, part) in target.parts.iter().enumerate() {
            let hole = match part {
                Part::Literal(literal) => {
                    made += literal;
                    shape += literal;
                    continue;
                }
                Part::Hole(hole) => *hole,
            };
            let (text, from) = self.text(hole)?;
            let is_label = matches!(target.parts.get(at + 1), Some(Part::Literal(next)) if next.starts_with('.'));
            match Place::behind(&shape) {
                Place::Host if is_label => {
                    if !with_regex(r"\A[a-z0-9-]{1,63}\z", |label| label.is_match(&text)) {
                        return None;
                    }
                    made += &text;
                }
                Place::Host if text.is_empty() => {}
                Place::Start | Place::Host => {
                    if !text.starts_with('/') {
                        return None;
                    }
                    made += &encoded(&text, from, Place::Path);
                    shape += "/";
                }
                place => made += &encoded(&text, from, place),
            }
        }
        Some(made)
    }

    /// A header: refused, or not written, or its text.
    pub(crate) fn header(&self, target: &Target) -> Result<Option<String>, ()> {
        let mut made = String::new();
        let mut is_refused = false;
        for part in &target.parts {
            match part {
                Part::Literal(literal) => made += literal,
                Part::Hole(hole) => {
                    let Some((text, _)) = self.text(*hole) else { return Ok(None) };
                    is_refused |= text.bytes().any(|byte| !(0x20..=0x7e).contains(&byte));
                    made += &text;
                }
            }
        }
        let is_empty = made.is_empty();
        if is_refused { Err(()) } else { Ok(Some(made).filter(|_| !is_empty)) }
    }

    /// `None` where the viewer's host is not known.
    fn text(&self, hole: Hole) -> Option<(String, From)> {
        match hole {
            Hole::Path => Some((self.own_case.to_owned(), From::Path)),
            Hole::Capture(number) => {
                let place = self.matcher.captures(self.path).get(number).cloned().flatten();
                Some((place.map_or("", |place| &self.own_case[place]).to_owned(), From::Path))
            }
            Hole::Host => Some((bare(self.request.host?), From::Elsewhere)),
            Hole::HostLabel => Some((bare(self.request.host?).split('.').next().unwrap().to_owned(), From::Elsewhere)),
            Hole::Group { condition, group } => Some(self.group(condition, group)),
        }
    }

    fn group(&self, condition: usize, group: usize) -> (String, From) {
        let Some(condition) = self.route.conditions.get(condition) else { return (String::new(), From::Elsewhere) };
        let from = if matches!(condition.fact, Fact::Query(_)) { From::Query } else { From::Elsewhere };
        let ValueTest::Regex(regex) = &condition.test else { return (String::new(), from) };
        let value = value_of(&condition.fact, self.request).unwrap_or_default();
        let text = with_regex(regex.text(), |regex| Some(regex.captures(value)?.get(group)?.as_str().to_owned()));
        (text.unwrap_or_default(), from)
    }
}

/// Valid escapes stay, and what can stand in its place without ending it; all else is `%XX`.
fn encoded(text: &str, from: From, place: Place) -> String {
    let in_path = "/ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=:@";
    let ends = match (place, from) {
        (Place::Path, From::Path) => "?",
        (Place::Path, _) => "?/;",
        (Place::Query, From::Query) => "",
        (Place::Query, _) => "&=+;",
        _ => "",
    };
    let bytes = text.as_bytes();
    let mut out = String::new();
    for (at, byte) in bytes.iter().enumerate() {
        let is_escape =
            *byte == b'%' && bytes.len() > at + 2 && bytes[at + 1..at + 3].iter().all(u8::is_ascii_hexdigit);
        let char = char::from(*byte);
        if is_escape || (in_path.contains(char) || char == '?') && !ends.contains(char) {
            out.push(char);
        } else {
            out += &format!("%{byte:02X}");
        }
    }
    out
}
