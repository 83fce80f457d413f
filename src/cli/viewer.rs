//! The flags that say what is told of a viewer, one for each of [`Told::ALL`].

use clap::{Arg, ArgAction, ArgMatches, Args, Command, Error, FromArgMatches};

use crate::platform::countries::{NotACountry, check_country};
use crate::requests::RequestLine;
use crate::route::{Declared, Told};

/// A country as it is typed: one that CloudFront can tell.
///
/// # Errors
/// It is none of them.
pub fn country(text: &str) -> Result<String, NotACountry> {
    check_country(text).map(|()| text.to_owned())
}

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

/// What a request tells of its viewer and the gate never would: a cohort or language that the table does not declare. It
/// is no fault of the request, which may come from a log of another time.
pub fn undeclared<'l>(line: &'l RequestLine<'_>, declared: &'l Declared) -> impl Iterator<Item = (Told, &'l str)> {
    let told = Told::ALL.into_iter().flat_map(|told| {
        let values = line.told(told).into_iter().flat_map(move |text| told.values(text));
        values.map(move |value| (told, value))
    });
    told.filter(|(told, value)| !declared.has(*told, value))
}

impl Args for ViewerArgs {
    fn augment_args(command: Command) -> Command {
        let action = |told: Told| if told.is_list() { ArgAction::Append } else { ArgAction::Set };
        let flag = |told: Told| Arg::new(told.key()).long(told.key()).help(told.about()).action(action(told));
        let flag = |told: Told| flag(told).value_name(told.key().to_uppercase());
        command.args(Told::ALL.map(|told| match told {
            Told::Country => flag(told).value_parser(country),
            _ => flag(told),
        }))
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
