//! What a table expects of itself: which findings an example makes, and what a `[[test]]` shows.

use crossfade::analysis::cases::{ask, run};
use crossfade::check::{Loaded, load};
use crossfade::config::MemoryFiles;
use crossfade::report::Ending;
use crossfade::report::Format;
use crossfade::report::cases::CasesRun;
use crossfade::route::{Request, decide};

const HEAD: &str = r#"
schema = 1
default = "legacy"
[canonical]
case = "lower"
path_parameters = "strip"
[origins.legacy]
side = "legacy"
type = "custom"
domain = "legacy.example.org"
[origins.new]
side = "new"
type = "custom"
domain = "new.example.org"

[[route]]
id = "sale"
path = "/shop/sale"
from = 2026-11-27T00:00:00Z
until = 2026-11-28T00:00:00Z
origin = "new"

[[route]]
id = "shop"
prefix = "/shop"
origin = "new"
"#;

fn loaded(body: &str) -> Loaded {
    load("routes.toml", &MemoryFiles::new().with("routes.toml", format!("{HEAD}{body}")))
}

/// Code and message of every finding, in order.
fn findings(loaded: &Loaded) -> Vec<String> {
    loaded.diagnostics.iter().map(|finding| format!("{} {}", finding.code, finding.message)).collect()
}

