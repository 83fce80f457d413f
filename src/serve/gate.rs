//! The gate: what the viewer-request function does before the cache is asked. `docs/gate.md` has it in words.
//!
//! It keeps `x-crossfade-*` for itself and writes the facts that the router reads there: the viewer's host, its cohorts,
//! its language and the epoch. Of what is repeated and read it passes the first on alone. A viewer's draw is kept by a
//! cookie; a viewer who sends the cookie chooses its own.

use http::header::{ACCEPT_LANGUAGE, COOKIE, HOST, HeaderMap, HeaderName, HeaderValue};
use http::request::Parts;
use http::uri::{Authority, PathAndQuery, Uri};

use super::headers::{drop_where, text_of};
use crate::event::facts::header_of;
use crate::platform::headers::OUR_PREFIX;
use crate::route::draw::{DRAW_COOKIE, DRAW_MAX_AGE, Draw};
use crate::route::{Declared, Fact, KeyedQuery, Languages, Route, Table, Timestamp, Told, epoch_of, query};

/// What the gate sees beside the head of a request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arrival<'a> {
    /// CloudFront's name for the request.
    pub(super) request_id: &'a str,
    /// The authority of the request, where it has one.
    pub(super) host: Option<&'a str>,
    /// The country of viewers that do not say theirs.
    pub(super) country: Option<&'a str>,
    /// When the request came.
    pub(super) now: Timestamp,
}

/// What a table reads that the gate must know of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct GateReads {
    /// Cohorts, as the table declares them.
    cohorts: Vec<String>,
    /// Cookies of which only the first goes on.
    cookies: Vec<String>,
    /// Query parameters of which only the first goes on, where the cache key holds single ones.
    parameters: Vec<String>,
}

/// Collects what a table reads. O(n) in routes.
pub(super) fn reads(table: &Table) -> GateReads {
    let definition = table.definition();
    let mut reads = GateReads::default();
    for fact in definition.routes.iter().flat_map(Route::asked_facts) {
        match fact {
            Fact::Cookie(name) => reads.cookies.push(name),
            Fact::Query(name) => reads.parameters.push(name),
            _ => {}
        }
    }
    let conditions = definition.routes.iter().flat_map(|route| &route.conditions);
    let on_cohorts = conditions.filter(|condition| condition.fact == Fact::Told(Told::Cohort));
    reads.cohorts = on_cohorts.filter_map(|condition| condition.test.texts()).flatten().cloned().collect();
    let declared = definition.declared.cohorts.iter().map(|cohort| &cohort.name);
    reads.cohorts = declared.filter(|name| reads.cohorts.contains(name)).cloned().collect();
    for names in [&mut reads.cookies, &mut reads.parameters] {
        names.sort_unstable();
        names.dedup();
    }
    reads
}

/// Passes the head of a request through the gate. Returns the cookie that its answer must set, if any.
pub(super) fn pass(table: &Table, reads: &GateReads, parts: &mut Parts, arrival: Arrival<'_>) -> Option<HeaderValue> {
    let headers = &mut parts.headers;
    drop_where(headers, |name| name.starts_with(OUR_PREFIX));
    join_cookies(headers);
    let declared = &table.definition().declared;
    let kept = cookie_values(headers, DRAW_COOKIE).find_map(|value| Draw::parse(std::str::from_utf8(value).ok()?));
    let draw = kept.unwrap_or_else(|| Draw::of_request(arrival.request_id));
    let cohorts = cohorts_of(draw, declared, reads);
    let instants = table.instants();
    let epoch = (!instants.is_empty()).then(|| epoch_of(instants, arrival.now).to_string());
    tell(headers, &Fact::Host, arrival.host);
    tell(headers, &Fact::Time, epoch.as_deref());
    for told in Told::ALL {
        let text = match told {
            Told::Country => arrival.country,
            Told::Cohort => Some(cohorts.as_str()).filter(|cohorts| !cohorts.is_empty()),
            Told::Language => language(&declared.languages, headers),
        };
        tell(headers, &Fact::Told(told), text);
    }
    keep_first_cookies(headers, &reads.cookies);
    let behavior = table.definition().behaviors.of_path(parts.uri.path());
    if matches!(table.keyed_query(behavior), KeyedQuery::Names(_)) {
        keep_first_parameters(&mut parts.uri, &reads.parameters);
    }
    let is_new = kept.is_none() && !declared.cohorts.is_empty();
    is_new.then(|| draw_cookie(draw, declared)).flatten()
}

