//! Random tables from few words, and random requests that come near their routes.

use crossfade::route::canonical::{Canonical, DEFAULT_REFUSE, LetterCase, PathParameters, Slashes, TrailingSlash};
use crossfade::route::condition::{AnyLabel, HostPattern, ValueTest};
use crossfade::route::pattern::{Glob, MapRow, PathPattern, RedirectMap, Segment, Template};
use crossfade::route::query::QueryPolicy;
use crossfade::route::target::{Hole, Part, Target};
use crossfade::route::{
    Action, Behavior, BehaviorPattern, Behaviors, Caching, Cohort, Condition, Declared, Definition, Fact,
    FunctionMemory, HeaderChanges, Languages, LazyRegex, MapAction, NormalizeAction, OriginAction, RedirectAction,
    Request, RequestHeader, RespondAction, ResponseHeaders, Route, Share, Timestamp, Told, Viewer, Window, hole_names,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use crate::depth::size;
use crate::tables;

/// How far a table may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taste {
    /// What could be written in `routes.toml` without an error.
    Sound,
    /// That, and whatever else a [`Definition`] can hold: patterns that don't compile, paths that no normal form has,
    /// holes that nothing fills, hosts that a hole chooses, windows that never open, conditions twice.
    Wild,
}

use Taste::{Sound, Wild};

impl Taste {
    /// One of the first, or if this is wild of both.
    fn select<T: Clone + std::fmt::Debug + 'static>(
        self,
        sound: &[T],
        wild: &[T],
    ) -> impl Strategy<Value = T> + use<T> {
        select(if self == Wild { [sound, wild].concat() } else { sound.to_vec() })
    }
}

/// A table, and paths that its patterns were made from.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    pub(crate) definition: Definition,
    pub(crate) paths: Vec<String>,
}

/// Seconds since 1970.
const INSTANTS: [i64; 4] = [1_700_000_000, 1_750_000_000, 1_790_000_000, 1_800_000_000];

/// One of them; the odd ones lie between two seconds.
fn instant(at: usize) -> Timestamp {
    let whole = Timestamp::from_seconds(INSTANTS[at]);
    if at.is_multiple_of(2) { whole } else { Timestamp(whole.0 - 500_000_000) }
}

/// A table of less than `routes` routes; a wild one has now and then many on one path, as sites that are told apart by
/// `?id=` have.
pub(crate) fn sample(taste: Taste, routes: usize) -> impl Strategy<Value = Sample> {
    let many = if taste == Wild { prop_oneof![2 => Just(0usize), 1 => 12..40usize].boxed() } else { Just(0).boxed() };
    let default = 0..3usize;
    (vec(route(taste), 0..routes), many, canonical(taste), default, behaviors(taste)).prop_map(
        move |(routes, many, canonical, default, behaviors)| {
            let (mut routes, paths): (Vec<Route>, Vec<String>) = with_many(routes, many).into_iter().unzip();
            for route in &mut routes {
                if canonical.trailing_slash == TrailingSlash::Strip {
                    take_bare(&mut route.path);
                }
                if taste == Sound && changes_nothing(&canonical) && matches!(route.action, Action::Normalize(_)) {
                    route.action = Action::Respond(tables::respond(410, ""));
                }
            }
            for (at, route) in routes.iter_mut().enumerate() {
                route.id = format!("route-{at}");
            }
            let declared = Declared {
                cohorts: vec![Cohort { name: "early".into(), share: Share(50_000) }],
                languages: Languages { offered: vec!["pt-BR".into(), "es".into()], cookie: Some("lang".into()) },
                ..Declared::default()
            };
            let origins = tables::origins();
            // Any whole number of MB that a function can have.
            let memory = FunctionMemory(128 + u16::try_from(routes.len() * 401 % 10_113).unwrap_or_default());
            let more = Definition { memory, ..Definition::default() };
            let definition = Definition { canonical, origins, default, behaviors, declared, routes, ..more };
            Sample { definition, paths }
        },
    )
}

/// `/a/{*rest}` takes `/a` where no path ends in a slash.
fn take_bare(path: &mut PathPattern) {
    match path {
        PathPattern::Template(template) => {
            template.takes_bare = template.rest.is_some() && !template.segments.is_empty();
        }
        PathPattern::AnyOf(several) => several.iter_mut().for_each(take_bare),
        _ => {}
    }
}

/// Whether `normalize` would be an error.
fn changes_nothing(canonical: &Canonical) -> bool {
    canonical.case == LetterCase::Keep
        && canonical.trailing_slash == TrailingSlash::Keep
        && canonical.path_parameters == PathParameters::Keep
}

