//! The manifest's behaviors: all that CloudFront must be told of each for the router to be safe on it.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::analysis::cache_key::{CacheKey, KeyPart, QueryStrings};
use crate::event::facts::header_of;
use crate::platform::METHODS;
use crate::route::{BehaviorId, Caching, Fact, Reach, Table};

/// The longest that CloudFront keeps an answer, seconds: a year, as its own policies have it.
const MAX_TTL_SECONDS: u32 = 31_536_000;
/// What an origin group takes: CloudFront fails over for these alone.
const READING_METHODS: [&str; 3] = ["GET", "HEAD", "OPTIONS"];
/// Methods of which answers are kept; OPTIONS is never among them.
const CACHED_METHODS: [&str; 2] = ["GET", "HEAD"];
/// What the names of CloudFront's own headers begin with.
const CLOUDFRONT: &str = "cloudfront-";

/// One cache behavior, in CloudFront's order; the default one is the last and has no pattern.
#[derive(Clone, Debug, Serialize)]
pub(super) struct BehaviorEntry {
    path_pattern: Option<String>,
    configured_origin: String,
    failover: Option<String>,
    caching: Caching,
    router: bool,
    /// Nothing of one that the router does not run on: that is not ours to say.
    #[serde(flatten)]
    policy: Option<Policy>,
}

/// What CloudFront keeps, forwards and takes on a behavior.
#[derive(Clone, Debug, Serialize)]
struct Policy {
    ttl_seconds: TtlEntry,
    methods: MethodsEntry,
    compression: Compression,
    cache_key: CacheKey,
    forwarded: Forwarded,
    first_values: FirstValues,
}

#[derive(Clone, Copy, Debug, Serialize)]
struct TtlEntry {
    min: u32,
    default: u32,
    max: u32,
    error_min: u32,
}

#[derive(Clone, Debug, Serialize)]
struct MethodsEntry {
    allowed: Vec<&'static str>,
    cached: [&'static str; 2],
}

#[derive(Clone, Copy, Debug, Serialize)]
struct Compression {
    gzip: bool,
    brotli: bool,
}

/// What function and origin see. With caching on the key's headers and cookies, so that nothing decides an answer which is
/// not in the key; and always the whole query, because CloudFront shows a function no query at all unless all of it is
/// forwarded.
#[derive(Clone, Debug, Serialize)]
struct Forwarded {
    headers: ForwardedHeaders,
    cookies: ForwardedCookies,
    query_strings: &'static str,
}

#[derive(Clone, Debug, Serialize)]
#[serde(tag = "behavior", rename_all = "snake_case")]
enum ForwardedHeaders {
    /// These.
    List { names: Vec<String> },
    /// All that the viewer, or the gate for it, has sent, and these of CloudFront's own.
    AllViewer { and: Vec<String> },
}

#[derive(Clone, Debug, Serialize)]
#[serde(tag = "behavior", rename_all = "snake_case")]
enum ForwardedCookies {
    List { names: Vec<String> },
    All,
}

/// Cookies and parameters of which the gate leaves the first value alone, so that CloudFront keys what the router reads.
#[derive(Clone, Debug, Default, Serialize)]
struct FirstValues {
    cookies: Vec<String>,
    query_strings: Vec<String>,
}

impl BehaviorEntry {
    pub(super) fn of(table: &Table, reach: &Reach, id: BehaviorId) -> BehaviorEntry {
        let behavior = table.behavior(id);
        let pattern = table.definition().behaviors.by_pattern.get(id.position());
        BehaviorEntry {
            path_pattern: pattern.map(|(pattern, _)| pattern.to_string()),
            configured_origin: table.origin(table.configured_id(id)).id.clone(),
            failover: table.failover_id(id).map(|failover| table.origin(failover).id.clone()),
            caching: behavior.caching,
            router: behavior.is_routed,
            policy: behavior.is_routed.then(|| Policy::of(table, reach, id)),
        }
    }
}

impl Policy {
    fn of(table: &Table, reach: &Reach, id: BehaviorId) -> Policy {
        let cache_key = CacheKey::of(table, reach, id);
        let caching = table.behavior(id).caching;
        let is_kept = caching == Caching::On;
        Policy {
            ttl_seconds: TtlEntry { min: 0, default: 0, max: if is_kept { MAX_TTL_SECONDS } else { 0 }, error_min: 0 },
            methods: MethodsEntry {
                allowed: match table.failover_id(id) {
                    Some(_) => READING_METHODS.to_vec(),
                    None => METHODS.to_vec(),
                },
                cached: CACHED_METHODS,
            },
            compression: Compression { gzip: is_kept, brotli: is_kept },
            forwarded: Forwarded::of(table, reach, id, &cache_key),
            first_values: FirstValues::of(table, reach, id, &cache_key),
            cache_key,
        }
    }
}

impl Forwarded {
    fn of(table: &Table, reach: &Reach, id: BehaviorId, key: &CacheKey) -> Forwarded {
        let (headers, cookies) = match table.behavior(id).caching {
            Caching::On => (
                ForwardedHeaders::List { names: names(&key.headers) },
                ForwardedCookies::List { names: names(&key.cookies) },
            ),
            Caching::Off => {
                let asks = reach.asks(table.definition(), id);
                let read: BTreeSet<&str> = asks.0.keys().filter_map(header_of).collect();
                let and = read.into_iter().filter(|name| name.starts_with(CLOUDFRONT)).map(str::to_owned).collect();
                (ForwardedHeaders::AllViewer { and }, ForwardedCookies::All)
            }
        };
        Forwarded { headers, cookies, query_strings: "all" }
    }
}

impl FirstValues {
    fn of(table: &Table, reach: &Reach, id: BehaviorId, key: &CacheKey) -> FirstValues {
        if table.behavior(id).caching == Caching::Off {
            return FirstValues::default();
        }
        let asks = reach.asks(table.definition(), id);
        // What is only sent on goes with its repeats; who asks for it reads the first.
        let is_read =
            |fact: &Fact, at: &usize| table.routes().get(*at).is_some_and(|it| it.asked_facts().any(|it| it == *fact));
        let read = asks.0.iter().filter(|(fact, askers)| askers.routes.iter().any(|at| is_read(fact, at)));
        let mut first = FirstValues::default();
        for (fact, _) in read {
            match fact {
                Fact::Cookie(name) => first.cookies.push(name.clone()),
                Fact::Query(name) if matches!(key.query_strings, QueryStrings::List { .. }) => {
                    first.query_strings.push(name.clone());
                }
                _ => {}
            }
        }
        first
    }
}

fn names(parts: &[KeyPart]) -> Vec<String> {
    parts.iter().map(|part| part.name.clone()).collect()
}
