//! What goes back to CloudFront: the request with some members replaced, or an answer made at the edge.

use std::borrow::Cow;
use std::cell::Cell;

use serde_json::value::RawValue;

use super::RequestEvent;
use super::facts::field_value;
use super::json::{Member, Object, ObjectWriter, elements, text, write_text, written};
use crate::platform::{may_have_body, reason_phrase};
use crate::route::{Redirect, Respond, SentHeaders, SentValue};

/// The changes of a request that is sent on. Default: none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edits<'e> {
    /// This `uri`; one that is what came is left as it is written.
    pub uri: Option<Cow<'e, str>>,
    /// This `querystring`, likewise.
    pub query: Option<Cow<'e, str>>,
    /// This `origin`, as JSON.
    pub origin: Option<Cow<'e, str>>,
    /// Changes of `headers`.
    pub headers: HeaderEdits<'e>,
}

/// Changes of headers: what is left of each name once all of them are carried out in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeaderEdits<'e> {
    /// One for each name; lower case.
    pub edits: Vec<(Cow<'e, str>, HeaderEdit<'e>)>,
}

/// What happens to the fields of one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeaderEdit<'e> {
    /// They go.
    Remove,
    /// They become these.
    Replace(Vec<Cow<'e, str>>),
    /// These come after them.
    Append(Vec<Cow<'e, str>>),
}

impl<'e> HeaderEdits<'e> {
    /// What a route says: removes, then sets, then adds.
    ///
    /// # Errors
    /// The name of a secret that `secret` has no value of.
    pub fn of(
        changes: &'e SentHeaders<'_>,
        secret: impl Fn(&str) -> Option<&'e str>,
    ) -> Result<HeaderEdits<'e>, &'e str> {
        let value = |value: SentValue<'e>| match value {
            SentValue::Text(text) => Ok(Cow::Borrowed(text)),
            SentValue::Secret(name) => secret(name).map(Cow::Borrowed).ok_or(name),
        };
        let mut edits = HeaderEdits::default();
        for name in changes.removed() {
            edits.remove(name);
        }
        for (name, sent) in changes.set() {
            edits.set(name, value(sent)?);
        }
        for (name, sent) in changes.added() {
            edits.add(name, value(sent)?);
        }
        Ok(edits)
    }

    /// No field of that name is left.
    pub fn remove(&mut self, name: impl Into<Cow<'e, str>>) {
        self.put(name.into(), HeaderEdit::Remove);
    }

    /// One field of that name is left.
    pub fn set(&mut self, name: impl Into<Cow<'e, str>>, value: Cow<'e, str>) {
        self.put(name.into(), HeaderEdit::Replace(vec![value]));
    }

    /// One field more.
    pub fn add(&mut self, name: impl Into<Cow<'e, str>>, value: Cow<'e, str>) {
        let name = name.into();
        match self.edit_mut(&name) {
            None => self.put(name, HeaderEdit::Append(vec![value])),
            Some(HeaderEdit::Replace(values) | HeaderEdit::Append(values)) => values.push(value),
            Some(edit @ HeaderEdit::Remove) => *edit = HeaderEdit::Replace(vec![value]),
        }
    }

    fn put(&mut self, name: Cow<'e, str>, edit: HeaderEdit<'e>) {
        match self.edit_mut(&name) {
            Some(old) => *old = edit,
            None => self.edits.push((name, edit)),
        }
    }

    fn edit_mut(&mut self, name: &str) -> Option<&mut HeaderEdit<'e>> {
        self.edits.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, edit)| edit)
    }
}

impl Edits<'_> {
    /// The request with these changes; its own text where there are none. O(m).
    #[must_use]
    pub fn write(&self, request: &RequestEvent<'_>) -> String {
        let headers = self.write_headers(request);
        let mut changes = vec![];
        let uri = self.uri.as_ref().filter(|uri| **uri != request.uri);
        changes.extend(uri.map(|uri| ("uri", written(uri))));
        let query = self.query.as_ref().filter(|query| **query != request.query);
        changes.extend(query.map(|query| ("querystring", written(query))));
        changes.extend(self.origin.as_ref().map(|origin| ("origin", origin.to_string())));
        changes.extend(headers.map(|headers| ("headers", headers)));
        if changes.is_empty() {
            return request.text.to_owned();
        }
        splice(request, &changes)
    }

    /// The new `headers`, where an edit changes anything.
    fn write_headers(&self, request: &RequestEvent<'_>) -> Option<String> {
        let members = &request.headers.members;
        let changes: Vec<_> =
            self.headers.edits.iter().map(|(name, edit)| HeaderChange::new(name, edit, members)).collect();
        changes.iter().any(HeaderChange::is_one).then(|| write_members(members, &changes))
    }
}

