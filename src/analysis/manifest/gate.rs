//! The manifest's part for the gate, the viewer-request function: what it tells, and what it takes away.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::platform::headers::OUR_PREFIX;
use crate::route::condition::HostPattern;
use crate::route::draw::{DRAW_COOKIE, DRAW_MAX_AGE};
use crate::route::target::{Hole, Target};
use crate::route::{Cohort, Definition, Origin, Route, Share, Timestamp, epochs_of};

/// What the gate must know beside cohorts, languages and epochs.
#[derive(Clone, Debug, Serialize)]
pub(super) struct GateEntry {
    /// Whether shares and languages are to be changed at the gate, without a deployment.
    #[serde(rename = "live")]
    is_live: bool,
    /// Hosts that conditions name: the gate tells these, and no others unless an origin is sent the viewer's, or a route
    /// writes it somewhere.
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

/// One value that the gate can tell of the time.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Epoch {
    /// The Unix second from which it is told; 0 before the first instant.
    epoch: u64,
    /// The same as RFC 3339; `null` for the one before all instants.
    from: Option<String>,
}

impl GateEntry {
    pub(super) fn of(definition: &Definition) -> GateEntry {
        let hosts: BTreeSet<String> =
            definition.routes.iter().flat_map(Route::hosts).map(HostPattern::without_capture).collect();
        let writes_host = |route: &Route| route.action.targets().flat_map(Target::holes).any(|hole| hole == Hole::Host);
        let domain = definition.declared.gate.cookie_domain.clone();
        GateEntry {
            is_live: definition.declared.gate.is_live,
            hosts: hosts.into_iter().collect(),
            sends_viewer_host: definition.origins.iter().any(Origin::sends_viewer_host)
                || definition.routes.iter().any(writes_host),
            draw: DrawEntry { cookie: DRAW_COOKIE, max_age_seconds: DRAW_MAX_AGE, domain },
            drop_headers: OUR_PREFIX,
        }
    }
}

impl CohortEntry {
    pub(super) fn of(cohort: &Cohort) -> CohortEntry {
        CohortEntry { name: cohort.name.clone(), share_percent: percent(cohort.share) }
    }
}

/// What the gate can tell, in order.
pub(super) fn epochs(instants: &[Timestamp]) -> Vec<Epoch> {
    let text = |epoch: u64| i64::try_from(epoch).ok().map(|second| Timestamp::from_seconds(second).to_string());
    let from = |epoch: u64| (epoch > 0).then(|| text(epoch)).flatten();
    epochs_of(instants).into_iter().map(|epoch| Epoch { epoch, from: from(epoch) }).collect()
}

pub(super) fn percent(share: Share) -> f64 {
    f64::from(share.0) / 10_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epoch_begins_at_its_instant_and_never_before() {
        let seconds = |seconds: i64| Timestamp::from_seconds(seconds);
        let instants = [seconds(-1), seconds(0), Timestamp(1_000_000_001), seconds(2), seconds(60)];
        let told: Vec<_> = epochs(&instants).into_iter().map(|epoch| (epoch.epoch, epoch.from)).collect();
        let at = |epoch: u64, text: &str| (epoch, Some(text.to_owned()));
        assert_eq!(told, [(0, None), at(2, "1970-01-01T00:00:02Z"), at(60, "1970-01-01T00:01:00Z")]);
        assert!(epochs(&[]).is_empty());
    }
}
