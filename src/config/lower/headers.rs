//! Header names and values, wherever the table writes or reads them.

use std::collections::HashMap;
use std::ops::Range;

use crate::platform::headers::DISALLOWED;
use crate::platform::headers::{OUR_PREFIX, Refusal, Written, refuse_name, refuse_value};
use crate::text::is_token;

use crate::config::read::context::Context;
use crate::diagnostic::{Span, codes};

/// What a name is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// A condition on a header of the request.
    Condition,
    /// Something that an origin's answers depend on.
    Read,
    /// A change of a request that is sent on.
    Request,
    /// A custom header of an origin.
    Origin,
    /// A header of a generated answer.
    Answer,
}

/// The names of one table of headers: each is checked, lower-cased, and there once.
pub(crate) struct Names {
    place: Place,
    seen: HashMap<String, Range<usize>>,
}

impl Names {
    /// No name yet.
    pub(crate) fn new(place: Place) -> Names {
        Names { place, seen: HashMap::new() }
    }

    /// A name in lower case, or a report of why it cannot be there.
    pub(crate) fn take(&mut self, context: &mut Context<'_>, name: &str, span: Range<usize>) -> Option<String> {
        let lower = name.to_ascii_lowercase();
        if !is_allowed(context, self.place, &lower, &span) {
            return None;
        }
        if let Some(first) = self.seen.get(&lower) {
            let file = context.file;
            context
                .report(&codes::HEADER_TWICE, span, format!("the header `{lower}` is named twice"))
                .also(Span { file, range: first.clone() }, "here first")
                .help("header names compare without case: keep one");
            return None;
        }
        self.seen.insert(lower.clone(), span);
        Some(lower)
    }

    /// Where a name was taken.
    pub(crate) fn span(&self, name: &str) -> Option<Range<usize>> {
        self.seen.get(name).cloned()
    }
}

fn is_allowed(context: &mut Context<'_>, place: Place, name: &str, span: &Range<usize>) -> bool {
    if !is_token(name) {
        context
            .report(&codes::BAD_HEADER_NAME, span.clone(), format!("`{name}` is no header name"))
            .help("use letters, digits and `-`");
        return false;
    }
    if name.starts_with(OUR_PREFIX) && place != Place::Read {
        let report = context
            .report(&codes::OUR_PREFIX, span.clone(), format!("`{name}` is one of the gate's own headers"))
            .label(format!("names that begin with `{OUR_PREFIX}` are set by the gate"));
        match place {
            Place::Condition => {
                report.help("use `host`, `cohort`, `from` and `until`, which read what the gate writes")
            }
            _ => report.help("choose another name"),
        };
        return false;
    }
    if let Some(cure) = own_key(place, name) {
        context.report(&codes::HEADER_HAS_KEY, span.clone(), format!("`{name}` cannot be written here")).help(cure);
        return false;
    }
    match place {
        Place::Condition | Place::Read if DISALLOWED.contains(name) => {
            context
                .report(
                    &codes::HEADER_DISALLOWED,
                    span.clone(),
                    format!("CloudFront does not show `{name}` to a function"),
                )
                .help("remove it: it is never there");
            false
        }
        Place::Condition | Place::Read => true,
        Place::Request => is_writable(context, Written::OnRequest, name, span),
        Place::Origin => is_writable(context, Written::OnOrigin, name, span),
        Place::Answer => is_writable(context, Written::OnAnswer, name, span),
    }
}

/// What to write instead of a header that has a key of its own.
fn own_key(place: Place, name: &str) -> Option<&'static str> {
    match (place, name) {
        (Place::Condition, "host") => Some("use the route's `host`: the header names the origin at this place"),
        (Place::Request, "host") => Some("use the origin's `host`: `origin`, `viewer` or a name"),
        (Place::Answer, "location") => Some("use `redirect` or `redirect_map`"),
        (Place::Answer, "cache-control") => Some("use the route's `cache_control`"),
        (Place::Answer, "content-type") => Some("use `respond`'s `content_type`"),
        (Place::Answer, "content-length") => Some("remove it: CloudFront counts the body itself"),
        _ => None,
    }
}

fn is_writable(context: &mut Context<'_>, written: Written, name: &str, span: &Range<usize>) -> bool {
    let Some(refusal) = refuse_name(written, name) else { return true };
    let code = match refusal {
        Refusal::NotAName | Refusal::Value => &codes::BAD_HEADER_NAME,
        Refusal::LongName | Refusal::LongValue => &codes::ORIGIN_HEADERS_TOO_LARGE,
        Refusal::Disallowed => &codes::HEADER_DISALLOWED,
        Refusal::ReadOnly => &codes::HEADER_READ_ONLY,
        Refusal::Denylisted => &codes::ORIGIN_HEADER_DENIED,
    };
    context
        .report(code, span.clone(), format!("the header `{name}` cannot be written here: {refusal}"))
        .help("remove it; an answer with it would be a 502 for the viewer");
    false
}

/// Reports a value that may not stand in a header.
pub(crate) fn check_value(context: &mut Context<'_>, written: Written, value: &str, span: Range<usize>) {
    match refuse_value(written, value) {
        None => {}
        Some(Refusal::LongValue) => {
            context
                .report(&codes::ORIGIN_HEADERS_TOO_LARGE, span, "the value is longer than CloudFront takes")
                .help("at most 1,783 bytes");
        }
        Some(_) => {
            context
                .report(&codes::BAD_HEADER_VALUE, span, "a header value holds no control character")
                .help("remove the line end or other control character");
        }
    }
}
