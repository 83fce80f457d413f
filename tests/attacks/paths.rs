//! What is decided is what is sent: no spelling of a path is decided as one thing and read as another by an origin, and
//! nothing that a path captured changes where a target leads.

use std::collections::BTreeMap;

use crossfade::check::load;
use crossfade::config::MemoryFiles;
use crossfade::edge::{Handled, Handler};
use crossfade::route::{Outcome, Request, Table, Timestamp, decide};
use serde_json::{Value, json};

use crate::validator;

/// A guard, rewrites, routes that pass a path on, and a default behind a path of its own.
const ROUTES: &str = r#"
[origins.legacy]
side = "legacy"
type = "custom"
domain = "legacy.example.com"
[origins.cms]
side = "new"
type = "custom"
domain = "cms.example.com"
path = "/prod"
[origins.site]
side = "new"
type = "s3"
domain = "b.s3.amazonaws.com"
[[route]]
id = "manager"
prefix = "/manager"
respond = { status = 403 }
[[route]]
id = "public"
prefix = "/public"
origin = "cms"
rewrite = "/open{rest}"
query_string = "drop"
[[route]]
id = "promo"
path = "/promo/{slug}"
origin = "site"
rewrite = "/promo/{slug}/index.html"
[[route]]
id = "search"
path = "/go/{slug}"
redirect = "https://www.example.com/noticias?id={slug}#{slug}"
method = ["GET", "HEAD"]
[[route]]
id = "moved"
path = "/old/{*rest}"
redirect = "/new/{rest}"
method = ["GET", "HEAD"]
[[route]]
id = "half"
regex = '^/half/(.)(.*)$'
origin = "cms"
rewrite = "/half/{1}-{2}"
[[route]]
id = "account"
path = "/minha-conta"
origin = "legacy"
[[route]]
id = "passed-on"
prefix = "/pass"
origin = "cms"
[[route]]
id = "files"
prefix = "/files"
origin = "site"
"#;

/// Two dots, and one, in every spelling.
const DOUBLE: [&str; 9] = ["..", "%2e%2e", "%2E%2E", "%2e%2E", "%2E%2e", ".%2e", ".%2E", "%2e.", "%2E."];
const SINGLE: [&str; 3] = [".", "%2e", "%2E"];
/// What servers of Java and Windows end a segment with.
const ENDS: [&str; 10] = [";", ";x=1", "%3b", "%3B", "%2f", "%2F", "%5c", "%5C", "\\", "%00"];
/// Where a path can lead: a rewrite, routes that pass it on, the default.
const PLACES: [&str; 6] = ["/public", "/pass", "/files", "/minha-conta", "", "/nothing"];

fn table(canonical: &str, default: &str) -> Table {
    let text = format!("schema = 1\ndefault = \"{default}\"\n[log]\nsample = 1\n[canonical]\n{canonical}\n{ROUTES}");
    let loaded = load("routes.toml", &MemoryFiles::new().with("routes.toml", text));
    loaded.table.unwrap_or_else(|| panic!("{:#?}", loaded.diagnostics))
}

fn request(path: &str) -> Request<'_> {
    Request { method: "GET", path, ..Request::default() }
}

/// A decision in a word or two.
fn told(table: &Table, path: &str) -> String {
    let request = request(path);
    let decision = decide(table, &request);
    let refused = decision.refused.map_or("", |_| "refused: ");
    match &decision.outcome {
        Outcome::Origin(forward) => format!("{refused}{} {}", forward.origin.id, forward.uri.as_str()),
        Outcome::Redirect(redirect) => redirect.location.to_string(),
        Outcome::Respond(respond) => respond.status.to_string(),
    }
}

/// An event at the bucket, at the old site, or at a server that no table knows.
fn event(uri: &str, origin: &str) -> Value {
    let custom = |domain: &str| {
        json!({ "custom": { "domainName": domain, "path": "", "port": 443, "protocol": "https", "readTimeout": 30,
            "keepaliveTimeout": 5, "sslProtocols": ["TLSv1.2"], "customHeaders": {} } })
    };
    let origin = match origin {
        "site" => json!({ "s3": { "domainName": "b.s3.amazonaws.com", "path": "", "customHeaders": {} } }),
        domain => custom(domain),
    };
    json!({ "Records": [{ "cf": { "config": { "eventType": "origin-request", "requestId": "r" }, "request": {
        "clientIp": "203.0.113.1", "method": "GET", "uri": uri, "querystring": "", "headers": {}, "origin": origin,
    } } }] })
}

