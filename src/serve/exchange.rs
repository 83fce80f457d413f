//! One request and its answer: through the gate, the handler, and to what plays the origin.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use http::header::{CONTENT_LENGTH, HOST, HeaderMap, HeaderName, HeaderValue, SET_COOKIE, UPGRADE, VIA};
use http::request::Parts;
use http::{Method, Request, Response, StatusCode, Version};
use http_body_util::BodyExt;
use hyper::body::{Body as _, Incoming};

use super::body::{Body, End, Told, drain, full};
use super::forward::{self, Failure};
use super::gate;
use super::incoming::{self, About};
use super::outgoing::{Answer, Made, Outgoing, parse_answer};
use super::page::{Form, Page};
use super::stand_in::{self, Choice};
use super::target::Target;
use super::{Edge, Live, Notice, folder};
use crate::route::{Origin, OriginKind, Timestamp};

const ROUTE: HeaderName = HeaderName::from_static("x-crossfade-route");
const ORIGIN: HeaderName = HeaderName::from_static("x-crossfade-origin");
/// How long an S3 origin may be silent: CloudFront's default.
const READ_TIMEOUT_S: u16 = 30;

/// What became of one request; told when its answer has left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// Status of the answer.
    pub status: u16,
    /// Method of the request.
    pub method: String,
    /// The host that the viewer asked for.
    pub host: Option<String>,
    /// The path that the viewer asked for, raw.
    pub path: String,
    /// The origin that it was sent to; `None`: it was answered at the edge.
    pub origin: Option<String>,
    /// The route that took it; `None`: the default did, or nothing was decided.
    pub route: Option<String>,
    /// Bytes of the answer's body.
    pub bytes: u64,
    /// From the request's head to the last byte of the answer.
    pub took: Duration,
    /// What went wrong or was unusual, in words.
    pub trouble: Option<String>,
}

/// Answers one request; never fails.
pub(super) async fn answer(edge: Arc<Edge>, client: IpAddr, request: Request<Incoming>) -> Response<Body> {
    let start = Instant::now();
    let form = Form::wanted(request.headers());
    let (parts, body) = request.into_parts();
    let is_head = parts.method == Method::HEAD;
    let mut exchange = Exchange::of(&parts);
    let live = edge.live();
    let mut response = match attend(&edge, &live, (client, parts, body), &mut exchange).await {
        Ok(response) => response,
        Err(page) => {
            exchange.trouble.get_or_insert_with(|| page.lead.clone());
            page.response(form)
        }
    };
    name_the_choice(&exchange, response.headers_mut());
    exchange.status = response.status().as_u16();
    if is_head {
        without_body(&mut response)
    };
    response.map(|body| told(body, exchange, (edge, start)))
}

impl Exchange {
    fn of(parts: &Parts) -> Exchange {
        let host = gate::host_of(&parts.uri, &parts.headers).unwrap_or_default();
        Exchange {
            status: 0,
            method: parts.method.as_str().to_owned(),
            host: host.map(str::to_owned),
            path: parts.uri.path().to_owned(),
            origin: None,
            route: None,
            bytes: 0,
            took: Duration::ZERO,
            trouble: None,
        }
    }
}

/// Tells of the exchange once its body is gone.
fn told(body: Body, mut exchange: Exchange, (edge, start): (Arc<Edge>, Instant)) -> Body {
    Told::new(body, move |end, bytes| {
        exchange.bytes = bytes;
        exchange.took = start.elapsed();
        match end {
            End::Whole => {}
            End::Broken(why) => exchange.trouble = Some(format!("the answer broke off: {why}")),
            End::Abandoned => exchange.trouble = Some("the viewer left before the end".to_owned()),
        }
        (edge.notify)(Notice::Exchange(exchange));
    })
    .boxed_unsync()
}

