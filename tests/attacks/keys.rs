//! What is not in a behavior's cache key decides nothing that others are given, and no key is one that CloudFront can't have.

use std::collections::{BTreeMap, BTreeSet};

use crossfade::analysis::manifest::{Identity, Manifest};
use crossfade::check::load;
use crossfade::config::MemoryFiles;
use crossfade::edge::Handler;
use crossfade::route::canonical::{Canonical, LetterCase, PathParameters, TrailingSlash};
use crossfade::route::condition::{AnyLabel, HostPattern, ValueTest};
use crossfade::route::pattern::{Glob, PathPattern};
use crossfade::route::query::QueryPolicy;
use crossfade::route::target::{Hole, Part, Target};
use crossfade::route::{
    Action, Behavior, BehaviorPattern, Behaviors, Caching, Condition, Definition, Fact, HeaderChanges, HeaderValue,
    LazyRegex, NormalizeAction, OriginAction, Outcome, RedirectAction, Request, RequestHeader, ResponseHeaders, Route,
    Table, Timestamp, Told, VariesQuery, Viewer, decide, hole_names,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::tables;

/// The parts of a cache key, as the manifest tells them.
#[derive(Clone, Debug)]
struct Key {
    headers: BTreeSet<String>,
    cookies: BTreeSet<String>,
    /// `None`: all of it.
    query: Option<BTreeSet<String>>,
}

impl Key {
    /// Of each behavior, in order.
    fn all(table: &Table) -> Vec<Key> {
        let identity = Identity { table_hash: String::new(), build: String::new() };
        let manifest = serde_json::to_value(Manifest::of(table, identity)).unwrap();
        manifest["behaviors"].as_array().unwrap().iter().map(|behavior| Key::of(&behavior["cache_key"])).collect()
    }

    fn of(key: &Value) -> Key {
        let names = |parts: &Value| -> BTreeSet<String> {
            let parts = parts.as_array().unwrap();
            parts.iter().map(|part| part["name"].as_str().unwrap().to_owned()).collect()
        };
        let query = match key["query_strings"]["behavior"].as_str().unwrap() {
            "all" => None,
            "list" => Some(names(&key["query_strings"]["names"])),
            _ => Some(BTreeSet::new()),
        };
        Key { headers: names(&key["headers"]), cookies: names(&key["cookies"]), query }
    }

    fn holds_query(&self, name: &str) -> bool {
        self.query.as_ref().is_none_or(|names| names.contains(name))
    }

    /// Every key that lacks one of these names.
    fn mutants(&self) -> Vec<(String, Key)> {
        let without = |names: &BTreeSet<String>, name: &String| {
            names.iter().filter(|other| *other != name).cloned().collect::<BTreeSet<_>>()
        };
        let headers = self
            .headers
            .iter()
            .map(|name| (format!("header {name}"), Key { headers: without(&self.headers, name), ..self.clone() }));
        let cookies = self
            .cookies
            .iter()
            .map(|name| (format!("cookie {name}"), Key { cookies: without(&self.cookies, name), ..self.clone() }));
        let query = self.query.iter().flatten().map(|name| {
            let query = self.query.as_ref().map(|names| without(names, name));
            (format!("query {name}"), Key { query, ..self.clone() })
        });
        headers.chain(cookies).chain(query).collect()
    }
}

/// What a viewer sends, the gate's headers included.
#[derive(Clone, Debug)]
struct Sent {
    path: String,
    query: Vec<(String, String)>,
    cookies: BTreeMap<String, String>,
    headers: BTreeMap<String, String>,
}

impl Sent {
    fn query(&self) -> String {
        self.query.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
    }

    /// What CloudFront shows a function: of headers and cookies the key's, of the query all.
    fn forwarded(&self, key: &Key) -> Sent {
        let mut sent = self.clone();
        sent.headers.retain(|name, _| key.headers.contains(name));
        sent.cookies.retain(|name, _| key.cookies.contains(name));
        sent
    }

    /// A request with the same key: whatever is not in that comes from another.
    fn disguised(&self, other: &Sent, key: &Key) -> Sent {
        let mine = self.query.iter().filter(|(name, _)| key.holds_query(name));
        let theirs = other.query.iter().filter(|(name, _)| !key.holds_query(name));
        let both = |mine: &BTreeMap<String, String>, theirs: &BTreeMap<String, String>, keyed: &BTreeSet<String>| {
            let mine = mine.iter().filter(|(name, _)| keyed.contains(*name));
            let theirs = theirs.iter().filter(|(name, _)| !keyed.contains(*name));
            mine.chain(theirs).map(|(name, value)| (name.clone(), value.clone())).collect()
        };
        Sent {
            path: self.path.clone(),
            query: theirs.chain(mine).cloned().collect(),
            cookies: both(&self.cookies, &other.cookies, &key.cookies),
            headers: both(&self.headers, &other.headers, &key.headers),
        }
    }

    fn cookie_field(&self) -> String {
        self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    fn event(&self, method: &str, origin: &Value) -> Value {
        let field = |name: &str, value: &str| (name.to_owned(), json!([{ "key": name, "value": value }]));
        let mut headers: serde_json::Map<String, Value> =
            self.headers.iter().map(|(name, value)| field(name, value)).collect();
        if !self.cookies.is_empty() {
            headers.extend([field("cookie", &self.cookie_field())]);
        }
        event(method, &self.path, &self.query(), Value::Object(headers), origin)
    }

    /// What is decided for it, as the edge reads it.
    fn decided(&self, table: &Table) -> String {
        let (cookies, query) = (self.cookie_field(), self.query());
        let mut headers: Vec<(&str, &str)> =
            self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        headers.push(("cookie", &cookies));
        let header = |name: &str| self.headers.get(name).map(String::as_str);
        let request = Request {
            method: "GET",
            host: header("x-crossfade-host"),
            path: &self.path,
            query: &query,
            viewer: Viewer::default().with(Told::Country, header("cloudfront-viewer-country")),
            headers,
            ..Request::default()
        };
        format!("{:?}", decide(table, &request))
    }
}

fn event(method: &str, path: &str, query: &str, headers: Value, origin: &Value) -> Value {
    json!({ "Records": [{ "cf": {
        "config": { "eventType": "origin-request", "requestId": "r" },
        "request": { "clientIp": "1.2.3.4", "method": method, "uri": path, "querystring": query, "headers": headers,
            "origin": origin },
    }}]})
}

fn custom_block(domain: &str) -> Value {
    json!({ "custom": { "customHeaders": {}, "domainName": domain, "keepaliveTimeout": 5, "path": "", "port": 443,
        "protocol": "https", "readTimeout": 30, "sslProtocols": ["TLSv1.2"] }})
}

fn bucket_block() -> Value {
    json!({ "s3": { "authMethod": "none", "customHeaders": {}, "domainName": tables::bucket("site").domain, "path": "",
        "region": "sa-east-1" }})
}

fn block_of(table: &Table, path: &str) -> Value {
    let origin = table.origin(table.configured_id(table.definition().behaviors.of_path(path)));
    if origin.id == "site" { bucket_block() } else { custom_block(&origin.domain) }
}

fn answer(handler: &Handler, event: &Value) -> Value {
    let handled = handler.handle(event.to_string().as_bytes(), Timestamp::from_seconds(1_700_000_000));
    serde_json::from_slice(&handled.answer.unwrap()).unwrap()
}

/// Whether a key holds all that this request is decided and answered by.
fn holds(table: &Table, key: &Key, sent: &Sent, other: &Sent) -> Result<(), String> {
    let forwarded = sent.forwarded(key);
    let (whole, part) = (sent.decided(table), forwarded.decided(table));
    if whole != part {
        return Err(format!("what is forwarded decides otherwise: {whole} but {part}"));
    }
    let disguised = sent.disguised(other, key).forwarded(key);
    let handler = Handler::new(table.clone(), BTreeMap::new());
    let origin = block_of(table, &sent.path);
    let (one, two) =
        (answer(&handler, &forwarded.event("GET", &origin)), answer(&handler, &disguised.event("GET", &origin)));
    if one != two {
        return Err(format!("two requests of one key get {one} and {two}"));
    }
    gets_what_it_varies_on(table, key, sent)
}

/// An origin that is sent to gets what it says that its answers depend on.
fn gets_what_it_varies_on(table: &Table, key: &Key, sent: &Sent) -> Result<(), String> {
    let query = sent.query();
    let cookie = sent.cookie_field();
    let mut headers: Vec<(&str, &str)> =
        sent.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    headers.push(("cookie", &cookie));
    let header = |name: &str| sent.headers.get(name).map(String::as_str);
    let request = Request {
        method: "GET",
        host: header("x-crossfade-host"),
        path: &sent.path,
        query: &query,
        viewer: Viewer::default().with(Told::Country, header("cloudfront-viewer-country")),
        headers,
        ..Request::default()
    };
    let decision = decide(table, &request);
    // What a route makes and may not send goes to the default with what the key holds, and that is not there for it.
    let Outcome::Origin(forward) = &decision.outcome else { return Ok(()) };
    if decision.refused.is_some() {
        return Ok(());
    }
    let varies = &forward.origin.varies;
    let lacks = |what: &str, name: &str| Err(format!("{} is not sent the {what} `{name}`", forward.origin.id));
    if let Some(name) = varies.cookies.iter().find(|name| !key.cookies.contains(*name)) {
        return lacks("cookie", name);
    }
    if let Some(name) = varies.headers.iter().find(|name| !key.headers.contains(*name)) {
        return lacks("header", name);
    }
    if forward.origin.sends_viewer_host() && !key.headers.contains("x-crossfade-host") {
        return lacks("host", "x-crossfade-host");
    }
    let is_kept = decision.route.is_none_or(|route| route.action.query_string() == Some(&QueryPolicy::Keep));
    let counts = |name: &str| match &varies.query {
        VariesQuery::All => true,
        VariesQuery::Names(names) => names.iter().any(|known| known == name),
    };
    let arrives =
        |name: &str, value: &str| forward.query_string.split('&').any(|piece| piece == format!("{name}={value}"));
    for (name, value) in sent.query.iter().filter(|(name, _)| is_kept && counts(name)) {
        if !arrives(name, value) {
            return lacks("parameter", name);
        }
    }
    Ok(())
}

// ------------------------------------------------------------------------------------------------ random tables

const NAMES: [&str; 3] = ["a", "b", "c"];

fn some_names() -> impl Strategy<Value = Vec<String>> {
    prop::sample::subsequence(NAMES.map(str::to_owned).to_vec(), 0..=2)
}

fn fact() -> impl Strategy<Value = Fact> {
    let name = || prop::sample::select(NAMES.to_vec()).prop_map(str::to_owned);
    prop_oneof![
        name().prop_map(Fact::Query),
        name().prop_map(Fact::Cookie),
        name().prop_map(|name| Fact::Header(format!("x-{name}"))),
        Just(Fact::Told(Told::Country)),
        Just(Fact::Host),
    ]
}

fn condition() -> impl Strategy<Value = Condition> {
    let test = prop_oneof![
        1 => Just(ValueTest::Present),
        1 => Just(ValueTest::Absent),
        1 => Just(ValueTest::Equal("1".into())),
        1 => Just(ValueTest::NoneOf(vec!["1".into()])),
        2 => Just(ValueTest::Regex(LazyRegex::new("^(?<text>.+)$"))),
    ];
    (fact(), test).prop_map(|(fact, test)| match fact {
        Fact::Told(_) => Condition { fact, test: ValueTest::Equal("1".into()) },
        Fact::Host => {
            let star = AnyLabel { parent: "example".into(), capture: Some("site".into()) };
            Condition { fact, test: ValueTest::HostIn(vec![HostPattern::AnyLabel(star)]) }
        }
        fact => Condition { fact, test },
    })
}

fn policy() -> impl Strategy<Value = QueryPolicy> {
    prop_oneof![
        Just(QueryPolicy::Keep),
        Just(QueryPolicy::Drop),
        some_names().prop_map(|mut names| {
            names.push("a".into());
            QueryPolicy::Only(names)
        }),
        Just(QueryPolicy::Without(vec!["b".into()])),
    ]
}

/// A target that begins so, perhaps with a hole behind it.
fn target(begin: &'static [&'static str], holes: &[Hole]) -> impl Strategy<Value = Target> + use<> {
    let hole = prop::option::weighted(0.7, prop::sample::select(holes.to_vec()));
    (prop::sample::select(begin.to_vec()), hole).prop_map(|(begin, hole)| Target {
        parts: [Part::Literal(begin.into())].into_iter().chain(hole.map(Part::Hole)).collect(),
    })
}

fn action(holes: &[Hole]) -> impl Strategy<Value = Action> + use<> {
    let header = prop_oneof![
        Just(None),
        target(&["v "], holes).prop_map(Some),
        prop::sample::select(holes.to_vec()).prop_map(|hole| Some(Target { parts: vec![Part::Hole(hole)] })),
    ];
    let rewrite = prop::option::of(target(&["/to/", "/to?q="], holes));
    prop_oneof![
        4 => (0..2usize, rewrite, policy(), header).prop_map(|(origin, rewrite, query_string, header)| {
            let set = header.map(|text| ("x-set".to_owned(), RequestHeader::Text(text))).into_iter().collect();
            let request_headers = HeaderChanges { set, ..HeaderChanges::default() };
            Action::Origin(OriginAction { origin, rewrite, query_string, request_headers })
        }),
        3 => (policy(), target(&["/new/", "/new?q=", "/new#"], holes)).prop_map(|(query_string, target)| {
            Action::Redirect(RedirectAction { query_string, ..tables::redirect(target, 302) })
        }),
        1 => policy().prop_map(|query_string| {
            Action::Normalize(NormalizeAction { status: 302, query_string, response: ResponseHeaders::default() })
        }),
        1 => Just(Action::Respond(tables::respond(200, "ok"))),
    ]
}

/// A path, what else is asked, and what happens.
fn parts_of_route() -> impl Strategy<Value = (PathPattern, Vec<Condition>, Action)> {
    (path(), prop::collection::vec(condition(), 0..3)).prop_flat_map(|(path, conditions)| {
        let own = hole_names(&path, &conditions).into_iter().map(|(_, hole)| hole);
        let holes: Vec<Hole> = own.chain([Hole::Host, Hole::Path]).collect();
        let action = action(&holes);
        (Just(path), Just(conditions), action)
    })
}

fn path() -> impl Strategy<Value = PathPattern> {
    prop_oneof![
        Just(PathPattern::Any),
        prop::sample::select(vec!["/a/x", "/b", "/a/x.js"]).prop_map(|text| PathPattern::Exact(text.into())),
        prop::sample::select(vec!["", "/a", "/b"]).prop_map(|text| PathPattern::Prefix(text.into())),
        prop::sample::select(vec!["/a/**", "/**/*.js"]).prop_map(|text| PathPattern::Glob(Glob::new(text))),
        prop::sample::select(vec!["^/[ab]/", "x$"]).prop_map(|text| PathPattern::Regex(LazyRegex::new(text))),
        Just(PathPattern::AnyOf(vec![PathPattern::Exact("/b".into()), PathPattern::Exact("/a/x".into())])),
        Just(PathPattern::AnyOf(vec![PathPattern::Prefix("/a".into()), PathPattern::Prefix("/b".into())])),
    ]
}

fn behavior() -> impl Strategy<Value = Behavior> {
    (0..3usize, prop::option::of(0..2usize)).prop_map(|(configured, failover)| Behavior {
        configured,
        failover: failover.filter(|failover| *failover != configured),
        ..Behavior::default()
    })
}

prop_compose! {
    fn definition()(
        varies in prop::collection::vec((prop::option::weighted(0.8, some_names()), some_names(), some_names()), 2),
        patterns in prop::sample::subsequence(vec!["/a/*", "*.js", "/b*"], 0..=3),
        behaviors in prop::collection::vec(behavior(), 4),
        routes in prop::collection::vec(parts_of_route(), 0..5),
        default in 0..2usize,
        folds in any::<[bool; 3]>(),
    ) -> Definition {
        let mut origins = tables::origins();
        for (origin, (query, cookies, headers)) in origins.iter_mut().zip(varies) {
            origin.varies.query = query.map_or(VariesQuery::All, VariesQuery::Names);
            origin.varies.cookies = cookies;
            origin.varies.headers = headers.iter().map(|name| format!("x-{name}")).collect();
        }
        let named = |(at, (path, conditions, action))| Route {
            conditions,
            ..tables::route(&format!("r{at}"), path, action)
        };
        let mut behaviors = behaviors.into_iter();
        let [lowers, strips_slash, strips_parameters] = folds;
        let canonical = Canonical {
            case: if lowers { LetterCase::Lower } else { LetterCase::Keep },
            trailing_slash: if strips_slash { TrailingSlash::Strip } else { TrailingSlash::Keep },
            path_parameters: if strips_parameters { PathParameters::Strip } else { PathParameters::Keep },
            ..Canonical::default()
        };
        Definition {
            canonical,
            origins,
            default,
            behaviors: Behaviors {
                default: behaviors.next().unwrap(),
                by_pattern: patterns.into_iter().map(BehaviorPattern::new).zip(behaviors).collect(),
            },
            routes: routes.into_iter().enumerate().map(named).collect(),
            ..Definition::default()
        }
    }
}

prop_compose! {
    fn sent()(
        path in prop::sample::select(vec![
            "/", "/a", "/a/x", "/a/x.js", "/b", "/b/x", "/b.js", "/c", "/a/", "/A/x", "/A/X.JS", "/a;v/x", "/a/x;v=1",
            "/a/x.js;v", "/a/;v/x", "/;v/b", "/b/x/", "/b;v/../a/x", "//a/x",
        ]),
        query in prop::collection::vec((prop::sample::select(vec!["a", "b", "c", "evil"]), VALUES), 0..4),
        cookies in prop::collection::btree_map(prop::sample::select(NAMES.to_vec()), VALUES, 0..3),
        headers in prop::collection::btree_map(prop::sample::select(vec!["x-a", "x-b", "x-c", "x-set"]), VALUES, 0..4),
        told in prop::collection::btree_map(
            prop::sample::select(vec!["cloudfront-viewer-country", "x-crossfade-host"]),
            "[12]|[12]\\.example",
            0..3,
        ),
    ) -> Sent {
        let owned = |(name, value): (&str, String)| (name.to_owned(), value);
        Sent {
            path: path.to_owned(),
            query: query.into_iter().map(owned).collect(),
            cookies: cookies.into_iter().map(owned).collect(),
            headers: headers.into_iter().chain(told).map(owned).collect(),
        }
    }
}

/// Some of them are refused in a header.
const VALUES: &str = "[12]|[12]|/|\u{e7}|a/[.][.]";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn two_requests_of_one_key_get_one_answer(
        definition in definition(),
        pairs in prop::collection::vec((sent(), sent()), 4),
    ) {
        let table = Table::compile(definition).unwrap();
        let keys = Key::all(&table);
        for (sent, other) in &pairs {
            // An answer of such a path is kept by nobody.
            if table.placement(&sent.path).other().is_some() {
                continue;
            }
            let behavior = table.definition().behaviors.of_path(&sent.path);
            let held = holds(&table, &keys[behavior.position()], sent, other);
            prop_assert!(held.is_ok(), "{} {:?} {:?}", held.unwrap_err(), sent, table.definition());
        }
    }
}

