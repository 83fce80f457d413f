//! Routes whose time is over: an `until` or `expires` that has passed.
//!
//! No clock is read here: whoever asks for the check says when it is. Where nobody does, nothing is over yet.

use crate::config::RouteSpans;
use crate::diagnostic::{Findings, codes};
use crate::route::{Route, Timestamp};
use crate::text::Day;

/// Before all that a table can write.
pub(crate) const BEFORE_ALL: Timestamp = Timestamp(i128::MIN);

/// Warns of them. O(n) in routes.
pub(crate) fn check(routes: &[Route], spans: &[RouteSpans], now: Timestamp, findings: &mut Findings) {
    let today = Day::of(now);
    for (route, spans) in routes.iter().zip(spans) {
        if let Some(until) = route.window().until.filter(|until| *until <= now) {
            let message = format!("`{}` ended at {until}: it will never be live again", route.id);
            findings
                .report(&codes::OVER, spans.value("until"), message)
                .help("remove the route, or correct its `until`");
        }
        let expires = route.about.expires.as_deref().and_then(Day::parse);
        if let Some(day) = expires.filter(|day| today.is_some_and(|today| *day < today)) {
            findings
                .report(&codes::OVER, spans.value("expires"), format!("`{}` expired on {day}", route.id))
                .help("remove the route, or give it a later `expires`");
        }
    }
}
