//! Values that were read → a definition, and where each part of each route stands.

mod about;
pub(crate) mod actions;
mod behaviors;
pub(crate) mod caching;
pub(crate) mod canonical;
pub mod cases;
pub(crate) mod conditions;
pub(crate) mod distinct;
pub(crate) mod fault;
mod gate;
pub(crate) mod globs;
pub(crate) mod head;
pub(crate) mod headers;
pub(crate) mod holes;
pub(crate) mod keys;
pub(crate) mod moments;
pub(crate) mod names;
pub(crate) mod origins;
pub(crate) mod paths;
mod query_text;
pub(crate) mod redirect_map;
pub(crate) mod routes;
mod secrets;
pub(crate) mod spans;
pub(crate) mod targets;
pub(crate) mod top;
pub(crate) mod viewer;
