//! What happens to a request that a route takes.

use std::ops::Range;

use toml::de::DeValue;

use crate::platform::headers::Written;
use crate::platform::{limits, may_have_body};
use crate::route::pattern::PathPattern;
use crate::route::query::QueryPolicy;
use crate::route::{
    Action, DEFAULT_CACHE_CONTROL, HeaderChanges, MapAction, OriginAction, RedirectAction, RespondAction,
    ResponseHeaders,
};

use crate::config::lower::headers::{Names, Place, check_value};
use crate::config::lower::targets::{self, Use};
use crate::config::lower::top::Head;
use crate::config::read::context::Context;
use crate::config::read::value::{Entry, Section, Text};
use crate::diagnostic::{Span, codes};
use crate::text::{one_of, quoted};

/// The keys that say what happens; a route has exactly one.
const ACTIONS: [&str; 5] = ["origin", "redirect", "gone", "respond", "redirect_map"];

/// Keys that only some actions have.
const DETAILS: [(&str, &[&str]); 6] = [
    ("rewrite", &["origin"]),
    ("request_headers", &["origin"]),
    ("query_string", &["origin", "redirect", "redirect_map"]),
    ("status", &["redirect", "redirect_map"]),
    ("response_headers", &["redirect", "redirect_map", "gone", "respond"]),
    ("cache_control", &["redirect", "redirect_map", "gone", "respond"]),
];

/// Statuses that carry a `location`.
pub(crate) const REDIRECTS: [u16; 5] = [301, 302, 303, 307, 308];

/// Lowers a route's action; `pattern` is its path, `None` where that was reported already.
pub(crate) fn lower(
    context: &mut Context<'_>,
    section: &Section<'_>,
    head: &Head<'_>,
    pattern: Option<&PathPattern>,
) -> Option<Action> {
    let entry = only_action(context, section)?;
    for (key, actions) in DETAILS {
        if let Some(detail) = section.get(key).filter(|_| !actions.contains(&entry.key())) {
            needs_action(context, detail, entry.key(), actions);
        }
    }
    match entry.key() {
        "origin" => origin(context, section, head, pattern).map(Action::Origin),
        "redirect" => redirect(context, section, pattern).map(Action::Redirect),
        "redirect_map" => Some(Action::RedirectMap(MapAction {
            status: redirect_status(context, section),
            query_string: query_string(context, section),
            response: response(context, section),
        })),
        "gone" => gone(context, section, entry).map(Action::Respond),
        _ => respond(context, section, entry).map(Action::Respond),
    }
}

fn only_action<'a>(context: &mut Context<'_>, section: &Section<'a>) -> Option<Entry<'a>> {
    let mut actions: Vec<Entry<'a>> = ACTIONS.iter().filter_map(|key| section.get(key)).collect();
    actions.sort_by_key(|entry| entry.key_span().start);
    let file = context.file;
    match actions.as_slice() {
        [] if ACTIONS.iter().any(|key| section.has_misspelt(key)) => None,
        [] => {
            context
                .report(&codes::NO_ACTION, section.span.clone(), format!("{} does not say what happens", section.name))
                .help(format!("give it {}", one_of(&ACTIONS)));
            None
        }
        [only] => Some(*only),
        [first, others @ ..] => {
            for other in others {
                let message = format!("{} has both `{}` and `{}`", section.name, first.key(), other.key());
                context
                    .report(&codes::TWO_ACTIONS, other.key_span(), message)
                    .also(Span { file, range: first.key_span() }, "the first action")
                    .help("a request has one outcome: keep one, or make two routes");
            }
            None
        }
    }
}

fn needs_action(context: &mut Context<'_>, detail: Entry<'_>, action: &str, actions: &[&str]) {
    let message = format!("`{}` does not apply to `{action}`", detail.key());
    let report = context.report(&codes::NEEDS_ACTION, detail.key_span(), message);
    match (detail.key(), action) {
        ("status", "respond") => report.help("write it inside: `respond = { status = … }`"),
        ("status", "gone") => report.help("`gone` is always 410; for another status use `respond`"),
        _ => report.help(format!("it goes with {}", quoted(actions))),
    };
}

fn origin(
    context: &mut Context<'_>,
    section: &Section<'_>,
    head: &Head<'_>,
    pattern: Option<&PathPattern>,
) -> Option<OriginAction> {
    let name = section.get("origin").and_then(|entry| entry.text(context));
    let origin = name.and_then(|name| head.origin(context, &name));
    let request_headers =
        section.get("request_headers").map(|entry| request_headers(context, entry)).unwrap_or_default();
    if let (Some(origin), Some(entry)) = (origin, section.get("request_headers")) {
        not_the_origins_own(context, head, (origin, &request_headers), entry.span());
    }
    let query_string = query_string(context, section);
    let rewrite = match section.get("rewrite") {
        None => None,
        Some(entry) => {
            let text = entry.text(context)?;
            Some(targets::lower(context, Use::Rewrite, &text, pattern)?)
        }
    };
    Some(OriginAction { origin: origin?, rewrite, query_string, request_headers })
}

