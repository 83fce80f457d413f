//! Parts of tables: an origin, a route, an action with everything that a test does not care about filled in.

#![allow(dead_code, reason = "each test uses some of it")]

use crossfade::route::condition::Conditions;
use crossfade::route::pattern::PathPattern;
use crossfade::route::query::QueryPolicy;
use crossfade::route::target::Target;
use crossfade::route::{
    About, Action, CustomOrigin, HeaderChanges, HostRule, Origin, OriginAction, OriginKind, Place, Protocol,
    RedirectAction, RespondAction, ResponseHeaders, Route, S3Origin, Side, Varies,
};

/// `ID.example.com`, with CloudFront's own settings.
pub(crate) fn custom(id: &str, side: Side, host: HostRule) -> Origin {
    let custom = CustomOrigin {
        host,
        protocol: Protocol::Https,
        port: 443,
        path: String::new(),
        read_timeout: 30,
        keepalive_timeout: 5,
        response_completion_timeout: None,
        ssl_protocols: vec!["TLSv1.2".into()],
    };
    origin(id, side, &format!("{id}.example.com"), OriginKind::Custom(custom))
}

/// `ID-bucket` of Amazon S3 in São Paulo.
pub(crate) fn bucket(id: &str) -> Origin {
    let s3 = S3Origin { region: Some("sa-east-1".into()), path: String::new() };
    origin(id, Side::New, &format!("{id}-bucket.s3.sa-east-1.amazonaws.com"), OriginKind::S3(s3))
}

fn origin(id: &str, side: Side, domain: &str, kind: OriginKind) -> Origin {
    let (headers, varies) = (Vec::new(), Varies::default());
    Origin { id: id.into(), side, domain: domain.into(), headers, varies, kind }
}

/// `legacy`, which gets the viewer's host, `cms` and the bucket `site`.
pub(crate) fn origins() -> Vec<Origin> {
    let legacy = custom("legacy", Side::Legacy, HostRule::Viewer);
    vec![legacy, custom("cms", Side::New, HostRule::Origin), bucket("site")]
}

/// A route without conditions.
pub(crate) fn route(id: &str, path: PathPattern, action: Action) -> Route {
    let (conditions, place, about) = (Conditions::default(), Place::default(), About::default());
    Route { id: id.into(), path, conditions, action, from: None, until: None, place, about }
}

/// To an origin, by its number, as the request came.
pub(crate) fn to(origin: usize) -> OriginAction {
    let request_headers = HeaderChanges::default();
    OriginAction { origin, rewrite: None, query_string: QueryPolicy::Keep, request_headers }
}

pub(crate) fn redirect(target: Target, status: u16) -> RedirectAction {
    RedirectAction { target, status, query_string: QueryPolicy::Keep, response: ResponseHeaders::default() }
}

/// An answer of plain text.
pub(crate) fn respond(status: u16, body: &str) -> RespondAction {
    let content_type = (!body.is_empty()).then(|| "text/plain".to_owned());
    RespondAction { status, body: body.into(), content_type, response: ResponseHeaders::default() }
}
