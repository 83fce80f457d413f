//! The function at the edge.

pub mod image;