/// One edit of the members of `headers`.
struct HeaderChange<'x, 'e> {
    name: &'x str,
    edit: &'x HeaderEdit<'e>,
    members: &'x [Member<'x>],
    is_written: Cell<bool>,
}

impl<'x, 'e> HeaderChange<'x, 'e> {
    fn new(name: &'x str, edit: &'x HeaderEdit<'e>, members: &'x [Member<'x>]) -> HeaderChange<'x, 'e> {
        HeaderChange { name, edit, members, is_written: Cell::new(false) }
    }

    fn is_about(&self, member: &Member<'_>) -> bool {
        member.name.eq_ignore_ascii_case(self.name)
    }

    fn about(&self) -> impl Iterator<Item = &'x Member<'x>> {
        self.members.iter().filter(|member| self.is_about(member))
    }

    /// Whether anything is another after it.
    fn is_one(&self) -> bool {
        let mut about = self.about();
        match (self.edit, about.next(), about.next()) {
            (HeaderEdit::Remove, first, _) => first.is_some(),
            (HeaderEdit::Replace(values), Some(only), None) => !is_exactly(only, values),
            (HeaderEdit::Replace(_) | HeaderEdit::Append(_), ..) => true,
        }
    }

    /// Once: at the first member that it is about, or at the end.
    fn write(&self, object: &mut ObjectWriter<'_>) {
        if self.is_written.replace(true) {
            return;
        }
        match self.edit {
            HeaderEdit::Remove => {}
            HeaderEdit::Replace(values) => write_fields(object.key(self.name), &[], self.name, values),
            HeaderEdit::Append(values) => write_fields(object.key(self.name), &self.fields(), self.name, values),
        }
    }

    /// The fields that there are and that CloudFront would take back; a malformed one would cost the whole answer.
    fn fields(&self) -> Vec<&'x RawValue> {
        let is_whole = |field: &&RawValue| {
            let object = Object::parse(field).unwrap_or_default();
            let key = object.get("key").map(text);
            let is_name = |key: Cow<'_, str>| key.eq_ignore_ascii_case(self.name);
            object.text("value").is_some() && key.is_none_or(|key| key.is_some_and(is_name))
        };
        self.about().flat_map(|member| elements(member.value)).filter(is_whole).collect()
    }
}

/// Every member in its place, but for those that an edit is about.
fn write_members(members: &[Member<'_>], changes: &[HeaderChange<'_, '_>]) -> String {
    let size: usize = members.iter().map(|member| member.key.len() + member.value.get().len() + 2).sum();
    let mut out = String::with_capacity(size + 256);
    let mut object = ObjectWriter::open(&mut out);
    for member in members {
        match changes.iter().find(|change| change.is_about(member)) {
            None => object.raw_key(member.key).push_str(member.value.get()),
            Some(change) => change.write(&mut object),
        }
    }
    changes.iter().for_each(|change| change.write(&mut object));
    object.close();
    out
}

/// Whether a header already has these values, so that its text can stay as it is.
fn is_exactly(member: &Member<'_>, values: &[Cow<'_, str>]) -> bool {
    let fields = elements(member.value);
    let same = |(field, value): (&&RawValue, &Cow<'_, str>)| field_value(field).is_some_and(|found| found == *value);
    fields.len() == values.len() && fields.iter().zip(values).all(same)
}

/// The array of a header: fields that stay, then new ones.
pub(crate) fn write_fields(out: &mut String, old: &[&RawValue], name: &str, values: &[Cow<'_, str>]) {
    out.push('[');
    for (at, field) in old.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        out.push_str(field.get());
    }
    for (at, value) in values.iter().enumerate() {
        if at > 0 || !old.is_empty() {
            out.push(',');
        }
        write_field(out, name, value);
    }
    out.push(']');
}

fn write_field(out: &mut String, name: &str, value: &str) {
    let mut field = ObjectWriter::open(out);
    write_text(field.key("key"), &title_case(name));
    write_text(field.key("value"), value);
    field.close();
}

/// `x-from` as CloudFront writes names in `key`: `X-From`.
fn title_case(name: &str) -> String {
    let mut begins = true;
    let cased = name.chars().map(|char| {
        let cased = if begins { char.to_ascii_uppercase() } else { char.to_ascii_lowercase() };
        begins = char == '-';
        cased
    });
    cased.collect()
}

/// The request's members, the changed ones replaced where they first stand, new ones at the end.
fn splice(request: &RequestEvent<'_>, changes: &[(&str, String)]) -> String {
    let grown: usize = changes.iter().map(|(name, value)| name.len() + value.len() + 4).sum();
    let mut out = String::with_capacity(request.text.len() + grown);
    let mut object = ObjectWriter::open(&mut out);
    let mut left: Vec<_> = changes.iter().collect();
    for member in &request.object.members {
        let is_of = |(name, _): &&(&str, String)| *name == member.name;
        match left.iter().position(is_of) {
            Some(at) => object.raw_key(member.key).push_str(&left.remove(at).1),
            None if changes.iter().any(|change| is_of(&change)) => {}
            None => object.raw_key(member.key).push_str(member.value.get()),
        }
    }
    for (name, value) in left {
        object.key(name).push_str(value);
    }
    object.close();
    out
}

/// An answer that the edge makes. It does not depend on the method: that is in no cache key, and CloudFront itself
/// sends no body to a HEAD.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generated<'d> {
    /// 200 to 599.
    pub status: u16,
    /// Names in lower case, each once, with its values.
    pub headers: Vec<(&'d str, Vec<Cow<'d, str>>)>,
    /// Text; empty for none.
    pub body: &'d str,
}

