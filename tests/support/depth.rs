//! How far the tests go. `make test` is quick; `make deep`, which is `CROSSFADE_DEEP=1`, tries larger tables, more random
//! cases and larger transfers.

/// Is this a deep run?
pub(crate) fn deep() -> bool {
    std::env::var_os("CROSSFADE_DEEP").is_some()
}

/// One of two sizes.
pub(crate) fn size<T>(quick: T, deeper: T) -> T {
    if deep() { deeper } else { quick }
}
