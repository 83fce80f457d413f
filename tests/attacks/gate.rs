//! What comes through the gate: a draw that outlives every change of a share, a time that no cache key can hold, values
//! that come twice, and headers that only the gate may write.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime};

use crossfade::check::load;
use crossfade::config::MemoryFiles;
use crossfade::edge::Handler;
use crossfade::route::{Table, Timestamp, epochs_of};
use crossfade::serve::{Mapping, ServeSettings, Tabled};
use serde_json::{Value, json};

use crate::harness::Running;

const ORIGINS: &str = r#"
schema = 1
default = "legacy"
[origins.legacy]
side = "legacy"
type = "custom"
domain = "legacy.example.com"
varies = { query = [] }
[origins.cms]
side = "new"
type = "custom"
domain = "cms.example.com"
varies = { query = [] }
"#;

fn table(text: &str) -> Table {
    let text = format!("{ORIGINS}{text}");
    let loaded = load("routes.toml", &MemoryFiles::from_iter([("routes.toml", text.as_str())]));
    loaded.table.unwrap_or_else(|| panic!("{text}\n{:#?}", loaded.diagnostics))
}

async fn served(text: &str) -> Running {
    let tabled = Tabled::new(table(text), Mapping::new(), |_| "hush".to_owned()).unwrap();
    Running::by(tabled, ServeSettings::default()).await
}

/// An event as CloudFront sends it after the gate.
fn event(uri: &str, query: &str, headers: &[(&str, &str)]) -> Vec<u8> {
    let mut fields: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for (name, value) in headers {
        fields.entry(name.to_ascii_lowercase()).or_default().push(json!({ "key": name, "value": value }));
    }
    let block = json!({ "customHeaders": {}, "domainName": "legacy.example.com", "keepaliveTimeout": 5, "path": "",
        "port": 443, "protocol": "https", "readTimeout": 30, "sslProtocols": ["TLSv1.2"] });
    let event = json!({ "Records": [{ "cf": {
        "config": { "eventType": "origin-request", "requestId": "r" },
        "request": { "clientIp": "203.0.113.1", "method": "GET", "uri": uri, "querystring": query,
            "headers": fields, "origin": { "custom": block } },
    } }] });
    event.to_string().into_bytes()
}

fn handler(text: &str) -> Handler {
    Handler::new(table(text), BTreeMap::new())
}

