//! `[[route]]`: one entry of the table.

use std::collections::HashMap;
use std::ops::Range;

use toml::de::DeValue;

use super::cases::{WrittenCases, WrittenExamples};
use super::distinct::Distinct;
use super::foreign::patterns::LoweredPath;
use super::spans::RouteSpans;
use super::targets::RouteHoles;
use super::{about, actions, caching, conditions, foreign, holes, paths};
use crate::config::lower::head::Head;
use crate::config::lower::keys::{ROUTE, TABLE};
use crate::config::lower::names::{as_id, is_id};
use crate::config::lower::redirect_map::{self, WrittenMap};
use crate::config::read::include;
use crate::config::read::reader::Reader;
use crate::config::read::tree::Tree;
use crate::config::read::value::{OneOf, Setting, TextValue, TomlTable};
use crate::diagnostic::{Findings, Span, codes};
use crate::route::pattern::PathPattern;
use crate::route::{Condition, Place, Route};

/// Texts of one list of paths: which of them fills the holes is found by trying each.
const MOST_IN_A_LIST: usize = 1_000;

/// A key that says which paths.
#[derive(Clone, Copy, Debug)]
enum PathKey {
    Path,
    Prefix,
    Glob,
    Regex,
    RedirectMap,
}

/// All of them; a route has one at most.
static PATHS: OneOf<PathKey> = OneOf {
    keys: &[
        ("path", PathKey::Path),
        ("prefix", PathKey::Prefix),
        ("glob", PathKey::Glob),
        ("regex", PathKey::Regex),
        ("redirect_map", PathKey::RedirectMap),
    ],
    code: &codes::TWO_PATHS,
    first: "the first kind of path",
    help: "keep one, or make two routes",
};

/// The routes and tests of all files.
#[derive(Debug, Default)]
pub(crate) struct Lowered<'a> {
    /// Routes without error, in order.
    pub(crate) routes: Vec<Route>,
    /// Where each of them is written.
    pub(crate) spans: Vec<RouteSpans>,
    /// The globs and regexes of all routes.
    pub(crate) patterns: Vec<WrittenPattern>,
    /// What the routes and the tests expect.
    pub(crate) cases: WrittenCases<'a>,
    /// `[[route]]` entries met.
    pub(crate) read: usize,
    /// Rows of redirect maps met.
    pub(crate) map_rows: usize,
}

/// A `glob` or `regex` that is well-formed, of a route that may have errors elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WrittenPattern {
    /// `glob` or `regex`.
    pub(crate) key: &'static str,
    /// As it was read.
    pub(crate) text: String,
    /// Where it is: what is between the quotes, or all of it where escapes make the two differ.
    span: Span,
}

impl WrittenPattern {
    fn of(pattern: &PathPattern, text: &TextValue<'_>) -> WrittenPattern {
        WrittenPattern { key: pattern.key(), text: text.text.to_owned(), span: text.part(0..text.text.len()) }
    }

    /// Where a part of it is written.
    pub(crate) fn part(&self, part: Range<usize>) -> Span {
        let Span { file, range } = self.span.clone();
        let is_literal = range.len() == self.text.len();
        Span { file, range: if is_literal { range.start + part.start..range.start + part.end } else { range } }
    }
}

/// Lowers routes, a file at a time.
pub(crate) struct LoweringRoutes<'l, 'f, 'a> {
    reader: &'l mut Reader<'f>,
    findings: &'l mut Findings,
    head: &'l Head<'a>,
    lowered: Lowered<'a>,
    ids: HashMap<&'a str, Span>,
}

impl<'l, 'f, 'a> LoweringRoutes<'l, 'f, 'a> {
    /// No route yet.
    pub(crate) fn new(reader: &'l mut Reader<'f>, findings: &'l mut Findings, head: &'l Head<'a>) -> Self {
        LoweringRoutes { reader, findings, head, lowered: Lowered::default(), ids: HashMap::new() }
    }

    /// Lowers the routes and tests of a file.
    pub(crate) fn add_file(&mut self, tree: &'a Tree<'a>) {
        for setting in entries(self.findings, tree, "route") {
            self.lowered.read += 1;
            self.add_route(setting);
        }
        self.lowered.cases.tests.extend(entries(self.findings, tree, "test"));
    }

    /// The same of an included file, which holds nothing else.
    pub(crate) fn add_included(&mut self, tree: &'a Tree<'a>) {
        include::check_keys(self.findings, tree, &TABLE);
        self.add_file(tree);
    }

