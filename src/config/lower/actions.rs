//! What happens to a request that a route takes.

use toml::de::DeValue;

use crate::platform::headers::Written;
use crate::platform::{limits, may_have_body};
use crate::route::canonical::{LetterCase, PathParameters, TrailingSlash};
use crate::route::query::QueryPolicy;
use crate::route::target::Target;
use crate::route::{
    Action, DEFAULT_CACHE_CONTROL, HeaderChanges, MapAction, NormalizeAction, Origin, OriginAction, RedirectAction,
    RequestHeader, RespondAction, ResponseHeaders,
};

use crate::config::lower::conditions::NamedFact;
use crate::config::lower::foreign;
use crate::config::lower::head::Head;
use crate::config::lower::headers::{HeaderNames, HeaderUse, are_flat, check_request_secret, check_value};
use crate::config::lower::query_names::{is_one_name, kept_names, one_name, plain_names};
use crate::config::lower::secrets::secret;
use crate::config::lower::targets::{self, RouteHoles, Use};
use crate::config::read::value::{OneOf, Setting, TextValue, TomlTable};
use crate::diagnostic::{Findings, Span, codes};
use crate::text::{one_of, quoted};

/// A key that says what happens.
#[derive(Clone, Copy, Debug)]
enum ActionKey {
    Origin,
    Redirect,
    Normalize,
    Gone,
    Respond,
    RedirectMap,
}

/// All of them; a route has exactly one.
static ACTIONS: OneOf<ActionKey> = OneOf {
    keys: &[
        ("origin", ActionKey::Origin),
        ("redirect", ActionKey::Redirect),
        ("normalize", ActionKey::Normalize),
        ("gone", ActionKey::Gone),
        ("respond", ActionKey::Respond),
        ("redirect_map", ActionKey::RedirectMap),
    ],
    code: &codes::TWO_ACTIONS,
    first: "the first action",
    help: "a request has one outcome: keep one, or make two routes",
};

/// Keys that only some actions have.
const DETAILS: [(&str, &[&str]); 7] = [
    ("rewrite", &["origin"]),
    ("request_headers", &["origin"]),
    ("query_string", &["origin", "redirect", "redirect_map", "normalize"]),
    ("status", &["redirect", "redirect_map", "normalize"]),
    ("response_headers", &["redirect", "redirect_map", "normalize", "gone", "respond"]),
    ("cache_control", &["redirect", "redirect_map", "normalize", "gone", "respond"]),
    ("map_query", &["redirect_map"]),
];

/// Statuses that carry a `location`.
pub(crate) const REDIRECTS: [u16; 5] = [301, 302, 303, 307, 308];

/// Lowers a route's action; `holes` is what can fill its targets.
pub(crate) fn lower(
    findings: &mut Findings,
    section: &TomlTable<'_>,
    head: &Head<'_>,
    holes: &RouteHoles<'_>,
) -> Option<Action> {
    let Some((key, entry)) = section.only_one(findings, &ACTIONS).ok()? else {
        let message = format!("{} does not say what happens", section.name);
        let report = findings.report(&codes::NO_ACTION, section.span.clone(), message);
        report.help(action_of_status(section).unwrap_or_else(|| format!("give it {}", one_of(&ACTIONS.names()))));
        return None;
    };
    for (detail, actions) in DETAILS {
        if let Some(detail) = section.get(detail).filter(|_| !actions.contains(&entry.key())) {
            needs_action(findings, detail, entry.key(), actions);
        }
    }
    match key {
        ActionKey::Origin => origin(findings, section, head, holes).map(Action::Origin),
        ActionKey::Redirect => redirect(findings, section, holes).map(Action::Redirect),
        ActionKey::Normalize => normalize(findings, section, (entry, head)).map(Action::Normalize),
        ActionKey::RedirectMap => Some(Action::RedirectMap(MapAction {
            status: redirect_status(findings, section),
            query_string: query_string(findings, section, QueryPolicy::Keep),
            response: response(findings, section),
        })),
        ActionKey::Gone => gone(findings, section, entry).map(Action::Respond),
        ActionKey::Respond => respond(findings, section, entry).map(Action::Respond),
    }
}

