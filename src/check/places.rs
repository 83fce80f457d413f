//! Where the routes of a table are written, for the labels of checks.

use crate::config::read::include::resolve;
use crate::config::{HeadSpans, RouteSpans};
use crate::diagnostic::{Sources, Span};
use crate::route::pattern::PathPattern;
use crate::route::reach::Askers;
use crate::route::{BehaviorId, Fact, Table};

/// What says the paths of the route at a position; its header where nothing does.
pub(crate) fn path_span(table: &Table, spans: &[RouteSpans], at: usize) -> Span {
    match &table.routes()[at].path {
        PathPattern::Any => spans[at].header(),
        path => spans[at].value(path.key()),
    }
}

/// Where the parts of a table are written.
pub(crate) struct PartsWritten<'s> {
    /// Of each route.
    pub(crate) routes: &'s [RouteSpans],
    pub(crate) head: &'s HeadSpans,
    /// The files in which all of it is.
    pub(crate) sources: &'s Sources,
}

impl PartsWritten<'_> {
    /// The line of a row of the map that a route names; the name itself where the file is not found by it.
    pub(crate) fn map_row(&self, route: usize, line: u32) -> Span {
        let named = self.routes[route].value("redirect_map");
        let files = self.sources.files();
        let row = files.get(named.file).and_then(|from| {
            let name = from.text.get(named.range.clone())?.trim_matches(['"', '\'']);
            let map = resolve(&from.name, name).ok()?;
            let file = files.iter().position(|file| file.name == map)?;
            let bytes = files[file].bytes_of(usize::try_from(line).ok()?);
            let text = files[file].text.get(bytes.clone())?.trim_end();
            Some(Span { file, range: bytes.start..bytes.start + text.len() })
        });
        row.unwrap_or(named)
    }

    /// What of a route reads a fact: its condition, else the whole route.
    fn asking(&self, table: &Table, route: usize, fact: &Fact) -> Span {
        let condition = table.routes()[route].conditions.iter().position(|condition| condition.fact == *fact);
        let spans = &self.routes[route];
        let is_key = || table.routes()[route].asked_facts().any(|asked| asked == *fact);
        match (condition, fact) {
            (Some(at), _) => spans.condition(at),
            (None, Fact::Query(_)) if is_key() => spans.key("map_query"),
            (None, Fact::Query(_) | Fact::WholeQuery) => spans.key("query_string"),
            (None, _) => spans.header(),
        }
    }

    /// Where an origin is declared.
    pub(crate) fn origin(&self, at: usize) -> Span {
        self.head.origins.get(at).cloned().unwrap_or_default()
    }

    /// Where a behavior is written, if it is.
    pub(crate) fn behavior(&self, id: BehaviorId) -> Option<Span> {
        self.head.behaviors.get(id.position()).cloned()
    }

    /// Everyone who asks for a fact, each with a name for messages: the routes first.
    pub(crate) fn askers<'a>(
        &'a self,
        table: &'a Table,
        fact: &'a Fact,
        askers: &'a Askers,
    ) -> impl Iterator<Item = (Span, String)> + 'a {
        let route = move |at: &usize| (self.asking(table, *at, fact), format!("route `{}`", table.routes()[*at].id));
        let origin = |at: &usize| (self.origin(*at), format!("origin `{}`", table.definition().origins[*at].id));
        askers.routes.iter().map(route).chain(askers.origins.iter().map(origin))
    }
}

/// A behavior as messages name it.
pub(crate) fn behavior_name(table: &Table, id: BehaviorId) -> String {
    match table.definition().behaviors.by_pattern.get(id.position()) {
        Some((pattern, _)) => format!("the behavior `{pattern}`"),
        None => "the default behavior".to_owned(),
    }
}
