//! The facts that a decision is made from, and how a URL is split into them.

use super::fact::Fact;
use super::query;
use super::viewer::Viewer;
use crate::text::Timestamp;

/// One request, as far as a route can see it. Every text is as it came: raw, undecoded.
///
/// A fact that is `None` is unknown, and a condition on it does not hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Request<'a> {
    /// The method, with case: `GET`.
    pub method: &'a str,
    /// The viewer's host; case, a port and one trailing dot are ignored.
    pub host: Option<&'a str>,
    /// The raw path: what stands between authority and `?` or `#`. Empty means `/`.
    pub path: &'a str,
    /// The raw query string without its `?`; empty when there is none.
    pub query: &'a str,
    /// Header fields in order, names in any case, one pair per field.
    pub headers: Vec<(&'a str, &'a str)>,
    /// What is told of the viewer.
    pub viewer: Viewer<'a>,
    /// The Unix second that the gate tells: of the last instant that had begun, 0 before the first. It is decided at that
    /// second, where there is one.
    pub epoch: Option<u64>,
    /// The clock of whoever decides. It is decided at this time where no epoch is told; ages are cut by it in any case.
    pub time: Option<Timestamp>,
}

impl<'a> Request<'a> {
    /// A GET of a URL or of a path, with no other fact.
    #[must_use]
    pub fn get(url: &'a str) -> Request<'a> {
        let url = Url::split(url);
        Request {
            method: "GET",
            host: url.host(),
            path: url.path,
            query: url.query.unwrap_or(""),
            ..Request::default()
        }
    }

    /// The path as it is sent on when no route changes it.
    #[must_use]
    pub fn path_or_root(&self) -> &'a str {
        if self.path.is_empty() { "/" } else { self.path }
    }

    /// The values of a fact that count, as they came: the first one of what is repeated, every cohort of a viewer, none
    /// of what is unknown or no text.
    #[must_use]
    pub fn values(&self, fact: &Fact) -> Vec<&'a str> {
        let mut values = Vec::new();
        self.each_value(fact, |value| values.push(value));
        values
    }

    /// Calls with each of the [`values`](Request::values) of a fact. Allocates nothing.
    pub fn each_value(&self, fact: &Fact, mut call: impl FnMut(&'a str)) {
        match fact {
            Fact::Host => self.host.into_iter().for_each(call),
            Fact::Method => call(self.method),
            Fact::Query(name) => query::value(self.query, name).into_iter().for_each(call),
            Fact::WholeQuery => call(self.query),
            Fact::Header(name) => self.header_values(name).next().into_iter().for_each(call),
            Fact::Cookie(name) => self.cookie_value(name).into_iter().for_each(call),
            Fact::Told(told) => self.viewer.values(*told).for_each(call),
            Fact::Time => {}
        }
    }

    /// The values of every field of that name, in order; names compare without case.
    pub fn header_values<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'a str> + 's {
        self.headers.iter().filter(move |(field, _)| field.eq_ignore_ascii_case(name)).map(|&(_, value)| value)
    }

    /// The name and value of every cookie, in order: split at `;`, spaces around a pair trimmed, a pair without `=`
    /// ignored, quotes part of the value.
    pub fn cookies(&self) -> impl Iterator<Item = (&'a str, &'a str)> + '_ {
        self.header_values("cookie")
            .flat_map(|field| field.split(';'))
            .filter_map(|pair| pair.trim_matches([' ', '\t']).split_once('='))
    }

    /// The value of the first cookie of that name, in the order of the fields.
    #[must_use]
    pub fn cookie_value(&self, name: &str) -> Option<&'a str> {
        self.cookies().find(|(found, _)| *found == name).map(|(_, value)| value)
    }
}

/// A URL split by the expression of RFC 3986 appendix B; nothing is resolved, decoded or checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Url<'a> {
    /// Before the `:`.
    pub scheme: Option<&'a str>,
    /// Between `//` and the next `/`, `?` or `#`.
    pub authority: Option<&'a str>,
    /// Up to `?` or `#`; may be empty.
    pub path: &'a str,
    /// After the `?`, up to `#`.
    pub query: Option<&'a str>,
    /// After the `#`.
    pub fragment: Option<&'a str>,
}

