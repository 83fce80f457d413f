//! The gate: what the viewer-request function does before the cache is asked.
//!
//! It keeps `x-crossfade-*` for itself and writes the facts that the router reads there: the viewer's host, its cohort,
//! its language and the epoch. A cohort is drawn once and kept by a cookie; a viewer who sends the cookie chooses its own.

use std::hash::{BuildHasher, RandomState};

use http::header::{ACCEPT_LANGUAGE, COOKIE, HOST, HeaderMap, HeaderName, HeaderValue};
use http::uri::Authority;

use super::headers::{drop_where, text_of};
use crate::event::facts::header_of;
use crate::platform::headers::OUR_PREFIX;
use crate::route::{Cohort, Fact, Languages, Table, Timestamp, Told, epoch_of};

/// Keeps a viewer in its cohort; empty for a viewer in none.
const COHORT_COOKIE: &str = "crossfade-cohort";
const MILLION: u64 = 1_000_000;

/// What the gate sees beside the headers of a request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arrival<'a> {
    /// The authority of the request, where it has one.
    pub(super) host: Option<&'a str>,
    /// The country of viewers that do not say theirs.
    pub(super) country: Option<&'a str>,
    /// When the request came.
    pub(super) now: Timestamp,
}

/// Passes a request's headers through the gate. Returns the cookie that its answer must set, if any.
pub(super) fn pass(table: &Table, headers: &mut HeaderMap, arrival: Arrival<'_>) -> Option<HeaderValue> {
    drop_where(headers, |name| name.starts_with(OUR_PREFIX));
    join_cookies(headers);
    let declared = &table.definition().declared;
    let placed = place(&declared.cohorts, headers);
    let instants = table.instants();
    let epoch = (!instants.is_empty()).then(|| epoch_of(instants, arrival.now).to_string());
    tell(headers, &Fact::Host, arrival.host);
    tell(headers, &Fact::Time, epoch.as_deref());
    for told in Told::ALL {
        let text = match told {
            Told::Country => arrival.country,
            Told::Cohort => placed.cohort,
            Told::Language => language(&declared.languages, headers),
        };
        tell(headers, &Fact::Told(told), text);
    }
    placed.cookie
}

/// Writes a fact where the router reads it, unless it is told there already.
fn tell(headers: &mut HeaderMap, fact: &Fact, text: Option<&str>) {
    let name = header_of(fact).and_then(|name| HeaderName::from_bytes(name.as_bytes()).ok());
    if let Some(name) = name
        && let Some(value) = text.and_then(|text| HeaderValue::from_str(text).ok())
    {
        headers.entry(name).or_insert(value);
    }
}

/// HTTP/2 may send a cookie header in pieces (RFC 9113 section 8.2.3); they go on as one.
fn join_cookies(headers: &mut HeaderMap) {
    let pieces: Vec<&[u8]> = headers.get_all(COOKIE).iter().map(HeaderValue::as_bytes).collect();
    if pieces.len() > 1
        && let Ok(joined) = HeaderValue::from_bytes(&pieces.join(&b"; "[..]))
    {
        headers.insert(COOKIE, joined);
    }
}

#[derive(Default)]
struct Placed<'t> {
    cohort: Option<&'t str>,
    cookie: Option<HeaderValue>,
}

/// The cohort of a viewer: that of its cookie, else one drawn by share, which a new cookie keeps.
fn place<'t>(cohorts: &'t [Cohort], headers: &HeaderMap) -> Placed<'t> {
    if cohorts.is_empty() {
        return Placed::default();
    }
    if let Some(cohort) = kept(cohorts, headers) {
        return Placed { cohort, cookie: None };
    }
    let cohort = draw(cohorts, RandomState::new().hash_one(()) % MILLION);
    let name = cohort.unwrap_or_default();
    let cookie = format!("{COHORT_COOKIE}={name}; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax");
    Placed { cohort, cookie: HeaderValue::from_str(&cookie).ok() }
}

/// What the cookie says, where it says something that the table knows.
fn kept<'t>(cohorts: &'t [Cohort], headers: &HeaderMap) -> Option<Option<&'t str>> {
    cookie_values(headers, COHORT_COOKIE).find_map(|value| match value {
        b"" => Some(None),
        value => cohorts.iter().find(|cohort| cohort.name.as_bytes() == value).map(|cohort| Some(cohort.name.as_str())),
    })
}

