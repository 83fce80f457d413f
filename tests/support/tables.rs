//! Parts of tables: an origin, a route, an action with everything that a test does not care about filled in.

#![allow(dead_code, reason = "each test uses some of it")]

use crossfade::route::pattern::PathPattern;
use crossfade::route::query::QueryPolicy;
use crossfade::route::target::Target;
use crossfade::route::{
    Action, CustomOrigin, HostRule, Origin, OriginAction, OriginKind, RedirectAction, RespondAction, ResponseHeaders,
    Route, S3Origin, Side,
};

/// `ID.example.com`, with CloudFront's own settings.
pub(crate) fn custom(id: &str, side: Side, host: HostRule) -> Origin {
    let kind = OriginKind::Custom(CustomOrigin { host, ..CustomOrigin::default() });
    Origin { kind, ..Origin::custom(id, side, format!("{id}.example.com")) }
}

/// `ID-bucket` of Amazon S3 in São Paulo.
pub(crate) fn bucket(id: &str) -> Origin {
    let kind = OriginKind::S3(S3Origin { region: Some("sa-east-1".into()), path: String::new() });
    Origin { kind, ..Origin::s3(id, Side::New, format!("{id}-bucket.s3.sa-east-1.amazonaws.com")) }
}

/// `legacy`, which gets the viewer's host, `cms` and the bucket `site`.
pub(crate) fn origins() -> Vec<Origin> {
    let legacy = custom("legacy", Side::Legacy, HostRule::Viewer);
    vec![legacy, custom("cms", Side::New, HostRule::Origin), bucket("site")]
}

/// A route without conditions.
pub(crate) fn route(id: &str, path: PathPattern, action: Action) -> Route {
    Route::new(id, path, action)
}

/// To an origin, by its number, as the request came.
pub(crate) fn to(origin: usize) -> OriginAction {
    OriginAction::unchanged(origin)
}

pub(crate) fn redirect(target: Target, status: u16) -> RedirectAction {
    RedirectAction { target, status, query_string: QueryPolicy::Keep, response: ResponseHeaders::default() }
}

/// An answer of plain text.
pub(crate) fn respond(status: u16, body: &str) -> RespondAction {
    let content_type = (!body.is_empty()).then(|| "text/plain".to_owned());
    RespondAction { status, body: body.into(), content_type, response: ResponseHeaders::default() }
}
