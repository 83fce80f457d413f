//! Puts `examples` and `not_examples` to the table, and finds the cases that need a time and give none.

use std::collections::HashMap;

use crate::check::{place, witness};
use crate::config::RouteSpans;
use crate::diagnostic::codes::{self, Code};
use crate::diagnostic::{Findings, Label, Span};
use crate::route::condition::Asked;
use crate::route::{Decision, Definition, Fact, Outcome, Request, Route, Table, decide};

use crate::config::cases::{Case, Expect};

/// Whether a finding is an example that its table does not keep: the only errors with which `crossfade test` still runs.
#[must_use]
pub fn is_failed_example(code: &str) -> bool {
    [codes::EXAMPLE_NOT_TAKEN.code, codes::NOT_EXAMPLE_TAKEN.code].contains(&code)
}

/// Gives each example the facts that its route asks for and that it does not give itself.
pub(crate) fn fill(table: &Table, cases: &mut [Case]) {
    for case in cases {
        if let Some(route) = case.expect.route().and_then(|route| table.routes().get(route)) {
            case.request = witness::fill(route, std::mem::take(&mut case.request));
        }
    }
}

/// Reports the examples that the table does not keep, and the cases whose answer needs a time.
///
/// O(cases), each at the cost of a decision or two: nothing here walks all routes for a case.
pub(crate) fn check(findings: &mut Findings, spans: &[RouteSpans], table: &Table, cases: &[Case]) {
    let timeless = Timeless::of(table, cases);
    for case in cases {
        if let Some(live) = timeless.as_ref().and_then(|timeless| timeless.may_take(case)) {
            let live = &table.routes()[live];
            report(findings, case, needs_time(case, live, place(table, spans, live)));
            continue;
        }
        let request = case.request.request();
        let decision = decide(table, &request);
        let finding = match case.expect {
            Expect::Taken(route) => not_taken(table, case, &table.routes()[route], &decision),
            Expect::NotTaken(route) => taken(case, &table.routes()[route], &decision),
            Expect::Line(_) => None,
        };
        let Some(mut finding) = finding else { continue };
        if let Some(other) = decision.taker() {
            finding.also = Some(Label { span: place(table, spans, other), text: "this takes it".to_owned() });
        }
        report(findings, case, finding);
    }
}

fn not_taken(table: &Table, case: &Case, route: &Route, decision: &Decision<'_, '_>) -> Option<Found> {
    if decision.route.is_some_and(|taker| taker.id == route.id) {
        return None;
    }
    let message = format!("example `{}` of `{}` is {}", case.name, route.id, taken_by(decision));
    let request = case.request.request();
    let why = match why_not_taken(table.definition(), route, &request) {
        Some(why) => why,
        None if decision.refused.is_some_and(|refused| refused.route.id == route.id) => {
            "what the route makes of it is refused".to_owned()
        }
        None => format!("`{}` would take it, but comes later", route.id),
    };
    let help = match decision.route {
        Some(other) if witness::takes(&table.definition().canonical, route, &request) => {
            format!("move `{}` above `{}`, or narrow `{}`", route.id, other.id, other.id)
        }
        _ => "change the route or the example, whichever is wrong".to_owned(),
    };
    Some(finding(&codes::EXAMPLE_NOT_TAKEN, message, why, help))
}

fn taken(case: &Case, route: &Route, decision: &Decision<'_, '_>) -> Option<Found> {
    let taker = decision.taker();
    if taker.is_none_or(|taker| taker.id != route.id) {
        return None;
    }
    let message = format!("`{}` takes `{}`, one of its `not_examples`", route.id, case.name);
    let help = format!("narrow `{}`, or take the request out of `not_examples`", route.id);
    Some(finding(&codes::NOT_EXAMPLE_TAKEN, message, "must not be taken".to_owned(), help))
}

/// Who takes the request, to end a sentence with.
fn taken_by(decision: &Decision<'_, '_>) -> String {
    match (decision.route, decision.refused, &decision.outcome) {
        (Some(route), ..) => format!("taken by `{}`", route.id),
        (None, Some(refused), _) => format!("refused: `{}` takes it, and {}", refused.route.id, refused.why),
        (None, None, Outcome::Origin(_)) => "taken by no route".to_owned(),
        (None, None, _) => "refused by `[canonical] refuse`".to_owned(),
    }
}

