//! Crossfade decides, for every URL of a site that is moving, which origin answers it.

#[cfg(feature = "cli")]
pub mod analysis;
#[cfg(feature = "cli")]
pub mod cli;
#[cfg(feature = "cli")]
pub mod config;
pub mod diagnostic;
pub mod edge;
pub mod event;
pub mod platform;
#[cfg(feature = "cli")]
pub mod report;
pub mod route;
#[cfg(feature = "cli")]
pub mod serve;
