//! Real redirect tables and real URLs, from public repositories: does the language hold what their authors meant?
//!
//! Each table is turned into `routes.toml` text and redirect maps, loaded like any other, and asked what its own authors
//! expect of it, or what a plain reading of their rules answers. Rows that the language cannot say are counted by reason:
//! rows read = rows converted + rows that cannot be said. The figures stand in the tests.
//!
//! The files are not part of this project. They are looked for in the folder that `CROSSFADE_DATA` names, else in
//! `shared/data` beside the checkout; where there is none, every test here counts as ignored. All tests that need these
//! files are here, so those that put published events through the handler and the package are too.

#![allow(clippy::print_stdout, reason = "a test that counts shows the counts")]

mod data;
mod events;
mod govuk;
mod mdn;
mod netlify;
mod nova;
mod phila;
mod python_docs;
mod table;
mod tally;
mod ubuntu;
mod urls;
mod wellcome;

#[path = "../edge/answers.rs"]
mod answers;
#[path = "../support/handling.rs"]
mod handling;
#[allow(dead_code, reason = "the tests of the package use more of it")]
#[path = "../edge/package.rs"]
mod package;
#[allow(dead_code, reason = "the tests of the package use more of it")]
#[path = "../edge/runtime_api.rs"]
mod runtime_api;
#[allow(dead_code, reason = "the tests of the package use more of it")]
#[path = "../edge/sandbox.rs"]
mod sandbox;
#[path = "../support/validator.rs"]
mod validator;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

/// Each test with its path; one that is left out of this list is dead code, which clippy tells.
macro_rules! trials {
    ($($module:ident::$name:ident,)+) => {
        [$((concat!(stringify!($module), "::", stringify!($name)), $module::$name as fn())),+]
    };
}

fn main() -> ExitCode {
    let trials = trials![
        govuk::every_mapping_and_the_maintainers_own_expectations_hold,
        mdn::every_page_that_moved_is_redirected_to_where_it_went,
        netlify::kubernetes_io_is_redirected_as_its_file_says,
        netlify::babeljs_io_is_redirected_as_its_file_says,
        nova::the_maintainers_tests_of_their_apache_rules_hold,
        phila::the_city_s_rules_answer_as_a_plain_walk_over_its_regexes,
        python_docs::the_maintainers_expectations_of_their_nginx_rules_hold,
        ubuntu::asked_paths_are_redirected_as_a_plain_walk_over_the_regexes_says,
        urls::the_normal_form_of_a_normal_form_is_itself,
        urls::nginx_agrees_but_for_what_it_refuses_or_decodes,
        urls::browsers_agree_but_for_backslashes_and_what_they_strip,
        wellcome::its_redirects_by_path_and_by_query_hold,
        events::every_sample_event_is_answered_as_cloudfront_takes_it,
        events::rust_in_the_place_of_node_answers_published_events_byte_for_byte,
        events::rust_beside_node_answers_published_events,
        events::node_alone_aims_published_requests_at_the_default,
    ];
    let absent = data::folder().is_none();
    let trial = |(name, test): (&str, fn())| {
        Trial::test(name, move || {
            test();
            Ok(())
        })
        .with_ignored_flag(absent)
    };
    libtest_mimic::run(&Arguments::from_args(), trials.map(trial).into()).exit_code()
}
