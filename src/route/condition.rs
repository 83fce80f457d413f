//! What a request must be, beside its path, for a route to take it.

use serde::{Deserialize, Serialize};

use super::canonical::Canonical;
use super::fact::Fact;
use super::patterns::LazyRegex;
use super::query;
use super::request::Request;
use super::time::Window;
use crate::text::Timestamp;
use crate::text::host::bare_host;

/// One host that a route answers for. Lower case, without port and trailing dot.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum HostPattern {
    /// That very name.
    Name(String),
    /// Exactly one label more than a name.
    AnyLabel(AnyLabel),
}

/// `*.example.com`, or `{name}.example.com` where the label fills a hole.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AnyLabel {
    /// What follows the label.
    pub parent: String,
    /// The name of the hole.
    pub capture: Option<String>,
}

impl HostPattern {
    /// `*.` and this name.
    #[must_use]
    pub fn any_label(parent: impl Into<String>) -> HostPattern {
        HostPattern::AnyLabel(AnyLabel { parent: parent.into(), capture: None })
    }

    /// The name of the hole that its label fills.
    #[must_use]
    pub fn capture(&self) -> Option<&str> {
        match self {
            HostPattern::Name(_) => None,
            HostPattern::AnyLabel(star) => star.capture.as_deref(),
        }
    }

    /// The pattern as those see it who need not know what is captured: `*.example.com`.
    #[must_use]
    pub fn without_capture(&self) -> String {
        match self {
            HostPattern::Name(name) => name.clone(),
            HostPattern::AnyLabel(star) => HostPattern::any_label(star.parent.as_str()).to_string(),
        }
    }

    /// Whether a host (bare, any case) is meant.
    #[must_use]
    pub fn matches(&self, host: &str) -> bool {
        match self {
            HostPattern::Name(name) => host.eq_ignore_ascii_case(name),
            HostPattern::AnyLabel(AnyLabel { parent, .. }) => {
                host.split_once('.').is_some_and(|(label, rest)| !label.is_empty() && rest.eq_ignore_ascii_case(parent))
            }
        }
    }
}

impl std::fmt::Display for HostPattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            HostPattern::Name(name) => f.write_str(name),
            HostPattern::AnyLabel(AnyLabel { parent, capture: None }) => write!(f, "*.{parent}"),
            HostPattern::AnyLabel(AnyLabel { parent, capture: Some(name) }) => write!(f, "{{{name}}}.{parent}"),
        }
    }
}

/// What one fact of a request must be for a route to take it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Condition {
    /// What is asked for.
    pub fact: Fact,
    /// What it must be.
    pub test: ValueTest,
}

/// What the value of a fact must be; of cohorts, of which a viewer has several, one must be it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ValueTest {
    /// It is this text.
    Equal(String),
    /// There is a value.
    Present,
    /// There is no value.
    Absent,
    /// It is one of these texts.
    AnyOf(Vec<String>),
    /// It is none of these texts, or there is no value.
    NoneOf(Vec<String>),
    /// The regex is found in it.
    Regex(LazyRegex),
    /// It is one of these hosts.
    HostIn(Vec<HostPattern>),
    /// The time lies in this window.
    Within(Window),
}

impl ValueTest {
    /// Whether the value of a fact passes, or the moment does.
    fn holds(&self, value: Option<&str>, moment: Option<Timestamp>) -> bool {
        match self {
            ValueTest::Equal(text) => value.is_some_and(|value| value == text),
            ValueTest::Present => value.is_some(),
            ValueTest::Absent => value.is_none(),
            ValueTest::AnyOf(texts) => value.is_some_and(|value| texts.iter().any(|text| text == value)),
            ValueTest::NoneOf(texts) => value.is_none_or(|value| texts.iter().all(|text| text != value)),
            ValueTest::Regex(regex) => value.is_some_and(|value| regex.is_match(value)),
            ValueTest::HostIn(hosts) => value.is_some_and(|value| hosts.iter().any(|host| host.matches(value))),
            ValueTest::Within(window) => window.holds(moment),
        }
    }

