//! Which origin an event aims at.

use std::borrow::Cow;

use super::RequestEvent;
use super::json::{Member, Object};
use crate::route::{Origin, OriginId, OriginKind, Table};
use crate::text::host::is_host_value;

/// The `origin` of an event.
#[derive(Debug)]
pub struct EventOrigin<'a> {
    /// Under which of `custom` and `s3` it stands.
    pub kind: EventOriginKind,
    /// The members of that.
    pub object: Object<'a>,
    /// What stands beside it, which is neither: CloudFront may give it a meaning that we do not know.
    pub siblings: Vec<Member<'a>>,
}

/// The two kinds of origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventOriginKind {
    /// `custom`.
    Custom,
    /// `s3`.
    S3,
}

/// What an event's origin is to a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aim {
    /// The configured one: decide.
    Configured,
    /// Another of the table's: the failover of an origin group.
    Failover(OriginId),
    /// None that the table knows.
    Unknown,
}

impl<'a> EventOrigin<'a> {
    /// The origin of a request, where it has a usable one.
    #[must_use]
    pub fn of(request: &RequestEvent<'a>) -> Option<EventOrigin<'a>> {
        let mut origin = request.object.get("origin").and_then(Object::parse)?;
        let found = |kind, name| Some((kind, origin.get(name).and_then(Object::parse)?));
        let (kind, object) = found(EventOriginKind::Custom, "custom").or_else(|| found(EventOriginKind::S3, "s3"))?;
        origin.members.retain(|member| !["custom", "s3"].contains(&&*member.name));
        Some(EventOrigin { kind, object, siblings: origin.members })
    }

    /// Which of a table's origins it is: kind and domain must be the same. Where several share a domain, one with the
    /// same path and port is meant before others, and the configured one before others like it.
    #[must_use]
    pub fn aim(&self, table: &Table) -> Aim {
        let domain = self.object.text("domainName").unwrap_or_default();
        let likeness = |id| {
            let origin = table.origin(id);
            let same = self.is_kind(origin) && origin.domain.eq_ignore_ascii_case(&domain);
            same.then(|| (self.is_place(origin), id == table.configured_id(), id))
        };
        // From the last, so that the first of equals wins.
        let best =
            table.origin_ids().rev().filter_map(likeness).max_by_key(|&(place, configured, _)| (place, configured));
        match best {
            Some((_, true, _)) => Aim::Configured,
            Some((_, false, id)) => Aim::Failover(id),
            None => Aim::Unknown,
        }
    }

    /// Its domain, where it is a bucket: the name that CloudFront signs requests for.
    #[must_use]
    pub fn bucket_domain(&self) -> Option<Cow<'a, str>> {
        let domain = self.object.text("domainName").filter(|_| self.kind == EventOriginKind::S3)?;
        is_host_value(&domain).then_some(domain)
    }

    /// The names of its custom headers.
    pub fn header_names(&self) -> impl Iterator<Item = Cow<'a, str>> {
        let headers = self.object.get("customHeaders").and_then(Object::parse).unwrap_or_default();
        headers.members.into_iter().map(|member| member.name)
    }

    fn is_kind(&self, origin: &Origin) -> bool {
        match origin.kind {
            OriginKind::Custom(_) => self.kind == EventOriginKind::Custom,
            OriginKind::S3(_) => self.kind == EventOriginKind::S3,
        }
    }

    fn is_place(&self, origin: &Origin) -> bool {
        let path = self.object.text("path").unwrap_or_default();
        match &origin.kind {
            OriginKind::S3(s3) => path == s3.path,
            OriginKind::Custom(custom) => {
                let port = self.object.get("port").map_or("", |port| port.get());
                path == custom.path && port.parse() == Ok(custom.port)
            }
        }
    }
}
