//! Puts `examples` and `not_examples` to the table, and finds the cases that need a time and give none.

use std::collections::HashMap;

use crate::check::places::path_span;
use crate::check::witness;
use crate::config::RouteSpans;
use crate::config::cases::{Case, Expect};
use crate::diagnostic::codes::{self, Code};
use crate::diagnostic::{Findings, Report};
use crate::route::condition::Asked;
use crate::route::{BehaviorId, Decision, Definition, Fact, Failed, Outcome, Request, Route, RouteId, Table, decide};

/// Whether a finding is an example that its table does not keep: the only errors with which `crossfade test` still runs.
#[must_use]
pub fn is_failed_example(code: &str) -> bool {
    [codes::EXAMPLE_NOT_TAKEN.code, codes::NOT_EXAMPLE_TAKEN.code].contains(&code)
}

/// Gives each example the facts that its route asks for and that it does not give itself.
pub(crate) fn fill(table: &Table, cases: &mut [Case]) {
    for case in cases {
        if let Some(route) = case.expect.route().and_then(|at| table.routes().get(at)) {
            case.request = witness::fill(route, std::mem::take(&mut case.request));
        }
    }
}

/// Reports the examples that the table does not keep, and the cases whose answer needs a time.
///
/// O(cases), each at the cost of a decision or two: nothing here walks all routes for a case.
pub(crate) fn check(table: &Table, spans: &[RouteSpans], cases: &[Case], findings: &mut Findings) {
    let timeless = Timeless::of(table, cases);
    for case in cases {
        let judge = Judge { table, spans, case };
        match timeless.as_ref().and_then(|timeless| timeless.may_take(case)) {
            Some(live) => judge.needs_time(live, findings),
            None => judge.decision(&decide(table, &case.request.request()), findings),
        }
    }
}

/// Judges one case.
struct Judge<'j> {
    table: &'j Table,
    spans: &'j [RouteSpans],
    case: &'j Case,
}

impl Judge<'_> {
    fn decision(&self, decision: &Decision<'_, '_>, findings: &mut Findings) {
        let takes = |at: usize| decision.route.is_some_and(|route| route.id == self.table.routes()[at].id);
        let taker = decision.taker_id.map(RouteId::position);
        let report = match self.case.expect {
            Expect::Taken(at) if !takes(at) => self.not_taken(at, decision, findings),
            Expect::NotTaken(at) if taker == Some(at) => self.taken(at, findings),
            _ => return,
        };
        if let Some(at) = taker {
            let id = &self.table.routes()[at].id;
            report.also(path_span(self.table, self.spans, at), format!("`{id}` takes it"));
        }
    }

    fn not_taken<'f>(&self, at: usize, decision: &Decision<'_, '_>, findings: &'f mut Findings) -> Report<'f> {
        let (definition, route, request) =
            (self.table.definition(), &self.table.routes()[at], self.case.request.request());
        let message = format!("example `{}` of `{}` is {}", self.case.name, route.id, taken_by(decision));
        let why = match why_not_taken(definition, route, &request) {
            Some(why) => why,
            None if decision.refused.is_some_and(|refused| refused.route.id == route.id) => {
                "what the route makes of it is refused".to_owned()
            }
            None => format!("`{}` would take it, but comes later", route.id),
        };
        let help = match decision.route {
            Some(other) if witness::takes(&definition.canonical, route, &request) => {
                format!("move `{}` above `{}`, or narrow `{}`", route.id, other.id, other.id)
            }
            _ => "change the route or the example, whichever is wrong".to_owned(),
        };
        let report = self.report(&codes::EXAMPLE_NOT_TAKEN, message, findings).label(why).help(help);
        match failing_condition(definition, route, &request) {
            Some(condition) => report.also(self.spans[at].condition(condition), "this does not hold"),
            None => report,
        }
    }

    fn taken<'f>(&self, at: usize, findings: &'f mut Findings) -> Report<'f> {
        let id = &self.table.routes()[at].id;
        let message = format!("`{id}` takes `{}`, one of its `not_examples`", self.case.name);
        let help = format!("narrow `{id}`, or take the request out of `not_examples`");
        self.report(&codes::NOT_EXAMPLE_TAKEN, message, findings).label("must not be taken").help(help)
    }

    fn needs_time(&self, live: usize, findings: &mut Findings) {
        let (route, spans) = (&self.table.routes()[live], &self.spans[live]);
        let kind = if self.case.expect.route().is_some() { "example" } else { "test" };
        let message = format!("{kind} `{}` needs a `time`: its answer changes over time", self.case.name);
        let window = route.window();
        let at = window.from.or(window.until).map_or_else(String::new, |time| time.to_string());
        let help = format!("give it a time: `{{ url = \"{}\", time = \"{at}\" }}`", self.case.request.url);
        let bound = spans.value(if window.from.is_some() { "from" } else { "until" });
        let report = self.report(&codes::NEEDS_TIME, message, findings).label("at what time?").help(help);
        report.also(bound, format!("`{}` takes it for a while only", route.id));
    }

    /// A finding at the case; its request as it was tried, where that is not what is written.
    fn report<'f>(&self, code: &'static Code, message: String, findings: &'f mut Findings) -> Report<'f> {
        let report = findings.report(code, self.case.span.clone(), message);
        match self.case.request.to_string() {
            request if request != self.case.name => report.witness(request),
            _ => report,
        }
    }
}

