//! The story of a decision as people read it: what was asked, what was tried, what happens, what it depended on.

use serde::Serialize;

use super::Present;
use super::json::{Versioned, versioned};
use super::numbers::count;
use super::sheet::{BAD, Cell, FAINT, GOOD, Grid, KEY, PLAIN, STRONG, Sheet, WARN, cell};
use crate::requests::DecisionLine;
use crate::route::canonical::Step;
use crate::route::explain::{Candidate, Explanation, Given, Path, Reads, RouteRef, Sent, Winner};
use crate::route::pattern::PathPattern;
use crate::route::{BehaviorRef, Decision, Fact, Forward, Origin, Outcome, Redirect, Respond, SentValue, Told};

/// Where the time of an explained request came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeSource {
    /// It was asked for, or none was needed.
    Given,
    /// The clock was read.
    Clock,
}

/// A request that was explained.
#[derive(Clone, Copy, Debug)]
pub struct Explained<'a> {
    /// Why it gets its decision.
    pub story: &'a Explanation<'a, 'a>,
    /// Where its time came from.
    pub time: TimeSource,
}

/// Candidates before the last ones are only counted where there are more than this many.
const CANDIDATES: usize = 20;

#[derive(Serialize)]
struct ExplainedJson<'a> {
    request: &'a Given<'a>,
    path: &'a Path,
    epoch: Option<u64>,
    refused_text: Option<&'a str>,
    candidates: &'a [Candidate<'a, 'a>],
    winner: Option<&'a Winner<'a>>,
    later: &'a [RouteRef<'a>],
    later_count: usize,
    decision: Versioned<DecisionLine<'a>>,
    sent: Option<&'a Sent<'a>>,
    reads: &'a Reads,
}

impl Present for Explained<'_> {
    /// Sections, a blank line between two.
    fn text(&self, sheet: &mut Sheet) {
        let story = self.story;
        sheet.section("request", request(story, self.time));
        sheet.section("path", path(&story.path, story.refused_text));
        sheet.section("behavior", behavior(&story.decision));
        if story.tries_routes() {
            sheet.section("routes", routes(story));
        }
        sheet.section("captured", captured(story));
        sheet.section("decision", decision(story));
        sheet.section("depends on", depends(&story.reads));
    }

    fn json(&self) -> impl Serialize {
        let story = self.story;
        ExplainedJson {
            request: &story.request,
            path: &story.path,
            epoch: story.epoch,
            refused_text: story.refused_text,
            candidates: &story.candidates,
            winner: story.winner.as_ref(),
            later: &story.later,
            later_count: story.later_count,
            decision: versioned(DecisionLine(&story.decision)),
            sent: story.sent.as_ref(),
            reads: &story.reads,
        }
    }
}

fn fact(grid: &mut Grid, name: &str, value: impl AsRef<str>) {
    grid.row([cell(KEY, name), cell(PLAIN, value)]);
}

fn request(story: &Explanation<'_, '_>, time: TimeSource) -> Grid {
    let given = &story.request;
    let mut grid = Grid::new();
    fact(&mut grid, "method", given.method);
    grid.row([cell(KEY, "host"), given.host.map_or_else(|| cell(FAINT, "unknown"), |host| cell(PLAIN, host))]);
    fact(&mut grid, "path", if given.path.is_empty() { "/" } else { given.path });
    if !given.query.is_empty() {
        fact(&mut grid, "query", given.query);
    }
    for (name, value) in given.headers {
        fact(&mut grid, "header", format!("{name}: {value}"));
    }
    for told in Told::ALL.into_iter().filter(|told| given.viewer.get(*told).is_some()) {
        fact(&mut grid, told.key(), given.viewer.values(told).collect::<Vec<_>>().join(", "));
    }
    if let Some(at) = &given.time {
        let note = if time == TimeSource::Clock { " (now: no `--at` was given)" } else { "" };
        fact(&mut grid, "time", format!("{at}{note}"));
    }
    grid
}

fn path(path: &Path, refused: Option<&str>) -> Grid {
    let mut grid = Grid::new();
    for change in &path.changes {
        grid.row([cell(FAINT, step_words(change.step)), cell(FAINT, &change.path)]);
    }
    grid.row([cell(KEY, "normal form"), cell(STRONG, &path.normal)]);
    if let Some(text) = refused {
        grid.row([
            cell(BAD, "refused"),
            cell(PLAIN, format!("a form of it holds `{text}`, which `[canonical] refuse` names")),
        ]);
    }
    grid
}

