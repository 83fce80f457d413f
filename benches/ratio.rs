//! How many times slower or faster than its peers, measured in turns on the same fresh requests. The judge for
//! `docs/performance.md`: exit 1 where a target is missed by the better quartile.

#![allow(clippy::print_stdout)] // Its figures are its output.

#[allow(dead_code)]
mod workload;

use std::hint::black_box;
use std::time::Instant;

use crossfade::route::condition::Asked;
use crossfade::route::pattern::PathPattern;
use crossfade::route::{Definition, Request, Table, decide};
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use workload::{Class, Spread, Workload, definition};

const ROUTES: [usize; 4] = [100, 1_000, 10_000, 100_000];
const ROUNDS: usize = 40;
const DISCARDED: usize = 4;
/// Position of the bare hash map among the engines.
const HASH_MAP: usize = 5;
const NONE: u32 = u32::MAX;

/// Target, peer, routes, most: own time over the peer's. Peers look paths up; so does the index, which is what is
/// compared with them. `decide` (the normal form, the index, the outcome) is told beside it.
const TARGETS: &[(&str, &str, usize, f64)] = &[
    ("T2", "matchit", 100, 1.6),
    ("T2", "matchit", 1_000, 1.3),
    ("T2", "matchit", 10_000, 0.8),
    ("T2", "matchit", 100_000, 0.7),
    ("T4", "globset", 1_000, 1.0 / 4.0),
    ("T4", "globset", 10_000, 1.0 / 8.0),
    ("T4", "globset", 100_000, 1.0 / 50.0),
    ("T5", "hash map, exact hits", 10_000, 2.0),
    ("T6", "own at 100 routes", 100_000, 4.0),
    ("T6", "own at 100 routes, uniform", 100_000, 6.0),
];

/// Something that tells the first route for a path.
type Engine<'t> = Box<dyn Fn(&Request<'_>) -> u32 + 't>;

fn main() {
    let loads: Vec<Load> = ROUTES.into_iter().map(Load::new).collect();
    let mut figures = Vec::new();
    for load in &loads {
        let engines = load.engines();
        load.warm();
        load.agree(&engines);
        figures.extend(load.measure(&engines));
    }
    figures.extend(scaling(&loads));
    let missed = figures.iter().filter(|figure| !figure.print()).count();
    if missed > 0 {
        println!("{missed} targets missed");
        std::process::exit(1);
    }
}

/// A workload of one size with everything that is measured on it.
struct Load {
    routes: usize,
    table: Table,
    without_regexes: Table,
    stream: Vec<String>,
    uniform: Vec<String>,
    exact: Vec<String>,
    /// A path for each glob and regex.
    patterned: Vec<String>,
}

impl Load {
    fn new(routes: usize) -> Load {
        let mut load = Workload::mixed(routes, 1);
        let requests = block(routes) * ROUNDS;
        let stream = load.stream(requests, Spread::Zipf);
        let uniform = load.stream(requests, Spread::Uniform);
        let exact = (0..requests).map(|_| load.path(Class::Exact, Spread::Zipf)).collect();
        let patterned = load.patterned();
        let no_regex = |pattern: &PathPattern| !matches!(pattern, PathPattern::Regex(_));
        let patterns = load.definition.routes.iter().map(|route| route.path.clone()).filter(no_regex);
        let without_regexes = Table::compile(definition(patterns.collect())).unwrap();
        Load {
            routes,
            table: Table::compile(load.definition).unwrap(),
            without_regexes,
            stream,
            uniform,
            exact,
            patterned,
        }
    }

    /// Compiles what is compiled when it is first needed: globset has done so by now, and a first use is not a use.
    fn warm(&self) {
        for (table, paths) in [(&self.table, &self.patterned), (&self.without_regexes, &self.patterned)] {
            paths.iter().for_each(|path| drop(black_box(decide(table, &Request::get(path)))));
        }
    }

    fn engines(&self) -> Vec<(&'static str, Engine<'_>)> {
        let mut engines: Vec<(&'static str, Engine<'_>)> = vec![
            ("own", own(&self.table)),
            ("own without regexes", own(&self.without_regexes)),
            ("decide", whole(&self.table)),
            ("matchit", matchit(self.table.definition())),
            ("globset", globset(self.without_regexes.definition())),
            ("hash map", hash_map(self.table.definition())),
        ];
        if self.routes <= 10_000 {
            engines.push(("linear scan", linear(self.table.definition())));
        }
        engines
    }