/// Every name of a derived key is needed: without it some request is decided otherwise, or an origin lacks something.
#[test]
fn no_name_of_a_key_can_be_left_out() {
    let condition = |fact: Fact| Condition { fact, test: ValueTest::Equal("1".into()) };
    let gone = |id: &str, fact: Fact| Route {
        conditions: vec![condition(fact)],
        ..tables::route(id, PathPattern::Any, Action::Respond(tables::respond(410, "")))
    };
    let only = Action::Origin(OriginAction { query_string: QueryPolicy::Only(vec!["b".into()]), ..tables::to(1) });
    let mut origins = tables::origins();
    origins[0].varies.query = VariesQuery::Names(vec!["c".into()]);
    origins[0].varies.cookies = vec!["c".into()];
    origins[1].varies.query = VariesQuery::Names(vec![]);
    origins[1].varies.headers = vec!["x-c".into()];
    let definition = Definition {
        origins,
        behaviors: Behaviors::one(2),
        routes: vec![
            gone("query", Fact::Query("a".into())),
            gone("cookie", Fact::Cookie("a".into())),
            gone("header", Fact::Header("x-a".into())),
            gone("country", Fact::Told(Told::Country)),
            tables::route("only", PathPattern::Prefix("/b".into()), only),
        ],
        ..Definition::default()
    };
    let table = Table::compile(definition).unwrap();
    let key = &Key::all(&table)[0];
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let sent = |path: &str, value: &str| Sent {
        path: path.to_owned(),
        query: ["a", "b", "c", "evil"].map(|name| pair(name, value)).to_vec(),
        cookies: ["a", "c"].map(|name| pair(name, value)).into(),
        headers: ["x-a", "x-c", "cloudfront-viewer-country", "x-crossfade-host"].map(|name| pair(name, value)).into(),
    };
    // One fact of each request is 1, so that no two conditions hide each other.
    let mut requests = vec![sent("/", "2"), sent("/b", "2")];
    for at in 0..4 {
        let mut one = sent("/", "2");
        match at {
            0 => one.query[0].1 = "1".into(),
            1 => one.cookies.extend([pair("a", "1")]),
            2 => one.headers.extend([pair("x-a", "1")]),
            _ => one.headers.extend([pair("cloudfront-viewer-country", "1")]),
        }
        requests.push(one);
    }
    let other = sent("/", "3");
    for request in &requests {
        assert_eq!(holds(&table, key, request, &other), Ok(()), "{request:?}");
    }
    let mutants = key.mutants();
    assert_eq!(mutants.len(), 4 + 2 + 3, "{mutants:?}");
    for (name, mutant) in mutants {
        let is_noticed = requests.iter().any(|request| {
            let mut others = requests.iter().chain([&other]);
            others.any(|other| {
                holds(&table, &mutant, request, other).is_err() || is_poisoned(&table, &mutant, request, other)
            })
        });
        assert!(is_noticed, "without {name}");
    }
}

