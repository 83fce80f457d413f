//! The values of secrets for local runs: from the environment, or a placeholder that shows itself.

use std::collections::BTreeMap;

use crate::route::{HeaderValue, Table};

/// A value for every secret that the table names: that of the environment variable of its name, else `secret-NAME`.
#[must_use]
pub fn for_local_use(table: &Table) -> BTreeMap<String, String> {
    let headers = table.definition().origins.iter().flat_map(|origin| &origin.headers);
    let names = headers.filter_map(|(_, value)| match value {
        HeaderValue::Secret(name) => Some(name),
        HeaderValue::Text(_) => None,
    });
    names.map(|name| (name.clone(), std::env::var(name).unwrap_or_else(|_| format!("secret-{name}")))).collect()
}
