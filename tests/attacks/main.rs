//! Attacks on the edge: what a viewer with bad intent, a careless table or an ordinary week of traffic did to the first
//! release, each with the whole kind around it. A module for each thing that must hold.

#[path = "../support/depth.rs"]
mod depth;
#[allow(dead_code, reason = "the tests of the edge use the rest")]
#[path = "../edge/package.rs"]
mod package;

mod files;
mod memory;