fn step_words(step: Step) -> &'static str {
    match step {
        Step::Escapes => "escapes in one form",
        Step::PathParameters => "path parameters stripped",
        Step::MergeSlashes => "slashes merged",
        Step::DotSegments => "dot segments removed",
        Step::Case => "lower case",
        Step::TrailingSlash => "trailing slash stripped",
        Step::Root => "no path is `/`",
    }
}

/// Of a table with several.
fn behavior(decision: &Decision<'_, '_>) -> Grid {
    let mut grid = Grid::new();
    let Some(placed) = &decision.placed else { return grid };
    let mut row = |behavior: &BehaviorRef<'_>, note: Option<&str>| {
        let pattern = behavior.pattern.map_or("default".to_owned(), ToString::to_string);
        let configured = format!("configured: {}", behavior.configured.id);
        let cells = [cell(STRONG, pattern), cell(PLAIN, configured)];
        grid.row(cells.into_iter().chain(note.map(|note| cell(FAINT, note))));
    };
    row(&placed.behavior, placed.is_not_routed().then_some("the router does not run on it"));
    if let Some(other) = &placed.other {
        row(other, Some("or this one, by the form of the path that CloudFront matches"));
    }
    grid
}

fn routes(story: &Explanation<'_, '_>) -> Grid {
    let mut grid = Grid::new();
    let hidden = story.candidates.len().saturating_sub(CANDIDATES);
    if hidden > 0 {
        grid.row([
            cell(FAINT, "…"),
            cell(FAINT, format!("{} before these did not match; `--format json` has all", count(hidden, "route"))),
        ]);
    }
    for candidate in story.candidates.iter().skip(hidden) {
        grid.row(candidate_row(candidate, story));
    }
    if story.winner.is_none() {
        let text = if story.candidates.is_empty() { "no route has this path" } else { "none of them takes it" };
        grid.row([cell(FAINT, "·"), cell(FAINT, "default"), cell(FAINT, text)]);
    }
    for later in &story.later {
        grid.row(route_row(cell(FAINT, "·"), FAINT, later, cell(FAINT, "would take it too, but comes later")));
    }
    let unnamed = story.later_count.saturating_sub(story.later.len());
    if unnamed > 0 {
        grid.row([cell(FAINT, "…"), cell(FAINT, format!("and {} behind these", count(unnamed, "route")))]);
    }
    grid
}

fn candidate_row(candidate: &Candidate<'_, '_>, story: &Explanation<'_, '_>) -> Vec<Cell> {
    match &candidate.failed {
        Some(miss) => {
            let why = cell(PLAIN, miss.to_string());
            route_row(cell(BAD, "✗"), PLAIN, &candidate.route, why)
        }
        None if story.decision.refused.is_some() => {
            route_row(cell(WARN, "!"), STRONG, &candidate.route, cell(PLAIN, "takes it, but is refused"))
        }
        None => route_row(cell(GOOD, "✓"), STRONG, &candidate.route, cell(GOOD, "takes it")),
    }
}

fn route_row(mark: Cell, style: anstyle::Style, found: &RouteRef<'_>, why: Cell) -> Vec<Cell> {
    let route = found.route;
    let pattern = match &route.path {
        PathPattern::Any => "every path".to_owned(),
        PathPattern::Map(map) => format!("redirect_map of {}", count(map.rows.len(), "row")),
        pattern => format!("{} {pattern}", pattern.key()),
    };
    let place = format!("{}:{}", found.file, route.place.line);
    vec![mark, cell(style, &route.id), cell(FAINT, place), cell(style, pattern), why]
}

fn captured(story: &Explanation<'_, '_>) -> Grid {
    let mut grid = Grid::new();
    let Some(winner) = &story.winner else { return grid };
    for (name, text) in &winner.captured {
        let value = if text.is_empty() { cell(FAINT, "(empty)") } else { cell(PLAIN, text) };
        grid.row([cell(KEY, format!("{{{name}}}")), value]);
    }
    if let Some(row) = &winner.row {
        let to = if row.to.is_empty() { "gone" } else { row.to };
        fact(&mut grid, "row", format!("line {} of the map: {} → {to}", row.line, row.from));
    }
    grid
}

fn decision(story: &Explanation<'_, '_>) -> Grid {
    let mut grid = Grid::new();
    let decision = &story.decision;
    grid.row([cell(KEY, "by"), by(story)]);
    if let Some(refused) = &decision.refused {
        let text = format!("what `{}` makes of this request is refused: {}", refused.route.id, refused.why);
        grid.row([cell(WARN, "refused"), cell(PLAIN, text)]);
    }
    match &decision.outcome {
        Outcome::Origin(forward) => sent_on(&mut grid, forward, story),
        Outcome::Redirect(redirect) => redirected(&mut grid, redirect),
        Outcome::Respond(respond) => answered(&mut grid, respond),
    }
    grid
}

