//! Random tables without mistakes, and random requests that come near their routes.

use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use crossfade::requests::RequestLine;
use crossfade::route::canonical::{Case, Slashes, TrailingSlash};
use crossfade::route::condition::{Conditions, HostPattern, NamedTest, ValueTest};
use crossfade::route::pattern::{Glob, MapRow, PathPattern, Segment, Template};
use crossfade::route::query::QueryPolicy;
use crossfade::route::target::{Part, Target};
use crossfade::route::{
    About, Action, Canonical, Cohort, CustomOrigin, Definition, HeaderChanges, HostRule, LazyRegex, MapAction, Origin,
    OriginAction, OriginKind, Place, Protocol, RedirectAction, RespondAction, ResponseHeaders, Route, S3Origin, Share,
    Side, Timestamp, Varies, Window,
};

const SEGMENTS: [&str; 6] = ["a", "b", "promo", "x.js", "%C3%A7", "a-b"];
const NAMES: [&str; 3] = ["x-a", "beta", "q"];
/// Seconds since 1970.
const INSTANTS: [i64; 4] = [1_700_000_000, 1_750_000_000, 1_790_000_000, 1_800_000_000];

pub(crate) fn definition() -> impl Strategy<Value = Definition> {
    let canonical = (any::<[bool; 3]>(), subsequence(vec!["..;".to_owned(), "%00".to_owned()], 0..=2));
    (canonical, 0..2usize, proptest::collection::vec(route(), 0..12)).prop_map(|((flags, refuse), default, routes)| {
        let canonical = Canonical {
            case: if flags[0] { Case::Lower } else { Case::Keep },
            trailing_slash: if flags[1] { TrailingSlash::Strip } else { TrailingSlash::Keep },
            slashes: if flags[2] { Slashes::Keep } else { Slashes::Merge },
            refuse,
        };
        let mut routes = routes;
        let mut instants: Vec<Timestamp> =
            routes.iter().flat_map(|route| [route.from, route.until]).flatten().collect();
        instants.sort_unstable();
        instants.dedup();
        for (at, route) in routes.iter_mut().enumerate() {
            route.id = format!("route-{at}");
            route.conditions.window = Window::between(&instants, route.from, route.until);
        }
        Definition {
            canonical,
            origins: origins(),
            default,
            configured: 2,
            cohorts: vec![Cohort { name: "early".into(), share: Share(50_000) }],
            routes,
            instants,
            ..Definition::default()
        }
    })
}

/// What `write::ORIGINS` says.
fn origins() -> Vec<Origin> {
    let custom = |id: &str, side, domain: &str, host| Origin {
        id: id.into(),
        side,
        domain: domain.into(),
        headers: Vec::new(),
        varies: Varies::default(),
        kind: OriginKind::Custom(CustomOrigin {
            host,
            protocol: Protocol::Https,
            port: 443,
            path: String::new(),
            read_timeout: 30,
            keepalive_timeout: 5,
            response_completion_timeout: None,
            ssl_protocols: vec!["TLSv1.2".into()],
        }),
    };
    vec![
        custom("legacy", Side::Legacy, "legacy-alb.example.com", HostRule::Viewer),
        custom("cms", Side::New, "cms.example.com", HostRule::Origin),
        Origin {
            id: "site".into(),
            side: Side::New,
            domain: "site-bucket.s3.sa-east-1.amazonaws.com".into(),
            headers: Vec::new(),
            varies: Varies::default(),
            kind: OriginKind::S3(S3Origin { region: Some("sa-east-1".into()), path: String::new() }),
        },
    ]
}

fn route() -> impl Strategy<Value = Route> {
    let window = (proptest::option::weighted(0.2, 0..2usize), proptest::option::weighted(0.2, 2..4usize));
    (path(), conditions(), window).prop_flat_map(|(path, conditions, (from, until))| {
        let instant = |at: usize| Timestamp::from_seconds(INSTANTS[at]);
        let (from, until) = (from.map(instant), until.map(instant));
        action(&path).prop_map(move |action| Route {
            id: String::new(),
            path: path.clone(),
            conditions: conditions.clone(),
            action,
            from,
            until,
            place: Place::default(),
            about: About::default(),
        })
    })
}

fn literal_path() -> impl Strategy<Value = String> {
    proptest::collection::vec(select(&SEGMENTS[..]), 0..3).prop_map(|segments| format!("/{}", segments.join("/")))
}