/// A header that both the request and the origin's custom headers name is a 502.
fn not_the_origins_own(
    context: &mut Context<'_>,
    head: &Head<'_>,
    (origin, changes): (usize, &HeaderChanges),
    span: Range<usize>,
) {
    let Some(origin) = head.definition.origins.get(origin) else { return };
    for (name, _) in changes.set.iter().chain(&changes.add) {
        if origin.headers.iter().any(|(own, _)| own == name) {
            context
                .report(&codes::HEADER_TWICE, span.clone(), format!("the origin `{}` has its own `{name}`", origin.id))
                .help("CloudFront adds it for the origin; remove it here");
        }
    }
}

fn request_headers(context: &mut Context<'_>, entry: Entry<'_>) -> HeaderChanges {
    let mut changes = HeaderChanges::default();
    let Some(section) = entry.section(context, &["set", "add", "remove"]) else { return changes };
    let mut set_names = Names::new(Place::Request);
    if let Some(entry) = section.get("set") {
        changes.set = fields(context, entry, &mut set_names, Written::OnRequest);
    }
    if let Some(entry) = section.get("add") {
        changes.add = fields(context, entry, &mut Names::new(Place::Request), Written::OnRequest);
    }
    let mut removed = Names::new(Place::Request);
    let file = context.file;
    for text in section.get("remove").map(|entry| entry.texts(context)).unwrap_or_default() {
        let Some(name) = removed.take(context, text.text, text.span.clone()) else { continue };
        if let Some(set) = set_names.span(&name) {
            context
                .report(&codes::HEADER_TWICE, text.span, format!("`{name}` is both set and removed"))
                .also(Span { file, range: set }, "set here")
                .help("`set` replaces what is there; do not remove it as well");
        }
        changes.remove.push(name);
    }
    changes
}

/// Names and values of a table of headers.
fn fields(context: &mut Context<'_>, entry: Entry<'_>, names: &mut Names, written: Written) -> Vec<(String, String)> {
    let mut fields = Vec::new();
    for field in entry.names(context) {
        let name = names.take(context, field.key(), field.key_span());
        let Some(value) = field.text(context) else { continue };
        check_value(context, written, value.text, value.span);
        fields.extend(name.map(|name| (name, value.text.to_owned())));
    }
    fields
}

fn redirect(context: &mut Context<'_>, section: &Section<'_>, pattern: Option<&PathPattern>) -> Option<RedirectAction> {
    let status = redirect_status(context, section);
    let query_string = query_string(context, section);
    let response = response(context, section);
    let text = section.get("redirect")?.text(context)?;
    let target = targets::lower(context, Use::Redirect, &text, pattern)?;
    Some(RedirectAction { target, status, query_string, response })
}

fn redirect_status(context: &mut Context<'_>, section: &Section<'_>) -> u16 {
    let Some(entry) = section.get("status") else { return 302 };
    let Some(status) = entry.whole::<i64>(context, i64::MIN..=i64::MAX) else { return 302 };
    if let Some(known) = REDIRECTS.iter().find(|known| i64::from(**known) == status) {
        return *known;
    }
    let report =
        context.report(&codes::BAD_REDIRECT_STATUS, entry.span(), format!("{status} is not the status of a redirect"));
    let report = report.help("use 301 or 308 for good, 302 or 307 for now, 303 to answer a POST");
    if status == 410 {
        report.help("for a retired page write `gone = true` instead of the redirect");
    }
    302
}

fn query_string(context: &mut Context<'_>, section: &Section<'_>) -> QueryPolicy {
    let Some(entry) = section.get("query_string") else { return QueryPolicy::Keep };
    if !matches!(entry.value.get_ref(), DeValue::Array(_)) {
        let words = [("keep", Choice::Keep), ("drop", Choice::Drop)];
        return match entry.word(context, &words) {
            Some(Choice::Drop) => QueryPolicy::Drop,
            Some(Choice::Keep) | None => QueryPolicy::Keep,
        };
    }
    let mut names = Vec::new();
    for text in entry.texts(context) {
        if text.text.is_empty() || text.text.contains(['&', '=', '#', ' ']) || text.text.chars().any(char::is_control) {
            context
                .report(
                    &codes::BAD_NAME_IN_CONDITION,
                    text.span,
                    format!("no query parameter is named `{}`", text.text),
                )
                .help("write the name as it is sent; nothing is decoded");
        } else {
            names.push(text.text.to_owned());
        }
    }
    if names.is_empty() { QueryPolicy::Drop } else { QueryPolicy::Only(names) }
}