fn handle(table: &Table, event: &Value) -> (Value, Handled) {
    let handler = Handler::new(table.clone(), BTreeMap::new());
    let handled = handler.handle(event.to_string().as_bytes(), Timestamp::from_seconds(1_790_000_000));
    let answer = handled.answer.clone().expect("an origin-request event is answered");
    assert_eq!(validator::faults(event, &answer), Vec::<String>::new(), "{event}");
    (serde_json::from_slice(&answer).expect("an answer is JSON"), handled)
}

#[test]
fn dots_with_a_strange_end_are_answered_400_wherever_they_would_lead() {
    for parameters in ["keep", "strip"] {
        for default in ["legacy", "cms"] {
            let table = table(&format!("path_parameters = \"{parameters}\""), default);
            for place in PLACES {
                for dots in DOUBLE {
                    for end in ENDS {
                        for path in [format!("{place}/{dots}{end}/manager/html"), format!("{place}/a/{dots}{end}")] {
                            assert_eq!(told(&table, &path), "400", "{parameters} {path}");
                        }
                    }
                }
                for end in ["%5c", "%5C", "\\", "%00"] {
                    let path = format!("{place}/a{end}manager");
                    assert_eq!(told(&table, &path), "400", "{parameters} {path}");
                }
                for slash in ["%2f", "%2F", "%5c", "\\"] {
                    for dots in DOUBLE {
                        let path = format!("{place}/a{slash}{dots}/manager");
                        assert_eq!(told(&table, &path), "400", "{parameters} {path}");
                    }
                }
            }
        }
    }
}

#[test]
fn so_they_are_in_every_event_whatever_it_aims_at() {
    let table = table("", "legacy");
    for origin in ["site", "legacy.example.com", "cms.example.com", "unknown.example.com"] {
        for dots in DOUBLE {
            for end in ENDS {
                let (answer, _) = handle(&table, &event(&format!("/public/{dots}{end}/manager/html"), origin));
                assert_eq!(answer["status"], "400", "{dots}{end} at {origin}");
            }
        }
    }
}

#[test]
fn no_origin_sees_a_dot_segment_in_any_spelling() {
    for default in ["legacy", "cms", "site"] {
        let table = table("", default);
        for dots in DOUBLE {
            let rows = [
                (format!("/{dots}/x"), format!("{default} /x")),
                (format!("/a/{dots}/b"), format!("{default} /b")),
                (format!("/a//{dots}/b"), format!("{default} /b")),
                (format!("/a/{dots}"), format!("{default} /")),
                (format!("/a/b;c/{dots}/d"), format!("{default} /a/d")),
                (format!("/pass/a/{dots}/b"), "cms /pass/b".to_owned()),
                (format!("/files/a/{dots}/b"), "site /files/b".to_owned()),
                (format!("/x/{dots}/minha-conta"), "legacy /minha-conta".to_owned()),
                (format!("/public/a/{dots}/b"), "cms /open/b".to_owned()),
                (format!("/public/{dots}/manager"), "403".to_owned()),
                (format!("/manager//{dots}/x"), format!("{default} /x")),
            ];
            for (path, expected) in rows {
                assert_eq!(told(&table, &path), expected, "{path}");
            }
        }
        for dot in SINGLE {
            let rows = [
                (format!("/a/{dot}/b"), format!("{default} /a/b")),
                (format!("/pass/{dot}"), "cms /pass/".to_owned()),
                (format!("/{dot}/manager"), "403".to_owned()),
            ];
            for (path, expected) in rows {
                assert_eq!(told(&table, &path), expected, "{path}");
            }
        }
    }
}

#[test]
fn nor_in_a_failover_nor_where_the_router_falls_back_to_the_default() {
    let default_first = table("", "legacy");
    // To the handler a bucket that is not configured is a surprise: the request goes to the default.
    let text = format!(
        "schema = 1\ndefault = \"legacy\"\n{ROUTES}\n[[behavior]]\nconfigured_origin = \"site\"\n[origins.locked]\n\
         side = \"new\"\ntype = \"custom\"\ndomain = \"locked.example.com\"\n\
         headers = {{ x-verify = {{ secret = \"NOT_GIVEN\" }} }}\n\
         [[route]]\nid = \"locked\"\nprefix = \"/locked\"\norigin = \"locked\"\n"
    );
    let loaded = load("routes.toml", &MemoryFiles::new().with("routes.toml", text));
    let surprising = loaded.table.unwrap_or_else(|| panic!("{:#?}", loaded.diagnostics));
    for dots in DOUBLE {
        for origin in ["site", "legacy.example.com", "cms.example.com", "unknown.example.com"] {
            let (answer, _) = handle(&default_first, &event(&format!("/x/{dots}/minha-conta"), origin));
            assert_eq!(answer["uri"], "/minha-conta", "{dots} at {origin}");
        }
        let (answer, handled) = handle(&surprising, &event(&format!("/locked/x/{dots}/y"), "site"));
        assert!(handled.summary.is_some_and(|summary| summary.surprise.is_some()));
        assert_eq!(answer["uri"], "/locked/y");
        for end in ENDS {
            let (answer, _) = handle(&surprising, &event(&format!("/locked/{dots}{end}/y"), "site"));
            assert_eq!(answer["status"], "400", "{dots}{end}");
        }
    }
}

