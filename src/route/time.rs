//! Instants, the epochs between them, and windows of time.

use serde::{Deserialize, Serialize};

use crate::text::Timestamp;

/// The epoch that a moment lies in: how many of the sorted instants are not after it.
#[must_use]
pub fn epoch_of(instants: &[Timestamp], now: Timestamp) -> u32 {
    u32::try_from(instants.partition_point(|&instant| instant <= now)).unwrap_or(u32::MAX)
}

/// When a route is live: `from` included, `until` not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// First moment, where one is given.
    pub from: Option<Timestamp>,
    /// First moment that is too late, where one is given.
    pub until: Option<Timestamp>,
}

impl Window {
    /// Whether every moment is inside.
    #[must_use]
    pub fn is_always(&self) -> bool {
        self.from.is_none() && self.until.is_none()
    }

    /// Whether a moment is inside; an unknown one is in no bounded window.
    #[must_use]
    pub fn holds(&self, moment: Option<Timestamp>) -> bool {
        match moment {
            None => self.is_always(),
            Some(at) => self.from.is_none_or(|from| from <= at) && self.until.is_none_or(|until| at < until),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn from_is_inclusive_and_until_is_not() {
        let at = Timestamp::from_seconds;
        let window = Window { from: Some(at(10)), until: Some(at(20)) };
        let holds = |seconds| window.holds(Some(at(seconds)));
        assert_eq!([9, 10, 19, 20, 21].map(holds), [false, true, true, false, false]);
        assert!(!window.holds(None));
        assert!(Window::default().holds(None));
    }
}