fn path() -> impl Strategy<Value = PathPattern> {
    let glob = select(vec!["/a/**", "/**/x.js", "/*/b", "/{a,b}/*.{js,css}", "/[a-c]/?"]);
    let regex = select(vec![r"^/(?<id>\d+)\.html$", r"\.php$", "^/a(/b)?", "(?i)^/PROMO/([^/]+)"]);
    prop_oneof![
        Just(PathPattern::Any),
        literal_path().prop_map(PathPattern::Exact),
        literal_path().prop_map(|path| PathPattern::Prefix(path.trim_end_matches('/').to_owned())),
        template(),
        glob.prop_map(|text| PathPattern::Glob(Glob::new(text))),
        regex.prop_map(|text| PathPattern::Regex(LazyRegex::new(text))),
        map(),
    ]
}

fn template() -> impl Strategy<Value = PathPattern> {
    let segment = prop_oneof![
        select(&SEGMENTS[..]).prop_map(|text| Segment::Literal(text.to_owned())),
        Just(Segment::Capture(String::new())),
    ];
    (proptest::collection::vec(segment, 0..3), any::<bool>()).prop_map(|(mut segments, rest)| {
        if !rest && !segments.iter().any(|segment| matches!(segment, Segment::Capture(_))) {
            segments.push(Segment::Capture(String::new()));
        }
        for (at, segment) in segments.iter_mut().enumerate() {
            if let Segment::Capture(name) = segment {
                *name = format!("c{at}");
            }
        }
        PathPattern::Template(Template { segments, rest: rest.then(|| "more".to_owned()) })
    })
}

fn map() -> impl Strategy<Value = PathPattern> {
    let row = (literal_path(), select(vec!["/", "/to?x=1", "https://www.example.com/to#f"]), status_or_none());
    proptest::collection::vec(row, 1..4).prop_map(|rows| {
        let mut rows: Vec<MapRow> =
            rows.into_iter().map(|(from, to, status)| MapRow { from, to: to.to_owned(), status, line: 0 }).collect();
        rows.sort_by(|one, other| one.from.cmp(&other.from));
        rows.dedup_by(|one, other| one.from == other.from);
        PathPattern::Map(rows)
    })
}

fn status() -> impl Strategy<Value = u16> {
    select(vec![301u16, 302, 303, 307, 308])
}

fn status_or_none() -> impl Strategy<Value = Option<u16>> {
    proptest::option::of(status())
}

fn conditions() -> impl Strategy<Value = Conditions> {
    let hosts = vec![HostPattern::Name("www.example.com".into()), HostPattern::AnyLabel("example.com".into())];
    // GET and HEAD only together: what tells them apart is an error.
    let methods = [vec!["GET", "HEAD"], vec!["POST"], vec!["GET", "HEAD", "OPTIONS"], vec!["DELETE", "PUT"]];
    let methods = methods.map(|methods| methods.into_iter().map(str::to_owned).collect::<Vec<_>>());
    let countries: Vec<String> = ["BR", "PT"].map(str::to_owned).to_vec();
    (
        prop_oneof![3 => Just(Vec::new()), 1 => subsequence(hosts, 1..=2)],
        prop_oneof![3 => Just(Vec::new()), 1 => select(methods.to_vec())],
        named_tests(),
        named_tests(),
        named_tests(),
        prop_oneof![5 => Just(Vec::new()), 1 => subsequence(countries, 1..=2)],
        proptest::option::weighted(0.1, Just("early".to_owned())),
    )
        .prop_map(|(hosts, methods, query, headers, cookies, countries, cohort)| Conditions {
            hosts,
            methods,
            query,
            headers,
            cookies,
            countries,
            cohort,
            window: Window::default(),
        })
}

fn named_tests() -> impl Strategy<Value = Vec<NamedTest>> {
    let plain = select(vec!["1", "2", "on"]).prop_map(str::to_owned);
    let test = prop_oneof![
        plain.clone().prop_map(ValueTest::Equal),
        Just(ValueTest::Present),
        Just(ValueTest::Absent),
        Just(ValueTest::AnyOf(vec!["1".into(), "on".into()])),
        Just(ValueTest::Regex(LazyRegex::new("^[0-9]+$"))),
    ];
    let names = prop_oneof![4 => Just(Vec::new()), 1 => subsequence(NAMES.to_vec(), 1..=2)];
    (names, proptest::collection::vec(test, 2)).prop_map(|(names, tests)| {
        let test = |(name, test): (&str, ValueTest)| NamedTest { name: name.to_owned(), test };
        names.into_iter().zip(tests).map(test).collect()
    })
}

