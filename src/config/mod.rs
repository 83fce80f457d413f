//! `routes.toml` → a definition, with every finding on the way.
//!
//! `load` is the entry; `check::load` goes on from it. No file, clock or environment is touched here: files come through
//! [`Files`]. A text is *read* (`read`: values that know where they stand) and *lowered* (`lower`: the definition, and
//! where each part of each route is written). Nothing stops at the first problem; `diagnostic::codes` lists them all.

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

pub(crate) mod lower;
pub(crate) mod read;

pub use lower::cases::{self, Case};
pub(crate) use lower::head::HeadSpans;
pub(crate) use lower::routes::WrittenPattern;
pub(crate) use lower::spans::RouteSpans;
pub use read::files::{FileError, Files, FolderEntry, MAX_MAP, MAX_TOML, MemoryFiles};

use crate::diagnostic::{Findings, Sources, Span, codes};
use crate::route::Definition;

use lower::routes::LoweringRoutes;
use lower::top;
use read::document::Document;
use read::include;
use read::reader::Reader;
use read::tree::Tree;

/// What was read of a table; without a finding that is an error, all of it.
#[derive(Debug, Default)]
pub(crate) struct ReadTable {
    /// The files that were read, the top one first.
    pub(crate) sources: Sources,
    /// What was found so far.
    pub(crate) findings: Findings,
    /// What the table says; routes with errors are left out.
    pub(crate) definition: Definition,
    /// Where each of its routes is written.
    pub(crate) spans: Vec<RouteSpans>,
    /// Where the parts of the top file are written.
    pub(crate) head_spans: HeadSpans,
    /// The globs and regexes of all routes, those with errors too.
    pub(crate) patterns: Vec<WrittenPattern>,
    /// What the table expects of itself: `[[test]]`, `examples` and `not_examples`, as they are written.
    pub(crate) cases: Vec<Case>,
    /// Where the function's memory is written, else the table's beginning.
    pub(crate) memory_at: Span,
    /// How much was read; nothing is compiled yet.
    pub(crate) counts: Counts,
}

/// How much was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// `[[route]]` entries read.
    pub routes_read: usize,
    /// Routes of the table: all that were read, or none.
    pub routes_compiled: usize,
    /// Rows of redirect maps.
    pub map_rows: usize,
    /// `[[test]]` entries read.
    pub tests: usize,
    /// Files read, the top one included.
    pub files: usize,
}

/// Reads and lowers a table: the top file and all that it names. O(bytes of all files).
#[must_use]
pub(crate) fn load(top: &str, files: &dyn Files) -> ReadTable {
    let mut reader = Reader::new(files);
    let mut findings = Findings::default();
    let Some(document) = Document::read(&mut reader, &mut findings, top, None) else {
        return finish(reader, ReadTable { findings, ..ReadTable::default() });
    };
    let tree = Tree::parse(&document, &mut findings);
    let head = top::lower(&mut findings, &tree);
    let included = include::read(&mut reader, &mut findings, top, &head.includes);
    let trees: Vec<Tree<'_>> = included.iter().map(|document| Tree::parse(document, &mut findings)).collect();
    let mut lowering = LoweringRoutes::new(&mut reader, &mut findings, &head);
    lowering.add_file(&tree);
    for tree in &trees {
        lowering.add_included(tree);
    }
    let lowered = lowering.finish();
    let head_spans = head.spans();
    let files = reader.sources.files().iter().map(|file| file.name.clone()).collect();
    let definition = Definition { routes: lowered.routes, files, ..head.definition };
    let cases = lower::cases::lower(&mut findings, &reader.sources, &definition, &lowered.cases);
    if !tree.is_whole || trees.iter().any(|tree| !tree.is_whole) {
        findings.drop_all(codes::NEEDS_WHOLE_TREE);
    }
    let (routes_read, map_rows, tests) = (lowered.read, lowered.map_rows, lowered.cases.tests.len());
    let counts = Counts { routes_read, map_rows, tests, ..Counts::default() };
    let (spans, patterns, memory_at) = (lowered.spans, lowered.patterns, head.memory_at);
    finish(
        reader,
        ReadTable {
            findings,
            definition,
            spans,
            head_spans,
            patterns,
            cases,
            memory_at,
            counts,
            ..ReadTable::default()
        },
    )
}

fn finish(reader: Reader<'_>, mut read: ReadTable) -> ReadTable {
    read.counts.files = reader.sources.files().len();
    read.sources = reader.sources;
    read
}
