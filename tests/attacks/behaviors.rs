//! A3: a behavior whose origin is any other origin of the table turned the router off without a word. An event is a
//! failover where the table says so and nowhere else; and no spelling of a path is decided in another behavior than the
//! one that CloudFront has it in.

use std::collections::BTreeMap;

use crossfade::check::load;
use crossfade::config::MemoryFiles;
use crossfade::edge::{Handled, Handler, Summary};
use crossfade::route::canonical::PathParameters;
use crossfade::route::{Behavior, Canonical, Outcome};
use crossfade::route::{BehaviorPattern, Behaviors, Definition, Origin, Request, Side, Table, Timestamp, Url, decide};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::placement::{Distributed, distributed, misplaced, place, places, spellings, takes};
use crate::validator;

const SECRET: &str = "correct-horse-battery-staple";

/// Three servers, two of them with a secret, and a bucket; a route of every kind under each behavior's folder.
const REST: &str = r#"
[canonical]
refuse = ["..;"]
[origins.legacy]
side = "legacy"
type = "custom"
domain = "legacy-alb.example.com"
host = "viewer"
headers = { x-origin-verify = { secret = "VERIFY" } }
[origins.cms]
side = "new"
type = "custom"
domain = "cms.example.com"
headers = { x-cms-verify = { secret = "VERIFY" } }
[origins.api]
side = "new"
type = "custom"
domain = "api.example.com"
path = "/live"
[origins.site]
side = "new"
type = "s3"
domain = "site-bucket.s3.sa-east-1.amazonaws.com"
region = "sa-east-1"
[[route]]
id = "guard"
regex = '/manager/'
respond = { status = 403 }
[[route]]
id = "moved"
regex = '/old$'
redirect = "/new"
[[route]]
id = "to-cms"
regex = '/cms/'
origin = "cms"
"#;

const ORIGINS: [&str; 4] = ["legacy", "cms", "api", "site"];

/// Tables of one behavior to five: each pair of a configured origin and a failover, without and with one.
fn tables() -> Vec<Table> {
    let folders = ["/a/*", "/b/*", "/c/*", "*.pdf"];
    let mut tables = Vec::new();
    for count in 1..=5 {
        for shift in 0..4 {
            let mut text = "schema = 1\ndefault = \"legacy\"\n".to_owned();
            for at in 0..count {
                text += "[[behavior]]\n";
                if at + 1 < count {
                    text += &format!("path_pattern = \"{}\"\n", folders[at]);
                }
                text += &format!("configured_origin = \"{}\"\n", ORIGINS[(at + shift) % 4]);
                if at % 2 == 1 {
                    text += &format!("failover = \"{}\"\n", ORIGINS[(at + shift + 1) % 4]);
                }
            }
            tables.push(table(&(text + REST)));
        }
    }
    tables
}

fn table(text: &str) -> Table {
    let loaded = load("routes.toml", &MemoryFiles::new().with("routes.toml", text));
    loaded.table.unwrap_or_else(|| panic!("{text}\n{:#?}", loaded.diagnostics))
}

fn handler(table: &Table) -> Handler {
    Handler::new(table.clone(), BTreeMap::from([("VERIFY".to_owned(), SECRET.to_owned())]))
}

/// An origin as an event has it, with its own headers.
fn block(id: &str) -> Value {
    let custom = |domain: &str, path: &str, header: &str| {
        let headers =
            if header.is_empty() { json!({}) } else { json!({ header: [{ "key": header, "value": SECRET }] }) };
        json!({ "custom": { "domainName": domain, "path": path, "port": 443, "protocol": "https", "readTimeout": 30,
                            "keepaliveTimeout": 5, "sslProtocols": ["TLSv1.2"], "customHeaders": headers } })
    };
    match id {
        "legacy" => custom("legacy-alb.example.com", "", "x-origin-verify"),
        "cms" => custom("cms.example.com", "", "x-cms-verify"),
        "api" => custom("api.example.com", "/live", ""),
        "site" => {
            json!({ "s3": { "domainName": "site-bucket.s3.sa-east-1.amazonaws.com", "path": "", "region": "sa-east-1",
                                  "authMethod": "none", "customHeaders": {} } })
        }
        other => custom(other, "", ""),
    }
}

fn event(uri: &str, origin: &Value) -> Value {
    let forged = json!([{ "key": "x-origin-verify", "value": "forged" }]);
    json!({ "Records": [{ "cf": { "config": { "eventType": "origin-request", "requestId": "r" }, "request": {
        "clientIp": "203.0.113.178", "method": "GET", "uri": uri, "querystring": "q=1", "origin": origin,
        "headers": { "x-origin-verify": forged, "x-crossfade-host": [{ "value": "www.example.com" }] },
    } } }] })
}

