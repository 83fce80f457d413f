//! Attacks on the edge: what a viewer with bad intent, a careless table or an ordinary week of traffic did to the first
//! release, each with the whole kind around it. A module for each thing that must hold.
#![cfg(feature = "cli")]

mod answers;
mod behaviors;
mod buckets;
#[path = "../support/depth.rs"]
mod depth;
mod gate;
#[path = "../serve/harness.rs"]
#[allow(dead_code, reason = "the tests of `serve` use the rest of it")]
mod harness;
mod origins;
mod paths;
#[path = "../support/placement.rs"]
mod placement;
#[path = "../support/random.rs"]
mod random;
#[path = "../support/tables.rs"]
mod tables;
#[path = "../support/validator.rs"]
mod validator;
