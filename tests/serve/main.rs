//! The local edge over real connections: viewers on one side, origins on the other.
#![cfg(feature = "cli")]

mod agreement;
mod answers;
mod behaviors;
mod connections;
mod faults;
mod folder;
mod harness;
mod origins;
mod program;
mod unread;

#[path = "../support/depth.rs"]
mod depth;
#[path = "../support/tables.rs"]
mod tables;
