//! What a row's `from` stands for: a path in normal form, and the parameters that `map_query` covers.

use std::ops::Range;

use crate::config::lower::fault::Fault;
use crate::config::lower::foreign::names::is_pattern;
use crate::diagnostic::codes;
use crate::platform::limits::MAX_URL;
use crate::route::query::{pieces, value};
use crate::route::{Canonical, Url};
use crate::text::{percent, quoted};

/// Names of parameters that a finding shows.
const NAMED: usize = 12;

/// A source that was read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct RowSource {
    /// As a [`MapRow`](crate::route::pattern::MapRow) has it.
    pub(super) from: String,
    /// The same for all sources that take the same requests.
    pub(super) key: String,
    /// Parameters that the map does not name.
    pub(super) uncovered: Vec<String>,
}

impl RowSource {
    /// Reads a cell. O(m × names).
    pub(super) fn read(cell: &str, canonical: &Canonical, names: &[String]) -> Result<RowSource, Fault> {
        if let Some(fault) = path_fault(cell, names) {
            return Err(fault);
        }
        let (path, query) = cell.split_once('?').map_or((cell, None), |(path, query)| (path, Some(query)));
        let path = canonical.normalize(path).as_str().to_owned();
        let Some(query) = query else { return Ok(RowSource { from: path.clone(), key: path, uncovered: Vec::new() }) };
        if let Some(fault) = query_fault(cell, query, names) {
            return Err(fault);
        }
        let asked = pieces(query).filter(|(_, piece)| !piece.is_empty()).map(|(name, _)| name);
        let uncovered = asked.filter(|name| names.iter().all(|known| known != name)).map(str::to_owned).collect();
        // No path in normal form and no parameter has a space.
        let value = |name: &String| Some(format!(" {name}={}", value(query, name)?));
        let key = path.clone() + &names.iter().filter_map(value).collect::<String>();
        let from = if query.is_empty() { path } else { format!("{path}?{query}") };
        Ok(RowSource { from, key, uncovered })
    }
}

/// What is wrong with the path of a source.
fn path_fault(from: &str, names: &[String]) -> Option<Fault> {
    let whole = |message: &str| Fault::whole(&codes::ROW_SOURCE, message);
    let from_here = |at: usize, message: &str| Fault::new(&codes::ROW_SOURCE, at..from.len(), message);
    let fault = if from.is_empty() {
        whole("the row has no source").help("write the path that is redirected")
    } else if from.len() > MAX_URL {
        let message = format!("the source has {} bytes, more than any request's path", from.len());
        whole(&message).help("check the row's quotes")
    } else if let Some(at) = from.find('#') {
        from_here(at, "the source has `#`, which no request has").help("remove what follows it: that is never sent")
    } else if !from.starts_with('/') {
        return Some(start_fault(from, names));
    } else {
        let path = from.split('?').next().unwrap_or_default();
        let at = path.find(char::is_control)?;
        from_here(at, "the source has a line end or another control character").help("check the row's quotes")
    };
    Some(fault)
}

/// What is written instead of a path.
fn start_fault(from: &str, names: &[String]) -> Fault {
    let whole = |message: &str| Fault::whole(&codes::ROW_SOURCE, message);
    let path_of = |rest: &str| rest.find(['/', '?']).and_then(|at| rest.get(at..)).unwrap_or("/").to_owned();
    let host = from.split(['/', '?', ':']).next().unwrap_or_default();
    if let Some((_, rest)) = from.split_once("://").filter(|(scheme, _)| !scheme.contains(['/', '?'])) {
        whole("the source has a scheme and a host").help(path_help(&path_of(rest), names))
    } else if host.starts_with("www.") {
        whole("the source begins with a host").help(path_help(&path_of(from), names))
    } else {
        let fault = whole("the source does not begin with `/`");
        let rooted = format!("/{from}");
        if path_fault(&rooted, names).is_none() { fault.help(format!("write `{rooted}`")) } else { fault }
    }
}

/// The path with its query, and what lets it have one.
fn path_help(after: &str, known: &[String]) -> String {
    let (path, query) = after.split_once('?').unwrap_or((after, ""));
    let path = if path.is_empty() { "/" } else { path };
    let text = if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") };
    let asked = pieces(query).map(|(name, _)| name).filter(|name| known.iter().all(|known| known != name));
    let names: Vec<&str> = known.iter().map(String::as_str).chain(asked).collect();
    let listed = names.len() == known.len();
    let key = if listed { String::new() } else { format!(", and `{}` in the route", map_query(&names, "")) };
    format!("write the path, `{text}`{key}; the host is the route's `host`")
}

