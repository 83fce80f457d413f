//! Cache keys that CloudFront can't have: every name that is too much, at whoever asks for it.

use std::collections::BTreeMap;

use super::places::{PartsWritten, behavior_name};
use crate::diagnostic::{Findings, Span, codes};
use crate::event::facts::header_of;
use crate::platform::headers::{NOT_IN_CACHE_KEY, NOT_IN_CACHE_KEY_OF_S3};
use crate::platform::limits::{MAX_POLICY_CHARS, MAX_POLICY_NAMES};
use crate::route::condition::ValueTest;
use crate::route::{BehaviorId, Caching, Fact, OriginKind, Reach, Table};
use crate::text::is_token;

/// Who asks, named in one finding.
const NAMED: usize = 4;

/// Reports each header that can be in no key, and each key with too many names. O(n) in routes and behaviors.
pub(crate) fn check(table: &Table, reach: &Reach, written: &PartsWritten<'_>, findings: &mut Findings) {
    let mut unfit: BTreeMap<String, UnfitHeader> = BTreeMap::new();
    for id in with_keys(table, reach) {
        let asks = reach.asks(table.definition(), id);
        let mut names = KeyNames::default();
        let is_counted = |fact: &Fact| !matches!(fact, Fact::Query(_)) || !asks.0.contains_key(&Fact::WholeQuery);
        for (fact, askers) in &asks.0 {
            if is_counted(fact) {
                names.add(fact, || written.askers(table, fact, askers).next());
            }
            if let Some(name) = header_of(fact).filter(|name| is_unfit(table, id, name)) {
                let who = written.askers(table, fact, askers);
                unfit.entry(name.to_owned()).or_default().add(behavior_name(table, id), who);
            }
        }
        names.report(&behavior_name(table, id), written.behavior(id), findings);
    }
    for (name, unfit) in unfit {
        let cure = if name == "cookie" { cookie_of(table) } else { None };
        unfit.report(&name, cure, findings);
    }
}

/// The condition that is meant by one on the whole field of all cookies.
fn cookie_of(table: &Table) -> Option<String> {
    let conditions = table.routes().iter().flat_map(|route| &route.conditions);
    let test =
        conditions.filter(|condition| header_of(&condition.fact) == Some("cookie")).map(|asks| &asks.test).next()?;
    let pair = match test {
        ValueTest::Equal(text) if !text.contains(['"', '\\', ';']) => text.split_once('='),
        _ => None,
    };
    Some(match pair {
        Some((name, value)) if is_token(name) => {
            format!(
                "write `cookie = {{ {name} = \"{value}\" }}` instead of `header`, which sees all cookies as one text"
            )
        }
        _ => {
            "a cookie is asked for by its name, with the key `cookie`; the header is all of them as one text".to_owned()
        }
    })
}

/// The behaviors that keep answers by a key of ours.
pub(crate) fn with_keys<'t>(table: &'t Table, reach: &'t Reach) -> impl Iterator<Item = BehaviorId> + 't {
    table.behavior_ids().filter(|&id| {
        let behavior = table.behavior(id);
        behavior.is_routed && behavior.caching == Caching::On && reach.has_paths(id)
    })
}

fn is_unfit(table: &Table, id: BehaviorId, name: &str) -> bool {
    let is_bucket = matches!(table.origin(table.configured_id(id)).kind, OriginKind::S3(_));
    NOT_IN_CACHE_KEY.contains(name) || (is_bucket && NOT_IN_CACHE_KEY_OF_S3.contains(name))
}

/// A header that can be in no key.
#[derive(Default)]
struct UnfitHeader {
    behaviors: Vec<String>,
    who: Vec<(Span, String)>,
}

impl UnfitHeader {
    fn add(&mut self, behavior: String, who: impl Iterator<Item = (Span, String)>) {
        self.behaviors.push(behavior);
        for one in who {
            if !self.who.contains(&one) {
                self.who.push(one);
            }
        }
    }

    fn report(self, name: &str, cure: Option<String>, findings: &mut Findings) {
        let mut who = self.who.into_iter();
        let Some((span, first)) = who.next() else { return };
        let message = format!("{first} asks for the header `{name}`, which CloudFront can't have in a cache key");
        let behaviors = self.behaviors.join(", ");
        let report = findings.report(&codes::HEADER_NOT_KEYABLE, span, message).label(format!("needed in {behaviors}"));
        let report = who.fold(report, |report, (span, who)| report.also(span, format!("{who} asks for it too")));
        let report = if let Some(cure) = cure { report.help(cure) } else { report };
        report.help(
            "decide by something else, or give these paths a `[[behavior]]` with `caching = \"off\"`, which needs no key",
        );
    }
}

/// The names of one kind that a key holds, and who asks for each first.
#[derive(Default)]
struct KeyNames([BTreeMap<String, (Span, String)>; 3]);

/// In the order of [`KeyNames`].
const KINDS: [&str; 3] = ["headers", "cookies", "query strings"];

impl KeyNames {
    fn add(&mut self, fact: &Fact, first: impl FnOnce() -> Option<(Span, String)>) {
        let (kind, name) = match (fact, header_of(fact)) {
            (_, Some(name)) => (0, name),
            (Fact::Cookie(name), _) => (1, name.as_str()),
            (Fact::Query(name), _) => (2, name.as_str()),
            _ => return,
        };
        if let (Some(names), Some(first)) = (self.0.get_mut(kind), first()) {
            names.entry(name.to_owned()).or_insert(first);
        }
    }

    fn report(&self, behavior: &str, span: Option<Span>, findings: &mut Findings) {
        for (names, what) in self.0.iter().zip(KINDS) {
            let Some((first, _)) = names.values().next() else { continue };
            let place = span.clone().unwrap_or_else(|| first.clone());
            let count = names.len();
            let chars: usize = names.keys().map(String::len).sum();
            let (code, message) = if chars > MAX_POLICY_CHARS {
                let message = format!(
                    "the names of {what} in the cache key of {behavior} have {chars} characters together, CloudFront takes \
                     {MAX_POLICY_CHARS}"
                );
                (&codes::KEY_TOO_LONG, message)
            } else if count > MAX_POLICY_NAMES {
                let message = format!(
                    "the cache key of {behavior} names {count} {what}, CloudFront's quota is {MAX_POLICY_NAMES}"
                );
                (&codes::KEY_OVER_QUOTA, message)
            } else {
                continue;
            };
            let shown = names.iter().take(NAMED).map(|(name, (_, who))| format!("`{name}` by {who}"));
            let shown = format!("among them {}", shown.collect::<Vec<_>>().join(", "));
            findings.report(code, place, message).label(shown).help(FEWER);
        }
    }
}

const FEWER: &str = "name fewer in conditions, `query_string` and `varies`, or give the paths that need them a `[[behavior]]` of their own";
