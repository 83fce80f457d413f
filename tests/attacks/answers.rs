//! Answers made at the edge, and what is kept of them: one viewer's answer is never another's.

use crossfade::check::{Loaded, load};
use crossfade::config::MemoryFiles;
use crossfade::requests::DecisionLine;
use crossfade::route::{Request, Table, decide};
use proptest::prelude::*;
use serde_json::Value;

use crate::depth::size;
use crate::random::Taste::Sound;
use crate::random::with_requests;

const HEAD: &str = r#"
schema = 1
default = "legacy"
[canonical]
trailing_slash = "strip"
path_parameters = "strip"
case = "lower"
[cohorts.early]
share_percent = 5
[languages]
offered = ["pt-BR", "en"]
[origins.legacy]
side = "legacy"
type = "custom"
domain = "legacy.example.com"
"#;

fn loaded(body: &str) -> Loaded {
    let files = MemoryFiles::new().with("routes.toml", format!("{HEAD}{body}"));
    load("routes.toml", &files.with("map.csv", "/a,/to\n/loja/x,/to\n"))
}

fn codes(loaded: &Loaded) -> Vec<&str> {
    loaded.diagnostics.iter().map(|found| found.code).collect()
}

/// What is decided of a path by a method, as `decide` writes it.
fn decided(table: &Table, request: &Request<'_>) -> Value {
    serde_json::to_value(DecisionLine(&decide(table, request))).unwrap()
}

/// What the route `a` of a table says of the caching of its answers.
fn cache_control(body: &str) -> String {
    let loaded = loaded(body);
    let found = codes(&loaded).join(" ");
    let table = loaded.table.unwrap_or_else(|| panic!("{found}: {body}"));
    let route = table.routes().iter().find(|route| route.id == "a").expect("it is there");
    route.action.response().expect("it is answered").cache_control.clone()
}

/// Every action that answers at the edge, at `/a`.
const ACTIONS: [&str; 6] = [
    "path = '/a'\nredirect = '/to'\nmethod = 'GET'",
    "path = '/a'\nredirect = '/to'\nstatus = 308\nmethod = 'GET'",
    "redirect_map = 'map.csv'\nmethod = 'GET'",
    "path = '/a'\ngone = true",
    "path = '/a'\nrespond = { status = 200, body = 'ok' }",
    "path = '/a'\nrespond = { status = 404 }",
];

/// What tells viewers of one URL apart.
const PERSONAL: [&str; 9] = [
    "cookie = { s = true }",
    "cookie = { s = false }",
    "cookie = { s = { regex = '^1' } }",
    "header = { x-app = '1' }",
    "header = { accept-language = false }",
    "country = 'BR'",
    "cohort = 'early'",
    "language = 'en'",
    "header = { x-app = '1' }\ncountry = ['BR', 'PT']",
];

/// What does not.
const SHARED: [&str; 5] = [
    "",
    "host = 'www.example.com'",
    "query = { q = true }",
    "from = 2026-11-27T00:00:00Z",
    "host = '*.example.com'\nquery = { q = '1' }\nuntil = 2026-11-27T00:00:00Z",
];

fn route(id: &str, keys: &[&str]) -> String {
    format!("[[route]]\nid = '{id}'\n{}\n", keys.join("\n"))
}

#[test]
fn an_answer_that_depends_on_who_asks_is_kept_for_nobody_unless_the_table_says_so() {
    for action in ACTIONS {
        for facts in SHARED {
            assert_eq!(cache_control(&route("a", &[action, facts])), "public, max-age=300", "{action} {facts}");
        }
        for facts in PERSONAL {
            assert_eq!(cache_control(&route("a", &[action, facts])), "no-store", "{action} {facts}");
            for (said, warned) in [
                ("public, max-age=300", true),
                ("public", true),
                ("max-age=60", true),
                ("S-MaxAge=1", true),
                ("private, max-age=60", false),
                ("no-store", false),
                ("no-cache", false),
                ("max-age=0, must-revalidate", false),
            ] {
                let body = route("a", &[action, facts, &format!("cache_control = '{said}'")]);
                assert_eq!(cache_control(&body), said, "{body}");
                assert_eq!(codes(&loaded(&body)), if warned { vec!["R125"] } else { vec![] }, "{body}");
            }
        }
    }
}

