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
    error: Option<ErrorJson<'a>>,
    summary: Option<&'a Summary>,
    log: Vec<RawJson<'a>>,
}

/// A function error as the Lambda runtime reports it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ErrorJson<'a> {
    error_type: &'a str,
    error_message: &'a str,
}

impl Invoked<'_> {
    /// What leaves the function, byte for byte: its answer, or its error.
    #[must_use]
    pub fn raw(&self) -> Vec<u8> {
        match &self.0.answer {
            Ok(answer) => answer.clone(),
            Err(error) => serde_json::to_vec(&ErrorJson::of(error)).unwrap_or_default(),
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
            answer: answer.ok().map(|answer| RawJson(std::str::from_utf8(answer).unwrap_or_default())),
            error: answer.err().map(ErrorJson::of),
            summary: summary.as_ref(),
            log: log.iter().map(|line| RawJson(line)).collect(),
        }
    }
}

impl<'a> ErrorJson<'a> {
    fn of(FunctionError { kind, message }: &'a FunctionError) -> ErrorJson<'a> {
        ErrorJson { error_type: kind, error_message: message }
    }
}
