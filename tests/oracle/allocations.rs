//! No heap allocation per decision without a capture: counted, on a warm table.

use crossfade::route::canonical::LetterCase;
use crossfade::route::condition::{AnyLabel, HostPattern, ValueTest};
use crossfade::route::pattern::{Glob, PathPattern, Segment, Template};
use crossfade::route::query::QueryPolicy;
use crossfade::route::target::{Hole, Part, Target};
use crossfade::route::{
    Action, Condition, Fact, HeaderChanges, LazyRegex, NormalizeAction, OriginAction, Outcome, Request, RequestHeader,
    ResponseHeaders, Table, Timestamp, Told, VariesQuery, Viewer, Window, decide,
};

use crate::workload::{Class, Spread, Workload, definition, keyed_rows};

/// One route of each kind, and one with every kind of condition.
fn small() -> Table {
    let literal = |text: &str| Segment::Literal(text.into());
    let template =
        Template { segments: vec![literal("t"), Segment::Capture("x".into())], rest: None, takes_bare: false };
    let mut definition = definition(vec![
        PathPattern::Exact("/exact".into()),
        PathPattern::Template(template),
        PathPattern::Prefix("/prefix".into()),
        PathPattern::Glob(Glob::new("/glob/**/*.{js,css}")),
        PathPattern::Regex(LazyRegex::new(r"^/regex/(\d+)$")),
        PathPattern::Prefix("/conditions".into()),
        PathPattern::Prefix("/captured".into()),
        PathPattern::Map(keyed_rows(100)),
    ]);
    let conditions = [
        (Fact::Host, ValueTest::HostIn(vec![HostPattern::any_label("example.com")])),
        (Fact::Method, ValueTest::AnyOf(vec!["GET".into()])),
        (Fact::Query("id".into()), ValueTest::Equal("1".into())),
        (Fact::Header("accept".into()), ValueTest::Regex(LazyRegex::new("html"))),
        (Fact::Cookie("beta".into()), ValueTest::AnyOf(vec!["1".into(), "2".into()])),
        (Fact::Told(Told::Country), ValueTest::AnyOf(vec!["BR".into()])),
        (Fact::Told(Told::Cohort), ValueTest::Equal("early".into())),
        (Fact::Time, ValueTest::Within(Window { from: Some(Timestamp::from_seconds(5)), until: None })),
    ];
    definition.routes[5].conditions = conditions.map(|(fact, test)| Condition { fact, test }).to_vec();
    if let Action::Origin(action) = &mut definition.routes[6].action {
        action.rewrite = Some(Target { parts: vec![Part::Literal("/new".into()), Part::Hole(Hole::Capture(0))] });
        action.query_string = QueryPolicy::Drop;
    }
    Table::compile(definition).unwrap()
}

fn allocations(table: &Table, request: &Request<'_>, route: Option<&str>) -> u64 {
    // The first decisions compile regexes and fill their caches.
    for _ in 0..3 {
        assert_eq!(decide(table, request).route_id(), route, "{}", request.path);
    }
    allocation_counter::measure(|| {
        std::hint::black_box(decide(table, request));
    })
    .count_total
}

#[test]
fn a_decision_without_a_capture_or_a_dot_segment_allocates_nothing() {
    let table = small();
    let all = Request {
        host: Some("WWW.example.com:443"),
        headers: vec![("Accept", "text/html"), ("Cookie", "a=b; beta=2")],
        viewer: Viewer::default().with(Told::Country, Some("BR")).with(Told::Cohort, Some("early")),
        time: Some(Timestamp::from_seconds(7)),
        ..Request::get("/conditions/x?x=y&id=1")
    };
    let long = format!("/none/{}", "x/".repeat(4000));
    let rows = [
        (Request::get("/exact?x=1"), Some("r-0")),
        (Request::get("/t/some"), Some("r-1")),
        (Request::get("/prefix/of/it"), Some("r-2")),
        (Request::get("/glob/a/b/c.js"), Some("r-3")),
        (Request::get("/regex/12"), Some("r-4")),
        (all, Some("r-5")),
        (Request::get("/nothing/of/it"), None),
        (Request::get("//exact/%61/;x"), None),
        (Request::get("//./exact"), Some("r-0")),
        (Request::get(&long), None),
        (Request::get("/page.do?utm=1&lang=de&id=77"), Some("r-7")),
        (Request::get("/page.do?id=77"), None),
    ];
    for (request, route) in rows {
        assert_eq!(allocations(&table, &request, route), 0, "{}", request.path);
    }
    let dots = Request::get("//exact/./%61/../");
    assert_eq!(allocations(&table, &dots, None), 1, "a path with dot segments that is sent on in another form");
    assert!(allocations(&table, &Request::get("/captured/x"), Some("r-6")) > 0, "the counter counts");
}

