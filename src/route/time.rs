//! Instants, and the epochs between them.

use serde::{Deserialize, Serialize};

use crate::text::Timestamp;

/// The epoch that a moment lies in: how many of the sorted instants are not after it.
#[must_use]
pub fn epoch_of(instants: &[Timestamp], now: Timestamp) -> u32 {
    u32::try_from(instants.partition_point(|&instant| instant <= now)).unwrap_or(u32::MAX)
}

/// The epochs in which a route is live: `from` included, `until` not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// First epoch, where `from` is given.
    pub from: Option<u32>,
    /// First epoch that is too late, where `until` is given.
    pub until: Option<u32>,
}

impl Window {
    /// The window between two of the table's instants.
    #[must_use]
    pub fn between(instants: &[Timestamp], from: Option<Timestamp>, until: Option<Timestamp>) -> Window {
        let epoch = |instant: Timestamp| epoch_of(instants, instant);
        Window { from: from.map(epoch), until: until.map(epoch) }
    }

    /// Whether every moment is inside.
    #[must_use]
    pub fn is_always(&self) -> bool {
        self.from.is_none() && self.until.is_none()
    }

    /// Whether the route is live in an epoch; an unknown one is in no bounded window.
    #[must_use]
    pub fn holds(&self, epoch: Option<u32>) -> bool {
        match epoch {
            None => self.is_always(),
            Some(epoch) => self.from.is_none_or(|from| from <= epoch) && self.until.is_none_or(|until| epoch < until),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn from_is_inclusive_and_until_is_not() {
        let instants = [Timestamp::from_seconds(10), Timestamp::from_seconds(20)];
        let window = Window::between(&instants, Some(instants[0]), Some(instants[1]));
        let holds = |seconds| window.holds(Some(epoch_of(&instants, Timestamp::from_seconds(seconds))));
        assert_eq!([9, 10, 19, 20, 21].map(holds), [false, true, true, false, false]);
        assert!(!window.holds(None));
        assert!(Window::default().holds(None));
    }
}
