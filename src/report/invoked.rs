//! What the handler of the edge made of one event.

use serde::Serialize;

use super::json::{RawJson, indented};
use super::{Present, Sheet};
use crate::edge::{FunctionError, Handled, Summary};

/// An event that was handled.
#[derive(Clone, Copy, Debug)]
pub struct Invoked<'a>(pub &'a Handled);

#[derive(Serialize)]
struct InvokedJson<'a> {
    answer: Option<RawJson<'a>>,
    error: Option<&'a FunctionError>,
    summary: Option<&'a Summary>,
    log: Vec<RawJson<'a>>,
}

impl Invoked<'_> {
    /// What leaves the function, byte for byte: its answer, or its error.
    #[must_use]
    pub fn raw(&self) -> Vec<u8> {
        match &self.0.answer {
            Ok(answer) => answer.clone(),
            Err(error) => serde_json::to_vec(error).expect("two texts can be written"),
        }
    }
}

impl Present for Invoked<'_> {
    fn text(&self, sheet: &mut Sheet) {
        sheet.rendered(indented(&String::from_utf8_lossy(&self.raw())) + "\n");
    }

    fn json(&self) -> impl Serialize {
        let Handled { answer, summary, log, .. } = self.0;
        let answer = answer.as_ref();
        InvokedJson {
            answer: answer.ok().map(|answer| RawJson(std::str::from_utf8(answer).expect("an answer is JSON"))),
            error: answer.err(),
            summary: summary.as_ref(),
            log: log.iter().map(|line| RawJson(line)).collect(),
        }
    }
}
