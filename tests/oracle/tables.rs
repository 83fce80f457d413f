//! Random tables and requests from few words, so that they meet.

use crossfade::route::canonical::{Canonical, Case, Slashes, TrailingSlash};
use crossfade::route::condition::{Conditions, HostPattern, NamedTest, ValueTest};
use crossfade::route::pattern::{Glob, MapRow, PathPattern, Segment, Template};
use crossfade::route::query::QueryPolicy;
use crossfade::route::target::{Part, Target};
use crossfade::route::{
    About, Action, Definition, HeaderChanges, HostRule, LazyRegex, MapAction, OriginAction, OriginKind, Place,
    RedirectAction, Request, RespondAction, ResponseHeaders, Route, Timestamp, Window,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use crate::workload::origins;

/// The facts of a request that owns its texts.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    pub(crate) method: &'static str,
    pub(crate) host: Option<&'static str>,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: Vec<(&'static str, &'static str)>,
    pub(crate) country: Option<&'static str>,
    pub(crate) cohort: Option<&'static str>,
    pub(crate) epoch: Option<u32>,
    pub(crate) time: Option<i64>,
}

impl Facts {
    pub(crate) fn request(&self) -> Request<'_> {
        Request {
            method: self.method,
            host: self.host,
            path: &self.path,
            query: &self.query,
            headers: self.headers.clone(),
            country: self.country,
            cohort: self.cohort,
            epoch: self.epoch,
            time: self.time.map(Timestamp::from_seconds),
        }
    }
}

/// A table, and paths that its patterns were made from.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    pub(crate) definition: Definition,
    pub(crate) paths: Vec<String>,
}

fn word() -> impl Strategy<Value = &'static str> {
    select(vec!["a", "b", "ab", "x-1", "promo", "PROMO", "index.php", "page.html", "%2F", "%C3%A7", "a.b", "1", "23"])
}

/// A path in some table's normal form, or nearly.
fn path() -> impl Strategy<Value = String> {
    let end = select(vec!["", "", "", "/"]);
    (vec(word(), 0..4), end).prop_map(|(words, end)| format!("/{}{end}", words.join("/")))
}

fn template() -> impl Strategy<Value = (PathPattern, String)> {
    let segment = (any::<bool>(), word());
    (vec(segment, 0..4), any::<bool>(), word()).prop_map(|(segments, rest, tail)| {
        let words: Vec<&str> = segments.iter().map(|(_, word)| *word).collect();
        let segments = segments.iter().enumerate().map(|(at, (hole, word))| {
            if *hole { Segment::Capture(format!("c{at}")) } else { Segment::Literal((*word).to_owned()) }
        });
        let template = Template { segments: segments.collect(), rest: rest.then(|| "rest".to_owned()) };
        let tail = if rest { format!("/{tail}/x") } else { String::new() };
        let path = words.iter().map(|word| format!("/{word}")).collect::<String>() + &tail;
        (PathPattern::Template(template), path)
    })
}

/// `A` and `B` stand for words; the second text is a path that fits.
fn glob() -> impl Strategy<Value = (PathPattern, String)> {
    let forms = select(vec![
        ("/A/*", "/A/x"),
        ("/A/**", "/A/x/y"),
        ("/**/A", "/x/A"),
        ("/**/A/*.php", "/x/A/index.php"),
        ("/A/**/B", "/A/B"),
        ("/{A,B}/x", "/B/x"),
        ("/{A,B}/**/*.{js,html}", "/A/x/page.html"),
        ("/*", "/A"),
        ("/**", "/A/B"),
        ("**/A", "/A"),
        ("/A*/x", "/Ab/x"),
        ("/[ab]/A", "/a/A"),
        ("/[!b]?/A", "/1a/A"),
        ("*.html", "page.html"),
        ("/A/B", "/A/B"),
        ("/a\\*b/A", "/a*b/A"),
        ("{A", "/A"),
    ]);
    form(forms, |text| PathPattern::Glob(Glob::new(text)))
}

