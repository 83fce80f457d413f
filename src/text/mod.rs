//! Small truths of text, each told once: host names, escapes, hashes, tokens, moments, what may be shown, near misses.
//!
//! Everything else may use this room; it uses none. Pure: no file, clock, environment or socket.

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]
#![deny(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

#[cfg(feature = "cli")]
mod day;
mod dots;
mod hex;
pub mod host;
#[cfg(feature = "cli")]
mod listed;
#[cfg(feature = "cli")]
mod near;
pub mod percent;
#[cfg(feature = "cli")]
mod said;
#[cfg(feature = "cli")]
mod shown;
mod time;
mod token;

#[cfg(feature = "cli")]
pub use day::Day;
pub use dots::has_dot_segment;
pub use hex::hex;
#[cfg(feature = "cli")]
pub use listed::{one_of, quoted};
#[cfg(feature = "cli")]
pub use near::nearest;
#[cfg(feature = "cli")]
pub use said::said;
#[cfg(feature = "cli")]
pub use shown::shown;
#[cfg(feature = "cli")]
pub use time::NotATime;
pub use time::Timestamp;
pub use token::is_token;
