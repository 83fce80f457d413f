//! Compiled patterns of a table within a budget: the least recently used is given up, and compiled again when needed.
//!
//! What is given up changes no answer, only what the next one costs: some microseconds.

use std::sync::{Mutex, MutexGuard};

use super::program::Program;

/// Bytes that all compiled patterns of a table take at most, beside the one that is being compiled.
///
/// An ordinary pattern takes 4 to 9 KB once it was used, so this holds some 2,000 of them.
pub const BUDGET: usize = 16 * 1024 * 1024;

/// No place.
const NOWHERE: u32 = u32::MAX;

/// The compiled patterns of one table. Threads take turns.
pub(crate) struct ProgramStore {
    budget: usize,
    shelf: Mutex<Shelf>,
}

/// What is compiled now.
#[derive(Default)]
struct Shelf {
    /// By number and kind of a pattern: where it is in `live`.
    places: Vec<u32>,
    live: Vec<Shelved>,
    /// Bytes of all that is live.
    total: usize,
    /// Counts uses.
    clock: u64,
}

struct Shelved {
    program: Program,
    /// When it was used last.
    used: u64,
    /// Bytes that it took then.
    size: usize,
    /// Its position in `places`.
    key: u32,
}

impl ProgramStore {
    /// Room for the programs of a table.
    pub(crate) fn new() -> ProgramStore {
        ProgramStore::of(BUDGET)
    }

    pub(super) fn of(budget: usize) -> ProgramStore {
        ProgramStore { budget, shelf: Mutex::default() }
    }

    /// Runs a program, which is compiled first where it is not live.
    pub(super) fn run<R>(
        &self,
        key: usize,
        compile: impl FnOnce() -> Program,
        run: impl FnOnce(&mut Program) -> R,
    ) -> R {
        let mut shelf = self.shelf();
        let place = match shelf.place(key) {
            Some(place) => place,
            None => shelf.put(key, compile(), self.budget),
        };
        shelf.run(place, self.budget, run)
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(|poisoned| {
            // A panic in a program may have left it half changed; all of them can be compiled again.
            let mut shelf = poisoned.into_inner();
            *shelf = Shelf::default();
            self.shelf.clear_poison();
            shelf
        })
    }

    /// Bytes that are taken, and by how many programs.
    #[cfg(test)]
    pub(super) fn held(&self) -> (usize, usize) {
        let shelf = self.shelf();
        (shelf.total, shelf.live.len())
    }
}

impl Shelf {
    fn place(&self, key: usize) -> Option<usize> {
        self.places.get(key).filter(|place| **place != NOWHERE).map(|place| *place as usize)
    }

    /// Makes room for a program and puts it there.
    fn put(&mut self, key: usize, program: Program, budget: usize) -> usize {
        let size = program.size();
        self.make_room(budget.saturating_sub(size), None);
        if key >= self.places.len() {
            self.places.resize(key + 1, NOWHERE);
        }
        let place = self.live.len();
        if let Some(known) = self.places.get_mut(key) {
            *known = number(place);
        }
        self.total += size;
        self.live.push(Shelved { program, used: self.clock, size, key: number(key) });
        place
    }

    fn run<R>(&mut self, place: usize, budget: usize, run: impl FnOnce(&mut Program) -> R) -> R {
        self.clock += 1;
        #[allow(clippy::indexing_slicing, reason = "`place` and `put` give places that are there")]
        let live = &mut self.live[place];
        live.used = self.clock;
        let result = run(&mut live.program);
        let size = live.program.size();
        if size != live.size {
            self.total = self.total - live.size + size;
            live.size = size;
            let used = live.used;
            self.make_room(budget, Some(used));
        }
        result
    }

    /// Gives up what was not used for the longest time, but for what was used at `keep`, until no more than `most` is
    /// taken.
    fn make_room(&mut self, most: usize, keep: Option<u64>) {
        while self.total > most {
            let others = self.live.iter().enumerate().filter(|(_, live)| Some(live.used) != keep);
            let Some((oldest, _)) = others.min_by_key(|(_, live)| live.used) else { return };
            self.give_up(oldest);
        }
    }

