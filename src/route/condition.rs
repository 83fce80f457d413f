//! What a request must be, beside its path, for a route to take it.

use serde::{Deserialize, Serialize};

use super::lazy_regex::LazyRegex;
use super::query;
use super::request::Request;
use super::time::Window;
use crate::text::host::bare_host;

/// One host that a route answers for. Lower case, without port and trailing dot.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum HostPattern {
    /// That very name.
    Name(String),
    /// `*.` and this name: exactly one more label.
    AnyLabel(String),
}

impl HostPattern {
    /// Whether a host (bare, any case) is meant.
    #[must_use]
    pub fn matches(&self, host: &str) -> bool {
        match self {
            HostPattern::Name(name) => host.eq_ignore_ascii_case(name),
            HostPattern::AnyLabel(name) => {
                host.split_once('.').is_some_and(|(label, rest)| !label.is_empty() && rest.eq_ignore_ascii_case(name))
            }
        }
    }
}

impl std::fmt::Display for HostPattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            HostPattern::Name(name) => f.write_str(name),
            HostPattern::AnyLabel(name) => write!(f, "*.{name}"),
        }
    }
}

/// What the values of one name must be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ValueTest {
    /// One value is this text.
    Equal(String),
    /// The name is there.
    Present,
    /// The name is not there.
    Absent,
    /// One value is one of these texts.
    AnyOf(Vec<String>),
    /// The regex is found in one value.
    Regex(LazyRegex),
}

impl ValueTest {
    /// Whether the values of a name pass: any one of them is enough.
    pub fn holds<'a>(&self, mut values: impl Iterator<Item = &'a str>) -> bool {
        match self {
            ValueTest::Equal(text) => values.any(|value| value == text),
            ValueTest::Present => values.next().is_some(),
            ValueTest::Absent => values.next().is_none(),
            ValueTest::AnyOf(texts) => values.any(|value| texts.iter().any(|text| text == value)),
            ValueTest::Regex(regex) => values.any(|value| regex.is_match(value)),
        }
    }
}

/// A name and what its values must be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedTest {
    /// Of a header in lower case; of a cookie or query parameter as written.
    pub name: String,
    /// What its values must be.
    pub test: ValueTest,
}

/// Every condition of a route but its path. An empty list is no condition.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conditions {
    /// Any of these hosts.
    pub hosts: Vec<HostPattern>,
    /// Any of these methods.
    pub methods: Vec<String>,
    /// All of these.
    pub query: Vec<NamedTest>,
    /// All of these.
    pub headers: Vec<NamedTest>,
    /// All of these.
    pub cookies: Vec<NamedTest>,
    /// Any of these countries.
    pub countries: Vec<String>,
    /// This cohort.
    pub cohort: Option<String>,
    /// Inside this window.
    pub window: Window,
}

/// Which condition of a route did not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failed<'t> {
    /// The host is unknown or none of the route's.
    Host,
    /// The path does not match. Told by `explain` only: [`Conditions::first_failed`] does not look at paths.
    Path,
    /// The method is none of the route's.
    Method,
    /// This query parameter.
    Query(&'t NamedTest),
    /// This header.
    Header(&'t NamedTest),
    /// This cookie.
    Cookie(&'t NamedTest),
    /// The country is unknown or none of the route's.
    Country,
    /// The cohort is unknown or not the route's.
    Cohort,
    /// The time is unknown or outside the route's window.
    Time,
}

/// A request made ready for conditions: what many routes would otherwise work out again.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The request as it came.
    pub request: &'a Request<'a>,
    /// Its path in normal form.
    pub path: &'a str,
    /// Its host without port and trailing dot, in any case.
    pub host: Option<&'a str>,
    /// The epoch it is decided in.
    pub epoch: Option<u32>,
}

impl<'a> Facts<'a> {
    /// Facts of a request whose path and epoch are known.
    #[must_use]
    pub fn new(request: &'a Request<'a>, path: &'a str, epoch: Option<u32>) -> Facts<'a> {
        Facts { request, path, host: request.host.map(bare_host), epoch }
    }
}

impl Conditions {
    /// Whether all hold.
    #[must_use]
    pub fn hold(&self, facts: &Facts<'_>) -> bool {
        self.first_failed(facts).is_none()
    }

    /// The first that does not hold, in the order host, method, query, header, cookie, country, cohort, time.
    #[must_use]
    pub fn first_failed(&self, facts: &Facts<'_>) -> Option<Failed<'_>> {
        let request = facts.request;
        if !self.hosts.is_empty() && !facts.host.is_some_and(|host| self.hosts.iter().any(|name| name.matches(host))) {
            return Some(Failed::Host);
        }
        if !self.methods.is_empty() && !self.methods.iter().any(|method| method == request.method) {
            return Some(Failed::Method);
        }
        for named in &self.query {
            if !named.test.holds(query::values(request.query, &named.name)) {
                return Some(Failed::Query(named));
            }
        }
        for named in &self.headers {
            if !named.test.holds(request.header_values(&named.name)) {
                return Some(Failed::Header(named));
            }
        }
        for named in &self.cookies {
            if !named.test.holds(request.cookie_values(&named.name)) {
                return Some(Failed::Cookie(named));
            }
        }
        if !self.countries.is_empty()
            && !request.country.is_some_and(|country| self.countries.iter().any(|code| code == country))
        {
            return Some(Failed::Country);
        }
        if self.cohort.is_some() && self.cohort.as_deref() != request.cohort {
            return Some(Failed::Cohort);
        }
        (!self.window.holds(facts.epoch)).then_some(Failed::Time)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_exactly_one_label() {
        let star = HostPattern::AnyLabel("example.com".into());
        let rows =
            [("a.Example.com", true), ("example.com", false), ("a.b.example.com", false), (".example.com", false)];
        for (host, expected) in rows {
            assert_eq!(star.matches(host), expected, "{host}");
        }
    }

    #[test]
    fn any_value_is_enough_and_absent_means_none() {
        let values = || ["1", "", "x2"].into_iter();
        let rows = [
            (ValueTest::Equal("x2".into()), true, false),
            (ValueTest::Equal("2".into()), false, false),
            (ValueTest::Present, true, false),
            (ValueTest::Absent, false, true),
            (ValueTest::AnyOf(vec!["9".into(), String::new()]), true, false),
            (ValueTest::Regex(LazyRegex::new("^x")), true, false),
        ];
        for (test, with, without) in rows {
            assert_eq!(test.holds(values()), with, "{test:?}");
            assert_eq!(test.holds(std::iter::empty()), without, "{test:?} without");
        }
    }
}