impl<'d> Generated<'d> {
    /// A redirect: `location`, an explicit `cache-control`, and what the route adds.
    #[must_use]
    pub fn redirect(redirect: &'d Redirect<'_, '_>) -> Generated<'d> {
        let location = ("location", vec![Cow::Owned(redirect.location.to_string())]);
        let cache_control = ("cache-control", vec![Cow::Borrowed(&*redirect.cache_control)]);
        let headers = with_further(vec![location, cache_control], &redirect.headers);
        Generated { status: redirect.status, headers, body: "" }
    }

    /// An answer: its body and type where its status may have one, an explicit `cache-control`, what the route adds.
    #[must_use]
    pub fn respond(respond: &'d Respond<'_>) -> Generated<'d> {
        let mut headers = vec![("cache-control", vec![Cow::Borrowed(&*respond.cache_control)])];
        let body = if may_have_body(respond.status) { respond.body } else { "" };
        if let Some(content_type) = respond.content_type.filter(|_| may_have_body(respond.status)) {
            headers.push(("content-type", vec![Cow::Borrowed(content_type)]));
        }
        Generated { status: respond.status, headers: with_further(headers, &respond.headers), body }
    }

    /// Bytes of headers and body, as the size limit counts them.
    #[must_use]
    pub fn size(&self) -> usize {
        let fields = self.headers.iter().flat_map(|(name, values)| values.iter().map(move |value| (name, value)));
        let headers: usize = fields.map(|(name, value)| name.len().saturating_add(value.len())).sum();
        headers.saturating_add(self.body.len())
    }

    /// The answer as JSON.
    #[must_use]
    pub fn write(&self) -> String {
        let mut out = String::with_capacity(self.size() + 256);
        let mut object = ObjectWriter::open(&mut out);
        write_text(object.key("status"), &self.status.to_string());
        if let Some(phrase) = reason_phrase(self.status) {
            write_text(object.key("statusDescription"), phrase);
        }
        let mut headers = ObjectWriter::open(object.key("headers"));
        for (name, values) in &self.headers {
            write_fields(headers.key(name), &[], name, values);
        }
        headers.close();
        if !self.body.is_empty() {
            write_text(object.key("bodyEncoding"), "text");
            write_text(object.key("body"), self.body);
        }
        object.close();
        out
    }
}

/// Our own headers win over the route's of the same name; the route's may have several values.
fn with_further<'d>(
    own: Vec<(&'d str, Vec<Cow<'d, str>>)>,
    further: &'d [(String, String)],
) -> Vec<(&'d str, Vec<Cow<'d, str>>)> {
    let count = own.len();
    let mut all = own;
    for (name, value) in further {
        let known = all.iter_mut().enumerate().find(|(_, (known, _))| known.eq_ignore_ascii_case(name));
        match known {
            None => all.push((name, vec![Cow::Borrowed(value)])),
            Some((at, _)) if at < count => {}
            Some((_, (_, values))) => values.push(Cow::Borrowed(value)),
        }
    }
    all
}