/// One behavior with the bucket configured, or several; the sound ones that the router runs on have the bucket, so that
/// any route may send to it.
fn behaviors(taste: Taste) -> impl Strategy<Value = Behaviors> {
    let patterns = ["/a/*", "/promo/*", "*.js", "*.php", "/b*", "/x*", "/ab/?", "/*/a", "1/*", "/page.html", "/*", "/"];
    let origin = move || if taste == Wild { (0..3usize).boxed() } else { Just(2).boxed() };
    let behavior = (origin(), option::weighted(0.3, 0..2usize), any::<bool>(), option::weighted(0.2, 0..3usize));
    let behavior = behavior.prop_map(|(configured, failover, is_kept, not_routed)| Behavior {
        configured: not_routed.unwrap_or(configured),
        failover: failover.filter(|failover| *failover != not_routed.unwrap_or(configured)),
        caching: if is_kept { Caching::On } else { Caching::Off },
        is_routed: not_routed.is_none(),
    });
    let several = (subsequence(patterns.to_vec(), 0..5).prop_shuffle(), vec(behavior, 5));
    let default = move |last: Option<Behavior>| match last {
        Some(last) if taste == Wild || last.is_routed => last,
        _ => Behavior { configured: 2, ..Behavior::default() },
    };
    let several = several.prop_map(move |(patterns, mut behaviors)| Behaviors {
        default: default(behaviors.pop()),
        by_pattern: patterns.into_iter().map(BehaviorPattern::new).zip(behaviors).collect(),
    });
    prop_oneof![Just(Behaviors::one(2)), several]
}

/// The first route so many times more, each with a value to tell it apart.
fn with_many(mut routes: Vec<(Route, String)>, many: usize) -> Vec<(Route, String)> {
    let Some((first, path)) = routes.first().cloned() else { return routes };
    for number in 0..many {
        let mut route = first.clone();
        let test = ValueTest::Equal((number % 17).to_string());
        let fact = match number % 5 {
            0..3 => Fact::Query("id".into()),
            3 => Fact::Cookie("c".into()),
            _ => Fact::Header("x-a".into()),
        };
        route.conditions.retain(|condition| condition.fact.key() != fact.key());
        route.conditions.push(Condition { fact, test });
        routes.insert((number * 7) % (routes.len() + 1), (route, path.clone()));
    }
    routes
}

fn canonical(taste: Taste) -> impl Strategy<Value = Canonical> {
    let default = DEFAULT_REFUSE.map(str::to_owned).to_vec();
    let texts = [["..;", "%00", "%5c"].as_slice(), if taste == Wild { &["%2f", "a/b", ";"] } else { &[] }].concat();
    let texts: Vec<String> = texts.into_iter().map(str::to_owned).collect();
    let refuse = prop_oneof![1 => Just(default), 1 => Just(Vec::new()), 1 => subsequence(texts, 0..=2)];
    (any::<[bool; 4]>(), refuse).prop_map(|([lower, strip, keep, cut], refuse)| Canonical {
        case: if lower { LetterCase::Lower } else { LetterCase::Keep },
        trailing_slash: if strip { TrailingSlash::Strip } else { TrailingSlash::Keep },
        path_parameters: if cut { PathParameters::Strip } else { PathParameters::Keep },
        slashes: if keep { Slashes::Keep } else { Slashes::Merge },
        refuse: refuse.into(),
    })
}

fn route(taste: Taste) -> impl Strategy<Value = (Route, String)> {
    (pattern(taste), conditions(taste)).prop_flat_map(move |((pattern, path), conditions)| {
        action(taste, (&pattern, &conditions)).prop_map(move |action| {
            let route = tables::route("", pattern.clone(), action);
            let mut conditions = conditions.clone();
            // Else no row might fit: whether a condition leaves any of a map is not for a writer of random tables to see.
            conditions.retain(|it| taste == Wild || pattern.rows().is_empty() || !matches!(it.fact, Fact::Query(_)));
            (Route { conditions, ..route }, path.clone())
        })
    })
}

fn window(taste: Taste) -> impl Strategy<Value = Option<Condition>> {
    let (early, late) = if taste == Wild { (0..4usize, 0..4usize) } else { (0..2, 2..4) };
    let moment = |numbers| option::weighted(0.2, numbers).prop_map(|at| at.map(|at: usize| instant(at)));
    let times = (moment(early), moment(late));
    times.prop_map(|(from, until)| {
        let window = Window { from, until };
        (!window.is_always()).then_some(Condition { fact: Fact::Time, test: ValueTest::Within(window) })
    })
}

// Patterns, each with a path that fits it, or nearly.

fn word(taste: Taste) -> impl Strategy<Value = &'static str> {
    let sound = ["a", "b", "ab", "x-1", "promo", "x.js", "index.php", "page.html", "%C3%A7", "a.b", "1", "23"];
    taste.select(&sound, &["PROMO", "%2F"])
}

fn path(taste: Taste) -> impl Strategy<Value = String> {
    let end = taste.select(&[""], &["", "", "/"]);
    (vec(word(taste), 0..4), end).prop_map(|(words, end)| format!("/{}{end}", words.join("/")))
}

fn pattern(taste: Taste) -> impl Strategy<Value = (PathPattern, String)> {
    prop_oneof![
        1 => path(taste).prop_map(|path| (PathPattern::Any, path)),
        4 => path(taste).prop_map(|path| (PathPattern::Exact(path.clone()), path)),
        3 => prefix(taste),
        4 => template(taste),
        4 => glob(taste),
        4 => regex(taste),
        3 => map(taste),
        3 => several(taste),
    ]
}

fn prefix(taste: Taste) -> impl Strategy<Value = (PathPattern, String)> {
    path(taste).prop_map(|path| {
        let path = path.trim_end_matches('/');
        (PathPattern::Prefix(path.to_owned()), format!("{path}/x"))
    })
}