#[test]
fn nor_the_end_of_a_path_where_the_router_read_on() {
    let table = table("", "legacy");
    for (uri, sent) in [
        ("/manager#x", "/manager%23x"),
        ("/manager?x", "/manager%3Fx"),
        ("/manager\u{0}x", "/manager%00x"),
        ("/manager\nx", "/manager%0Ax"),
        ("/manager\u{7f}", "/manager%7F"),
    ] {
        let (answer, _) = handle(&table, &event(uri, "legacy"));
        if uri.contains('\u{0}') {
            // What `refuse` names is found after its escapes too.
            assert_eq!(answer["status"], "400", "{uri:?}");
        } else {
            assert_eq!(answer["uri"], sent, "{uri:?}");
        }
    }
}

#[test]
fn a_path_that_grows_too_long_when_its_dots_are_resolved_goes_nowhere() {
    let table = table("", "legacy");
    for origin in ["site", "legacy.example.com", "unknown.example.com"] {
        let (answer, _) = handle(&table, &event(&format!("/pass/../manager;{}", "ç".repeat(3000)), origin));
        assert_eq!(answer["status"], "400", "at {origin}");
        // What has no dots goes as it came.
        let long = format!("/nothing/{}", "ç".repeat(3000));
        let (answer, _) = handle(&table, &event(&long, origin));
        assert_eq!(answer["uri"], long.as_str(), "at {origin}");
    }
}

#[test]
fn what_a_rewrite_makes_is_refused_where_an_origin_could_climb_with_it() {
    // A list of one's own that is empty: nothing is refused as it comes.
    let table = table("refuse = []", "legacy");
    for dots in DOUBLE.into_iter().chain(SINGLE) {
        for end in [";", ";x", "%3b", "%3Bx", "%2f", "%2Fx", "%5c", "\\x"] {
            for before in ["/", "/a%2f", "/a%5C", "/a\\"] {
                let made = told(&table, &format!("/public{before}{dots}{end}/manager"));
                assert!(made.starts_with("refused: legacy /public"), "{before}{dots}{end}: {made}");
            }
            let moved = told(&table, &format!("/old/{dots}{end}/x"));
            assert!(moved.starts_with("refused: legacy /old"), "{dots}{end}: {moved}");
        }
    }
    // Not by the whole path, but by what is made of a part of it.
    let own = self::table(
        "refuse = [\"/open/secret\", \"..;\", \"..%2f\", \"%2f..\", \"..%3b\", \"%00\", \"%5c\"]",
        "legacy",
    );
    assert_eq!(told(&own, "/public/secret/x"), "refused: legacy /public/secret/x");
    assert_eq!(told(&own, "/public/SECRET"), "refused: legacy /public/SECRET");
    assert_eq!(told(&own, "/public/x"), "cms /open/x");
}

#[test]
fn a_target_that_climbs_as_it_is_written_is_an_error() {
    let climbing = ["/a/../b", "/a/./b", "/a/%2e%2E/b", "/a/..;x/b", "/a/..%3bx", "/a%2f..%2fb", "/a%5C..", "/a/.."];
    let head = "schema = 1\ndefault = \"legacy\"\n[origins.legacy]\nside = \"legacy\"\ntype = \"custom\"\n";
    for text in climbing {
        let route =
            |keys: String| format!("{head}domain = \"l.example.com\"\n[[route]]\nid = \"a\"\npath = \"/x\"\n{keys}");
        let rows = [
            (route(format!("origin = \"legacy\"\nrewrite = \"{text}\"")), "R114"),
            (route(format!("redirect = \"{text}\"")), "R114"),
            (route(format!("redirect = \"https://www.example.com{text}\"")), "R114"),
            (format!("{head}domain = \"l.example.com\"\npath = \"{text}\""), "R041"),
        ];
        for (table, code) in rows {
            let loaded = load("routes.toml", &MemoryFiles::new().with("routes.toml", table.as_str()));
            assert!(loaded.table.is_none(), "{table}");
            assert!(loaded.diagnostics.iter().any(|found| found.code == code), "{table}: {:#?}", loaded.diagnostics);
        }
        let map = format!("{head}domain = \"l.example.com\"\n[[route]]\nid = \"a\"\nredirect_map = \"a.csv\"\n");
        let files = MemoryFiles::new().with("routes.toml", map).with("a.csv", format!("/x,{text}\n"));
        assert!(load("routes.toml", &files).diagnostics.iter().any(|found| found.code == "R134"), "{text}");
    }
}

