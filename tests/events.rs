//! CloudFront events through the handler: stored rows, hostile events, random ones; published ones are in `tests/real`.
//!
//! Each row of `tests/events/rows` is one event with its whole answer and log (`tests/support/rows.rs` has their
//! language). Every answer of every test here also passes the validator of `tests/support`, which was written apart
//! from the handler's own checks.

#[path = "support/golden.rs"]
mod golden;
#[path = "support/handling.rs"]
mod handling;
#[path = "support/placement.rs"]
mod placement;
#[path = "support/rows.rs"]
mod rows;
#[path = "support/unkeyed.rs"]
mod unkeyed;
#[path = "support/validator.rs"]
mod validator;

#[path = "events/hostile.rs"]
mod hostile;
#[path = "events/random.rs"]
mod random;
#[path = "events/refused.rs"]
mod refused;
#[path = "events/stored.rs"]
mod stored;
