//! `crossfade rule`: what a code of a finding means.

use std::ffi::OsStr;

use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use clap::{Arg, Args, Command, Error};

use super::{CliError, Exit, Global, Terminal};
use crate::diagnostic::codes::{CATALOGUE, Code, RETIRED};
use crate::report::rule::{RuleList, RulePage};
use crate::text::nearest;

/// Arguments of `rule`.
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct RuleArgs {
    /// A code such as `R110`; without one, all codes with their titles
    #[arg(value_name = "CODE", value_parser = CodeParser, hide_possible_values = true)]
    code: Option<String>,
}

const EXAMPLES: &str = "\
Each page says why the finding is one and what to do, with an example that has
it and one that has not. The pages are part of this program.

Examples:
  crossfade rule R110
  crossfade rule | grep warning
  crossfade rule --format json R110 | jq -r .page    as Markdown

Exit codes: 0 told · 2 there is no such code";

/// Tells what a code means, or which there are.
///
/// # Errors
/// There is no such code, or the answer cannot be written.
pub fn run(args: RuleArgs, global: &Global) -> Result<Exit, CliError> {
    match &args.code {
        None => Terminal::answer(&RuleList(CATALOGUE), global)?,
        Some(name) => Terminal::answer(&RulePage(find(name)?), global)?,
    };
    Ok(Exit::Fine)
}

/// The code of a name in any case.
fn find(name: &str) -> Result<&'static Code, CliError> {
    let found = CATALOGUE.iter().find(|code| code.code.eq_ignore_ascii_case(name));
    found.copied().ok_or_else(|| {
        let retired = RETIRED.iter().find(|(code, _)| code.eq_ignore_ascii_case(name));
        if let Some((code, why)) = retired {
            return CliError::new(format_args!("`{code}` is retired: {why}"));
        }
        let error = CliError::new(format_args!("there is no code `{name}`"));
        let near = nearest(name, CATALOGUE.iter().map(|code| code.code));
        let error = near.into_iter().fold(error, |error, near| error.help(format_args!("did you mean `{near}`?")));
        error.help("`crossfade rule` lists all codes")
    })
}

/// Any text, while shells are told of the codes that there are: an error that listed them all would hide what is wrong.
#[derive(Clone)]
struct CodeParser;

impl TypedValueParser for CodeParser {
    type Value = String;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<String, Error> {
        StringValueParser::new().parse_ref(command, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(CATALOGUE.iter().map(|code| PossibleValue::new(code.code).help(code.title))))
    }
}
