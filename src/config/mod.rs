//! `routes.toml` and what goes with it, from text to a table and all that is wrong with it.
//!
//! No file, clock or environment is touched here. [`facts`] has requests written down as data.

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

pub mod facts;