/// The cohorts that a viewer is in, of those that the table reads.
fn cohorts_of(draw: Draw, declared: &Declared, reads: &GateReads) -> String {
    let is_in = declared.cohorts.iter().filter(|cohort| reads.cohorts.contains(&cohort.name) && draw.is_in(cohort));
    is_in.map(|cohort| cohort.name.as_str()).collect::<Vec<_>>().join(Told::SEPARATOR)
}

/// Keeps a draw for a year; without `Secure`, for this edge speaks HTTP.
fn draw_cookie(draw: Draw, declared: &Declared) -> Option<HeaderValue> {
    let domain = declared.gate.cookie_domain.as_ref().map(|domain| format!("; Domain={domain}")).unwrap_or_default();
    let cookie = format!("{DRAW_COOKIE}={draw}; Path=/; Max-Age={DRAW_MAX_AGE}; HttpOnly; SameSite=Lax{domain}");
    HeaderValue::from_str(&cookie).ok()
}

/// Drops the later ones of cookies that are read: a cache or an origin might go by another than the router.
fn keep_first_cookies(headers: &mut HeaderMap, names: &[String]) {
    let Some(field) = headers.get(COOKIE) else { return };
    let pairs: Vec<&[u8]> = field.as_bytes().split(|&byte| byte == b';').collect();
    let name = |pair: &&[u8]| -> Option<Vec<u8>> {
        let pair = pair.trim_ascii();
        let end = pair.iter().position(|&byte| byte == b'=')?;
        pair.get(..end).map(<[u8]>::to_vec)
    };
    let kept = firsts(&pairs, name, names);
    if kept.len() < pairs.len()
        && let Ok(field) = HeaderValue::from_bytes(&kept.join(&b";"[..]))
    {
        headers.insert(COOKIE, field);
    }
}

/// Drops the later ones of parameters that are read. A query without any stays byte for byte.
fn keep_first_parameters(uri: &mut Uri, names: &[String]) {
    let pieces: Vec<(&str, &str)> = uri.query().into_iter().flat_map(query::pieces).collect();
    let name = |piece: &(&str, &str)| (!piece.1.is_empty()).then(|| piece.0.as_bytes().to_vec());
    let kept = firsts(&pieces, name, names);
    if kept.len() < pieces.len() {
        let query = kept.iter().map(|(_, piece)| *piece).collect::<Vec<_>>().join("&");
        let target = PathAndQuery::try_from(format!("{}?{query}", uri.path()));
        let mut parts = std::mem::take(uri).into_parts();
        parts.path_and_query = target.ok().or(parts.path_and_query);
        *uri = Uri::from_parts(parts).unwrap_or_default();
    }
}