fn regex() -> impl Strategy<Value = (PathPattern, String)> {
    let forms = select(vec![
        (r"^/A/([0-9]+)$", "/A/23"),
        (r"\.php$", "/A/index.php"),
        (r"(?i)^/A/?$", "/A"),
        (r"(?i)promo", "/x/PROMO"),
        (r"^/(?:A|B)/x", "/B/x"),
        ("A", "/x/A"),
        ("/A/", "/A/"),
        ("^/(A)?/?B$", "/B"),
        ("[ab]b", "/ab"),
        ("", "/A"),
        ("^/$", "/"),
        ("(", "/A"),
        (r"^/(?<first>[^/]+)/(?<second>[^/]*)", "/A/B"),
        (r"^/(?:A/)*B$", "/A/A/B"),
        (r"^/(?:A/){2}B$", "/A/A/B"),
        (r"(?:^|/)A(?:/|$)", "/x/A"),
        (r"^/A\b", "/A"),
        (r"(?i-u)page\.HTML$", "/page.html"),
        (r"%2[Ff]", "/%2F"),
        (r"^/[^/]{3,}/A|^/B", "/promo/A"),
    ]);
    form(forms, |text| PathPattern::Regex(LazyRegex::new(text)))
}

fn form(
    forms: impl Strategy<Value = (&'static str, &'static str)>,
    make: impl Fn(String) -> PathPattern,
) -> impl Strategy<Value = (PathPattern, String)> {
    (forms, word(), word()).prop_map(move |((pattern, path), a, b)| {
        // Not all words mean themselves in a pattern; that is as good a pattern.
        let put = |text: &str| text.replace('A', a).replace('B', b);
        (make(put(pattern)), put(path))
    })
}

fn map() -> impl Strategy<Value = (PathPattern, String)> {
    vec((path(), target_text(), option::of(select(vec![301, 308]))), 1..5).prop_map(|rows| {
        let path = rows[0].0.clone();
        let rows = rows.into_iter().map(|(from, to, status)| MapRow { from, to, status, line: 1 }).collect();
        (PathPattern::Map(rows), path)
    })
}

fn pattern() -> impl Strategy<Value = (PathPattern, String)> {
    prop_oneof![
        1 => path().prop_map(|path| (PathPattern::Any, path)),
        4 => path().prop_map(|path| (PathPattern::Exact(path.clone()), path)),
        3 => path().prop_map(|path| {
            (PathPattern::Prefix(path.trim_end_matches('/').to_owned()), format!("{}/x", path.trim_end_matches('/')))
        }),
        4 => template(),
        4 => glob(),
        4 => regex(),
        1 => map(),
    ]
}

fn value_test() -> impl Strategy<Value = ValueTest> {
    let value = || select(vec!["1", "2", "", "x"]).prop_map(str::to_owned);
    prop_oneof![
        4 => value().prop_map(ValueTest::Equal),
        1 => Just(ValueTest::Present),
        1 => Just(ValueTest::Absent),
        1 => vec(value(), 1..3).prop_map(ValueTest::AnyOf),
        1 => select(vec!["^[0-9]$", "x"]).prop_map(|text| ValueTest::Regex(LazyRegex::new(text))),
    ]
}

fn named(names: &'static [&'static str]) -> impl Strategy<Value = Vec<NamedTest>> {
    let test = (select(names), value_test()).prop_map(|(name, test)| NamedTest { name: name.to_owned(), test });
    vec(test, 0..3)
}

fn seldom<T: std::fmt::Debug + Clone>(
    strategy: impl Strategy<Value = Vec<T>> + 'static,
) -> impl Strategy<Value = Vec<T>> {
    prop_oneof![4 => Just(Vec::new()), 1 => strategy]
}

fn texts(of: &'static [&'static str]) -> impl Strategy<Value = Vec<String>> {
    vec(select(of).prop_map(str::to_owned), 1..3)
}

fn hosts() -> impl Strategy<Value = Vec<HostPattern>> {
    let name = select(vec!["a.example", "b.example", "example", "c.b.example"]);
    let host = (name, any::<bool>()).prop_map(|(name, star)| {
        if star { HostPattern::AnyLabel(name.to_owned()) } else { HostPattern::Name(name.to_owned()) }
    });
    vec(host, 1..4)
}

const INSTANTS: [i64; 3] = [10, 20, 30];

