//! Which facts an answer depended on.

use std::collections::BTreeSet;

use serde::{Serialize, Serializer};

use crate::route::condition::{Conditions, Failed};
use crate::route::decision::{Decision, Outcome};
use crate::route::query::QueryPolicy;
use crate::route::table::{Action, Definition, HostRule, OriginKind};

/// The facts that an answer was read from. Another value of any other fact gives the same decision.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Reads<'t> {
    /// Always: there is no decision without a path.
    pub path: Always,
    /// The viewer's host.
    pub host: bool,
    /// The method.
    pub method: bool,
    /// Which query parameters.
    pub query: QueryRead<'t>,
    /// Names of headers, in lower case.
    pub headers: BTreeSet<&'t str>,
    /// Names of cookies.
    pub cookies: BTreeSet<&'t str>,
    /// The viewer's country.
    pub country: bool,
    /// The viewer's cohort.
    pub cohort: bool,
    /// The time, or the epoch.
    pub time: bool,
}

/// A fact that is always read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Always;

impl Serialize for Always {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bool(true)
    }
}

/// Which part of a query was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QueryRead<'t> {
    /// The parameters of these names.
    Names(BTreeSet<&'t str>),
    /// All of it.
    All,
}

impl Default for QueryRead<'_> {
    fn default() -> Self {
        QueryRead::Names(BTreeSet::new())
    }
}

/// `"all"`, or a list of names.
impl Serialize for QueryRead<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            QueryRead::Names(names) => names.serialize(serializer),
            QueryRead::All => serializer.serialize_str("all"),
        }
    }
}

impl<'t> Reads<'t> {
    /// Notes the conditions that were evaluated: all up to the one that failed, in the order of
    /// [`Conditions::first_failed`].
    pub(super) fn conditions(&mut self, conditions: &'t Conditions, failed: Option<Failed<'t>>) {
        for (test, note) in in_order(conditions) {
            self.note(note);
            if failed == Some(test) {
                return;
            }
        }
    }

    /// Notes what the outgoing values are built from.
    pub(super) fn outcome(&mut self, definition: &Definition, decision: &Decision<'t, '_>) {
        if let Some(route) = decision.route.or(decision.refused.map(|refused| refused.route)) {
            match &route.action {
                Action::Origin(action) => self.policy(&action.query_string),
                Action::Redirect(action) => self.policy(&action.query_string),
                Action::RedirectMap(action) => self.policy(&action.query_string),
                Action::Respond(_) => {}
            }
        }
        match &decision.outcome {
            Outcome::Origin(forward) => {
                if decision.route.is_none() {
                    self.query = QueryRead::All;
                }
                if let OriginKind::Custom(custom) = &forward.origin.kind {
                    self.host |= custom.host == HostRule::Viewer;
                }
            }
            // Its `max-age` is cut to the next instant.
            Outcome::Redirect(_) | Outcome::Respond(_) => self.time |= !definition.instants.is_empty(),
        }
    }

    fn policy(&mut self, policy: &'t QueryPolicy) {
        match policy {
            QueryPolicy::Keep => self.query = QueryRead::All,
            QueryPolicy::Drop => {}
            QueryPolicy::Only(names) => names.iter().for_each(|name| self.note(Note::Query(name))),
        }
    }

    fn note(&mut self, note: Note<'t>) {
        match note {
            Note::Host => self.host = true,
            Note::Method => self.method = true,
            Note::Query(name) => {
                if let QueryRead::Names(names) = &mut self.query {
                    names.insert(name);
                }
            }
            Note::Header(name) => {
                self.headers.insert(name);
            }
            Note::Cookie(name) => {
                self.cookies.insert(name);
            }
            Note::Country => self.country = true,
            Note::Cohort => self.cohort = true,
            Note::Time => self.time = true,
        }
    }
}

/// One fact.
enum Note<'t> {
    Host,
    Method,
    Query(&'t str),
    Header(&'t str),
    Cookie(&'t str),
    Country,
    Cohort,
    Time,
}

/// The conditions of a route, each as it would be told if it failed, with the fact that it reads.
fn in_order(conditions: &Conditions) -> impl Iterator<Item = (Failed<'_>, Note<'_>)> {
    let one = |there: bool, failed, note| there.then_some((failed, note)).into_iter();
    one(!conditions.hosts.is_empty(), Failed::Host, Note::Host)
        .chain(one(!conditions.methods.is_empty(), Failed::Method, Note::Method))
        .chain(conditions.query.iter().map(|test| (Failed::Query(test), Note::Query(&test.name))))
        .chain(conditions.headers.iter().map(|test| (Failed::Header(test), Note::Header(&test.name))))
        .chain(conditions.cookies.iter().map(|test| (Failed::Cookie(test), Note::Cookie(&test.name))))
        .chain(one(!conditions.countries.is_empty(), Failed::Country, Note::Country))
        .chain(one(conditions.cohort.is_some(), Failed::Cohort, Note::Cohort))
        .chain(one(!conditions.window.is_always(), Failed::Time, Note::Time))
}
