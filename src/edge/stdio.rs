//! Events and answers through pipes: how the Node host talks to the binary when it cannot become it.
//!
//! A line in is `{"id": 1, "event": …}`, a line out `{"id": 1, "answer": …}` or
//! `{"id": 1, "error": {"errorType": …, "errorMessage": …}}`. Nothing else is written; the log goes elsewhere.

use std::io::{self, BufRead, Write};

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{FunctionError, Handler};
use crate::route::Timestamp;

#[derive(Deserialize)]
struct InputLine<'a> {
    id: u64,
    #[serde(borrow)]
    event: &'a RawValue,
}

/// Answers every line until the input ends. A line is answered and flushed before the next is read.
///
/// # Errors
/// The pipes broke, or a line was not of the form above: whoever wrote it is no host of ours.
pub fn run(
    handler: &Handler,
    mut input: impl BufRead,
    mut output: impl Write,
    clock: impl Fn() -> Timestamp,
    log: impl Fn(&[String]),
) -> io::Result<()> {
    let mut line = Vec::new();
    let mut answer = Vec::new();
    loop {
        line.clear();
        if input.read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        let asked: InputLine<'_> = serde_json::from_slice(&line)?;
        let handled = handler.handle(asked.event.get().as_bytes(), clock());
        // Lambda may freeze the process as soon as the answer is out.
        log(&handled.log);
        answer.clear();
        write_answer(&mut answer, asked.id, &handled.answer)?;
        output.write_all(&answer)?;
        output.flush()?;
    }
}

fn write_answer(out: &mut Vec<u8>, id: u64, answer: &Result<Vec<u8>, FunctionError>) -> io::Result<()> {
    write!(out, "{{\"id\":{id},")?;
    match answer {
        Ok(json) => {
            out.extend_from_slice(b"\"answer\":");
            out.extend_from_slice(json);
        }
        Err(error) => {
            out.extend_from_slice(b"\"error\":");
            serde_json::to_writer(&mut *out, error)?;
        }
    }
    out.extend_from_slice(b"}\n");
    Ok(())
}
