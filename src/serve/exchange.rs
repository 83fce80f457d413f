//! One request and its answer: through the gate, the handler, and to what plays the origin.

use std::net::IpAddr;
use std::sync::Arc;

use http::header::{CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue, SET_COOKIE};
use http::request::Parts;
use http::{Method, Request, Response, StatusCode};
use hyper::body::{Body as _, Incoming};

use super::account::Account;
use super::body::{Body, Upload, full, metered};
use super::forward::{ForwardError, Played};
use super::gate::{self, Arrival};
use super::live::{Edge, Live};
use super::notice::{Exchange, ServedBehavior};
use super::outgoing::{Outgoing, Reply, parse_reply};
use super::page::{Form, WebPage};
use super::stand_in::StandIn;
use super::target::Player;
use super::{folder, forward, incoming, refusal};
use crate::edge::start::now;
use crate::route::Timestamp;

const ROUTE: HeaderName = HeaderName::from_static("x-crossfade-route");
const ORIGIN: HeaderName = HeaderName::from_static("x-crossfade-origin");

/// One request on its way, and what is known of it so far.
struct Journey {
    live: Arc<Live>,
    client: IpAddr,
    account: Account,
}

/// Answers one request; never fails.
pub(super) async fn answer(edge: Arc<Edge>, client: IpAddr, request: Request<Incoming>) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let (form, is_head) = (Form::wanted(&parts.headers), parts.method == Method::HEAD);
    let mut journey = Journey { live: edge.live(), client, account: Account::open(edge, begun(&parts)) };
    let attended = journey.attend(parts, Upload::new(body)).await;
    let Journey { mut account, .. } = journey;
    let exchange = &mut account.exchange;
    let mut response = attended.unwrap_or_else(|page| {
        exchange.trouble.get_or_insert_with(|| page.lead.clone());
        page.response(form)
    });
    name_the_choice(exchange, response.headers_mut());
    exchange.status = response.status().as_u16();
    if is_head {
        without_body(&mut response);
    }
    metered(response, move |bytes, end| account.close(bytes, end))
}

fn begun(parts: &Parts) -> Exchange {
    Exchange {
        method: parts.method.as_str().to_owned(),
        host: gate::host_of(&parts.uri, &parts.headers).unwrap_or_default().map(str::to_owned),
        path: parts.uri.path().to_owned(),
        ..Exchange::default()
    }
}

fn name_the_choice(exchange: &Exchange, headers: &mut HeaderMap) {
    for (name, id) in [(ROUTE, &exchange.route), (ORIGIN, &exchange.origin)] {
        let id = id.as_deref().and_then(|id| HeaderValue::from_str(id).ok());
        headers.insert(name, id.unwrap_or(HeaderValue::from_static("-")));
    }
}

/// An answer to HEAD says how long its body would be, and has none.
fn without_body(response: &mut Response<Body>) {
    if let Some(length) = response.body().size_hint().exact().filter(|&length| length > 0) {
        response.headers_mut().entry(CONTENT_LENGTH).or_insert(HeaderValue::from(length));
    }
    *response.body_mut() = full("");
}

fn trouble(status: StatusCode, why: impl ToString) -> Box<WebPage> {
    Box::new(WebPage::trouble(status, "CloudFront would show an error page", why.to_string()))
}

fn bad_gateway(why: impl ToString) -> Box<WebPage> {
    trouble(StatusCode::BAD_GATEWAY, why)
}

impl Journey {
    /// The stages of an answer. An error is the page to show instead.
    async fn attend(&mut self, mut parts: Parts, body: Upload) -> Result<Response<Body>, Box<WebPage>> {
        refusal::check(&parts, &self.account.edge.via)?;
        let now = now();
        incoming::drop_hidden(&mut parts.headers);
        if self.is_past_router(parts.uri.path()) {
            let outgoing = self.pass_router(parts)?;
            return self.to_origin(outgoing, body).await;
        }
        let Account { edge, exchange, .. } = &self.account;
        let country = edge.settings.country.as_deref();
        let request_id = edge.next_request_id();
        let arrival = Arrival { request_id: &request_id, host: exchange.host.as_deref(), country, now };
        let cookie = gate::pass(self.live.handler.table(), &self.live.reads, &mut parts, arrival);
        let mut response = match self.decide(parts, &request_id, now)? {
            Reply::Made(made) => made.map(full),
            Reply::Request(outgoing) => self.to_origin(outgoing, body).await?,
        };
        if let Some(cookie) = cookie {
            response.headers_mut().append(SET_COOKIE, cookie);
        }
        Ok(response)
    }

