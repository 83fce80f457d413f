//! Events and answers through Lambda's Runtime API, by its official client.

use std::cell::Cell;

use lambda_runtime::{Diagnostic, LambdaEvent, Runtime, service_fn};
use serde_json::value::RawValue;

use super::start::answer_now;
use super::{FunctionError, Handler};

/// Polls for events until the process is ended. `before_first_poll` is called when nothing but the poll is left to do,
/// `with_first_answer` when the first event has its answer.
///
/// # Errors
/// The Runtime API cannot be reached any more.
///
/// # Panics
/// One of Lambda's reserved environment variables is missing.
pub fn run(
    handler: &Handler,
    before_first_poll: impl FnOnce(),
    with_first_answer: impl FnOnce(),
) -> Result<(), lambda_runtime::Error> {
    let threads = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let with_first_answer = Cell::new(Some(with_first_answer));
    threads.block_on(async {
        let answer = async |event: LambdaEvent<Box<RawValue>>| {
            let answer = answer(handler, &event.payload);
            if let Some(first) = with_first_answer.take() {
                first();
            }
            answer
        };
        let runtime = Runtime::new(service_fn(answer));
        before_first_poll();
        runtime.run().await
    })
}

/// The answer goes out as the handler wrote it: text in, text out.
fn answer(handler: &Handler, event: &RawValue) -> Result<Box<RawValue>, Diagnostic> {
    let json = answer_now(handler, event.get().as_bytes())?;
    raw(json).ok_or_else(|| Diagnostic {
        error_type: "Crossfade.Answer".to_owned(),
        error_message: "the answer is not JSON".to_owned(),
    })
}

fn raw(json: Vec<u8>) -> Option<Box<RawValue>> {
    RawValue::from_string(String::from_utf8(json).ok()?).ok()
}

impl From<FunctionError> for Diagnostic {
    fn from(error: FunctionError) -> Diagnostic {
        Diagnostic { error_type: error.kind.to_owned(), error_message: error.message }
    }
}
