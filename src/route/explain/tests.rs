//! One small table, its near misses and its winner.

use super::*;
use crate::route::condition::{Conditions, HostPattern, NamedTest, ValueTest};
use crate::route::pattern::{Segment, Template};
use crate::route::query::QueryPolicy;
use crate::route::target::{Part, Target};
use crate::route::{
    About, Action, CustomOrigin, HeaderChanges, OriginAction, Place, Protocol, RedirectAction, ResponseHeaders, Side,
    Timestamp, Varies, Window,
};

fn origin(id: &str, host: HostRule) -> Origin {
    let custom = CustomOrigin {
        host,
        protocol: Protocol::Https,
        port: 443,
        path: String::new(),
        read_timeout: 30,
        keepalive_timeout: 5,
        response_completion_timeout: None,
        ssl_protocols: vec!["TLSv1.2".into()],
    };
    Origin {
        id: id.into(),
        side: Side::Legacy,
        domain: format!("{id}.example"),
        headers: Vec::new(),
        varies: Varies::default(),
        kind: OriginKind::Custom(custom),
    }
}

fn route(id: &str, path: PathPattern, conditions: Conditions, action: Action) -> Route {
    let place = Place { file: 0, line: u32::try_from(id.len()).unwrap() };
    Route { id: id.into(), path, conditions, action, from: None, until: None, place, about: About::default() }
}

fn to(origin: usize, query_string: QueryPolicy) -> Action {
    let request_headers = HeaderChanges::default();
    Action::Origin(OriginAction { origin, rewrite: None, query_string, request_headers })
}

fn named(name: &str, test: ValueTest) -> Vec<NamedTest> {
    vec![NamedTest { name: name.into(), test }]
}

fn table() -> Table {
    let slug =
        Template { segments: vec![Segment::Literal("promo".into()), Segment::Capture("slug".into())], rest: None };
    let redirect = Action::Redirect(RedirectAction {
        target: Target { parts: vec![Part::Literal("/p/".into()), Part::Capture(0)] },
        status: 301,
        query_string: QueryPolicy::Only(vec!["id".into()]),
        response: ResponseHeaders::default(),
    });
    let beta = Conditions { cookies: named("beta", ValueTest::Equal("1".into())), ..Conditions::default() };
    let hosted = Conditions {
        hosts: vec![HostPattern::Name("a.example".into()), HostPattern::AnyLabel("b.example".into())],
        methods: vec!["GET".into()],
        ..Conditions::default()
    };
    let later = Conditions { window: Window { from: Some(1), until: None }, ..Conditions::default() };
    let all = || Conditions::default();
    Table::compile(Definition {
        origins: vec![origin("legacy", HostRule::Viewer), origin("cms", HostRule::Origin)],
        routes: vec![
            route("elsewhere", PathPattern::Exact("/x".into()), all(), to(1, QueryPolicy::Keep)),
            route("hosted", PathPattern::Prefix("/promo".into()), hosted, to(1, QueryPolicy::Keep)),
            route("beta", PathPattern::Any, beta, to(1, QueryPolicy::Keep)),
            route("dated", PathPattern::Any, later, to(1, QueryPolicy::Keep)),
            route("promo", PathPattern::Template(slug), all(), redirect),
            route("rest", PathPattern::Prefix(String::new()), all(), to(0, QueryPolicy::Drop)),
        ],
        instants: vec![Timestamp::from_seconds(10)],
        files: vec!["routes.toml".into()],
        ..Definition::default()
    })
}

#[test]
fn near_misses_winner_and_what_was_read_are_told() {
    let table = table();
    let mut request = Request::get("https://c.example:80/promo//natal?id=1&x=2");
    request.headers = vec![("Cookie", "beta=2; x=1; beta=3")];
    let story = explain(&table, &request);
    assert_eq!(story.path.normal, "/promo/natal");
    let misses: Vec<String> = story
        .candidates
        .iter()
        .map(|candidate| match &candidate.failed {
            Some(miss) => format!("{}: {miss}", candidate.route.route.id),
            None => candidate.route.route.id.clone(),
        })
        .collect();
    assert_eq!(
        misses,
        [
            "hosted: host: wanted `a.example` or `*.b.example`, found `c.example:80`",
            "beta: cookie `beta`: wanted `1`, found `2`, `3`",
            "dated: time: wanted any time, found nothing",
            "promo",
        ]
    );
    let winner = story.winner.unwrap();
    assert_eq!(winner.captured, [("slug".to_owned(), "natal".to_owned())]);
    assert_eq!((story.later_count, story.later[0].route.id.as_str()), (1, "rest"));
    assert_eq!(story.decision.route_id(), Some("promo"));
    let reads = story.reads;
    assert_eq!((reads.host, reads.method, reads.country, reads.time), (true, false, false, true));
    assert_eq!(reads.cookies.into_iter().collect::<Vec<_>>(), ["beta"]);
    assert_eq!(reads.query, QueryRead::Names(["id"].into()));
}

#[test]
fn the_default_reads_the_host_that_it_sends_on_and_the_whole_query() {
    let definition = Definition { routes: Vec::new(), ..table().definition().clone() };
    let table = Table::compile(definition);
    let request = Request::get("https://c.example:80/a?b");
    let story = explain(&table, &request);
    assert_eq!(story.winner, None);
    assert_eq!(story.sent.unwrap().host, "c.example");
    assert_eq!((story.reads.host, story.reads.query), (true, QueryRead::All));
}

#[test]
fn a_route_that_does_not_take_a_request_says_why_wherever_it_stands() {
    let table = table();
    let request = Request::get("/y");
    let why = |at: usize| why_not(&table, &request, &table.routes()[at]).map(|miss| miss.to_string());
    assert_eq!(why(0).as_deref(), Some("path: wanted `/x`, found `/y`"));
    assert_eq!(why(1).as_deref(), Some("path: wanted `/promo`, found `/y`"));
    assert_eq!(why(5), None);
}
