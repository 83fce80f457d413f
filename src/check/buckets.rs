//! Buckets that a request can come to on a behavior where CloudFront does not have them (design §4, OAC).

use super::in_behavior::path_in;
use super::places::{PartsWritten, behavior_name};
use super::witness::fill;
use crate::diagnostic::{Findings, codes};
use crate::requests::RequestLine;
use crate::route::pattern::PathPattern;
use crate::route::{Action, BehaviorId, OriginKind, Reach, Table};

/// Further routes that one finding marks.
const NAMED: usize = 2;
/// Routes that a proof is looked for among.
const MOST_TRIED: usize = 64;

/// Reports each bucket that routes, or the default, send to from a behavior that does not have it. O(n) in routes and
/// behaviors.
pub(crate) fn check(table: &Table, reach: &Reach, written: &PartsWritten<'_>, findings: &mut Findings) {
    for id in table.behavior_ids().filter(|&id| table.behavior(id).is_routed && reach.has_paths(id)) {
        let configured = table.configured_id(id).position();
        for bucket in buckets(table).filter(|&bucket| bucket != configured) {
            let senders = Senders::of(table, reach, id, bucket);
            let foreign = ForeignBucket { table, written, id, bucket };
            // Reach is on the safe side; an error needs its proof. Without one the edge still sends to no wrong bucket.
            if let Some(proof) = foreign.proof(&senders) {
                foreign.report(&senders, proof, findings);
            }
        }
    }
}

/// Who sends to a bucket from a behavior.
struct Senders {
    routes: Vec<usize>,
    by_default: bool,
}

impl Senders {
    fn of(table: &Table, reach: &Reach, id: BehaviorId, bucket: usize) -> Senders {
        let sends =
            |at: &usize| matches!(&table.routes()[*at].action, Action::Origin(action) if action.origin == bucket);
        Senders {
            routes: reach.routes(id).filter(sends).collect(),
            by_default: table.default_id().position() == bucket && reach.has_default(id),
        }
    }
}

/// A bucket and a behavior that does not have it.
struct ForeignBucket<'a> {
    table: &'a Table,
    written: &'a PartsWritten<'a>,
    id: BehaviorId,
    bucket: usize,
}

fn buckets(table: &Table) -> impl Iterator<Item = usize> + '_ {
    let origins = table.definition().origins.iter().enumerate();
    origins.filter(|(_, origin)| matches!(origin.kind, OriginKind::S3(_))).map(|(at, _)| at)
}

/// A sender, the default where that is none, and a request that proves it.
struct BucketProof {
    sender: Option<usize>,
    witness: String,
}

impl ForeignBucket<'_> {
    fn proof(&self, senders: &Senders) -> Option<BucketProof> {
        let routes = senders.routes.iter().take(MOST_TRIED).map(|&at| Some(at));
        let all = routes.chain(senders.by_default.then_some(None));
        all.into_iter().find_map(|sender| Some(BucketProof { sender, witness: witness(self, sender)? }))
    }

    fn report(&self, senders: &Senders, proof: BucketProof, findings: &mut Findings) {
        let ForeignBucket { table, written, id, bucket } = *self;
        let (bucket_id, behavior) = (&table.definition().origins[bucket].id, behavior_name(table, id));
        let configured = &table.origin(table.configured_id(id)).id;
        let by_default = || written.head.default.clone().unwrap_or_default();
        let (who, span) = match proof.sender {
            Some(at) => (format!("`{}`", table.routes()[at].id), written.routes[at].value("origin")),
            None => ("the default".to_owned(), by_default()),
        };
        let message = format!(
            "{who} can send a request of {behavior} to the s3 origin `{bucket_id}`, which is not configured there"
        );
        let mut report = findings
            .report(&codes::S3_NOT_CONFIGURED, span, message)
            .label(format!("CloudFront has `{configured}` on {behavior}"));
        for &further in senders.routes.iter().filter(|&&at| Some(at) != proof.sender).take(NAMED) {
            let text = format!("so can `{}`", table.routes()[further].id);
            report = report.also(written.routes[further].value("origin"), text);
        }
        if proof.sender.is_some() && senders.by_default {
            report = report.also(by_default(), "so can the default");
        }
        let cure = format!(
            "give these paths a `[[behavior]]` with `configured_origin = \"{bucket_id}\"`, or the default behavior where they \
             fall in several, or serve it as a custom origin"
        );
        report
            .also(written.origin(bucket), "the bucket is declared here")
            .witness(proof.witness)
            .help("a function can only choose the configured s3 origin, never set another: OAC would not sign for it")
            .help(cure);
    }
}

/// A request that falls in the behavior and that the route takes, if none before it does.
fn witness(at: &ForeignBucket<'_>, route: Option<usize>) -> Option<String> {
    let route = route.map(|at_route| &at.table.routes()[at_route]);
    let path = path_in(at.table, at.id, route.map_or(&PathPattern::Any, |route| &route.path))?;
    let line = RequestLine { url: path.into(), ..RequestLine::default() };
    Some(route.map_or(line.clone(), |route| fill(route, line)).to_string())
}
