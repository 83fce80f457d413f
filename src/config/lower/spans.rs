//! Where the parts of a route are written, in little space: a table may have a hundred thousand routes.

use crate::config::lower::keys::ROUTE;
use crate::config::read::value::TomlTable;
use crate::diagnostic::Span;

/// Where a route and each of its keys are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RouteSpans {
    file: u32,
    header: Bytes,
    keys: Box<[KeyBytes]>,
    conditions: Box<[Bytes]>,
}

/// Bytes of the file; files are far smaller than four gigabytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Bytes {
    start: u32,
    end: u32,
}

/// A key of the route, by its position in [`ROUTE`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct KeyBytes {
    at: u32,
    key: Bytes,
    value: Bytes,
}

impl RouteSpans {
    /// The spans of a route's table and of its conditions.
    pub(crate) fn of(table: &TomlTable<'_>, conditions: &[Span]) -> RouteSpans {
        let keys = table.all().iter().map(|setting| KeyBytes {
            at: number_of(setting.key()).unwrap_or(u32::MAX),
            key: Bytes::of(&setting.key_span()),
            value: Bytes::of(&setting.span()),
        });
        RouteSpans {
            file: narrow(table.span.file),
            header: Bytes::of(&table.span),
            keys: keys.collect(),
            conditions: conditions.iter().map(Bytes::of).collect(),
        }
    }

    /// Of the `[[route]]`.
    pub(crate) fn header(&self) -> Span {
        self.span(self.header)
    }

    /// Of a key; of the header where the route does not have it.
    pub(crate) fn key(&self, key: &str) -> Span {
        self.find(key).map_or_else(|| self.header(), |found| self.span(found.key))
    }

    /// Of what a key is set to; of the header where the route does not have it.
    pub(crate) fn value(&self, key: &str) -> Span {
        self.find(key).map_or_else(|| self.header(), |found| self.span(found.value))
    }

    /// Whether the route has a key.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.find(key).is_some()
    }

    /// Of a condition, by its position in the route's list.
    pub(crate) fn condition(&self, at: usize) -> Span {
        self.conditions.get(at).map_or_else(|| self.header(), |bytes| self.span(*bytes))
    }

    fn find(&self, key: &str) -> Option<&KeyBytes> {
        let at = number_of(key)?;
        self.keys.iter().find(|known| known.at == at)
    }

    fn span(&self, bytes: Bytes) -> Span {
        let wide = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
        Span { file: wide(self.file), range: wide(bytes.start)..wide(bytes.end) }
    }
}

fn number_of(key: &str) -> Option<u32> {
    ROUTE.iter().zip(0..).find(|(known, _)| **known == key).map(|(_, at)| at)
}

impl Bytes {
    fn of(span: &Span) -> Bytes {
        Bytes { start: narrow(span.range.start), end: narrow(span.range.end) }
    }
}

fn narrow(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use crate::config::{MemoryFiles, load};

    #[test]
    fn each_part_of_a_route_is_found_where_it_is_written() {
        let text = r#"
            [[route]]
            id = "a"
            path = '/x'
            method = ["GET"]
            header = { x-b = "1", x-a = "2" }
            query.q = true
            gone = true
        "#;
        let read = load("routes.toml", &MemoryFiles::new().with("routes.toml", text));
        let [spans] = read.spans.as_slice() else { panic!("one route is written") };
        let rows = [
            (spans.header(), "[[route]]"),
            (spans.key("path"), "path"),
            (spans.value("path"), "'/x'"),
            (spans.value("origin"), "[[route]]"),
            (spans.value("nothing"), "[[route]]"),
            (spans.condition(0), "method = [\"GET\"]"),
            (spans.condition(1), "q = true"),
            (spans.condition(2), "x-b = \"1\""),
            (spans.condition(3), "x-a = \"2\""),
            (spans.condition(4), "[[route]]"),
        ];
        for (span, expected) in rows {
            assert_eq!(text.get(span.range), Some(expected));
        }
    }
}