/// The pieces without those that have the name of an earlier one, where the name is among `names`.
fn firsts<T: Copy>(pieces: &[T], name: impl Fn(&T) -> Option<Vec<u8>>, names: &[String]) -> Vec<T> {
    let mut seen: Vec<Vec<u8>> = Vec::new();
    let is_first = |piece: &&T| {
        let Some(name) = name(piece).filter(|name| names.iter().any(|known| known.as_bytes() == name)) else {
            return true;
        };
        let is_first = !seen.contains(&name);
        seen.push(name);
        is_first
    };
    pieces.iter().filter(is_first).copied().collect()
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
    use crate::route::pattern::{MapRow, PathPattern, RedirectMap};
    use crate::route::query::QueryPolicy;
    use crate::route::{
        Action, Cohort, Condition, Definition, GateSettings, MapAction, Origin, OriginAction, ResponseHeaders, Share,
        Side, Varies, VariesQuery, Window,
    };

    /// A table whose key holds the parameters that conditions read, and no others.
    fn table(declared: Declared, conditions: Vec<Condition>) -> Table {
        let to_legacy = OriginAction { query_string: QueryPolicy::Drop, ..OriginAction::unchanged(0) };
        let route = Route::new("r", PathPattern::Any, Action::Origin(to_legacy));
        let varies = Varies { query: VariesQuery::Names(Vec::new()), ..Varies::default() };
        let definition = Definition {
            origins: vec![Origin { varies, ..Origin::custom("legacy", Side::Legacy, "legacy.example") }],
            declared,
            routes: vec![Route { conditions, ..route }],
            ..Definition::default()
        };
        Table::compile(definition).unwrap()
    }

    fn cohorts(shares: [u32; 3]) -> Declared {
        let cohort = |(name, share): (&str, u32)| Cohort { name: name.to_owned(), share: Share(share) };
        let cohorts = ["staff", "early", "unread"].into_iter().zip(shares).map(cohort).collect();
        Declared { cohorts, ..Declared::default() }
    }

    fn is_in(name: &str) -> Condition {
        Condition { fact: Fact::Told(Told::Cohort), test: ValueTest::Equal(name.to_owned()) }
    }

    fn present(fact: Fact) -> Condition {
        Condition { fact, test: ValueTest::Present }
    }

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in pairs {
            map.append(*name, HeaderValue::from_static(value));
        }
        map
    }

    fn arrival(request_id: &str) -> Arrival<'_> {
        Arrival { request_id, host: None, country: None, now: Timestamp::from_seconds(7) }
    }

    /// What becomes of a request, and the cookie that its answer sets.
    fn passed(
        table: &Table,
        uri: &str,
        pairs: &[(&'static str, &'static str)],
        arrival: Arrival<'_>,
    ) -> (Parts, String) {
        let mut parts = http::Request::builder().uri(uri).body(()).unwrap().into_parts().0;
        parts.headers = headers(pairs);
        let cookie = pass(table, &reads(table), &mut parts, arrival);
        (parts, cookie.map(|cookie| cookie.to_str().unwrap().to_owned()).unwrap_or_default())
    }

    #[test]
    fn a_viewer_is_in_each_cohort_that_its_draw_is_below_the_share_of() {
        // `early:0` 843040 and `early:123456` 776633, `staff:123456` 875940: the vectors of `route::draw`.
        let rows = [
            ([1_000_000, 1_000_000, 1_000_000], "0", Some("staff,early")),
            ([0, 843_041, 1_000_000], "0", Some("early")),
            ([0, 843_040, 1_000_000], "0", None),
            ([875_941, 0, 0], "123456", Some("staff")),
            ([875_940, 776_634, 0], "123456", Some("early")),
            ([875_941, 776_634, 0], "123456", Some("staff,early")),
        ];
        for (shares, draw, expected) in rows {
            let declared = cohorts(shares);
            let reads = GateReads { cohorts: vec!["early".into(), "staff".into()], ..GateReads::default() };
            let cohorts = cohorts_of(Draw::parse(draw).unwrap(), &declared, &reads);
            assert_eq!(cohorts, expected.unwrap_or_default(), "{shares:?} {draw}");
            let table = table(declared, vec![is_in("early"), is_in("staff")]);
            let cookie = if draw == "0" { "crossfade-draw=0" } else { "crossfade-draw=123456" };
            let (parts, _) = passed(&table, "/", &[("cookie", cookie)], arrival("r"));
            assert_eq!(parts.headers.get("x-crossfade-cohort").map(|it| it.to_str().unwrap()), expected);
        }
    }

    #[test]
    fn the_first_cookie_that_is_a_draw_keeps_a_viewer_where_it_is() {
        let table = table(cohorts([0, 843_041, 0]), vec![is_in("early")]);
        let rows = [
            ("crossfade-draw=0", true),
            ("a=1;crossfade-draw=0 ; b=2", true),
            ("crossfade-draw=1; crossfade-draw=0", false),
            ("crossfade-draw=00; crossfade-draw=; crossfade-draw=x; crossfade-draw=0", true),
            ("crossfade-draw=0; crossfade-draw=1", true),
        ];
        for (cookie, is_in) in rows {
            let (parts, set) = passed(&table, "/", &[("cookie", cookie)], arrival("r"));
            assert_eq!(parts.headers.contains_key("x-crossfade-cohort"), is_in, "{cookie}");
            assert_eq!(set, "", "{cookie}");
            assert_eq!(parts.headers["cookie"], cookie, "no route reads it");
        }
        for cookie in ["", "crossfade-draw=1000000", "crossfade-draw=01", "xcrossfade-draw=0", "crossfade-cohort=early"]
        {
            let (_, set) = passed(&table, "/", &[("cookie", cookie)], arrival("r"));
            assert!(set.starts_with("crossfade-draw="), "{cookie}: {set}");
        }
    }

    #[test]
    fn a_new_viewer_gets_the_draw_of_its_request_and_without_cohorts_nobody_does() {
        let end = "Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax";
        let (_, cookie) = passed(&table(cohorts([0; 3]), Vec::new()), "/", &[], arrival("early:999999"));
        assert_eq!(cookie, format!("crossfade-draw=103483; {end}"));
        let gate = GateSettings { cookie_domain: Some("example.com".to_owned()), ..GateSettings::default() };
        let with_domain = table(Declared { gate, ..cohorts([0; 3]) }, Vec::new());
        let (_, cookie) = passed(&with_domain, "/", &[], arrival("early:999999"));
        assert_eq!(cookie, format!("crossfade-draw=103483; {end}; Domain=example.com"));
        let (parts, cookie) = passed(&table(Declared::default(), Vec::new()), "/", &[], arrival("r"));
        assert_eq!((parts.headers.len(), cookie.as_str()), (0, ""));
    }

    #[test]
    fn only_the_gate_writes_our_headers() {
        let window = Window { from: Some(Timestamp::from_seconds(5)), until: None };
        let dated = Condition { fact: Fact::Time, test: ValueTest::Within(window) };
        let table = table(cohorts([0, 1_000_000, 0]), vec![dated, is_in("early")]);
        let sent = [
            ("x-crossfade-host", "evil.example"),
            ("x-crossfade-host", "evil2.example"),
            ("x-crossfade-epoch", "0"),
            ("x-crossfade-cohort", "staff"),
            ("x-crossfade-anything", "x"),
            ("cookie", "a=1"),
            ("cookie", "crossfade-draw=7"),
            ("cloudfront-viewer-country", "PT"),
        ];
        let arrival = Arrival { host: Some("www.example.com:8080"), country: Some("BR"), ..arrival("r") };
        let (parts, _) = passed(&table, "/", &sent, arrival);
        let mut seen: Vec<_> =
            parts.headers.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
        seen.sort_unstable();
        let expected = [
            ("cloudfront-viewer-country", "PT"),
            ("cookie", "a=1; crossfade-draw=7"),
            ("x-crossfade-cohort", "early"),
            ("x-crossfade-epoch", "5"),
            ("x-crossfade-host", "www.example.com:8080"),
        ];
        assert_eq!(seen, expected);
    }

    #[test]
    fn of_what_is_read_and_repeated_the_first_goes_on() {
        let reading = [Fact::Cookie("beta".into()), Fact::Query("id".into()), Fact::Query("k".into())];
        let table = table(Declared::default(), reading.map(present).to_vec());
        let queries = [
            ("/a?id=1&x=1&id=2&x=2", "/a?id=1&x=1&x=2"),
            ("/a?id=2&id=1", "/a?id=2"),
            ("/a?id&id=1&&k=&k", "/a?id&&k="),
            ("/a?ID=1&id=2&i%64=3", "/a?ID=1&id=2&i%64=3"),
            ("/a?&&x&", "/a?&&x&"),
            ("/a?", "/a?"),
            ("/a", "/a"),
            ("http://h.example/a?id=1&id=1", "http://h.example/a?id=1"),
        ];
        for (uri, expected) in queries {
            let (parts, _) = passed(&table, uri, &[], arrival("r"));
            assert_eq!(parts.uri.to_string(), *expected, "{uri}");
        }
        let cookies = [
            ("beta=0; a=1; beta=1;a=2", "beta=0; a=1;a=2"),
            ("beta=1 ;beta=0", "beta=1 "),
            ("beta;beta=1;  beta=;x", "beta;beta=1;x"),
            ("a=1;  a=2 ;;", "a=1;  a=2 ;;"),
        ];
        for (cookie, expected) in cookies {
            let (parts, _) = passed(&table, "/", &[("cookie", cookie)], arrival("r"));
            assert_eq!(parts.headers["cookie"], expected, "{cookie}");
        }
        let (parts, _) = passed(&table, "/", &[("cookie", "beta=0"), ("cookie", "a=1;beta=1")], arrival("r"));
        assert_eq!(parts.headers["cookie"], "beta=0; a=1");
    }

    #[test]
    fn a_query_that_is_whole_in_the_key_stays_as_it_is() {
        let read = table(Declared::default(), vec![present(Fact::Query("id".into()))]);
        let mut definition = read.definition().clone();
        definition.origins[0].varies.query = VariesQuery::All;
        let whole = Table::compile(definition).unwrap();
        assert_eq!(passed(&read, "/a?id=1&id=2", &[], arrival("r")).0.uri, "/a?id=1");
        assert_eq!(passed(&whole, "/a?id=1&id=2", &[], arrival("r")).0.uri, "/a?id=1&id=2");
    }

    #[test]
    fn of_what_tells_the_rows_of_a_map_apart_the_first_goes_on() {
        let mut definition = table(Declared::default(), Vec::new()).definition().clone();
        let row = MapRow { from: "/a?id=1".into(), to: "/b".into(), status: None, line: 1 };
        let map = RedirectMap { rows: vec![row], names: vec!["id".into()] };
        let (query_string, response) = (QueryPolicy::Drop, ResponseHeaders::default());
        let action = Action::RedirectMap(MapAction { status: 302, query_string, response });
        definition.routes.insert(0, Route::new("map", PathPattern::Map(map), action));
        let table = Table::compile(definition).unwrap();
        assert_eq!(passed(&table, "/a?x=1&id=1&x=2&id=2", &[], arrival("r")).0.uri, "/a?x=1&id=1&x=2");
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
