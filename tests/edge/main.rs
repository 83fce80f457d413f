//! The package end to end: the zip that `crossfade package` writes, unpacked, started by the official Node runtime client
//! on Node 22 and 24 and by itself, against a stand-in for Lambda's Runtime API.
//!
//! What this needs beyond the toolchain is installed by `rig/install.sh`, which is called here and does nothing when
//! everything is there.

#[path = "../support/depth.rs"]
mod depth;
mod package;
#[allow(dead_code, reason = "the test that compares and stores them uses all of it")]
#[path = "../support/rows.rs"]
mod rows;
mod runtime_api;
mod sandbox;
#[path = "../support/validator.rs"]
mod validator;

mod answers;
mod child;
mod faults;
mod figures;
mod hosts;
mod paths;
mod protocol;
mod sizes;
mod stored;
mod zip;
