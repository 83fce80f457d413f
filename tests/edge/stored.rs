//! The rows of the event tests, on every path.

use serde_json::Value;

use crate::answers::{Event, beside_node, in_the_place_of_node, node_alone};
use crate::rows::{Base, Rows};

#[test]
fn rust_in_the_place_of_node_answers_as_the_handler_does_byte_for_byte() {
    in_the_place_of_node(rows_of);
}

#[test]
fn rust_beside_node_answers_as_the_handler_does() {
    beside_node(rows_of);
}

#[test]
fn node_alone_aims_every_request_at_the_default_as_the_handler_would_without_routes() {
    node_alone(rows_of);
}

/// The rows of the event tests that were written for a table.
fn rows_of(table: &str) -> Vec<Event> {
    let base = Base::read();
    let rows = Rows::all().into_iter().flat_map(|file| file.rows).filter(|row| row.table == table);
    let events = rows.map(|row| Event { bytes: row.event(&base).into_bytes(), name: row.why });
    // The runtime client itself refuses what is no JSON.
    let events: Vec<Event> = events.filter(|event| serde_json::from_slice::<Value>(&event.bytes).is_ok()).collect();
    assert!(!events.is_empty(), "{table} has events");
    events
}
