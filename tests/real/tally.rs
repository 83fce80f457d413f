//! What became of the rows of a table, and of what was expected of it.

use std::collections::BTreeMap;
use std::fmt;

/// Counts that must add up.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    read: usize,
    converted: usize,
    left_out: BTreeMap<&'static str, usize>,
    checked: usize,
    agreed: usize,
    differs: BTreeMap<&'static str, usize>,
    unexplained: Vec<String>,
}

impl Tally {
    /// A row was turned into a route or into a row of a map.
    pub(crate) fn converted(&mut self) {
        self.read += 1;
        self.converted += 1;
    }

    /// A row was not, for this reason.
    pub(crate) fn left_out(&mut self, reason: &'static str) {
        self.read += 1;
        *self.left_out.entry(reason).or_default() += 1;
    }

    /// An expectation was put to the table. `excuse` names a difference that is known and meant.
    pub(crate) fn check(
        &mut self,
        what: &str,
        expected: &impl fmt::Debug,
        actual: &impl fmt::Debug,
        excuse: Option<&'static str>,
    ) {
        self.checked += 1;
        let (expected, actual) = (format!("{expected:?}"), format!("{actual:?}"));
        if expected == actual {
            self.agreed += 1;
        } else if let Some(excuse) = excuse {
            *self.differs.entry(excuse).or_default() += 1;
        } else {
            self.unexplained.push(format!("{what}\n  expected {expected}\n  but got  {actual}"));
        }
    }

    /// Compares the counts with those that are known.
    ///
    /// # Panics
    /// They differ, or an expectation failed.
    #[track_caller]
    pub(crate) fn is(&self, known: &str) {
        println!("{self}");
        let shown = self.unexplained.iter().take(20).map(String::as_str).collect::<Vec<_>>().join("\n");
        assert!(self.unexplained.is_empty(), "{self}\n{} without a reason:\n{shown}", self.unexplained.len());
        assert_eq!(self.read, self.converted + self.left_out.values().sum::<usize>());
        assert_eq!(self.to_string(), known);
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rows {} = converted {}", self.read, self.converted)?;
        for (reason, count) in &self.left_out {
            write!(f, " + {count} {reason}")?;
        }
        write!(f, "; checked {} = agreed {}", self.checked, self.agreed)?;
        for (reason, count) in &self.differs {
            write!(f, " + {count} {reason}")?;
        }
        Ok(())
    }
}
