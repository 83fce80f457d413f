//! The values of secrets for local runs: a placeholder where an answer is printed; what the environment has where
//! requests really go to an origin.

use std::collections::BTreeMap;

use crate::edge::start::secret_names;
use crate::route::Table;

/// A value for every secret that the table names: that of the environment variable of its name, else `secret-NAME`.
#[must_use]
pub fn of_environment(table: &Table) -> BTreeMap<String, String> {
    each(table, |name| std::env::var(name).unwrap_or_else(|_| placeholder(name)))
}

/// `secret-NAME` for every secret that the table names: no value can be printed that was never read.
#[must_use]
pub fn placeholders(table: &Table) -> BTreeMap<String, String> {
    each(table, placeholder)
}

fn each(table: &Table, value: impl Fn(&str) -> String) -> BTreeMap<String, String> {
    secret_names(table.definition()).into_iter().map(|name| (name.to_owned(), value(name))).collect()
}

fn placeholder(name: &str) -> String {
    format!("secret-{name}")
}