    /// The texts of which a value must be one, where only these pass.
    #[must_use]
    pub fn texts(&self) -> Option<&[String]> {
        match self {
            ValueTest::Equal(text) => Some(std::slice::from_ref(text)),
            ValueTest::AnyOf(texts) => Some(texts),
            _ => None,
        }
    }
}

impl Condition {
    /// What each group of its regex captured of a request, the whole match first; none where it has no regex that is found.
    #[must_use]
    pub fn groups<'r>(&self, request: &Request<'r>) -> Vec<&'r str> {
        let ValueTest::Regex(regex) = &self.test else { return Vec::new() };
        let first = request.values(&self.fact).into_iter().next();
        first.map(|value| regex.groups(value)).unwrap_or_default()
    }

    /// Whether it holds. O(m) in bytes of what the fact stands in.
    #[must_use]
    pub fn holds(&self, asked: &Asked<'_>) -> bool {
        let request = asked.request;
        let holds = |value: Option<&str>| self.test.holds(value, asked.moment);
        match &self.fact {
            Fact::Host => holds(asked.host),
            Fact::Method => holds(Some(request.method)),
            // Of what is repeated only the first value counts: a cache, a gate or an origin may not see the others.
            Fact::Query(name) => holds(query::value(request.query, name)),
            Fact::WholeQuery => holds(Some(request.query)),
            Fact::Header(name) => holds(request.header_values(name).next()),
            Fact::Cookie(name) => holds(request.cookie_value(name)),
            Fact::Told(told) => request.viewer.values(*told).any(|value| holds(Some(value))),
            Fact::Time => holds(None),
        }
    }
}

/// A request made ready for conditions: what many routes would otherwise work out again.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The request as it came.
    pub request: &'a Request<'a>,
    /// Its path in normal form.
    pub path: &'a str,
    /// Its host without port and trailing dot, in any case.
    pub host: Option<&'a str>,
    /// How its normal form is made.
    pub canonical: &'a Canonical,
    /// The moment it is decided at, as far as the table's instants tell moments apart.
    pub moment: Option<Timestamp>,
}

impl<'a> Asked<'a> {
    /// A request whose path in normal form and moment are known.
    #[must_use]
    pub fn new(
        request: &'a Request<'a>,
        canonical: &'a Canonical,
        path: &'a str,
        moment: Option<Timestamp>,
    ) -> Asked<'a> {
        Asked { request, path, host: request.host.map(bare_host), canonical, moment }
    }

    /// Whether a redirect to the normal form of its path would change anything: what `normalize` takes.
    #[must_use]
    pub fn can_be_normalized(&self) -> bool {
        self.canonical.differs(self.request.path, self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_exactly_one_label() {
        let star = HostPattern::any_label("example.com");
        let rows =
            [("a.Example.com", true), ("example.com", false), ("a.b.example.com", false), (".example.com", false)];
        for (host, expected) in rows {
            assert_eq!(star.matches(host), expected, "{host}");
        }
    }

    #[test]
    fn an_absent_value_passes_only_where_none_is_wanted() {
        let rows = [
            (ValueTest::Equal("x2".into()), true, false),
            (ValueTest::Equal("2".into()), false, false),
            (ValueTest::Present, true, false),
            (ValueTest::Absent, false, true),
            (ValueTest::AnyOf(vec!["9".into(), "x2".into()]), true, false),
            (ValueTest::AnyOf(vec![String::new()]), false, false),
            (ValueTest::NoneOf(vec!["9".into(), "x".into()]), true, true),
            (ValueTest::NoneOf(vec!["9".into(), "x2".into()]), false, true),
            (ValueTest::Regex(LazyRegex::new("^x")), true, false),
        ];
        for (test, with, without) in rows {
            assert_eq!(test.holds(Some("x2"), None), with, "{test:?}");
            assert_eq!(test.holds(None, None), without, "{test:?} without");
        }
    }
}
