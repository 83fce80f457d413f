//! How a request line is JSON: texts that are borrowed from the line, and plain words for what is wrong with it.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde::ser::{Serialize, Serializer};

use crate::route::Told;
use crate::text::{Timestamp, nearest};

/// Why a line is not the object that is asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} (column {column})")]
pub struct JsonError {
    /// The parser's words, made plain.
    pub what: String,
    /// Where, from 1.
    pub column: usize,
}

/// Reads one object. (serde would take a list of the values for one too.)
pub(super) fn parse<'de, T: Deserialize<'de>>(line: &'de str) -> Result<T, JsonError> {
    if line.trim_start().starts_with('[') {
        let what = "a list is not a request: write an object with the key `url`".to_owned();
        return Err(JsonError { what, column: 1 });
    }
    serde_json::from_str(line).map_err(|error| {
        let words = error.to_string();
        // The parser ends with a place of its own, which is of no use on a stream of lines.
        let words = words.rsplit_once(" at line ").map_or(words.as_str(), |(words, _)| words);
        let what = if error.is_syntax() || error.is_eof() {
            format!("the line is not JSON: {words}")
        } else {
            mistyped(words, || key_at_fault::<T>(line)).unwrap_or_else(|| plain(words))
        };
        // An object in place of something else is told before a byte was counted.
        JsonError { what, column: error.column().max(1) }
    })
}

/// The key whose value a line is refused for. Read once more for it: what keeps track of keys costs every line.
fn key_at_fault<'de, T: Deserialize<'de>>(line: &'de str) -> String {
    let read = serde_path_to_error::deserialize::<_, T>(&mut serde_json::Deserializer::from_str(line));
    read.err().map(|error| error.path().to_string()).unwrap_or_default()
}

/// What a value must be and is not, in the words of the documentation; `None` where serde says something else.
fn mistyped(words: &str, key: impl FnOnce() -> String) -> Option<String> {
    let (found, expected) = match words.strip_prefix("invalid type: ") {
        Some(words) => words.rsplit_once(", expected ")?,
        None => ("", Some(words).filter(|words| *words == TEXT_OR_LIST)?),
    };
    let expected = if expected == "a string" { "a text" } else { expected };
    let not = match found.split(' ').next().unwrap_or_default() {
        "integer" | "floating" => ", not a number",
        "string" => ", not a text",
        "boolean" => ", not a boolean",
        "sequence" => ", not a list",
        "map" => ", not an object",
        "null" => ", not `null`",
        _ => "",
    };
    Some(match key().as_str() {
        "" | "." => format!("the line must be {expected}{not}"),
        key => format!("key `{key}` must be {expected}{not}"),
    })
}

/// What serde says where a value is neither.
const TEXT_OR_LIST: &str = "a text or a list of texts";

/// serde's words about a key as the documentation would say them.
fn plain(words: &str) -> String {
    match words.split_once('`') {
        Some(("unknown field ", rest)) => {
            let (key, known) = rest.rsplit_once("`, expected one of ").unwrap_or((rest, ""));
            let help = match nearest(key, known.split('`').skip(1).step_by(2)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("the keys are {known}"),
            };
            format!("key `{key}` is unknown: {help}")
        }
        Some(("duplicate field ", key)) => format!("key `{key} is there twice"),
        Some(("missing field ", key)) => format!("key `{key} is missing"),
        _ => words.to_owned(),
    }
}

/// A text that is borrowed from the line where it holds no escape. (`Option<Cow<str>>` of serde always copies.)
#[derive(serde::Deserialize)]
#[serde(transparent)]
struct Borrowed<'a>(#[serde(borrow)] Cow<'a, str>);

pub(super) fn optional<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Cow<'de, str>>, D::Error> {
    Ok(Option::<Borrowed<'de>>::deserialize(from)?.map(|text| text.0))
}