    /// Notes the behavior, where the table tells of several; whether the router does not run on it.
    fn is_past_router(&mut self, path: &str) -> bool {
        let placed = self.live.handler.table().placed(path);
        self.account.exchange.behavior = placed.map(|placed| ServedBehavior::of(&placed.behavior));
        placed.is_some_and(|placed| placed.is_not_routed())
    }

    /// The request as CloudFront sends it on where neither gate nor router runs: to what it has on the behavior.
    fn pass_router(&mut self, mut parts: Parts) -> Result<Outgoing, Box<WebPage>> {
        let Journey { live, client, account: Account { edge, exchange, .. } } = self;
        let (configured, block) = live.configured(parts.uri.path());
        incoming::add_cloudfront(&mut parts.headers, configured, *client, &edge.via);
        incoming::fit_to(&mut parts.headers, configured, exchange.host.as_deref());
        exchange.origin = Some(configured.id.clone());
        let request = incoming::request(&parts, *client, block).to_string();
        match parse_reply(request.as_bytes(), &parts.headers) {
            Ok(Reply::Request(outgoing)) => Ok(outgoing),
            Ok(Reply::Made(_)) => Err(bad_gateway("a request is no answer")),
            Err(bad) => Err(bad_gateway(bad)),
        }
    }

    /// The decision, made by the handler of the edge from an event like CloudFront's.
    fn decide(&mut self, mut parts: Parts, request_id: &str, now: Timestamp) -> Result<Reply, Box<WebPage>> {
        let Journey { live, client, account: Account { edge, exchange, .. } } = self;
        let (configured, block) = live.configured(parts.uri.path());
        incoming::add_cloudfront(&mut parts.headers, configured, *client, &edge.via);
        let event = incoming::event(&parts, *client, request_id, block);
        let handled = live.handler.handle(&event, now);
        if let Some(summary) = handled.summary {
            (exchange.route, exchange.origin, exchange.trouble) = (summary.route, summary.origin, summary.surprise);
        }
        let answer = handled.answer.map_err(|error| trouble(StatusCode::SERVICE_UNAVAILABLE, error))?;
        parse_reply(&answer, &parts.headers).map_err(bad_gateway)
    }

    async fn to_origin(&self, outgoing: Outgoing, body: Upload) -> Result<Response<Body>, Box<WebPage>> {
        let Journey { live, account: Account { edge, exchange, .. }, .. } = self;
        let origin = live.origin(exchange.origin.as_deref(), &outgoing.domain).ok_or_else(|| {
            let why = format!("the handler chose `{}`, which the table does not have", outgoing.domain);
            Box::new(WebPage::trouble(StatusCode::BAD_GATEWAY, "unknown origin", why))
        })?;
        match live.mapping.get(&origin.id) {
            Some(Player::Server(server)) => {
                let played = Played { origin: &origin.id, server };
                forward::send(&edge.client, played, outgoing, body)
                    .await
                    .map_err(|failure| failed(&origin.id, &failure))
            }
            Some(Player::Folder(root)) => Ok(folder::answer(root, &origin.id, &outgoing).await),
            None => {
                let body_bytes = body.count().await.map_err(|broken| failed(&origin.id, &broken.into()))?;
                let page = StandIn { table: live.handler.table(), origin, exchange };
                Ok(page.page(&outgoing, body_bytes).response(Form::wanted(&outgoing.headers)))
            }
        }
    }
}

/// The page of a request that came to nothing, with whose fault it is as its title.
fn failed(origin: &str, failure: &ForwardError) -> Box<WebPage> {
    let title = match failure {
        ForwardError::Upload(_) => "the request broke off".to_owned(),
        _ => format!("origin `{origin}` did not answer"),
    };
    Box::new(WebPage::trouble(failure.status(), title, failure.to_string()))
}