/// A list of patterns of one key, and a path that fits one of them. That of a sound table has none twice.
fn several(taste: Taste) -> impl Strategy<Value = (PathPattern, String)> {
    let exact = move || path(taste).prop_map(|path| (PathPattern::Exact(path.clone()), path));
    let list = prop_oneof![
        2 => vec(prop_oneof![exact().boxed(), template(taste).boxed()], 2..4),
        2 => vec(template(taste), 2..4),
        1 => vec(prefix(taste), 2..4),
        1 => vec(glob(taste), 2..4),
        // No table that is read has it; a definition can.
        if taste == Wild { 1 } else { 0 } => vec(regex(taste), 1..4),
    ];
    (list, any::<prop::sample::Index>()).prop_map(move |(list, at)| {
        let path = list[at.index(list.len())].1.clone();
        let mut patterns: Vec<PathPattern> = list.into_iter().map(|(pattern, _)| pattern).collect();
        if taste == Sound {
            let mut seen = Vec::new();
            patterns.retain(|pattern| {
                let is_new = !seen.contains(&pattern.to_string());
                seen.push(pattern.to_string());
                is_new
            });
        }
        let one = (patterns.len() == 1 && taste == Sound).then(|| patterns.remove(0));
        (one.unwrap_or(PathPattern::AnyOf(patterns)), path)
    })
}

fn template(taste: Taste) -> impl Strategy<Value = (PathPattern, String)> {
    let segment = (any::<bool>(), word(taste));
    (vec(segment, 0..4), any::<bool>(), word(taste)).prop_map(move |(mut words, rest, tail)| {
        if taste == Sound && !rest && !words.iter().any(|(hole, _)| *hole) {
            words.push((true, tail));
        }
        let segments = words.iter().enumerate().map(|(at, (hole, word))| {
            if *hole { Segment::Capture(format!("c{at}")) } else { Segment::Literal((*word).to_owned()) }
        });
        let template =
            Template { segments: segments.collect(), rest: rest.then(|| "rest".to_owned()), takes_bare: false };
        let tail = if rest { format!("/{tail}/x") } else { String::new() };
        let path = words.iter().map(|(_, word)| format!("/{word}")).collect::<String>() + &tail;
        (PathPattern::Template(template), path)
    })
}

/// A pattern in which `A` and `B` stand for words, and a path that fits.
type Form = (&'static str, &'static str);

fn glob(taste: Taste) -> impl Strategy<Value = (PathPattern, String)> {
    let sound = [
        ("/A/*", "/A/x"),
        ("/A/**", "/A/x/y"),
        ("/**/A", "/x/A"),
        ("/**/A/*.php", "/x/A/index.php"),
        ("/A/**/B", "/A/B"),
        ("/{A,B}/x", "/B/x"),
        ("/{A,B}/**/*.{js,html}", "/A/x/page.html"),
        ("/*/A", "/x/A"),
        ("/*", "/A"),
        ("/**", "/A/B"),
        ("/A*/x", "/Ab/x"),
        ("/[a-c]/?", "/a/x"),
        ("/[!b]?/A", "/1a/A"),
        ("/*/*/A/x", "/x/y/A/x"),
        ("/A/*/B", "/A/x/B"),
        ("/*/A/**/B", "/x/A/y/z/B"),
        ("/**/A/**/B/*", "/A/x/B/y"),
        ("/A/A/**", "/A/A/x"),
        ("/x/{A,B}", "/x/B"),
        ("/{a,b/c}/A", "/b/c/A"),
        ("/**/A-*.html", "/x/A-1.html"),
    ];
    let wild = [("**/A", "/A"), ("*.html", "page.html"), ("/A/B", "/A/B"), ("/[ab]/A", "/a/A"), ("/a\\*b/A", "/a*b/A")];
    form(taste, (&sound, &wild), |text| PathPattern::Glob(Glob::new(text)))
}

fn regex(taste: Taste) -> impl Strategy<Value = (PathPattern, String)> {
    let sound = [
        (r"^/A/([0-9]+)$", "/A/23"),
        (r"^/(?<id>\d+)\.html$", "/23.html"),
        (r"\.php$", "/A/index.php"),
        ("^/A(/B)?", "/A/B"),
        (r"(?i)^/A/?$", "/A"),
        ("(?i)^/PROMO/([^/]+)", "/promo/A"),
        (r"^/(?:A|B)/x", "/B/x"),
        (r"^/(?<first>[^/]+)/(?<second>[^/]*)", "/A/B"),
        (r"^/(?:A/)*B$", "/A/A/B"),
        (r"^/(?:A/){2}B$", "/A/A/B"),
        (r"(?:^|/)A(?:/|$)", "/x/A"),
        (r"^/A\b", "/A"),
        (r"^/[^/]+/A/(?<id>\d+)$", "/x/A/23"),
        (r"^/[a-z]{2}/A/.*/B$", "/br/A/x/y/B"),
        (r"^(?:/[a-z]{2})?/A/B$", "/br/A/B"),
        (r"^(?:/x)?(?:/y)?/A/", "/y/A/"),
        (r"^/(?:A|x/B)/(?:y|z/A)$", "/x/B/z/A"),
        (r"(?i)^/A-X/B$", "/A-x/B"),
        (r"(?i)/A/B\.HTML$", "/x/A/B.html"),
        (r"^/A/A/(?:A/)?B", "/A/A/B"),
        (r"^/.*/A/[^/]*$", "/x/y/A/z"),
        (r"/A/[^/]+/B$", "/x/A/y/B"),
        (r"^/\w-A(?:/|$)", "/x-A"),
        (r"A-\d\d?\.html$", "/x/A-1.html"),
        (r"^/[^/]/[^/]/[^/]/[^/]/[^/]/[^/]/[^/]/[^/]/A$", "/1/2/3/4/5/6/7/8/A"),
    ];
    let wild = [
        (r"(?i)promo", "/x/PROMO"),
        ("A", "/x/A"),
        ("/A/", "/A/"),
        ("^/(A)?/?B$", "/B"),
        ("[ab]b", "/ab"),
        ("", "/A"),
        ("^/$", "/"),
        (r"(?i-u)page\.HTML$", "/page.html"),
        (r"%2[Ff]", "/%2F"),
        (r"^/[^/]{3,}/A|^/B", "/promo/A"),
        ("^A/B", "A/B"),
        ("^/?A/B$", "/A/B"),
        ("A/B$", "x/A/B"),
        (r"^/[\pL/]+/A$", "/x/y/A"),
        ("(?m)^/A$|^/x/A", "/x/A"),
        ("$|/A/", "/"),
        ("A^", "/A"),
        (r"(?i)^/\x{212A}[^é]$", "/kx"),
        ("^/(?:a?b?){3}/A", "/ab/A"),
        ("^/..../A$", "/a/bc/A"),
    ];
    form(taste, (&sound, &wild), |text| PathPattern::Regex(LazyRegex::new(text)))
}

