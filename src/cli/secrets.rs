//! The values of secrets for local runs: a placeholder where an answer is printed; what the environment has where
//! requests really go to an origin.

use std::collections::BTreeMap;

use crate::edge::start::secret_values;
use crate::route::Table;

/// The value of a secret: that of the environment variable of its name, else `secret-NAME`.
#[must_use]
pub fn of_environment(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| placeholder(name))
}

/// `secret-NAME` for every secret that the table names: no value can be printed that was never read.
#[must_use]
pub fn placeholders(table: &Table) -> BTreeMap<String, String> {
    secret_values(table.definition(), placeholder)
}

fn placeholder(name: &str) -> String {
    format!("secret-{name}")
}
