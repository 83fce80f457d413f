//! A finished table → findings, a file each; automata and witnesses.

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

pub mod examples;
mod get_and_head;
pub(crate) mod language;
mod letters;
pub(crate) mod lines;
pub(crate) mod methods;
pub(crate) mod never;
pub(crate) mod sample;
pub mod witness;
