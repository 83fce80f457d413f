//! A random table is written as `routes.toml`, loaded again, and must be the same table: the same definition, so the
//! same decision for every request. On the way, what is said of a table's routes and tests is held against brute force.

mod write;

#[path = "../support/depth.rs"]
mod depth;
#[path = "../support/random.rs"]
mod random;
#[path = "../support/tables.rs"]
mod tables;

use proptest::prelude::*;

use crossfade::check::witness::{takes, witness, witnesses};
use crossfade::check::{self, Loaded};
use crossfade::config::MemoryFiles;
use crossfade::diagnostic::Severity;
use crossfade::requests::{DecisionLine, RequestLine};
use crossfade::route::{Definition, Place, Request, Table, Told, decide, epochs_of};

use crate::depth::size;
use crate::random::Taste::Sound;
use crate::random::{Facts, sample, with_requests};

fn load(definition: &Definition, tests: &[RequestLine<'_>]) -> (String, Loaded) {
    let (mut toml, maps) = write::write(definition);
    tests.iter().for_each(|test| write::write_test(&mut toml, test));
    let mut files = MemoryFiles::new().with("routes.toml", toml.clone());
    for (name, csv) in maps {
        files = files.with(name, csv);
    }
    (toml, check::load("routes.toml", &files))
}

/// A definition without what a random one cannot know: where things are written.
fn without_places(definition: &Definition) -> Definition {
    let mut definition = definition.clone();
    definition.files.clear();
    for route in &mut definition.routes {
        route.place = Place::default();
        if let crossfade::route::pattern::PathPattern::Map(map) = &mut route.path {
            map.rows.iter_mut().for_each(|row| row.line = 0);
        }
    }
    definition
}

/// A request as a test of the table has it, without a time; a header without a text is none there.
fn timeless(facts: &Facts) -> RequestLine<'_> {
    let host = facts.host.map(|host| format!("https://{host}")).unwrap_or_default();
    let headers = facts.headers.iter().filter(|(_, value)| !value.is_empty());
    let mark = if facts.query.is_empty() { "" } else { "?" };
    let mut line = RequestLine {
        url: format!("{host}{}{mark}{}", facts.path, facts.query).into(),
        method: Some(facts.method.into()),
        headers: headers.map(|(name, value)| ((*name).into(), (*value).into())).collect(),
        ..RequestLine::default()
    };
    Told::ALL.into_iter().for_each(|told| line.tell(told, facts.viewer.get(told).map(Into::into)));
    line
}

proptest! {
    #![proptest_config(ProptestConfig { cases: size(150, 1500), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_table_written_is_the_table_read(
        (sample, requests) in with_requests(Sound, 12),
    ) {
        let definition = sample.definition;
        let (toml, loaded) = load(&definition, &[]);
        let errors: Vec<_> = loaded.diagnostics.iter().filter(|it| it.severity == Severity::Error).collect();
        // A group that makes `//` or nothing of each path is seldom, and rightly an error: no sound table has it.
        prop_assume!(errors.is_empty() || errors.iter().any(|it| it.code != "R181"));
        prop_assert!(errors.is_empty(), "{toml}\n{errors:#?}");
        let read = loaded.table.expect("a table without errors");
        let written = Table::compile(definition).unwrap();
        prop_assert_eq!(without_places(read.definition()), without_places(written.definition()), "{}", toml);
        for facts in &requests {
            let request: Request<'_> = facts.request();
            let line = |table: &Table| serde_json::to_string(&DecisionLine(&decide(table, &request))).unwrap();
            prop_assert_eq!(line(&read), line(&written), "{} {:?}", toml, facts);
        }
    }

    #[test]
    fn every_route_has_a_witness_that_fits_it(sample in sample(Sound, 12)) {
        let definition = sample.definition;
        for route in &definition.routes {
            prop_assert!(witness(&definition, route).is_some(), "{:#?}", route);
            for line in witnesses(&definition, route) {
                prop_assert!(takes(&definition.canonical, route, &line.request()), "{} {:#?}", line, route);
                prop_assert!(line.check().is_ok(), "{}", line);
                let json = serde_json::to_string(&line).unwrap();
                prop_assert_eq!(&RequestLine::parse_json(&json).unwrap(), &line);
            }
        }
        let table = Table::compile(definition.clone()).unwrap();
        for (at, route) in definition.routes.iter().enumerate() {
            let line = witness(&definition, route).unwrap();
            let request = line.request();
            let decision = decide(&table, &request);
            // A witness is of the route alone: where the router does not run on its path, no route takes it.
            if decision.placed.is_some_and(|placed| placed.is_not_routed() || placed.other.is_some()) {
                continue;
            }
            let taker = decision.taker_id.expect("it is taken");
            prop_assert!(taker.position() <= at, "{} is taken by a later route", line);
        }
    }

    #[test]
    fn a_test_must_give_a_time_exactly_where_the_answer_depends_on_it(
        (sample, requests) in with_requests(Sound, 12),
    ) {
        let definition = sample.definition;
        let is_offered = |line: &RequestLine<'_>| {
            line.told(Told::Language).is_none_or(|language| definition.declared.has(Told::Language, language))
        };
        let requests: Vec<_> =
            requests.iter().map(timeless).filter(|line| line.check().is_ok() && is_offered(line)).collect();
        let (toml, loaded) = load(&definition, &requests);
        let refused = loaded.diagnostics.iter().filter(|it| it.code == "R142").count();
        let table = Table::compile(definition.clone()).unwrap();
        let depends = |line: &&RequestLine<'_>| {
            let taker = |epoch: Option<u64>| {
                let request = Request { epoch, ..line.request() };
                let decision = decide(&table, &request);
                decision.taker().map(|route| route.id.clone())
            };
            // Before the first instant there is an epoch too, and with no instant nothing depends on one.
            let mut epochs = epochs_of(table.instants()).into_iter();
            epochs.any(|epoch| taker(Some(epoch)) != taker(None))
        };
        let codes: Vec<_> = loaded.diagnostics.iter().map(|it| format!("{} {}", it.code, it.message)).collect();
        prop_assert_eq!(refused, requests.iter().filter(depends).count(), "{} {:#?}", toml, codes);
    }
}
