//! What was found out about a table, as plain data: `report` writes it, `cli` decides what it exits with.

pub mod cache_key;
pub mod cases;
pub mod manifest;