/// The action that is meant by a `status` alone.
fn action_of_status(section: &TomlTable<'_>) -> Option<String> {
    let status: u16 = section.get("status")?.value().as_integer()?.as_str().parse().ok()?;
    match status {
        410 => Some("write `gone = true` instead of `status`".to_owned()),
        status if REDIRECTS.contains(&status) || !limits::ANSWER_STATUS.contains(&status) => None,
        status => Some(format!("write `respond = {{ status = {status} }}` instead of `status`")),
    }
}

fn needs_action(findings: &mut Findings, detail: Setting<'_>, action: &str, actions: &[&str]) {
    let message = format!("`{}` does not apply to `{action}`", detail.key());
    let report = findings.report(&codes::NEEDS_ACTION, detail.key_span(), message);
    match (detail.key(), action) {
        ("status", "respond") => report.help("write it inside: `respond = { status = … }`"),
        ("status", "gone") => report.help("`gone` is always 410; for another status use `respond`"),
        _ => report.help(format!("it goes with {}", quoted(actions))),
    };
}

fn origin(
    findings: &mut Findings,
    section: &TomlTable<'_>,
    head: &Head<'_>,
    holes: &RouteHoles<'_>,
) -> Option<OriginAction> {
    let name = section.get("origin").and_then(|entry| entry.text(findings));
    let origin = name.and_then(|name| head.origin(findings, &name));
    let own = origin.and_then(|origin| head.definition.origins.get(origin));
    let declared = own.map(|origin| DeclaredOrigin { origin, declared_at: head.declared_at(&origin.id) });
    let request_headers =
        section.get("request_headers").map(|entry| request_headers(findings, entry, declared.as_ref(), holes));
    let unsaid = own.map(Origin::query_string).cloned().unwrap_or_default();
    let query_string = query_string(findings, section, unsaid);
    let mut rewrite = None;
    if let Some(entry) = section.get("rewrite") {
        let text = entry.text(findings)?;
        let target = targets::lower(findings, Use::Rewrite, &text, holes)?;
        if let Some(own) = own {
            names_an_object(findings, own, &target, &text);
        }
        rewrite = Some(target);
    }
    // Where a value has an error, so has the route.
    let request_headers = request_headers.unwrap_or_default();
    Some(OriginAction { origin: origin?, rewrite, query_string, request_headers })
}

/// A bucket has no object without a name.
fn names_an_object(findings: &mut Findings, origin: &Origin, rewrite: &Target, text: &TextValue<'_>) {
    let path = rewrite.as_literal().map(|text| text.split_once('?').map_or(text, |(path, _)| path));
    if path.is_some_and(|path| origin.has_no_key(path)) {
        let message = format!("`{}` is the empty key of the bucket `{}`", text.text, origin.id);
        findings
            .report(&codes::EMPTY_KEY, text.span.clone(), message)
            .help("name the object: `rewrite = \"/index.html\"`");
    }
}

/// The origin that a route sends to, and where it is declared.
struct DeclaredOrigin<'o> {
    origin: &'o Origin,
    declared_at: Span,
}

impl DeclaredOrigin<'_> {
    /// A header that both the request and the origin's custom headers name is a 502.
    fn has_not(&self, findings: &mut Findings, names: &HeaderNames) {
        let own = self.origin.headers.iter().filter_map(|(name, _)| Some((name, names.span(name)?)));
        for (name, span) in own {
            findings
                .report(&codes::HEADER_TWICE, span, format!("the origin `{}` has its own `{name}`", self.origin.id))
                .also(self.declared_at.clone(), "declared here")
                .help("CloudFront adds it for the origin; remove it here");
        }
    }
}

