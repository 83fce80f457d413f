//! Attacks on the edge: what a viewer with bad intent, a careless table or an ordinary week of traffic did to the first
//! release, each with the whole kind around it. A module for each thing that must hold.

mod answers;
mod behaviors;
mod bootstrap;
mod buckets;
#[path = "../support/depth.rs"]
#[allow(dead_code, reason = "other tests use the rest of it")]
mod depth;
mod files;
mod gate;
#[path = "../serve/harness.rs"]
#[allow(dead_code, reason = "the tests of `serve` use the rest of it")]
mod harness;
mod holes;
mod keys;
mod memory;
mod origins;
#[path = "../edge/package.rs"]
#[allow(dead_code, reason = "the tests of the package use the rest of it")]
mod package;
mod paths;
mod patterns;
#[path = "../support/placement.rs"]
mod placement;
#[path = "../support/random.rs"]
mod random;
#[path = "../support/tables.rs"]
mod tables;
#[path = "../support/validator.rs"]
mod validator;
#[path = "../../benches/workload/mod.rs"]
#[allow(dead_code, reason = "the benches use the rest of it")]
mod workload;
