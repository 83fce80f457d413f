//! What was decided. `requests` writes it down.

use std::borrow::Cow;

use super::behavior::BehaviorPattern;
use super::canonical::{Canonical, PathParameters, Resolved};
use super::definition::{HeaderChanges, RequestHeader, Route};
use super::ids::{BehaviorId, OriginId, RouteId};
use super::origin::{Origin, OriginKind};
use super::target::{Location, Target, Unsafe};
use crate::platform::limits::MAX_MADE_HEADERS;

/// The one decision for a request. Borrows the table (`'t`) and the request (`'r`).
#[derive(Clone, Debug, PartialEq)]
pub struct Decision<'t, 'r> {
    /// What took the request; `None`: the default did, or `[canonical] refuse`, or what [`Decision::placed`] says.
    pub route: Option<&'t Route>,
    /// What happens to it.
    pub outcome: Outcome<'t, 'r>,
    /// The route that the walk ended at, even if what it made of the request was refused; `None`: at no route.
    pub taker_id: Option<RouteId>,
    /// The route that ended the walk because what it made was unsafe.
    pub refused: Option<Refused<'t>>,
    /// The cache behavior of the request, where the table has several.
    pub placed: Option<RequestBehavior<'t>>,
}

/// The cache behavior of a request (rule 17).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RequestBehavior<'t> {
    /// That of its path; of the clean form of its path where there is another.
    pub behavior: BehaviorRef<'t>,
    /// Another one that CloudFront may find it in, by the form that it matches; where there is one, no route is tried.
    pub other: Option<BehaviorRef<'t>>,
}

/// A cache behavior of the table.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BehaviorRef<'t> {
    /// Which.
    pub id: BehaviorId,
    /// Its pattern; `None`: it is the default behavior.
    pub pattern: Option<&'t BehaviorPattern>,
    /// What CloudFront itself has on it.
    pub configured: &'t Origin,
    /// Whether the router runs on it.
    pub is_routed: bool,
}

impl RequestBehavior<'_> {
    /// Whether the router does not run on this request: its behavior is clear and has `router = false`.
    #[must_use]
    pub fn is_not_routed(&self) -> bool {
        self.other.is_none() && !self.behavior.is_routed
    }
}

/// What happens to a request.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome<'t, 'r> {
    /// It is sent on.
    Origin(Forward<'t, 'r>),
    /// It is answered with a redirect.
    Redirect(Redirect<'t, 'r>),
    /// It is answered.
    Respond(Respond<'t>),
}

/// A request that is sent on.
#[derive(Clone, Debug, PartialEq)]
pub struct Forward<'t, 'r> {
    /// To what.
    pub origin_id: OriginId,
    /// The same.
    pub origin: &'t Origin,
    /// With this path; [`Cow::Borrowed`] of the request where no rewrite changed it.
    pub uri: Uri<'t, 'r>,
    /// With this query.
    pub query_string: Cow<'r, str>,
    /// With these changes of its headers.
    pub headers: Option<SentHeaders<'t>>,
}

/// What a route changes of the headers of a request that is sent on: its holes are filled.
#[derive(Clone, Debug, PartialEq)]
pub struct SentHeaders<'t> {
    changes: &'t HeaderChanges,
    /// Values with holes by their position in [`HeaderChanges::values`]; `None`: it is not written.
    filled: Vec<(usize, Option<String>)>,
}

/// The value of a header that is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SentValue<'a> {
    /// This text.
    Text(&'a str),
    /// What the secret of this name is.
    Secret(&'a str),
}

impl<'t> SentHeaders<'t> {
    /// Fills the holes of the values. Allocates nothing where there are none.
    pub(super) fn new(
        changes: &'t HeaderChanges,
        fill: impl Fn(&Target) -> Result<Option<String>, Unsafe>,
    ) -> Result<SentHeaders<'t>, Unsafe> {
        let mut filled = Vec::new();
        let mut size = 0usize;
        for (at, (_, value)) in changes.values().enumerate() {
            if let RequestHeader::Text(text) = value
                && text.as_literal().is_none()
            {
                let made = fill(text)?;
                size = size.saturating_add(made.as_ref().map_or(0, String::len));
                if size > MAX_MADE_HEADERS {
                    return Err(Unsafe::TooLong);
                }
                filled.push((at, made));
            }
        }
        Ok(SentHeaders { changes, filled })
    }

    /// The names that are taken away: those of `remove`, and of `set` where there is no value to be written.
    pub fn removed(&self) -> impl Iterator<Item = &str> {
        let unset = self.changes.set.iter().enumerate().filter(|(at, (_, value))| self.value(*at, value).is_none());
        self.changes.remove.iter().map(String::as_str).chain(unset.map(|(_, (name, _))| name.as_str()))
    }

    /// What is replaced or made.
    pub fn set(&self) -> impl Iterator<Item = (&str, SentValue<'_>)> {
        self.written(&self.changes.set, 0)
    }

    /// What is put after what is there.
    pub fn added(&self) -> impl Iterator<Item = (&str, SentValue<'_>)> {
        self.written(&self.changes.add, self.changes.set.len())
    }

    fn written<'s>(
        &'s self,
        fields: &'s [(String, RequestHeader)],
        first: usize,
    ) -> impl Iterator<Item = (&'s str, SentValue<'s>)> {
        let written = move |(at, (name, value)): (usize, &'s (String, RequestHeader))| {
            Some((name.as_str(), self.value(first.saturating_add(at), value)?))
        };
        fields.iter().enumerate().filter_map(written)
    }

    fn value<'s>(&'s self, at: usize, value: &'s RequestHeader) -> Option<SentValue<'s>> {
        match value {
            RequestHeader::Secret(name) => Some(SentValue::Secret(name)),
            RequestHeader::Text(text) => match self.filled.iter().find(|(filled, _)| *filled == at) {
                Some((_, text)) => text.as_deref().map(SentValue::Text),
                None => text.as_literal().filter(|text| !text.is_empty()).map(SentValue::Text),
            },
        }
    }
}

