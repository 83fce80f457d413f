//! The edge: an event's bytes in, an answer's bytes out.
//!
//! [`Handler`] is all that the Lambda loop, `crossfade invoke` and `crossfade serve` share. [`contract`] judges every
//! answer before it leaves; [`image`] is the table as it lies in the package.

#![deny(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

mod block;
pub mod contract;
mod handled;
mod handler;
pub mod image;
#[cfg(feature = "edge")]
pub mod init_error;
#[cfg(feature = "edge")]
pub mod lambda;
mod notes;
mod origins;
mod secrets;
mod sending;
pub mod start;
pub mod stdio;
mod surprise;

pub use block::said_members;
pub use handled::{FunctionError, Handled, Handling, Summary};
pub use handler::Handler;
pub use origins::{OriginProblem, custom_block};
