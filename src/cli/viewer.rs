//! The flags that say what is told of a viewer, one for each of [`Told::ALL`].

use clap::{Arg, ArgAction, ArgMatches, Args, Command, Error, FromArgMatches};

use crate::requests::RequestLine;
use crate::route::Told;

/// What the flags say.
#[derive(Clone, Debug, Default)]
pub struct ViewerArgs([Option<String>; Told::ALL.len()]);

impl ViewerArgs {
    /// Tells it of a request.
    pub fn tell<'a>(&'a self, line: &mut RequestLine<'a>) {
        for (told, text) in Told::ALL.into_iter().zip(&self.0) {
            line.tell(told, text.as_deref().map(Into::into));
        }
    }
}

impl Args for ViewerArgs {
    fn augment_args(command: Command) -> Command {
        let action = |told: Told| if told.is_list() { ArgAction::Append } else { ArgAction::Set };
        let flag = |told: Told| Arg::new(told.key()).long(told.key()).help(told.about()).action(action(told));
        command.args(Told::ALL.map(|told| flag(told).value_name(told.key().to_uppercase())))
    }

    fn augment_args_for_update(command: Command) -> Command {
        ViewerArgs::augment_args(command)
    }
}

impl FromArgMatches for ViewerArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<ViewerArgs, Error> {
        let text = |told: Told| {
            let texts: Vec<&str> = matches.get_many::<String>(told.key())?.map(String::as_str).collect();
            Some(texts.join(Told::SEPARATOR))
        };
        Ok(ViewerArgs(Told::ALL.map(text)))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = ViewerArgs::from_arg_matches(matches)?;
        Ok(())
    }
}