    fn give_up(&mut self, place: usize) {
        let gone = self.live.swap_remove(place);
        self.total -= gone.size;
        let moved = self.live.get(place).map(|live| (live.key, number(place)));
        for (key, place) in [(gone.key, NOWHERE)].into_iter().chain(moved) {
            if let Some(known) = self.places.get_mut(key as usize) {
                *known = place;
            }
        }
    }
}

/// A position as it is kept: four for every pattern of a table, whose routes are counted when it is compiled.
fn number(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(NOWHERE)
}

impl std::fmt::Debug for ProgramStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ProgramStore").field("budget", &self.budget).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::route::patterns::{Glob, LazyRegex, MAX_PROGRAM};

    fn regexes(store: &Arc<ProgramStore>, count: u32) -> Vec<LazyRegex> {
        let mut regexes: Vec<LazyRegex> =
            (0..count).map(|at| LazyRegex::new(format!(r"^/s-{at}/(\d+)-([a-z]+)$"))).collect();
        for (number, regex) in (0..).zip(&mut regexes) {
            regex.keep_in(store, number);
        }
        regexes
    }

    #[test]
    fn the_least_recently_used_is_given_up_and_compiled_again() {
        let store = Arc::new(ProgramStore::of(40 * 1024));
        let regexes = regexes(&store, 100);
        let is_live = |at: usize| store.shelf().place(at * 4).is_some();
        for at in 0..100 {
            assert!(regexes[at].takes_path(&format!("/s-{at}/12-ab")), "{at}");
            assert!(regexes[0].takes_path("/s-0/1-x") && is_live(0) && is_live(at), "the first is used all the time");
            assert!(store.held().0 <= 40 * 1024);
        }
        let live = (0..100).filter(|&at| is_live(at)).collect::<Vec<_>>();
        assert!((4..20).contains(&live.len()), "{live:?}");
        assert_eq!(live[1..], (100 - live.len() + 1..100).collect::<Vec<_>>(), "the others are the last ones");
        assert!(!is_live(1) && regexes[1].takes_path("/s-1/12-ab") && is_live(1));
        assert_eq!(regexes[1].groups("/s-1/12-ab"), ["/s-1/12-ab", "12", "ab"]);
    }

    #[test]
    fn answers_are_the_same_however_little_room_there_is() {
        let paths: Vec<String> =
            (0..60).map(|at| format!("/s-{}/{at}-ab{}", at % 40, if at % 3 == 0 { "!" } else { "" })).collect();
        let roomy = regexes(&Arc::new(ProgramStore::new()), 40);
        for budget in [0, 1, 10_000, 100_000] {
            let store = Arc::new(ProgramStore::of(budget));
            let tight = regexes(&store, 40);
            for path in &paths {
                for (tight, roomy) in tight.iter().zip(&roomy) {
                    assert_eq!(tight.takes_path(path), roomy.takes_path(path));
                    assert_eq!(tight.groups(path), roomy.groups(path));
                }
            }
            assert!(store.held().0 <= budget.max(MAX_PROGRAM));
        }
    }

    #[test]
    fn threads_share_a_budget() {
        let store = Arc::new(ProgramStore::of(60_000));
        let regexes = regexes(&store, 50);
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let regexes = &regexes;
                scope.spawn(move || {
                    for round in 0..400 {
                        let at = (round * 7 + thread * 13) % 50;
                        assert!(regexes[at].takes_path(&format!("/s-{at}/{round}-ab")));
                        assert!(!regexes[at].takes_path(&format!("/s-{at}/{round}")));
                    }
                });
            }
        });
        assert!(store.held().0 <= 60_000);
    }

    #[test]
    fn a_panic_in_a_program_costs_nothing_but_what_was_compiled() {
        let store = Arc::new(ProgramStore::new());
        let regexes = regexes(&store, 2);
        assert!(regexes[0].takes_path("/s-0/1-x"));
        let panicked = std::panic::catch_unwind(|| store.run(0, || Program::Nothing, |_| panic!("as a test")));
        assert!(panicked.is_err() && store.held() == (0, 0));
        assert!(regexes[0].takes_path("/s-0/1-x") && regexes[1].takes_path("/s-1/1-x"));
    }

    #[test]
    fn what_does_not_compile_matches_nothing() {
        let (regex, glob) = (LazyRegex::new("("), Glob::new("/{a"));
        assert!(!regex.takes_path("/") && !glob.takes_path("/a") && regex.groups("/").is_empty());
    }
}