/// What fills a hole decides what is sent or answered: it is in the key as if a condition asked for it.
#[test]
fn a_hole_puts_what_fills_it_into_the_key() {
    let head = "schema = 1\ndefault = 'cms'\n[canonical]\ncase = 'lower'\n[[behavior]]\nconfigured_origin = 'cms'\n\
        [origins.cms]\nside = 'new'\ntype = 'custom'\ndomain = 'cms.example.com'\nvaries = { query = [] }\n";
    // Names of headers, of cookies, of parameters.
    let rows: [(&str, [&[&str]; 3]); 14] = [
        ("origin = 'cms'", [&[], &[], &[]]),
        ("origin = 'cms'\nrewrite = '/to{path}'", [&[], &[], &[]]),
        ("normalize = true", [&[], &[], &[]]),
        ("origin = 'cms'\nrequest_headers = { set = { x-t = { secret = 'T' } } }", [&[], &[], &[]]),
        ("origin = 'cms'\nrequest_headers = { set = { x-h = '{host}' } }", [&["x-crossfade-host"], &[], &[]]),
        ("origin = 'cms'\nrequest_headers = { add = { x-h = 'of {host}' } }", [&["x-crossfade-host"], &[], &[]]),
        ("origin = 'cms'\nrewrite = '/{host}{path}'", [&["x-crossfade-host"], &[], &[]]),
        ("redirect = '/to?h={host}'", [&["x-crossfade-host"], &[], &[]]),
        ("host = '{site}.example.com'\nredirect = '/to/{site}'", [&["x-crossfade-host"], &[], &[]]),
        ("query = { id = { regex = '(?<id>.+)' } }\nredirect = '/to/{id}'", [&[], &[], &["id"]]),
        ("query = { id = { not = '1' } }\norigin = 'cms'", [&[], &[], &["id"]]),
        ("header = { x-a = { regex = '(?<a>.+)' } }\nredirect = '/to/{a}'", [&["x-a"], &[], &[]]),
        ("cookie = { c = { regex = '(?<c>.+)' } }\norigin = 'cms'\nrewrite = '/to/{c}'", [&[], &["c"], &[]]),
        ("cookie = { c = { not = ['1', '2'] } }\norigin = 'cms'", [&[], &["c"], &[]]),
    ];
    for (route, [headers, cookies, query]) in rows {
        let drops = "query_string = 'drop'\nprefix = '/a'\n";
        let text = format!("{head}[[route]]\nid = 'r'\n{drops}{route}\n");
        let loaded = load("routes.toml", &MemoryFiles::new().with("routes.toml", text));
        let found = format!("{:?}", loaded.diagnostics);
        let key = Key::all(&loaded.table.expect(&found)).remove(0);
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
        let expected = (names(headers), names(cookies), Some(names(query)));
        assert_eq!((key.headers, key.cookies, key.query), expected, "{route}");
    }
}

