//! Which origin an event aims at.

use std::borrow::Cow;

use super::RequestEvent;
use super::json::{Member, Object};
use crate::platform::buckets::bucket_of;
use crate::route::{BehaviorId, Origin, OriginId, OriginKind, Table};
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

/// What an event's origin is to the behavior that its path falls in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aim {
    /// The one that is configured on its behavior: decide.
    Configured,
    /// The second member of its behavior's origin group.
    Failover(OriginId),
    /// Neither: table and distribution disagree, or the event names none.
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

    /// What it is to the behavior that the path falls in, by its domain; its path tells two of one domain apart.
    #[must_use]
    pub fn aim(&self, table: &Table, behavior: BehaviorId) -> Aim {
        let configured = table.origin(table.configured_id(behavior));
        let failover = table.failover_id(behavior).filter(|&id| self.is_at(table.origin(id)));
        match failover {
            Some(id) if !self.is_at(configured) || self.is_below(table.origin(id)) => Aim::Failover(id),
            _ if self.is_at(configured) => Aim::Configured,
            _ => Aim::Unknown,
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

    /// Whether it is that very server or bucket, under whatever path; a bucket under any of its names.
    #[must_use]
    pub fn is_at(&self, origin: &Origin) -> bool {
        let domain = self.object.text("domainName").unwrap_or_default();
        let is_it = domain.eq_ignore_ascii_case(&origin.domain);
        match &origin.kind {
            OriginKind::Custom(_) => self.kind == EventOriginKind::Custom && is_it,
            OriginKind::S3(_) => {
                let is_bucket = || bucket_of(&domain).is_some_and(|name| bucket_of(&origin.domain) == Some(name));
                self.kind == EventOriginKind::S3 && (is_it || is_bucket())
            }
        }
    }

    /// Whether its path is the origin's.
    fn is_below(&self, origin: &Origin) -> bool {
        let path = match &origin.kind {
            OriginKind::Custom(custom) => &custom.path,
            OriginKind::S3(s3) => &s3.path,
        };
        self.object.text("path").unwrap_or_default() == *path
    }
}
