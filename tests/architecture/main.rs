//! Holds the code to its shape: which module may use which, what a pure module may not touch, how long a function or a
//! file may be, how much a function may ask for, that no files use each other in a circle, that a name means one type.
//!
//! The sources are parsed, and what is handed to a macro is read as tokens: a path there counts, one inside a comment
//! or a text does not. The figures: `cargo test --test architecture -- --ignored --nocapture figures`.

mod circles;
mod functions;
mod layers;
mod names;
mod paths;
mod source;

use std::fmt::Display;

/// Fails with one line for each thing that is wrong.
#[track_caller]
fn none_of(wrong: &[impl Display], rule: &str) {
    let lines: Vec<String> = wrong.iter().map(ToString::to_string).collect();
    assert!(wrong.is_empty(), "\n{rule}: {} found\n{}\n", wrong.len(), lines.join("\n"));
}

#[test]
#[ignore = "judges nothing: prints the figures that a result is told with"]
#[expect(clippy::print_stdout, reason = "printing is its purpose")]
fn figures() {
    let house = source::House::product();
    let all: usize = house.files.iter().map(|file| file.text.lines().count()).sum();
    let product: usize = house.files.iter().map(|file| file.lines).sum();
    println!(
        "{all:>6} lines in {} files of src; {product} without what is compiled for tests alone",
        house.files.len()
    );
    println!("{}", functions::figures(house));
    println!("{}", circles::figures(house));
    println!("{}", names::figures(house));
}
