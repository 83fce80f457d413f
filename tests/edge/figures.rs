//! Figures for docs/performance.md: what the hand-over adds, what an invocation takes, what a large table needs.
//!
//! Timed, so not part of the suite: `make figures`. All variants run in turns in one run, and only ratios are judged.

#![allow(clippy::print_stdout, reason = "the figures are the output")]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::faults::child_of;
use crate::package::{TABLE, Unpacked, package_with, zip, zip_of};
use crate::protocol::event;
use crate::runtime_api::Reply;
use crate::sandbox::{NODES, Runtime, Sandbox};

/// A handler that does nothing, under the same runtime client.
const EMPTY: &str = "export const handler = async (event) => event.Records[0].cf.request;";

const STARTS: usize = 30;
const BLOCKS: usize = 20;
const BLOCK: usize = 250;

struct Variant {
    name: &'static str,
    runtime: Runtime,
    root: PathBuf,
    samples: Vec<Duration>,
    /// Of all samples together.
    cpu: Duration,
}

/// Node with nothing, Node that hands over, Rust alone: in this order, for both Nodes.
fn variants(package: &Path, empty: &Path) -> Vec<Variant> {
    let variant = |name, runtime, root: &Path| Variant {
        name,
        runtime,
        root: root.to_owned(),
        samples: Vec::new(),
        cpu: Duration::ZERO,
    };
    vec![
        variant("node22 empty", NODES[0], empty),
        variant("node22 → rust", NODES[0], package),
        variant("node24 empty", NODES[1], empty),
        variant("node24 → rust", NODES[1], package),
        variant("rust alone", Runtime::Alone, package),
    ]
}

impl Variant {
    fn quantile(&self, share: f64) -> Duration {
        let mut sorted = self.samples.clone();
        sorted.sort();
        sorted[((sorted.len() - 1) as f64 * share) as usize]
    }
}

fn roots() -> (Unpacked, tempfile::TempDir) {
    let empty = tempfile::tempdir().unwrap();
    fs::write(empty.path().join("index.mjs"), EMPTY).unwrap();
    (Unpacked::new(zip()), empty)
}

#[test]
#[ignore = "timed: `make figures`"]
fn figures_of_the_start() {
    let (package, empty) = roots();
    let mut variants = variants(package.root(), empty.path());
    for round in 0..=STARTS {
        for variant in &mut variants {
            let mut sandbox = Sandbox::new(variant.runtime, &variant.root);
            let (began, cpu) = (Instant::now(), cpu_of_children());
            assert!(sandbox.start(), "{}", sandbox.log());
            let took = began.elapsed();
            sandbox.kill();
            // The first round reads files from the disk.
            if round > 0 {
                variant.samples.push(took);
                variant.cpu += cpu_of_children() - cpu;
            }
        }
    }
    println!("\nspawn to first poll, ms, {STARTS} rounds: least, median, p90; processor time, mean");
    for variant in &variants {
        let ms = |share| variant.quantile(share).as_secs_f64() * 1e3;
        let cpu = variant.cpu.as_secs_f64() * 1e3 / STARTS as f64;
        println!("{:14} {:7.1} {:7.1} {:7.1} {cpu:7.1}", variant.name, ms(0.0), ms(0.5), ms(0.9));
    }
    for pair in variants[..4].chunks(2) {
        let ratio = median_ratio(&pair[1].samples, &pair[0].samples);
        let cpu = pair[1].cpu.as_secs_f64() / pair[0].cpu.as_secs_f64();
        println!("{} / {}: {ratio:.3}, processor time {cpu:.3}", pair[1].name, pair[0].name);
        assert!(ratio <= 1.15, "{ratio}");
    }
}

#[test]
#[ignore = "timed: `make figures`"]
fn figures_of_an_invocation() {
    let (package, empty) = roots();
    let mut variants = variants(package.root(), empty.path());
    let mut sandboxes: Vec<Sandbox> =
        variants.iter().map(|variant| Sandbox::new(variant.runtime, &variant.root)).collect();
    let body = event("/minha-conta/pedidos");
    for sandbox in &mut sandboxes {
        assert!(sandbox.start(), "{}", sandbox.log());
        for _ in 0..BLOCK {
            invoke(sandbox, &body);
        }
    }
    for _ in 0..BLOCKS {
        for (variant, sandbox) in variants.iter_mut().zip(&mut sandboxes) {
            variant.samples.extend((0..BLOCK).map(|_| invoke(sandbox, &body)));
        }
    }
    println!("\nevent given out to answer taken, µs, {} each: median, p99; resident KiB", BLOCKS * BLOCK);
    for (variant, sandbox) in variants.iter().zip(&sandboxes) {
        let us = |share| variant.quantile(share).as_secs_f64() * 1e6;
        println!("{:14} {:7.0} {:7.0} {:9}", variant.name, us(0.5), us(0.99), sandbox.memory("VmRSS"));
    }
    for pair in variants[..4].chunks(2) {
        let ratio = median_ratio(&pair[1].samples, &pair[0].samples);
        println!("{} / {}: {ratio:.3}", pair[1].name, pair[0].name);
        assert!(ratio < 1.0, "{ratio}");
    }
}