/// Whether what a smaller key lacks of the query still reaches an origin or decides.
fn is_poisoned(table: &Table, key: &Key, sent: &Sent, other: &Sent) -> bool {
    let disguised = sent.disguised(other, key);
    sent.decided(table) != disguised.decided(table)
}

// ------------------------------------------------------------------------------------- A5: an unkeyed query

/// The default may answer by `q` alone, `cms` by nothing of the query.
fn poisoned_table(caching: Caching) -> Definition {
    // What follows in `/refused//evil` would be another host.
    let capture = Target { parts: vec![Part::Hole(Hole::Capture(1))] };
    let refused = OriginAction { rewrite: Some(capture), ..tables::to(1) };
    let bucket = |path: &str| tables::route("bucket", PathPattern::Prefix(path.into()), Action::Origin(tables::to(2)));
    let mut origins = tables::origins();
    origins[0].varies.query = VariesQuery::Names(vec!["q".into()]);
    origins[1].varies.query = VariesQuery::Names(vec![]);
    origins[2].varies.query = VariesQuery::Names(vec![]);
    origins.push(tables::custom("broken", crossfade::route::Side::New, crossfade::route::HostRule::Origin));
    origins[3].varies.query = VariesQuery::Names(vec![]);
    origins[3].headers.push(("x-secret".into(), HeaderValue::Secret("NO_SUCH_SECRET".into())));
    Definition {
        origins,
        behaviors: Behaviors {
            default: Behavior { configured: 2, failover: Some(0), caching, is_routed: true },
            ..Behaviors::default()
        },
        routes: vec![
            tables::route("cms", PathPattern::Prefix("/cms".into()), Action::Origin(tables::to(1))),
            bucket("/site"),
            tables::route("refused", PathPattern::Regex(LazyRegex::new("^/refused(.*)$")), Action::Origin(refused)),
            tables::route("broken", PathPattern::Prefix("/broken".into()), Action::Origin(tables::to(3))),
        ],
        canonical: crossfade::route::Canonical {
            slashes: crossfade::route::canonical::Slashes::Keep,
            ..crossfade::route::Canonical::default()
        },
        ..Definition::default()
    }
}