fn form(
    taste: Taste,
    (sound, wild): (&[Form], &[Form]),
    make: fn(String) -> PathPattern,
) -> impl Strategy<Value = (PathPattern, String)> + use<> {
    (taste.select(sound, wild), word(taste), word(taste)).prop_map(move |((pattern, path), a, b)| {
        // Not all words mean themselves in a pattern; that is as good a pattern.
        let put = |text: &str| text.replace('A', a).replace('B', b);
        (make(put(pattern)), put(path))
    })
}

/// Half of the maps are keyed by parameters too, and some of these have many rows on one path.
fn map(taste: Taste) -> impl Strategy<Value = (PathPattern, String)> {
    let names = prop_oneof![1 => Just(Vec::new()), 1 => texts(&["k", "id"])];
    let many = prop_oneof![3 => Just(0usize), 1 => 12..40usize];
    let query = vec(taste.select(&["k=1", "k", "k=on", "id=3", "id=x", "id=12"], &["id=1=2", "z=1", "", "k=2"]), 0..3);
    let row = (path(taste), query, target_text(taste), option::of(row_status()));
    (vec(row, 1..5), names, many).prop_map(move |(rows, names, many)| {
        let path = rows[0].0.clone();
        let row = |(path, query, to, status): (String, Vec<&str>, String, Option<u16>)| {
            let is_named = |piece: &&str| names.iter().any(|name| piece.split('=').next() == Some(name));
            let mut query: Vec<&str> = query.into_iter().filter(|piece| taste == Wild || is_named(piece)).collect();
            if taste == Sound {
                query.sort_unstable();
                query.dedup_by_key(|piece| piece.split('=').next());
            }
            let query = if names.is_empty() { String::new() } else { query.join("&") };
            let mark = if query.is_empty() { "" } else { "?" };
            let to = if status == Some(410) { String::new() } else { to };
            MapRow { from: format!("{path}{mark}{query}"), to, status, line: 0 }
        };
        let mut rows: Vec<MapRow> = rows.into_iter().map(row).collect();
        let many = names.last().map_or(0, |_| many);
        rows.extend((0..many).map(|at| {
            let (name, to) = (&names[at % names.len()], format!("/row/{at}"));
            MapRow { from: format!("{path}?{name}={at}"), to, status: None, line: 0 }
        }));
        if taste == Sound {
            rows.sort_by(|one, other| one.from.cmp(&other.from));
            rows.dedup_by(|one, other| one.from == other.from);
        }
        (PathPattern::Map(RedirectMap { rows, names }), path)
    })
}

fn row_status() -> impl Strategy<Value = u16> {
    select(vec![301u16, 302, 303, 307, 308, 410, 410, 410])
}

// Conditions.

/// In the order in which a table that is read has them.
fn conditions(taste: Taste) -> impl Strategy<Value = Vec<Condition>> {
    let methods = prop_oneof![
        // HEAD only beside GET: alone it is an error.
        2 => select(vec![vec!["GET", "HEAD"], vec!["GET", "POST"], vec!["POST"], vec!["GET", "HEAD", "OPTIONS"],
            vec!["DELETE", "PUT"]]),
        if taste == Wild { 2 } else { 0 } => vec(select(vec!["GET", "HEAD"]), 1..3),
    ];
    let methods = methods.prop_map(|methods| methods.into_iter().map(str::to_owned).collect::<Vec<_>>());
    let headers: &[_] = if taste == Wild { &["x-a", "x-b", "cookie"] } else { &["x-a", "x-b"] };
    let one = |fact: Fact, test| vec![Condition { fact, test }];
    (
        seldom(hosts(taste).prop_map(move |hosts| one(Fact::Host, ValueTest::HostIn(hosts)))),
        seldom(methods.prop_map(move |methods| one(Fact::Method, ValueTest::AnyOf(methods)))),
        seldom(named(taste, Fact::Query, &["k", "id"])),
        seldom(named(taste, Fact::Header, headers)),
        seldom(named(taste, Fact::Cookie, &["c", "d"])),
        told().prop_map(|told| told.into_iter().flatten().collect::<Vec<_>>()),
        window(taste).prop_map(|window| window.into_iter().collect::<Vec<_>>()),
    )
        .prop_map(|(host, method, query, header, cookie, told, time)| {
            [host, method, query, header, cookie, told, time].concat()
        })
}

