//! Patterns that can never match a path in normal form.

use std::ops::Range;

use crate::route::Canonical;

use super::context::Context;

/// Reports a glob (`text` is valid, `span` its value) that no normal form can match.
pub(crate) fn check_glob(_context: &mut Context<'_>, _canonical: &Canonical, _text: &str, _span: Range<usize>) {}

/// Reports a regex (`text` is valid, `span` its value) that is found in no normal form.
pub(crate) fn check_regex(_context: &mut Context<'_>, _canonical: &Canonical, _text: &str, _span: Range<usize>) {}