/// A viewer's query, and what of it may reach an origin whose behavior has `q` in its key.
const QUERIES: [(&str, &str); 10] = [
    ("q=1&evil=%22%3E", "q=1"),
    ("evil=1&q=1", "q=1"),
    ("evil&q=1&evil=2&q=2", "q=1&q=2"),
    ("&&q=1&", "q=1"),
    ("%71=1", ""),
    ("Q=1", ""),
    ("q%20=1", ""),
    ("q;evil=1", ""),
    ("q", "q"),
    ("=evil", ""),
];

/// Where each event ends: at a route's origin, the bucket, the default, there after a refusal or a surprise, the failover.
const WAYS: [&str; 6] = ["/cms/x", "/site/x", "/other", "/refused//evil", "/broken/x", "/failover"];

fn sent_query(handler: &Handler, way: &str, method: &str, query: &str) -> String {
    let origin = if way == "/failover" { custom_block("legacy.example.com") } else { bucket_block() };
    let answer = answer(handler, &event(method, way, query, json!({}), &origin));
    answer["querystring"].as_str().unwrap_or_else(|| panic!("{way} is not sent on: {answer}")).to_owned()
}

#[test]
fn no_origin_sees_what_of_a_query_is_not_in_the_key() {
    let handler = Handler::new(Table::compile(poisoned_table(Caching::On)).unwrap(), BTreeMap::new());
    for way in WAYS {
        for (query, kept) in QUERIES {
            for method in ["GET", "HEAD"] {
                assert_eq!(sent_query(&handler, way, method, query), kept, "{method} {way} {query}");
            }
        }
    }
}

