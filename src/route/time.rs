//! Instants, the epochs between them, and windows of time.

use serde::{Deserialize, Serialize};

use crate::text::Timestamp;

/// No moment that a table can name is in a second after this one: the end of the year 9999.
const LAST_EPOCH: u64 = 253_402_300_799;

/// The epoch that a moment lies in, as the gate tells it: the Unix second of the last of the sorted instants that has
/// begun, 0 before the first.
///
/// A gate counts in whole seconds. An instant between two has begun when the later one does, so that at the second that
/// is told, every window that the instant opens is open.
#[must_use]
pub fn epoch_of(instants: &[Timestamp], now: Timestamp) -> u64 {
    let now = now.floor_to_second();
    let begun = instants.partition_point(|&instant| instant <= now);
    begun.checked_sub(1).and_then(|last| instants.get(last)).map_or(0, |last| last.second_rounded_up())
}

/// Every epoch that a gate can tell, in order, 0 included; none where there are no instants.
#[must_use]
pub fn epochs_of(instants: &[Timestamp]) -> Vec<u64> {
    let mut epochs: Vec<u64> = instants.iter().map(|instant| instant.second_rounded_up()).collect();
    if !epochs.is_empty() {
        epochs.insert(0, 0);
    }
    epochs.dedup();
    epochs
}

/// Reads an epoch as a gate writes it; `None` where no gate can have written it.
#[must_use]
pub fn parse_epoch(text: &str) -> Option<u64> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten().filter(|&epoch| epoch <= LAST_EPOCH)
}

/// The moment that a request is decided at: the second that its gate tells, else the time of whoever decides.
#[must_use]
pub(super) fn moment_of(epoch: Option<u64>, time: Option<Timestamp>) -> Option<Timestamp> {
    epoch.and_then(|epoch| i64::try_from(epoch).ok()).map(Timestamp::from_seconds).or(time)
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

    #[test]
    fn an_epoch_is_the_second_of_the_last_instant_that_has_begun() {
        let half = |seconds: i128| Timestamp(seconds * 500_000_000);
        let instants = [half(20), half(41), half(42), half(60)];
        assert_eq!(epochs_of(&instants), [0, 10, 21, 30]);
        // Time in half seconds.
        let rows =
            [(0, 0), (19, 0), (20, 10), (39, 10), (40, 10), (41, 10), (42, 21), (43, 21), (59, 21), (60, 30), (99, 30)];
        for (now, epoch) in rows {
            assert_eq!(epoch_of(&instants, half(now)), epoch, "{now}");
        }
        assert_eq!((epochs_of(&[]), epoch_of(&[], half(9))), (vec![], 0));
        let long_ago = [Timestamp::from_seconds(-9), half(20)];
        assert_eq!((epochs_of(&long_ago), epoch_of(&long_ago, half(2))), (vec![0, 10], 0));
    }

    #[test]
    fn a_window_is_open_at_the_epoch_that_its_instant_begins() {
        let instants = [Timestamp(10_500_000_000), Timestamp(20_000_000_001)];
        let window = Window { from: Some(instants[0]), until: Some(instants[1]) };
        let open = epochs_of(&instants).into_iter().map(|epoch| window.holds(moment_of(Some(epoch), None)));
        assert_eq!(open.collect::<Vec<_>>(), [false, true, false]);
    }

    #[test]
    fn what_no_gate_writes_is_no_epoch() {
        let rows = [
            ("0", Some(0)),
            ("1795748400", Some(1_795_748_400)),
            ("253402300799", Some(253_402_300_799)),
            ("253402300800", None),
            ("99999999999999999999999", None),
            ("", None),
            ("+1", None),
            ("-1", None),
            ("1.5", None),
            (" 1", None),
            ("\u{661}", None),
        ];
        for (text, epoch) in rows {
            assert_eq!(parse_epoch(text), epoch, "{text:?}");
        }
    }
}