fn action(path: &PathPattern) -> BoxedStrategy<Action> {
    if let PathPattern::Map(_) = path {
        return (status(), query_policy(), response())
            .prop_map(|(status, query_string, response)| {
                Action::RedirectMap(MapAction { status, query_string, response })
            })
            .boxed();
    }
    let targets = targets(path);
    let rewrite = proptest::option::of(select(targets.clone()));
    let origin = (0..3usize, rewrite, query_policy(), header_changes()).prop_map(
        |(origin, rewrite, query_string, request_headers)| {
            Action::Origin(OriginAction { origin, rewrite, query_string, request_headers })
        },
    );
    let redirect =
        (select(targets), status(), query_policy(), response()).prop_map(|(target, status, query_string, response)| {
            Action::Redirect(RedirectAction { target, status, query_string, response })
        });
    let gone = response().prop_map(|response| {
        Action::Respond(RespondAction { status: 410, body: String::new(), content_type: None, response })
    });
    let respond = (select(vec![200u16, 404, 503]), response()).prop_map(|(status, response)| {
        let content_type = Some("text/plain".to_owned());
        Action::Respond(RespondAction { status, body: "ok \"ç\"\n".into(), content_type, response })
    });
    prop_oneof![3 => origin, 2 => redirect, 1 => gone, 1 => respond].boxed()
}

/// Targets that the path can fill.
fn targets(path: &PathPattern) -> Vec<Target> {
    let mut targets = vec![Target::literal("/to"), Target::literal("/to/x.html")];
    if let Some((_, number)) = path.capture_names().into_iter().find(|(name, _)| name != "0") {
        let tail = if matches!(path, PathPattern::Prefix(_)) { "/to" } else { "/to/" };
        targets.push(Target { parts: vec![Part::Literal(tail.into()), Part::Capture(number)] });
    }
    targets
}

fn query_policy() -> impl Strategy<Value = QueryPolicy> {
    let names = subsequence(vec!["q".to_owned(), "beta".to_owned()], 1..=2);
    prop_oneof![Just(QueryPolicy::Keep), Just(QueryPolicy::Drop), names.prop_map(QueryPolicy::Only)]
}

fn header_changes() -> impl Strategy<Value = HeaderChanges> {
    let field = |name: &str| (name.to_owned(), "v 1".to_owned());
    let set = subsequence(vec![field("x-set"), field("x-also")], 0..=2);
    let add = subsequence(vec![field("x-add")], 0..=1);
    let remove = subsequence(vec!["x-gone".to_owned(), "x-away".to_owned()], 0..=2);
    (set, add, remove).prop_map(|(set, add, remove)| HeaderChanges { set, add, remove })
}

fn response() -> impl Strategy<Value = ResponseHeaders> {
    let set = subsequence(vec![("x-b".to_owned(), "1".to_owned()), ("x-a".to_owned(), "2".to_owned())], 0..=2);
    let cache_control = select(vec!["public, max-age=300", "no-store"]).prop_map(str::to_owned);
    (cache_control, set).prop_map(|(cache_control, set)| ResponseHeaders { cache_control, set })
}

pub(crate) fn request() -> impl Strategy<Value = RequestLine<'static>> {
    let host = proptest::option::of(select(vec!["https://www.example.com", "https://m.EXAMPLE.com:443"]));
    let path = proptest::collection::vec(
        prop_oneof![3 => select(&SEGMENTS[..]), 1 => select(vec!["12.html", "B", "", "..", "x.php", "..;", "ç"])],
        0..4,
    );
    let query = select(vec!["", "?q=1", "?beta=on&q=", "?x-a=2&&q=1"]);
    let headers =
        subsequence(vec![("x-a", "1"), ("Beta", "on"), ("cookie", "q=1; beta=on"), ("cookie", "x-a=2")], 0..=4);
    let method = proptest::option::of(select(vec!["HEAD", "POST", "OPTIONS"]));
    let country = proptest::option::of(select(vec!["BR", "US"]));
    let cohort = proptest::option::of(Just("early"));
    let time = proptest::option::of(select(vec![INSTANTS[0] - 1, INSTANTS[1], INSTANTS[2] + 5, INSTANTS[3] - 1]));
    (host, path, query, headers, method, country, cohort, time).prop_map(
        |(host, path, query, headers, method, country, cohort, time)| RequestLine {
            url: format!("{}/{}{query}", host.unwrap_or(""), path.join("/")).into(),
            method: method.map(Into::into),
            headers: headers.into_iter().map(|(name, value)| (name.into(), value.into())).collect(),
            country: country.map(Into::into),
            cohort: cohort.map(Into::into),
            time: time.map(Timestamp::from_seconds),
        },
    )
}