/// Who takes the request, to end a sentence with.
fn taken_by(decision: &Decision<'_, '_>) -> String {
    match (decision.route, decision.refused, &decision.outcome) {
        (Some(route), ..) => format!("taken by `{}`", route.id),
        (None, None, Outcome::Redirect(_)) => "redirected to the clean form of its path".to_owned(),
        (None, None, Outcome::Origin(_)) if decision.placed.is_some_and(|placed| placed.is_not_routed()) => {
            "in a behavior that the router does not run on".to_owned()
        }
        (None, Some(refused), _) => format!("refused: `{}` takes it, and {}", refused.route.id, refused.why),
        (None, None, Outcome::Origin(_)) => "taken by no route".to_owned(),
        (None, None, _) => "refused by `[canonical] refuse`".to_owned(),
    }
}

/// What of a route does not hold for a request, in words; `None` where all holds.
#[must_use]
pub fn why_not_taken(definition: &Definition, route: &Route, request: &Request<'_>) -> Option<String> {
    if let Some(why) = behavior_in_the_way(definition, request.path) {
        return Some(why);
    }
    let path = definition.canonical.normalize(request.path);
    let path = path.as_str();
    if definition.canonical.refuses(request.path) {
        return Some("a path that `refuse` names is looked at by no route".to_owned());
    }
    if !route.path.matches(path) {
        return Some(format!("its path, in normal form `{path}`, does not match"));
    }
    let asked = Asked::new(request, &definition.canonical, path, request.time);
    if !route.takes_path(&asked) {
        return Some(format!("its path is in normal form already: `{path}`"));
    }
    let failed = match route.failed(&asked)? {
        Failed::Condition(failed) => failed,
        Failed::Row(_) => return Some(format!("no row of its map for `{path}` has the parameters of this query")),
    };
    let key = match (&failed.fact, failed.fact.name()) {
        (Fact::Time, _) => "from` or `until".to_owned(),
        (fact, Some(name)) => format!("{}.{name}", fact.key()),
        (fact, None) => fact.key().to_owned(),
    };
    Some(format!("`{key}` does not hold"))
}

/// Why no route is tried for a path, in words, where its behavior is the reason.
fn behavior_in_the_way(definition: &Definition, path: &str) -> Option<String> {
    let behaviors = &definition.behaviors;
    let placement = behaviors.place(path, definition.canonical.path_parameters);
    let name = |id: BehaviorId| match behaviors.by_pattern.get(id.position()) {
        Some((pattern, _)) => format!("`{pattern}`"),
        None => "the default one".to_owned(),
    };
    let clean = name(placement.clean);
    if let Some(other) = placement.other() {
        return Some(format!("CloudFront may place its path in the behavior {clean} or in {}", name(other)));
    }
    let is_routed = behaviors.all().nth(placement.clean.position()).is_none_or(|behavior| behavior.is_routed);
    (!is_routed).then(|| format!("the router does not run on its behavior, {clean}"))
}

/// The first condition that fails, by its position, where the path is one that the route takes.
fn failing_condition(definition: &Definition, route: &Route, request: &Request<'_>) -> Option<usize> {
    let path = definition.canonical.normalize(request.path);
    let asked = Asked::new(request, &definition.canonical, path.as_str(), request.time);
    if definition.canonical.refuses(request.path) || !route.takes_path(&asked) {
        return None;
    }
    match route.failed(&asked)? {
        Failed::Condition(failed) => route.conditions.iter().position(|condition| condition == failed),
        Failed::Row(_) => None,
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
        let windowed = Definition {
            canonical: definition.canonical.clone(),
            origins: definition.origins.clone(),
            behaviors: definition.behaviors.clone(),
            routes: opened.collect(),
            ..Definition::default()
        };
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
        let live = self.positions.get(decide(&self.windowed, &request).taker()?.id.as_str()).copied()?;
        let always = decide(self.table, &request).taker_id;
        always.is_none_or(|always| live < always.position()).then_some(live)
    }
}