/// The route that takes an event, and its answer.
fn handled(handler: &Handler, event: &[u8], clock: Timestamp) -> (Option<String>, Value) {
    let handled = handler.handle(event, clock);
    let answer = serde_json::from_slice(&handled.answer.expect("an answer")).expect("JSON");
    (handled.summary.expect("a summary").route, answer)
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

// Shares (A10)

fn shares(early: u32, staff: u32) -> String {
    format!(
        r#"
        [cohorts.early]
        share_percent = {early}
        [cohorts.staff]
        share_percent = {staff}
        [[route]]
        id = "early"
        path = "/early"
        cohort = "early"
        origin = "cms"
        [[route]]
        id = "staff"
        path = "/staff"
        cohort = "staff"
        origin = "cms"
        "#
    )
}

/// Which of the viewers are in each of the two cohorts; none is given a new draw.
async fn members(viewers: &[String], early: u32, staff: u32) -> [BTreeSet<usize>; 2] {
    let running = served(&shares(early, staff)).await;
    let mut members = [BTreeSet::new(), BTreeSet::new()];
    for (at, cookie) in viewers.iter().enumerate() {
        for (members, name) in members.iter_mut().zip(["early", "staff"]) {
            let answer = running.get(&format!("/{name}"), &format!("Cookie: {cookie}\r\n")).await;
            assert_eq!(answer.header("set-cookie"), "", "{cookie}");
            if answer.header("x-crossfade-route") == name {
                members.insert(at);
            }
        }
    }
    members
}

#[tokio::test]
async fn a_share_that_grows_moves_viewers_in_and_nobody_out() {
    let first = served(&shares(0, 0)).await;
    let mut viewers = Vec::new();
    for _ in 0..60 {
        let answer = first.get("/early", "").await;
        assert_eq!(answer.header("x-crossfade-origin"), "legacy");
        viewers.push(answer.header("set-cookie").split(';').next().unwrap().to_owned());
    }
    let mut before = BTreeSet::new();
    let mut grown = Vec::new();
    for share in [0, 10, 50, 100] {
        let [early, staff] = members(&viewers, share, 30).await;
        assert!(before.is_subset(&early), "at {share} % some who were in are out");
        grown.push(early.len());
        before = early;
        // The share of one cohort is nothing to the other, though together they are over 100 %.
        assert_eq!(staff, members(&viewers, 0, 30).await[1], "at {share} % of the other");
    }
    assert_eq!((grown[0], grown[3]), (0, viewers.len()));
    assert!(grown[1] < grown[2] && grown[2] < grown[3], "{grown:?}");
    // A share that shrinks again has the same viewers as on its way up: the last in are the first out.
    let [half, _] = members(&viewers, 50, 30).await;
    assert_eq!(half.len(), grown[2]);
}

#[tokio::test]
async fn a_name_in_a_cookie_puts_nobody_into_a_cohort() {
    let running = served(&shares(0, 0)).await;
    for cookie in ["crossfade-cohort=early", "crossfade-draw=early", "early=1", "crossfade-draw=-1", "crossfade-draw=0"]
    {
        let answer = running.get("/early", &format!("Cookie: {cookie}\r\n")).await;
        assert_eq!(answer.header("x-crossfade-route"), "-", "{cookie}");
    }
}

// Time (A11)

/// What a campaign says of its caching, in each way that there is.
const CACHING: [&str; 7] = [
    "",
    "cache_control = 'public, max-age=86400'",
    "cache_control = 'max-age=60, s-maxage=86400, stale-while-revalidate=86400, stale-if-error=86400'",
    "cache_control = 'public'",
    "cache_control = 'must-revalidate'",
    "cache_control = 'public'\nresponse_headers = { expires = 'Fri, 31 Dec 9999 23:59:59 GMT' }",
    "cache_control = 'public'\nresponse_headers = { expires = 'Friday, 31-Dec-60 23:59:59 GMT' }",
];

fn campaign(from: &str, until: &str, caching: &str) -> String {
    let route = |id: &str, window: &str, action: &str| {
        format!("[[route]]\nid = '{id}'\npath = '/{id}'\n{window}\n{action}\n{caching}\n")
    };
    let window = format!("from = {from}\nuntil = {until}");
    [
        route("sale", &window, "redirect = '/now'"),
        route("sold", &window, "respond = { status = 200, body = 'now' }"),
        route("over", &window, "gone = true"),
        // Not of the campaign, but what is behind it: which of the two it is changes with the clock.
        "[[route]]\nid = 'behind'\npath = '/sale'\norigin = 'cms'\n".to_owned(),
    ]
    .concat()
}

/// How long an answer may be kept, seconds; `None` for a request that is sent on.
fn kept_for(answer: &Value, clock: Timestamp) -> Option<u64> {
    answer.get("status")?;
    let value = |name: &str| answer["headers"][name][0]["value"].as_str();
    let cache_control = value("cache-control").expect("every generated answer says how long");
    let seconds = |directive: &str| directive.split_once('=').and_then(|(_, seconds)| seconds.parse::<u64>().ok());
    let ages: Vec<u64> = cache_control.split(", ").filter_map(seconds).collect();
    let until = value("expires").map(|date| httpdate::parse_http_date(date).expect("a date"));
    let now = SystemTime::UNIX_EPOCH + Duration::from_nanos(u64::try_from(clock.0).unwrap());
    let expires = until.map(|until| until.duration_since(now).unwrap_or_default().as_secs());
    // Without either a cache keeps it for as long as it likes.
    Some(ages.into_iter().chain(expires).max().unwrap_or(u64::MAX))
}

#[test]
fn nothing_made_at_the_edge_is_kept_beyond_the_next_instant() {
    let (from, until) = ("2026-11-27T00:00:00Z", "2026-11-28T00:00:00Z");
    let clocks = ["2026-11-26T12:00:00Z", "2026-11-27T00:00:00Z", "2026-11-27T23:59:00.5Z", "2026-11-28T00:00:01Z"];
    let mut answers = 0;
    for caching in CACHING {
        let text = campaign(from, until, caching);
        let handler = handler(&text);
        for (clock, epoch) in clocks.iter().flat_map(|clock| [None, Some(from), Some(until)].map(|it| (clock, it))) {
            let clock = at(clock);
            let epoch = epoch.map(|epoch| at(epoch).second_rounded_up().to_string());
            let told: Vec<_> = epoch.iter().map(|epoch| ("x-crossfade-epoch", epoch.as_str())).collect();
            for uri in ["/sale", "/sold", "/over"] {
                let (_, answer) = handled(&handler, &event(uri, "", &told), clock);
                let Some(kept) = kept_for(&answer, clock) else { continue };
                assert!(kept <= clock.seconds_until(at(until)), "{uri} {told:?} at {clock}: {answer} of {caching}");
                answers += 1;
            }
        }
    }
    assert!(answers >= CACHING.len() * 3 * 6, "{answers}");
}

#[test]
fn an_answer_that_says_to_keep_nothing_says_it_still() {
    let rows = ["no-store", "no-cache", "private, no-cache='set-cookie'"];
    for cache_control in rows {
        let caching = format!("cache_control = \"{cache_control}\"");
        let handler = handler(&campaign("2026-11-27T00:00:00Z", "2026-11-28T00:00:00Z", &caching));
        let (_, answer) = handled(&handler, &event("/sale", "", &[]), at("2026-11-27T12:00:00Z"));
        assert_eq!(answer["headers"]["cache-control"][0]["value"], cache_control);
    }
}

/// Gate and function are deployed minutes apart: for a while one is of the table before and the other of the table
/// after a change of its instants.
#[test]
fn a_gate_and_a_router_of_different_tables_do_no_harm() {
    let tables = [
        campaign("2026-11-27T00:00:00Z", "2026-11-28T00:00:00Z", CACHING[1]),
        campaign("2026-11-27T00:00:00.25Z", "2026-11-27T12:00:00Z", CACHING[1]),
        campaign("2026-11-20T00:00:00Z", "2026-11-29T00:00:00Z", CACHING[1]),
        // One that has no instant: its gate tells no epoch, its router ignores what it is told.
        "[[route]]\nid = 'sale'\npath = '/sale'\nredirect = '/now'\n".to_owned(),
    ];
    let clocks = ["2026-11-19T00:00:00Z", "2026-11-27T00:00:00.5Z", "2026-11-27T18:00:00Z", "2026-12-01T00:00:00Z"];
    let epochs: BTreeSet<u64> = tables.iter().flat_map(|text| epochs_of(table(text).instants())).collect();
    assert_eq!(epochs.len(), 7, "{epochs:?}");
    for text in &tables {
        let (handler, table) = (handler(text), table(text));
        for epoch in &epochs {
            let told = epoch.to_string();
            let event = event("/sale", "", &[("x-crossfade-epoch", &told)]);
            let answers = clocks.map(|clock| (at(clock), handled(&handler, &event, at(clock))));
            let decided = answers.each_ref().map(|(_, (route, answer))| {
                (
                    route.clone(),
                    answer["status"].clone(),
                    answer["headers"]["location"].clone(),
                    answer["origin"].clone(),
                )
            });
            assert!(decided.iter().all(|one| *one == decided[0]), "{text} at {epoch}: {decided:?}");
            let second = Timestamp::from_seconds(i64::try_from(*epoch).unwrap());
            let next = table.instants().iter().find(|instant| **instant > second);
            for (clock, (_, answer)) in &answers {
                if let Some((kept, next)) = kept_for(answer, *clock).zip(next) {
                    assert!(kept <= clock.seconds_until(*next), "{text} at {epoch} and {clock}: {answer}");
                }
            }
        }
    }
}

/// What tells nothing must change nothing: else one viewer's odd header would decide for everyone.
#[test]
fn an_epoch_that_no_gate_writes_is_as_good_as_none() {
    let handler = handler(&campaign("2026-11-27T00:00:00Z", "2026-11-28T00:00:00Z", CACHING[1]));
    for clock in ["2026-11-26T00:00:00Z", "2026-11-27T12:00:00Z", "2026-11-28T12:00:00Z"] {
        let expected = handled(&handler, &event("/sale", "", &[]), at(clock)).0;
        let many = "9".repeat(5000);
        for epoch in ["", "-1", "+1", "1e9", "0x1", "1795737600.5", "253402300800", "\u{661}", &many] {
            let found = handled(&handler, &event("/sale", "", &[("x-crossfade-epoch", epoch)]), at(clock)).0;
            assert_eq!(found, expected, "{epoch} at {clock}");
        }
        let twice = [("x-crossfade-epoch", "0"), ("x-crossfade-epoch", "1795737600")];
        assert_eq!(handled(&handler, &event("/sale", "", &twice), at(clock)).0, expected, "two at {clock}");
    }
}

// What is repeated (B5)

/// A condition of each kind, values that it takes, and values that it does not.
const CONDITIONS: [(&str, &[&str], &[&str]); 5] = [
    ("'1'", &["1"], &["0", "", "11"]),
    ("['1', '2']", &["1", "2"], &["0", ""]),
    ("{ regex = '^[12]$' }", &["1", "2"], &["0", "", "12"]),
    ("true", &["1", "", "x"], &[]),
    ("false", &[], &["1", ""]),
];

/// A request in which a fact comes twice: the query and the header fields.
type Twice = (String, Vec<(&'static str, String)>);

/// Each way to write two values of `k`, for the fact that has it.
fn ways(first: &str, second: &str) -> Vec<(&'static str, Twice)> {
    let query = |text: String| ("query", (text, Vec::new()));
    let fields = |kind: &'static str, fields: Vec<(&'static str, String)>| (kind, (String::new(), fields));
    vec![
        query(format!("k={first}&k={second}")),
        query(format!("a=1&k={first}&&b&k={second}&k=1&k=0")),
        fields("cookie", vec![("cookie", format!("k={first}; k={second}"))]),
        fields("cookie", vec![("cookie", format!("a=1;k={first} ;b;k={second}; k=1; k=0"))]),
        fields("cookie", vec![("cookie", format!("k={first}")), ("Cookie", format!("k={second}"))]),
        fields("cookie", vec![("cookie", "a=1".to_owned()), ("cookie", format!("k={first}; k={second}"))]),
        fields("header", vec![("k", first.to_owned()), ("K", second.to_owned())]),
    ]
}

#[test]
fn of_a_repeated_value_the_first_decides_alone() {
    let handlers: BTreeMap<(&str, &str), Handler> = ["query", "cookie", "header"]
        .into_iter()
        .flat_map(|kind| CONDITIONS.map(|(test, ..)| (kind, test)))
        .map(|(kind, test)| {
            let route = format!("[[route]]\nid = 'r'\npath = '/'\n{kind} = {{ k = {test} }}\norigin = 'cms'\n");
            ((kind, test), handler(&route))
        })
        .collect();
    for (test, takes, leaves) in CONDITIONS {
        let values = || takes.iter().map(|value| (value, true)).chain(leaves.iter().map(|value| (value, false)));
        for ((first, is_taken), (second, _)) in values().flat_map(|one| values().map(move |two| (one, two))) {
            for (kind, (query, fields)) in ways(first, second) {
                let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
                let (route, _) =
                    handled(&handlers[&(kind, test)], &event("/", &query, &fields), at("2026-11-27T00:00:00Z"));
                assert_eq!(route.is_some(), is_taken, "{kind} {test}: {query} {fields:?}");
            }
        }
    }
}

/// Many routes on one path are found by the value that they ask for, which must be the first one too.
#[test]
fn the_index_finds_no_route_by_a_later_value() {
    for kind in ["query", "cookie", "header"] {
        let route =
            |at: usize| format!("[[route]]\nid = 'r-{at}'\npath = '/'\n{kind} = {{ k = '{at}' }}\norigin = 'cms'\n");
        let handler = handler(&(0..40).map(route).collect::<String>());
        for (first, second) in [("7", "3"), ("3", "7"), ("x", "0"), ("", "0"), ("39", "x")] {
            let expected = first.parse::<usize>().ok().map(|at| format!("r-{at}"));
            for (_, (query, fields)) in ways(first, second).into_iter().filter(|(of, _)| *of == kind) {
                let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
                let (route, _) = handled(&handler, &event("/", &query, &fields), at("2026-11-27T00:00:00Z"));
                assert_eq!(route, expected, "{query} {fields:?}");
            }
        }
    }
}

/// A cache may key a later value than the one that decides, and an origin go by another: they are not given the choice.
#[tokio::test]
async fn the_gate_passes_on_the_first_of_what_is_read() {
    let running = served(
        "[[route]]\nid = 'r'\npath = '/r'\nquery = { k = true }\ncookie = { beta = true }\norigin = 'cms'\n\
         query_string = ['k', 'x']\n",
    )
    .await;
    let rows = [
        ("/r?k=1&k=2&x=1&x=2", "Cookie: beta=0; s=1; beta=1; s=2\r\n", "k=1&x=1&x=2", "beta=0; s=1; s=2"),
        ("/r?k=2&k=1", "Cookie: beta=1; beta=0\r\n", "k=2", "beta=1"),
        ("/r?k=2&x&k=1", "Cookie: a=1\r\nCookie: beta=1\r\nCookie: beta=0\r\n", "k=2&x", "a=1; beta=1"),
    ];
    for (target, lines, query, cookie) in rows {
        let answer = running.get(target, lines).await;
        assert_eq!(answer.header("x-crossfade-route"), "r", "{target}");
        let text = answer.text();
        assert!(text.contains(&format!("query   {query}\n")), "{target}: {text}");
        assert!(text.lines().any(|line| line.contains("cookie") && line.ends_with(cookie)), "{target}: {text}");
    }
}

// Forged headers

#[tokio::test]
async fn a_viewer_cannot_write_what_the_gate_writes() {
    let text = format!(
        "{}\n[languages]\noffered = ['pt', 'es']\n{}\n[[route]]\nid = 'spanish'\npath = '/es'\nlanguage = 'es'\n\
         origin = 'cms'\n[[route]]\nid = 'host'\npath = '/host'\nhost = 'intern.example.com'\norigin = 'cms'\n",
        shares(0, 0),
        campaign("2999-01-01T00:00:00Z", "2999-01-02T00:00:00Z", ""),
    );
    let running = served(&text).await;
    let told = [
        ("/early", "Cohort", "early"),
        ("/es", "Language", "es"),
        ("/host", "Host", "intern.example.com"),
        ("/sold", "Epoch", "32472144000"),
    ];
    for (target, name, value) in told {
        let expected = running.get(target, "").await;
        assert_eq!(expected.header("x-crossfade-route"), "-", "{target}");
        for name in [format!("X-Crossfade-{name}"), format!("x-crossfade-{name}"), format!("X-CROSSFADE-{name}")] {
            let field = format!("{name}: {value}\r\n");
            for fields in [field.clone(), field.repeat(2)] {
                let answer = running.get(target, &fields).await;
                assert_eq!(answer.header("x-crossfade-route"), "-", "{target} {fields}");
                let text = answer.text();
                let ours = text.lines().filter(|line| line.trim_start().starts_with("x-crossfade-"));
                assert!(!ours.into_iter().any(|line| line.ends_with(value)), "{target} {fields}: {text}");
            }
        }
    }
    let answer = running.get("/", "X-Crossfade-Anything: 1\r\nx-crossfade-route: early\r\n").await;
    assert!(!answer.text().contains("anything"), "{}", answer.text());
    assert_eq!(answer.header("x-crossfade-route"), "-");
}
