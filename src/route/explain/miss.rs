//! The first condition of a route that failed: what was wanted, what was found.

use std::borrow::Cow;
use std::fmt;

use serde::Serialize;

use crate::route::condition::{Failed, NamedTest, ValueTest};
use crate::route::query;
use crate::route::request::Request;
use crate::route::table::Route;

/// A condition that failed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NearMiss<'t, 'r> {
    /// Which kind of condition.
    pub condition: Condition,
    /// The name of the query parameter, header or cookie.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<&'t str>,
    /// What it asks for.
    pub wanted: Wanted<'t>,
    /// What the request has; empty where it has nothing.
    pub found: Vec<Cow<'r, str>>,
}

/// The kinds of conditions, by their keys in a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// `host`
    Host,
    /// `path`, `prefix`, `glob`, `regex`, `redirect_map`
    Path,
    /// `method`
    Method,
    /// `query`
    Query,
    /// `header`
    Header,
    /// `cookie`
    Cookie,
    /// `country`
    Country,
    /// `cohort`
    Cohort,
    /// `from`, `until`
    Time,
}

/// What a condition asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Wanted<'t> {
    /// This text.
    Equal(Cow<'t, str>),
    /// One of these texts.
    AnyOf(Vec<Cow<'t, str>>),
    /// Something.
    Present,
    /// Nothing.
    Absent,
    /// What this regex is found in.
    Regex(&'t str),
    /// A moment between two.
    Window {
        /// Not before.
        #[serde(skip_serializing_if = "Option::is_none")]
        from: Option<String>,
        /// Before.
        #[serde(skip_serializing_if = "Option::is_none")]
        until: Option<String>,
    },
}

impl<'t, 'r> NearMiss<'t, 'r> {
    pub(super) fn path(route: &'t Route, path: &str) -> NearMiss<'t, 'r> {
        NearMiss {
            condition: Condition::Path,
            name: None,
            wanted: Wanted::Equal(route.path.to_string().into()),
            found: vec![path.to_owned().into()],
        }
    }

    pub(super) fn new(
        route: &'t Route,
        failed: Failed<'t>,
        request: &'r Request<'r>,
        epoch: Option<u32>,
    ) -> NearMiss<'t, 'r> {
        let conditions = &route.conditions;
        let borrowed = |found: Option<&'r str>| found.map(Cow::Borrowed).into_iter().collect();
        let (condition, wanted, found) = match failed {
            Failed::Host => (Condition::Host, any_of(&conditions.hosts), borrowed(request.host)),
            Failed::Path => return NearMiss::path(route, request.path),
            Failed::Method => (Condition::Method, any_of(&conditions.methods), borrowed(Some(request.method))),
            Failed::Query(test) => {
                return NearMiss::named(Condition::Query, test, query::values(request.query, &test.name));
            }
            Failed::Header(test) => {
                return NearMiss::named(Condition::Header, test, request.header_values(&test.name));
            }
            Failed::Cookie(test) => return NearMiss::named(Condition::Cookie, test, request.cookie_values(&test.name)),
            Failed::Country => (Condition::Country, any_of(&conditions.countries), borrowed(request.country)),
            Failed::Cohort => (Condition::Cohort, any_of(conditions.cohort.as_slice()), borrowed(request.cohort)),
            Failed::Time => (Condition::Time, window(route), moment(request, epoch)),
        };
        NearMiss { condition, name: None, wanted, found }
    }

    fn named(condition: Condition, test: &'t NamedTest, values: impl Iterator<Item = &'r str>) -> NearMiss<'t, 'r> {
        let wanted = match &test.test {
            ValueTest::Equal(text) => Wanted::Equal(text.as_str().into()),
            ValueTest::AnyOf(texts) => any_of(texts),
            ValueTest::Present => Wanted::Present,
            ValueTest::Absent => Wanted::Absent,
            ValueTest::Regex(regex) => Wanted::Regex(regex.text()),
        };
        NearMiss { condition, name: Some(&test.name), wanted, found: values.map(Cow::Borrowed).collect() }
    }
}

fn any_of<'t, T: ToString>(texts: &[T]) -> Wanted<'t> {
    match texts {
        [one] => Wanted::Equal(one.to_string().into()),
        more => Wanted::AnyOf(more.iter().map(|text| text.to_string().into()).collect()),
    }
}

fn window<'t>(route: &Route) -> Wanted<'t> {
    Wanted::Window { from: route.from.map(|from| from.to_string()), until: route.until.map(|until| until.to_string()) }
}

/// The time that was looked at, or the epoch where that was given.
fn moment<'r>(request: &Request<'_>, epoch: Option<u32>) -> Vec<Cow<'r, str>> {
    let from_event = epoch.filter(|epoch| request.epoch == Some(*epoch)).map(|epoch| format!("epoch {epoch}"));
    from_event.or_else(|| request.time.map(|time| time.to_string())).map(Cow::Owned).into_iter().collect()
}

impl Condition {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Condition::Host => "host",
            Condition::Path => "path",
            Condition::Method => "method",
            Condition::Query => "query",
            Condition::Header => "header",
            Condition::Cookie => "cookie",
            Condition::Country => "country",
            Condition::Cohort => "cohort",
            Condition::Time => "time",
        }
    }
}

impl fmt::Display for Wanted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Wanted::Equal(text) => write!(f, "`{text}`"),
            Wanted::AnyOf(texts) => {
                for (at, text) in texts.iter().enumerate() {
                    write!(f, "{}`{text}`", if at == 0 { "" } else { " or " })?;
                }
                Ok(())
            }
            Wanted::Present => f.write_str("any value"),
            Wanted::Absent => f.write_str("none"),
            Wanted::Regex(text) => write!(f, "a match of `{text}`"),
            Wanted::Window { from: Some(from), until: Some(until) } => write!(f, "from {from} until {until}"),
            Wanted::Window { from: Some(from), until: None } => write!(f, "from {from}"),
            Wanted::Window { from: None, until: Some(until) } => write!(f, "until {until}"),
            Wanted::Window { from: None, until: None } => f.write_str("any time"),
        }
    }
}

/// `cookie beta: wanted `1`, found nothing`
impl fmt::Display for NearMiss<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.condition.as_str())?;
        if let Some(name) = self.name {
            write!(f, " `{name}`")?;
        }
        write!(f, ": wanted {}, found ", self.wanted)?;
        if self.found.is_empty() {
            return f.write_str("nothing");
        }
        for (at, text) in self.found.iter().enumerate() {
            write!(f, "{}`{text}`", if at == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}
