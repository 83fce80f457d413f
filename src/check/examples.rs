//! Puts `examples` and `not_examples` to the table, and finds the cases that need a time and give none.

use std::collections::HashMap;

use crate::check::lines::Lines;
use crate::check::witness;
use crate::config::read::context::Context;
use crate::diagnostic::codes;
use crate::diagnostic::codes::Code;
use crate::diagnostic::{Diagnostic, Label};
use crate::route::condition::Asked;
use crate::route::{Decision, Definition, Fact, Outcome, Request, Route, Table, decide};

use crate::config::cases::{Case, Expect};

/// Reports the examples that the table does not keep, and the cases whose answer needs a time.
///
/// O(cases), each at the cost of a decision or two: nothing here walks all routes for a case.
pub(crate) fn check(context: &mut Context<'_>, table: &Table, cases: &[Case]) {
    let timeless = Timeless::of(table, cases);
    let mut lines = Lines::default();
    for case in cases {
        if let Some(live) = timeless.as_ref().and_then(|timeless| timeless.may_take(case)) {
            context.extend([needs_time(case, &table.routes()[live], &mut lines, context)]);
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
            finding.labels.extend(lines.label(context, other.place, "this takes it"));
        }
        context.extend([finding]);
    }
}

fn not_taken(table: &Table, case: &Case, route: &Route, decision: &Decision<'_, '_>) -> Option<Diagnostic> {
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
    Some(finding(&codes::EXAMPLE_NOT_TAKEN, case, message, why, help))
}

fn taken(case: &Case, route: &Route, decision: &Decision<'_, '_>) -> Option<Diagnostic> {
    let taker = decision.taker();
    if taker.is_none_or(|taker| taker.id != route.id) {
        return None;
    }
    let message = format!("`{}` takes `{}`, one of its `not_examples`", route.id, case.name);
    let help = format!("narrow `{}`, or take the request out of `not_examples`", route.id);
    Some(finding(&codes::NOT_EXAMPLE_TAKEN, case, message, "must not be taken".to_owned(), help))
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

fn needs_time(case: &Case, live: &Route, lines: &mut Lines, context: &Context<'_>) -> Diagnostic {
    let message = format!("the answer to `{}` depends on the time, and it gives none", case.name);
    let window = live.window();
    let at = window.from.or(window.until).map_or_else(String::new, |time| time.to_string());
    let help = format!("give it a time: `{{ url = \"{}\", time = \"{at}\" }}`", case.request.url);
    let mut finding = finding(&codes::NEEDS_TIME, case, message, "at what time?".to_owned(), help);
    finding.labels.extend(lines.label(context, live.place, "this takes it for a while only"));
    finding
}

fn finding(code: &'static Code, case: &Case, message: String, label: String, help: String) -> Diagnostic {
    Diagnostic {
        code: code.code,
        severity: code.severity,
        message,
        labels: vec![Label { file: case.place.file, span: case.place.span.clone(), text: label }],
        witness: Some(case.request.to_string()).filter(|request| *request != case.name),
        help: vec![help],
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
