//! Events and answers through pipes: how the Node host talks to the binary when it cannot become it.
//!
//! A line in is `{"id": 1, "event": …}`, a line out `{"id": 1, "answer": …}` or
//! `{"id": 1, "error": {"errorType": …, "errorMessage": …}}`. Nothing else is written; the log goes elsewhere.

use std::io::{self, BufRead, Write};

use serde::Deserialize;
use serde_json::value::RawValue;

use super::FunctionError;

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
    answer: impl Fn(&[u8]) -> Result<Vec<u8>, FunctionError>,
    mut input: impl BufRead,
    mut output: impl Write,
) -> io::Result<()> {
    let mut line = Vec::new();
    let mut reply = Vec::new();
    loop {
        line.clear();
        if input.read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        let asked: InputLine<'_> = serde_json::from_slice(&line)?;
        reply.clear();
        write_reply(&mut reply, asked.id, answer(asked.event.get().as_bytes()))?;
        output.write_all(&reply)?;
        output.flush()?;
    }
}

fn write_reply(out: &mut Vec<u8>, id: u64, answer: Result<Vec<u8>, FunctionError>) -> io::Result<()> {
    write!(out, "{{\"id\":{id},")?;
    match answer {
        Ok(json) => {
            out.extend_from_slice(b"\"answer\":");
            out.extend_from_slice(&json);
        }
        Err(error) => {
            out.extend_from_slice(b"\"error\":");
            serde_json::to_writer(&mut *out, &error)?;
        }
    }
    out.extend_from_slice(b"}\n");
    Ok(())
}
