//! What a value takes on the heap, told from what it serializes: texts and lists as the allocator of glibc rounds them.
//!
//! It needs no word in the types that it weighs, so a new key of a route is weighed from the day it is there. A list's
//! items count with the sum of their fields, or with the size of their type where [`size_of_type`] knows it.

use std::fmt;

use serde::ser::{self, Serialize};

use crate::route::condition::Condition;
use crate::route::pattern::MapRow;
use crate::route::{About, Route};

/// What `String`, `Vec` and an absent `Option` of them take where they stand.
const HANDLE: usize = 24;
/// The tag of an enum with its padding.
const TAG: usize = 8;

/// Bytes on the heap. O(n) in the value.
pub(crate) fn heap_of(value: &impl Serialize) -> u64 {
    let mut weigher = Weigher { heap: 0 };
    match value.serialize(&mut weigher) {
        Ok(_) => weigher.heap,
        // No type of a table refuses to be serialized: the package stores all of them.
        Err(_) => 0,
    }
}

/// The size of a type by its name, where the sum of its fields is not near it.
fn size_of_type(name: &str) -> Option<usize> {
    match name {
        "Route" => Some(size_of::<Route>()),
        "Condition" => Some(size_of::<Condition>()),
        "MapRow" => Some(size_of::<MapRow>()),
        "About" => Some(size_of::<About>()),
        _ => None,
    }
}

/// A block of the heap: glibc keeps 8 bytes beside it, rounds to 16 and gives 32 at least.
fn block(bytes: usize) -> u64 {
    if bytes == 0 { 0 } else { (bytes as u64 + 8).next_multiple_of(16).max(32) }
}

/// Adds up; each value says what it takes where it stands.
struct Weigher {
    heap: u64,
}

impl Weigher {
    fn list(&mut self) -> Parts<'_> {
        Parts { kind: PartsOf::List, weigher: self, inline: 0 }
    }

    fn fields(&mut self, kind: PartsOf) -> Parts<'_> {
        Parts { kind, weigher: self, inline: 0 }
    }
}

/// A value of several, some of them weighed.
struct Parts<'w> {
    weigher: &'w mut Weigher,
    kind: PartsOf,
    inline: usize,
}

enum PartsOf {
    /// The parts stand on the heap.
    List,
    /// They stand where the value stands.
    Fields,
    /// So they do, and the type's size is known.
    Type(usize),
    /// What a table says to people stays out of the package: empty handles.
    Words,
    /// Those of an enum's variant.
    Variant,
}

impl Parts<'_> {
    fn add<T: ?Sized + Serialize>(&mut self, value: &T) -> fmt::Result {
        if !matches!(self.kind, PartsOf::Words) {
            self.inline += value.serialize(&mut *self.weigher)?;
        }
        Ok(())
    }

    fn inline(self) -> usize {
        match self.kind {
            PartsOf::List => {
                self.weigher.heap += block(self.inline);
                HANDLE
            }
            PartsOf::Fields => self.inline,
            PartsOf::Type(size) => size,
            PartsOf::Words => size_of::<About>(),
            PartsOf::Variant => self.inline + TAG,
        }
    }
}

macro_rules! plain {
    ($($method:ident: $type:ty),*) => {
        $(fn $method(self, _: $type) -> Result<usize, fmt::Error> { Ok(size_of::<$type>()) })*
    };
}

impl<'w> ser::Serializer for &'w mut Weigher {
    type Ok = usize;
    type Error = fmt::Error;
    type SerializeSeq = Parts<'w>;
    type SerializeTuple = Parts<'w>;
    type SerializeTupleStruct = Parts<'w>;
    type SerializeTupleVariant = Parts<'w>;
    type SerializeMap = Parts<'w>;
    type SerializeStruct = Parts<'w>;
    type SerializeStructVariant = Parts<'w>;

    plain!(
        serialize_bool: bool, serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64,
        serialize_i128: i128, serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64,
        serialize_u128: u128, serialize_f32: f32, serialize_f64: f64, serialize_char: char
    );