fn request_headers(
    findings: &mut Findings,
    entry: Setting<'_>,
    declared: Option<&DeclaredOrigin<'_>>,
    holes: &RouteHoles<'_>,
) -> HeaderChanges {
    let mut changes = HeaderChanges::default();
    let Some(section) = entry.section(findings, &["set", "add", "remove"]) else { return changes };
    let written = if declared.is_some_and(|declared| declared.origin.is_bucket()) {
        HeaderUse::ToBucket
    } else {
        HeaderUse::Request
    };
    let [mut set_names, mut add_names] = [(); 2].map(|()| HeaderNames::new(written));
    let mut removed = HeaderNames::new(HeaderUse::Request);
    if let Some(entry) = section.get("set") {
        changes.set = request_fields(findings, entry, &mut set_names, holes);
    }
    if let Some(entry) = section.get("add") {
        changes.add = request_fields(findings, entry, &mut add_names, holes);
    }
    if let Some(declared) = declared {
        declared.has_not(findings, &set_names);
        declared.has_not(findings, &add_names);
    }
    for text in section.get("remove").map(|entry| entry.texts(findings)).unwrap_or_default() {
        let Some(name) = removed.take(findings, text.text, text.span.clone()) else { continue };
        if let Some(set) = set_names.span(&name) {
            findings
                .report(&codes::HEADER_TWICE, text.span, format!("`{name}` is both set and removed"))
                .also(set, "set here")
                .help("`set` replaces what is there; do not remove it as well");
        }
        changes.remove.push(name);
    }
    changes
}

/// Names and values of a table of request headers.
fn request_fields(
    findings: &mut Findings,
    entry: Setting<'_>,
    names: &mut HeaderNames,
    holes: &RouteHoles<'_>,
) -> Vec<(String, RequestHeader)> {
    let mut fields = Vec::new();
    for field in entry.names(findings) {
        let name = names.take(findings, field.key(), field.key_span());
        let value = match field.value() {
            DeValue::Table(_) => {
                secret(findings, field, name.as_deref().unwrap_or(field.key())).map(RequestHeader::Secret)
            }
            DeValue::String(_) => request_value(findings, field, name.as_deref(), holes),
            _ => field.not_even_a_text(findings, "a text or `{ secret = \"NAME\" }`"),
        };
        fields.extend(name.zip(value));
    }
    fields
}

fn request_value(
    findings: &mut Findings,
    field: Setting<'_>,
    name: Option<&str>,
    holes: &RouteHoles<'_>,
) -> Option<RequestHeader> {
    let text = field.text(findings)?;
    check_value(findings, Written::OnRequest, text.text, text.span.clone());
    let target = targets::lower(findings, Use::Header, &text, holes)?;
    if let Some(name) = name.filter(|_| target.as_literal().is_some()) {
        check_request_secret(findings, name, text.span);
    }
    Some(RequestHeader::Text(target))
}

/// Names and values of a table of headers of an answer.
fn answer_fields(findings: &mut Findings, entry: Setting<'_>) -> Vec<(String, String)> {
    let mut names = HeaderNames::new(HeaderUse::Answer);
    let mut fields = Vec::new();
    for field in entry.names(findings) {
        let name = names.take(findings, field.key(), field.key_span());
        let Some(value) = field.text(findings) else { continue };
        check_value(findings, Written::OnAnswer, value.text, value.span.clone());
        let cure = "a header of an answer is the same for every request: remove it, or write the text that is meant";
        foreign::values::check_header(findings, &value, &format!("the header `{}`", field.key()), cure);
        fields.extend(name.map(|name| (name, value.text.to_owned())));
    }
    fields
}