#[test]
fn what_a_path_captured_is_no_delimiter_where_it_is_put() {
    let table = table("", "legacy");
    let rows = [
        ("/go/1&admin=true", "https://www.example.com/noticias?id=1%26admin%3Dtrue#1&admin=true"),
        ("/go/c++", "https://www.example.com/noticias?id=c%2B%2B#c++"),
        ("/go/a;b=c", "https://www.example.com/noticias?id=a%3Bb%3Dc#a;b=c"),
        ("/go/%26%3d%2b%23", "https://www.example.com/noticias?id=%26%3D%2B%23#%26%3D%2B%23"),
        ("/go/a?b#c", "https://www.example.com/noticias?id=a%3Fb%23c#a%3Fb%23c"),
        ("/go/%", "https://www.example.com/noticias?id=%25#%25"),
        (
            "/go/a b\"<>^`{|}",
            "https://www.example.com/noticias?id=a%20b%22%3C%3E%5E%60%7B%7C%7D#a%20b%22%3C%3E%5E%60%7B%7C%7D",
        ),
        ("/old/a/b;c=d&e+f", "/new/a/b;c=d&e+f"),
        ("/old//x", "/new/x"),
        // A regex that cuts an escape in two makes no new one.
        ("/half/%2Fx", "cms /half/%25-2Fx"),
    ];
    for (path, expected) in rows {
        assert_eq!(told(&table, path), expected, "{path}");
    }
}

#[test]
fn a_session_id_in_the_path_hides_no_page_names_no_object_and_is_in_no_log() {
    let strip = table("path_parameters = \"strip\"", "site");
    let rows = [
        ("/minha-conta;jsessionid=S3CRET", "legacy /minha-conta;jsessionid=S3CRET"),
        ("/manager;x/html", "403"),
        ("/;x/manager/html", "403"),
        ("/.;x/manager", "403"),
        ("/promo/natal;jsessionid=S3CRET", "site /promo/natal/index.html"),
        ("/files/a;jsessionid=S3CRET/b", "site /files/a/b"),
        ("/nothing;jsessionid=S3CRET", "site /nothing"),
        ("/pass/a;jsessionid=S3CRET/b", "cms /pass/a;jsessionid=S3CRET/b"),
        ("/go/natal;jsessionid=S3CRET", "https://www.example.com/noticias?id=natal#natal"),
    ];
    for (path, expected) in rows {
        assert_eq!(told(&strip, path), expected, "{path}");
    }
    for parameters in ["keep", "strip"] {
        let table = table(&format!("path_parameters = \"{parameters}\""), "legacy");
        for semicolon in [";", "%3b", "%3B", "%253b", "%25253B"] {
            for path in ["/minha-conta", "/promo/natal", "/files/a", "/pass", "/old/x", "/public/x", "/manager"] {
                for path in [format!("{path}{semicolon}jsessionid=S3CRET"), format!("/a{semicolon}S3CRET{path}")] {
                    let (_, handled) = handle(&table, &event(&path, "site"));
                    assert!(!handled.log.is_empty(), "every decision is logged");
                    assert!(handled.log.iter().all(|line| !line.contains("S3CRET")), "{path}: {:?}", handled.log);
                }
            }
        }
    }
}

#[test]
fn a_location_is_ascii_whatever_the_query() {
    let table = table("", "legacy");
    for (query, expected) in [
        ("q=praça", "/new/x?q=pra%C3%A7a"),
        ("q=a b", "/new/x?q=a%20b"),
        ("q=\"<>\\^`{|}", "/new/x?q=%22%3C%3E%5C%5E%60%7B%7C%7D"),
        ("q=%e7%&r=%", "/new/x?q=%e7%&r=%"),
    ] {
        let mut event = event("/old/x", "site");
        event["Records"][0]["cf"]["request"]["querystring"] = query.into();
        let (answer, _) = handle(&table, &event);
        assert_eq!(answer["headers"]["location"][0]["value"], expected);
    }
    for control in ["\r\nset-cookie: a=b", "\t", "\u{7f}", "\u{85}", "\0"] {
        let mut event = event("/old/x", "site");
        event["Records"][0]["cf"]["request"]["querystring"] = format!("q={control}").into();
        let (answer, _) = handle(&table, &event);
        assert_eq!(answer["status"], Value::Null, "{control:?} is no part of a redirect");
    }
}
