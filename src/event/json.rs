//! JSON whose values stay text until somebody asks for one.
//!
//! Of duplicate members the last counts, as in every JSON reader of the platform.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
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
        serde_json::from_str(value.get()).ok()
    }

    /// The members of the object that some names lead to, through the first element of an array. O(m), in one pass.
    #[must_use]
    pub fn within(text: &'a str, names: &[&str]) -> Option<Object<'a>> {
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let found = Way(names).deserialize(&mut deserializer).ok()?;
        deserializer.end().ok().and(found)
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

/// The names that are still to be followed to an object.
struct Way<'n>(&'n [&'n str]);

impl<'de> DeserializeSeed<'de> for Way<'_> {
    type Value = Option<Object<'de>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        match self.0 {
            [] => Object::deserialize(deserializer).map(Some),
            _ => deserializer.deserialize_any(self),
        }
    }
}

impl<'de> Visitor<'de> for Way<'_> {
    type Value = Option<Object<'de>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an object with `{}`", self.0.join("."))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(key) = map.next_key::<&'de RawValue>()? {
            match self.0.split_first() {
                Some((name, rest)) if text(key).is_some_and(|key| key == *name) => {
                    found = map.next_value_seed(Way(rest))?
                }
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(found)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<Self::Value, A::Error> {
        let first = array.next_element_seed(self)?;
        while array.next_element::<IgnoredAny>()?.is_some() {}
        Ok(first.flatten())
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
            let name = text(key).ok_or_else(|| A::Error::custom("a name is not text"))?;
            members.push(Member { key: key.get(), name, value });
        }
        Ok(Object { members })
    }
}

/// The elements of a value that is an array; none of any other value.
#[must_use]
pub fn elements(value: &RawValue) -> Vec<&RawValue> {
    serde_json::from_str(value.get()).unwrap_or_default()
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

/// Writes a text as a JSON string, as `serde_json` does; unlike its writer this one cannot fail.
pub fn write_text(out: &mut String, text: &str) {
    out.push('"');
    for char in text.chars() {
        match char {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            '\0'..='\u{1f}' => out.push_str(&format!("\\u{:04x}", u32::from(char))),
            char => out.push(char),
        }
    }
    out.push('"');
}

/// A text as JSON.
#[must_use]
pub fn written(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    write_text(&mut out, text);
    out
}

/// Writes the members of an object, with commas.
#[derive(Debug)]
pub struct ObjectWriter<'o> {
    out: &'o mut String,
    separator: char,
}

impl<'o> ObjectWriter<'o> {
    /// Opens an object.
    pub fn open(out: &'o mut String) -> ObjectWriter<'o> {
        ObjectWriter { out, separator: '{' }
    }

    /// Begins a member whose name is written as JSON already; the value is to be written to what this returns.
    pub fn raw_key(&mut self, key: &str) -> &mut String {
        self.out.push(self.separator);
        self.separator = ',';
        self.out.push_str(key);
        self.out.push(':');
        self.out
    }

    /// Begins a member; the value is to be written to what this returns.
    pub fn key(&mut self, name: &str) -> &mut String {
        self.out.push(self.separator);
        self.separator = ',';
        write_text(self.out, name);
        self.out.push(':');
        self.out
    }

    /// Closes the object.
    pub fn close(self) {
        if self.separator == '{' {
            self.out.push('{');
        }
        self.out.push('}');
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
    fn texts_are_written_as_serde_json_writes_them() {
        let all: String = ('\0'..='\u{2fff}').chain(['\u{fffd}', '\u{1f600}']).collect();
        for text in ["", "a", all.as_str()] {
            let mut out = String::new();
            write_text(&mut out, text);
            assert_eq!(out, serde_json::to_string(text).unwrap());
        }
    }

    #[test]
    fn objects_are_written_with_commas_between() {
        let mut out = String::new();
        ObjectWriter::open(&mut out).close();
        let mut object = ObjectWriter::open(&mut out);
        write_text(object.key("a\"b"), "x\n");
        object.raw_key("\"c\"").push('1');
        object.close();
        assert_eq!(out, "{}{\"a\\\"b\":\"x\\n\",\"c\":1}");
    }
}
