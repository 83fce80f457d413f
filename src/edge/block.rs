//! The `origin` of a custom origin: as the table says it, and over what the distribution has.
//!
//! Where an event aims at the very origin that is chosen, what the table does not say stays as the distribution has it:
//! settings, headers and members that nobody here knows. What CloudFront would not take back is left out.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::contract::{Violation, check_custom};
use crate::event::EventOrigin;
use crate::event::answer::write_fields;
use crate::event::json::{Member, Object, ObjectWriter, elements, text, written};
use crate::platform::headers::{Written, refuse_name, refuse_value};
use crate::platform::{SSL_PROTOCOLS, limits};
use crate::route::{CustomOrigin, Origin, ServerSetting};

/// Members of `origin.custom` that a table may say, and how it says them.
const SETTINGS: [(&str, ServerSetting); 7] = [
    ("keepaliveTimeout", ServerSetting::KeepaliveTimeout),
    ("path", ServerSetting::Path),
    ("port", ServerSetting::Port),
    ("protocol", ServerSetting::Protocol),
    ("readTimeout", ServerSetting::ReadTimeout),
    ("responseCompletionTimeout", ServerSetting::ResponseCompletionTimeout),
    ("sslProtocols", ServerSetting::SslProtocols),
];

/// The `origin` of a custom origin.
pub(super) struct CustomBlock {
    /// Names and values inside its `custom`, as JSON; `customHeaders` apart.
    members: Vec<(&'static str, String)>,
    /// Those of them that the table says.
    said: Vec<&'static str>,
    headers: CustomHeaders,
    text: String,
}

/// Headers that CloudFront adds for an origin: names in lower case, and their fields as JSON.
struct CustomHeaders {
    all: Vec<(String, String)>,
    /// Bytes of names and values.
    size: usize,
}

/// The members that a table says of an origin; others stay where CloudFront aims at it already.
pub fn said_members(custom: &CustomOrigin) -> Vec<&'static str> {
    let said = SETTINGS.into_iter().filter(|&(_, setting)| custom.says(setting)).map(|(name, _)| name);
    ["domainName"].into_iter().chain(said).collect()
}

impl CustomBlock {
    /// As a table says it, with the values of its headers.
    pub(super) fn new(origin: &Origin, custom: &CustomOrigin, headers: &[(&str, &str)]) -> Result<Self, Violation> {
        check_custom(origin, custom, headers)?;
        let (members, headers) = (members(origin, custom), CustomHeaders::new(headers));
        let text = joined(&headers.write(None), &members, &[], &[]);
        Ok(CustomBlock { members, said: said_members(custom), headers, text })
    }

    /// The whole of it, for a request that aims elsewhere.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// What is written over an event's own block of the same origin; nothing where that says the same already.
    pub(super) fn over(&self, event: &EventOrigin<'_>) -> Option<Cow<'_, str>> {
        let headers = self.headers.write(event.object.get("customHeaders"));
        let members = self.merged(event);
        let is_settled = |member: &&Member<'_>| {
            *member.name == *"customHeaders"
                || SETTINGS.iter().any(|(name, _)| *name == member.name)
                || *member.name == *"domainName"
        };
        let (settled, further): (Vec<_>, Vec<_>) = event.object.members.iter().partition(is_settled);
        let has = |name: &str, value: &str| event.object.get(name).is_some_and(|theirs| theirs.get() == value);
        let is_same = settled.len() == members.len().saturating_add(1)
            && has("customHeaders", &headers)
            && members.iter().all(|(name, value)| has(name, value));
        if is_same {
            return None;
        }
        Some(Cow::Owned(joined(&headers, &members, &further, &event.siblings)))
    }

    /// What the table says, and the event's own word for the rest.
    fn merged(&self, event: &EventOrigin<'_>) -> Vec<(&'static str, Cow<'_, str>)> {
        let theirs = |name: &str| {
            let value = event.object.get(name).filter(|_| !self.said.contains(&name))?;
            is_fit(name, value).then(|| Cow::Owned(value.get().to_owned()))
        };
        let ours = |name: &str| {
            let own = self.members.iter().find(|(known, _)| *known == name);
            own.map(|(_, value)| Cow::Borrowed(value.as_str()))
        };
        let mut merged: Vec<(&str, Cow<'_, str>)> = Vec::with_capacity(self.members.len().saturating_add(1));
        for name in ["domainName"].into_iter().chain(SETTINGS.iter().map(|(name, _)| *name)) {
            merged.extend(theirs(name).or_else(|| ours(name)).map(|value| (name, value)));
        }
        if !is_in_time(&merged) {
            // Two words that contradict each other: the table's counts.
            merged.retain(|(name, _)| *name != "readTimeout" && *name != "responseCompletionTimeout");
            let both = ["readTimeout", "responseCompletionTimeout"];
            merged.extend(both.into_iter().filter_map(|name| ours(name).map(|value| (name, value))));
        }
        merged
    }
}

impl CustomHeaders {
    fn new(headers: &[(&str, &str)]) -> CustomHeaders {
        let fields = |&(name, value): &(&str, &str)| {
            let (lower, mut fields) = (name.to_ascii_lowercase(), String::new());
            write_fields(&mut fields, &[], name, &[Cow::Borrowed(value)]);
            (lower, fields)
        };
        let size = headers.iter().map(|(name, value)| name.len().saturating_add(value.len())).sum();
        CustomHeaders { all: headers.iter().map(fields).collect(), size }
    }

