//! The steps themselves, each a pass over bytes (rule 3). No step but the first makes a path longer.

use arrayvec::ArrayVec;

use crate::text::percent::{escape, is_path_byte, is_unreserved, leading};

/// Paths whose normal form could be longer than this (bytes) are built on the heap.
const INLINE: usize = 1024;

/// A step that is made in place; it gives the new length.
pub(super) type Pass = fn(&mut [u8]) -> usize;

/// A path that is being changed, ASCII: a short one costs no allocation.
// The inline buffer is the point of the type.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant)]
pub enum PathBuffer {
    /// A short path.
    Inline(ArrayVec<u8, INLINE>),
    /// A long path.
    Heap(Vec<u8>),
}

impl PathBuffer {
    /// A raw path after step (a).
    pub(super) fn escaped(raw: &str) -> PathBuffer {
        // One raw byte becomes at most three; one more for a path that ends up empty.
        if raw.len() * 3 < INLINE {
            let mut bytes = ArrayVec::new();
            bytes.extend(Escaped::new(raw.as_bytes()));
            PathBuffer::Inline(bytes)
        } else {
            PathBuffer::Heap(Escaped::new(raw.as_bytes()).collect())
        }
    }

    /// The path after one of the steps below; whether it has become shorter.
    pub(super) fn shorten(&mut self, step: Pass) -> bool {
        let before = self.bytes().len();
        let len = match self {
            PathBuffer::Inline(bytes) => step(bytes),
            PathBuffer::Heap(bytes) => step(bytes),
        };
        match self {
            PathBuffer::Inline(bytes) => bytes.truncate(len),
            PathBuffer::Heap(bytes) => bytes.truncate(len),
        }
        len < before
    }

    /// A path of no text is `/`.
    pub(super) fn root(&mut self) {
        match self {
            PathBuffer::Inline(bytes) if bytes.is_empty() => bytes.push(b'/'),
            PathBuffer::Heap(bytes) if bytes.is_empty() => bytes.push(b'/'),
            PathBuffer::Inline(_) | PathBuffer::Heap(_) => {}
        }
    }

    fn bytes(&self) -> &[u8] {
        match self {
            PathBuffer::Inline(bytes) => bytes,
            PathBuffer::Heap(bytes) => bytes,
        }
    }

    /// As text.
    #[must_use]
    #[allow(clippy::expect_used, reason = "step (a) writes ASCII alone, and no later step writes anything else")]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(self.bytes()).expect("a path is ASCII after step (a)")
    }
}

/// Step (a) as a stream of bytes: one pass over the raw path.
struct Escaped<'a> {
    rest: &'a [u8],
    /// The tail of an escape that was begun, last byte first.
    pending: ArrayVec<u8, 2>,
}

impl<'a> Escaped<'a> {
    fn new(raw: &'a [u8]) -> Self {
        Escaped { rest: raw, pending: ArrayVec::new() }
    }

    fn escape(&mut self, byte: u8) -> u8 {
        let [percent, high, low] = escape(byte);
        self.pending.push(low);
        self.pending.push(high);
        percent
    }
}

impl Iterator for Escaped<'_> {
    type Item = u8;

    #[allow(clippy::indexing_slicing, reason = "an escape has two digits")]
    fn next(&mut self) -> Option<u8> {
        if let Some(byte) = self.pending.pop() {
            return Some(byte);
        }
        let whole = self.rest;
        let (&byte, rest) = whole.split_first()?;
        self.rest = rest;
        if byte != b'%' {
            return Some(if is_path_byte(byte) { byte } else { self.escape(byte) });
        }
        let Some(byte) = leading(whole) else { return Some(self.escape(b'%')) };
        self.rest = &rest[2..];
        Some(if is_unreserved(byte) { byte } else { self.escape(byte) })
    }
}

/// Step (b), in place; the new length.
#[allow(clippy::indexing_slicing, reason = "`len` never passes `at`, which is in the path")]
pub(super) fn strip_parameters(path: &mut [u8]) -> usize {
    let (mut len, mut is_kept) = (0, true);
    for at in 0..path.len() {
        match path[at] {
            b';' => is_kept = false,
            b'/' => is_kept = true,
            _ => {}
        }
        if is_kept {
            path[len] = path[at];
            len += 1;
        }
    }
    len
}

/// Step (c), in place; the new length.
#[allow(clippy::indexing_slicing, reason = "`len` never passes `at`, which is in the path")]
pub(super) fn merge_slashes(path: &mut [u8]) -> usize {
    let mut len = 0;
    for at in 0..path.len() {
        if path[at] == b'/' && len > 0 && path[len - 1] == b'/' {
            continue;
        }
        path[len] = path[at];
        len += 1;
    }
    len
}

/// Step (d), RFC 3986 5.2.4, in place; the new length, which is shorter wherever there is a dot segment. O(m): every
/// byte is read and written once.
#[allow(clippy::indexing_slicing, reason = "`len` never passes `at`, and `at` and `end` are in the path or at its end")]
pub(super) fn remove_dot_segments(path: &mut [u8]) -> usize {
    let (mut len, mut at) = (0, begin_of_segments(path));
    while at < path.len() {
        let next = path[at + 1..].iter().position(|&byte| byte == b'/');
        let end = next.map_or(path.len(), |next| at + 1 + next);
        match &path[at..end] {
            b"/." => {}
            b"/.." => len = path[..len].iter().rposition(|&byte| byte == b'/').unwrap_or(0),
            segment => {
                let count = segment.len();
                path.copy_within(at..end, len);
                at = end;
                len += count;
                continue;
            }
        }
        at = end;
        if at == path.len() {
            path[len] = b'/';
            len += 1;
        }
    }
    len
}

/// Step 2.A of RFC 3986 5.2.4: a path that does not begin with a slash loses the dot segments that it begins with.
fn begin_of_segments(path: &[u8]) -> usize {
    let mut rest = path;
    loop {
        rest = match rest {
            [b'.', b'/', rest @ ..] | [b'.', b'.', b'/', rest @ ..] => rest,
            [b'.'] | [b'.', b'.'] => &[],
            _ => return path.len() - rest.len(),
        };
    }
}

/// Step (e), in place; the length stays.
pub(super) fn lower(path: &mut [u8]) -> usize {
    let mut escape_digits_left = 0u8;
    for byte in path.iter_mut() {
        if *byte == b'%' {
            escape_digits_left = 2;
        } else if escape_digits_left > 0 {
            escape_digits_left -= 1;
        } else {
            byte.make_ascii_lowercase();
        }
    }
    path.len()
}

/// Step (f); the new length.
pub(super) fn strip_slashes(path: &mut [u8]) -> usize {
    let mut len = path.len();
    while len > 1 && path.get(len - 1) == Some(&b'/') {
        len -= 1;
    }
    len
}
