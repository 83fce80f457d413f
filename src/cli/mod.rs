//! The command line: what is typed, and where results go. One file per command.
//!
//! A command is `run(args, global) -> Result<Exit, CliError>`. Its answer goes to stdout, everything else to stderr.
//! A reader that goes away before the end changes no exit code.

pub mod check;
pub mod clock;
pub mod completions;
pub mod decide;
pub mod error;
pub mod explain;
pub mod files;
pub mod global;
pub mod invoke;
pub mod lines;
pub mod locate;
pub mod man;
pub mod manifest;
pub mod new;
pub mod package;
pub mod rule;
pub mod secrets;
pub mod serve;
pub mod signals;
pub mod table;
pub mod terminal;
pub mod test;
pub mod version;
pub mod viewer;
pub mod watch;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{ColorChoice, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};

pub use error::CliError;
pub use global::{Exit, Global};
pub use terminal::Terminal;

use crate::text::nearest;
use error::is_closed_pipe;

/// Fades a live site from its old origin to its new one behind CloudFront, a route at a time
#[derive(Debug, Parser)]
#[command(name = "crossfade", version, long_version = version::LONG, max_term_width = HELP_WIDTH, after_help = START)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// Help is no wider than this, and what ends it is laid out for it by hand.
const HELP_WIDTH: usize = 80;

const START: &str = "\
One file, `routes.toml`, says for every URL which origin answers it, and what is
redirected or rewritten on the way.

Start here:
  crossfade new site-routes       a repository of your own, whose tests pass
  crossfade check                 is the table right?
  crossfade explain /promo/natal  why does this request go where it goes?
  crossfade explain --help        every command has examples

Exit codes: 0 fine · 1 the tool did its work and found something · 2 it could
not do its work";

/// One variant per command, its arguments in the command's own file.
#[derive(Debug, Subcommand)]
enum Command {
    /// Make a repository of one's own: a table with tests, a workflow that runs them
    New(new::NewArgs),
    /// Find everything that is wrong with the table
    Check(check::CheckArgs),
    /// Tell what a code of a finding means
    Rule(rule::RuleArgs),
    /// Tell why a request gets its decision
    Explain(explain::ExplainArgs),
    /// Decide requests from stdin, one JSON object a line
    Decide(decide::DecideArgs),
    /// Run the table's own tests and examples
    Test(test::TestArgs),
    /// Hand one CloudFront event to the handler of the edge
    Invoke(invoke::InvokeArgs),
    /// Run the edge on this machine, before local servers, folders or stand-in pages
    Serve(serve::ServeArgs),
    /// Write the zip that a Lambda@Edge function runs
    Package(package::PackageArgs),
    /// Tell infrastructure code what the table needs, as JSON
    Manifest(manifest::ManifestArgs),
    /// Write the completions of a shell
    Completions(completions::CompletionsArgs),
    /// Write the manual pages
    Man(man::ManArgs),
}

/// Runs the command that the process was started with.
#[must_use]
pub fn main() -> ExitCode {
    run(std::env::args_os()).into()
}

/// Parses arguments, runs the command, renders what went wrong.
pub fn run(args: impl IntoIterator<Item = OsString>) -> Exit {
    let args: Vec<OsString> = args.into_iter().collect();
    let parsed = Cli::command().color(color_asked_for(&args)).try_get_matches_from(&args);
    let cli = match parsed.and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(error) => return usage(&with_a_near_command(error)),
    };
    let global = cli.global;
    match dispatch(cli.command, &global) {
        Ok(exit) => exit,
        Err(error) => {
            Terminal::stderr(&global).note(&error.render());
            Exit::CouldNot
        }
    }
}

/// All arguments of this program, for what is made of them.
#[must_use]
pub fn arguments() -> clap::Command {
    Cli::command()
}

/// Prints help, the version, or what is wrong with the arguments.
fn usage(error: &clap::Error) -> Exit {
    let exit = if error.use_stderr() { Exit::CouldNot } else { Exit::Fine };
    match error.print() {
        Err(error) if !is_closed_pipe(&error) => Exit::CouldNot,
        Ok(()) | Err(_) => exit,
    }
}

/// Names the command that was meant, where clap, which looks for a long common beginning, names none.
fn with_a_near_command(mut error: clap::Error) -> clap::Error {
    let Some(ContextValue::String(typed)) = error.get(ContextKind::InvalidSubcommand) else { return error };
    if error.kind() != ErrorKind::InvalidSubcommand || error.get(ContextKind::SuggestedSubcommand).is_some() {
        return error;
    }
    let all = arguments();
    if typed == "version" {
        let tip = StyledStr::from("`crossfade --version` tells the version");
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip]));
    } else if let Some(near) = nearest(typed, all.get_subcommands().map(clap::Command::get_name)) {
        let near = ContextValue::Strings(vec![near.to_owned()]);
        error.insert(ContextKind::SuggestedSubcommand, near);
    }
    error
}

/// The `--color` of arguments that may not be parsed at all: wrong usage too is told in the colours asked for.
fn color_asked_for(args: &[OsString]) -> ColorChoice {
    let mut texts = args.iter().filter_map(|arg| arg.to_str());
    let mut asked = None;
    while let Some(arg) = texts.next() {
        match arg.strip_prefix("--color") {
            Some("") => asked = texts.next(),
            Some(value) => asked = value.strip_prefix('='),
            None if arg == "--" => break,
            None => {}
        }
    }
    asked.and_then(|value| ColorChoice::from_str(value, false).ok()).unwrap_or_default()
}

fn dispatch(command: Command, global: &Global) -> Result<Exit, CliError> {
    match command {
        Command::New(args) => new::run(args, global),
        Command::Check(args) => check::run(args, global),
        Command::Rule(args) => rule::run(args, global),
        Command::Explain(args) => explain::run(args, global),
        Command::Decide(args) => decide::run(args, global),
        Command::Test(args) => test::run(args, global),
        Command::Invoke(args) => invoke::run(args, global),
        Command::Serve(args) => serve::run(args, global),
        Command::Package(args) => package::run(args, global),
        Command::Manifest(args) => manifest::run(args, global),
        Command::Completions(args) => completions::run(args, arguments()),
        Command::Man(args) => man::run(args, arguments(), global),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn what_a_help_ends_with_is_never_broken_in_the_middle_of_an_example() {
        let all = arguments();
        for command in all.get_subcommands().chain([&all]) {
            let notes = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            let wide: Vec<&str> = notes.lines().filter(|line| line.chars().count() > HELP_WIDTH).collect();
            assert_eq!(wide, [""; 0], "{}", command.get_name());
        }
    }

    #[test]
    fn wrong_usage_is_told_in_the_colours_asked_for() {
        let rows: [(&[&str], ColorChoice); 6] = [
            (&["--bad"], ColorChoice::Auto),
            (&["--color", "never", "--bad"], ColorChoice::Never),
            (&["check", "--color=always", "--bad"], ColorChoice::Always),
            (&["--color", "pink"], ColorChoice::Auto),
            (&["--color"], ColorChoice::Auto),
            (&["explain", "--", "--color=never"], ColorChoice::Auto),
        ];
        for (args, color) in rows {
            let args: Vec<OsString> = args.iter().map(OsString::from).collect();
            assert_eq!(color_asked_for(&args), color, "{args:?}");
        }
    }
}
