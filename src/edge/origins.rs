//! The origins of a table, made ready to be written into answers.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::block::CustomBlock;
use super::contract::Violation;
use crate::route::{CustomOrigin, HeaderValue, Origin, OriginId, OriginKind, Table};

/// All origins of a table. Holds values of secrets: neither printed nor logged anywhere.
pub(super) struct Origins {
    /// In the table's order.
    all: Vec<ReadyOrigin>,
}

/// One origin.
pub(super) struct ReadyOrigin {
    pub(super) id: String,
    /// The table's.
    pub(super) origin_id: OriginId,
    pub(super) domain: String,
    /// Names that no request may carry when it goes there: its own custom headers.
    pub(super) own_headers: Vec<String>,
    /// How it is written; nothing for a bucket, which can only be kept.
    pub(super) server: Option<ReadyServer>,
}

/// How a custom origin is written.
pub(super) struct ReadyServer {
    /// The `host` that it is sent: its own domain, or the name that the table gives it.
    pub(super) host: String,
    /// Whether it is sent the viewer's in place of that, where it is known.
    pub(super) takes_viewers_host: bool,
    /// What is written as `origin`.
    pub(super) block: Result<CustomBlock, OriginProblem>,
}

/// Why no request can be aimed at an origin.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OriginProblem {
    /// The name of a secret without a value.
    #[error("the secret `{0}` has no value here")]
    MissingSecret(String),
    /// CloudFront would not take it.
    #[error(transparent)]
    Violation(#[from] Violation),
}

impl Origins {
    /// Writes every block once. O(n) in origins.
    pub(super) fn of(table: &Table, secrets: &BTreeMap<String, String>) -> Origins {
        let ready = |id| ReadyOrigin::new(id, table.origin(id), secrets);
        Origins { all: table.origin_ids().map(ready).collect() }
    }

    /// One of the table that these were made of.
    #[allow(clippy::indexing_slicing, reason = "there is one for each id of the table")]
    pub(super) fn at(&self, id: OriginId) -> &ReadyOrigin {
        &self.all[id.position()]
    }
}

impl ReadyOrigin {
    fn new(origin_id: OriginId, origin: &Origin, secrets: &BTreeMap<String, String>) -> ReadyOrigin {
        let own_headers = origin.headers.iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
        let server = match &origin.kind {
            OriginKind::S3(_) => None,
            OriginKind::Custom(custom) => Some(ReadyServer::new(origin, custom, secrets)),
        };
        ReadyOrigin { id: origin.id.clone(), domain: origin.domain.clone(), origin_id, own_headers, server }
    }

    /// The query that it is sent where no route says one: nothing for a bucket, else what came.
    pub(super) fn unasked_query(&self) -> Option<Cow<'static, str>> {
        self.server.is_none().then_some(Cow::Borrowed(""))
    }
}

impl ReadyServer {
    fn new(origin: &Origin, custom: &CustomOrigin, secrets: &BTreeMap<String, String>) -> ReadyServer {
        ReadyServer {
            host: origin.own_host().to_owned(),
            takes_viewers_host: origin.sends_viewer_host(),
            block: block(origin, custom, secrets),
        }
    }
}

/// The `origin` member of a request that goes to a custom origin, as JSON; it may hold secrets.
///
/// # Errors
/// A secret has no value, or CloudFront would not take the origin.
pub fn custom_block(
    origin: &Origin,
    custom: &CustomOrigin,
    secrets: &BTreeMap<String, String>,
) -> Result<String, OriginProblem> {
    block(origin, custom, secrets).map(|block| block.text().to_owned())
}

/// With the values of its headers.
fn block(
    origin: &Origin,
    custom: &CustomOrigin,
    secrets: &BTreeMap<String, String>,
) -> Result<CustomBlock, OriginProblem> {
    let mut headers = Vec::with_capacity(origin.headers.len());
    for (name, value) in &origin.headers {
        let value = match value {
            HeaderValue::Text(text) => text,
            HeaderValue::Secret(name) => secrets.get(name).ok_or_else(|| OriginProblem::MissingSecret(name.clone()))?,
        };
        headers.push((name.as_str(), value.as_str()));
    }
    Ok(CustomBlock::new(origin, custom, &headers)?)
}
