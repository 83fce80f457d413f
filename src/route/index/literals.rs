//! Globs and regexes found by text that they cannot match without: a whole segment, or a run of three bytes.
//!
//! Each pattern is kept under the rarest text of every way through it, if possible at the place where that text must
//! stand: then a path leads to few patterns, however many of their texts it holds. What has no text at all is in its
//! section's last list.

use serde::{Deserialize, Serialize};

use super::hash::{NONE, Slots, place};
use super::required::{Spot, fold};
use super::segments::Segments;
use super::visit::{Check, Visit};

pub(super) use self::build::LiteralsBuilder;

mod build;

/// The lists of all sections, by text and place.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Literals {
    segments: Slots,
    grams: Slots,
}

/// What a section's patterns are kept under.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Firsts {
    segments: Kept,
    grams: Kept,
}

/// What is kept under texts of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Kept {
    /// The first route at any place that is known; [`NONE`]: there is none.
    placed: u32,
    /// The first route whose text may be anywhere.
    anywhere: u32,
    /// Bits of the places from the start, and from the end.
    from_start: u64,
    from_end: u64,
}

impl Default for Kept {
    fn default() -> Self {
        Kept { placed: NONE, anywhere: NONE, from_start: 0, from_end: 0 }
    }
}

impl Kept {
    /// Takes note of a route.
    fn note(&mut self, place: Spot, route: u32) {
        match place {
            Spot::FromStart(slashes, bytes) => self.from_start |= Spot::bit(slashes, bytes),
            Spot::FromEnd(slashes, bytes) => self.from_end |= Spot::bit(slashes, bytes),
            Spot::Any => {}
        }
        let first = if place == Spot::Any { &mut self.anywhere } else { &mut self.placed };
        *first = (*first).min(route);
    }
}

impl Literals {
    /// Visits every list of a section whose text the path holds where it must.
    pub(super) fn walk(&self, (section, firsts): (u32, Firsts), segments: &Segments<'_>, visit: &mut impl Visit) {
        let best = visit.best();
        if firsts.segments.placed < best || firsts.segments.anywhere < best {
            self.walk_segments(section, firsts.segments, segments, visit);
        }
        if firsts.grams.placed < visit.best() {
            self.walk_grams(section, firsts.grams, segments.path.as_bytes(), visit);
        }
        if firsts.grams.anywhere < visit.best() {
            for bytes in segments.path.as_bytes().windows(3) {
                self.gram(section, Spot::Any, bytes.first_chunk(), visit);
            }
        }
    }

    fn walk_segments(&self, section: u32, kept: Kept, segments: &Segments<'_>, visit: &mut impl Visit) {
        let mut look = |hash: u64, at: u32| {
            let lists = self.segments.find(place(with_place(hash, at), section));
            lists.for_each(|list| visit.list(list, Check::All));
        };
        let is_anywhere = kept.anywhere != NONE;
        let first = u32::from(segments.path.starts_with('/'));
        let mut at = Spot::FromStart(first, 0).number();
        let mut left = kept.from_start >> (first * Spot::OFFSETS);
        let mut all = segments.iter();
        while (left != 0 || is_anywhere)
            && let Some(segment) = all.next()
        {
            if left & 1 != 0 {
                look(segment.hash, at);
            }
            if is_anywhere {
                look(segment.hash, Spot::Any.number());
            }
            left >>= Spot::OFFSETS;
            at += Spot::OFFSETS;
        }
        let mut at = Spot::FromEnd(0, 0).number();
        let (mut left, mut back) = (kept.from_end, 0);
        while left != 0
            && let Some(hash) = segments.hash_from_end(back)
        {
            if left & 1 != 0 {
                look(hash, at);
            }
            left >>= Spot::OFFSETS;
            at += Spot::OFFSETS;
            back += 1;
        }
    }

    fn walk_grams(&self, section: u32, kept: Kept, path: &[u8], visit: &mut impl Visit) {
        let mut start = 0;
        for (slashes, text) in (0..Spot::DEPTHS).zip(path.split(|&byte| byte == b'/')) {
            if kept.from_start >> (slashes * Spot::OFFSETS) == 0 {
                break;
            }
            for bytes in offsets(kept.from_start, slashes, text) {
                let gram = path.get(start + bytes as usize..).and_then(<[u8]>::first_chunk);
                self.gram(section, Spot::FromStart(slashes, bytes), gram, visit);
            }
            start += text.len() + 1;
        }
        let mut end = path.len();
        for (slashes, text) in (0..Spot::DEPTHS).zip(path.rsplit(|&byte| byte == b'/')) {
            if kept.from_end >> (slashes * Spot::OFFSETS) == 0 {
                break;
            }
            for bytes in offsets(kept.from_end, slashes, text) {
                let gram = path.get(..end - bytes as usize).and_then(<[u8]>::last_chunk);
                self.gram(section, Spot::FromEnd(slashes, bytes), gram, visit);
            }
            end = end.saturating_sub(text.len() + 1);
        }
    }

    fn gram(&self, section: u32, at: Spot, gram: Option<&[u8; 3]>, visit: &mut impl Visit) {
        let Some(gram) = gram else { return };
        let hash = with_place(hash_of_gram(fold(*gram)), at.number());
        self.grams.find(place(hash, section)).for_each(|list| visit.list(list, Check::All));
    }
}

/// The places of a mask in one segment.
fn offsets(mask: u64, slashes: u32, segment: &[u8]) -> impl Iterator<Item = u32> {
    let longest = u32::try_from(segment.len()).unwrap_or(u32::MAX).min(Spot::OFFSETS - 1);
    (0..=longest).filter(move |&bytes| mask & Spot::bit(slashes, bytes) != 0)
}

/// Spreads three bytes well enough for [`place`].
fn hash_of_gram(gram: u32) -> u64 {
    u64::from(gram).wrapping_mul(0xD6E8_FEB8_6659_FD93)
}

/// The hash of a text at a place of this number.
fn with_place(hash: u64, at: u32) -> u64 {
    hash ^ u64::from(at).wrapping_mul(0x2545_F491_4F6C_DD1D)
}
