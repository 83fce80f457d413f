//! `[[route]]`: one entry of the table.

use std::collections::HashMap;
use std::ops::Range;

use toml::de::{DeTable, DeValue};

use crate::route::condition::ValueTest;
use crate::route::pattern::PathPattern;
use crate::route::{About, Action, Condition, Fact, OriginKind, Place, Route};

use super::cases::{Raw, RawExamples, RawTest};
use super::{actions, conditions, moments, paths};
use crate::config::lower::names::{as_id, is_id};
use crate::config::lower::redirect_map;
use crate::config::lower::top::Head;
use crate::config::read::context::Context;
use crate::config::read::document::Document;
use crate::config::read::value::{Entry, Section, Value, wrong_type};
use crate::diagnostic::codes;

/// The keys of a route, in the order of the manual.
const KEYS: &[&str] = &[
    "id",
    "host",
    "path",
    "prefix",
    "glob",
    "regex",
    "redirect_map",
    "method",
    "query",
    "header",
    "cookie",
    "country",
    "cohort",
    "from",
    "until",
    "origin",
    "redirect",
    "gone",
    "respond",
    "rewrite",
    "request_headers",
    "query_string",
    "status",
    "response_headers",
    "cache_control",
    "owner",
    "ticket",
    "added",
    "expires",
    "note",
    "examples",
    "not_examples",
];

/// The keys that say which paths; a route has one at most.
const PATHS: [&str; 5] = ["path", "prefix", "glob", "regex", "redirect_map"];

/// The routes and tests of all files, as they are lowered.
#[derive(Debug, Default)]
pub(crate) struct Routes<'a> {
    /// Routes without error, in order.
    pub(crate) routes: Vec<Route>,
    /// What they and the tests expect.
    pub(crate) raw: Raw<'a>,
    /// `[[route]]` entries met.
    pub(crate) read: usize,
    ids: HashMap<&'a str, (usize, Range<usize>)>,
    /// Of each origin, where it is first used.
    uses: HashMap<usize, (usize, Range<usize>)>,
}

impl<'a> Routes<'a> {
    /// Lowers the routes and tests of a file.
    pub(crate) fn add_file(
        &mut self,
        context: &mut Context<'_>,
        document: &Document,
        root: &'a DeTable<'a>,
        head: &Head<'_>,
    ) {
        context.file = document.file;
        for value in entries(context, root, "route") {
            self.read += 1;
            self.add_route(context, value, head);
        }
        let file = context.file;
        self.raw.tests.extend(entries(context, root, "test").iter().map(|value| RawTest { file, value }));
    }

    /// Lowers a route; one with an error is left out.
    fn add_route(&mut self, context: &mut Context<'_>, value: &'a Value<'a>, head: &Head<'_>) {
        let Some(section) = Section::open(context, value, route_name(value), KEYS) else { return };
        let route = self.route(context, &section, head);
        let (examples, not_examples) = (section.get("examples"), section.get("not_examples"));
        if examples.is_some() || not_examples.is_some() {
            self.raw.examples.push(RawExamples {
                route: route.is_some().then_some(self.routes.len()),
                file: context.file,
                examples: examples.map(|entry| entry.value),
                not_examples: not_examples.map(|entry| entry.value),
            });
        }
        self.routes.extend(route);
    }

    fn route(&mut self, context: &mut Context<'_>, section: &Section<'a>, head: &Head<'_>) -> Option<Route> {
        let id = self.id(context, section);
        let mut conditions = conditions::lower(context, section, head);
        let window = moments::lower(context, section);
        conditions
            .extend((!window.is_always()).then_some(Condition { fact: Fact::Time, test: ValueTest::Within(window) }));
        let path = self.path(context, section, head);
        let action = actions::lower(context, section, head, path.as_ref());
        if let (Some(Action::Origin(action)), Some(entry)) = (&action, section.get("origin")) {
            self.uses.entry(action.origin).or_insert_with(|| (context.file, entry.span()));
        }
        let about = about(context, section);
        Some(Route {
            id: id?,
            path: path?,
            conditions,
            action: action?,
            place: Place {
                file: u32::try_from(context.file).unwrap_or(u32::MAX),
                line: context.line(section.span.start),
            },
            about,
        })
    }

    fn id(&mut self, context: &mut Context<'_>, section: &Section<'a>) -> Option<String> {
        let text = section.require(context, "id")?.text(context)?;
        if !is_id(text.text) {
            let report = context.report(&codes::BAD_ID, text.span, format!("`{}` is no id", text.text));
            let report = report.help("an id holds `a-z`, `0-9` and `-`, at most 64 of them");
            if let Some(id) = as_id(text.text) {
                report.help(format!("write `id = \"{id}\"`"));
            }
            return None;
        }
        if let Some((file, span)) = self.ids.get(text.text).cloned() {
            context
                .report(&codes::DUPLICATE_ID, text.span, format!("two routes have the id `{}`", text.text))
                .also(file, span, "the first one")
                .help("give each its own id");
            return None;
        }
        self.ids.insert(text.text, (context.file, text.span));
        Some(text.text.to_owned())
    }