fn by(story: &Explanation<'_, '_>) -> Cell {
    let decision = &story.decision;
    match (decision.route_id(), &decision.outcome) {
        (Some(id), _) => cell(STRONG, id),
        (None, Outcome::Redirect(_)) => cell(STRONG, "the behaviors: the clean form of the path has one"),
        (None, Outcome::Origin(_)) if decision.placed.is_some_and(|placed| placed.is_not_routed()) => {
            cell(STRONG, "CloudFront alone: the router does not run on this behavior")
        }
        (None, Outcome::Respond(_)) if story.refused_text.is_none() => {
            cell(STRONG, "the behaviors: its query cannot stand in a redirect to the clean form of the path")
        }
        (None, Outcome::Respond(_)) => cell(STRONG, "[canonical] refuse"),
        (None, _) => cell(STRONG, "the default"),
    }
}

fn sent_on(grid: &mut Grid, forward: &Forward<'_, '_>, story: &Explanation<'_, '_>) {
    let Origin { id, side, domain, .. } = forward.origin;
    let origin = format!("{id} ({}, {domain})", side.name());
    grid.row([cell(KEY, "sent on to"), cell(GOOD, origin)]);
    if let Some(sent) = &story.sent {
        fact(grid, "host", &sent.host);
    }
    fact(grid, "uri", forward.uri.as_str());
    grid.row([
        cell(KEY, "query string"),
        if forward.query_string.is_empty() { cell(FAINT, "none") } else { cell(PLAIN, &forward.query_string) },
    ]);
    let Some(changes) = &forward.headers else { return };
    for name in changes.removed() {
        fact(grid, "removes", name);
    }
    for (name, value) in changes.set() {
        fact(grid, "sets", sent_header(name, value));
    }
    for (name, value) in changes.added() {
        fact(grid, "adds", sent_header(name, value));
    }
}

fn sent_header(name: &str, value: SentValue<'_>) -> String {
    match value {
        SentValue::Text(text) => format!("{name}: {text}"),
        SentValue::Secret(secret) => format!("{name}: the secret `{secret}`"),
    }
}

fn redirected(grid: &mut Grid, redirect: &Redirect<'_, '_>) {
    grid.row([cell(KEY, "redirected"), cell(GOOD, status_words(redirect.status))]);
    grid.row([cell(KEY, "location"), cell(STRONG, redirect.location.to_string())]);
    answer_headers(grid, &redirect.cache_control, &redirect.headers);
}

fn answered(grid: &mut Grid, respond: &Respond<'_>) {
    let style = if respond.status < 400 { GOOD } else { WARN };
    grid.row([cell(KEY, "answered"), cell(style, status_words(respond.status))]);
    if let Some(content_type) = respond.content_type {
        fact(grid, "content-type", content_type);
    }
    answer_headers(grid, &respond.cache_control, &respond.headers);
    if !respond.body.is_empty() {
        let first = respond.body.lines().next().unwrap_or_default();
        let more = if first.len() < respond.body.trim_end().len() { " …" } else { "" };
        let first: String = first.chars().take(200).collect();
        fact(grid, "body", format!("{first}{more} ({})", count(respond.body.len(), "byte")));
    }
}

fn answer_headers(grid: &mut Grid, cache_control: &str, further: &[(String, String)]) {
    fact(grid, "cache-control", cache_control);
    for (name, value) in further {
        fact(grid, name, value);
    }
}

fn status_words(status: u16) -> String {
    let reason = http::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    reason.map_or_else(|| status.to_string(), |reason| format!("{status} {reason}"))
}

fn depends(reads: &Reads) -> Grid {
    let mut grid = Grid::new();
    let mut facts = vec!["path".to_owned()];
    let plain = [Fact::Host, Fact::Method].into_iter().chain(Told::ALL.map(Fact::Told)).chain([Fact::Time]);
    facts.extend(plain.filter(|fact| reads.has(fact)).map(|fact| fact.key().to_owned()));
    let named = |of: fn(String) -> Fact, kind: &str| -> Vec<String> {
        reads.names(of).map(|name| format!("{kind} `{name}`")).collect()
    };
    if reads.has(&Fact::WholeQuery) {
        facts.push("whole query".to_owned());
    } else {
        facts.extend(named(Fact::Query, "query"));
    }
    facts.extend(named(Fact::Header, "header"));
    facts.extend(named(Fact::Cookie, "cookie"));
    grid.row([cell(PLAIN, facts.join(", "))]);
    grid
}