    /// These, over an event's own: its further headers stay, where CloudFront takes so many.
    fn write(&self, theirs: Option<&RawValue>) -> String {
        let theirs = theirs.and_then(Object::parse).unwrap_or_default();
        let mut kept: Vec<(String, &str)> = Vec::new();
        let mut size = self.size;
        for member in &theirs.members {
            let name = member.name.to_ascii_lowercase();
            let Some(bytes) = size_of(&name, member.value) else { continue };
            // Of duplicate members the last counts.
            kept.retain(|(known, _)| *known != name);
            if self.all.iter().all(|(known, _)| *known != name) {
                size = size.saturating_add(bytes);
                kept.push((name, member.value.get()));
            }
        }
        let count = self.all.len().saturating_add(kept.len());
        if count > limits::MAX_CUSTOM_HEADERS || size > limits::MAX_CUSTOM_HEADERS_TOTAL {
            kept.clear();
        }
        let mut out = String::new();
        let mut object = ObjectWriter::open(&mut out);
        let own = self.all.iter().map(|(name, fields)| (name, fields.as_str()));
        for (name, fields) in own.chain(kept.iter().map(|(name, fields)| (name, *fields))) {
            object.key(name).push_str(fields);
        }
        object.close();
        out
    }
}

/// Bytes of an event's custom header; `None` for one that CloudFront would not take back.
fn size_of(name: &str, fields: &RawValue) -> Option<usize> {
    if refuse_name(Written::OnOrigin, name).is_some() {
        return None;
    }
    let fields = elements(fields);
    let mut size: usize = 0;
    for field in &fields {
        let field = Object::parse(field)?;
        let value = field.text("value").filter(|value| refuse_value(Written::OnOrigin, value).is_none())?;
        let is_named = field.get("key").is_none_or(|key| text(key).is_some_and(|key| key.eq_ignore_ascii_case(name)));
        if !is_named {
            return None;
        }
        size = size.saturating_add(name.len()).saturating_add(value.len());
    }
    (!fields.is_empty()).then_some(size)
}

/// Whether CloudFront takes an event's own value back.
fn is_fit(name: &str, value: &RawValue) -> bool {
    let number = || value.get().parse::<u16>().ok();
    let word = text(value);
    match name {
        "keepaliveTimeout" => number().is_some_and(|seconds| limits::KEEPALIVE_TIMEOUT.contains(&seconds)),
        "readTimeout" => number().is_some_and(|seconds| limits::READ_TIMEOUT.contains(&seconds)),
        "responseCompletionTimeout" => {
            number().is_some_and(|seconds| seconds == 0 || limits::RESPONSE_COMPLETION_TIMEOUT.contains(&seconds))
        }
        "port" => number().is_some_and(limits::is_origin_port),
        "protocol" => word.is_some_and(|word| matches!(&*word, "http" | "https")),
        "path" => word.is_some_and(|path| limits::check_origin_path(&path).is_ok()),
        "sslProtocols" => {
            let protocols = elements(value);
            let is_known = |name: &&RawValue| text(name).is_some_and(|name| SSL_PROTOCOLS.contains(&&*name));
            !protocols.is_empty() && protocols.iter().all(is_known)
        }
        _ => false,
    }
}

/// Whether the whole answer may take as long as its first byte.
fn is_in_time(members: &[(&str, Cow<'_, str>)]) -> bool {
    let seconds = |wanted: &str| {
        let found = members.iter().find(|(name, _)| *name == wanted);
        found.and_then(|(_, value)| value.parse::<u16>().ok()).unwrap_or(0)
    };
    let whole = seconds("responseCompletionTimeout");
    whole == 0 || whole >= seconds("readTimeout")
}

/// The members that a table has a value for, each as JSON.
fn members(origin: &Origin, custom: &CustomOrigin) -> Vec<(&'static str, String)> {
    let ssl_protocols: Vec<String> = custom.ssl_protocols.iter().map(|name| written(name)).collect();
    let completion = custom.response_completion_timeout.map(|timeout| timeout.to_string());
    let mut members = vec![
        ("domainName", written(&origin.domain)),
        ("keepaliveTimeout", custom.keepalive_timeout.to_string()),
        ("path", written(&custom.path)),
        ("port", custom.port.to_string()),
        ("protocol", written(custom.protocol.name())),
        ("readTimeout", custom.read_timeout.to_string()),
    ];
    members.extend(completion.map(|timeout| ("responseCompletionTimeout", timeout)));
    members.push(("sslProtocols", format!("[{}]", ssl_protocols.join(","))));
    members
}

/// An `origin` of these members, and an event's further ones inside and beside its `custom`.
fn joined<V: AsRef<str>>(
    headers: &str,
    members: &[(&'static str, V)],
    further: &[&Member<'_>],
    siblings: &[Member<'_>],
) -> String {
    let mut out = String::with_capacity(512);
    let mut outer = ObjectWriter::open(&mut out);
    let mut object = ObjectWriter::open(outer.key("custom"));
    object.key("customHeaders").push_str(headers);
    for (name, value) in members {
        object.key(name).push_str(value.as_ref());
    }
    for member in further {
        object.raw_key(member.key).push_str(member.value.get());
    }
    object.close();
    for member in siblings {
        outer.raw_key(member.key).push_str(member.value.get());
    }
    outer.close();
    out
}
