//! The origins of a table, made ready to be written into answers.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::contract::{Violation, check_custom};
use crate::event::EventOrigin;
use crate::event::answer::write_fields;
use crate::event::json::{Member, Object, ObjectWriter, write_text};
use crate::route::{CustomOrigin, HeaderValue, Origin, OriginKind, Protocol};

/// One origin. Holds values of secrets: neither printed nor logged anywhere.
pub(super) struct ReadyOrigin {
    /// Names that no request may carry when it goes there: its own custom headers.
    pub(super) own_headers: Vec<String>,
    /// What is written as `origin`; nothing for a bucket, which can only be kept.
    pub(super) block: Option<Result<Block, OriginProblem>>,
}

/// The `origin` of a custom origin.
pub(super) struct Block {
    text: String,
    /// Names and values inside its `custom`, as JSON.
    members: Vec<(String, String)>,
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

/// The members of `origin.custom` that a table decides; any other is kept where the origin stays the same.
pub const CUSTOM_MEMBERS: [&str; 9] = [
    "customHeaders",
    "domainName",
    "keepaliveTimeout",
    "path",
    "port",
    "protocol",
    "readTimeout",
    "responseCompletionTimeout",
    "sslProtocols",
];

impl ReadyOrigin {
    pub(super) fn new(origin: &Origin, secrets: &BTreeMap<String, String>) -> ReadyOrigin {
        let own_headers = origin.headers.iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
        let block = match &origin.kind {
            OriginKind::S3(_) => None,
            OriginKind::Custom(custom) => Some(custom_block(origin, custom, secrets).map(Block::new)),
        };
        ReadyOrigin { own_headers, block }
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
    let mut headers = Vec::with_capacity(origin.headers.len());
    for (name, value) in &origin.headers {
        let value = match value {
            HeaderValue::Text(text) => text,
            HeaderValue::Secret(name) => secrets.get(name).ok_or_else(|| OriginProblem::MissingSecret(name.clone()))?,
        };
        headers.push((name.as_str(), value.as_str()));
    }
    check_custom(origin, custom, &headers)?;
    let mut out = Vec::with_capacity(512);
    let mut outer = ObjectWriter::open(&mut out);
    write_custom(outer.key("custom"), origin, custom, &headers);
    outer.close();
    Ok(String::from_utf8(out).unwrap_or_default())
}

fn write_custom(out: &mut Vec<u8>, origin: &Origin, custom: &CustomOrigin, headers: &[(&str, &str)]) {
    let number = |out: &mut Vec<u8>, number: u16| out.extend_from_slice(number.to_string().as_bytes());
    let mut block = ObjectWriter::open(out);
    let mut own = ObjectWriter::open(block.key("customHeaders"));
    for (name, value) in headers {
        write_fields(own.key(&name.to_ascii_lowercase()), &[], name, &[Cow::Borrowed(value)]);
    }
    own.close();
    write_text(block.key("domainName"), &origin.domain);
    number(block.key("keepaliveTimeout"), custom.keepalive_timeout);
    write_text(block.key("path"), &custom.path);
    number(block.key("port"), custom.port);
    let protocol = match custom.protocol {
        Protocol::Http => "http",
        Protocol::Https => "https",
    };
    write_text(block.key("protocol"), protocol);
    number(block.key("readTimeout"), custom.read_timeout);
    if let Some(timeout) = custom.response_completion_timeout {
        number(block.key("responseCompletionTimeout"), timeout);
    }
    let protocols = block.key("sslProtocols");
    protocols.push(b'[');
    for (at, protocol) in custom.ssl_protocols.iter().enumerate() {
        if at > 0 {
            protocols.push(b',');
        }
        write_text(protocols, protocol);
    }
    protocols.push(b']');
    block.close();
}

impl Block {
    fn new(text: String) -> Block {
        let inner = text.strip_prefix("{\"custom\":").and_then(|text| text.strip_suffix('}')).unwrap_or_default();
        let custom: Object<'_> = serde_json::from_str(inner).unwrap_or_default();
        let owned = |member: &Member<'_>| (member.name.clone().into_owned(), member.value.get().to_owned());
        let members = custom.members.iter().map(owned).collect();
        Block { text, members }
    }

    /// The whole of it, for a request that aims elsewhere.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// What is written over an event's own block of the same origin; nothing where that says the same already.
    ///
    /// Members that no table names are kept: CloudFront may give them a meaning that we do not know.
    pub(super) fn over(&self, event: &EventOrigin<'_>) -> Option<Cow<'_, str>> {
        let theirs = &event.object.members;
        let is_known = |member: &&Member<'_>| CUSTOM_MEMBERS.contains(&&*member.name);
        let says_the_same =
            |(name, value): &(String, String)| event.object.get(name).is_some_and(|theirs| theirs.get() == value);
        let is_whole = theirs.iter().filter(is_known).count() == self.members.len();
        if is_whole && self.members.iter().all(says_the_same) {
            return None;
        }
        if theirs.iter().all(|member| is_known(&member)) {
            return Some(Cow::Borrowed(&self.text));
        }
        let mut out = Vec::with_capacity(self.text.len() + 256);
        let mut outer = ObjectWriter::open(&mut out);
        let mut object = ObjectWriter::open(outer.key("custom"));
        for (name, value) in &self.members {
            object.key(name).extend_from_slice(value.as_bytes());
        }
        for member in theirs.iter().filter(|member| !is_known(member)) {
            object.raw_key(member.key).extend_from_slice(member.value.get().as_bytes());
        }
        object.close();
        outer.close();
        Some(String::from_utf8(out).map_or(Cow::Borrowed(self.text.as_str()), Cow::Owned))
    }
}
