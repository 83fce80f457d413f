//! Real redirect tables and real URLs, from public repositories: does the language hold what their authors meant?
//!
//! Each table is turned into `routes.toml` text and redirect maps, loaded like any other, and asked what its own authors
//! expect of it, or what a plain reading of their rules answers. Rows that the language cannot say are counted by reason:
//! rows read = rows converted + rows that cannot be said. The figures stand in the tests.
//!
//! The files are not part of this project. They are looked for in the folder that `CROSSFADE_DATA` names, else in
//! `shared/data` beside the checkout; where there is none, a test says so and passes.

#![allow(clippy::print_stdout, reason = "a test that is skipped says so, and one that counts shows the counts")]

mod data;
mod table;
mod tally;

mod govuk;
mod mdn;
mod netlify;
mod nova;
mod phila;
mod python_docs;
mod ubuntu;
mod urls;
mod wellcome;
