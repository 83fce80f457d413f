//! What this program says of itself.

/// For `--version`: the commit where it is known (`build.rs` says when), and what it was built for. `-V` has the number
/// alone.
pub const LONG: &str =
    concat!(env!("CARGO_PKG_VERSION"), env!("CROSSFADE_COMMIT"), "\ntarget: ", env!("CROSSFADE_TARGET"));