#[test]
fn so_is_one_that_an_earlier_route_may_have_taken_from_another_viewer() {
    let earlier = |path: &str, facts: &str| route("before", &[path, facts, "origin = 'legacy'"]);
    let may = [
        "",
        "path = '/a'",
        "prefix = '/a'",
        "prefix = '/'",
        "path = '/{x}'",
        "path = '/{*x}'",
        "glob = '/*'",
        "glob = '/a*'",
        "regex = 'a'",
        "regex = '^/a'",
        "regex = '^/b|a'",
        "regex = '(?i)^/A$'",
    ];
    let may_not = [
        "path = '/b'",
        "prefix = '/ab'",
        "path = '/a/{x}'",
        "path = '/b/{*x}'",
        "glob = '/b/**'",
        "regex = '^/b'",
        "host = 'm.example.com'",
    ];
    for action in ACTIONS {
        let own = route("a", &[action, "host = 'www.example.com'"]);
        for facts in PERSONAL {
            for path in may {
                assert_eq!(cache_control(&(earlier(path, facts) + &own)), "no-store", "{path} {facts} {action}");
                let after = own.clone() + &earlier(path, facts);
                assert_eq!(cache_control(&after), "public, max-age=300", "after it: {path} {facts} {action}");
            }
        }
        for path in may {
            assert_eq!(cache_control(&(earlier(path, "") + &own)), "public, max-age=300", "{path} {action}");
        }
        // A redirect map has `/loja/x` too, which none of these take.
        for path in may_not {
            assert_eq!(cache_control(&(earlier(path, PERSONAL[0]) + &own)), "public, max-age=300", "{path} {action}");
        }
    }
    let posts = earlier("path = '/a'\nmethod = 'POST'", PERSONAL[0]);
    assert_eq!(cache_control(&(posts.clone() + &route("a", &[ACTIONS[0]]))), "public, max-age=300");
    assert_eq!(cache_control(&(posts + &route("a", &[ACTIONS[3]]))), "no-store");
    // Any row of a map is enough.
    let shop = earlier("prefix = '/loja'", PERSONAL[0]);
    assert_eq!(cache_control(&(shop + &route("a", &[ACTIONS[2]]))), "no-store");
}

#[test]
fn so_is_an_error_and_so_is_a_cookie() {
    for status in (200..=599).filter(|status| !matches!(status, 301 | 302 | 303 | 307 | 308)) {
        let body = route("a", &["path = '/a'", &format!("respond = {{ status = {status} }}")]);
        let kept = status < 400 || status == 404 || status == 410;
        assert_eq!(cache_control(&body), if kept { "public, max-age=300" } else { "no-store" }, "{status}");
        let said = loaded(&(body + "cache_control = 'public, max-age=60'\n"));
        assert_eq!(codes(&said), if kept { vec![] } else { vec!["R125"] }, "{status}");
    }
    for action in ACTIONS {
        for name in ["set-cookie", "Set-Cookie", "SET-COOKIE"] {
            let headers = format!("response_headers = {{ {name} = 'a=1' }}");
            let body = route("a", &[action, &headers]);
            assert_eq!(cache_control(&body), "no-store", "{action} {name}");
            assert_eq!(codes(&loaded(&(body + "cache_control = 'public'\n"))), ["R125"], "{action} {name}");
        }
    }
    let table = loaded("").table.expect("a table");
    let refused = decided(&table, &Request { method: "GET", path: "/x/..;/y", ..Request::default() });
    assert_eq!((&refused["status"], &refused["headers"]["cache-control"]), (&400.into(), &"no-store".into()));
}

