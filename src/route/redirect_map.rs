//! A redirect map: rows of exact paths, told apart by some parameters of the query where the map names any.

use serde::{Deserialize, Serialize};

use super::fact::Fact;
use super::query;

/// The rows of a `redirect_map`, and what beside a path tells them apart.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RedirectMap {
    /// In the order of the file.
    pub rows: Vec<MapRow>,
    /// `map_query`: the query parameters that are part of a row's key, each once.
    pub names: Vec<String>,
}

/// One row of a redirect map.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MapRow {
    /// A path in normal form; where the map names parameters, and the row has some, then `?` and these as written.
    pub from: String,
    /// Where it goes, literal; empty where the row is gone.
    pub to: String,
    /// The row's own status; 410: gone.
    pub status: Option<u16>,
    /// Line in the CSV file, from 1.
    pub line: u32,
}

/// The status of a row that leads nowhere.
pub const GONE: u16 = 410;

/// A map whose rows are told apart by their paths alone.
impl From<Vec<MapRow>> for RedirectMap {
    fn from(rows: Vec<MapRow>) -> RedirectMap {
        RedirectMap { rows, names: Vec::new() }
    }
}

impl RedirectMap {
    /// The row that takes a request: its path in normal form, and its raw query. O(n m): the table's index looks rows up
    /// instead.
    #[must_use]
    pub fn row(&self, path: &str, query: &str) -> Option<&MapRow> {
        self.rows.iter().find(|row| row.path() == path && self.fits(row, query))
    }

    /// Whether the parameters that the map names are in a query as they are in a row: the same ones, with the same values.
    /// Of a repeated one the first counts, in what order they come does not, and the others do not either. O(names × m).
    #[must_use]
    pub fn fits(&self, row: &MapRow, query: &str) -> bool {
        self.key_of(query).eq(self.key_of(row.query()))
    }

    /// What of a query is part of a key: the value of each name, in the map's order.
    pub fn key_of<'a>(&'a self, query: &'a str) -> impl Iterator<Item = Option<&'a str>> + 'a {
        self.names.iter().map(|name| query::value(query, name))
    }

    /// Every fact that tells its rows apart.
    pub fn facts(&self) -> impl Iterator<Item = Fact> {
        self.names.iter().cloned().map(Fact::Query)
    }
}

impl MapRow {
    /// The path that it is for, in normal form.
    #[must_use]
    pub fn path(&self) -> &str {
        self.from.split_once('?').map_or(&self.from, |(path, _)| path)
    }

    /// The parameters that it asks for; empty for none.
    #[must_use]
    pub fn query(&self) -> &str {
        self.from.split_once('?').map_or("", |(_, query)| query)
    }

    /// Whether it leads nowhere.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        self.status == Some(GONE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_takes_a_request_whose_named_parameters_are_its_own() {
        let row = |from: &str| MapRow { from: from.to_owned(), to: "/to".to_owned(), status: None, line: 0 };
        let rows = ["/p", "/p?id=1", "/p?id=1&lang=de", "/p?id", "/p?lang=&id=2", "/q?id=1"].map(row);
        let map = RedirectMap { rows: rows.to_vec(), names: vec!["id".into(), "lang".into()] };
        let taken = [
            ("/p", "", Some("/p")),
            ("/p", "utm=1", Some("/p")),
            ("/p", "utm=1&id=1&id=9", Some("/p?id=1")),
            ("/p", "lang=de&x&id=1", Some("/p?id=1&lang=de")),
            ("/p", "id=", Some("/p?id")),
            ("/p", "id", Some("/p?id")),
            ("/p", "id=2&lang", Some("/p?lang=&id=2")),
            ("/p", "id=9&id=1", None),
            ("/p", "id=%31", None),
            ("/p", "lang=de", None),
            ("/q", "id=1", Some("/q?id=1")),
            ("/q", "", None),
            ("/p?id=1", "", None),
        ];
        for (path, query, expected) in taken {
            assert_eq!(map.row(path, query).map(|row| row.from.as_str()), expected, "{path} {query}");
        }
        let plain = RedirectMap::from(vec![row("/p")]);
        assert!(plain.row("/p", "id=1").is_some());
    }
}
