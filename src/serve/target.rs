//! Where a mapped origin is: `--map ID=TARGET`.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use http::Uri;
use http::uri::Authority;

/// Origins by id, and what plays each of them here. An origin that is not in it is played by the stand-in page.
pub type Mapping = BTreeMap<String, Player>;

/// What plays an origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Player {
    /// A server that speaks plain HTTP.
    Server(HttpServer),
    /// A folder of files.
    Folder(PathBuf),
}

/// A server that speaks plain HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpServer {
    pub(super) authority: Authority,
    /// Put before every path; empty or `/x`.
    pub(super) base: String,
}

impl fmt::Display for Player {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Player::Server(server) => write!(f, "http://{}{}", server.authority, server.base),
            Player::Folder(path) => write!(f, "{}", path.display()),
        }
    }
}

/// Why a `--map` cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MapError {
    /// No `=`, or nothing before it.
    #[error("`{0}` is not of the form `ID=TARGET`")]
    Form(String),
    /// The origin's id is given twice.
    #[error("origin `{0}` is mapped twice")]
    Twice(String),
    /// A scheme that is not `http`.
    #[error("`{0}`: only `http://` servers can be mapped")]
    Scheme(String),
    /// Not a server's address.
    #[error("`{0}` is not the address of a server: it takes `http://HOST[:PORT][/BASE]`, without query")]
    Address(String),
    /// Not a folder.
    #[error("`{0}` is not a folder")]
    Folder(String),
    /// The table has no origin of that id.
    #[error("the table has no origin `{id}`")]
    Unknown {
        /// As typed.
        id: String,
        /// The ids that there are.
        known: Vec<String>,
    },
}

/// Parses the values of all `--map` options.
///
/// # Errors
/// The first value that cannot be used.
pub fn parse_mapping<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Mapping, MapError> {
    let mut mapping = Mapping::new();
    for text in texts {
        let (id, target) = text.split_once('=').ok_or_else(|| MapError::Form(text.to_owned()))?;
        if id.is_empty() || target.is_empty() {
            return Err(MapError::Form(text.to_owned()));
        }
        if mapping.insert(id.to_owned(), target.parse()?).is_some() {
            return Err(MapError::Twice(id.to_owned()));
        }
    }
    Ok(mapping)
}

impl std::str::FromStr for Player {
    type Err = MapError;

    fn from_str(text: &str) -> Result<Player, MapError> {
        if let Ok(port) = text.parse::<u16>() {
            return server(text, &format!("http://127.0.0.1:{port}"));
        }
        match text.split_once("://") {
            Some((scheme, _)) if scheme.eq_ignore_ascii_case("http") => server(text, text),
            Some(_) => Err(MapError::Scheme(text.to_owned())),
            None => folder(text),
        }
    }
}

fn server(typed: &str, address: &str) -> Result<Player, MapError> {
    let refused = || MapError::Address(typed.to_owned());
    let uri: Uri = address.parse().map_err(|_| refused())?;
    let authority = uri.authority().filter(|authority| !authority.as_str().contains('@')).ok_or_else(refused)?;
    if uri.query().is_some() || address.contains('#') || authority.port_u16() == Some(0) || authority.host().is_empty()
    {
        return Err(refused());
    }
    let base = uri.path().trim_end_matches('/').to_owned();
    Ok(Player::Server(HttpServer { authority: authority.clone(), base }))
}

fn folder(text: &str) -> Result<Player, MapError> {
    match std::fs::canonicalize(text) {
        Ok(path) if path.is_dir() => Ok(Player::Folder(path)),
        _ => Err(MapError::Folder(text.to_owned())),
    }
}

/// Holds a mapping against the ids of a table's origins.
///
/// # Errors
/// The first mapped id that the table does not have.
pub(super) fn check_mapping<'a>(
    mapping: &Mapping,
    origins: impl Iterator<Item = &'a str> + Clone,
) -> Result<(), MapError> {
    match mapping.keys().find(|id| !origins.clone().any(|origin| origin == id.as_str())) {
        None => Ok(()),
        Some(id) => Err(MapError::Unknown { id: id.clone(), known: origins.map(str::to_owned).collect() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_a_port_a_server_or_a_folder() {
        let here = env!("CARGO_MANIFEST_DIR");
        let rows = [
            ("9001", Ok("http://127.0.0.1:9001".to_owned())),
            ("http://localhost:3000", Ok("http://localhost:3000".to_owned())),
            ("HTTP://h.example", Ok("http://h.example".to_owned())),
            ("http://[::1]:80/base/", Ok("http://[::1]:80/base".to_owned())),
            (here, Ok(std::fs::canonicalize(here).unwrap().display().to_string())),
            ("https://h.example", Err(MapError::Scheme("https://h.example".to_owned()))),
            ("http://u@h.example", Err(MapError::Address("http://u@h.example".to_owned()))),
            ("http://h.example/?x", Err(MapError::Address("http://h.example/?x".to_owned()))),
            ("http://h.example/#x", Err(MapError::Address("http://h.example/#x".to_owned()))),
            ("http://", Err(MapError::Address("http://".to_owned()))),
            ("0", Err(MapError::Address("0".to_owned()))),
            ("70000", Err(MapError::Folder("70000".to_owned()))),
            ("no/such/folder", Err(MapError::Folder("no/such/folder".to_owned()))),
        ];
        for (text, expected) in rows {
            let target = text.parse::<Player>().map(|target| target.to_string());
            assert_eq!(target, expected, "{text}");
        }
    }

    #[test]
    fn a_mapping_names_each_origin_of_the_table_once() {
        let rows: [(&[&str], Result<(), MapError>); 5] = [
            (&["a=1", "b=2"], Ok(())),
            (&["a=1", "a=2"], Err(MapError::Twice("a".to_owned()))),
            (&["9001"], Err(MapError::Form("9001".to_owned()))),
            (&["a="], Err(MapError::Form("a=".to_owned()))),
            (&["c=1"], Err(MapError::Unknown { id: "c".to_owned(), known: vec!["a".to_owned(), "b".to_owned()] })),
        ];
        for (texts, expected) in rows {
            let checked = parse_mapping(texts.iter().copied())
                .and_then(|mapping| check_mapping(&mapping, ["a", "b"].into_iter()));
            assert_eq!(checked, expected, "{texts:?}");
        }
    }
}