fn normalize(
    findings: &mut Findings,
    section: &TomlTable<'_>,
    (entry, head): (Setting<'_>, &Head<'_>),
) -> Option<NormalizeAction> {
    let status = redirect_status(findings, section);
    let query_string = query_string(findings, section, QueryPolicy::Keep);
    let response = response(findings, section);
    let canonical = &head.definition.canonical;
    let changes_nothing = canonical.case == LetterCase::Keep
        && canonical.trailing_slash == TrailingSlash::Keep
        && canonical.path_parameters == PathParameters::Keep;
    if !entry.boolean(findings)? {
        let message = format!("{} has `normalize = false` and no other action", section.name);
        let report = findings.report(&codes::NORMALIZE_NOTHING, entry.span(), message);
        report.help(if changes_nothing {
            "write another action"
        } else {
            "write `normalize = true`, or another action"
        });
        return None;
    }
    if changes_nothing {
        findings
            .report(&codes::NORMALIZE_NOTHING, entry.span(), "`[canonical]` folds and strips nothing")
            .label("takes no request")
            .help("say what the normal form is: `[canonical]` with `case = \"lower\"` or `trailing_slash = \"strip\"`");
        return None;
    }
    Some(NormalizeAction { status, query_string, response })
}

fn redirect(findings: &mut Findings, section: &TomlTable<'_>, holes: &RouteHoles<'_>) -> Option<RedirectAction> {
    let status = redirect_status(findings, section);
    let query_string = query_string(findings, section, QueryPolicy::Keep);
    let response = response(findings, section);
    let text = section.get("redirect")?.text(findings)?;
    let target = targets::lower(findings, Use::Redirect, &text, holes)?;
    Some(RedirectAction { target, status, query_string, response })
}

fn redirect_status(findings: &mut Findings, section: &TomlTable<'_>) -> u16 {
    let Some(entry) = section.get("status") else { return 302 };
    let Some(status) = entry.whole::<i64>(findings, i64::MIN..=i64::MAX) else { return 302 };
    if let Some(known) = REDIRECTS.iter().find(|known| i64::from(**known) == status) {
        return *known;
    }
    let report =
        findings.report(&codes::BAD_REDIRECT_STATUS, entry.span(), format!("{status} is not the status of a redirect"));
    let report = report.help("use 301 or 308 for good, 302 or 307 for now, 303 to answer a POST");
    if status == 410 {
        report.help(match section.get("redirect_map") {
            Some(_) => "for retired pages write 410 as the status of their rows, and no target",
            None => "for a retired page write `gone = true` instead of `redirect` and `status`",
        });
    }
    302
}

/// What is kept of the query; `unsaid` where the route does not say it.
fn query_string(findings: &mut Findings, section: &TomlTable<'_>, unsaid: QueryPolicy) -> QueryPolicy {
    let Some(entry) = section.get("query_string") else { return unsaid };
    let drops = match entry.value() {
        DeValue::Array(_) => {
            let names = plain_names(findings, entry, NamedFact::Query);
            return if names.is_empty() { QueryPolicy::Drop } else { QueryPolicy::Only(names) };
        }
        DeValue::Table(table) if table.contains_key("keep") && !table.contains_key("drop") => {
            kept_names(findings, entry);
            return unsaid;
        }
        DeValue::Table(_) => {
            let section = entry.section(findings, &["drop"]);
            let names = section.and_then(|section| section.require(findings, "drop"));
            let names = names.map(|entry| plain_names(findings, entry, NamedFact::Query)).unwrap_or_default();
            return if names.is_empty() { QueryPolicy::Keep } else { QueryPolicy::Without(names) };
        }
        DeValue::String(text) => {
            let known = [("keep", false), ("drop", true)];
            if is_one_name(text, &known.map(|(word, _)| word)) {
                let others = "`\"keep\"`, `\"drop\"`, a list of names to keep or `{ drop = [\"…\"] }`";
                one_name(findings, entry, others);
                return unsaid;
            }
            entry.word(findings, &known)
        }
        _ => entry.not_even_a_text(findings, "`\"keep\"`, `\"drop\"`, a list of names to keep or `{ drop = [\"…\"] }`"),
    };
    if drops == Some(true) { QueryPolicy::Drop } else { QueryPolicy::Keep }
}

