//! The manifest's part for the gate, the viewer-request function: what it tells, and what it takes away.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::platform::headers::OUR_PREFIX;
use crate::route::{Cohort, Definition, Origin, Route, Share, Timestamp};

/// The cookie in which a viewer's draw stands.
const DRAW_COOKIE: &str = "crossfade-draw";
/// A year.
const DRAW_MAX_AGE_SECONDS: u32 = 31_536_000;

/// What the gate must know beside cohorts, languages and epochs.
#[derive(Clone, Debug, Serialize)]
pub(super) struct GateEntry {
    /// Hosts that conditions name: the gate tells these, and no others unless an origin is sent the viewer's.
    hosts: Vec<String>,
    sends_viewer_host: bool,
    draw: DrawEntry,
    /// Beginning of the names of all headers that a viewer may not send.
    drop_headers: &'static str,
}

/// How a viewer stays in its cohorts.
#[derive(Clone, Debug, Serialize)]
struct DrawEntry {
    cookie: &'static str,
    max_age_seconds: u32,
    /// `null`: of the very host.
    domain: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct CohortEntry {
    name: String,
    share_percent: f64,
}

/// One interval between the table's instants.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Epoch {
    epoch: usize,
    /// Its first moment in RFC 3339; `null` for the one before all instants.
    from: Option<String>,
    /// The same in milliseconds since 1970, rounded up.
    from_unix_ms: Option<i64>,
}

impl GateEntry {
    pub(super) fn of(definition: &Definition) -> GateEntry {
        let hosts: BTreeSet<String> =
            definition.routes.iter().flat_map(Route::hosts).map(ToString::to_string).collect();
        GateEntry {
            hosts: hosts.into_iter().collect(),
            sends_viewer_host: definition.origins.iter().any(Origin::sends_viewer_host),
            draw: DrawEntry { cookie: DRAW_COOKIE, max_age_seconds: DRAW_MAX_AGE_SECONDS, domain: None },
            drop_headers: OUR_PREFIX,
        }
    }
}

impl CohortEntry {
    pub(super) fn of(cohort: &Cohort) -> CohortEntry {
        CohortEntry { name: cohort.name.clone(), share_percent: percent(cohort.share) }
    }
}

/// The interval before the first instant, and one from each.
pub(super) fn epochs(instants: &[Timestamp]) -> Vec<Epoch> {
    if instants.is_empty() {
        return Vec::new();
    }
    let first = Epoch { epoch: 0, from: None, from_unix_ms: None };
    let others = instants.iter().enumerate().map(|(at, instant)| Epoch {
        epoch: at + 1,
        from: jiff::Timestamp::from_nanosecond(instant.0).ok().map(|instant| instant.to_string()),
        // A gate that counts in milliseconds must not be early.
        from_unix_ms: i64::try_from(-((-instant.0).div_euclid(1_000_000))).ok(),
    });
    std::iter::once(first).chain(others).collect()
}

pub(super) fn percent(share: Share) -> f64 {
    f64::from(share.0) / 10_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epoch_begins_at_its_instant_and_never_before() {
        let instants = [Timestamp::from_seconds(-1), Timestamp::from_seconds(0), Timestamp(1_000_000_001)];
        let told: Vec<_> = epochs(&instants).into_iter().map(|epoch| (epoch.from, epoch.from_unix_ms)).collect();
        let at = |text: &str, ms| (Some(text.to_owned()), Some(ms));
        let expected = [
            (None, None),
            at("1969-12-31T23:59:59Z", -1_000),
            at("1970-01-01T00:00:00Z", 0),
            at("1970-01-01T00:00:01.000000001Z", 1_001),
        ];
        assert_eq!(told, expected);
        assert!(epochs(&[]).is_empty());
    }
}
