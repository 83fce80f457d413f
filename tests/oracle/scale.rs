//! The index at a size where it matters, and on the input that would hurt it most.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crossfade::route::condition::{HostPattern, ValueTest};
use crossfade::route::pattern::{Glob, PathPattern, Segment, Template};
use crossfade::route::{Condition, Fact, Outcome, Request, Table, decide};

use crate::depth::size;
use crate::properties::told;
use crate::walk::{Answer, Oracle};
use crate::workload::{Random, Spread, Workload, definition, keyed_rows};

/// Every seventh route answers for some hosts only, every ninth has a condition on its query.
fn mixed(routes: usize) -> (Workload, Vec<&'static str>) {
    let mut load = Workload::mixed(routes, 11);
    let mut random = Random::new(12);
    let hosts = ["www.example.com", "shop.example.com", "www.example.net", "m.example.org"];
    for (at, route) in load.definition.routes.iter_mut().enumerate() {
        if at % 7 == 0 {
            let host = hosts[random.below(hosts.len())];
            let hosts = vec![HostPattern::Name(host.into()), HostPattern::any_label("example.org")];
            route.conditions.push(Condition { fact: Fact::Host, test: ValueTest::HostIn(hosts) });
        }
        if at % 9 == 0 {
            let test = ValueTest::Equal("1".into());
            route.conditions.push(Condition { fact: Fact::Query("id".into()), test });
        }
    }
    (load, hosts.to_vec())
}

#[test]
fn thousands_of_routes_and_many_more_requests_are_decided_as_by_a_plain_walk() {
    let (mut load, hosts) = mixed(size(2_000, 10_000));
    let paths = load.stream(size(20_000, 100_000), Spread::Zipf);
    let table = Table::compile(load.definition).unwrap();
    let oracle = Oracle::new(table.definition(), &table);
    // The walk is slow, and a path comes with the same facts each time: what it said once is kept.
    let mut known: HashMap<&str, Answer> = HashMap::new();
    for path in &paths {
        let query = if path.len() % 3 == 0 { "x=2&id=1" } else { "" };
        let request = Request { host: Some(hosts[path.len() % hosts.len()]), query, ..Request::get(path) };
        let expected = known.entry(path).or_insert_with(|| oracle.answer(&request));
        assert_eq!(told(&decide(&table, &request)), *expected, "{request:?}");
    }
}

/// Far more than any of these takes; what is quadratic or exponential takes longer.
const LIMIT: Duration = Duration::from_secs(20);

#[test]
fn a_large_table_is_compiled_in_linear_time() {
    let routes = size(30_000, 100_000);
    let start = Instant::now();
    let load = Workload::mixed(routes, 1);
    let table = Table::compile(load.definition).unwrap();
    assert!(start.elapsed() < LIMIT, "{:?}", start.elapsed());
    assert_eq!(table.routes().len(), routes);
}

#[test]
fn a_hostile_path_costs_no_more_than_its_length() {
    let literal = |text: &str| Segment::Literal(text.into());
    let hole = || Segment::Capture("x".into());
    // Every template of eight segments that are `x` or anything: a path of `x` leads to all of them.
    let fork = |bits: usize| {
        let segment = |bit: usize| if bits >> bit & 1 == 0 { literal("x") } else { hole() };
        let segments = (0..8).map(segment).chain([literal("end")]).collect();
        PathPattern::Template(Template { segments, rest: None, takes_bare: false })
    };
    let globs = (0..500).map(|at| PathPattern::Glob(Glob::new(format!("/x/*/y/{at}*"))));
    let deep = PathPattern::Prefix("/x".repeat(1000));
    let table = Table::compile(definition((0..256).map(fork).chain(globs).chain([deep]).collect())).unwrap();
    let rows = ["/x".repeat(999), "/x/y".repeat(2000), "/".repeat(8000), "/y/".repeat(2700)];
    let start = Instant::now();
    for path in &rows {
        for _ in 0..20 {
            assert_eq!(decide(&table, &Request::get(path)).route, None);
        }
    }
    assert!(start.elapsed() < LIMIT, "{:?}", start.elapsed());
    assert_eq!(decide(&table, &Request::get(&"/x".repeat(2000))).route_id(), Some("r-756"));
}

#[test]
fn many_rows_of_a_map_on_one_path_are_told_apart_without_trying_all() {
    let rows = size(50_000, 500_000);
    let literal = |text: &str| Segment::Literal(text.into());
    let page = Template { segments: vec![literal("page.do")], rest: None, takes_bare: false };
    let map = PathPattern::Map(keyed_rows(rows));
    let mut definition = definition(vec![PathPattern::Exact("/page.do".into()), map, PathPattern::Template(page)]);
    let test = ValueTest::Equal("6".into());
    definition.routes[0].conditions = vec![Condition { fact: Fact::Query("id".into()), test }];
    let start = Instant::now();
    let table = Table::compile(definition).unwrap();
    for at in (0..rows).step_by(5) {
        let query = format!("ids=x&lang=de&id={at}&id=x");
        let request = Request { query: &query, ..Request::get("/page.do") };
        let decision = decide(&table, &request);
        assert_eq!(decision.route_id(), Some("r-1"), "{query}");
        let Outcome::Redirect(redirect) = decision.outcome else { panic!("{query}") };
        assert!(redirect.location.to_string().starts_with(&format!("/new/{at}?")), "{}", redirect.location);
    }
    for (query, route) in [("id=6&lang=de", "r-0"), ("id=7", "r-2"), ("", "r-2"), ("id=7&lang=en", "r-2")] {
        let request = Request { query, ..Request::get("/page.do") };
        assert_eq!(decide(&table, &request).route_id(), Some(route), "{query}");
    }
    assert!(start.elapsed() < LIMIT, "{:?}", start.elapsed());
}

#[test]
fn many_routes_on_one_path_are_told_apart_without_trying_all() {
    let patterns = (0..50_000).map(|_| PathPattern::Exact("/page.aspx".into())).collect();
    let mut definition = definition(patterns);
    for (at, route) in definition.routes.iter_mut().enumerate() {
        let fact = [Fact::Query, Fact::Header, Fact::Cookie][at % 3]("id".to_owned());
        route.conditions = vec![Condition { fact, test: ValueTest::Equal(at.to_string()) }];
    }
    let start = Instant::now();
    let table = Table::compile(definition).unwrap();
    for at in (0..50_000).step_by(5) {
        let (text, cookie) = (at.to_string(), format!("a=b; id={at}"));
        let query = format!("ids=x&id={at}&id=x");
        let request = match at % 3 {
            0 => Request { query: &query, ..Request::get("/page.aspx") },
            1 => Request { headers: vec![("ID", &text)], ..Request::get("/page.aspx") },
            _ => Request { headers: vec![("cookie", &cookie)], ..Request::get("/page.aspx") },
        };
        assert_eq!(decide(&table, &request).route_id(), Some(format!("r-{at}").as_str()));
    }
    assert!(start.elapsed() < LIMIT, "{:?}", start.elapsed());
}