/// A condition on each fact that is told of the viewer, seldom.
fn told() -> impl Strategy<Value = Vec<Option<Condition>>> {
    let condition = |told: Told| {
        let test = match told {
            Told::Country => texts(&["BR", "PT"]).prop_map(ValueTest::AnyOf).boxed(),
            Told::Cohort => Just(ValueTest::Equal("early".to_owned())).boxed(),
            Told::Language => texts(&["pt-BR", "es"]).prop_map(ValueTest::AnyOf).boxed(),
        };
        option::weighted(0.15, test.prop_map(move |test| Condition { fact: Fact::Told(told), test }))
    };
    Told::ALL.map(condition).to_vec()
}

fn seldom(strategy: impl Strategy<Value = Vec<Condition>> + 'static) -> impl Strategy<Value = Vec<Condition>> {
    prop_oneof![3 => Just(Vec::new()), 1 => strategy]
}

fn texts(of: &[&str]) -> impl Strategy<Value = Vec<String>> + use<> {
    let of: Vec<String> = of.iter().map(|text| (*text).to_owned()).collect();
    subsequence(of, 1..=2)
}

fn hosts(taste: Taste) -> impl Strategy<Value = Vec<HostPattern>> {
    let host = |(name, star): (&str, bool)| {
        if star { HostPattern::any_label(name) } else { HostPattern::Name(name.to_owned()) }
    };
    let captured = |(parent, name): (&str, &str)| {
        HostPattern::AnyLabel(AnyLabel { parent: parent.to_owned(), capture: Some(name.to_owned()) })
    };
    let sound = [("www.example.com", false), ("a.example", false), ("example.com", true), ("b.example", true)];
    let labels = ["example.com", "b.example", "example"].map(|parent| captured((parent, "site")));
    // A name beside them: then nothing can be filled by the label.
    let mixed = [host(("www.example.com", false)), captured(("example.com", "site")), host(("b.example", true))];
    let any = (select(vec!["a.example", "b.example", "example", "c.b.example"]), any::<bool>()).prop_map(host);
    let any_captured = (select(vec!["example", "b.example"]), select(vec!["site", "other"])).prop_map(captured);
    prop_oneof![
        1 => subsequence(sound.map(host).to_vec(), 1..=2),
        2 => subsequence(labels.to_vec(), 1..=2).prop_shuffle(),
        1 => subsequence(mixed.to_vec(), 2..=3),
        if taste == Wild { 2 } else { 0 } => vec(prop_oneof![any, any_captured], 1..4),
    ]
}