/// What of a route does not hold for a request, in words; `None` where all holds.
#[must_use]
pub fn why_not_taken(definition: &Definition, route: &Route, request: &Request<'_>) -> Option<String> {
    let path = definition.canonical.normalize(request.path);
    let path = path.as_str();
    if definition.canonical.refuses(request.path) {
        return Some("a path that `refuse` names is looked at by no route".to_owned());
    }
    if !route.path.matches(path) {
        return Some(format!("its path, in normal form `{path}`, does not match"));
    }
    let asked = Asked::new(request, path, request.time);
    let failed = route.conditions.iter().find(|condition| !condition.holds(&asked))?;
    let key = match (&failed.fact, failed.fact.name()) {
        (Fact::Time, _) => "from` or `until".to_owned(),
        (fact, Some(name)) => format!("{}.{name}", fact.key()),
        (fact, None) => fact.key().to_owned(),
    };
    Some(format!("`{key}` does not hold"))
}

fn needs_time(case: &Case, live: &Route, place: Span) -> Found {
    let message = format!("the answer to `{}` depends on the time, and it gives none", case.name);
    let window = live.window();
    let at = window.from.or(window.until).map_or_else(String::new, |time| time.to_string());
    let help = format!("give it a time: `{{ url = \"{}\", time = \"{at}\" }}`", case.request.url);
    let mut finding = finding(&codes::NEEDS_TIME, message, "at what time?".to_owned(), help);
    finding.also = Some(Label { span: place, text: "this takes it for a while only".to_owned() });
    finding
}

struct Found {
    code: &'static Code,
    message: String,
    label: String,
    also: Option<Label>,
    help: String,
}

fn finding(code: &'static Code, message: String, label: String, help: String) -> Found {
    Found { code, message, label, also: None, help }
}

fn report(findings: &mut Findings, case: &Case, found: Found) {
    let mut report = findings.report(found.code, case.span.clone(), found.message).label(found.label).help(found.help);
    if let Some(label) = found.also {
        report = report.also(label.span, label.text);
    }
    let request = case.request.to_string();
    if request != case.name {
        report.witness(request);
    }
}

/// The routes that are live only for a while, with their windows open: what a request could meet at some time.
struct Timeless<'t> {
    table: &'t Table,
    positions: HashMap<&'t str, usize>,
    windowed: Table,
}

impl<'t> Timeless<'t> {
    /// `None` where no case can need a time.
    fn of(table: &'t Table, cases: &[Case]) -> Option<Timeless<'t>> {
        let definition = table.definition();
        if table.instants().is_empty() || cases.iter().all(|case| case.request.time.is_some()) {
            return None;
        }
        let ids = definition.routes.iter().enumerate().map(|(at, route)| (route.id.as_str(), at));
        let windowed = definition.routes.iter().filter(|route| !route.window().is_always());
        let opened = windowed.cloned().map(|mut route| {
            route.conditions.retain(|condition| condition.fact != Fact::Time);
            route
        });
        let windowed = Definition { routes: opened.collect(), ..definition.clone() };
        let windowed = Table::compile(windowed).expect("some of a table's routes make a table");
        Some(Timeless { table, positions: ids.collect(), windowed })
    }

    /// A route that takes the case's request for a while, before the route that takes it always. Exact: the answer
    /// depends on the time if and only if there is one. An expectation that a route never takes it needs no time.
    fn may_take(&self, case: &Case) -> Option<usize> {
        if case.request.time.is_some() || matches!(case.expect, Expect::NotTaken(_)) {
            return None;
        }
        let request = case.request.request();
        let canonical = &self.table.definition().canonical;
        if canonical.refuses(request.path) {
            return None;
        }
        let path = canonical.normalize(request.path);
        let asked = Asked::new(&request, path.as_str(), None);
        let position = |table: &Table| {
            let found = table.index().first_match(table.definition(), &asked)?;
            self.positions.get(found.route.id.as_str()).copied()
        };
        let live = position(&self.windowed)?;
        position(self.table).is_none_or(|always| live < always).then_some(live)
    }
}