fn conditions() -> impl Strategy<Value = (Conditions, Option<i64>, Option<i64>)> {
    let moment = || prop_oneof![5 => Just(None), 1 => select(INSTANTS.as_slice()).prop_map(Some)];
    let cohort = prop_oneof![6 => Just(None), 1 => Just(Some("early".to_owned()))];
    let values = (seldom(named(&["k", "id"])), seldom(named(&["x-a", "cookie"])), seldom(named(&["c", "d"])));
    let sets = (seldom(hosts()), seldom(texts(&["GET", "HEAD"])), seldom(texts(&["BR", "PT"])));
    (sets, values, cohort, moment(), moment()).prop_map(|(sets, values, cohort, from, until)| {
        let instants: Vec<Timestamp> = INSTANTS.into_iter().map(Timestamp::from_seconds).collect();
        let at = |moment: Option<i64>| moment.map(Timestamp::from_seconds);
        let conditions = Conditions {
            hosts: sets.0,
            methods: sets.1,
            query: values.0,
            headers: values.1,
            cookies: values.2,
            countries: sets.2,
            cohort,
            window: Window::between(&instants, at(from), at(until)),
        };
        (conditions, from, until)
    })
}

fn target_text() -> impl Strategy<Value = String> {
    select(vec!["/new", "/new?y=1", "/new#f", "/a?#f", "https://www.example.com/x", "/a/../b"]).prop_map(str::to_owned)
}

fn target() -> impl Strategy<Value = Target> {
    let hole = (0..3usize).prop_map(Part::Capture);
    let holes = (target_text(), hole, select(vec!["", "/", "x"])).prop_map(|(text, hole, after)| Target {
        parts: vec![Part::Literal(format!("{text}/")), hole, Part::Literal(after.to_owned())],
    });
    let bare = (0..3usize).prop_map(|at| Target { parts: vec![Part::Literal("/".into()), Part::Capture(at)] });
    prop_oneof![target_text().prop_map(Target::literal), holes, bare]
}

fn policy() -> impl Strategy<Value = QueryPolicy> {
    prop_oneof![Just(QueryPolicy::Keep), Just(QueryPolicy::Drop), texts(&["k", "id"]).prop_map(QueryPolicy::Only),]
}

fn action(pattern: &PathPattern) -> BoxedStrategy<Action> {
    let response = ResponseHeaders::default;
    if matches!(pattern, PathPattern::Map(_)) {
        let map = policy().prop_map(move |query_string| {
            Action::RedirectMap(MapAction { status: 302, query_string, response: response() })
        });
        return map.boxed();
    }
    let origin = (0..2usize, option::of(target()), policy()).prop_map(|(origin, rewrite, query_string)| {
        Action::Origin(OriginAction { origin, rewrite, query_string, request_headers: HeaderChanges::default() })
    });
    let redirect = (target(), policy()).prop_map(move |(target, query_string)| {
        Action::Redirect(RedirectAction { target, status: 301, query_string, response: response() })
    });
    let gone = Just(Action::Respond(RespondAction {
        status: 410,
        body: String::new(),
        content_type: None,
        response: response(),
    }));
    prop_oneof![3 => origin, 2 => redirect, 1 => gone].boxed()
}

fn route() -> impl Strategy<Value = (Route, String)> {
    let parts = (pattern(), conditions());
    parts.prop_flat_map(|((pattern, path), conditions)| {
        let action = action(&pattern);
        (Just(pattern), Just(path), Just(conditions), action).prop_map(|(pattern, path, conditions, action)| {
            let (conditions, from, until) = conditions;
            let at = |moment: Option<i64>| moment.map(Timestamp::from_seconds);
            let route = Route {
                id: String::new(),
                path: pattern,
                conditions,
                action,
                from: at(from),
                until: at(until),
                place: Place::default(),
                about: About::default(),
            };
            (route, path)
        })
    })
}

fn canonical() -> impl Strategy<Value = Canonical> {
    let refuse = prop_oneof![4 => Just(Vec::new()), 1 => Just(vec!["..;".to_owned(), "%2f".to_owned()])];
    (any::<[bool; 3]>(), refuse).prop_map(|([lower, strip, keep], refuse)| Canonical {
        case: if lower { Case::Lower } else { Case::Keep },
        trailing_slash: if strip { TrailingSlash::Strip } else { TrailingSlash::Keep },
        slashes: if keep { Slashes::Keep } else { Slashes::Merge },
        refuse,
    })
}

