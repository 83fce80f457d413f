//! JSON whose values stay text until somebody asks for one.
//!
//! Of duplicate members the last counts, as in every JSON reader of the platform.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// One member of an object.
#[derive(Clone, Debug)]
pub struct Member<'a> {
    /// Its name as it is written, quotes and escapes included.
    pub key: &'a str,
    /// Its name.
    pub name: Cow<'a, str>,
    /// Its value, as text.
    pub value: &'a RawValue,
}

/// An object: its members in order, duplicates included.
#[derive(Clone, Debug, Default)]
pub struct Object<'a> {
    /// In order.
    pub members: Vec<Member<'a>>,
}

impl<'a> Object<'a> {
    /// The members of a value that is an object. O(m).
    #[must_use]
    pub fn parse(value: &'a RawValue) -> Option<Object<'a>> {
        value.get().starts_with('{').then(|| serde_json::from_str(value.get()).ok()).flatten()
    }

    /// The value of a member; the last of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&'a RawValue> {
        self.members.iter().rev().find(|member| member.name == name).map(|member| member.value)
    }

    /// The text of a member that is a text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<Cow<'a, str>> {
        self.get(name).and_then(text)
    }
}

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor)
    }
}

struct ObjectVisitor;

impl<'de> Visitor<'de> for ObjectVisitor {
    type Value = Object<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some((key, value)) = map.next_entry::<&'de RawValue, &'de RawValue>()? {
            members.push(Member { key: key.get(), name: text(key).unwrap_or_default(), value });
        }
        Ok(Object { members })
    }
}

/// A type that is found under one name of an object.
pub trait Named {
    /// The name.
    const NAME: &'static str;
}

/// What stands in an object under the name of `T`; the rest is skipped.
#[derive(Debug)]
pub struct Inside<T>(pub Option<T>);

impl<'de, T: Deserialize<'de> + Named> Deserialize<'de> for Inside<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(InsideVisitor(PhantomData))
    }
}

struct InsideVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de> + Named> Visitor<'de> for InsideVisitor<T> {
    type Value = Inside<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an object with `{}`", T::NAME)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(key) = map.next_key::<&'de RawValue>()? {
            if text(key).is_some_and(|name| name == T::NAME) {
                found = Some(map.next_value()?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(Inside(found))
    }
}

/// The first element of an array; the rest is skipped.
#[derive(Debug)]
pub struct First<T>(pub Option<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for First<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(FirstVisitor(PhantomData))
    }
}

struct FirstVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for FirstVisitor<T> {
    type Value = First<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<Self::Value, A::Error> {
        let first = array.next_element()?;
        while array.next_element::<IgnoredAny>()?.is_some() {}
        Ok(First(first))
    }
}

/// The elements of a value that is an array; none of any other value.
#[must_use]
pub fn elements(value: &RawValue) -> Vec<&RawValue> {
    if value.get().starts_with('[') { serde_json::from_str(value.get()).unwrap_or_default() } else { Vec::new() }
}

/// The text of a value that is a text. Borrowed where nothing is escaped; half a surrogate pair, which JSON can write
/// and text cannot hold, becomes U+FFFD.
#[must_use]
pub fn text(value: &RawValue) -> Option<Cow<'_, str>> {
    let inner = value.get().strip_prefix('"')?.strip_suffix('"')?;
    if !inner.contains('\\') {
        return Some(Cow::Borrowed(inner));
    }
    let mut deserializer = serde_json::Deserializer::from_str(value.get());
    let bytes = deserializer.deserialize_bytes(BytesVisitor).ok()?;
    Some(Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()))
}

struct BytesVisitor;

impl Visitor<'_> for BytesVisitor {
    type Value = Vec<u8>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Self::Value, E> {
        Ok(bytes.to_vec())
    }
}

/// Writes a text as a JSON string.
pub fn write_text(out: &mut Vec<u8>, text: &str) {
    let start = out.len();
    if serde_json::to_writer(&mut *out, text).is_err() {
        // Writing to memory does not fail; if it ever did, half a string must not stay.
        out.truncate(start);
        out.extend_from_slice(b"\"\"");
    }
}

/// Writes the members of an object, with commas.
#[derive(Debug)]
pub struct ObjectWriter<'o> {
    out: &'o mut Vec<u8>,
    separator: &'static [u8],
}

impl<'o> ObjectWriter<'o> {
    /// Opens an object.
    pub fn open(out: &'o mut Vec<u8>) -> ObjectWriter<'o> {
        ObjectWriter { out, separator: b"{" }
    }

    /// Begins a member whose name is written as JSON already; the value is to be written to what this returns.
    pub fn raw_key(&mut self, key: &str) -> &mut Vec<u8> {
        self.out.extend_from_slice(self.separator);
        self.separator = b",";
        self.out.extend_from_slice(key.as_bytes());
        self.out.push(b':');
        self.out
    }

    /// Begins a member; the value is to be written to what this returns.
    pub fn key(&mut self, name: &str) -> &mut Vec<u8> {
        self.out.extend_from_slice(self.separator);
        self.separator = b",";
        write_text(self.out, name);
        self.out.push(b':');
        self.out
    }

    /// Closes the object.
    pub fn close(self) {
        if self.separator == b"{" {
            self.out.push(b'{');
        }
        self.out.push(b'}');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(text: &str) -> &RawValue {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn texts_are_borrowed_where_they_can_be_and_never_refused() {
        let rows = [
            (r#""plain é""#, Some("plain é"), true),
            (r#""a\u0062\n\"c\/""#, Some("ab\n\"c/"), false),
            (r#""\ud83d\ude00""#, Some("\u{1f600}"), false),
            (r#""\ud83d!""#, Some("\u{fffd}\u{fffd}\u{fffd}!"), false),
            (r#""""#, Some(""), true),
            ("1", None, false),
            ("null", None, false),
            ("[\"a\"]", None, false),
        ];
        for (json, expected, borrowed) in rows {
            let text = text(raw(json));
            assert_eq!(text.as_deref(), expected, "{json}");
            assert_eq!(matches!(text, Some(Cow::Borrowed(_))), borrowed, "{json}");
        }
    }

    #[test]
    fn of_duplicate_members_the_last_counts_and_keys_keep_their_text() {
        let json = r#" { "a" : 1 , "\u0061": [ 2 ] , "b":{} } "#;
        let object = Object::parse(raw(json)).unwrap();
        assert_eq!(object.get("a").map(RawValue::get), Some("[ 2 ]"));
        let keys: Vec<_> = object.members.iter().map(|member| (member.key, &*member.name)).collect();
        assert_eq!(keys, [(r#""a""#, "a"), (r#""\u0061""#, "a"), (r#""b""#, "b")]);
        assert!(Object::parse(raw("[]")).is_none());
    }

    #[test]
    fn objects_are_written_with_commas_between() {
        let mut out = Vec::new();
        ObjectWriter::open(&mut out).close();
        let mut object = ObjectWriter::open(&mut out);
        write_text(object.key("a\"b"), "x\n");
        object.raw_key("\"c\"").push(b'1');
        object.close();
        assert_eq!(String::from_utf8(out).unwrap(), "{}{\"a\\\"b\":\"x\\n\",\"c\":1}");
    }
}