fn name_the_choice(exchange: &Exchange, headers: &mut HeaderMap) {
    let value = |id: &Option<String>| id.as_deref().and_then(|id| HeaderValue::from_str(id).ok());
    headers.insert(ROUTE, value(&exchange.route).unwrap_or(HeaderValue::from_static("-")));
    headers.insert(ORIGIN, value(&exchange.origin).unwrap_or(HeaderValue::from_static("-")));
}

/// An answer to HEAD says how long its body would be, and has none.
fn without_body(response: &mut Response<Body>) {
    if let Some(length) = response.body().size_hint().exact().filter(|&length| length > 0) {
        response.headers_mut().entry(CONTENT_LENGTH).or_insert(HeaderValue::from(length));
    }
    *response.body_mut() = full("");
}

/// The stages of an answer. An error is the page to show instead.
async fn attend(
    edge: &Edge,
    live: &Live,
    request: (IpAddr, Parts, Incoming),
    exchange: &mut Exchange,
) -> Result<Response<Body>, Box<Page>> {
    let (client, mut parts, body) = request;
    if let Err(page) = check(edge, &parts) {
        drain(body);
        return Err(page);
    }
    let table = live.table();
    let now = now();
    incoming::drop_hidden(&mut parts.headers);
    let facts = gate::Facts { host: exchange.host.as_deref(), country: edge.settings.country.as_deref(), now };
    let cookie = gate::pass(table, &mut parts.headers, facts);
    let (answer, choice) = through_the_handler(edge, live, (client, &mut parts), now)?;
    exchange.origin.clone_from(&choice.origin);
    exchange.route.clone_from(&choice.route);
    exchange.trouble.clone_from(&choice.surprise);
    let mut response = match answer {
        Answer::Made(made) => {
            drain(body);
            Ok(generated(made))
        }
        Answer::Request(outgoing) => to_origin(edge, live, (outgoing, body), &choice).await,
    }?;
    if let Some(cookie) = cookie {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    Ok(response)
}

/// Refuses what CloudFront, or this program, does not take.
fn check(edge: &Edge, parts: &Parts) -> Result<(), Box<Page>> {
    let refuse = |status: StatusCode, title: &str, lead: String| Err(Box::new(Page::trouble(status, title, lead)));
    if parts.method == Method::CONNECT || !parts.uri.path().starts_with('/') {
        let lead = format!("`{} {}` is for a proxy, this is a server", parts.method, parts.uri);
        return refuse(StatusCode::BAD_REQUEST, "no path to answer", lead);
    }
    if let Err(long) = incoming::check_sizes(parts) {
        let status = StatusCode::from_u16(long.status()).unwrap_or(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
        return refuse(status, "request too long", long.to_string());
    }
    let nameless = parts.version == Version::HTTP_11 && !parts.headers.contains_key(HOST);
    if nameless || gate::host_of(&parts.uri, &parts.headers).is_err() {
        return refuse(
            StatusCode::BAD_REQUEST,
            "which host?",
            "there must be one `Host` header that names a host".to_owned(),
        );
    }
    let upgrades =
        |value: &HeaderValue| value.as_bytes().to_ascii_lowercase().windows(9).any(|part| part == b"websocket");
    if parts.headers.get_all(UPGRADE).iter().any(upgrades) {
        let lead = "`serve` passes requests and answers, not WebSockets".to_owned();
        return refuse(StatusCode::NOT_IMPLEMENTED, "no WebSockets here", lead);
    }
    if parts.headers.get_all(VIA).iter().any(|via| via == edge.via) {
        let lead =
            "the request came back to the server that sent it on: a `--map` points at this very address".to_owned();
        return refuse(StatusCode::LOOP_DETECTED, "loop", lead);
    }
    Ok(())
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp(i128::try_from(since.as_nanos()).unwrap_or(i128::MAX))
}

/// The decision, made by the handler of the edge from an event like CloudFront's.
fn through_the_handler(
    edge: &Edge,
    live: &Live,
    (client, parts): (IpAddr, &mut Parts),
    now: Timestamp,
) -> Result<(Answer, Choice), Box<Page>> {
    let trouble = |status, why: String| Box::new(Page::trouble(status, "CloudFront would show an error page", why));
    let configured = live.definition().origins.get(live.definition().configured);
    let configured = configured.ok_or_else(|| trouble(StatusCode::BAD_GATEWAY, "no configured origin".to_owned()))?;
    incoming::add_cloudfront(&mut parts.headers, configured, client, &edge.via);
    let request_id = edge.next_request_id();
    let about = About { client, request_id: &request_id, configured, secrets: &live.secrets };
    let event = incoming::event(parts, about);
    let (answer, choice) = live.decide(&event, now);
    let answer = answer.map_err(|why| trouble(StatusCode::SERVICE_UNAVAILABLE, why))?;
    let answer =
        parse_answer(&answer, &parts.headers).map_err(|bad| trouble(StatusCode::BAD_GATEWAY, bad.to_string()))?;
    Ok((answer, choice))
}

fn generated(made: Made) -> Response<Body> {
    let mut response = Response::new(full(made.body));
    *response.status_mut() = made.status;
    *response.headers_mut() = made.headers;
    response
}

async fn to_origin(
    edge: &Edge,
    live: &Live,
    (outgoing, body): (Outgoing, Incoming),
    choice: &Choice,
) -> Result<Response<Body>, Box<Page>> {
    let origin = live.origin(choice.origin.as_deref(), &outgoing.domain).ok_or_else(|| {
        let why = format!("the handler chose `{}`, which is no origin of the table", outgoing.domain);
        Box::new(Page::trouble(StatusCode::BAD_GATEWAY, "unknown origin", why))
    })?;
    match edge.settings.mapping.get(&origin.id) {
        Some(Target::Server(server)) => {
            let sent = forward::send(&edge.client, server, (outgoing, body), read_timeout(origin)).await;
            sent.map_err(|failure| failed(origin, &failure))
        }
        Some(Target::Folder(root)) => {
            drain(body);
            let path = format!("{}{}", outgoing.origin_path, outgoing.uri);
            let missing = match folder::answer(root, &outgoing.method, &path).await {
                Ok(response) => return Ok(response),
                Err(missing) => missing,
            };
            Ok(no_file(origin, &path, missing, Form::wanted(&outgoing.headers)))
        }
        None => {
            let received = count(body).await;
            let page = stand_in::page(live.definition(), origin, choice, (&outgoing, received));
            Ok(page.response(Form::wanted(&outgoing.headers)))
        }
    }
}

fn read_timeout(origin: &Origin) -> Duration {
    Duration::from_secs(u64::from(match &origin.kind {
        OriginKind::Custom(custom) => custom.read_timeout,
        OriginKind::S3(_) => READ_TIMEOUT_S,
    }))
}

fn failed(origin: &Origin, failure: &Failure) -> Box<Page> {
    let status = match failure {
        Failure::Silent { .. } => StatusCode::GATEWAY_TIMEOUT,
        Failure::Connect { .. } | Failure::Exchange { .. } | Failure::Path(_) => StatusCode::BAD_GATEWAY,
    };
    Box::new(Page::trouble(status, format!("origin `{}` did not answer", origin.id), failure.to_string()))
}

fn no_file(origin: &Origin, path: &str, missing: folder::Missing, form: Form) -> Response<Body> {
    let lead = match missing {
        folder::Missing::File => format!("the folder that plays `{}` has no file for `{path}`", origin.id),
        folder::Missing::Method => format!("the folder that plays `{}` answers GET and HEAD", origin.id),
    };
    let title = missing.status().canonical_reason().unwrap_or_default().to_ascii_lowercase();
    let mut response = Page::trouble(missing.status(), title, lead).response(form);
    missing.amend(&mut response);
    response
}

/// Reads a body to its end and keeps nothing of it.
async fn count(mut body: Incoming) -> u64 {
    let mut bytes = 0;
    while let Some(Ok(frame)) = body.frame().await {
        bytes += frame.data_ref().map_or(0, |data| data.len() as u64);
    }
    bytes
}