fn ask(handler: &Handler, event: &Value) -> (Summary, Value, Vec<String>) {
    let Handled { answer, log, summary } = handler.handle(event.to_string().as_bytes(), Timestamp::from_seconds(0));
    let answer = answer.expect("an answer");
    assert_eq!(validator::faults(event, &answer), Vec::<String>::new(), "{event}");
    let errors = log.into_iter().filter(|line| line.contains(r#""level":"error""#)).collect();
    (summary.expect("decided"), serde_json::from_slice(&answer).expect("JSON"), errors)
}

#[test]
fn an_event_is_a_failover_where_the_table_says_so_and_nowhere_else() {
    let mut failovers = 0;
    for table in tables() {
        let described = distributed(table.definition());
        let patterns: Vec<&str> = described.iter().filter_map(|behavior| behavior.pattern.as_deref()).collect();
        for folder in ["/a/x", "/b/x", "/c/x", "/d/x", "/x.pdf"] {
            let behavior = &described[places(&patterns, folder, false)[0]];
            for origin in ["legacy", "cms", "api", "site", "unknown.example.com"] {
                let case = format!("{folder} at {origin} of {behavior:?}");
                failovers += usize::from(judge(&handler(&table), (folder, origin), behavior, &case));
            }
        }
    }
    assert!(failovers > 20, "{failovers}");
}

/// Whether the event is a failover; judges all that must hold of it.
fn judge(handler: &Handler, (folder, origin): (&str, &str), behavior: &Distributed, case: &str) -> bool {
    let block = block(origin);
    let aimed = block["custom"]["domainName"].as_str().or(block["s3"]["domainName"].as_str()).expect("a domain");
    let is_configured = Some(&behavior.configured) == place(&block).as_ref();
    let is_failover = behavior.failover.is_some() && behavior.failover == place(&block);
    let of = |inside: &str| event(&format!("{}{inside}", folder.trim_end_matches(".pdf")), &block);
    let of = |inside: &str| if folder.ends_with(".pdf") { event(&format!("{inside}.pdf"), &block) } else { of(inside) };

    let (summary, answer, errors) = ask(handler, &of("/y"));
    assert_eq!(summary.action.name() == "failover", is_failover, "{case}");
    assert_eq!(errors.len(), usize::from(!is_configured && !is_failover), "{case}: {errors:?}");
    for line in &errors {
        let line: Value = serde_json::from_str(line).expect("JSON");
        let pattern = behavior.pattern.as_deref().unwrap_or("default");
        assert_eq!((&line["kind"], &line["origin_domain"]), (&"disagreement".into(), &aimed.into()), "{case}");
        assert_eq!(line["behavior"], pattern, "{case}");
        assert!(!line.to_string().contains(SECRET));
    }
    if !is_failover {
        // The default is `legacy`: with its secret, and without a viewer's.
        assert_eq!(summary.origin.as_deref(), Some("legacy"), "{case}");
        let verify = &answer["origin"]["custom"]["customHeaders"]["x-origin-verify"][0]["value"];
        assert_eq!((verify, answer["headers"].get("x-origin-verify")), (&SECRET.into(), None), "{case}");
    }
    let rows = [("/..;/y", "400", "400"), ("/manager/html", "403", "failover"), ("/old", "302", "failover")];
    for (inside, decided, in_failover) in
        rows.into_iter().filter(|(inside, ..)| !inside.ends_with("old") || !folder.ends_with(".pdf"))
    {
        let (summary, answer, errors) = ask(handler, &of(inside));
        let expected = if is_failover { in_failover } else { decided };
        let found = answer["status"].as_str().unwrap_or(summary.action.name());
        assert_eq!(found, expected, "{case}: {inside}");
        assert_eq!(errors, Vec::<String>::new(), "{case}: it is said once");
    }
    is_failover
}

/// Paths under patterns, and what a viewer may make of them.
fn spelt() -> Vec<String> {
    let plain =
        ["/assets/x", "/assets/manager/x", "/api/x", "/x", "/x.pdf", "/assets", "/Assets/x", "/assets;j=1/x", "/"];
    let bends: [fn(&str) -> String; 16] = [
        str::to_owned,
        |path| format!("/{path}"),
        |path| path.replace('/', "//"),
        |path| path.replace('a', "%61"),
        |path| path.replace('s', "%73"),
        |path| path.replacen('/', "/%2e/", 1),
        |path| format!("{path}/.."),
        |path| format!("{path}/../../x"),
        |path| format!("/assets/..{path}"),
        |path| format!("/assets/%2E%2e{path}"),
        |path| format!("/assets/.%2e{path}"),
        |path| format!("/api/../{path}"),
        |path| format!("/api//..{path}"),
        |path| format!("/..{path}"),
        |path| path.replace('/', "\\"),
        |path| path.replace('/', "%2f"),
    ];
    plain
        .iter()
        .flat_map(|path| bends.map(|bend| bend(path)))
        .map(|path| if path.starts_with('/') { path } else { format!("/{path}") })
        .collect()
}

#[test]
fn no_spelling_of_a_path_is_decided_in_another_behavior_than_its_own() {
    let behaviors = "schema = 1\ndefault = \"legacy\"\n\
        [[behavior]]\npath_pattern = \"/assets/*\"\nconfigured_origin = \"site\"\nfailover = \"cms\"\n\
        [[behavior]]\npath_pattern = \"/api/*\"\nconfigured_origin = \"api\"\nrouter = false\n\
        [[behavior]]\npath_pattern = \"*.pdf\"\nconfigured_origin = \"cms\"\n\
        [[behavior]]\nconfigured_origin = \"legacy\"\n";
    let table = table(&format!("{behaviors}{REST}"));
    let described = distributed(table.definition());
    let patterns: Vec<&str> = described.iter().filter_map(|behavior| behavior.pattern.as_deref()).collect();
    let handler = handler(&table);
    let mut redirected = 0;
    for path in spelt() {
        let places = places(&patterns, &path, false);
        // CloudFront may match any of them, and aims at what it has there.
        for found in places {
            let at = &described[found];
            let id = ORIGINS.iter().find(|id| place(&block(id)).as_ref() == Some(&at.configured)).expect("an origin");
            let event = event(&path, &block(id));
            let (summary, answer, errors) = ask(&handler, &event);
            let agrees = places.iter().all(|other| *other == found);
            let is_answered = answer.get("status").is_some_and(|status| status == "308" || status == "400");
            assert!(agrees || is_answered, "{path} in {at:?} and others became {answer}");
            assert!(errors.is_empty() || !at.is_routed, "{path} in {at:?}: {errors:?}");
            assert_ne!(summary.action.name(), "failover", "{path}");
            assert_eq!(misplaced(&described, &event, answer.to_string().as_bytes()), Vec::<String>::new());
            redirected += usize::from(answer["status"] == "308");
        }
    }
    assert!(redirected > 50, "{redirected}");
}

/// The default is a bucket that is configured on another behavior alone: `check` may refuse such a table, the edge has to
/// live with it.
#[test]
fn a_default_that_no_event_can_reach_leaves_the_request_where_it_aims() {
    let sound = table(&format!(
        "schema = 1\ndefault = \"legacy\"\n[[behavior]]\npath_pattern = \"/assets/*\"\nconfigured_origin = \"site\"\n\
         [[behavior]]\nconfigured_origin = \"legacy\"\n{REST}"
    ));
    let site = sound.definition().origins.iter().position(|origin| origin.id == "site").expect("a bucket");
    let table = Table::compile(Definition { default: site, ..sound.definition().clone() }).expect("a table");
    let handler = handler(&table);
    for origin in ["legacy", "cms", "unknown.example.com"] {
        let event = event("/x", &block(origin));
        // The validator of `ask` sees to it that no header comes twice.
        let (summary, answer, _) = ask(&handler, &event);
        assert_eq!((summary.action.name(), summary.origin), ("unchanged", None), "{origin}");
        assert!(summary.surprise.is_some_and(|why| why.contains("`site`")), "{origin}");
        let request = &event["Records"][0]["cf"]["request"];
        assert_eq!((&answer["origin"], &answer["uri"]), (&request["origin"], &request["uri"]), "{origin}");
    }
    let (summary, ..) = ask(&handler, &event("/assets/x", &block("site")));
    assert_eq!((summary.action.name(), summary.origin.as_deref()), ("origin", Some("site")));
}

#[test]
fn a_table_with_one_behavior_redirects_no_spelling() {
    let table =
        table(&format!("schema = 1\ndefault = \"legacy\"\n[[behavior]]\nconfigured_origin = \"legacy\"\n{REST}"));
    for path in spelt() {
        let decision = decide(&table, &Request { method: "GET", path: &path, ..Request::default() }).placed;
        assert_eq!(decision, None, "{path}");
    }
}

#[test]
fn a_parameter_hides_no_behavior_from_the_routes() {
    let table = "schema = 1\ndefault = \"legacy\"\n[canonical]\npath_parameters = \"strip\"\n\
        [[behavior]]\npath_pattern = \"/conta/*\"\nconfigured_origin = \"legacy\"\n\
        [[behavior]]\nconfigured_origin = \"legacy\"\n\
        [origins.legacy]\nside = \"legacy\"\ntype = \"custom\"\ndomain = \"legacy.example.com\"\n\
        varies = { query = [\"id\"] }\n\
        [[route]]\nid = \"login\"\npath = \"/conta/{*f}\"\nquery = { destino = true }\nredirect = \"/login/{f}\"\n";
    let table = self::table(table);
    for path in ["/conta;a/x", "/conta;/x", "/;a/conta/x", "/conta;jsessionid=1/;b/x"] {
        for query in ["", "destino=https://evil.example"] {
            let request = Request { method: "GET", path, query, ..Request::default() };
            let decision = decide(&table, &request);
            let Outcome::Redirect(redirect) = &decision.outcome else { panic!("{path} {query}: {decision:?}") };
            assert_eq!((redirect.status, &*redirect.cache_control), (308, "no-store"), "{path}");
            assert_eq!(redirect.location.to_string().split('?').next(), Some("/conta/x"), "{path}");
        }
    }
    // In one behavior with and without it: decided as ever.
    let request = Request { method: "GET", path: "/conta/x;a", ..Request::default() };
    assert!(matches!(decide(&table, &request).outcome, Outcome::Origin(_)));
}

fn behaviors() -> impl Strategy<Value = Vec<String>> {
    let piece = prop::sample::select(vec!["/", "*", "?", "a", "b", ".", "//", "/a", "/a/*", "*.b", "..", "~"]);
    prop::collection::vec(prop::collection::vec(piece, 1..5).prop_map(|pieces| pieces.concat()), 1..4)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_redirect_to_the_clean_form_is_stable_and_stays_on_the_site(
        raw in prop_oneof!["(/|//|/\\.|/\\.\\.|%2e|%2E|a|b|%61|\\\\|%5c|%2f|;|é|:|@){0,10}", "\\PC{0,20}", "[/.]{0,12}"],
        query in "[a-z=&%+]{0,8}",
        patterns in behaviors(),
        strips in any::<bool>(),
    ) {
        let default = Behavior { configured: 0, ..Behavior::default() };
        let by_pattern: Vec<_> = patterns.iter().map(|text| (BehaviorPattern::new(text), default.clone())).collect();
        for ((pattern, _), text) in by_pattern.iter().zip(&patterns) {
            for form in spellings(&raw, strips) {
                prop_assert_eq!(pattern.takes(&form), takes(text, &form), "{} {}", pattern, form);
            }
        }
        let origins = vec![Origin::custom("legacy", Side::Legacy, "legacy.example.com")];
        let path_parameters = if strips { PathParameters::Strip } else { PathParameters::Keep };
        let canonical = Canonical { path_parameters, refuse: Vec::new().into(), ..Canonical::default() };
        let behaviors = Behaviors { by_pattern, default };
        let definition = Definition { canonical, origins, behaviors, ..Definition::default() };
        let table = Table::compile(definition).unwrap();
        let request = Request { method: "GET", path: &raw, query: &query, ..Request::default() };
        let decision = decide(&table, &request);
        let patterns: Vec<&str> = patterns.iter().map(String::as_str).collect();
        let places = places(&patterns, &raw, strips);
        let is_unclear = places.iter().any(|place| *place != places[5]);
        let Outcome::Redirect(redirect) = &decision.outcome else {
            prop_assert!(!is_unclear, "{} of {:?}", raw, patterns);
            return Ok(());
        };
        prop_assert!(is_unclear);
        let location = redirect.location.to_string();
        prop_assert!(location.starts_with('/') && !location.starts_with("//") && !location.starts_with("/\\"), "{}", location);
        prop_assert!(location.is_ascii() && !location.contains(char::is_control), "{}", location);
        let url = Url::split(&location);
        prop_assert_eq!((url.scheme, url.authority, url.query.unwrap_or_default(), url.fragment), (None, None, &*query, None));
        let [raw, others @ ..] = spellings(url.path, strips);
        prop_assert!(others.iter().all(|form| *form == raw), "{}", location);
        let request = Request { path: url.path, ..request.clone() };
        let again = decide(&table, &request);
        prop_assert!(matches!(again.outcome, Outcome::Origin(_)), "{} leads to {:?}", location, again.outcome);
    }
}