/// The values of every cookie of that name, in order.
fn cookie_values<'h>(headers: &'h HeaderMap, name: &'h str) -> impl Iterator<Item = &'h [u8]> {
    let cookies = headers.get_all(COOKIE).iter().flat_map(|field| field.as_bytes().split(|&byte| byte == b';'));
    cookies.filter_map(move |pair| pair.trim_ascii().strip_prefix(name.as_bytes())?.strip_prefix(b"="))
}

/// The language that is told of a viewer.
fn language<'t>(languages: &'t Languages, headers: &HeaderMap) -> Option<&'t str> {
    let cookies = languages.cookie.iter().flat_map(|name| cookie_values(headers, name));
    let accepted: Vec<_> = headers.get_all(ACCEPT_LANGUAGE).iter().map(text_of).collect();
    languages.suiting(cookies.filter_map(|value| std::str::from_utf8(value).ok()), &accepted.join(","))
}

/// The cohort whose part of the million a point lies in; shares are laid end to end in written order.
fn draw(cohorts: &[Cohort], point: u64) -> Option<&str> {
    let mut end = 0;
    cohorts.iter().find_map(|cohort| {
        end += u64::from(cohort.share.0);
        (point < end).then_some(cohort.name.as_str())
    })
}

/// The host that a request names: the authority of its target, else its one `Host` field; `None` where that is empty.
///
/// # Errors
/// Where there are several `Host` fields, or one that is no host (RFC 9112 section 3.2 asks for a 400).
pub(super) fn host_of<'r>(uri: &'r http::Uri, headers: &'r HeaderMap) -> Result<Option<&'r str>, BadHost> {
    let mut fields = headers.get_all(HOST).iter();
    let field = fields.next();
    if fields.next().is_some() {
        return Err(BadHost);
    }
    let host = match (uri.authority(), field) {
        (Some(authority), _) => authority.as_str(),
        (None, Some(field)) => field.to_str().map_err(|_| BadHost)?,
        (None, None) => "",
    };
    match host.parse::<Authority>() {
        _ if host.is_empty() => Ok(None),
        // A name and password before the host are for no server to see (RFC 9110 section 4.2.4).
        Ok(authority) if !authority.as_str().contains('@') => Ok(Some(host)),
        _ => Err(BadHost),
    }
}

