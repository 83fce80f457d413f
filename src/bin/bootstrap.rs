//! What runs at the edge: the handler behind Lambda's Runtime API, or behind pipes.
//!
//! `bootstrap` polls the Runtime API · `bootstrap --marker FILE` the same, and removes the host's marker with its first
//! answer · `bootstrap --stdio` answers lines. Everything it needs lies beside it.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::process::ExitCode;

use crossfade::edge::start::{StartMode, Started, answer_now, own_folder, start, write_log};
use crossfade::edge::{init_error, lambda, stdio};

fn main() -> ExitCode {
    say_only_where_a_panic_is();
    let mut args = env::args_os().skip(1);
    let done = match (args.next(), args.next()) {
        (None, None) => poll(StartMode::Alone, None),
        (Some(flag), Some(marker)) if flag == "--marker" => poll(StartMode::Exec, Some(marker)),
        (Some(flag), None) if flag == "--stdio" => pipe(),
        _ => Err("the arguments are: nothing, `--marker FILE` or `--stdio`".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let line = serde_json::json!({ "kind": "start", "level": "error", "message": error.to_string() });
            write_log(&[line.to_string()]);
            ExitCode::FAILURE
        }
    }
}

/// A panic's own words may hold part of a request: the log gets its place alone. The handler turns it into the default.
fn say_only_where_a_panic_is() {
    std::panic::set_hook(Box::new(|panic| {
        let place =
            panic.location().map_or_else(String::new, |place| format!(" at {}:{}", short(place.file()), place.line()));
        let message = format!("a panic{place}");
        write_log(&[serde_json::json!({ "kind": "notice", "level": "error", "message": message }).to_string()]);
    }));
}

/// The file in its crate: where that lay on the machine that built this is nobody's business.
fn short(file: &str) -> &str {
    let crates = file.rsplit_once("/src/").map_or("", |(before, _)| before);
    if file.starts_with('/') { crates.rfind('/').and_then(|at| file.get(at + 1..)).unwrap_or(file) } else { file }
}

fn poll(mode: StartMode, marker: Option<OsString>) -> Result<(), lambda_runtime::Error> {
    let Started { handler, log } = start(&own_folder()?, mode).inspect_err(|error| tell_lambda(&error.to_string()))?;
    // Only an answer shows that the hand-over works: a process that the runtime's supervisor refuses dies at its poll.
    let remove_marker = || {
        if let Some(Err(error)) = marker.map(fs::remove_file) {
            let message = format!("the start marker cannot be removed: {error}");
            write_log(&[serde_json::json!({ "kind": "notice", "message": message }).to_string()]);
        }
    };
    lambda::run(&handler, || write_log(&log), remove_marker)
}

/// A start that fails is told to Lambda too; the log says it in any case.
fn tell_lambda(why: &str) {
    if let Ok(api) = env::var("AWS_LAMBDA_RUNTIME_API") {
        let _ = init_error::post(&api, why);
    }
}

fn pipe() -> Result<(), lambda_runtime::Error> {
    let Started { handler, log } = start(&own_folder()?, StartMode::Child)?;
    write_log(&log);
    stdio::run(|event| answer_now(&handler, event), io::stdin().lock(), io::stdout().lock())?;
    Ok(())
}
