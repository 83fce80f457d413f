//! How long a function may be, and how much it may ask for.

use crate::none_of;
use crate::source::{Function, House, Part, Source};

/// At most this many lines in 95 of 100 functions.
const MOST_LINES: usize = 25;

/// At most this many parameters.
const MOST_PARAMETERS: usize = 4;

#[test]
fn nearly_all_functions_are_short() {
    none_of(&too_many_long(House::product()), &format!("more than 5 of 100 functions are over {MOST_LINES} lines"));
}

#[test]
fn no_function_asks_for_too_much() {
    none_of(&greedy(House::product()), &format!("over {MOST_PARAMETERS} parameters, tuples counted"));
}

#[test]
fn lines_and_parameters_are_counted_as_a_reader_counts() {
    let text = "
        /// Docs and attributes are no lines of it.
        #[inline]
        pub(crate) fn short() {}
        impl Thing {
            fn long(
                &mut self,
                (a, b): (&str, (u8, u8)),
                c: &(u8, u8), // a tuple is no less when it is lent
            ) {
                fn inner(a: u8) {}
            }
        }
        trait Asks { fn nothing(a: u8, b: u8, c: u8, d: u8, e: u8); fn given(self, f: impl Fn(u8, u8)) {} }
        #[cfg(test)]
        mod tests { fn left_out() {} }
        #[cfg(all(test, unix))]
        fn left_out_too() {}
        #[cfg(unix)]
        fn kept() {}
    ";
    let house = House::of(Part::Product, [("src/a.rs", text)]);
    let seen: Vec<_> = functions(&house).map(|(_, it)| (it.name.as_str(), it.lines, it.parameters)).collect();
    assert_eq!(seen, [("short", 1, 0), ("long", 7, 5), ("inner", 1, 1), ("given", 1, 1), ("kept", 1, 0)]);
    assert_eq!(greedy(&house), ["src/a.rs:6: `long` takes 5"]);
}

#[test]
fn long_functions_are_told_when_there_are_too_many() {
    let long = format!("fn long() {{{}}}", "\n".repeat(MOST_LINES));
    let with_short =
        |count: usize| House::of(Part::Product, [("src/a.rs", long.clone() + &"\nfn f() {}".repeat(count))]);
    assert!(too_many_long(&with_short(19)).is_empty());
    assert_eq!(too_many_long(&with_short(18)), ["src/a.rs:1: `long` has 26 lines"]);
}

#[test]
fn a_percentile_is_a_value_that_occurs() {
    let hundred: Vec<usize> = (1..=100).collect();
    assert_eq!((percentile(&hundred, 95), percentile(&hundred, 50), percentile(&[7], 95)), (95, 50, 7));
}

pub(crate) fn figures(house: &House) -> String {
    let lines = lines(house);
    let most = functions(house).map(|(_, function)| function.parameters).max().unwrap_or_default();
    let [median, high, longest] = [50, 95, 100].map(|share| percentile(&lines, share));
    let (count, over) = (lines.len(), greedy(house).len());
    format!(
        "{count:>6} functions; lines: median {median}, 95th percentile {high}, longest {longest}\n\
         {most:>6} parameters at most; {over} functions over {MOST_PARAMETERS}"
    )
}

fn functions(house: &House) -> impl Iterator<Item = (&Source, &Function)> {
    house.files.iter().flat_map(|file| file.functions.iter().map(move |function| (file, function)))
}

/// The lengths, shortest first.
fn lines(house: &House) -> Vec<usize> {
    let mut lines: Vec<usize> = functions(house).map(|(_, function)| function.lines).collect();
    lines.sort_unstable();
    lines
}

/// The smallest value that so many of 100 do not exceed.
fn percentile(sorted: &[usize], share: usize) -> usize {
    let position = (sorted.len() * share).div_ceil(100).saturating_sub(1);
    sorted.get(position).copied().unwrap_or_default()
}

/// What is longer than it should be, longest first; nothing while that is rare.
fn too_many_long(house: &House) -> Vec<String> {
    if percentile(&lines(house), 95) <= MOST_LINES {
        return Vec::new();
    }
    let mut found: Vec<_> = functions(house).filter(|(_, function)| function.lines > MOST_LINES).collect();
    found.sort_by_key(|(_, function)| std::cmp::Reverse(function.lines));
    let told = |(file, function): (&Source, &Function)| {
        format!("{}:{}: `{}` has {} lines", file.name, function.line, function.name, function.lines)
    };
    found.into_iter().map(told).collect()
}

fn greedy(house: &House) -> Vec<String> {
    let found = functions(house).filter(|(_, function)| function.parameters > MOST_PARAMETERS);
    let told = |(file, function): (&Source, &Function)| {
        format!("{}:{}: `{}` takes {}", file.name, function.line, function.name, function.parameters)
    };
    found.map(told).collect()
}
