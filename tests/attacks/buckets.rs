//! Buckets: what a viewer writes reaches no bucket, and what is not a bucket is not taken for one.

use std::collections::BTreeMap;

use crossfade::check::{Loaded, load};
use crossfade::config::MemoryFiles;
use crossfade::edge::Handler;
use crossfade::route::{Request, Timestamp, decide};
use serde_json::{Value, json};

use crate::validator;

/// What S3 obeys in a request's query: `GetObject` and `HeadObject` of its API, and the query form of its signatures.
const OBEYED: [&str; 17] = [
    "response-content-type",
    "response-content-disposition",
    "response-content-encoding",
    "response-content-language",
    "response-cache-control",
    "response-expires",
    "versionId",
    "partNumber",
    "acl",
    "tagging",
    "torrent",
    "uploads",
    "list-type",
    "x-id",
    "X-Amz-Algorithm",
    "X-Amz-Signature",
    "Signature",
];

const BUCKET: &str = "site-bucket.s3.sa-east-1.amazonaws.com";

/// A table whose bucket is configured; what is behind its default is in `default`.
fn table(default: &str, more: &str) -> Loaded {
    load("routes.toml", &MemoryFiles::new().with("routes.toml", source(default, more)))
}

fn source(default: &str, more: &str) -> String {
    format!(
        r#"
schema = 1
default = "{default}"
[[behavior]]
configured_origin = "site"
[origins.legacy]
side = "legacy"
type = "custom"
domain = "legacy.example.com"
host = "viewer"
[origins.locked]
side = "new"
type = "custom"
domain = "locked.example.com"
headers = {{ x-verify = {{ secret = "NOT_GIVEN" }} }}
[origins.site]
side = "new"
type = "s3"
domain = "{BUCKET}"
{more}
"#
    )
}

const ROUTES: &str = r#"
[[route]]
id = "plain"
prefix = "/plain"
origin = "site"
[[route]]
id = "rewritten"
prefix = "/rewritten"
origin = "site"
rewrite = "/x{rest}"
[[route]]
id = "kept"
prefix = "/kept"
origin = "site"
query_string = "keep"
[[route]]
id = "some"
prefix = "/some"
origin = "site"
query_string = ["v"]
[[route]]
id = "locked"
prefix = "/locked"
origin = "locked"
"#;

fn codes(loaded: &Loaded) -> Vec<&str> {
    loaded.diagnostics.iter().map(|found| found.code).collect()
}

fn handler(loaded: Loaded) -> Handler {
    let found = codes(&loaded).join(" ");
    Handler::new(loaded.table.unwrap_or_else(|| panic!("{found}")), BTreeMap::new())
}

fn event(uri: &str, query: &str, headers: Value) -> Value {
    let bucket = json!({ "s3": { "domainName": BUCKET, "path": "", "authMethod": "none", "customHeaders": {} } });
    json!({ "Records": [{ "cf": { "config": { "eventType": "origin-request", "requestId": "r" }, "request": {
        "method": "GET", "uri": uri, "querystring": query, "headers": headers, "origin": bucket,
    } } }] })
}

/// The answer to an event, held to the validator.
fn answer(handler: &Handler, event: &Value) -> Value {
    let handled = handler.handle(event.to_string().as_bytes(), Timestamp(0));
    let answer = handled.answer.expect("an answer");
    assert_eq!(validator::faults(event, &answer), Vec::<String>::new(), "{event}");
    serde_json::from_slice(&answer).expect("JSON")
}

#[test]
fn nothing_that_s3_obeys_in_a_query_reaches_a_bucket_unless_the_route_says_so() {
    let by_default = handler(table("site", ROUTES));
    for name in OBEYED {
        for query in [format!("{name}=text/html"), format!("v=1&{name}=a&v=2"), name.to_owned()] {
            // No route; a route without `query_string`; one that rewrites; one whose origin cannot be reached.
            for uri in ["/", "/user/file", "/plain", "/plain/a", "/rewritten/a", "/locked/a"] {
                let answer = answer(&by_default, &event(uri, &query, json!({})));
                assert_eq!(answer["querystring"], "", "{uri}?{query}");
                assert!(answer["origin"]["s3"].is_object(), "{uri}");
            }
            assert_eq!(answer(&by_default, &event("/kept/a", &query, json!({})))["querystring"], query.as_str());
            let some = if query.starts_with("v=") { "v=1&v=2" } else { "" };
            assert_eq!(answer(&by_default, &event("/some/a", &query, json!({})))["querystring"], some);
        }
    }
}

#[test]
fn the_decision_says_what_a_bucket_is_sent() {
    for (default, path, expected) in [
        ("site", "/x", ""),
        ("site", "/plain", ""),
        ("legacy", "/x", "a=1"),
        ("legacy", "/plain", ""),
        ("site", "/kept", "a=1"),
    ] {
        let table = table(default, ROUTES).table.expect("a table");
        let request = Request { method: "GET", path, query: "a=1", ..Request::default() };
        let decision = serde_json::to_value(crossfade::requests::DecisionLine(&decide(&table, &request))).unwrap();
        assert_eq!(decision["query_string"], expected, "{default} {path}");
    }
}

