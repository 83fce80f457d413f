//! The values of secrets for local runs: a placeholder where an answer is printed; what the environment has where
//! requests really go to an origin.

use std::collections::BTreeMap;

use crate::route::{HeaderValue, Table};

/// A value for every secret that the table names: that of the environment variable of its name, else `secret-NAME`.
#[must_use]
pub fn of_environment(table: &Table) -> BTreeMap<String, String> {
    names(table).map(|name| (name.to_owned(), std::env::var(name).unwrap_or_else(|_| placeholder(name)))).collect()
}

/// `secret-NAME` for every secret that the table names: no value can be printed that was never read.
#[must_use]
pub fn placeholders(table: &Table) -> BTreeMap<String, String> {
    names(table).map(|name| (name.to_owned(), placeholder(name))).collect()
}

fn names(table: &Table) -> impl Iterator<Item = &str> {
    let headers = table.definition().origins.iter().flat_map(|origin| &origin.headers);
    headers.filter_map(|(_, value)| match value {
        HeaderValue::Secret(name) => Some(name.as_str()),
        HeaderValue::Text(_) => None,
    })
}

fn placeholder(name: &str) -> String {
    format!("secret-{name}")
}
