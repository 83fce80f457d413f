//! A target with its holes filled: a URL, or the value of a header.

use std::borrow::Cow;

use super::{Captured, Hole, Part, Target, Unsafe, UrlPart};
use crate::platform::limits::{MAX_MADE_HEADERS, MAX_URL};

impl Target {
    /// The URL with its holes filled. What `text` gives for a hole is encoded for where it is put.
    ///
    /// # Errors
    /// Those of `text`; a label of a host that would be none; a path that would not begin with `/`; more than a URL may
    /// be, before its end.
    pub fn fill<'c>(&self, text: impl Fn(Hole) -> Result<Captured<'c>, Unsafe>) -> Result<Cow<'_, str>, Unsafe> {
        if let Some(text) = self.as_literal() {
            return Ok(Cow::Borrowed(text));
        }
        let mut made = String::new();
        let mut part_of = None;
        for (at, part) in self.parts.iter().enumerate() {
            if made.len() >= MAX_URL {
                return Err(Unsafe::TooLong);
            }
            match part {
                Part::Literal(literal) => {
                    made.push_str(literal);
                    part_of =
                        Some(part_of.map_or_else(|| UrlPart::at_end(literal), |part: UrlPart| part.after(literal)));
                }
                Part::Hole(hole) => {
                    let captured = text(*hole)?;
                    let next = self.parts.get(at.saturating_add(1));
                    let place = match part_of {
                        Some(UrlPart::Host) if is_dot(next) => in_host(&captured.text)?,
                        // The path begins here, also where nothing of a URL is written yet.
                        None | Some(UrlPart::Host) => begins_path(&captured.text, part_of)?,
                        Some(part) => part,
                    };
                    captured.push_to(&mut made, place);
                    part_of = Some(place);
                }
            }
        }
        Ok(Cow::Owned(made))
    }

    /// The value of a header with its holes filled; `None`: it is not written, because it would be empty or the viewer's
    /// host, which it holds, is not known.
    ///
    /// # Errors
    /// Those of `text`, but for an unknown host; a captured byte that is no printable ASCII; more than
    /// [`MAX_MADE_HEADERS`] bytes.
    pub fn fill_header<'c>(
        &self,
        text: impl Fn(Hole) -> Result<Captured<'c>, Unsafe>,
    ) -> Result<Option<String>, Unsafe> {
        let mut made = String::new();
        // Judged last: what is not written refuses nothing, in whatever order its holes stand.
        let mut is_printable = true;
        for part in &self.parts {
            match part {
                Part::Literal(literal) => made.push_str(literal),
                Part::Hole(hole) => match text(*hole) {
                    Ok(captured) => {
                        is_printable &= captured.text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
                        // What is too long is not made longer.
                        made.push_str(if made.len() > MAX_MADE_HEADERS { "" } else { &captured.text });
                    }
                    Err(Unsafe::UnknownHost) => return Ok(None),
                    Err(why) => return Err(why),
                },
            }
        }
        if is_printable { Ok((!made.is_empty()).then_some(made)) } else { Err(Unsafe::HeaderByte) }
    }
}

fn is_dot(next: Option<&Part>) -> bool {
    matches!(next, Some(Part::Literal(literal)) if literal.starts_with('.'))
}

/// A hole that is a whole label of the host.
fn in_host(label: &str) -> Result<UrlPart, Unsafe> {
    let is_label = (1..=63).contains(&label.len())
        && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if is_label { Ok(UrlPart::Host) } else { Err(Unsafe::HostLabel) }
}

