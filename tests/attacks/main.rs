//! Attacks on the edge: what a viewer with bad intent, a careless table or an ordinary week of traffic did to the first
//! release, each with the whole kind around it. A module for each thing that must hold.

mod bootstrap;
#[path = "../support/depth.rs"]
#[allow(dead_code, reason = "other tests use the rest of it")]
mod depth;
#[path = "../edge/package.rs"]
#[allow(dead_code, reason = "the tests of the package use the rest of it")]
mod package;
#[path = "../../benches/workload/mod.rs"]
#[allow(dead_code, reason = "the benches use the rest of it")]
mod workload;

mod patterns;