#[test]
fn an_example_is_taken_by_its_route_and_a_not_example_is_not() {
    let rows: &[(&str, &str, &[&str])] = &[
        ("a path is taken", "examples = ['/shop/x', '/Shop', 'https://any.example/shop']", &[]),
        ("another path is not", "not_examples = ['/shops', '/']", &[]),
        ("nothing takes it", "examples = ['/shops']", &["R143 example `/shops` of `shop` is taken by no route"]),
        (
            "it is taken after all",
            "not_examples = ['/shop/x?y']",
            &["R144 `shop` takes `/shop/x?y`, one of its `not_examples`"],
        ),
        (
            "an earlier route takes it",
            "examples = [{ url = '/shop/sale', time = 2026-11-27T12:00:00Z }]",
            &["R143 example `GET /shop/sale (at 2026-11-27T12:00:00Z)` of `shop` is taken by `sale`"],
        ),
        ("the earlier route is not live", "examples = [{ url = '/shop/sale', time = '2026-11-26T23:59:59Z' }]", &[]),
        (
            "it depends on the time",
            "examples = ['/shop/sale']",
            &["R142 example `/shop/sale` needs a `time`: its answer changes over time"],
        ),
        ("that it never takes it needs no time", "not_examples = ['/other/sale']", &[]),
        (
            "facts are filled from the route",
            "method = ['GET', 'HEAD']\ncookie = { b = '1' }\ncountry = 'BR'\nhost = '*.example.org'\nheader = { x-a = { regex = '^v[0-9]$' } }\nexamples = ['/shop/x']",
            &[],
        ),
        ("a fact that is given stays", "country = 'BR'\nnot_examples = [{ url = '/shop/x', country = 'PT' }]", &[]),
        (
            "a cookie field is given whole",
            "cookie = { b = '1' }\nnot_examples = [{ url = '/shop/x', headers = { cookie = 'c=1' } }]",
            &[],
        ),
        ("a URL gives its host", "host = 'a.example.org'\nnot_examples = ['https://b.example.org/shop']", &[]),
        ("a URL gives its query", "query = { q = true }\nexamples = ['/shop?q']\nnot_examples = ['/shop']", &[]),
        (
            "a refused path reaches no route",
            "examples = ['/shop/%00']",
            &["R143 example `/shop/%00` of `shop` is refused by `[canonical] refuse`"],
        ),
        (
            "a request that is none",
            "examples = ['shop', { url = '/shop', time = 2026-11-27T12:00:00 }, { method = 'GET' }]",
            &[
                "R140 `shop` is neither a URL nor a path: write `https://shop` if it begins with a host, `/shop` if it is a path",
                "R071 `time` has no offset",
                "R005 a request of `examples` needs `url`",
            ],
        ),
    ];
    for (name, body, expected) in rows {
        let loaded = loaded(body);
        let mut found = findings(&loaded);
        let mut expected: Vec<String> = expected.iter().map(ToString::to_string).collect();
        found.sort();
        expected.sort();
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn a_failing_example_leaves_the_table_and_another_error_does_not() {
    let rows = [
        ("examples = ['/x']", true),
        ("not_examples = ['/shop']", true),
        ("examples = ['/shop/sale']", false),
        ("examples = ['x']", false),
        ("method = 'HEAD'", false),
    ];
    for (body, is_there) in rows {
        assert_eq!(loaded(body).table.is_some(), is_there, "{body}");
    }
}

#[test]
fn a_test_names_only_what_the_table_has() {
    let rows: &[(&str, &[&str])] = &[
        ("{ route = 'shop', origin = 'new', action = 'origin', uri = '/shop', query_string = '' }", &[]),
        ("{ route = false, origin = 'legacy' }", &[]),
        ("{ route = 'shpo' }", &["R141 the table has no route `shpo`"]),
        ("{ origin = 'old' }", &["R141 the table has no origin `old`"]),
        ("{ route = true }", &["R006 `route` must be a text, or `false` for none, not a boolean"]),
        ("{ action = 'gone' }", &["R007 `action` cannot be `gone`"]),
        ("{ status = '301' }", &["R006 `status` must be a whole number, not a text"]),
        ("{ status = 99 }", &["R008 `status` must be 200 to 599"]),
        ("{ headers = { x-a = false, x-b = '1' }, removed_headers = ['x-c'] }", &[]),
        ("{ refused = { route = 'shop', why = 'because' } }", &[]),
        ("{ refused = { route = 'shpo' } }", &["R141 the table has no route `shpo`"]),
        (
            "{ route = 'shpo', status = 'x' }",
            &["R141 the table has no route `shpo`", "R006 `status` must be a whole number, not a text"],
        ),
        ("{ body = 'ok' }", &["R004 `expect` has no key `body`"]),
        ("{}", &["R010 `expect` is empty"]),
    ];
    for (expect, expected) in rows {
        let loaded = loaded(&format!("[[test]]\nrequest = 'GET /shop'\nexpect = {expect}"));
        assert_eq!(findings(&loaded), *expected, "{expect}");
    }
}

#[test]
fn a_test_shows_what_was_expected_and_what_came() {
    let rows = [
        ("GET /shop/x?y", "{ route = 'shop', query_string = 'y', status = false }", "[]"),
        ("GET /", "{ route = false, origin = 'legacy' }", "[]"),
        ("GET /", "{ route = 'shop' }", r#"[{"key":"route","expected":"shop","actual":null}]"#),
        ("GET /shop", "{ route = false }", r#"[{"key":"route","expected":false,"actual":"shop"}]"#),
        (
            "GET /shop",
            "{ origin = 'legacy', headers = { x-a = '1' } }",
            r#"[{"key":"origin","expected":"legacy","actual":"new"},{"key":"headers.x-a","expected":"1","actual":null}]"#,
        ),
        ("GET /%00", "{ action = 'respond', status = 400, headers = { Cache-Control = 'no-store' } }", "[]"),
    ];
    for (request, expect, differences) in rows {
        let loaded = loaded(&format!("[[test]]\nrequest = '{request}'\nexpect = {expect}"));
        let (table, asked) = (loaded.table.expect("a table"), ask(&loaded.cases));
        let results = run(&table, &asked);
        let [case] = results.cases.as_slice() else { panic!("{request}: one case") };
        assert_eq!(serde_json::to_string(&case.differences).unwrap(), differences, "{request} {expect}");
        assert_eq!((results.passed, results.failed), if case.passed { (1, 0) } else { (0, 1) }, "{request}");
    }
}

#[test]
fn the_results_are_one_document() {
    let loaded = loaded("cookie = { b = '1' }\nexamples = ['/shops']\nnot_examples = ['/shop/x']");
    let (table, asked) = (loaded.table.expect("a table"), ask(&loaded.cases));
    let results = CasesRun { results: &run(&table, &asked), table: "routes.toml", ending: Ending::Told };
    let document = Format::Json.answer(&results, 80).unwrap();
    let expected = serde_json::json!({
        "schema": 1, "passed": 0, "failed": 2,
        "cases": [
            {
                "kind": "example", "file": "routes.toml", "line": 28, "of": "shop", "name": "/shops",
                "request": { "url": "/shops", "headers": { "cookie": "b=1" } },
                "passed": false,
                "differences": [{ "key": "route", "expected": "shop", "actual": null }],
                "why": "its path, in normal form `/shops`, does not match",
                "decision": {
                    "schema": 1, "route": null, "action": "origin", "origin": "legacy", "uri": "/shops", "query_string": ""
                },
            },
            {
                "kind": "not_example", "file": "routes.toml", "line": 29, "of": "shop", "name": "/shop/x",
                "request": { "url": "/shop/x", "headers": { "cookie": "b=1" } },
                "passed": false,
                "differences": [{ "key": "route", "expected": { "not": "shop" }, "actual": "shop" }],
                "decision": {
                    "schema": 1, "route": "shop", "action": "origin", "origin": "new", "uri": "/shop/x", "query_string": ""
                },
            },
        ],
    });
    assert_eq!(serde_json::from_str::<serde_json::Value>(&document).unwrap(), expected);
}

#[test]
fn get_takes_head_and_head_alone_is_an_error() {
    let gone = |methods: &str| loaded(&format!("[[route]]\nid = 'a'\npath = '/a'\ngone = true\nmethod = {methods}\n"));
    let alone = vec!["R163 HEAD cannot be taken without GET".to_owned()];
    let rows = [
        ("'GET'", vec![], "GET HEAD"),
        ("['GET', 'HEAD']", vec![], "GET HEAD"),
        ("['HEAD', 'GET']", vec![], "GET HEAD"),
        ("['POST', 'GET']", vec![], "GET HEAD POST"),
        ("'POST'", vec![], "POST"),
        ("'HEAD'", alone.clone(), ""),
        ("['HEAD', 'POST', 'OPTIONS']", alone, ""),
    ];
    for (methods, expected, taken) in rows {
        let loaded = gone(methods);
        assert_eq!(findings(&loaded), expected, "{methods}");
        let takes = |method: &&str| {
            let request = Request { method, path: "/a", ..Request::default() };
            loaded.table.as_ref().is_some_and(|table| decide(table, &request).route_id() == Some("a"))
        };
        let all = ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE", "get", "head"];
        assert_eq!(all.into_iter().filter(takes).collect::<Vec<_>>().join(" "), taken, "{methods}");
    }
}

#[test]
fn redirects_that_lose_a_method_are_told_of_once() {
    let redirect = |id: &str, keys: &str| format!("[[route]]\nid = '{id}'\npath = '/{id}'\nredirect = '/to'\n{keys}\n");
    let r161 = "R161 redirects with status 301 or 302 take more than GET and HEAD: ";
    let rows = [
        (redirect("a", "method = ['GET', 'HEAD']"), vec![]),
        (redirect("a", "status = 308\nmethod = ['GET', 'HEAD', 'POST']"), vec![]),
        (redirect("a", ""), vec![format!("{r161}`a`")]),
        (redirect("a", "method = ['GET', 'HEAD', 'POST']"), vec![format!("{r161}`a`")]),
        (
            ["a", "b", "c", "d", "e"].map(|id| redirect(id, "status = 301")).concat(),
            vec![format!("{r161}`a`, `b`, `c`, 2 more")],
        ),
        (redirect("a", "status = 307"), vec!["R162 redirects take OPTIONS: `a`".to_owned()]),
    ];
    for (body, expected) in rows {
        assert_eq!(findings(&loaded(&body)), expected, "{body}");
    }
}
