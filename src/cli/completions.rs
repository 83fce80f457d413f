//! `crossfade completions`: what a shell reads to complete the arguments of this program.

use clap::Args;
use clap_complete::Shell;

use super::{CliError, Exit, Terminal};

/// Arguments of `completions`.
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct CompletionsArgs {
    /// The shell: bash, elvish, fish, powershell or zsh
    #[arg(value_name = "SHELL", hide_possible_values = true, ignore_case = true)]
    shell: Shell,
}

const EXAMPLES: &str = "\
Examples:
  crossfade completions bash \\
    > ~/.local/share/bash-completion/completions/crossfade
  crossfade completions zsh > ~/.zfunc/_crossfade
    with ~/.zfunc in $fpath, before compinit
  crossfade completions fish > ~/.config/fish/completions/crossfade.fish

Exit codes: 0 written";

/// Writes the completions of all arguments to stdout.
///
/// # Errors
/// They cannot be written.
pub fn run(args: CompletionsArgs, mut all: clap::Command) -> Result<Exit, CliError> {
    let name = all.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut all, name, &mut script);
    Terminal::answer_bytes(&script)?;
    Ok(Exit::Fine)
}
