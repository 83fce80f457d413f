//! What is worth a line of the log: noted while an event is handled, written as JSON once, when it is answered.
//!
//! Never a cookie, a header's value, a query, a path's parameter (a session id may be one) or a secret.

use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, Ordering};

use super::handled::Summary;
use crate::event::json::{ObjectWriter, write_text};
use crate::event::{RequestEvent, Trigger};
use crate::route::{BehaviorPattern, Share};

/// Something that happened with an event.
pub(super) enum Note<'a> {
    /// A request was decided: this became of it.
    Decided(&'a RequestEvent<'a>, &'a Summary),
    /// An event could not be answered, for this reason.
    Unusable(&'a str),
    /// An event that is not ours to decide went back as it came.
    PassedOn(Trigger),
    /// An event aims neither at what is configured on its behavior nor at that one's failover.
    Disagreement {
        /// Of the event's origin, where it has a usable one.
        domain: Option<String>,
        /// Of the behavior; `None`: the default one.
        pattern: Option<&'a BehaviorPattern>,
    },
    /// An event is in a behavior that the table says the router does not run on.
    NotRouted {
        /// Of the behavior; `None`: the default one.
        pattern: Option<&'a BehaviorPattern>,
    },
    /// An origin wants the viewer's host, which is unknown.
    UnknownHost,
}

/// Something that an operator should know is said once in the life of a handler.
#[derive(Default)]
pub(super) struct SaidOnce(AtomicBool);

impl SaidOnce {
    /// Whether it is said now.
    pub(super) fn is_first(&self) -> bool {
        !self.0.swap(true, Ordering::Relaxed)
    }
}

/// Longest text of a viewer's that is logged, bytes.
const LONGEST: usize = 1024;

/// The lines of an event, in order.
pub(super) fn write(notes: &[Note<'_>], request_id: &str) -> Vec<String> {
    notes.iter().map(|note| note.line(request_id)).collect()
}

impl Note<'_> {
    /// One line; a key is absent where it does not apply.
    fn line(&self, request_id: &str) -> String {
        let mut out = String::with_capacity(128);
        let mut line = ObjectWriter::open(&mut out);
        let (kind, message) = self.kind_and_message();
        write_text(line.key("kind"), kind);
        // Called as Lambda's own levels, so that its filter works.
        let level = match kind {
            "decision" => "info",
            "disagreement" => "error",
            _ => "warn",
        };
        write_text(line.key("level"), level);
        for (name, text) in [("message", message), ("request_id", request_id)] {
            if !text.is_empty() {
                write_text(line.key(name), text);
            }
        }
        match self {
            Note::Decided(request, summary) => write_request(&mut line, request, summary),
            Note::Disagreement { domain, pattern } => {
                if let Some(domain) = domain {
                    write_text(line.key("origin_domain"), domain);
                }
                write_behavior(&mut line, *pattern);
            }
            Note::NotRouted { pattern } => write_behavior(&mut line, *pattern),
            Note::Unusable(_) | Note::PassedOn(_) | Note::UnknownHost => {}
        }
        line.close();
        out
    }

    fn kind_and_message(&self) -> (&'static str, &str) {
        match self {
            Note::Decided(_, summary) => match &summary.surprise {
                Some(why) => ("surprise", why),
                None => ("decision", ""),
            },
            Note::Unusable(why) => ("surprise", why),
            Note::PassedOn(Trigger::ViewerRequest) => {
                ("notice", "a viewer-request event: its request goes back unchanged")
            }
            Note::PassedOn(Trigger::Response) => ("notice", "a response event: its response goes back unchanged"),
            Note::Disagreement { domain: None, .. } => {
                ("disagreement", "the event names no origin that can be read: it is decided by its path")
            }
            Note::Disagreement { .. } => (
                "disagreement",
                "table and distribution disagree: the event aims at an origin that is neither configured on its behavior \
                 nor its failover",
            ),
            Note::NotRouted { .. } => (
                "disagreement",
                "table and distribution disagree: the router runs on a behavior that has `router = false`",
            ),
            Note::UnknownHost => {
                ("notice", "the viewer's host is unknown, so an origin is sent its own domain as `host`")
            }
        }
    }
}

/// The behavior, by its pattern, which begins with a slash.
fn write_behavior(line: &mut ObjectWriter<'_>, pattern: Option<&BehaviorPattern>) {
    let pattern = pattern.map_or("default".to_owned(), ToString::to_string);
    write_text(line.key("behavior"), &pattern);
}

/// The request, without its query, and what was done with it.
fn write_request(line: &mut ObjectWriter<'_>, request: &RequestEvent<'_>, summary: &Summary) {
    let Summary { route, action, origin, status, surprise: _ } = summary;
    write_text(line.key("method"), short(&request.method));
    write_text(line.key("path"), &without_parameters(short(&request.uri)));
    match route {
        Some(route) => write_text(line.key("route"), route),
        None => line.key("route").push_str("null"),
    }
    write_text(line.key("action"), action.name());
    if let Some(origin) = origin {
        write_text(line.key("origin"), origin);
    }
    if let Some(status) = status {
        line.key("status").push_str(&status.to_string());
    }
}

/// The beginning of a text that may be long.
pub(super) fn short(text: &str) -> &str {
    text.split_at(text.floor_char_boundary(LONGEST)).0
}

/// A path whose every segment ends at its first `;` in any spelling, with `…` in the place of what is left out.
fn without_parameters(path: &str) -> Cow<'_, str> {
    let first = |segment: &str| (0..segment.len()).find_map(|at| Some((at, semicolon(segment.get(at..)?)?)));
    if first(path).is_none() {
        return Cow::Borrowed(path);
    }
    let cut = |segment: &str| match first(segment) {
        None => segment.to_owned(),
        Some((at, len)) => format!("{}…", segment.split_at(at + len).0),
    };
    Cow::Owned(path.split('/').map(cut).collect::<Vec<_>>().join("/"))
}

