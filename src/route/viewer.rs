//! What is told of a viewer, each fact one text: by CloudFront the country, by the gate the cohorts and
//! the language.
//!
//! A new fact of this kind is a variant of [`Told`]; whoever lists, reads or writes such facts goes through
//! [`Told::ALL`].

use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, Serializer};

use super::languages::Languages;

/// A fact that is told of a viewer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Told {
    /// ISO 3166 code of the viewer's country.
    Country,
    /// The cohorts that the gate put the viewer in, joined by [`Told::SEPARATOR`].
    Cohort,
    /// The language that suits the viewer best among those that the table offers.
    Language,
}

impl Told {
    /// All, in the order in which conditions on them are tried.
    pub const ALL: [Told; 3] = [Told::Country, Told::Cohort, Told::Language];
    /// Between the values of a fact that can have several; no name of a cohort holds it.
    pub const SEPARATOR: &str = ",";

    /// The key of a table, of a `decide` line and of an explanation.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Told::Country => "country",
            Told::Cohort => "cohort",
            Told::Language => "language",
        }
    }

    /// The header that it reaches the function in: CloudFront's own, or one that the gate writes.
    #[must_use]
    pub const fn header(self) -> &'static str {
        match self {
            Told::Country => "cloudfront-viewer-country",
            Told::Cohort => "x-crossfade-cohort",
            Told::Language => "x-crossfade-language",
        }
    }

    /// What it is, for people who say it of a request.
    #[must_use]
    pub const fn about(self) -> &'static str {
        match self {
            Told::Country => "The viewer's country, an ISO code [default: the header `cloudfront-viewer-country`]",
            Told::Cohort => "A cohort that the viewer is in, as often as needed",
            Told::Language => "The language that suits the viewer, as `[languages]` spells it",
        }
    }

    /// Whether a viewer can have several values of it.
    #[must_use]
    pub const fn is_list(self) -> bool {
        matches!(self, Told::Cohort)
    }

    /// The values in its text; an empty one is none.
    pub fn values(self, text: &str) -> impl Iterator<Item = &str> + use<'_> {
        let is_separator = move |char: char| self.is_list() && Told::SEPARATOR.contains(char);
        text.split(is_separator).filter(|value| !value.is_empty())
    }
}

/// What is known of a viewer. A fact that is unknown makes every condition on it false.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Viewer<'a>([Option<&'a str>; Told::ALL.len()]);

#[allow(clippy::indexing_slicing, reason = "there is a place for each variant")]
impl<'a> Viewer<'a> {
    /// The text that is told of one fact.
    #[must_use]
    pub fn get(&self, told: Told) -> Option<&'a str> {
        self.0[told as usize]
    }

    /// The values that are told of one fact.
    pub fn values(&self, told: Told) -> impl Iterator<Item = &'a str> + use<'a> {
        self.get(told).into_iter().flat_map(move |text| told.values(text))
    }

    /// The same viewer with one fact told, or not told.
    #[must_use]
    pub fn with(mut self, told: Told, text: Option<&'a str>) -> Viewer<'a> {
        self.0[told as usize] = text;
        self
    }
}

/// Every fact by its key: `null` where it is unknown, a list where it has several values.
impl Serialize for Viewer<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(Told::ALL.len()))?;
        for told in Told::ALL {
            match self.values(told).collect::<Vec<_>>().as_slice() {
                [] | [_] => map.serialize_entry(told.key(), &self.get(told))?,
                several => map.serialize_entry(told.key(), several)?,
            }
        }
        map.end()
    }
}

/// What a table declares for the gate to tell.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Declared {
    /// In written order.
    pub cohorts: Vec<Cohort>,
    /// What viewers can have.
    pub languages: Languages,
    /// How the gate works.
    pub gate: GateSettings,
}

impl Declared {
    /// Whether the gate can tell a value: a cohort that is declared, a language that is offered. Countries are not the
    /// gate's to tell.
    #[must_use]
    pub fn has(&self, told: Told, value: &str) -> bool {
        match told {
            Told::Country => true,
            Told::Cohort => self.cohorts.iter().any(|cohort| cohort.name == value),
            Told::Language => self.languages.offered.iter().any(|language| language == value),
        }
    }
}

/// `[gate]` of a table: how the gate works.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GateSettings {
    /// Whether shares and languages can be changed where the gate runs, without a deployment.
    pub is_live: bool,
    /// The domain of the draw's cookie; none: the host of the request.
    pub cookie_domain: Option<String>,
}

/// A share in parts per million: 1 % is 10,000.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Share(pub u32);

impl Share {
    /// So many millionths, rounded; what is outside 0 to a million is cut.
    #[must_use]
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to a million by then")]
    pub fn of_millionths(parts: f64) -> Share {
        Share(parts.clamp(0.0, 1e6).round() as u32)
    }
}

/// A named share of viewers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cohort {
    /// As routes name it.
    pub name: String,
    /// How many viewers the gate puts in it.
    pub share: Share,
}