#[test]
fn a_bucket_is_not_told_who_asks_and_is_asked_by_its_own_name() {
    let handler = handler(table("site", ROUTES));
    let hosts =
        ["www.example.com", "WWW.EXAMPLE.COM:443", "legacy.example.com", "site-bucket.s3.amazonaws.com", "", "a b"];
    for (host, uri) in hosts
        .into_iter()
        .flat_map(|host| ["/", "/plain/a", "/rewritten/a", "/kept", "/locked/a"].map(|uri| (host, uri)))
    {
        for (authorization, cookie) in [
            ("authorization", "cookie"),
            ("Authorization", "Cookie"),
            ("AUTHORIZATION", "COOKIE"),
            ("aUTHORIZATION", "cOOKIE"),
        ] {
            let headers = json!({
                "host": [{ "key": "Host", "value": host }],
                authorization: [{ "key": authorization, "value": "Bearer x" }, { "value": "Basic y" }],
                cookie: [{ "key": cookie, "value": "a=1" }],
                "x-other": [{ "value": "1" }],
            });
            let answer = answer(&handler, &event(uri, "", headers));
            let names: Vec<&str> = answer["headers"].as_object().unwrap().keys().map(String::as_str).collect();
            assert_eq!(names, ["host", "x-other"], "{uri} {authorization}");
            assert_eq!(answer["headers"]["host"][0]["value"], BUCKET);
        }
    }
}

#[test]
fn a_bucket_spelled_otherwise_by_the_distribution_is_asked_as_the_distribution_spells_it() {
    let handler = handler(table("legacy", ROUTES));
    let spellings = [
        "site-bucket.s3.amazonaws.com",
        "site-bucket.s3-sa-east-1.amazonaws.com",
        "site-bucket.s3.dualstack.sa-east-1.amazonaws.com",
    ];
    for spelling in spellings {
        let mut to_bucket = event("/plain/a", "", json!({ "host": [{ "value": spelling }] }));
        to_bucket["Records"][0]["cf"]["request"]["origin"]["s3"]["domainName"] = spelling.into();
        assert_eq!(answer(&handler, &to_bucket)["headers"]["host"][0]["value"], spelling);
    }
}

#[test]
fn an_origins_name_is_no_viewers_host_however_a_bucket_is_spelled() {
    let handler = handler(table("legacy", ROUTES));
    let own = "legacy.example.com";
    let rows = [
        (BUCKET, BUCKET, own),
        ("site-bucket.s3.amazonaws.com", "site-bucket.s3.amazonaws.com", own),
        // The header and the event's own block need not agree.
        (BUCKET, "site-bucket.s3.amazonaws.com", own),
        ("site-bucket.s3.amazonaws.com", BUCKET, own),
        (BUCKET, "SITE-BUCKET.S3-sa-east-1.AmazonAWS.com:443", own),
        (BUCKET, "site-bucket.s3.dualstack.sa-east-1.amazonaws.com.", own),
        (BUCKET, "site-bucket.s3-website-sa-east-1.amazonaws.com", own),
        // An origin of the event that the table does not know.
        ("other.s3.amazonaws.com", "other.s3.amazonaws.com", own),
        (BUCKET, "locked.example.com", own),
        (BUCKET, "www.example.com", "www.example.com"),
        (BUCKET, "other.example.com:8443", "other.example.com:8443"),
    ];
    for (block, host, expected) in rows {
        let mut event = event("/elsewhere", "", json!({ "host": [{ "value": host }] }));
        event["Records"][0]["cf"]["request"]["origin"]["s3"]["domainName"] = block.into();
        let answer = answer(&handler, &event);
        assert_eq!(answer["origin"]["custom"]["domainName"], own);
        assert_eq!(answer["headers"]["host"][0]["value"], expected, "{block} {host}");
    }
}