    /// The path; `Any` where the route has none, `None` where it was reported.
    fn path(&mut self, context: &mut Context<'_>, section: &Section<'_>, head: &Head<'_>) -> Option<PathPattern> {
        let canonical = &head.definition.canonical;
        let Some(entry) = only_path(context, section)? else { return Some(PathPattern::Any) };
        let text = entry.text(context)?;
        match entry.key() {
            "path" => paths::path(context, canonical, &text),
            "prefix" => paths::prefix(context, canonical, &text),
            "glob" => paths::glob(context, canonical, &text),
            "regex" => paths::regex(context, canonical, &text),
            _ => redirect_map::lower(context, canonical, &text).map(PathPattern::Map),
        }
    }

    /// Reports each s3 origin that is used and is not the one CloudFront has on the behavior.
    pub(crate) fn check_buckets(&mut self, context: &mut Context<'_>, head: &Head<'_>) {
        let definition = &head.definition;
        if let Some(span) = head.default_span.clone() {
            self.uses.insert(definition.default, (head.file, span));
        }
        let configured = definition.origins.get(definition.configured).map_or("", |origin| origin.id.as_str());
        for (at, origin) in definition.origins.iter().enumerate() {
            let Some((file, span)) =
                self.uses.get(&at).filter(|_| at != definition.configured && head.is_configured_known)
            else {
                continue;
            };
            if !matches!(origin.kind, OriginKind::S3(_)) {
                continue;
            }
            context.file = *file;
            context
                .report(
                    &codes::S3_NOT_CONFIGURED,
                    span.clone(),
                    format!("the s3 origin `{}` is not the one that CloudFront has on the behavior", origin.id),
                )
                .label(format!("the configured origin is `{configured}`"))
                .also(head.file, head.origin_spans.get(at).cloned().unwrap_or_default(), "declared here")
                .help(
                    "a function can only choose the configured s3 origin, never set another: OAC would not sign for it",
                )
                .help(format!(
                    "name it in `[distribution]`: `configured_origin = \"{}\"`, or serve it as a custom origin",
                    origin.id
                ));
        }
    }
}

/// The tables of `[[route]]` or `[[test]]`.
fn entries<'a>(context: &mut Context<'_>, root: &'a DeTable<'a>, key: &str) -> &'a [Value<'a>] {
    match root.get(key).map(|value| (value, value.get_ref())) {
        None => &[],
        Some((_, DeValue::Array(list))) => list,
        Some((value, _)) => {
            wrong_type(context, key, value, &format!("a list of tables, each begun by `[[{key}]]`"));
            &[]
        }
    }
}

/// A route as messages name it.
fn route_name(value: &Value<'_>) -> String {
    match value.get_ref().get("id").and_then(|id| id.get_ref().as_str()) {
        Some(id) if id.len() <= 64 => format!("route `{id}`"),
        _ => "a route".to_owned(),
    }
}

/// The one key that says which paths; `None` where there are several, which is reported.
fn only_path<'a>(context: &mut Context<'_>, section: &Section<'a>) -> Option<Option<Entry<'a>>> {
    let mut paths: Vec<Entry<'a>> = PATHS.iter().filter_map(|key| section.get(key)).collect();
    paths.sort_by_key(|entry| entry.key_span().start);
    let (first, others) = match paths.as_slice() {
        [] if PATHS.iter().any(|key| section.has_misspelt(key)) => return None,
        [] => return Some(None),
        [only] => return Some(Some(*only)),
        [first, others @ ..] => (first, others),
    };
    let file = context.file;
    for other in others {
        let message = format!("{} has both `{}` and `{}`", section.name, first.key(), other.key());
        context
            .report(&codes::TWO_PATHS, other.key_span(), message)
            .also(file, first.key_span(), "the first kind of path")
            .help("keep one, or make two routes");
    }
    None
}

fn about(context: &mut Context<'_>, section: &Section<'_>) -> About {
    let mut text = |key: &str| section.get(key)?.text(context).map(|text| text.text.to_owned());
    let (owner, ticket, note) = (text("owner"), text("ticket"), text("note"));
    About { owner, ticket, added: day(context, section, "added"), expires: day(context, section, "expires"), note }
}

/// A date, as TOML has it or as text.
fn day(context: &mut Context<'_>, section: &Section<'_>, key: &str) -> Option<String> {
    let entry = section.get(key)?;
    match entry.value.get_ref() {
        DeValue::Datetime(day) => Some(day.to_string()),
        _ => entry.text(context).map(|text| text.text.to_owned()),
    }
}
