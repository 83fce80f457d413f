//! Two answers beat one: the index against a plain walk that shares no matching code with it, and `explain` against
//! both, on random tables and on one of ten thousand routes.

mod allocations;
#[path = "../support/depth.rs"]
mod depth;
mod fill;
mod normal;
#[path = "../support/placement.rs"]
mod placement;
mod properties;
#[path = "../support/random.rs"]
mod random;
mod scale;
#[path = "../support/tables.rs"]
mod tables;
mod walk;
#[path = "../../benches/workload/mod.rs"]
#[allow(dead_code)]
mod workload;