/// `cache_control` and `response_headers`.
fn response(findings: &mut Findings, section: &TomlTable<'_>) -> ResponseHeaders {
    let mut response = ResponseHeaders { cache_control: DEFAULT_CACHE_CONTROL.to_owned(), set: Vec::new() };
    if let Some(text) = section.get("cache_control").and_then(|entry| entry.filled_text(findings)) {
        check_value(findings, Written::OnAnswer, text.text, text.span);
        response.cache_control = text.text.to_owned();
    }
    if let Some(entry) = section.get("response_headers").filter(|entry| are_flat(findings, *entry)) {
        response.set = answer_fields(findings, entry);
    }
    response
}

fn gone(findings: &mut Findings, section: &TomlTable<'_>, entry: Setting<'_>) -> Option<RespondAction> {
    let response = response(findings, section);
    if !entry.boolean(findings)? {
        let message = format!("{} has `gone = false` and no other action", section.name);
        findings.report(&codes::GONE_FALSE, entry.span(), message).help("write `gone = true`, or another action");
        return None;
    }
    Some(RespondAction { status: 410, body: String::new(), content_type: None, response })
}

fn respond(findings: &mut Findings, section: &TomlTable<'_>, entry: Setting<'_>) -> Option<RespondAction> {
    let response = response(findings, section);
    let section = entry.section(findings, &["status", "body", "content_type"])?;
    let status = section.get("status").map_or(Some(200), |entry| answer_status(findings, entry));
    let body = section.get("body").map(|entry| (entry, entry.text(findings)));
    let content_type = section.get("content_type").and_then(|entry| content_type(findings, entry));
    let mut action = RespondAction { status: status.unwrap_or(200), body: String::new(), content_type, response };
    if let Some((entry, text)) = body {
        text?.text.clone_into(&mut action.body);
        check_body(findings, entry, &action);
    }
    status.map(|_| action)
}

fn answer_status(findings: &mut Findings, entry: Setting<'_>) -> Option<u16> {
    let status = entry.whole::<i64>(findings, i64::MIN..=i64::MAX)?;
    let known = u16::try_from(status).ok().filter(|status| limits::ANSWER_STATUS.contains(status));
    let report = |findings: &mut Findings, message: String, cure: &str| {
        findings.report(&codes::BAD_STATUS, entry.span(), message).help(cure);
        None
    };
    match known {
        None => report(findings, format!("a function cannot answer with status {status}"), "use 200 to 599"),
        Some(status) if REDIRECTS.contains(&status) => {
            let message = format!("{status} without a `location` leads nowhere");
            report(findings, message, "use `redirect` with `status`")
        }
        known => known,
    }
}

fn check_body(findings: &mut Findings, entry: Setting<'_>, action: &RespondAction) {
    let RespondAction { status, body, response, .. } = action;
    if !may_have_body(*status) && !body.is_empty() {
        let message = format!("an answer with status {status} cannot have a body");
        findings.report(&codes::BODY_NOT_ALLOWED, entry.span(), message).help("remove `body`, or use 200");
    }
    let headers: usize = response.set.iter().map(|(name, value)| name.len() + value.len()).sum();
    let total = body.len() + headers + response.cache_control.len();
    if total > limits::MAX_ANSWER {
        let message = format!("the answer has {total} bytes, more than CloudFront takes");
        findings
            .report(&codes::BODY_TOO_LARGE, entry.span(), message)
            .help(format!("at most {} bytes of headers and body; keep the page at an origin", limits::MAX_ANSWER));
    }
}

fn content_type(findings: &mut Findings, entry: Setting<'_>) -> Option<String> {
    let text = entry.text(findings)?;
    let is_type =
        text.text.split_once('/').is_some_and(|(kind, rest)| !kind.trim().is_empty() && !rest.trim().is_empty());
    if !is_type || text.text.chars().any(char::is_control) {
        findings
            .report(&codes::BAD_HEADER_VALUE, text.span, format!("`{}` is not a content type", text.text))
            .help("write a type and a subtype: `text/html; charset=utf-8`");
        return None;
    }
    Some(text.text.to_owned())
}
