//! The one switch of everything that is stored to be compared: `make bless`, which is `CROSSFADE_BLESS=1`, writes what
//! comes out now in the place of what is stored. Read the difference before it is kept.
//!
//! It works for the rows of events (`tests/events/rows`), of the command line (`tests/cli`), for the lists of findings
//! (`tests/diagnostics`), and for what the pages of `docs/` and the README print.

/// Does this run write what it finds?
pub(crate) fn blessing() -> bool {
    std::env::var_os("CROSSFADE_BLESS").is_some()
}

/// What snapbox does about a difference.
#[allow(dead_code, reason = "not all tests compare with snapbox")]
pub(crate) fn assert() -> snapbox::Assert {
    let action = if blessing() { snapbox::assert::Action::Overwrite } else { snapbox::assert::Action::Verify };
    snapbox::Assert::new().action(action)
}