/// A table of up to `routes` routes; now and then with many on one path, as sites that are told apart by `?id=` have.
pub(crate) fn sample(routes: usize) -> impl Strategy<Value = Sample> {
    let many = prop_oneof![2 => Just(0usize), 1 => 12..40usize];
    (vec(route(), 0..routes), many, canonical()).prop_map(|(mut routes, many, canonical)| {
        if let Some((first, path)) = routes.first().cloned() {
            for number in 0..many {
                let mut route = first.clone();
                let test = ValueTest::Equal((number % 17).to_string());
                let named = |name: &str| vec![NamedTest { name: name.into(), test: test.clone() }];
                match number % 5 {
                    0..3 => route.conditions.query = named("id"),
                    3 => route.conditions.cookies = named("c"),
                    _ => route.conditions.headers = named("x-a"),
                }
                routes.insert((number * 7) % (routes.len() + 1), (route, path.clone()));
            }
        }
        for (at, (route, _)) in routes.iter_mut().enumerate() {
            route.id = format!("r-{at}");
        }
        let paths = routes.iter().map(|(_, path)| path.clone()).collect();
        let mut origins = origins();
        if let OriginKind::Custom(legacy) = &mut origins[0].kind {
            legacy.host = HostRule::Viewer;
        }
        let definition = Definition {
            canonical,
            origins,
            default: 0,
            configured: 0,
            routes: routes.into_iter().map(|(route, _)| route).collect(),
            instants: INSTANTS.into_iter().map(Timestamp::from_seconds).collect(),
            ..Definition::default()
        };
        Sample { definition, paths }
    })
}

fn query() -> impl Strategy<Value = String> {
    let piece = select(vec!["k=1", "k", "k=2", "id=3", "id=x", "", "id=1=2", "z", "k=\u{1}", "id=12", "id=16", "k=x"]);
    prop_oneof![Just(String::new()), vec(piece, 0..4).prop_map(|pieces| pieces.join("&"))]
}

fn headers() -> impl Strategy<Value = Vec<(&'static str, &'static str)>> {
    let field = select(vec![
        ("X-A", "1"),
        ("x-a", "2"),
        ("x-a", "12"),
        ("cookie", "c=1; d=2"),
        ("Cookie", "c=x;  d=\"1\";e"),
        ("cookie", "c=8"),
        ("x-b", "1"),
    ]);
    vec(field, 0..3)
}

/// What a client may do to a path on its way.
fn bend(path: &str, how: usize) -> String {
    match how {
        0 => path.replace('/', "//"),
        1 => format!("{path}/"),
        2 => path.replace('a', "%61"),
        3 => path.to_ascii_uppercase(),
        4 => format!("/./x/..{path}"),
        5 => format!("{path}/x"),
        6 => path.trim_start_matches('/').to_owned(),
        7 => format!("{path}..;/"),
        8 => path.replace("%2F", "%2f"),
        9 => format!("{path}{path}"),
        10 => String::new(),
        11 => format!("/y{path}"),
        _ => path.to_owned(),
    }
}

/// Requests, most of them on the paths of a table.
pub(crate) fn requests(sample: &Sample) -> impl Strategy<Value = Vec<Facts>> + use<> {
    let known = if sample.paths.is_empty() { vec!["/".to_owned()] } else { sample.paths.clone() };
    let on_table = (select(known), 0..22usize).prop_map(|(path, how)| bend(&path, how));
    let any_path = prop_oneof![path(), "[/a-zA-B0-9.%?#;\u{e7}\u{1}-]{0,12}"];
    let path = prop_oneof![6 => on_table, 1 => any_path];
    let host = select(vec![
        None,
        Some("a.example"),
        Some("A.Example:443"),
        Some("b.example."),
        Some("c.b.example"),
        Some("x.a.example"),
        Some("example"),
        Some(".example"),
        Some("[::1]:80"),
    ]);
    let who = (select(vec![None, Some("BR"), Some("br")]), select(vec![None, Some("early"), Some("late")]));
    let when = (option::weighted(0.3, 0..6u32), option::weighted(0.5, select(vec![0i64, 9, 10, 15, 20, 29, 30, 99])));
    let facts = (select(vec!["GET", "GET", "HEAD", "POST"]), host, path, query(), headers(), who, when);
    let facts = facts.prop_map(|(method, host, path, query, headers, (country, cohort), (epoch, time))| Facts {
        method,
        host,
        path,
        query,
        headers,
        country,
        cohort,
        epoch,
        time,
    });
    vec(facts, 1..30)
}
