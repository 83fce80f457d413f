//! Random tables, random requests.

use crossfade::route::explain::Reads;
use crossfade::route::{
    Decision, Explanation, Fact, Outcome, SentHeaders, SentValue, Table, Told, VariesQuery, decide, explain,
};
use proptest::prelude::*;

use crate::depth::size;
use crate::random::Taste::Wild;
use crate::random::{Facts, with_requests};
use crate::walk::{Answer, Oracle};

/// A decision in the words of the oracle.
pub(crate) fn told(decision: &Decision<'_, '_>) -> Answer {
    let action = match &decision.outcome {
        Outcome::Origin(forward) => {
            format!("origin {} {} ? {}", forward.origin.id, forward.uri.as_str(), forward.query_string)
        }
        Outcome::Redirect(redirect) => format!("redirect {} {}", redirect.status, redirect.location),
        Outcome::Respond(respond) => format!("respond {}", respond.status),
    };
    Answer {
        route: decision.route_id().map(str::to_owned),
        action,
        refused: decision.refused.map(|refused| refused.route.id.clone()),
        headers: match &decision.outcome {
            Outcome::Origin(forward) => forward.headers.as_ref().map(changes).unwrap_or_default(),
            Outcome::Redirect(_) | Outcome::Respond(_) => Vec::new(),
        },
        behavior: decision.placed.map(|placed| (placed.behavior.id.position(), placed.other.is_some())),
    }
}

fn changes(headers: &SentHeaders<'_>) -> Vec<String> {
    let written = |verb, (name, value): (&str, SentValue<'_>)| match value {
        SentValue::Text(text) => format!("{verb} {name} `{text}`"),
        SentValue::Secret(secret) => format!("{verb} {name} the secret {secret}"),
    };
    let removed = headers.removed().map(|name| format!("remove {name}"));
    let set = headers.set().map(|field| written("set", field));
    let mut changes: Vec<String> =
        removed.chain(set).chain(headers.added().map(|field| written("add", field))).collect();
    changes.sort();
    changes
}

/// The decision, and the `Host` that goes with it.
fn sent(story: &Explanation<'_, '_>) -> (Answer, Option<String>) {
    (told(&story.decision), story.sent.as_ref().map(|sent| sent.host.clone()))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn decide_and_explain_say_what_a_plain_walk_says(
        (sample, requests) in with_requests(Wild, 60),
        varies in proptest::option::of(proptest::sample::subsequence(vec!["id", "k"], 0..=2)),
    ) {
        let mut definition = sample.definition;
        // Where no origin answers by the whole query, a key may be a list.
        for origin in definition.origins.iter_mut().filter(|_| varies.is_some()) {
            let names = varies.iter().flatten().map(|name| (*name).to_owned()).collect();
            origin.varies.query = VariesQuery::Names(names);
        }
        let table = Table::compile(definition.clone()).unwrap();
        // Of what was written, not of what was compiled.
        let oracle = Oracle::new(&definition, &table);
        for facts in &requests {
            let request = facts.request();
            let expected = oracle.answer(&request);
            let decision = decide(&table, &request);
            prop_assert_eq!(told(&decision), expected.clone(), "{:?}", facts);
            let story = explain(&table, &request);
            prop_assert_eq!(&story.decision, &decision);
            let winner = story.winner.map(|winner| winner.route.route.id.clone());
            prop_assert_eq!(winner, expected.route.or(expected.refused), "{:?}", facts);
            prop_assert!(story.candidates.iter().rev().skip(1).all(|candidate| candidate.failed.is_some()));
        }
    }

    #[test]
    fn a_fact_that_was_not_read_changes_nothing((sample, requests) in with_requests(Wild, 30), other in with_requests(Wild, 1)) {
        let table = Table::compile(sample.definition).unwrap();
        for (facts, other) in requests.iter().zip(&other.1) {
            let request = facts.request();
            let story = explain(&table, &request);
            let changed = with_unread(facts, other, &story.reads);
            let request = changed.request();
            let after = explain(&table, &request);
            prop_assert_eq!(sent(&after), sent(&story), "{:?} {:?}", facts, changed);
        }
    }

    #[test]
    fn a_stored_table_decides_as_the_one_it_was_stored_from((sample, requests) in with_requests(Wild, 40)) {
        let table = Table::compile(sample.definition).unwrap();
        let stored: Table = serde_json::from_str(&serde_json::to_string(&table).unwrap()).unwrap();
        prop_assert_eq!(stored.index(), table.index());
        let again = Table::compile(stored.definition().clone()).unwrap();
        prop_assert_eq!(again.index(), table.index());
        for facts in &requests {
            let request = facts.request();
            prop_assert_eq!(told(&decide(&stored, &request)), told(&decide(&table, &request)));
        }
    }
}

/// How many tables each property is tried on; `PROPTEST_CASES` asks for another number.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(size(60, 600))
}

/// The facts with every one that was not read taken from another request.
fn with_unread(facts: &Facts, other: &Facts, reads: &Reads) -> Facts {
    let mut changed = facts.clone();
    if !reads.has(&Fact::Host) {
        changed.host = other.host;
    }
    if !reads.has(&Fact::Method) {
        changed.method = other.method;
    }
    for told in Told::ALL.into_iter().filter(|told| !reads.has(&Fact::Told(*told))) {
        changed.viewer = changed.viewer.with(told, other.viewer.get(told));
    }
    if !reads.has(&Fact::Time) {
        changed.time = other.time;
        changed.epoch = other.epoch;
    }
    if !reads.has(&Fact::WholeQuery) && reads.names(Fact::Query).next().is_none() {
        changed.query.clone_from(&other.query);
    }
    let is_read = |name: &str| {
        reads.has(&Fact::Header(name.to_ascii_lowercase()))
            || (name.eq_ignore_ascii_case("cookie") && reads.names(Fact::Cookie).next().is_some())
    };
    changed.headers.retain(|(name, _)| is_read(name));
    changed.headers.extend(other.headers.iter().filter(|(name, _)| !is_read(name)));
    changed
}
