//! One decision, for people: `cargo bench --bench decision`. Every case asserts its answer.
//!
//! Names are `area/case/routes`. Read `docs/performance.md` before quoting a figure: ratios travel, nanoseconds do not.

#[allow(dead_code)]
mod workload;

use crossfade::route::condition::ValueTest;
use crossfade::route::pattern::PathPattern;
use crossfade::route::{Condition, Fact, Request, Table, decide};
use divan::counter::ItemsCount;
use divan::{AllocProfiler, Bencher, black_box};
use workload::{Class, Spread, Workload, definition, map, templates};

#[global_allocator]
static ALLOCATIONS: AllocProfiler = AllocProfiler::system();

const ROUTES: [usize; 4] = [100, 1_000, 10_000, 100_000];
const BLOCK: usize = 1_000;

fn main() {
    divan::main();
}

#[divan::bench(name = "decision/exact", args = ROUTES)]
fn exact(bencher: Bencher<'_, '_>, routes: usize) {
    class(bencher, routes, Class::Exact);
}

#[divan::bench(name = "decision/prefix", args = ROUTES)]
fn prefix(bencher: Bencher<'_, '_>, routes: usize) {
    class(bencher, routes, Class::Prefix);
}

#[divan::bench(name = "decision/glob", args = ROUTES)]
fn glob(bencher: Bencher<'_, '_>, routes: usize) {
    class(bencher, routes, Class::Glob);
}

#[divan::bench(name = "decision/regex", args = ROUTES)]
fn regex(bencher: Bencher<'_, '_>, routes: usize) {
    class(bencher, routes, Class::Regex);
}

#[divan::bench(name = "decision/miss", args = ROUTES)]
fn miss(bencher: Bencher<'_, '_>, routes: usize) {
    class(bencher, routes, Class::Miss);
}

#[divan::bench(name = "decision/mixed", args = ROUTES)]
fn mixed(bencher: Bencher<'_, '_>, routes: usize) {
    let mut load = Workload::mixed(routes, 1);
    let paths = load.stream(BLOCK, Spread::Zipf);
    let table = Table::compile(load.definition).unwrap();
    let requests: Vec<_> = paths.iter().map(|path| Request::get(path)).collect();
    run(bencher, &table, &requests);
}

#[divan::bench(name = "decision/template", args = ROUTES)]
fn template(bencher: Bencher<'_, '_>, routes: usize) {
    let (definition, paths) = templates(routes);
    let table = Table::compile(definition).unwrap();
    let requests: Vec<_> = paths.iter().map(|path| Request::get(path)).take(BLOCK).collect();
    assert!(requests.iter().all(|request| decide(&table, request).route.is_some()));
    run(bencher, &table, &requests);
}

#[divan::bench(name = "decision/map", args = ROUTES)]
fn row_of_a_map(bencher: Bencher<'_, '_>, rows: usize) {
    let (definition, paths) = map(rows);
    let table = Table::compile(definition).unwrap();
    let requests: Vec<_> = paths.iter().map(|path| Request::get(path)).take(BLOCK).collect();
    assert!(requests.iter().all(|request| decide(&table, request).route.is_some()));
    run(bencher, &table, &requests);
}

/// One path, told apart by `?id=…`: hashed.
#[divan::bench(name = "decision/query", args = ROUTES)]
fn query(bencher: Bencher<'_, '_>, routes: usize) {
    let table =
        on_one_path(routes, |at| Condition { fact: Fact::Query("id".into()), test: ValueTest::Equal(at.to_string()) });
    let urls: Vec<String> = (0..BLOCK).map(|at| format!("/page.aspx?lang=pt&id={}", at * 97 % routes)).collect();
    let requests: Vec<_> = urls.iter().map(|url| Request::get(url)).collect();
    let expected = |at: usize| format!("r-{}", at * 97 % routes);
    assert!((0..BLOCK).all(|at| decide(&table, &requests[at]).route_id() == Some(expected(at).as_str())));
    run(bencher, &table, &requests);
}

/// The worst table: all routes on one path, told apart by nothing that can be hashed, and none holds. Linear.
#[divan::bench(name = "decision/worst", args = ROUTES)]
fn worst(bencher: Bencher<'_, '_>, routes: usize) {
    let table =
        on_one_path(routes, |at| Condition { fact: Fact::Header(format!("x-{at:05}")), test: ValueTest::Present });
    let requests = [Request { headers: vec![("accept", "*/*")], ..Request::get("/page.aspx") }];
    assert!(decide(&table, &requests[0]).route.is_none());
    run(bencher, &table, &requests);
}

/// A path of 8 KB and thousands of segments, every one of them known to the table.
#[divan::bench(name = "decision/hostile", args = ROUTES)]
fn hostile(bencher: Bencher<'_, '_>, routes: usize) {
    let load = Workload::mixed(routes, 1);
    let table = Table::compile(load.definition).unwrap();
    let path = "/promo/x-12".repeat(8192 / 11);
    let requests = [Request::get(&path)];
    assert!(decide(&table, &requests[0]).route.is_none());
    run(bencher, &table, &requests);
}

fn on_one_path(routes: usize, condition: impl Fn(usize) -> Condition) -> Table {
    let patterns = (0..routes).map(|_| PathPattern::Exact("/page.aspx".into())).collect();
    let mut definition = definition(patterns);
    definition.routes.iter_mut().enumerate().for_each(|(at, route)| route.conditions = vec![condition(at)]);
    Table::compile(definition).unwrap()
}

fn class(bencher: Bencher<'_, '_>, routes: usize, class: Class) {
    let mut load = Workload::mixed(routes, 1);
    let paths: Vec<String> = (0..BLOCK).map(|_| load.path(class, Spread::Zipf)).collect();
    let table = Table::compile(load.definition).unwrap();
    let requests: Vec<_> = paths.iter().map(|path| Request::get(path)).collect();
    for request in &requests {
        assert_eq!(decide(&table, request).route.is_none(), class == Class::Miss, "{}", request.path);
    }
    run(bencher, &table, &requests);
}

fn run(bencher: Bencher<'_, '_>, table: &Table, requests: &[Request<'_>]) {
    bencher
        .counter(ItemsCount::new(requests.len()))
        .bench(|| requests.iter().filter(|request| decide(table, black_box(request)).route.is_some()).count());
}