/// Routes with the keys that a decision without a hole may have.
fn with_lists() -> Table {
    let exact = |text: &str| PathPattern::Exact(text.into());
    let segments = vec![Segment::Literal("list".into()), Segment::Capture("x".into())];
    let template = PathPattern::Template(Template { segments, rest: None, takes_bare: false });
    let prefixes = ["/one", "/two"].map(|text| PathPattern::Prefix(text.into())).to_vec();
    let globs = ["/*/a.js", "/**/b.css"].map(|text| PathPattern::Glob(Glob::new(text))).to_vec();
    let mut definition = definition(vec![
        PathPattern::Prefix("/old".into()),
        PathPattern::AnyOf(vec![exact("/listed"), template, exact("/listed/too/deep")]),
        PathPattern::AnyOf(prefixes),
        PathPattern::AnyOf(globs),
        PathPattern::Prefix("/host".into()),
        PathPattern::Prefix("/headers".into()),
    ]);
    definition.canonical.case = LetterCase::Lower;
    let (query_string, response) = (QueryPolicy::Keep, ResponseHeaders::default());
    definition.routes[0].action = Action::Normalize(NormalizeAction { status: 301, query_string, response });
    let label = HostPattern::AnyLabel(AnyLabel { parent: "example.com".into(), capture: Some("site".into()) });
    definition.routes[4].conditions = vec![
        Condition { fact: Fact::Host, test: ValueTest::HostIn(vec![label]) },
        Condition { fact: Fact::Query("id".into()), test: ValueTest::NoneOf(vec!["1".into(), "2".into()]) },
        Condition { fact: Fact::Cookie("c".into()), test: ValueTest::Regex(LazyRegex::new("^(?<c>.)")) },
    ];
    let value = |text: &str| RequestHeader::literal(text);
    let request_headers = HeaderChanges {
        set: vec![("x-a".into(), value("1")), ("x-token".into(), RequestHeader::Secret("TOKEN".into()))],
        add: vec![("x-b".into(), value("2"))],
        remove: vec!["x-c".into()],
    };
    let query_string = QueryPolicy::Without(vec!["utm".into()]);
    definition.routes[5].action =
        Action::Origin(OriginAction { query_string, request_headers, ..OriginAction::unchanged(0) });
    Table::compile(definition).unwrap()
}

#[test]
fn nor_does_one_of_a_list_nor_one_that_no_hole_is_filled_for() {
    let table = with_lists();
    let of_host = Request {
        host: Some("Pr-12.Example.com."),
        headers: vec![("cookie", "c=xyz")],
        ..Request::get("/host/x?id=3")
    };
    let rows = [
        (Request::get("/listed"), Some("r-1")),
        (Request::get("/list/x"), Some("r-1")),
        (Request::get("/LIST/x"), Some("r-1")),
        (Request::get("/two/x"), Some("r-2")),
        (Request::get("/x/y/b.css"), Some("r-3")),
        (of_host, Some("r-4")),
        (Request::get("/headers/x?a=1&b"), Some("r-5")),
        // Normal already: that route does not take it.
        (Request::get("/old/x"), None),
        (Request::get("/host/x?id=2"), None),
    ];
    for (request, route) in rows {
        assert_eq!(allocations(&table, &request, route), 0, "{}", request.path);
    }
    assert!(allocations(&table, &Request::get("/OLD/x"), Some("r-0")) > 0, "a redirect to another text");
    assert!(allocations(&table, &Request::get("/headers/x?utm=1&b"), Some("r-5")) > 0, "a query that is made");
}

#[test]
fn nor_does_one_whose_query_is_all_in_the_key_or_not_at_all() {
    let mut definition = definition(vec![PathPattern::Exact("/exact".into())]);
    definition.routes[0].action = Action::Origin(OriginAction::unchanged(0));
    for origin in &mut definition.origins {
        origin.varies.query = VariesQuery::Names(vec!["id".into(), "page".into()]);
    }
    let table = Table::compile(definition).unwrap();
    let rows =
        [("/exact?id=1&page=2&id=3", "id=1&page=2&id=3", 0), ("/none?utm=1&x", "", 0), ("/none?utm=1&id=2", "id=2", 1)];
    for (url, kept, expected) in rows {
        let request = Request::get(url);
        let Outcome::Origin(forward) = decide(&table, &request).outcome else { panic!("{url} is sent on") };
        assert_eq!(forward.query_string, kept, "{url}");
        let route = url.starts_with("/exact").then_some("r-0");
        assert_eq!(allocations(&table, &request, route), expected, "{url}");
    }
}

#[test]
fn nor_does_one_on_a_table_of_ten_thousand_routes() {
    let mut load = Workload::mixed(10_000, 5);
    let paths: Vec<String> = [Class::Exact, Class::Prefix, Class::Glob, Class::Regex, Class::Miss]
        .into_iter()
        .flat_map(|class| (0..20).map(|_| load.path(class, Spread::Uniform)).collect::<Vec<_>>())
        .collect();
    let table = Table::compile(load.definition).unwrap();
    for path in &paths {
        let request = Request::get(path);
        let route = decide(&table, &request).route_id().map(str::to_owned);
        assert_eq!(allocations(&table, &request, route.as_deref()), 0, "{path}");
    }
}