fn named(
    taste: Taste,
    fact: fn(String) -> Fact,
    names: &[&'static str],
) -> impl Strategy<Value = Vec<Condition>> + use<> {
    let once = subsequence(names.to_vec(), 1..=2);
    let again = vec(select(names.to_vec()), 0..3);
    let names = prop_oneof![1 => once, if taste == Wild { 1 } else { 0 } => again];
    (names, vec(value_test(taste), 3)).prop_map(move |(names, tests)| {
        let test = |(name, test): (&str, ValueTest)| {
            let fact = fact(name.to_owned());
            let group = format!("{}_{}", fact.key(), name.replace('-', "_"));
            let test = match test {
                ValueTest::Regex(regex) => ValueTest::Regex(LazyRegex::new(regex.text().replace("NAME", &group))),
                test => test,
            };
            Condition { fact, test }
        };
        names.into_iter().zip(tests).map(test).collect()
    })
}

/// In which `NAME` stands for a name that no other condition has.
const VALUE_REGEXES: [&str; 7] = [
    "^[0-9]+$",
    "x",
    "^(?<NAME>[0-9]+)$",
    "(?<NAME>.+)",
    "(?s)^(?<NAME>.*)$",
    "^(?<NAME>[^/]*)/?(?<NAME_more>.*)$",
    "^(?:(?<NAME>[a-z])|[0-9])",
];

fn value_test(taste: Taste) -> impl Strategy<Value = ValueTest> {
    let value = move || taste.select(&["1", "2", "on", "x"], &[""]).prop_map(str::to_owned);
    let any_of = move || {
        vec(value(), 1..3).prop_filter("two values", move |of| taste == Wild || of.len() == 2 && of[0] != of[1])
    };
    prop_oneof![
        4 => value().prop_map(ValueTest::Equal),
        1 => Just(ValueTest::Present),
        1 => Just(ValueTest::Absent),
        1 => any_of().prop_map(ValueTest::AnyOf),
        2 => prop_oneof![vec(value(), 1), any_of()].prop_map(ValueTest::NoneOf),
        5 => taste
            .select(&VALUE_REGEXES, &["^[0-9]$", "(.)(.)?", "(?<same>.+)"])
            .prop_map(|text| ValueTest::Regex(LazyRegex::new(text))),
    ]
}

// Actions.

fn action(taste: Taste, (pattern, conditions): (&PathPattern, &[Condition])) -> BoxedStrategy<Action> {
    if let PathPattern::Map(_) = pattern {
        let map = (status(), policy(), response()).prop_map(|(status, query_string, response)| {
            Action::RedirectMap(MapAction { status, query_string, response })
        });
        return map.boxed();
    }
    let holes = Holes::of(taste, pattern, conditions);
    let rewrite = option::weighted(0.75, target(taste, &REWRITES, &holes));
    let origin = (0..3usize, rewrite, policy(), header_changes(taste, &holes));
    let origin = origin.prop_map(move |(origin, rewrite, query_string, changes)| {
        // Of the path `/` that would be the empty key of the bucket for every request.
        let is_whole = |target: &Target| matches!(target.parts.first(), Some(Part::Hole(_)));
        let is_empty = taste == Sound && origin == 2 && rewrite.as_ref().is_some_and(is_whole);
        let origin = if is_empty { 1 } else { origin };
        Action::Origin(OriginAction { origin, rewrite, query_string, request_headers: changes })
    });
    let redirect = (target(taste, &REDIRECTS, &holes), status(), policy(), response());
    let redirect = redirect.prop_map(|(target, status, query_string, response)| {
        Action::Redirect(RedirectAction { target, status, query_string, response })
    });
    let normalize = (status(), policy(), response()).prop_map(|(status, query_string, response)| {
        Action::Normalize(NormalizeAction { status, query_string, response })
    });
    // A sound one takes some request, so it must take paths that can be written in another way.
    let may_normalize = taste == Wild || matches!(pattern, PathPattern::Any | PathPattern::Prefix(_));
    let body = |status| if status == 410 { "" } else { "ok \"ç\"\n" };
    let respond = (select(vec![410u16, 410, 200, 404, 503]), response()).prop_map(move |(status, response)| {
        Action::Respond(RespondAction { response, ..tables::respond(status, body(status)) })
    });
    prop_oneof![4 => origin, 3 => redirect, u32::from(may_normalize) => normalize, 1 => respond].boxed()
}

fn status() -> impl Strategy<Value = u16> {
    select(vec![301u16, 302, 303, 307, 308])
}

fn policy() -> impl Strategy<Value = QueryPolicy> {
    prop_oneof![
        Just(QueryPolicy::Keep),
        Just(QueryPolicy::Drop),
        texts(&["k", "id"]).prop_map(QueryPolicy::Only),
        texts(&["k", "z"]).prop_map(QueryPolicy::Without),
    ]
}

fn header_changes(taste: Taste, holes: &Holes) -> BoxedStrategy<HeaderChanges> {
    let value = || {
        let secret = select(vec!["CMS_TOKEN", "OTHER"]).prop_map(|name| RequestHeader::Secret(name.to_owned()));
        prop_oneof![1 => secret, 4 => filled(taste, &HEADERS, holes).prop_map(RequestHeader::Text)]
    };
    let fields = |names: &[&'static str]| {
        let fields = (subsequence(names.to_vec(), 0..=names.len()), vec(value(), names.len()));
        fields.prop_map(|(names, values)| names.into_iter().map(str::to_owned).zip(values).collect::<Vec<_>>())
    };
    let removed: &[&str] = if taste == Wild { &["x-gone", "x-away", "x-set"] } else { &["x-gone", "x-away"] };
    let remove = subsequence(removed.to_vec(), 0..=2);
    let remove = remove.prop_map(|names| names.into_iter().map(str::to_owned).collect());
    let changes = (fields(&["x-set", "x-also", "x-a"]), fields(&["x-add"]), remove)
        .prop_map(|(set, add, remove)| HeaderChanges { set, add, remove });
    prop_oneof![1 => Just(HeaderChanges::default()), 2 => changes].boxed()
}

fn response() -> impl Strategy<Value = ResponseHeaders> {
    let set = subsequence(vec![("x-b".to_owned(), "1".to_owned()), ("x-a".to_owned(), "2".to_owned())], 0..=2);
    let cache_control = select(vec!["public, max-age=300", "no-store"]).prop_map(str::to_owned);
    (cache_control, set).prop_map(|(cache_control, set)| ResponseHeaders { cache_control, set })
}

fn target_text(taste: Taste) -> impl Strategy<Value = String> {
    let sound = ["/", "/to?x=1", "https://www.example.com/to#f"];
    taste.select(&sound, &["/new", "/new#f", "/a?#f", "/a/../b"]).prop_map(str::to_owned)
}

/// What can fill the holes of a route, by where it may stand.
#[derive(Clone, Debug)]
struct Holes {
    /// Anywhere behind a slash, in a query, a fragment or a header.
    plain: Vec<Hole>,
    /// Where a path begins or goes on: it is empty or begins with a slash.
    slashed: Vec<Hole>,
    /// As a label of a host.
    labels: Vec<Hole>,
}

impl Holes {
    /// A wild table puts anything anywhere, also what nothing fills.
    fn of(taste: Taste, path: &PathPattern, conditions: &[Condition]) -> Holes {
        let names = hole_names(path, conditions).into_iter().filter(|(name, _)| taste == Wild || name != "0");
        let names: Vec<(String, Hole)> = names.collect();
        let is_number = |name: &str| name.bytes().all(|byte| byte.is_ascii_digit());
        let named: Vec<Hole> = names.iter().filter(|(name, _)| !is_number(name)).map(|(_, hole)| *hole).collect();
        let own: Vec<Hole> = names.into_iter().map(|(_, hole)| hole).collect();
        if taste == Wild {
            let group = |condition, group| Hole::Group { condition, group };
            let odd =
                [Hole::Host, Hole::Path, Hole::HostLabel, Hole::Capture(7), group(0, 1), group(1, 0), group(9, 3)];
            let all = [own.clone(), own, odd.to_vec()].concat();
            return Holes { plain: all.clone(), slashed: all.clone(), labels: all };
        }
        let (slashed, labels): (Vec<Hole>, Vec<Hole>) =
            own.into_iter().partition(|hole| path.key() == "prefix" && matches!(hole, Hole::Capture(_)));
        let plain = [labels.clone(), vec![Hole::Host]].concat();
        // Of a regex's groups those without a name may hold a slash whatever comes: then no request would have a label.
        let is_named = |hole: &Hole| named.contains(hole);
        let labels = labels.into_iter().filter(is_named).collect();
        Holes { plain, slashed: [slashed, vec![Hole::Path]].concat(), labels }
    }

    /// A text in which `@` stands for any hole, `!` for `{path}`, `^` for what goes on with a path and `~` for a label; `None` where there
    /// is none of the kind.
    fn put(&self, form: &str, mut pick: impl FnMut(usize) -> usize) -> Option<Target> {
        let mut parts = Vec::new();
        let mut literal = String::new();
        for char in form.chars() {
            let holes = match char {
                '@' => self.plain.as_slice(),
                '!' => &[Hole::Path],
                '^' => &self.slashed,
                '~' => &self.labels,
                char => {
                    literal.push(char);
                    continue;
                }
            };
            let before = std::mem::take(&mut literal);
            parts.extend((!before.is_empty()).then_some(Part::Literal(before)));
            parts.push(Part::Hole(*holes.get(pick(holes.len().max(1)))?));
        }
        parts.extend((!literal.is_empty()).then_some(Part::Literal(literal)));
        Some(Target { parts })
    }
}

/// Of a sound rewrite, and what a wild one may be too.
const REWRITES: [&[&str]; 2] = [
    &[
        "/to",
        "/to/x.html",
        "/to/@",
        "/to/@/x.html",
        "/@",
        "/to^",
        "!",
        "/to?x=@&y=1",
        "/to/@?q=@&p=^",
        "!?from=@",
        "/to?y",
    ],
    &WILD_TARGETS,
];

/// Likewise of a redirect.
const REDIRECTS: [&[&str]; 2] = [
    &[
        "/to",
        "/to/x.html",
        "/to/@",
        "/to/@/@?a=@#@",
        "/to?x=@#f",
        "https://new.example/@#f@",
        "https://new.example^",
        "https://new.example^?p=^&q=@",
        "https://~.new.example/x",
        "https://a.~.new.example^?@",
    ],
    &WILD_TARGETS,
];

const WILD_TARGETS: [&str; 24] = [
    "",
    "@",
    "@@",
    "@/x",
    "/@",
    "/@/@",
    "/a/@x",
    "/a/../@",
    "/.@",
    "/a/.@",
    "/x?@=@&@",
    "/a?@//b",
    "/new#@?@",
    "/a?#@",
    "//@",
    "/to/@;@",
    "https://h.example@",
    "https://h.example@/x",
    "https://h.example@@",
    "https://h.example?@",
    "https://@.example.com",
    "https://@.@.example.com@",
    "http://h@.example.com/@",
    "/to?next=http://x/@",
];

/// Of the value of a header.
const HEADERS: [&[&str]; 2] = [&["v 1", "v @;", "@", "{@}", "^", "@ ^", "of @ }{"], &["", "@@", "é@"]];

fn target(taste: Taste, forms: &[&'static [&'static str]; 2], holes: &Holes) -> BoxedStrategy<Target> {
    let filled = filled(taste, forms, holes);
    if taste == Sound {
        filled
    } else {
        prop_oneof![4 => filled, 1 => target_text(Wild).prop_map(Target::literal)].boxed()
    }
}