/// A hole with which the path begins: behind a literal host it may be empty, before anything else it is the whole path.
fn begins_path(path: &str, host: Option<UrlPart>) -> Result<UrlPart, Unsafe> {
    match path.bytes().next() {
        Some(b'/') => Ok(UrlPart::Path),
        None if host.is_some() => Ok(UrlPart::Host),
        _ => Err(Unsafe::NoSlash),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Source;
    use super::*;

    /// `{p}` `{q}` `{o}` are captured from the path, the query and elsewhere; the rest is literal.
    fn target(text: &str) -> Target {
        let mut parts = Vec::new();
        for piece in text.split_inclusive('}') {
            let (literal, hole) = piece.split_once('{').map_or((piece, None), |(literal, hole)| (literal, Some(hole)));
            parts.extend((!literal.is_empty()).then(|| Part::Literal(literal.to_owned())));
            parts.extend(hole.map(|hole| match hole {
                "p}" => Part::Hole(Hole::Capture(0)),
                "q}" => Part::Hole(Hole::Group { condition: 0, group: 1 }),
                "host}" => Part::Hole(Hole::Host),
                _ => Part::Hole(Hole::HostLabel),
            }));
        }
        Target { parts }
    }

    fn captured(text: &str, hole: Hole) -> Result<Captured<'_>, Unsafe> {
        let source = match hole {
            Hole::Capture(_) | Hole::Path => Source::Path,
            Hole::Group { .. } => Source::Query,
            Hole::HostLabel => Source::Other,
            Hole::Host => return Err(Unsafe::UnknownHost),
        };
        Ok(Captured { text: text.into(), source })
    }

    #[test]
    fn each_hole_is_filled_for_its_place() {
        let rows = [
            ("/a/{p}/b", "x&y=1;", Ok("/a/x&y=1;/b")),
            ("/a?id={p}&b", "x&y=1;", Ok("/a?id=x%26y%3D1%3B&b")),
            ("/a?id={q}", "x=1&y", Ok("/a?id=x=1&y")),
            ("/a/{q}", "x/;?", Ok("/a/x%2F%3B%3F")),
            ("https://h/?{p}", "x&y=1;", Ok("https://h/?x%26y%3D1%3B")),
            ("/a#{p}?", "x&y=1;", Ok("/a#x&y=1;?")),
            ("/a#?{p}", "x&y=1;", Ok("/a#?x&y=1;")),
            ("/a?b#{p}", "x&y=1;", Ok("/a?b#x&y=1;")),
            // `{path}` and a prefix's rest.
            ("{p}/x", "/a?", Ok("/a%3F/x")),
            ("{p}", "*", Err(Unsafe::NoSlash)),
            ("{p}", "", Err(Unsafe::NoSlash)),
            ("https://h.example{p}", "/a", Ok("https://h.example/a")),
            ("https://h.example{p}", "", Ok("https://h.example")),
            ("https://h.example{p}/b", "", Ok("https://h.example/b")),
            ("https://h.example{p}", ".evil.example/", Err(Unsafe::NoSlash)),
            ("https://h.example{p}", "@evil.example/", Err(Unsafe::NoSlash)),
            // A label of a host.
            ("https://{o}.new.example.com/x", "pr-12", Ok("https://pr-12.new.example.com/x")),
            ("https://{o}.new.example.com/x", "evil.example/", Err(Unsafe::HostLabel)),
            ("https://{o}.new.example.com/x", "A", Err(Unsafe::HostLabel)),
            ("https://{o}.new.example.com/x", "", Err(Unsafe::HostLabel)),
            ("https://www.{q}.example.com", "a%2e", Err(Unsafe::HostLabel)),
            ("https://{o}.example.com{p}", "a", Err(Unsafe::NoSlash)),
            ("/{host}", "", Err(Unsafe::UnknownHost)),
        ];
        for (text, value, expected) in rows {
            let target = target(text);
            let made = target.fill(|hole| captured(value, hole));
            assert_eq!(made.as_deref().map_err(|why| *why), expected, "{text} {value}");
        }
        let long = "a".repeat(64);
        assert_eq!(target("https://{o}.a.b/").fill(|hole| captured(&long, hole)), Err(Unsafe::HostLabel));
    }

    #[test]
    fn a_target_without_holes_is_not_copied() {
        let no_capture = |_| unreachable!("there is no hole");
        for (target, text) in [(Target::literal("/a"), "/a"), (Target { parts: Vec::new() }, "")] {
            assert_eq!(target.as_literal(), Some(text));
            assert!(matches!(target.fill(no_capture), Ok(Cow::Borrowed(made)) if made == text));
        }
        assert_eq!(target("/{p}").as_literal(), None);
    }

    #[test]
    fn a_header_holds_what_was_captured_or_is_not_written() {
        let rows = [
            ("v {p};", "x&y=1;%2f", Ok(Some("v x&y=1;%2f;"))),
            ("{p}", "", Ok(None)),
            ("{o}", "a b", Ok(Some("a b"))),
            ("{o}", "a\tb", Err(Unsafe::HeaderByte)),
            ("{o}", "ç", Err(Unsafe::HeaderByte)),
            ("of {host}", "", Ok(None)),
            ("{host} {o}", "ç", Ok(None)),
            ("{o} {host}", "ç", Ok(None)),
        ];
        for (text, value, expected) in rows {
            let made = target(text).fill_header(|hole| captured(value, hole));
            assert_eq!(made.as_ref().map(Option::as_deref).map_err(|why| *why), expected, "{text} {value}");
        }
    }
}