    fn serialize_str(self, text: &str) -> Result<usize, fmt::Error> {
        self.serialize_bytes(text.as_bytes())
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Result<usize, fmt::Error> {
        self.heap += block(bytes.len());
        Ok(HANDLE)
    }

    fn serialize_none(self) -> Result<usize, fmt::Error> {
        Ok(HANDLE)
    }

    fn serialize_some<T: ?Sized + Serialize>(self, value: &T) -> Result<usize, fmt::Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<usize, fmt::Error> {
        Ok(0)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<usize, fmt::Error> {
        Ok(0)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, _: &'static str) -> Result<usize, fmt::Error> {
        Ok(TAG)
    }

    fn serialize_newtype_struct<T>(self, _: &'static str, value: &T) -> Result<usize, fmt::Error>
    where
        T: ?Sized + Serialize,
    {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T>(self, _: &str, _: u32, _: &str, value: &T) -> Result<usize, fmt::Error>
    where
        T: ?Sized + Serialize,
    {
        Ok(value.serialize(self)? + TAG)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Parts<'w>, fmt::Error> {
        Ok(self.list())
    }

    fn serialize_tuple(self, _: usize) -> Result<Parts<'w>, fmt::Error> {
        Ok(self.fields(PartsOf::Fields))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Parts<'w>, fmt::Error> {
        Ok(self.fields(PartsOf::Fields))
    }

    fn serialize_tuple_variant(self, _: &str, _: u32, _: &str, _: usize) -> Result<Parts<'w>, fmt::Error> {
        Ok(self.fields(PartsOf::Variant))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Parts<'w>, fmt::Error> {
        Ok(self.list())
    }

    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Parts<'w>, fmt::Error> {
        let kind = match size_of_type(name) {
            _ if name == "About" => PartsOf::Words,
            Some(size) => PartsOf::Type(size),
            None => PartsOf::Fields,
        };
        Ok(self.fields(kind))
    }

    fn serialize_struct_variant(self, _: &str, _: u32, _: &str, _: usize) -> Result<Parts<'w>, fmt::Error> {
        Ok(self.fields(PartsOf::Variant))
    }
}

macro_rules! parts {
    ($($trait:ident $method:ident($($name:ident)?)),*) => {
        $(impl ser::$trait for Parts<'_> {
            type Ok = usize;
            type Error = fmt::Error;

            fn $method<T: ?Sized + Serialize>(&mut self, $($name: &'static str,)? value: &T) -> fmt::Result {
                $(let _ = $name;)?
                self.add(value)
            }

            fn end(self) -> Result<usize, fmt::Error> {
                Ok(self.inline())
            }
        })*
    };
}

parts!(
    SerializeSeq serialize_element(), SerializeTuple serialize_element(), SerializeTupleStruct serialize_field(),
    SerializeTupleVariant serialize_field(), SerializeStruct serialize_field(name),
    SerializeStructVariant serialize_field(name)
);

impl ser::SerializeMap for Parts<'_> {
    type Ok = usize;
    type Error = fmt::Error;

    fn serialize_key<T: ?Sized + Serialize>(&mut self, key: &T) -> fmt::Result {
        self.add(key)
    }

    fn serialize_value<T: ?Sized + Serialize>(&mut self, value: &T) -> fmt::Result {
        self.add(value)
    }

    fn end(self) -> Result<usize, fmt::Error> {
        Ok(self.inline())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::route::pattern::PathPattern;
    use crate::route::{Action, OriginAction};

    #[test]
    fn texts_and_lists_are_blocks_of_the_heap() {
        assert_eq!(heap_of(&7u64), 0);
        assert_eq!(heap_of(&""), 0);
        assert_eq!(heap_of(&"a"), 32, "the smallest block");
        assert_eq!(heap_of(&"a".repeat(24)), 32);
        assert_eq!(heap_of(&"a".repeat(25)), 48);
        assert_eq!(heap_of(&vec![1u32; 100]), 416);
        assert_eq!(heap_of(&vec!["a".to_owned(); 10]), 10 * 32 + 256);
        assert_eq!(heap_of(&vec![(1u32, Some("a".repeat(25)))]), 48 + 48);
    }

    #[test]
    fn a_route_takes_its_type_and_its_texts_but_not_its_words_to_people() {
        let mut route = Route::new("a", PathPattern::Exact("/a".into()), Action::Origin(OriginAction::unchanged(0)));
        let weight = heap_of(&vec![route.clone()]);
        assert_eq!(weight, block(size_of::<Route>()) + 2 * 32);
        route.about.note = Some("why".repeat(1_000));
        assert_eq!(heap_of(&vec![route]), weight);
    }
}
