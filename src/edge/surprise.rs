//! What can keep a request from where the table sends it.

use super::contract::Violation;
use super::origins::OriginProblem;

/// Why a request went to the default against the table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Surprise {
    #[error(transparent)]
    Contract(#[from] Violation),
    #[error("the origin `{0}` can't be used: {1}")]
    Origin(String, OriginProblem),
    #[error("the bucket `{0}` is not the origin that CloudFront has on this behavior")]
    NotConfigured(String),
    #[error("the secret `{0}` has no value here")]
    MissingSecret(String),
    #[error("a panic in the router")]
    Panic,
}