/// The path of a request that is sent on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Uri<'t, 'r> {
    /// As it came, byte for byte.
    AsItCame(&'r str),
    /// As it came, but after step (d) of its normal form: so that no origin reads another path in it than was decided.
    Resolved(String),
    /// What the route's rewrite made.
    Rewritten(Cow<'t, str>),
}

impl<'r> Uri<'_, 'r> {
    /// A path that is only passed on (rule 12): as it came, but after step (d) where it has a dot segment in any
    /// spelling, and on its way to a bucket where its parameters are not part of it.
    #[must_use]
    pub fn passed_on(canonical: &Canonical, to: &Origin, raw: &'r str) -> Self {
        let raw = if raw.is_empty() { "/" } else { raw };
        let Some(Resolved { path, had_dots }) = canonical.resolve(raw) else { return Uri::AsItCame(raw) };
        let names_object = matches!(to.kind, OriginKind::S3(_)) && canonical.path_parameters == PathParameters::Strip;
        // No request line holds these; an origin that gets them all the same might end the path there.
        let is_odd = raw.contains(|char: char| matches!(char, '?' | '#') || char.is_ascii_control());
        if path.as_str() == raw || !(had_dots || names_object || is_odd) {
            return Uri::AsItCame(raw);
        }
        // Without its first slash it would go on the origin's own path.
        let slash = if path.as_str().starts_with('/') { "" } else { "/" };
        Uri::Resolved(format!("{slash}{}", path.as_str()))
    }
}

impl Uri<'_, '_> {
    /// The path sent on.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Uri::AsItCame(path) => path,
            Uri::Resolved(path) => path,
            Uri::Rewritten(path) => path,
        }
    }
}

/// A generated redirect.
#[derive(Clone, Debug, PartialEq)]
pub struct Redirect<'t, 'r> {
    /// 301, 302, 303, 307 or 308.
    pub status: u16,
    /// Where to.
    pub location: Location<'t, 'r>,
    /// Its `cache-control`, cut to the table's next instant.
    pub cache_control: Cow<'t, str>,
    /// Further headers; `expires` is cut too.
    pub headers: Cow<'t, [(String, String)]>,
}

/// A generated answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Respond<'t> {
    /// 200 to 599.
    pub status: u16,
    /// Text; empty for none.
    pub body: &'t str,
    /// Of the body.
    pub content_type: Option<&'t str>,
    /// Its `cache-control`, cut to the table's next instant.
    pub cache_control: Cow<'t, str>,
    /// Further headers; `expires` is cut too.
    pub headers: Cow<'t, [(String, String)]>,
}

/// A route whose target would have been unsafe for this request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Refused<'t> {
    /// The route.
    pub route: &'t Route,
    /// The reason.
    pub why: Unsafe,
}

impl<'t> Decision<'t, '_> {
    /// The route of `taker_id`.
    #[must_use]
    pub fn taker(&self) -> Option<&'t Route> {
        self.route.or(self.refused.map(|refused| refused.route))
    }

    /// Whether the table answers before any route is asked: 400 by `[canonical] refuse`, 308 to the clean form of a path.
    #[must_use]
    pub fn is_answered_before_routes(&self) -> bool {
        self.taker_id.is_none() && !matches!(self.outcome, Outcome::Origin(_))
    }

    /// Id of the route that took the request.
    #[must_use]
    pub fn route_id(&self) -> Option<&str> {
        self.route.map(|route| route.id.as_str())
    }
}
