//! A random table is written as `routes.toml`, loaded again, and must be the same table: the same definition, so the
//! same decision for every request.

mod random;
mod write;

use proptest::prelude::*;

use crossfade::config::{self, MemoryFiles};
use crossfade::diagnostic::Severity;
use crossfade::route::{Definition, Place, Request, Table, decide};

fn load(definition: &Definition) -> (String, config::Loaded) {
    let (toml, maps) = write::write(definition);
    let mut files = MemoryFiles::new().with("routes.toml", toml.clone());
    for (name, csv) in maps {
        files = files.with(name, csv);
    }
    (toml, config::load("routes.toml", &files))
}

/// A definition without what a random one cannot know: where things are written.
fn without_places(definition: &Definition) -> Definition {
    let mut definition = definition.clone();
    definition.files.clear();
    for route in &mut definition.routes {
        route.place = Place::default();
        if let crossfade::route::pattern::PathPattern::Map(rows) = &mut route.path {
            rows.iter_mut().for_each(|row| row.line = 0);
        }
    }
    definition
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_table_written_is_the_table_read(
        definition in random::definition(),
        requests in proptest::collection::vec(random::request(), 30),
    ) {
        let (toml, loaded) = load(&definition);
        let errors: Vec<_> = loaded.diagnostics.iter().filter(|it| it.severity == Severity::Error).collect();
        prop_assert!(errors.is_empty(), "{toml}\n{errors:#?}");
        let read = loaded.table.expect("a table without errors");
        prop_assert_eq!(without_places(read.definition()), without_places(&definition), "{}", toml);
        let written = Table::compile(definition);
        for facts in &requests {
            let request: Request<'_> = facts.request();
            let line = |table: &Table| serde_json::to_string(&decide(table, &request)).unwrap();
            prop_assert_eq!(line(&read), line(&written), "{} {:?}", toml, facts);
        }
    }
}
