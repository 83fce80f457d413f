//! The segments of a path, each hashed once however many tables it is looked up in.

use arrayvec::ArrayVec;

use super::hash::hash;

/// Hashes of the first segments are kept: a path that has more is rare, its tail is hashed when it is asked for.
const KEPT: usize = 16;

/// A path between its slashes.
pub(super) struct Segments<'p> {
    pub(super) path: &'p str,
    first: ArrayVec<Hashed<'p>, KEPT>,
    tail: Option<&'p str>,
}

/// One segment and its hash.
#[derive(Clone, Copy)]
pub(super) struct Hashed<'p> {
    pub(super) text: &'p str,
    pub(super) hash: u64,
}

impl<'p> Segments<'p> {
    /// Splits a path; the slash that it begins with begins no segment.
    pub(super) fn of(path: &'p str) -> Segments<'p> {
        let mut first = ArrayVec::new();
        let mut tail = Some(path.strip_prefix('/').unwrap_or(path));
        while !first.is_full()
            && let Some(segment) = cut(&mut tail)
        {
            first.push(segment);
        }
        Segments { path, first, tail }
    }

    pub(super) fn iter(&self) -> Iter<'_, 'p> {
        Iter { first: self.first.iter(), tail: self.tail }
    }

    /// The hash of the segment that has so many behind it.
    pub(super) fn hash_from_end(&self, behind: usize) -> Option<u64> {
        match self.tail {
            None => {
                let at = self.first.len().checked_sub(behind + 1)?;
                self.first.get(at).map(|segment| segment.hash)
            }
            Some(_) => self.path.rsplit('/').nth(behind).map(|text| hash(text.as_bytes())),
        }
    }
}

/// Takes the next segment off what is left.
fn cut<'p>(left: &mut Option<&'p str>) -> Option<Hashed<'p>> {
    let whole = (*left)?;
    // Segments are short: looking at each byte is cheaper than a search made for long texts.
    let text = match whole.bytes().position(|byte| byte == b'/') {
        Some(at) => {
            *left = Some(&whole[at + 1..]);
            &whole[..at]
        }
        None => {
            *left = None;
            whole
        }
    };
    Some(Hashed { text, hash: hash(text.as_bytes()) })
}

/// The segments from some place on.
#[derive(Clone)]
pub(super) struct Iter<'s, 'p> {
    first: std::slice::Iter<'s, Hashed<'p>>,
    tail: Option<&'p str>,
}

impl<'p> Iterator for Iter<'_, 'p> {
    type Item = Hashed<'p>;

    fn next(&mut self) -> Option<Hashed<'p>> {
        match self.first.next() {
            Some(segment) => Some(*segment),
            None => cut(&mut self.tail),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_what_stands_between_slashes() {
        let long: String = (0..40).map(|at| format!("/{at}")).collect();
        for path in ["/", "/a", "/a/", "/a//b", "*", "a/b", &long] {
            let segments = Segments::of(path);
            let texts: Vec<_> = segments.iter().map(|segment| segment.text).collect();
            let expected: Vec<_> = path.strip_prefix('/').unwrap_or(path).split('/').collect();
            assert_eq!(texts, expected, "{path}");
            assert!(segments.iter().all(|segment| segment.hash == hash(segment.text.as_bytes())));
            let backwards: Vec<_> = expected.iter().rev().map(|text| hash(text.as_bytes())).collect();
            let found: Vec<_> = (0..expected.len()).filter_map(|behind| segments.hash_from_end(behind)).collect();
            assert_eq!(found, backwards, "{path}");
        }
    }
}
