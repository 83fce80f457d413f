//! A hole is filled with what a viewer sent: it ends nothing, begins nothing, chooses no domain, and no header is the
//! viewer's word where the table says another. A secret goes where its route sends it and nowhere else.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crossfade::check::load;
use crossfade::config::MemoryFiles;
use crossfade::edge::{Handled, Handler};
use crossfade::route::target::Unsafe;
use crossfade::route::{Outcome, Request, Table, Timestamp, decide};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::depth::size;
use crate::validator;

const SECRET: &str = "correct-horse-battery-staple";

const HEAD: &str = r#"
schema = 1
default = "legacy"
[canonical]
refuse = []
[log]
sample = 1
[[behavior]]
configured_origin = "legacy"
failover = "standby"
[origins.legacy]
side = "legacy"
type = "custom"
domain = "legacy.example.com"
[origins.standby]
side = "legacy"
type = "custom"
domain = "standby.example.com"
[origins.cms]
side = "new"
type = "custom"
domain = "cms.example.com"
"#;

fn table(routes: &str) -> Table {
    let loaded = load("routes.toml", &MemoryFiles::new().with("routes.toml", format!("{HEAD}{routes}")));
    let found = format!("{:#?}", loaded.diagnostics);
    loaded.table.expect(&found)
}

// ------------------------------------------------------------------------------------ delimiters of a URL

/// A place where a text comes from: the condition that captures all of it as `{x}`.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Source {
    Path,
    Rest,
    Query,
    Header,
    Cookie,
    Host,
}

const SOURCES: [Source; 6] = [Source::Path, Source::Rest, Source::Query, Source::Header, Source::Cookie, Source::Host];

impl Source {
    fn conditions(self) -> &'static str {
        match self {
            Source::Path => "path = '/from/{x}'",
            Source::Rest => "path = '/from/{*x}'",
            Source::Query => "prefix = '/from'\nquery = { q = { regex = '(?s)^(?<x>.*)$' } }",
            Source::Header => "prefix = '/from'\nheader = { x-q = { regex = '(?s)^(?<x>.*)$' } }",
            Source::Cookie => "prefix = '/from'\ncookie = { q = { regex = '(?s)^(?<x>.*)$' } }",
            Source::Host => "prefix = '/from'\nhost = '{x}.example.com'",
        }
    }

    /// Whether its route takes a request that brings this text: not every text can come from everywhere.
    fn bring(
        self,
        table: &Table,
        text: &str,
        check: impl FnOnce(&Outcome<'_, '_>) -> Option<String>,
    ) -> Option<String> {
        let (path, query) = (format!("/from/{text}"), format!("q={text}"));
        let (cookie, host) = (format!("q={text}"), format!("{text}.example.com"));
        let of = |source: Source, yes| if self == source { yes } else { "" };
        let is_path = matches!(self, Source::Path | Source::Rest);
        let request = Request {
            path: if is_path { &path } else { "/from/it" },
            query: of(Source::Query, &query),
            headers: vec![("cookie", of(Source::Cookie, &cookie)), ("x-q", of(Source::Header, text))],
            host: (self == Source::Host).then_some(host.as_str()),
            ..Request::get("/")
        };
        let decision = decide(table, &request);
        decision.route?;
        check(&decision.outcome)
    }
}

/// What a route makes of its `{x}`.
const ACTIONS: [&str; 5] = [
    "redirect = '/to/{x}/end?a=1&b=2#end'",
    "redirect = '/to/end?a={x}&b=2#end'",
    "redirect = '/to/end?a=1&b=2#{x}end'",
    "origin = 'cms'\nrewrite = '/to/{x}?a={x}&b=2'",
    "redirect = 'https://{x}.new.example.com/to'",
];

/// A table of one route for each source and action.
static TABLES: LazyLock<BTreeMap<(usize, String), Table>> = LazyLock::new(|| {
    let of = |source: Source, action: &str| {
        let route = format!("[[route]]\nid = 'r'\n{}\n{action}\nquery_string = 'drop'\n", source.conditions());
        ((source as usize, action.to_owned()), table(&route))
    };
    SOURCES.into_iter().flat_map(|source| ACTIONS.map(|action| of(source, action))).collect()
});

