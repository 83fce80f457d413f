//! Every manifest keeps its schema, and the schema keeps out what is not one.

use crossfade::analysis::manifest::{Identity, Manifest, SCHEMA};
use crossfade::check::load;
use crossfade::config::MemoryFiles;
use crossfade::report::json;
use jsonschema::Validator;
use serde_json::{Value, json};

fn schema() -> Validator {
    jsonschema::validator_for(&serde_json::from_str(SCHEMA).unwrap()).unwrap()
}

fn manifest(text: &str) -> Value {
    let loaded = load("routes.toml", &MemoryFiles::from_iter([("routes.toml", text)]));
    let table = loaded.table.unwrap_or_else(|| panic!("{:?}", loaded.diagnostics));
    let identity = Identity { table_hash: "0".repeat(64), build: "0".repeat(16) };
    serde_json::from_str(&json::document(&Manifest::of(&table, identity)).unwrap()).unwrap()
}

const SMALL: &str = "schema = 1\ndefault = 'legacy'\n[origins.legacy]\nside = 'legacy'\ntype = 'custom'\n\
    domain = 'l.example.com'\n";

/// Every key that a manifest can have.
const FULL: &str = r#"
    schema = 1
    default = "legacy"
    [canonical]
    case = "lower"
    trailing_slash = "strip"
    refuse = ["..;"]
    [languages]
    offered = ["pt-BR", "en"]
    cookie = "lang"
    [cohorts.early]
    share_percent = 2.5
    [log]
    sample = 0.01
    [[behavior]]
    path_pattern = "/assets/*"
    configured_origin = "site"
    failover = "legacy"
    [[behavior]]
    path_pattern = "/account/*"
    configured_origin = "legacy"
    caching = "off"
    [[behavior]]
    path_pattern = "/api/*"
    configured_origin = "legacy"
    router = false
    [[behavior]]
    configured_origin = "site"
    [origins.legacy]
    side = "legacy"
    type = "custom"
    domain = "l.example.com"
    host = "viewer"
    path = "/app"
    response_completion_timeout = 60
    headers = { x-verify = { secret = "VERIFY" }, x-tenant = "main" }
    varies = { query = ["q"], cookies = ["lang"], headers = ["accept-language"] }
    [origins.site]
    side = "new"
    type = "s3"
    domain = "site.s3.sa-east-1.amazonaws.com"
    region = "sa-east-1"
    varies = { query = [] }
    [[route]]
    id = "assets"
    path = "/assets/{*rest}"
    origin = "site"
    query_string = ["v"]
    [[route]]
    id = "account"
    path = "/account/{*rest}"
    country = ["BR"]
    origin = "legacy"
    request_headers = { set = { authorization = { secret = "TOKEN" }, x-host = "{host}" }, add = { x-verify-too = { secret = "VERIFY" } } }
    [[route]]
    id = "old"
    path = "/old"
    host = ["www.example.com", "*.example.com"]
    cohort = "early"
    language = "en"
    from = 2026-01-01T00:00:00Z
    query = { id = "1" }
    cookie = { beta = "1" }
    redirect = "/new"
    query_string = "drop"
"#;

#[test]
fn every_manifest_keeps_its_schema() {
    let validator = schema();
    for text in [SMALL, FULL] {
        let manifest = manifest(text);
        let errors: Vec<String> = validator.iter_errors(&manifest).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?} of {manifest:#}");
    }
}

/// What CloudFront must be told for the router to be safe: each row is a place in the manifest and what stands there.
#[test]
fn a_manifest_says_what_a_safe_distribution_needs() {
    let manifest = manifest(FULL);
    let all = ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"];
    let rows = [
        ("/behaviors/0/path_pattern", json!("/assets/*")),
        ("/behaviors/0/ttl_seconds", json!({ "min": 0, "default": 0, "max": 31_536_000, "error_min": 0 })),
        ("/behaviors/0/methods", json!({ "allowed": ["GET", "HEAD", "OPTIONS"], "cached": ["GET", "HEAD"] })),
        ("/behaviors/0/compression", json!({ "gzip": true, "brotli": true })),
        ("/behaviors/0/forwarded/query_strings", json!("all")),
        ("/behaviors/0/first_values", json!({ "cookies": [], "query_strings": [] })),
        ("/behaviors/1/ttl_seconds", json!({ "min": 0, "default": 0, "max": 0, "error_min": 0 })),
        ("/behaviors/1/methods", json!({ "allowed": all, "cached": ["GET", "HEAD"] })),
        ("/behaviors/1/compression", json!({ "gzip": false, "brotli": false })),
        ("/behaviors/1/cache_key", json!({ "headers": [], "cookies": [], "query_strings": { "behavior": "none" } })),
        (
            "/behaviors/1/forwarded",
            json!({
                "headers": { "behavior": "all_viewer", "and": ["cloudfront-viewer-country"] },
                "cookies": { "behavior": "all" },
                "query_strings": "all",
            }),
        ),
        (
            "/behaviors/2",
            json!({
                "path_pattern": "/api/*", "configured_origin": "legacy", "failover": null, "caching": "on",
                "router": false,
            }),
        ),
        ("/behaviors/3/path_pattern", json!(null)),
        ("/behaviors/3/first_values", json!({ "cookies": ["beta"], "query_strings": ["id"] })),
        (
            "/secrets",
            json!([
                { "name": "TOKEN", "used_by": [
                    { "origin": "legacy", "header": "authorization", "route": "account" },
                ] },
                { "name": "VERIFY", "used_by": [
                    { "origin": "legacy", "header": "x-verify" },
                    { "origin": "legacy", "header": "x-verify-too", "route": "account" },
                ] },
            ]),
        ),
        ("/gate/hosts", json!(["*.example.com", "www.example.com"])),
        ("/gate/sends_viewer_host", json!(true)),
        ("/gate/draw", json!({ "cookie": "crossfade-draw", "max_age_seconds": 31_536_000, "domain": null })),
        ("/gate/drop_headers", json!("x-crossfade-")),
        ("/canonical/refuse", json!(["..;"])),
        ("/function/timeout_seconds", json!(5)),
    ];
    for (place, expected) in rows {
        assert_eq!(manifest.pointer(place), Some(&expected), "{place}");
    }
}