    /// Everything that was lowered; settles what only all of it can tell.
    pub(crate) fn finish(mut self) -> Lowered<'a> {
        caching::settle(self.findings, &mut self.lowered.routes, &self.lowered.spans);
        self.lowered
    }

    /// Lowers a route; one with an error is left out.
    fn add_route(&mut self, setting: Setting<'a>) {
        let Some(section) = setting.section_named(self.findings, route_name(setting), &ROUTE) else { return };
        let (conditions, spans): (Vec<Condition>, Vec<Span>) =
            conditions::lower(self.findings, &section, &self.head.definition.declared).into_iter().unzip();
        let route = self.route(&section, (conditions, &spans));
        let (examples, not_examples) = (section.get("examples"), section.get("not_examples"));
        if examples.is_some() || not_examples.is_some() {
            let route = route.is_some().then_some(self.lowered.routes.len());
            self.lowered.cases.examples.push(WrittenExamples { route, examples, not_examples });
        }
        if let Some(route) = route {
            self.lowered.routes.push(route);
            self.lowered.spans.push(RouteSpans::of(&section, &spans));
        }
    }

    fn route(&mut self, section: &TomlTable<'a>, (conditions, spans): (Vec<Condition>, &[Span])) -> Option<Route> {
        let id = self.id(section);
        let path = self.path(section);
        let has_all = conditions.len() == conditions::count_written(section);
        let trailing_slash = self.head.definition.canonical.trailing_slash;
        let meant = path.as_ref().and_then(|path| {
            let route = LoweredPath { path, canonical: &self.head.definition.canonical, conditions: &conditions };
            foreign::patterns::check(self.findings, section, route)
        });
        let (path_now, meant) = (path.as_ref(), meant.as_ref());
        let route_holes = RouteHoles { path: path_now, meant, conditions: &conditions, has_all, trailing_slash };
        holes::check(self.findings, section, &route_holes, spans);
        let action = actions::lower(self.findings, section, self.head, &route_holes);
        let about = about::lower(self.findings, section);
        Some(Route { id: id?, path: path?, conditions, action: action?, place: self.place(&section.span), about })
    }

    fn place(&self, span: &Span) -> Place {
        let narrow = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        Place { file: narrow(span.file), line: narrow(self.reader.sources.line(span)) }
    }

    fn id(&mut self, section: &TomlTable<'a>) -> Option<String> {
        let text = section.require(self.findings, "id")?.text(self.findings)?;
        if !is_id(text.text) {
            let report = self.findings.report(&codes::BAD_ID, text.span, format!("`{}` is not an id", text.text));
            let report = report.help("an id holds `a-z`, `0-9` and `-`, at most 64 of them");
            if let Some(id) = as_id(text.text) {
                report.help(format!("write `id = \"{id}\"`"));
            }
            return None;
        }
        if let Some(first) = self.ids.get(text.text) {
            self.findings
                .report(&codes::DUPLICATE_ID, text.span, format!("two routes have the id `{}`", text.text))
                .also(first.clone(), "the first one")
                .help("give each its own id");
            return None;
        }
        self.ids.insert(text.text, text.span);
        Some(text.text.to_owned())
    }

    /// The path; `Any` where the route has none, `None` where it was reported.
    fn path(&mut self, section: &TomlTable<'_>) -> Option<PathPattern> {
        let Some((key, entry)) = section.only_one(self.findings, &PATHS).ok()? else { return Some(PathPattern::Any) };
        let canonical = &self.head.definition.canonical;
        match key {
            PathKey::Path | PathKey::Prefix | PathKey::Glob => self.one_or_several(key, entry),
            PathKey::RedirectMap => {
                let text = entry.text(self.findings)?;
                let written = WrittenMap::of(self.findings, section, text)?;
                let read = redirect_map::lower(self.reader, self.findings, canonical, written)?;
                self.lowered.map_rows += read.met;
                read.map.map(PathPattern::Map)
            }
            PathKey::Regex => {
                let text = entry.text(self.findings)?;
                let pattern = paths::regex(self.findings, &text)?;
                self.lowered.patterns.push(WrittenPattern::of(&pattern, &text));
                Some(pattern)
            }
        }
    }

    /// One path, prefix or glob, or a list of them.
    fn one_or_several(&mut self, key: PathKey, entry: Setting<'_>) -> Option<PathPattern> {
        let texts = match entry.value() {
            DeValue::Array(_) => entry.some_texts(self.findings),
            _ => entry.text_or(self.findings, "a text or a list of texts").into_iter().collect(),
        };
        if texts.len() > MOST_IN_A_LIST {
            let message = format!("`{}` lists {} texts, too many", entry.key(), texts.len());
            let report = self.findings.report(&codes::OUT_OF_RANGE, entry.span(), message);
            report.help(format!("at most {MOST_IN_A_LIST}; thousands of exact paths belong in a `redirect_map`"));
            return None;
        }
        let mut several = Distinct::new();
        let mut patterns = Vec::new();
        for text in &texts {
            let Some(pattern) = self.one(key, text) else { continue };
            several.push(self.findings, pattern.to_string(), text);
            patterns.extend((patterns.len() < several.values.len()).then_some(pattern));
        }
        match patterns.len() {
            count if count < texts.len() => None,
            0 | 1 => patterns.pop(),
            _ => Some(PathPattern::AnyOf(patterns)),
        }
    }

    fn one(&mut self, key: PathKey, text: &TextValue<'_>) -> Option<PathPattern> {
        let canonical = &self.head.definition.canonical;
        match key {
            PathKey::Prefix => paths::prefix(self.findings, canonical, text),
            PathKey::Glob => {
                let pattern = paths::glob(self.findings, text)?;
                self.lowered.patterns.push(WrittenPattern::of(&pattern, text));
                Some(pattern)
            }
            PathKey::Path | PathKey::Regex | PathKey::RedirectMap => paths::path(self.findings, canonical, text),
        }
    }
}

/// The tables of `[[route]]` or `[[test]]`.
fn entries<'a>(findings: &mut Findings, tree: &'a Tree<'a>, key: &str) -> Vec<Setting<'a>> {
    let Some(setting) = tree.get(key) else { return Vec::new() };
    setting.items(findings, &format!("a list of tables, each begun by `[[{key}]]`")).collect()
}

/// A route as messages name it.
fn route_name(setting: Setting<'_>) -> String {
    match setting.value().get("id").and_then(|id| id.get_ref().as_str()) {
        Some(id) if id.len() <= 64 => format!("route `{id}`"),
        _ => "a route".to_owned(),
    }
}