/// What is wrong with the query of a source, but for names that the map does not cover.
fn query_fault(from: &str, query: &str, names: &[String]) -> Option<Fault> {
    let start = from.len() - query.len();
    let here = |part: Range<usize>, message: &str| Fault::new(&codes::ROW_QUERY, part, message);
    let is_bad = |char: char| !char.is_ascii_graphic() || matches!(char, '"' | '<' | '>');
    if let Some((at, bad)) = query.char_indices().find(|(_, char)| is_bad(*char)) {
        let part = start + at..start + at + bad.len_utf8();
        let sent: String =
            query.chars().map(|char| if is_bad(char) { percent::escaped(char) } else { char.to_string() }).collect();
        let fault = here(part, &format!("`{bad}` is in no query that is sent"));
        let sent = format!("{}{sent}", from.get(..start).unwrap_or_default());
        return Some(if bad.is_control() {
            fault.help("check the row's quotes")
        } else {
            fault.help(format!("write `{sent}`"))
        });
    }
    let mut seen: Vec<&str> = Vec::new();
    for (name, piece) in pieces(query).filter(|(_, piece)| !piece.is_empty()) {
        if name.is_empty() {
            return Some(here(start..from.len(), &format!("`{piece}` has no name before its `=`")).help("remove it"));
        }
        if seen.contains(&name) {
            let fault = here(start..from.len(), &format!("the source has the parameter `{name}` twice"));
            return Some(fault.help("keep one: of a repeated parameter only the first value counts"));
        }
        seen.push(name);
    }
    let is_empty = seen.is_empty() && names.is_empty();
    is_empty.then(|| {
        let fault = here(start - 1..from.len(), "the source has a `?` and no query");
        fault.help(format!("write `{}`", Url::split(from).path))
    })
}

/// Parameters that rows ask for and `map_query` does not name: one finding for all.
#[derive(Default)]
pub(super) struct Uncovered {
    names: Vec<String>,
    rows: usize,
    first: Option<Range<usize>>,
}

impl Uncovered {
    /// Adds those of a row.
    pub(super) fn add(&mut self, names: Vec<String>, at: Range<usize>) {
        self.rows += 1;
        self.first.get_or_insert(at);
        for name in names {
            if self.names.len() <= NAMED && !self.names.contains(&name) {
                self.names.push(name);
            }
        }
    }

    /// Where it is first, and what is said of all.
    pub(super) fn fault(self, known: &[String]) -> Option<(Range<usize>, Fault)> {
        let first = self.first?;
        let who = if self.rows == 1 { "the source has".to_owned() } else { format!("{} sources have", self.rows) };
        let shown = self.names.get(..NAMED.min(self.names.len())).unwrap_or_default();
        let cut = if self.names.len() > NAMED { ", …" } else { "" };
        let (message, otherwise) = match known {
            [] => (
                format!("{who} a query, and the route has no `map_query`"),
                "or leave the query out of the source: without `map_query` a row is for its path, whatever the query",
            ),
            _ => (
                format!("{who} parameters that `map_query` does not list: {}", quoted(shown)),
                "or leave these out of the source: a parameter that is not listed does not matter",
            ),
        };
        let known = known.iter().filter(|name| !is_pattern(name));
        let names: Vec<&str> = known.chain(shown).map(String::as_str).collect();
        let fault = Fault::whole(&codes::ROW_QUERY, message);
        Some((first, fault.help(format!("write `{}` in the route", map_query(&names, cut))).help(otherwise)))
    }
}

/// `map_query = ["id"]`.
fn map_query(names: &[&str], cut: &str) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("\"{}\"", name.replace('\\', "\\\\"))).collect();
    format!("map_query = [{}{cut}]", names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_the_same_for_sources_that_take_the_same_requests() {
        let names = ["id", "lang"].map(str::to_owned);
        let key = |cell: &str| RowSource::read(cell, &Canonical::default(), &names).map(|source| source.key);
        assert_eq!(key("/p?id=1&lang=de"), key("//p?lang=de&&id=1"));
        assert_eq!(key("/p?id"), key("/p?id="));
        assert_eq!(key("/p?"), key("/p"));
        for (one, other) in [
            ("/p", "/p?id"),
            ("/p?id=1", "/p?lang=1"),
            ("/p?id=a%20b", "/p?id=a+b"),
            ("/p?id=1?lang=de", "/p?id=1&lang=de"),
            ("/p?id=1", "/q?id=1"),
        ] {
            assert_ne!(key(one), key(other), "{one} {other}");
        }
    }

    #[test]
    fn a_source_keeps_its_query_as_written() {
        let names = ["id".to_owned()];
        let from = |cell: &str| RowSource::read(cell, &Canonical::default(), &names).map(|source| source.from).ok();
        assert_eq!(from("/ç?id=%2f").as_deref(), Some("/%C3%A7?id=%2f"));
        assert_eq!(from("/a?").as_deref(), Some("/a"));
        assert_eq!(from("/a?id=ç"), None);
    }
}