#[derive(Clone, Copy)]
enum Choice {
    Keep,
    Drop,
}

/// `cache_control` and `response_headers`.
fn response(context: &mut Context<'_>, section: &Section<'_>) -> ResponseHeaders {
    let mut response = ResponseHeaders { cache_control: DEFAULT_CACHE_CONTROL.to_owned(), set: Vec::new() };
    if let Some(text) = section.get("cache_control").and_then(|entry| entry.filled_text(context)) {
        check_value(context, Written::OnAnswer, text.text, text.span);
        response.cache_control = text.text.to_owned();
    }
    if let Some(entry) = section.get("response_headers") {
        response.set = fields(context, entry, &mut Names::new(Place::Answer), Written::OnAnswer);
    }
    response
}

fn gone(context: &mut Context<'_>, section: &Section<'_>, entry: Entry<'_>) -> Option<RespondAction> {
    let response = response(context, section);
    if !entry.boolean(context)? {
        context
            .report(&codes::GONE_FALSE, entry.span(), format!("{} is not gone and says nothing else", section.name))
            .help("write `gone = true`, or another action");
        return None;
    }
    Some(RespondAction { status: 410, body: String::new(), content_type: None, response })
}

fn respond(context: &mut Context<'_>, section: &Section<'_>, entry: Entry<'_>) -> Option<RespondAction> {
    let response = response(context, section);
    let section = entry.section(context, &["status", "body", "content_type"])?;
    let status = section.get("status").map_or(Some(200), |entry| answer_status(context, entry));
    let body = section.get("body").map(|entry| (entry, entry.text(context)));
    let content_type = section.get("content_type").and_then(|entry| content_type(context, entry));
    let body = match body {
        None => "",
        Some((entry, text)) => {
            let text = text?;
            check_body(context, entry, (status, &text), &response);
            text.text
        }
    };
    Some(RespondAction { status: status?, body: body.to_owned(), content_type, response })
}

fn answer_status(context: &mut Context<'_>, entry: Entry<'_>) -> Option<u16> {
    let status = entry.whole::<i64>(context, i64::MIN..=i64::MAX)?;
    let known = u16::try_from(status).ok().filter(|status| limits::ANSWER_STATUS.contains(status));
    let report = |context: &mut Context<'_>, message: String, cure: &str| {
        context.report(&codes::BAD_STATUS, entry.span(), message).help(cure);
        None
    };
    match known {
        None => report(context, format!("a function may not answer {status}"), "use 200 to 599"),
        Some(status) if REDIRECTS.contains(&status) => {
            let message = format!("{status} without a `location` leads nowhere");
            report(context, message, "use `redirect` with `status`")
        }
        known => known,
    }
}

fn check_body(
    context: &mut Context<'_>,
    entry: Entry<'_>,
    (status, body): (Option<u16>, &Text<'_>),
    response: &ResponseHeaders,
) {
    if let Some(status) = status.filter(|status| !may_have_body(*status) && !body.text.is_empty()) {
        context
            .report(&codes::BODY_NOT_ALLOWED, entry.span(), format!("an answer of status {status} has no body"))
            .help("remove `body`, or use 200");
    }
    let headers: usize = response.set.iter().map(|(name, value)| name.len() + value.len()).sum();
    let total = body.text.len() + headers + response.cache_control.len();
    if total > limits::MAX_ANSWER {
        context
            .report(
                &codes::BODY_TOO_LARGE,
                entry.span(),
                format!("an answer of {total} bytes is more than CloudFront takes"),
            )
            .help(format!("at most {} bytes of headers and body; keep the page at an origin", limits::MAX_ANSWER));
    }
}

fn content_type(context: &mut Context<'_>, entry: Entry<'_>) -> Option<String> {
    let text = entry.text(context)?;
    let is_type =
        text.text.split_once('/').is_some_and(|(kind, rest)| !kind.trim().is_empty() && !rest.trim().is_empty());
    if !is_type || text.text.chars().any(char::is_control) {
        context
            .report(&codes::BAD_HEADER_VALUE, text.span, format!("`{}` is no content type", text.text.escape_debug()))
            .help("write a type and a subtype: `text/html; charset=utf-8`");
        return None;
    }
    Some(text.text.to_owned())
}