#[test]
fn what_tells_the_rows_of_a_map_apart_is_in_the_key_and_comes_once() {
    let top =
        format!("{SMALL}varies = {{ query = ['q'] }}\n[[route]]\nid = 'm'\nredirect_map = 'm.csv'\nmethod = 'GET'\n")
            + "map_query = ['id', 'lang']\nquery_string = 'drop'\n";
    let loaded = load("routes.toml", &MemoryFiles::from_iter([("routes.toml", &*top), ("m.csv", "/p?id=1,/q\n")]));
    let identity = Identity { table_hash: "0".repeat(64), build: "0".repeat(16) };
    let table = loaded.table.unwrap_or_else(|| panic!("{:?}", loaded.diagnostics));
    let manifest: Value = serde_json::from_str(&json::document(&Manifest::of(&table, identity)).unwrap()).unwrap();
    let part =
        |name: &str, routes: &[&str], origins: &[&str]| json!({ "name": name, "routes": routes, "origins": origins });
    let key = [part("id", &["m"], &[]), part("lang", &["m"], &[]), part("q", &[], &["legacy"])];
    assert_eq!(manifest["behaviors"][0]["cache_key"]["query_strings"]["names"], json!(key));
    assert_eq!(manifest["behaviors"][0]["first_values"]["query_strings"], json!(["id", "lang"]));
}

#[test]
fn the_gate_tells_each_host_that_a_route_asks_for_or_writes() {
    let rows = [
        ("host = '{site}.example.com'", json!(["*.example.com"]), false),
        ("path = '/a'\nrewrite = '/{host}'", json!([]), true),
        ("path = '/a'\nrequest_headers = { add = { x-forwarded-host = '{host}' } }", json!([]), true),
        ("path = '/a'", json!([]), false),
    ];
    for (route, hosts, sends) in rows {
        let table = format!("{SMALL}[[route]]\nid = 'a'\norigin = 'legacy'\n{route}\n");
        let gate = &manifest(&table)["gate"];
        assert_eq!((&gate["hosts"], &gate["sends_viewer_host"]), (&hosts, &json!(sends)), "{route}");
    }
}

#[test]
fn what_is_no_manifest_is_kept_out() {
    let validator = schema();
    let whole = manifest(FULL);
    let with = |place: &str, value: Value| {
        let mut manifest = whole.clone();
        *manifest.pointer_mut(place).unwrap_or_else(|| panic!("nothing at {place}")) = value;
        manifest
    };
    let rows = [
        ("/schema", json!(2)),
        ("/behaviors", json!([])),
        ("/behaviors/0/caching", json!("sometimes")),
        ("/behaviors/0/ttl_seconds/min", json!(-1)),
        ("/behaviors/0/methods/cached", json!(["OPTIONS"])),
        ("/behaviors/0/router", json!(false)),
        ("/behaviors/2/router", json!(true)),
        ("/behaviors/3/cache_key/query_strings/behavior", json!("all")),
        ("/origins/0/type", json!("s3")),
        ("/secrets/0/used_by", json!([])),
        ("/secrets/0/used_by/0/route", json!(null)),
        ("/function/include_body", json!(true)),
    ];
    for (place, value) in rows {
        assert!(!validator.is_valid(&with(place, value.clone())), "{place} {value}");
    }
    for key in whole.as_object().unwrap().keys() {
        let mut less = whole.clone();
        less.as_object_mut().unwrap().remove(key);
        assert!(!validator.is_valid(&less), "without {key}");
        let mut more = whole.clone();
        more[format!("{key}-more")] = json!(1);
        assert!(!validator.is_valid(&more), "with {key}-more");
    }
}

/// `docs/manifest.md` speaks of every key.
#[test]
fn every_key_is_documented() {
    let page = include_str!("../docs/manifest.md");
    fn keys(schema: &Value, found: &mut Vec<String>) {
        match schema {
            Value::Object(members) => {
                found.extend(
                    members.get("properties").and_then(Value::as_object).into_iter().flat_map(|it| it.keys().cloned()),
                );
                members.values().for_each(|value| keys(value, found));
            }
            Value::Array(items) => items.iter().for_each(|item| keys(item, found)),
            _ => {}
        }
    }
    let mut all = Vec::new();
    keys(&serde_json::from_str(SCHEMA).unwrap(), &mut all);
    assert!(all.len() > 50, "{all:?}");
    for key in all {
        let is_told =
            page.split('`').skip(1).step_by(2).any(|code| code.split(['.', '[', ']']).any(|part| part == key));
        assert!(is_told, "`{key}`");
    }
}