impl<'a> Url<'a> {
    /// Splits any text; every text is a URL reference to this expression. O(m).
    #[must_use]
    pub fn split(text: &'a str) -> Url<'a> {
        let Url { path: text, query, fragment, .. } = Url::of_path(text);
        let (scheme, text) = match text.split_once(':') {
            Some((scheme, rest)) if !scheme.is_empty() && !scheme.contains('/') => (Some(scheme), rest),
            _ => (None, text),
        };
        let (authority, path) = match text.strip_prefix("//") {
            Some(rest) => {
                let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
                (Some(authority), path)
            }
            None => (None, text),
        };
        Url { scheme, authority, path, query, fragment }
    }

    /// Splits a path from its query and fragment; one that begins with `//` names no authority. O(m).
    #[must_use]
    pub fn of_path(text: &'a str) -> Url<'a> {
        let (text, fragment) = match text.split_once('#') {
            Some((before, fragment)) => (before, Some(fragment)),
            None => (text, None),
        };
        let (path, query) = match text.split_once('?') {
            Some((before, query)) => (before, Some(query)),
            None => (text, None),
        };
        Url { scheme: None, authority: None, path, query, fragment }
    }

    /// The authority without user information; keeps the port. `None` when there is none or it is empty.
    #[must_use]
    pub fn host(&self) -> Option<&'a str> {
        let authority = self.authority?;
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        (!host.is_empty()).then_some(host)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::route::Told;

    #[test]
    fn urls_split_as_the_appendix_says() {
        let rows = [
            ("https://www.example.com/a?b=1#c", Some("www.example.com"), "/a", Some("b=1"), Some("c")),
            ("https://user:pw@h.example:8443", Some("h.example:8443"), "", None, None),
            ("/a:b?x?y", None, "/a:b", Some("x?y"), None),
            ("//h/x", Some("h"), "/x", None, None),
            ("https:///x", None, "/x", None, None),
            ("/a#b?c", None, "/a", None, Some("b?c")),
            ("", None, "", None, None),
        ];
        for (text, host, path, query, fragment) in rows {
            let url = Url::split(text);
            assert_eq!((url.host(), url.path, url.query, url.fragment), (host, path, query, fragment), "{text}");
        }
    }

    #[test]
    fn cookies_are_pairs_trimmed_with_quotes_kept() {
        let request = Request {
            headers: vec![("Cookie", "a=1;  b=\"2\" ;junk; =x"), ("x", "y"), ("cookie", "a=3=4")],
            ..Request::default()
        };
        let pairs: Vec<_> = request.cookies().collect();
        assert_eq!(pairs, [("a", "1"), ("b", "\"2\""), ("", "x"), ("a", "3=4")]);
        assert_eq!(["a", "b", "junk"].map(|name| request.cookie_value(name)), [Some("1"), Some("\"2\""), None]);
    }

    #[test]
    fn of_what_is_repeated_the_first_value_counts_and_of_cohorts_all() {
        let request = Request {
            query: "q=1&q=2&r",
            headers: vec![("X-A", "1"), ("x-a", "2"), ("cookie", "c=1; c=2"), ("Cookie", "c=3; d=4")],
            viewer: Viewer::default().with(Told::Country, Some("BR,PT")).with(Told::Cohort, Some("a,,b")),
            ..Request::default()
        };
        let name = |of: fn(String) -> Fact, name: &str| of(name.to_owned());
        let rows: [(Fact, &[&str]); 9] = [
            (name(Fact::Query, "q"), &["1"]),
            (name(Fact::Query, "r"), &[""]),
            (name(Fact::Query, "s"), &[]),
            (name(Fact::Header, "x-a"), &["1"]),
            (name(Fact::Cookie, "c"), &["1"]),
            (name(Fact::Cookie, "d"), &["4"]),
            (Fact::Told(Told::Country), &["BR,PT"]),
            (Fact::Told(Told::Cohort), &["a", "b"]),
            (Fact::Told(Told::Language), &[]),
        ];
        for (fact, expected) in rows {
            assert_eq!(request.values(&fact), expected, "{fact:?}");
        }
    }
}