#[test]
fn what_is_never_kept_has_its_whole_query() {
    let kept = Handler::new(Table::compile(poisoned_table(Caching::On)).unwrap(), BTreeMap::new());
    let free = Handler::new(Table::compile(poisoned_table(Caching::Off)).unwrap(), BTreeMap::new());
    for way in WAYS {
        for (query, _) in QUERIES {
            for method in ["OPTIONS", "POST", "PUT", "PATCH", "DELETE", "get"] {
                assert_eq!(sent_query(&kept, way, method, query), query, "{method} {way}");
            }
            assert_eq!(sent_query(&free, way, "GET", query), query, "{way}");
        }
    }
}

/// A query that could not be written is no way around the key either.
#[test]
fn a_query_that_no_function_may_write_goes_nowhere_whole() {
    let handler = Handler::new(Table::compile(poisoned_table(Caching::On)).unwrap(), BTreeMap::new());
    let long = format!("evil=1&q={}", "1".repeat(8_200));
    for query in ["q=\u{1}&evil=1", "q=a b&evil=1", "q=#&evil=1", long.as_str()] {
        for way in WAYS {
            assert_eq!(sent_query(&handler, way, "GET", query), "", "{way} {query}");
        }
    }
}

// --------------------------------------------------------------------------- A9: what no cache policy can name