/// One of the forms with its holes filled.
fn filled(taste: Taste, [sound, wild]: &[&'static [&'static str]; 2], holes: &Holes) -> BoxedStrategy<Target> {
    let holes = holes.clone();
    let picks = vec(any::<prop::sample::Index>(), 4);
    let filled = (taste.select(sound, wild), picks).prop_filter_map("no such hole", move |(form, picks)| {
        let mut picks = picks.into_iter().cycle();
        holes.put(form, |count| picks.next().map_or(0, |pick| pick.index(count)))
    });
    filled.boxed()
}

// Requests.

/// The facts of a request that owns its texts.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    pub(crate) method: &'static str,
    pub(crate) host: Option<&'static str>,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: Vec<(&'static str, &'static str)>,
    pub(crate) viewer: Viewer<'static>,
    pub(crate) epoch: Option<u64>,
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
            viewer: self.viewer,
            epoch: self.epoch,
            time: self.time.map(Timestamp::from_seconds),
        }
    }
}

/// A table with requests, most of them on the paths of the table.
pub(crate) fn with_requests(taste: Taste, routes: usize) -> impl Strategy<Value = (Sample, Vec<Facts>)> {
    sample(taste, routes).prop_flat_map(|sample| {
        let requests = requests(&sample);
        (Just(sample), requests)
    })
}