/// The middle one of the ratios of samples that were taken one after the other: other work on the machine meets both.
fn median_ratio(these: &[Duration], those: &[Duration]) -> f64 {
    let ratio = |(this, that): (&Duration, &Duration)| this.as_secs_f64() / that.as_secs_f64();
    let mut ratios: Vec<f64> = these.iter().zip(those).map(ratio).collect();
    ratios.sort_by(f64::total_cmp);
    ratios[ratios.len() / 2]
}

/// User and system time of all processes that were waited for. Linux counts it in hundredths of a second.
fn cpu_of_children() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let (_, numbers) = stat.rsplit_once(')').unwrap();
    let ticks: u64 = numbers.split_whitespace().skip(13).take(2).map(|ticks| ticks.parse::<u64>().unwrap()).sum();
    Duration::from_millis(ticks * 10)
}

fn invoke(sandbox: &mut Sandbox, body: &[u8]) -> Duration {
    sandbox.api.polled(Duration::from_secs(5));
    let id = sandbox.api.queue(body, Duration::from_secs(30));
    match sandbox.api.reply(&id, Duration::from_secs(30)) {
        Some(Reply::Response(_)) => sandbox.api.took(),
        other => panic!("{other:?}\n{}", sandbox.log()),
    }
}

#[test]
#[ignore = "long: `make figures`"]
fn figures_of_a_large_table() {
    println!("\nroutes: table.bin, zip, bytes; init, ms; peak and resident, KiB (after 2,000 events)");
    for routes in [100, 1_000, 10_000, 100_000] {
        let zip = zip_of(&large(routes));
        let package = Unpacked::new(zip);
        let table = package.read("table.bin").len();
        for runtime in [NODES[0], Runtime::Alone] {
            let mut sandbox = Sandbox::new(runtime, package.root());
            assert!(sandbox.start(), "{}", sandbox.log());
            for at in 0..2_000 {
                sandbox.answer(&event(&format!("/secao-{}/pagina-{at}/x.html", at * 7 % routes)));
            }
            let init = sandbox.lines("start")[0]["init_ms"].clone();
            let (peak, resident) = (sandbox.memory("VmHWM"), sandbox.memory("VmRSS"));
            println!("{routes:7} {runtime:?}: {table:9} {:9}; {init}; {peak} {resident}", zip.len());
            assert!(peak < 128 * 1024, "{peak} KiB");
        }
    }
}

#[test]
#[ignore = "long: `make figures`"]
fn figures_of_the_path_child() {
    println!("\nby child, KiB, after 2,000 events: peak of Node, of the binary, both; resident of both");
    for (name, table) in [("usual table", TABLE.to_owned()), ("100,000 routes", large(100_000))] {
        let folder = tempfile::tempdir().unwrap();
        let (output, zip) = package_with(&table, folder.path(), &["--start", "child"]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let package = Unpacked::new(&zip.unwrap());
        for runtime in NODES {
            let mut sandbox = Sandbox::new(runtime, package.root());
            for at in 0..2_000 {
                sandbox.answer(&event(&format!("/secao-{}/pagina-{at}/x.html", at * 7 % 100_000)));
            }
            let child = fs::read_to_string(format!("/proc/{}/status", child_of(sandbox.pid()))).unwrap();
            let of = |key: &str| {
                let line = child.lines().find(|line| line.starts_with(key)).unwrap();
                line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap()
            };
            let (node, binary) = (sandbox.memory("VmHWM"), of("VmHWM"));
            let resident = sandbox.memory("VmRSS") + of("VmRSS");
            println!("{name:14} {runtime:?}: {node:7} {binary:7} {:7}; {resident:7}", node + binary);
        }
    }
}

/// As many routes of every kind, in the usual shares, beside those of the usual table.
fn large(routes: usize) -> String {
    let mut text = TABLE.replacen("[log]", "[function]\nmemory_mb = 512\n\n[log]", 1);
    for at in 0..routes {
        let action = match at % 3 {
            0 => "origin = \"cms\"".to_owned(),
            1 => format!("redirect = \"/novo/{at}\"\nstatus = 301"),
            _ => "origin = \"site\"\nrewrite = \"/index.html\"".to_owned(),
        };
        let path = match at % 20 {
            0..12 => format!("path = \"/secao-{at}/pagina-{at}/x.html\""),
            12..16 => format!("prefix = \"/secao-{at}/arquivo\""),
            16..18 => format!("path = \"/secao-{at}/{{slug}}/detalhe\""),
            18 => format!("glob = \"/secao-{at}/**/*.css\""),
            _ => format!("regex = '^/secao-{at}/(?<id>\\d+)\\.html$'"),
        };
        write!(text, "\n[[route]]\nid = \"r-{at}\"\nmethod = [\"GET\", \"HEAD\"]\n{path}\n{action}\n").unwrap();
    }
    text
}