    /// The answers of engines that claim the first match, one by one; of the others, how often they give it.
    fn agree(&self, engines: &[(&str, Engine<'_>)]) {
        let engine = |name: &str| engines.iter().find(|(found, _)| *found == name).map(|(_, engine)| engine);
        let sample = &self.stream[..self.stream.len().min(if self.routes > 10_000 { 20_000 } else { 4_000 })];
        for (one, other) in [("own", "linear scan"), ("own without regexes", "globset"), ("own", "decide")] {
            let (Some(one_engine), Some(other_engine)) = (engine(one), engine(other)) else { continue };
            for path in sample {
                let request = Request::get(path);
                assert_eq!(one_engine(&request), other_engine(&request), "{one}, {other}: {path}");
            }
            println!("agreement/{one}, {other}/{}: {} of {}", self.routes, sample.len(), sample.len());
        }
        for other in ["matchit", "hash map"] {
            let (Some(own), Some(other_engine)) = (engine("own"), engine(other)) else { continue };
            let requests = sample.iter().map(|path| Request::get(path));
            let same = requests.filter(|request| own(request) == other_engine(request)).count();
            println!("agreement/own, {other}/{}: {same} of {}", self.routes, sample.len());
        }
    }

    fn measure(&self, engines: &[(&'static str, Engine<'_>)]) -> Vec<Figure> {
        let mut times: Vec<Vec<f64>> = vec![Vec::new(); engines.len()];
        let mut exact: [Vec<f64>; 2] = Default::default();
        let size = block(self.routes);
        for round in 0..ROUNDS {
            let requests = requests(&self.stream[round * size..][..size]);
            for turn in 0..engines.len() {
                let at = (turn + round) % engines.len();
                // A scan of ten thousand routes is slow enough to be told from few requests.
                let share = if engines[at].0 == "linear scan" { size / 20 } else { size };
                let block = &requests[..share];
                times[at].push(time(&engines[at].1, block));
            }
            let hits = self::requests(&self.exact[round * size..][..size]);
            exact[0].push(time(&engines[0].1, &hits));
            exact[1].push(time(&engines[HASH_MAP].1, &hits));
        }
        for at in [0, 2] {
            println!("{}/mixed/{}: {:.0} ns", engines[at].0, self.routes, quartiles(times[at].clone())[1]);
        }
        let own = |name: &str| usize::from(name == "globset");
        let others = engines.iter().enumerate().skip(2);
        let mut figures: Vec<Figure> =
            others.map(|(at, (name, _))| Figure::new(name, self.routes, &times[own(name)], &times[at])).collect();
        figures.push(Figure::new("hash map, exact hits", self.routes, &exact[0], &exact[1]));
        figures
    }
}

/// Own time at the largest table over own time at the smallest.
fn scaling(loads: &[Load]) -> Vec<Figure> {
    let (Some(small), Some(large)) = (loads.first(), loads.last()) else { return Vec::new() };
    let mut figures = Vec::new();
    for (name, uniform) in [("own at 100 routes", false), ("own at 100 routes, uniform", true)] {
        let mut times: [Vec<f64>; 2] = Default::default();
        for round in 0..ROUNDS {
            for (times, load) in times.iter_mut().zip([small, large]) {
                let size = block(load.routes);
                let stream = if uniform { &load.uniform } else { &load.stream };
                let requests = requests(&stream[round * size..][..size]);
                times.push(time(&own(&load.table), &requests));
            }
        }
        figures.push(Figure::new(name, large.routes, &times[1], &times[0]));
    }
    figures
}

fn block(routes: usize) -> usize {
    if routes > 10_000 { 5_000 } else { 2_000 }
}

fn requests(paths: &[String]) -> Vec<Request<'_>> {
    paths.iter().map(|path| Request::get(path)).collect()
}

/// Nanoseconds per request.
fn time(engine: &Engine<'_>, requests: &[Request<'_>]) -> f64 {
    let start = Instant::now();
    let sum = requests.iter().fold(0u32, |sum, request| sum.wrapping_add(engine(black_box(request))));
    black_box(sum);
    start.elapsed().as_nanos() as f64 / requests.len() as f64
}