/// From the table of headers in the developer guide's page on custom origins, and the headers that only origin request
/// policies have; written from the pages, not from the product.
const NOT_KEYABLE: &str = "accept-encoding cache-control cloudfront-viewer-address cloudfront-viewer-asn \
    cloudfront-viewer-header-count cloudfront-viewer-header-order cloudfront-viewer-ja3-fingerprint \
    cloudfront-viewer-ja4-fingerprint cloudfront-viewer-tls connection content-length cookie max-forwards pragma \
    proxy-authenticate proxy-authorization proxy-connection request-range te trailer transfer-encoding upgrade \
    x-amz-cf-id x-edge-anything x-forwarded-proto x-real-ip";

/// Those that an edge function does not see at all.
const HIDDEN: &str = "connection proxy-authenticate proxy-authorization proxy-connection trailer upgrade x-amz-cf-id \
    x-edge-anything x-forwarded-proto x-real-ip";

fn findings(text: &str) -> Vec<(String, String)> {
    let loaded = load("routes.toml", &MemoryFiles::from_iter([("routes.toml", text)]));
    loaded.diagnostics.into_iter().map(|found| (found.code.to_owned(), found.message)).collect()
}

fn table_of(configured: &str, varies: &[&str], more: &str) -> String {
    let varies = varies.iter().map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", ");
    format!(
        "schema = 1\ndefault = 'legacy'\n[origins.legacy]\nside = 'legacy'\ntype = 'custom'\ndomain = 'l.example.com'\n\
         varies = {{ query = [], headers = [{varies}] }}\n[origins.site]\nside = 'new'\ntype = 's3'\n\
         domain = 'site.s3.amazonaws.com'\n[[behavior]]\nconfigured_origin = '{configured}'\n{more}"
    )
}