/// The length of the `;` that a text begins with: plain, escaped, or escaped again and again.
fn semicolon(text: &str) -> Option<usize> {
    if text.starts_with(';') {
        return Some(1);
    }
    let digits = text.strip_prefix('%')?;
    let bare = digits.trim_start_matches("25");
    let is_semicolon = bare.get(..2).is_some_and(|code| code.eq_ignore_ascii_case("3b"));
    is_semicolon.then_some(text.len() - bare.len() + 2)
}

/// Whether the decision of this request is logged: the same for every reader of the same id, at every edge.
pub(super) fn is_sampled(request_id: &str, share: Share) -> bool {
    // FNV-1a with a final mix: fixed for all time, unlike the hashers of the standard library.
    let fnv = request_id
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    let mixed = (fnv ^ (fnv >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 32) % 1_000_000 < u64::from(share.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_ids_is_sampled_and_always_the_same_ones() {
        for (share, low, high) in [(0, 0, 0), (10_000, 70, 130), (500_000, 4_800, 5_200), (1_000_000, 10_000, 10_000)] {
            let sampled = (0..10_000).filter(|id| is_sampled(&format!("id-{id}=="), Share(share))).count();
            assert!((low..=high).contains(&sampled), "{share}: {sampled}");
        }
        assert!(is_sampled("4TyzHTaYWb1GX1qTfsHhEqV6HUDd_BzoBZnwfnvQc_1oF26ClkoUSEQ==", Share(1_000_000)));
    }

    #[test]
    fn no_parameter_of_a_path_is_logged_however_its_semicolon_is_written() {
        let rows = [
            ("/a/b", "/a/b"),
            ("/a;jsessionid=S3CRET", "/a;…"),
            ("/a;jsessionid=S3CRET/b;c/d", "/a;…/b;…/d"),
            ("/a%3bjsessionid=S3CRET/b", "/a%3b…/b"),
            ("/a%3Bjsessionid=S3CRET/b", "/a%3B…/b"),
            ("/a%253bjsessionid=S3CRET", "/a%253b…"),
            ("/a%25253Bjsessionid=S3CRET", "/a%25253B…"),
            ("/;S3CRET;S3CRET%2fS3CRET", "/;…"),
            (";S3CRET", ";…"),
            ("/a;", "/a;…"),
            ("/%/%3/%253/%c3%b5/ç", "/%/%3/%253/%c3%b5/ç"),
            ("/ç%é;S3CRET", "/ç%é;…"),
        ];
        for (path, logged) in rows {
            assert_eq!(without_parameters(path), logged);
        }
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        assert_eq!(short("/a"), "/a");
        assert_eq!(short(&format!("{}é", "a".repeat(1023))).len(), 1023);
    }
}
