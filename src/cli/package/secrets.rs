//! Values of the secrets that a table names. They go into the zip and nowhere else, least of all into a message.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::Path;

use crate::cli::CliError;
use crate::cli::error::words;
use crate::edge::start::secret_names;
use crate::route::Definition;

/// The value of every secret of the table, from a file or from the environment.
pub(super) fn find(definition: &Definition, file: Option<&Path>) -> Result<BTreeMap<String, String>, CliError> {
    let given = file.map(read).transpose()?;
    let value = |name: &str| match &given {
        Some(given) => given.get(name).cloned(),
        None => env::var(name).ok(),
    };
    let found = |name: &str| match value(name).filter(|value| !value.is_empty()) {
        Some(value) => Ok((name.to_owned(), value)),
        None => Err(missing(name, file)),
    };
    secret_names(definition).into_iter().map(found).collect()
}

fn read(path: &Path) -> Result<BTreeMap<String, String>, CliError> {
    let shown = path.display();
    let bytes =
        fs::read(path).map_err(|error| CliError::new(format_args!("`{shown}` cannot be read: {}", words(&error))))?;
    serde_json::from_slice(&bytes).map_err(|error| {
        // serde_json's own words quote what they found.
        let (line, column) = (error.line(), error.column());
        CliError::new(format_args!("`{shown}` is not a JSON object of texts (line {line}, column {column})"))
            .help("write it as `{\"NAME\": \"value\"}`")
    })
}

fn missing(name: &str, file: Option<&Path>) -> CliError {
    let error = CliError::new(format_args!("the table names the secret `{name}`, but it has no value"));
    match file {
        Some(file) => error.help(format_args!("add `{name}` to `{}`", file.display())),
        None => error.help(format_args!("set the environment variable `{name}`, or pass `--secrets FILE`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_message_holds_a_value() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secrets.json");
        for text in ["{\"A\": hunter2}", "[\"hunter2\"]", "{\"A\": {\"hunter2\": 1}}", "hunter2"] {
            fs::write(&path, text).unwrap();
            let message = read(&path).unwrap_err().render();
            assert!(!message.contains("hunter2"), "{message}");
        }
    }
}
