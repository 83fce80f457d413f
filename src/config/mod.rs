//! `routes.toml` → [`Table`], with every finding on the way.
//!
//! [`load`] is the entry. Nothing here touches a disk: files come through [`Files`]. A text is *parsed* (`document`),
//! its sections are *lowered* (`top`, `origins`, `routes` and what they call), and the table is *compiled*. Nothing stops
//! at the first problem; [`codes`] is the catalogue of all of them. [`facts`] has requests written down as data.
//!
//! No file, clock or environment is touched here.

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

pub mod lower;
pub(crate) mod read;

pub use lower::cases::{self, Case};
pub use read::files::{Entry, FileError, Files, MAX_MAP, MAX_TOML, MemoryFiles};

use crate::diagnostic::{Diagnostic, Sources, codes};
use crate::route::{Definition, Table};

use crate::check::{examples, methods};
use lower::routes::Routes;
use lower::top;
use read::context::Context;
use read::document::{Document, Tree};
use read::include;

/// What came of loading a table.
#[derive(Debug)]
pub struct Loaded {
    /// The table, if its language has no error. A failing example is an error of its own that leaves it here.
    pub table: Option<Table>,
    /// The files that were read, the top one first.
    pub sources: Sources,
    /// All findings, by file and position.
    pub diagnostics: Vec<Diagnostic>,
    /// What the table expects of itself: `[[test]]`, `examples` and `not_examples`.
    pub cases: Vec<Case>,
    /// How much was read.
    pub counts: Counts,
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

/// Loads a table: reads the top file and all that it names, and finds every problem in them. O(bytes of all files).
#[must_use]
pub fn load(top: &str, files: &dyn Files) -> Loaded {
    let mut context = Context::new(files);
    let Some(document) = Document::read(&mut context, top, None) else {
        return finish(context, None, Vec::new(), Counts::default());
    };
    let tree = document.parse(&mut context);
    let head = top::lower(&mut context, tree.root());
    let included = include::read(&mut context, top, &head);
    let trees: Vec<Tree<'_>> = included.iter().map(|document| document.parse(&mut context)).collect();
    let mut routes = Routes::default();
    routes.add_file(&mut context, &document, tree.root(), &head);
    for (document, tree) in included.iter().zip(&trees) {
        context.file = document.file;
        include::check_keys(&mut context, tree.root());
        routes.add_file(&mut context, document, tree.root(), &head);
    }
    routes.check_buckets(&mut context, &head);
    let counts = Counts {
        routes_read: routes.read,
        map_rows: context.map_rows,
        tests: routes.raw.tests.len(),
        ..Counts::default()
    };
    let definition = Definition {
        routes: std::mem::take(&mut routes.routes),
        files: context.sources.files().iter().map(|file| file.name.clone()).collect(),
        ..head.definition
    };
    let cases = cases::lower(&mut context, &definition, &routes.raw);
    if !tree.is_whole || trees.iter().any(|tree| !tree.is_whole) {
        context.retain(|diagnostic| !codes::NEEDS_WHOLE_TREE.iter().any(|code| code.code == diagnostic.code));
    }
    let table = (!context.has_errors())
        .then(|| Table::compile(definition).expect("a definition without a finding does not contradict itself"));
    if let Some(table) = &table {
        methods::check(&mut context, table);
        examples::check(&mut context, table, &cases);
    }
    let table = table.filter(|_| !context.has_errors_beside(cases::is_failed_example));
    finish(context, table, cases, counts)
}

fn finish(context: Context<'_>, table: Option<Table>, cases: Vec<Case>, counts: Counts) -> Loaded {
    let (sources, diagnostics) = context.finish();
    let routes_compiled = table.as_ref().map_or(0, |table| table.routes().len());
    let counts = Counts { routes_compiled, files: sources.files().len(), ..counts };
    Loaded { table, sources, diagnostics, cases, counts }
}