fn requests(sample: &Sample) -> impl Strategy<Value = Vec<Facts>> + use<> {
    let known = if sample.paths.is_empty() { vec!["/".to_owned()] } else { sample.paths.clone() };
    let on_table = (select(known), 0..38usize).prop_map(|(path, how)| bend(&path, how));
    let any_path = prop_oneof![path(Wild), "[/a-zA-B0-9.%?#;&=+\u{e7}\u{1}-]{0,12}"];
    let path = prop_oneof![6 => on_table, 1 => any_path];
    let times: Vec<i64> = INSTANTS.iter().flat_map(|at| [at - 1, *at, at + 5]).chain([0]).collect();
    let epochs: Vec<u64> = times.iter().map(|at| u64::try_from(*at).unwrap()).collect();
    let when = (option::weighted(0.3, select(epochs)), option::weighted(0.5, select(times)));
    let method = select(vec!["GET", "GET", "HEAD", "POST", "OPTIONS"]);
    let facts = (method, host(), path, query(), headers(), viewer(), when);
    let facts = facts.prop_map(|(method, host, path, query, headers, viewer, (epoch, time))| Facts {
        method,
        host,
        path,
        query,
        headers,
        viewer,
        epoch,
        time,
    });
    vec(facts, 1..size(30, 200))
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
        12 => format!("/a/..{path}"),
        13 => format!("/promo//..{path}"),
        14 => format!("{path}/%2e%2E/a"),
        15 => format!("/x;y=1/%2e%2E{path}"),
        16 => format!("{path};v=1"),
        17 => path.replace('/', "/;v/"),
        18 => path.replace('/', "/.;x/"),
        19 => format!("{path}&a=b+c;d"),
        20 => path.replace('/', "/..%5c"),
        21 => path.replace('a', "a%2Fb"),
        22 => path.replace('1', "1%zz%2"),
        23 => path.replace('x', "é x"),
        24 => path.replace("promo", "Promo+%C3%a7=1&y"),
        25 => path.replace('b', "b\u{1}\n"),
        26 => path.replace('1', "%2e%2e%2f"),
        27 => format!("{path}/"),
        28 => format!("{path};A=1"),
        29 => path.replace("23", "Pr-12"),
        _ => path.to_owned(),
    }
}

fn host() -> impl Strategy<Value = Option<&'static str>> {
    let names = ["www.example.com", "m.EXAMPLE.com:443", "a.example", "A.Example:443", "b.example.", "c.b.example"];
    let odd = [
        "x.a.example",
        "example",
        ".example",
        "[::1]:80",
        "x_y.b.example",
        "É.example.com",
        "a/b.example:1",
        "..example",
    ];
    let labels = ["Pr-12.example.com", "x.example.com:", "-.b.example.", "a%2e.example", "LONG.b.example"];
    let long = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example.com";
    let all = [names.as_slice(), &names, &odd, &labels, &[long]].concat();
    prop_oneof![1 => Just(None), 9 => select(all).prop_map(Some)]
}

fn query() -> impl Strategy<Value = String> {
    let piece = [
        "k=1",
        "k",
        "k=2",
        "k=on",
        "id=3",
        "id=x",
        "id=on",
        "",
        "id=1=2",
        "z",
        "k=\u{1}",
        "id=12",
        "id=16",
        "k=x",
        "k=\u{e7} `",
        "id=23",
        "id=a/b?c;d+e=f",
        "k=..",
        "k=%2F%2e%2E%zz%2",
        "id=%26x%3D1#y",
        "id=A-b",
        "k=\r\nx: y",
        "id=",
        "k=\\..\\",
    ];
    prop_oneof![Just(String::new()), vec(select(piece.to_vec()), 0..4).prop_map(|pieces| pieces.join("&"))]
}

/// Each fact unknown, one that conditions name, or one that they do not.
fn viewer() -> impl Strategy<Value = Viewer<'static>> {
    let text = |told: Told| match told {
        Told::Country => ["BR", "br", "PT"],
        Told::Cohort => ["early", "late", "late,early"],
        Told::Language => ["es", "ES", "pt-BR"],
    };
    Told::ALL.map(|told| option::weighted(0.67, select(text(told).to_vec()))).prop_map(|texts| {
        Told::ALL.into_iter().zip(texts).fold(Viewer::default(), |viewer, (told, text)| viewer.with(told, text))
    })
}

fn headers() -> impl Strategy<Value = Vec<(&'static str, &'static str)>> {
    let fields = [
        ("X-A", "1"),
        ("x-a", "2"),
        ("x-a", "12"),
        ("X-B", "on"),
        ("x-b", "1"),
        ("cookie", "c=1; d=2"),
        ("Cookie", "c=x;  d=\"1\";e"),
        ("cookie", "c=8; d=on"),
        ("x-a", "a/b?c=d&e;f+g#h"),
        ("X-A", "\u{e7}"),
        ("x-b", "1\r\nx-evil: 1"),
        ("x-b", "..%2f"),
        ("x-a", "pr-12"),
        ("x-b", ""),
        ("cookie", "c=a&b=/..%zz; d=x/Y"),
        ("cookie", "d=\u{e7}\t1; c=%3Bx"),
    ];
    vec(select(fields.to_vec()), 0..4)
}