fn own(table: &Table) -> Engine<'_> {
    Box::new(|request| {
        let facts = Asked::new(request, &table.definition().canonical, request.path, None);
        table.index().first_match(table.definition(), &facts).map_or(NONE, |found| found.route.place.line)
    })
}

fn whole(table: &Table) -> Engine<'_> {
    Box::new(|request| decide(table, request).route.map_or(NONE, |route| route.place.line))
}

/// Exact paths and prefixes only: it knows no globs, and no order among routes.
fn matchit(definition: &Definition) -> Engine<'_> {
    let mut router = matchit::Router::new();
    for route in &definition.routes {
        let line = route.place.line;
        match &route.path {
            PathPattern::Exact(path) => router.insert(path.clone(), line).unwrap_or_default(),
            PathPattern::Prefix(prefix) => {
                router.insert(prefix.clone(), line).unwrap_or_default();
                router.insert(format!("{prefix}/{{*rest}}"), line).unwrap_or_default();
            }
            _ => {}
        }
    }
    Box::new(move |request| router.at(request.path).map_or(NONE, |found| *found.value))
}

fn globset(definition: &Definition) -> Engine<'_> {
    let mut set = GlobSetBuilder::new();
    let mut lines = Vec::new();
    for route in &definition.routes {
        let texts = match &route.path {
            PathPattern::Exact(path) => vec![path.clone()],
            PathPattern::Prefix(prefix) => vec![prefix.clone(), format!("{prefix}/**")],
            PathPattern::Glob(glob) => vec![glob.text().to_owned()],
            _ => Vec::new(),
        };
        for text in texts {
            let glob = GlobBuilder::new(&text).literal_separator(true).build().expect("a glob");
            set.add(glob);
            lines.push(route.place.line);
        }
    }
    let set: GlobSet = set.build().expect("globs");
    let found = std::cell::RefCell::new(Vec::new());
    Box::new(move |request| {
        let mut found = found.borrow_mut();
        set.matches_into(request.path, &mut found);
        found.iter().map(|at| lines[*at]).min().unwrap_or(NONE)
    })
}

/// Exact paths only: the least that an answer can cost.
fn hash_map(definition: &Definition) -> Engine<'_> {
    let mut map: hashbrown::HashMap<&str, u32, foldhash::fast::FixedState> = hashbrown::HashMap::default();
    for route in &definition.routes {
        if let PathPattern::Exact(path) = &route.path {
            map.insert(path, route.place.line);
        }
    }
    Box::new(move |request| map.get(request.path).copied().unwrap_or(NONE))
}

fn linear(definition: &Definition) -> Engine<'_> {
    Box::new(|request| {
        let first = definition.routes.iter().find(|route| route.path.matches(request.path));
        first.map_or(NONE, |route| route.place.line)
    })
}

/// Own time over a peer's, in each round.
struct Figure {
    peer: String,
    routes: usize,
    quartiles: [f64; 3],
}

impl Figure {
    fn new(peer: &str, routes: usize, own: &[f64], other: &[f64]) -> Figure {
        let ratios = own.iter().zip(other).skip(DISCARDED).map(|(own, other)| own / other);
        Figure { peer: peer.to_owned(), routes, quartiles: quartiles(ratios.collect()) }
    }

    /// Writes the figure; whether its target, if it has one, is met.
    fn print(&self) -> bool {
        let [q1, median, q3] = self.quartiles;
        let target = TARGETS.iter().find(|(_, peer, routes, _)| *peer == self.peer && *routes == self.routes);
        let met = target.is_none_or(|(.., most)| q1 <= *most);
        let verdict = match target {
            None => String::new(),
            Some((name, .., most)) => format!(", {name} at most {most:.3}: {}", if met { "met" } else { "MISSED" }),
        };
        println!("own / {} @ {}: {median:.4} ({q1:.4} to {q3:.4}){verdict}", self.peer, self.routes);
        met
    }
}

fn quartiles(mut values: Vec<f64>) -> [f64; 3] {
    values.sort_by(f64::total_cmp);
    [1, 2, 3].map(|quarter| values.get(values.len() * quarter / 4).copied().unwrap_or(f64::NAN))
}
