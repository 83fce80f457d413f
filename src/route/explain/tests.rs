//! One small table, its near misses and its winner.

use super::*;
use crate::route::condition::{Condition, HostPattern, ValueTest};
use crate::route::definition::{Action, Definition, OriginAction, RedirectAction, ResponseHeaders};
use crate::route::fact::Fact;
use crate::route::origin::{HostRule, Origin, OriginKind, Side};
use crate::route::pattern::{Segment, Template};
use crate::route::query::QueryPolicy;
use crate::route::target::{Hole, Part, Target};
use crate::route::{Behavior, BehaviorPattern, Behaviors, Timestamp, Told, Window};

fn origin(id: &str, host: HostRule) -> Origin {
    let mut origin = Origin::custom(id, Side::Legacy, format!("{id}.example"));
    if let OriginKind::Custom(custom) = &mut origin.kind {
        custom.host = host;
    }
    origin
}

fn route(id: &str, path: PathPattern, conditions: Vec<Condition>, action: Action) -> Route {
    let mut route = Route { conditions, ..Route::new(id, path, action) };
    route.place.line = u32::try_from(id.len()).unwrap();
    route
}

fn to(origin: usize, query_string: QueryPolicy) -> Action {
    Action::Origin(OriginAction { query_string, ..OriginAction::unchanged(origin) })
}

fn table() -> Table {
    let slug = Template {
        segments: vec![Segment::Literal("promo".into()), Segment::Capture("slug".into())],
        rest: None,
        takes_bare: false,
    };
    let redirect = Action::Redirect(RedirectAction {
        target: Target { parts: vec![Part::Literal("/p/".into()), Part::Hole(Hole::Capture(0))] },
        status: 301,
        query_string: QueryPolicy::Only(vec!["id".into()]),
        response: ResponseHeaders::default(),
    });
    let beta = vec![Condition { fact: Fact::Cookie("beta".into()), test: ValueTest::Equal("1".into()) }];
    let hosts = vec![HostPattern::Name("a.example".into()), HostPattern::any_label("b.example")];
    let hosted = vec![
        Condition { fact: Fact::Host, test: ValueTest::HostIn(hosts) },
        Condition { fact: Fact::Method, test: ValueTest::AnyOf(vec!["GET".into()]) },
    ];
    let window = Window { from: Some(Timestamp::from_seconds(10)), until: None };
    let later = vec![Condition { fact: Fact::Time, test: ValueTest::Within(window) }];
    let definition = Definition {
        origins: vec![origin("legacy", HostRule::Viewer), origin("cms", HostRule::Origin)],
        routes: vec![
            route("elsewhere", PathPattern::Exact("/x".into()), Vec::new(), to(1, QueryPolicy::Keep)),
            route("hosted", PathPattern::Prefix("/promo".into()), hosted, to(1, QueryPolicy::Keep)),
            route("beta", PathPattern::Any, beta, to(1, QueryPolicy::Keep)),
            route("dated", PathPattern::Any, later, to(1, QueryPolicy::Keep)),
            route("promo", PathPattern::Template(slug), Vec::new(), redirect),
            route("rest", PathPattern::Prefix(String::new()), Vec::new(), to(0, QueryPolicy::Drop)),
        ],
        files: vec!["routes.toml".into()],
        ..Definition::default()
    };
    Table::compile(definition).unwrap()
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
            "beta: cookie `beta`: wanted `1`, found `2`",
            "dated: time: wanted from 1970-01-01T00:00:10Z, found nothing",
            "promo",
        ]
    );
    let winner = story.winner.unwrap();
    assert_eq!(winner.captured, [("slug".to_owned(), "natal".to_owned())]);
    assert_eq!((story.later_count, story.later[0].route.id.as_str()), (1, "rest"));
    assert_eq!(story.decision.route_id(), Some("promo"));
    let reads = story.reads;
    let has = [Fact::Host, Fact::Method, Fact::Told(Told::Country), Fact::Time].map(|fact| reads.has(&fact));
    assert_eq!(has, [true, false, false, true]);
    assert_eq!(reads.names(Fact::Cookie).collect::<Vec<_>>(), ["beta"]);
    assert_eq!(reads.names(Fact::Query).collect::<Vec<_>>(), ["id"]);
    assert!(!reads.has(&Fact::WholeQuery));
}

#[test]
fn the_default_reads_the_host_that_it_sends_on_and_the_whole_query() {
    let definition = Definition { routes: Vec::new(), ..table().definition().clone() };
    let table = Table::compile(definition).unwrap();
    let request = Request::get("https://c.example:80/a?b");
    let story = explain(&table, &request);
    assert_eq!(story.winner, None);
    assert_eq!(story.sent.unwrap().host, "c.example");
    assert!(story.reads.has(&Fact::Host) && story.reads.has(&Fact::WholeQuery));
}

#[test]
fn a_query_that_stood_in_the_way_of_a_redirect_was_read() {
    let definition = Definition {
        origins: vec![Origin::s3("site", Side::New, "site.s3.sa-east-1.amazonaws.com")],
        routes: Vec::new(),
        behaviors: Behaviors {
            by_pattern: vec![(BehaviorPattern::new("/a/*"), Behavior::default())],
            ..Behaviors::default()
        },
        ..table().definition().clone()
    };
    let table = Table::compile(definition).unwrap();
    for (url, is_read) in [("/x?k=1", false), ("/a/../x?k=1", true), ("/a/../x?k=\u{1}", true)] {
        let request = Request::get(url);
        assert_eq!(explain(&table, &request).reads.has(&Fact::WholeQuery), is_read, "{url:?}");
    }
}
