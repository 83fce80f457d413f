//! What is told of a viewer, each fact one text: by CloudFront the country, by the gate the cohort and
//! the language.
//!
//! A new fact of this kind is a variant of [`Told`]; whoever lists, reads or writes such facts goes through
//! [`Told::ALL`].

use serde::{Deserialize, Serialize, Serializer};

use super::languages::Languages;

/// A fact that is told of a viewer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Told {
    /// ISO 3166 code of the viewer's country.
    Country,
    /// The cohort that the gate put the viewer in.
    Cohort,
    /// The language that suits the viewer best among those that the table offers.
    Language,
}

impl Told {
    /// All, in the order in which conditions on them are tried.
    pub const ALL: [Told; 3] = [Told::Country, Told::Cohort, Told::Language];

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
            Told::Cohort => "The cohort that the viewer is in",
            Told::Language => "The language that suits the viewer, as `[languages]` spells it",
        }
    }
}

/// What is known of a viewer. A fact that is unknown makes every condition on it false.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Viewer<'a>([Option<&'a str>; Told::ALL.len()]);

#[allow(clippy::indexing_slicing, reason = "there is a place for each variant")]
impl<'a> Viewer<'a> {
    /// What is told of one fact.
    #[must_use]
    pub fn get(&self, told: Told) -> Option<&'a str> {
        self.0[told as usize]
    }

    /// The same viewer with one fact told, or not told.
    #[must_use]
    pub fn with(mut self, told: Told, text: Option<&'a str>) -> Viewer<'a> {
        self.0[told as usize] = text;
        self
    }
}

/// Every fact by its key, `null` where it is unknown.
impl Serialize for Viewer<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(Told::ALL.map(|told| (told.key(), self.get(told))))
    }
}

/// What a table declares for the gate to tell.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Declared {
    /// In written order.
    pub cohorts: Vec<Cohort>,
    /// What viewers can have.
    pub languages: Languages,
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
