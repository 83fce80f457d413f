//! Results as people and programs read them: plain data in, text or JSON out. Nothing is decided or read here.
//!
//! One file per kind of result. Text carries ANSI styles; who prints it strips them where they are not wanted.

pub mod diagnostics;
pub mod exchange;
pub mod explanation;
pub mod json;
pub mod layout;
pub mod tests;