/// Texts full of what means something in a URL.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "a",
        "/",
        "?",
        "#",
        "&",
        "=",
        "+",
        ";",
        "%2F",
        "%2f",
        "%zz",
        "%",
        "..",
        ".",
        "\\",
        "//",
        "é",
        "\u{1}",
        "\r\n",
        "A",
        "@",
        ":",
        " ",
        "%26",
        "%3B",
        "%23",
        "evil.example",
        "\"",
        "<",
    ]);
    prop_oneof![3 => prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat()), 1 => ".{0,12}"]
}

/// Of a URL: how many segments, parameters and fragments it has, and its `;`, `=` and `+`.
fn shape(url: &str) -> [usize; 6] {
    let (url, fragment) = url.split_once('#').map_or((url, ""), |(url, fragment)| (url, fragment));
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let count = |text: &str, wanted: &[char]| text.matches(wanted).count();
    let delimiters = [count(path, &['/']), count(path, &[';']), count(query, &['&', ';']), count(query, &['=', '+'])];
    [
        delimiters[0],
        delimiters[1],
        delimiters[2],
        delimiters[3],
        count(fragment, &['#']),
        usize::from(fragment.is_empty()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: size(300, 3000), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_captured_text_ends_the_place_that_it_is_put_into(text in hostile()) {
        for source in SOURCES {
            // The target, and what of its shape the text's own source may bring along.
            let places: [(&str, &[usize]); 3] = [
                ("/to/{x}/end?a=1&b=2#end", if source == Source::Rest || source == Source::Path { &[0, 1] } else { &[] }),
                ("/to/end?a={x}&b=2#end", if source == Source::Query { &[2, 3] } else { &[] }),
                ("/to/end?a=1&b=2#{x}end", &[]),
            ];
            for (target, free) in places {
                let redirects = &TABLES[&(source as usize, format!("redirect = '{target}'"))];
                let made = source.bring(redirects, &text, |outcome| match outcome {
                    Outcome::Redirect(redirect) => Some(redirect.location.to_string()),
                    _ => None,
                });
                let Some(made) = made else { continue };
                let (found, expected) = (shape(&made), shape(&target.replace("{x}", "")));
                for at in (0..6).filter(|at| !free.contains(at)) {
                    prop_assert_eq!(found[at], expected[at], "{:?} {} {} {}", source, target, text, made);
                }
                prop_assert!(made.is_ascii() && made.starts_with("/to/"), "{}", made);
                prop_assert!(!made.chars().any(char::is_control), "{}", made);
                let escapes = made.split('%').skip(1);
                let is_escape = |rest: &str| rest.bytes().take(2).filter(u8::is_ascii_hexdigit).count() == 2;
                prop_assert!(escapes.into_iter().all(is_escape), "{}", made);
            }
        }
    }

    #[test]
    fn a_rewrite_has_the_path_and_query_that_it_is_written_with(text in hostile()) {
        for source in SOURCES {
            let rewrites = &TABLES[&(source as usize, ACTIONS[3].to_owned())];
            let made = source.bring(rewrites, &text, |outcome| match outcome {
                Outcome::Origin(forward) => Some(format!("{}?{}", forward.uri.as_str(), forward.query_string)),
                _ => None,
            });
            let Some(made) = made else { continue };
            let (path, query) = made.split_once('?').unwrap();
            prop_assert!(path.starts_with("/to/") && !path.contains(['#', ' ']), "{}", made);
            if !matches!(source, Source::Path | Source::Rest) {
                prop_assert_eq!(path.matches(['/', ';']).count(), 2, "{:?} {}", source, made);
            }
            prop_assert!(query.starts_with("a=") && query.ends_with("&b=2") && !query.contains('#'), "{}", made);
            if source != Source::Query {
                prop_assert_eq!(query.matches(['&', ';', '+', '=']).count(), 3, "{:?} {}", source, made);
            }
        }
    }

    #[test]
    fn a_label_of_a_host_chooses_no_domain(text in prop_oneof![hostile(), "[a-zA-Z0-9_.-]{0,70}"]) {
        for source in SOURCES {
            let redirects = &TABLES[&(source as usize, ACTIONS[4].to_owned())];
            let made = source.bring(redirects, &text, |outcome| match outcome {
                Outcome::Redirect(redirect) => Some(redirect.location.to_string()),
                _ => None,
            });
            let Some(made) = made else { continue };
            let label = made.strip_prefix("https://").and_then(|rest| rest.strip_suffix(".new.example.com/to"));
            let Some(label) = label else { return Err(TestCaseError::fail(made)) };
            prop_assert!((1..=63).contains(&label.len()), "{}", made);
            let is_one = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
            prop_assert!(label.bytes().all(is_one), "{}", made);
        }
    }
}

// -------------------------------------------------------------------------------------------------- headers

fn event(uri: &str, domain: &str, headers: &[(&str, &str)]) -> Value {
    let mut all: serde_json::Map<String, Value> = serde_json::Map::new();
    for (name, value) in headers {
        let fields = all.entry((*name).to_owned()).or_insert_with(|| json!([]));
        fields.as_array_mut().unwrap().push(json!({ "key": name, "value": value }));
    }
    let origin = json!({ "custom": { "customHeaders": {}, "domainName": domain, "keepaliveTimeout": 5, "path": "",
        "port": 443, "protocol": "https", "readTimeout": 30, "sslProtocols": ["TLSv1.2"] } });
    json!({ "Records": [{ "cf": { "config": { "eventType": "origin-request", "requestId": "r" }, "request": {
        "clientIp": "203.0.113.9", "method": "GET", "uri": uri, "querystring": "", "headers": all, "origin": origin,
    } } }] })
}

fn handled(handler: &Handler, event: &Value) -> (Handled, Value) {
    let handled = handler.handle(event.to_string().as_bytes(), Timestamp::from_seconds(1_800_000_000));
    let answer = handled.answer.clone().expect("an answer");
    assert_eq!(validator::faults(event, &answer), Vec::<String>::new(), "{event}");
    (handled, serde_json::from_slice(&answer).unwrap())
}

/// The values of a header of what is sent on.
fn values(answer: &Value, name: &str) -> Vec<String> {
    let fields = answer["headers"][name].as_array().cloned().unwrap_or_default();
    fields.iter().map(|field| field["value"].as_str().unwrap().to_owned()).collect()
}

fn domain(answer: &Value) -> &str {
    answer["origin"]["custom"]["domainName"].as_str().expect("it is sent to a server")
}

const HEADERS: &str = r#"
[[route]]
id = "label"
prefix = "/label"
host = "{site}.example.com"
origin = "cms"
request_headers = { set = { x-site = "{site}", x-host = "{host}" } }
[[route]]
id = "empty"
prefix = "/empty"
header = { x-q = { regex = '^(?<q>[^|]*)\|?(?<more>.*)$' } }
origin = "cms"
request_headers = { set = { x-set = "{more}", x-both = "{q}{more}" }, add = { x-add = "{more}" } }
[[route]]
id = "host"
prefix = "/host"
origin = "cms"
request_headers = { set = { x-forwarded-host = "{host}" }, add = { x-add = "of {host}" } }
[[route]]
id = "copy"
prefix = "/copy"
header = { x-q = { regex = '(?s)^(?<q>.*)$' } }
origin = "cms"
request_headers = { set = { x-set = "v {q}" } }
"#;

fn handler(routes: &str, secrets: &[(&str, &str)]) -> Handler {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    Handler::new(table(routes), secrets.iter().map(owned).collect::<BTreeMap<_, _>>())
}

#[test]
fn a_header_that_the_table_sets_is_never_the_viewers_own() {
    let handler = handler(HEADERS, &[]);
    let forged = [("x-set", "forged"), ("x-both", "forged"), ("x-forwarded-host", "forged"), ("x-add", "own")];
    // Path, what else is sent, and what becomes of some headers.
    type Row<'a> = (&'a str, (&'a str, &'a str), &'a [(&'a str, &'a [&'a str])]);
    let rows: [Row<'_>; 5] = [
        ("/empty", ("x-q", "a"), &[("x-set", &[]), ("x-both", &["a"]), ("x-add", &["own"])]),
        ("/empty", ("x-q", "a|b"), &[("x-set", &["b"]), ("x-both", &["ab"]), ("x-add", &["own", "b"])]),
        ("/empty", ("x-q", ""), &[("x-set", &[]), ("x-both", &[]), ("x-add", &["own"])]),
        (
            "/host",
            ("x-crossfade-host", "Www.Example.com:443"),
            &[("x-forwarded-host", &["www.example.com"]), ("x-add", &["own", "of www.example.com"])],
        ),
        // The host is not known: `host` is the origin's own.
        ("/host", ("host", "legacy.example.com"), &[("x-forwarded-host", &[]), ("x-add", &["own"])]),
    ];
    for (uri, sent, expected) in rows {
        let headers: Vec<(&str, &str)> = forged.into_iter().chain([sent]).collect();
        let (_, answer) = handled(&handler, &event(uri, "legacy.example.com", &headers));
        assert_eq!(domain(&answer), "cms.example.com", "{uri} {sent:?}");
        for (name, values_expected) in expected {
            assert_eq!(values(&answer, name), *values_expected, "{uri} {sent:?} {name}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: size(300, 3000), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_header_holds_what_was_captured_or_the_request_goes_to_the_default(text in hostile()) {
        let handler = handler(HEADERS, &[]);
        let (outcome, answer) = handled(&handler, &event("/copy", "legacy.example.com", &[("x-q", &text)]));
        let is_printable = text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        let summary = outcome.summary.unwrap();
        if is_printable {
            prop_assert_eq!(domain(&answer), "cms.example.com");
            prop_assert_eq!(values(&answer, "x-set"), [format!("v {text}")]);
        } else {
            prop_assert_eq!(domain(&answer), "legacy.example.com");
            prop_assert_eq!(values(&answer, "x-set"), Vec::<String>::new());
            prop_assert!(summary.surprise.is_some(), "{:?}", summary);
        }
    }

    #[test]
    fn so_does_one_of_a_host(text in prop_oneof![hostile(), "[a-zA-Z0-9_.-]{0,20}"]) {
        let handler = handler(HEADERS, &[]);
        let host = format!("{text}.example.com");
        let (_, answer) = handled(&handler, &event("/label", "legacy.example.com", &[("x-crossfade-host", &host)]));
        for value in [values(&answer, "x-site"), values(&answer, "x-host")].concat() {
            prop_assert!(value.bytes().all(|byte| byte.is_ascii_graphic() && !byte.is_ascii_uppercase()), "{}", value);
            prop_assert!(host.to_ascii_lowercase().starts_with(&value), "{}", value);
        }
    }
}

// -------------------------------------------------------------------------------------------------- secrets

const SECRETS: &str = r#"
[[route]]
id = "token"
prefix = "/token"
origin = "cms"
request_headers = { set = { authorization = { secret = "TOKEN" }, x-own = "{host}" }, add = { x-key = { secret = "KEY" } } }
[[route]]
id = "other"
prefix = "/other"
origin = "cms"
"#;

#[test]
fn a_secret_goes_where_its_route_sends_it_and_nowhere_else() {
    let handler = handler(SECRETS, &[("TOKEN", SECRET), ("KEY", "key-of-the-cms"), ("UNUSED", "never")]);
    let forged = [("authorization", "forged"), ("x-key", "own")];
    let (outcome, answer) = handled(&handler, &event("/token", "legacy.example.com", &forged));
    assert_eq!(values(&answer, "authorization"), [SECRET]);
    assert_eq!(values(&answer, "x-key"), ["own", "key-of-the-cms"]);
    let said = format!("{:?} {:?} {handler:?}", outcome.log, outcome.summary);
    assert!(!said.contains(SECRET) && !said.contains("key-of-the-cms"), "{said}");
    // What other routes and the default are sent is the viewer's own.
    for uri in ["/other", "/x"] {
        let (_, answer) = handled(&handler, &event(uri, "legacy.example.com", &forged));
        assert_eq!(
            (values(&answer, "authorization"), values(&answer, "x-key")),
            (vec!["forged".into()], vec!["own".into()])
        );
    }
    // The second try of an origin group may begin with what the first one was sent.
    for uri in ["/token", "/other", "/x", "/a/../token"] {
        let first = [("authorization", SECRET), ("x-key", "own"), ("x-key", "key-of-the-cms")];
        let (outcome, answer) = handled(&handler, &event(uri, "standby.example.com", &first));
        assert!(!answer.to_string().contains(SECRET) && !answer.to_string().contains("key-of-the-cms"), "{answer}");
        assert_eq!(outcome.summary.unwrap().surprise, None, "{uri}");
    }
}

/// A path that is too long to be written for the bucket of a group, but not to be passed on to the default.
#[test]
fn nor_does_it_where_a_failover_goes_to_the_default_instead() {
    let head = HEAD
        .replace("failover = \"standby\"", "failover = \"site\"")
        .replace("refuse = []", "refuse = []\npath_parameters = \"strip\"");
    let site = "[origins.site]\nside = \"new\"\ntype = \"s3\"\ndomain = \"site.s3.sa-east-1.amazonaws.com\"\n";
    let loaded = load("routes.toml", &MemoryFiles::new().with("routes.toml", format!("{head}{site}{SECRETS}")));
    let found = format!("{:#?}", loaded.diagnostics);
    let secrets = ["TOKEN", "KEY"].map(|name| (name.to_owned(), SECRET.to_owned()));
    let handler = Handler::new(loaded.table.expect(&found), BTreeMap::from(secrets));
    let mut event = event(&format!("/{}", "é".repeat(3000)), "", &[("authorization", SECRET), ("x-key", SECRET)]);
    event["Records"][0]["cf"]["request"]["origin"] = json!({ "s3": { "authMethod": "none", "customHeaders": {},
        "domainName": "site.s3.sa-east-1.amazonaws.com", "path": "", "region": "sa-east-1" } });
    let (outcome, answer) = handled(&handler, &event);
    assert_eq!(domain(&answer), "legacy.example.com");
    assert!(outcome.summary.unwrap().surprise.is_some());
    assert!(!answer.to_string().contains(SECRET), "{answer}");
}

#[test]
fn without_its_secret_a_request_goes_to_the_default_and_the_name_is_told() {
    for given in [&[("TOKEN", SECRET)][..], &[("KEY", SECRET)], &[]] {
        let handler = handler(SECRETS, given);
        let (outcome, answer) = handled(&handler, &event("/token", "legacy.example.com", &[("authorization", "own")]));
        assert_eq!(domain(&answer), "legacy.example.com");
        assert_eq!(values(&answer, "authorization"), ["own"]);
        let said = format!("{:?} {answer}", outcome.log);
        assert!(!said.contains(SECRET), "{said}");
        let missing = if given.contains(&("TOKEN", SECRET)) { "KEY" } else { "TOKEN" };
        assert_eq!(outcome.summary.unwrap().surprise, Some(format!("the secret `{missing}` has no value here")));
        // A route without it is what it was.
        let (outcome, answer) = handled(&handler, &event("/other", "legacy.example.com", &[]));
        assert_eq!((domain(&answer), outcome.summary.unwrap().surprise), ("cms.example.com", None));
    }
}

#[test]
fn what_a_request_makes_too_long_goes_to_the_default() {
    let many = |count: usize| (0..count).map(|at| format!("x-{at} = \"{{x}}{{x}}\"")).collect::<Vec<_>>().join(", ");
    let routes = format!(
        r#"
[[route]]
id = "redirect"
path = "/redirect/{{x}}"
method = "GET"
redirect = "/{{x}}/{{x}}/{{x}}"
[[route]]
id = "rewrite"
path = "/rewrite/{{x}}"
origin = "cms"
rewrite = "/{{x}}?a={{x}}&b={{x}}"
[[route]]
id = "header"
path = "/header/{{x}}"
origin = "cms"
request_headers = {{ set = {{ x-one = "{}" }} }}
[[route]]
id = "headers"
path = "/headers/{{x}}"
origin = "cms"
request_headers = {{ set = {{ {} }} }}
"#,
        "{x}".repeat(64),
        many(20),
    );
    let table = table(&routes);
    let handler = handler(&routes, &[]);
    for route in ["redirect", "rewrite", "header", "headers"] {
        // A third of what a URL may have, and a little more; for the headers a tenth of an eighth.
        for (length, fits) in [(2_700, route != "header" && route != "headers"), (2_800, false), (20, true)] {
            let uri = format!("/{route}/{}", "x".repeat(length));
            let request = Request::get(&uri);
            let why = decide(&table, &request).refused.map(|refused| refused.why);
            assert_eq!(why, (!fits).then_some(Unsafe::TooLong), "{route} {length}");
            let (outcome, answer) = handled(&handler, &event(&uri, "legacy.example.com", &[]));
            assert_eq!(outcome.summary.unwrap().surprise.is_some(), !fits, "{route} {length}");
            assert!(fits || domain(&answer) == "legacy.example.com", "{answer}");
        }
    }
}
