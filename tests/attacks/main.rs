//! Attacks on the edge: what a viewer with bad intent, a careless table or an ordinary week of traffic did to the first
//! release, each with the whole kind around it. A module for each thing that must hold.

mod keys;

#[path = "../support/tables.rs"]
mod tables;