#[test]
fn a_redirect_to_itself_is_told_of_and_one_that_ends_is_not() {
    let rows = [
        ("path = '/a'\nredirect = '/a/'", true),
        ("path = '/a'\nredirect = '/A'", true),
        ("path = '/a'\nredirect = '/a?x=1'", true),
        ("path = '/a'\nredirect = '//a'", false), // an error of its own
        ("path = '/{x}'\nredirect = '/{x}/'", true),
        ("prefix = '/a'\nredirect = '/a{rest}/'", true),
        ("prefix = '/a'\nredirect = '/a/b'", true),
        ("glob = '/a/*'\nredirect = '/a/b'", true),
        ("regex = '^/a/'\nredirect = '/a/b'", true),
        ("redirect = '/b'", true),
        ("path = '/a'\nhost = 'www.example.com'\nredirect = 'https://www.example.com/a/'", true),
        ("path = '/a'\nhost = 'm.example.com'\nredirect = 'https://www.example.com/a/'", false),
        ("path = '/a'\nredirect = 'https://www.example.com/a'", true), // where www is answered here too
        ("path = '/a'\nquery = { x = false }\nredirect = '/a?x=1'", false),
        ("path = '/a'\nquery = { x = true }\nredirect = '/a'\nquery_string = 'drop'", false),
        ("path = '/a'\nquery = { x = true }\nredirect = '/a'", true),
        ("path = '/a'\ncookie = { s = false }\nredirect = '/a'\nresponse_headers = { set-cookie = 's=1' }", false),
        ("path = '/a'\ncookie = { s = false }\nredirect = '/a'", true),
        ("path = '/a'\nredirect = '/b'", false),
        ("prefix = '/a'\nredirect = '/b{rest}'", false),
    ];
    for (keys, loops) in rows {
        let found = loaded(&route("a", &[keys, "method = 'GET'"]));
        assert_eq!(codes(&found).contains(&"R166"), loops, "{keys} {:?}", codes(&found));
        // An earlier route that takes the target ends it.
        let before = route("before", &["prefix = '/'", "origin = 'legacy'"]);
        assert!(!codes(&loaded(&(before + &route("a", &[keys, "method = 'GET'"])))).contains(&"R166"), "{keys}");
    }
    // A form that is answered with a page of the same URL.
    let post = "path = '/a'\nredirect = '/a'\nmethod = 'POST'\nstatus = ";
    assert_eq!(codes(&loaded(&route("a", &[&format!("{post}303")]))), [""; 0]);
    assert_eq!(codes(&loaded(&route("a", &[&format!("{post}307")]))), ["R166"]);
}

#[test]
fn a_literal_that_looks_like_a_secret_is_told_of_in_request_headers_too() {
    for (name, warned) in [
        ("authorization", true),
        ("Authorization", true),
        ("cookie", true),
        ("x-api-key", true),
        ("x-origin-verify", true),
        ("x-cms-token", true),
        ("x-shared-secret", true),
        ("x-from", false),
        ("accept-language", false),
    ] {
        for change in ["set", "add"] {
            let headers = format!("request_headers = {{ {change} = {{ {name} = 'Basic eDp5' }} }}");
            let found = loaded(&route("a", &["origin = 'legacy'", &headers]));
            assert_eq!(codes(&found), if warned { vec!["R044"] } else { vec![] }, "{change} {name}");
        }
    }
}

#[test]
fn the_table_that_told_get_and_head_apart_does_not() {
    let table = loaded(
        "[[route]]\nid = 'one'\npath = '/conta'\norigin = 'legacy'\n\
         [[route]]\nid = 'two'\npath = '/conta/{x}'\norigin = 'legacy'\n\
         [[route]]\nid = 'three'\nprefix = '/conta'\nmethod = ['GET']\ngone = true\n",
    );
    let table = table.table.expect("a table");
    for path in ["/conta", "/conta/a", "/conta/a/b", "/x"] {
        let [get, head] =
            ["GET", "HEAD"].map(|method| decided(&table, &Request { method, path, ..Request::default() }));
        assert_eq!(get, head, "{path}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: size(150, 1500), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_table_decides_get_and_head_differently((sample, requests) in with_requests(Sound, 30)) {
        let table = Table::compile(sample.definition).unwrap();
        for facts in &requests {
            let with = |method| decided(&table, &Request { method, ..facts.request() });
            prop_assert_eq!(with("GET"), with("HEAD"), "{:?}", facts);
        }
    }
}
