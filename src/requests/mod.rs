//! A request as people and tools write it → [`Request`](crate::route::Request): the input line of `crossfade decide`,
//! the text `GET https://…`, a plain URL; and the output line that answers it ([`DecisionLine`]).
//!
//! Events are not read here (`event` does) and no clock is: a line without a time has none.

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod decided;
mod json;
mod line;

pub use decided::DecisionLine;
pub use json::JsonError;
pub use line::{KEYS, LineError, RequestLine, UrlError, url_text};
