//! The secrets that routes write into headers of requests.

use std::collections::{BTreeMap, BTreeSet};

use crate::route::Table;

/// Values of the secrets that routes name: neither printed nor logged anywhere.
pub(super) struct RouteSecrets {
    values: BTreeMap<String, String>,
    /// The headers that any route writes from a secret.
    headers: BTreeSet<String>,
}

impl RouteSecrets {
    /// Keeps what the routes of a table name. O(n) in routes.
    pub(super) fn of(table: &Table, secrets: &BTreeMap<String, String>) -> RouteSecrets {
        let named = || table.routes().iter().flat_map(|route| route.action.secret_headers());
        let value = |(_, name): (&str, &str)| Some((name.to_owned(), secrets.get(name)?.clone()));
        RouteSecrets {
            values: named().filter_map(value).collect(),
            headers: named().map(|(header, _)| header.to_owned()).collect(),
        }
    }

    /// The value of a secret.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// The headers that an origin must not be sent unless its own route says so: where an origin group tries its second
    /// origin, the first one's request may still have them.
    pub(super) fn headers(&self) -> impl Iterator<Item = &str> {
        self.headers.iter().map(String::as_str)
    }
}
