//! `routes.toml` and what it includes → values that know where they stand.

pub(crate) mod document;
pub(crate) mod files;
mod form;
pub(crate) mod include;
pub(crate) mod others;
pub(crate) mod reader;
mod syntax;
pub(crate) mod tree;
pub(crate) mod value;
