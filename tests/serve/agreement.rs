//! `serve` and `decide` agree: every request of the portal's own examples and tests, over a connection and as facts.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use crossfade::check::load;
use crossfade::cli::files::DiskFiles;
use crossfade::config::Case;
use crossfade::route::draw::Draw;
use crossfade::route::{Cohort, Decision, Outcome, Request, Timestamp, Told, decide};
use crossfade::serve::{Mapping, ServeSettings, Tabled};

use crate::harness::{Answer, Running};

#[tokio::test]
async fn serve_does_what_decide_says() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("routes.toml");
    let files = DiskFiles::beside(&top).unwrap();
    let loaded = load(files.top(), &files);
    let table = loaded.table.expect("the portal's table has no error");
    let tabled = Tabled::new(table.clone(), Mapping::new(), |name| format!("secret-{name}")).unwrap();
    let running = Running::by(tabled, ServeSettings::default()).await;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let now = Timestamp::from_seconds(i64::try_from(now.as_secs()).unwrap());
    let (mut compared, mut wrong) = (0, Vec::new());
    for case in loaded.cases.iter().filter(|case| is_sendable(case)) {
        // Without the time of the case: the edge has only its own.
        let request = Request { time: Some(now), ..case.request.request() };
        let answer = running.ask(&raw(&request, draw_of(&request, &table.definition().declared.cohorts))).await;
        let (expected, found) = (outcome(&decide(&table, &request)), seen(&answer));
        if expected != found {
            wrong.push(format!("{}: {expected:?} is decided, {found:?} is served", case.name));
        }
        compared += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(compared > 100 && compared * 10 > loaded.cases.len() * 9, "{compared} of {}", loaded.cases.len());
}

/// Whether every byte of the URL may stand in a request line.
fn is_sendable(case: &Case) -> bool {
    case.request.url.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"<>\\^`".contains(&byte))
}

/// Route, origin, status and location of what was decided; an origin's own status is not known.
type Seen = (String, String, Option<u16>, String);

fn outcome(decision: &Decision<'_, '_>) -> Seen {
    let route = decision.route.map_or("-", |route| route.id.as_str()).to_owned();
    match &decision.outcome {
        Outcome::Origin(forward) => (route, forward.origin.id.clone(), None, String::new()),
        Outcome::Redirect(redirect) => (route, "-".to_owned(), Some(redirect.status), redirect.location.to_string()),
        Outcome::Respond(respond) => (route, "-".to_owned(), Some(respond.status), String::new()),
    }
}

fn seen(answer: &Answer) -> Seen {
    let origin = answer.header("x-crossfade-origin").to_owned();
    let status = (origin == "-").then_some(answer.status);
    (answer.header("x-crossfade-route").to_owned(), origin, status, answer.header("location").to_owned())
}

/// A draw that puts a viewer in the cohorts that a request is in, and in no other.
fn draw_of(request: &Request<'_>, cohorts: &[Cohort]) -> Draw {
    let wanted: Vec<&str> = request.viewer.values(Told::Cohort).collect();
    let fits = |draw: &Draw| cohorts.iter().all(|cohort| draw.is_in(cohort) == wanted.contains(&cohort.name.as_str()));
    (0..1_000_000).filter_map(|draw| Draw::parse(&draw.to_string())).find(fits).expect("some viewer is in just these")
}

/// The request as a viewer would send it, its draw in the cookie.
fn raw(request: &Request<'_>, draw: Draw) -> Vec<u8> {
    let query = if request.query.is_empty() { String::new() } else { format!("?{}", request.query) };
    let mut text = format!("{} {}{query} HTTP/1.0\r\n", request.method, request.path_or_root());
    let own_host = request.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host"));
    if let Some(host) = request.host.filter(|_| !own_host) {
        text.push_str(&format!("Host: {host}\r\n"));
    }
    if let Some(country) = request.viewer.get(Told::Country) {
        text.push_str(&format!("CloudFront-Viewer-Country: {country}\r\n"));
    }
    text.push_str(&format!("Cookie: crossfade-draw={draw}\r\n"));
    for (name, value) in request.headers.iter().filter(|(name, _)| *name != "cloudfront-viewer-country") {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str("\r\n");
    text.into_bytes()
}