#[test]
fn every_header_that_no_key_can_have_is_an_error_all_at_once() {
    let names: Vec<&str> = NOT_KEYABLE.split_whitespace().collect();
    let found = findings(&table_of("legacy", &names, ""));
    for name in &names {
        // What no function is shown is refused as such.
        let told = |(_, message): &&(String, String)| message.contains(&format!("`{name}`"));
        let hidden = found.iter().filter(|(code, _)| code == "R083").find(told).map(|_| *name);
        assert_eq!(hidden, HIDDEN.split_whitespace().find(|hidden| hidden == name), "{found:?}");
    }
    let shown: Vec<&str> =
        names.iter().copied().filter(|name| !HIDDEN.split_whitespace().any(|hidden| hidden == *name)).collect();
    let found_of_shown = findings(&table_of("legacy", &shown, ""));
    for name in &shown {
        let told = |(code, message): &&(String, String)| code == "R175" && message.contains(&format!("`{name}`"));
        assert_eq!(found_of_shown.iter().filter(told).count(), 1, "{name}: {found_of_shown:?}");
    }
    let named: Vec<String> = names.iter().map(|name| name.to_uppercase()).collect();
    let named: Vec<&str> = named.iter().map(String::as_str).collect();
    assert_eq!(findings(&table_of("legacy", &named, "")), found);
}

#[test]
fn a_header_is_judged_where_it_is_needed() {
    let route = "[[route]]\nid = 'r'\npath = '/x'\norigin = 'legacy'\nheader = { cloudfront-viewer-address = true }";
    let off = "caching = 'off'\n";
    let rows = [
        ("legacy", vec!["accept-language", "user-agent", "authorization", "host"], String::new(), vec![]),
        ("site", vec!["host"], String::new(), vec!["R175"]),
        ("site", vec!["host", "te"], off.to_owned(), vec![]),
        ("legacy", vec![], route.to_owned(), vec!["R175"]),
        ("legacy", vec![], format!("{off}{route}"), vec![]),
        ("legacy", vec!["te"], "router = false".to_owned(), vec![]),
    ];
    for (configured, varies, more, expected) in rows {
        let found = findings(&table_of(configured, &varies, &more));
        let codes: Vec<&str> = found.iter().map(|(code, _)| code.as_str()).collect();
        assert_eq!(codes, expected, "{configured} {varies:?} {more}: {found:?}");
    }
}