/// A request whose host cannot be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BadHost;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::route::condition::ValueTest;
    use crate::route::pattern::PathPattern;
    use crate::route::{
        Action, Condition, Declared, Definition, Fact, Origin, OriginAction, Route, Share, Side, Window,
    };

    fn table(cohorts: Vec<Cohort>, conditions: Vec<Condition>) -> Table {
        let route = Route::new("r", PathPattern::Any, Action::Origin(OriginAction::unchanged(0)));
        let definition = Definition {
            origins: vec![Origin::custom("legacy", Side::Legacy, "legacy.example")],
            declared: Declared { cohorts, ..Declared::default() },
            routes: vec![Route { conditions, ..route }],
            ..Definition::default()
        };
        Table::compile(definition).unwrap()
    }

    fn cohorts() -> Vec<Cohort> {
        let cohort = |name: &str, share| Cohort { name: name.to_owned(), share: Share(share) };
        vec![cohort("early", 50_000), cohort("staff", 10_000), cohort("none-yet", 0)]
    }

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in pairs {
            map.append(*name, HeaderValue::from_static(value));
        }
        map
    }

    #[test]
    fn shares_are_laid_end_to_end() {
        let rows = [(0, Some("early")), (49_999, Some("early")), (50_000, Some("staff")), (60_000, None)];
        for (point, cohort) in rows {
            assert_eq!(draw(&cohorts(), point), cohort, "{point}");
        }
    }

    #[test]
    fn a_cookie_keeps_a_viewer_where_it_is() {
        let rows = [
            ("crossfade-cohort=staff", Some(Some("staff"))),
            ("a=1;crossfade-cohort=none-yet ; b=2", Some(Some("none-yet"))),
            ("crossfade-cohort=", Some(None)),
            ("crossfade-cohort=gone; crossfade-cohort=early", Some(Some("early"))),
            ("crossfade-cohort=gone", None),
            ("xcrossfade-cohort=early", None),
        ];
        for (cookie, expected) in rows {
            assert_eq!(kept(&cohorts(), &headers(&[("cookie", cookie)])), expected, "{cookie}");
        }
    }

    #[test]
    fn only_the_gate_writes_our_headers() {
        let window = Window { from: Some(Timestamp::from_seconds(5)), until: None };
        let dated = Condition { fact: Fact::Time, test: ValueTest::Within(window) };
        let table = table(cohorts(), vec![dated]);
        let mut map = headers(&[
            ("x-crossfade-host", "evil.example"),
            ("x-crossfade-host", "evil2.example"),
            ("x-crossfade-epoch", "0"),
            ("x-crossfade-anything", "x"),
            ("cookie", "a=1"),
            ("cookie", "crossfade-cohort=early"),
            ("cloudfront-viewer-country", "PT"),
        ]);
        let arrival =
            Arrival { host: Some("www.example.com:8080"), country: Some("BR"), now: Timestamp::from_seconds(7) };
        assert_eq!(pass(&table, &mut map, arrival), None);
        let mut seen: Vec<_> = map.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
        seen.sort_unstable();
        let expected = [
            ("cloudfront-viewer-country", "PT"),
            ("cookie", "a=1; crossfade-cohort=early"),
            ("x-crossfade-cohort", "early"),
            ("x-crossfade-epoch", "1"),
            ("x-crossfade-host", "www.example.com:8080"),
        ];
        assert_eq!(seen, expected);
    }

    #[test]
    fn the_language_is_the_choice_of_the_cookie_or_else_what_is_accepted() {
        let offered = ["pt-BR", "en", "es"].map(str::to_owned).to_vec();
        let languages = Languages { offered, cookie: Some("lang".to_owned()) };
        let rows = [
            (&[][..], "pt-BR"),
            (&[("accept-language", "en")], "en"),
            (&[("accept-language", "en;q=0.1"), ("accept-language", "es;q=0.2")], "es"),
            (&[("accept-language", "en"), ("cookie", "a=1; lang=es-MX")], "es"),
            (&[("accept-language", "en"), ("cookie", "lang=fr;lang=es")], "es"),
            (&[("accept-language", "en"), ("cookie", "xlang=es; lang=")], "en"),
        ];
        for (pairs, expected) in rows {
            assert_eq!(language(&languages, &headers(pairs)), Some(expected), "{pairs:?}");
        }
        assert_eq!(language(&Languages::default(), &headers(&[("accept-language", "en")])), None);
    }

    #[test]
    fn a_new_viewer_gets_the_cookie_and_without_cohorts_nobody_does() {
        let table_of_all = table(vec![Cohort { name: "all".to_owned(), share: Share(1_000_000) }], Vec::new());
        let arrival = Arrival { host: None, country: None, now: Timestamp::from_seconds(0) };
        let mut map = HeaderMap::new();
        let cookie = pass(&table_of_all, &mut map, arrival).unwrap();
        assert!(cookie.to_str().unwrap().starts_with("crossfade-cohort=all; Path=/"), "{cookie:?}");
        assert_eq!(map.get("x-crossfade-cohort").unwrap(), "all");
        let mut map = HeaderMap::new();
        assert_eq!(pass(&table(Vec::new(), Vec::new()), &mut map, arrival), None);
        assert!(map.is_empty());
    }

    #[test]
    fn the_authority_of_the_target_wins_over_host() {
        let rows = [
            ("/a", vec![("host", "h.example")], Ok(Some("h.example"))),
            ("http://t.example/a", vec![("host", "h.example")], Ok(Some("t.example"))),
            ("/a", vec![], Ok(None)),
            ("/a", vec![("host", "")], Ok(None)),
            ("/a", vec![("host", "[::1]:8080")], Ok(Some("[::1]:8080"))),
            ("/a", vec![("host", "H.example.:80")], Ok(Some("H.example.:80"))),
            ("/a", vec![("host", "a b")], Err(BadHost)),
            ("/a", vec![("host", "a/b")], Err(BadHost)),
            ("/a", vec![("host", "u@h.example")], Err(BadHost)),
            ("http://u:p@h.example/", vec![], Err(BadHost)),
            ("/a", vec![("host", "h.example"), ("host", "i.example")], Err(BadHost)),
        ];
        for (uri, pairs, expected) in rows {
            let headers = headers(&pairs);
            assert_eq!(host_of(&uri.parse().unwrap(), &headers), expected, "{uri} {pairs:?}");
        }
    }
}
