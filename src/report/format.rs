//! The formats of answers.

use clap::ValueEnum;

use super::{Present, Sheet, json, text};

/// How results are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    #[default]
    Text,
    /// For programs, with `"schema": 1`
    Json,
}

impl Format {
    /// A whole answer, its text at most `width` columns wide where it can be.
    ///
    /// # Errors
    /// A result says that its JSON cannot be written: none of ours does.
    pub fn answer(self, result: &impl Present, width: usize) -> serde_json::Result<String> {
        match self {
            Format::Text => Ok(said(result, width)),
            Format::Json => json::document(&result.json()),
        }
    }

    /// One answer of many, on a line of its own.
    ///
    /// # Errors
    /// As [`answer`](Format::answer).
    pub fn line(self, result: &impl Present) -> serde_json::Result<String> {
        match self {
            Format::Text => Ok(said(result, usize::MAX)),
            Format::Json => json::line(&result.json()),
        }
    }

    /// Whether people read stdout, so that words for them may go there too.
    #[must_use]
    pub fn is_for_people(self) -> bool {
        match self {
            Format::Text => true,
            Format::Json => false,
        }
    }
}

fn said(result: &impl Present, width: usize) -> String {
    let mut sheet = Sheet::new(width);
    result.text(&mut sheet);
    text::write(&sheet)
}
