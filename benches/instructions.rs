//! Decides a block of requests so that a counter can be put around it: `benches/instructions.sh` runs it.
//!
//! `instructions AREA ROUTES REQUESTS`; the counted function is `measured`, everything else is set-up.

#![allow(clippy::print_stdout)] // Its figures are its output.

#[allow(dead_code)]
mod workload;

use crossfade::route::{Request, Table, decide};
use workload::{Class, Spread, Workload};

fn main() {
    let args: Vec<String> = std::env::args().filter(|arg| arg != "--bench").collect();
    let [_, area, routes, requests] = args.as_slice() else { return };
    let (routes, requests) = (number(routes), number(requests));
    let mut load = Workload::mixed(routes, 1);
    let paths: Vec<String> = match area.as_str() {
        "mixed" => load.stream(requests, Spread::Zipf),
        "uniform" => load.stream(requests, Spread::Uniform),
        class => (0..requests).map(|_| load.path(class_of(class), Spread::Zipf)).collect(),
    };
    let table = Table::compile(std::mem::take(&mut load.definition)).unwrap();
    let requests: Vec<Request<'_>> = paths.iter().map(|path| Request::get(path)).collect();
    // Once without counting: regexes are compiled when they are first needed.
    let before = measured_not(&table, &requests);
    let counted = measured(&table, &requests);
    assert_eq!(before, counted);
    println!("{area}/{routes}: {counted} of {} requests were taken by a route", requests.len());
}

#[inline(never)]
fn measured(table: &Table, requests: &[Request<'_>]) -> usize {
    taken(table, requests)
}

#[inline(never)]
fn measured_not(table: &Table, requests: &[Request<'_>]) -> usize {
    std::hint::black_box(taken(table, requests))
}

#[inline(always)]
fn taken(table: &Table, requests: &[Request<'_>]) -> usize {
    requests.iter().filter(|request| decide(table, std::hint::black_box(request)).route.is_some()).count()
}

fn class_of(name: &str) -> Class {
    match name {
        "exact" => Class::Exact,
        "prefix" => Class::Prefix,
        "glob" => Class::Glob,
        "regex" => Class::Regex,
        _ => Class::Miss,
    }
}

fn number(text: &str) -> usize {
    text.parse().expect("a number")
}
