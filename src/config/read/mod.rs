//! `routes.toml` and what it includes → values that know where they stand.

pub(crate) mod document;
pub(crate) mod files;
pub(crate) mod include;
pub(crate) mod reader;
mod syntax;
pub(crate) mod tree;
pub(crate) mod value;