/// One text, or several that are joined.
#[derive(serde::Deserialize)]
#[serde(untagged, expecting = "a text or a list of texts")]
enum Joined<'a> {
    #[serde(borrow)]
    One(Borrowed<'a>),
    #[serde(borrow)]
    Several(Vec<Borrowed<'a>>),
}

pub(super) fn joined<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Cow<'de, str>>, D::Error> {
    Ok(match Option::<Joined<'de>>::deserialize(from)? {
        None => None,
        Some(Joined::One(text)) => Some(text.0),
        Some(Joined::Several(texts)) if texts.is_empty() => None,
        Some(Joined::Several(texts)) => {
            let texts: Vec<&str> = texts.iter().map(|text| text.0.as_ref()).collect();
            Some(Cow::Owned(texts.join(Told::SEPARATOR)))
        }
    })
}

pub(super) fn write_joined<S: Serializer>(text: &Option<Cow<'_, str>>, to: S) -> Result<S::Ok, S::Error> {
    match text {
        Some(text) if text.contains(Told::SEPARATOR) => to.collect_seq(text.split(Told::SEPARATOR)),
        text => text.serialize(to),
    }
}

pub(super) fn time<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Timestamp>, D::Error> {
    optional(from)?.map(|text| Timestamp::parse(&text)).transpose().map_err(Error::custom)
}

pub(super) fn write_time<S: Serializer>(time: &Option<Timestamp>, to: S) -> Result<S::Ok, S::Error> {
    time.map(|time| time.to_string()).serialize(to)
}

/// Name and value of every field, in the order of the line.
type Pairs<'a> = Vec<(Cow<'a, str>, Cow<'a, str>)>;

pub(super) fn fields<'de, D: Deserializer<'de>>(from: D) -> Result<Pairs<'de>, D::Error> {
    Ok(Option::<InOrder<'de>>::deserialize(from)?.map_or_else(Vec::new, |fields| fields.0))
}

/// A name and a text, or a list of texts for a field that is there several times. Read by hand, for none of the maps
/// that serde fills keeps both the order and a name that is there twice.
struct InOrder<'a>(Pairs<'a>);

#[derive(serde::Deserialize)]
#[serde(untagged, expecting = "a text or a list of texts")]
enum OneOrMany<'a> {
    #[serde(borrow)]
    One(Borrowed<'a>),
    #[serde(borrow)]
    Many(Vec<Borrowed<'a>>),
}

impl<'de> Deserialize<'de> for InOrder<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(FieldsVisitor)
    }
}

struct FieldsVisitor;

impl<'de> Visitor<'de> for FieldsVisitor {
    type Value = InOrder<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of header names, each with a text or a list of texts")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<InOrder<'de>, A::Error> {
        let mut fields = Vec::new();
        while let Some((Borrowed(name), values)) = map.next_entry()? {
            match values {
                OneOrMany::One(value) => fields.push((name, value.0)),
                OneOrMany::Many(values) => fields.extend(values.into_iter().map(|value| (name.clone(), value.0))),
            }
        }
        Ok(InOrder(fields))
    }
}

pub(super) fn write_fields<S: Serializer>(fields: &Pairs<'_>, to: S) -> Result<S::Ok, S::Error> {
    let is_first = |at: &usize| !fields[..*at].iter().any(|(earlier, _)| earlier.eq_ignore_ascii_case(&fields[*at].0));
    to.collect_map((0..fields.len()).filter(is_first).map(|at| (&fields[at].0, SameName(&fields[at..]))))
}

/// The values of the first of these fields, and of those after it that have its name in any case: they stay in their
/// order, for the first value counts.
struct SameName<'f, 'a>(&'f [(Cow<'a, str>, Cow<'a, str>)]);

impl Serialize for SameName<'_, '_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let name = &self.0[0].0;
        let values: Vec<_> =
            self.0.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value).collect();
        if let [one] = values.as_slice() { one.serialize(to) } else { values.serialize(to) }
    }
}
