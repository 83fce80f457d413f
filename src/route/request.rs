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
    /// The interval between the table's instants; wins over `time` where both are known.
    pub epoch: Option<u32>,
    /// When the request is decided.
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

    /// The values of a fact that is text, as they came, in order; none of one that is unknown.
    #[must_use]
    pub fn values(&self, fact: &Fact) -> Vec<&'a str> {
        let mut values = Vec::new();
        self.each_value(fact, |value| values.push(value));
        values
    }

    /// Calls with each value of a fact that is text. Allocates nothing.
    pub fn each_value(&self, fact: &Fact, mut call: impl FnMut(&'a str)) {
        match fact {
            Fact::Host => self.host.into_iter().for_each(call),
            Fact::Method => call(self.method),
            Fact::Query(name) => query::values(self.query, name).for_each(call),
            Fact::WholeQuery => call(self.query),
            Fact::Header(name) => self.header_values(name).for_each(call),
            Fact::Cookie(name) => self.cookie_values(name).for_each(call),
            Fact::Told(told) => self.viewer.get(*told).into_iter().for_each(call),
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

    /// The values of every cookie of that name, in order.
    pub fn cookie_values<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'a str> + 's {
        self.cookies().filter(move |(found, _)| *found == name).map(|(_, value)| value)
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
        let (text, fragment) = match text.split_once('#') {
            Some((before, fragment)) => (before, Some(fragment)),
            None => (text, None),
        };
        let (text, query) = match text.split_once('?') {
            Some((before, query)) => (before, Some(query)),
            None => (text, None),
        };
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
    }
}