#[test]
fn every_website_endpoint_is_known_by_its_name_and_no_bucket_is_taken_for_one() {
    // Both forms are in use, by region: `WebsiteEndpoints` of the S3 User Guide. Others may come.
    let regions = [
        "us-east-1",
        "us-east-2",
        "us-west-1",
        "us-west-2",
        "af-south-1",
        "ap-east-1",
        "ap-south-1",
        "ap-southeast-1",
        "ap-northeast-1",
        "ap-northeast-3",
        "ca-central-1",
        "eu-central-1",
        "eu-west-1",
        "eu-south-2",
        "il-central-1",
        "me-south-1",
        "mx-central-1",
        "sa-east-1",
        "us-gov-west-1",
        "xx-nowhere-9",
    ];
    let origin = |kind: &str, domain: &str, more: &str| {
        let text = format!("[origins.more]\nside = \"new\"\ntype = \"{kind}\"\ndomain = \"{domain}\"\n{more}\n");
        let loaded = table("legacy", &text);
        codes(&loaded).join(" ")
    };
    for region in regions {
        for bucket in ["b", "www.example.com", "s3-website", "s3-website-x"] {
            for domain in [
                format!("{bucket}.s3-website-{region}.amazonaws.com"),
                format!("{bucket}.s3-website.{region}.amazonaws.com"),
                format!("{bucket}.s3-website.{region}.amazonaws.com.cn"),
            ] {
                assert_eq!(origin("s3", &domain, ""), "R047", "{domain}");
                assert_eq!(origin("custom", &domain, ""), "R049", "{domain}");
                assert_eq!(origin("custom", &domain, "protocol = \"https\""), "R049", "{domain}");
                assert_eq!(origin("custom", &domain, "protocol = \"http\""), "", "{domain}");
            }
            for domain in [
                format!("{bucket}.s3.{region}.amazonaws.com"),
                format!("{bucket}.s3-{region}.amazonaws.com"),
                format!("{bucket}.s3.dualstack.{region}.amazonaws.com"),
                format!("{bucket}.s3.amazonaws.com"),
            ] {
                assert_eq!(origin("s3", &domain, ""), "", "{domain}");
            }
        }
    }
}

#[test]
fn methods_that_write_are_told_of_where_a_route_names_them_for_a_bucket() {
    for (method, writes) in
        [("GET", false), ("OPTIONS", false), ("PUT", true), ("POST", true), ("PATCH", true), ("DELETE", true)]
    {
        for (origin, expected) in [("site", writes), ("legacy", false)] {
            let route = format!("[[route]]\nid = \"a\"\norigin = \"{origin}\"\nmethod = [\"GET\", \"{method}\"]\n");
            let route = if method == "GET" { route.replace("[\"GET\", \"GET\"]", "\"GET\"") } else { route };
            let loaded = table("legacy", &route);
            assert_eq!(codes(&loaded), if expected { vec!["R164"] } else { vec![] }, "{method} {origin}");
        }
    }
    // A route that takes every method is the usual one of static files.
    assert_eq!(codes(&table("site", "[[route]]\nid = \"a\"\norigin = \"site\"\n")), [""; 0]);
}

#[test]
fn an_empty_key_is_refused_wherever_it_comes_from() {
    let rows = [("/", Some("R048")), ("/index.html", None)];
    for (rewrite, expected) in rows {
        let loaded = table("legacy", &format!("[[route]]\nid = \"a\"\norigin = \"site\"\nrewrite = \"{rewrite}\"\n"));
        assert_eq!(codes(&loaded), expected.into_iter().collect::<Vec<_>>(), "{rewrite}");
    }
    let route = "[[route]]\nid = \"a\"\npath = \"/loja/{*rest}\"\norigin = \"site\"\nrewrite = \"/{rest}\"\n";
    for (more, path, expected) in [
        ("", "/loja/", Some("it would be the empty key of a bucket")),
        ("", "/loja/x", None),
        (
            "[origins.deep]\nside = \"new\"\ntype = \"s3\"\ndomain = \"d.s3.amazonaws.com\"\npath = \"/v1\"\n",
            "/loja/",
            None,
        ),
    ] {
        let text =
            if more.is_empty() { route.to_owned() } else { format!("{more}{}", route.replace("\"site\"", "\"deep\"")) };
        let loaded = if more.is_empty() {
            table("legacy", &text)
        } else {
            let text = source("legacy", &text).replace("configured_origin = \"site\"", "configured_origin = \"deep\"");
            load("routes.toml", &MemoryFiles::new().with("routes.toml", text))
        };
        let found = codes(&loaded).join(" ");
        let table = loaded.table.unwrap_or_else(|| panic!("{found}"));
        let request = Request { method: "GET", path, ..Request::default() };
        let refused = decide(&table, &request).refused.map(|refused| refused.why.to_string());
        assert_eq!(refused.as_deref(), expected, "{path}");
    }
    // What the viewer itself asks for is passed on: a default root object is put in before the router runs.
    assert_eq!(answer(&handler(table("site", "")), &event("/", "", json!({})))["uri"], "/");
}

#[test]
fn a_bucket_has_no_headers_of_its_own_and_is_set_none_that_it_is_never_sent() {
    let with = |more: &str| codes(&table("legacy", more)).join(" ");
    let headers = "[origins.more]\nside = \"new\"\ntype = \"s3\"\ndomain = \"m.s3.amazonaws.com\"\nheaders = { x-a = { secret = \"S\" } }\n";
    assert_eq!(with(headers), "R045");
    for name in ["authorization", "Authorization", "cookie", "COOKIE"] {
        for change in ["set", "add"] {
            let route = |origin: &str| {
                format!(
                    "[[route]]\nid = \"a\"\norigin = \"{origin}\"\nrequest_headers = {{ {change} = {{ {name} = \"x\" }} }}\n"
                )
            };
            assert_eq!((with(&route("site")).as_str(), with(&route("legacy")).as_str()), ("R087", "R044"), "{name}");
        }
    }
}
