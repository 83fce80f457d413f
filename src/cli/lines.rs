//! Lines in, answers out: lines of bounded length, and no answer held back while the next line is awaited.

use std::cell::RefCell;
use std::io::{self, BufRead, BufReader, Read, Write};

/// Longest line that is read, bytes without its line break: more than any URL with its headers.
pub const MAX_LINE: usize = 1024 * 1024;
const BUFFER: usize = 64 * 1024;

/// One line of the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NextLine<'a> {
    /// Its bytes, without the line break.
    Whole(&'a [u8]),
    /// It was longer than [`MAX_LINE`] and is skipped.
    TooLong,
}

/// Reads lines; whenever it has to wait for more input, everything written so far is flushed first.
pub struct InputLines<'w, R, W: Write> {
    input: BufReader<FlushFirst<'w, R, W>>,
    line: Vec<u8>,
    first: bool,
}

impl<'w, R: Read, W: Write> InputLines<'w, R, W> {
    /// The lines of an input whose answers go to an output.
    pub fn new(input: R, output: &'w RefCell<W>) -> InputLines<'w, R, W> {
        let input = BufReader::with_capacity(BUFFER, FlushFirst { input, output });
        InputLines { input, line: Vec::new(), first: true }
    }

    /// The next line; `None` at the end. A byte-order mark before the first one is no part of it.
    ///
    /// # Errors
    /// The input cannot be read (an error that [`is_input_error`]), or the output cannot be flushed.
    pub fn next_line(&mut self) -> io::Result<Option<NextLine<'_>>> {
        self.line.clear();
        let most = u64::try_from(MAX_LINE).unwrap_or(u64::MAX).saturating_add(2);
        let read = (&mut self.input).take(most).read_until(b'\n', &mut self.line)?;
        if read == 0 {
            return Ok(None);
        }
        let mut line = self.line.as_slice();
        match line.strip_suffix(b"\n") {
            Some(whole) => line = whole,
            None if line.len() > MAX_LINE => {
                self.input.skip_until(b'\n')?;
            }
            None => {}
        }
        line = line.strip_suffix(b"\r").unwrap_or(line);
        if std::mem::take(&mut self.first) {
            line = line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(line);
        }
        Ok(Some(if line.len() > MAX_LINE { NextLine::TooLong } else { NextLine::Whole(line) }))
    }
}

/// An input that flushes the output before it may block.
struct FlushFirst<'w, R, W> {
    input: R,
    output: &'w RefCell<W>,
}

impl<R: Read, W: Write> Read for FlushFirst<'_, R, W> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.output.borrow_mut().flush()?;
        self.input.read(buffer).map_err(|error| match error.kind() {
            io::ErrorKind::Interrupted => error,
            _ => io::Error::other(InputError(error)),
        })
    }
}

#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct InputError(io::Error);

/// The input's own error, where it was the input that failed.
#[must_use]
pub fn is_input_error(error: &io::Error) -> Option<&io::Error> {
    error.get_ref()?.downcast_ref::<InputError>().map(|InputError(error)| error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(input: &[u8]) -> Vec<Option<Vec<u8>>> {
        let output = RefCell::new(Vec::new());
        let mut lines = InputLines::new(input, &output);
        let mut all = Vec::new();
        while let Some(line) = lines.next_line().unwrap() {
            all.push(match line {
                NextLine::Whole(bytes) => Some(bytes.to_vec()),
                NextLine::TooLong => None,
            });
        }
        all
    }

    #[test]
    fn lines_end_as_people_end_them() {
        let rows: [(&[u8], &[&[u8]]); 6] = [
            (b"", &[]),
            (b"a", &[b"a"]),
            (b"a\nb\r\n", &[b"a", b"b"]),
            (b"\n\na", &[b"", b"", b"a"]),
            (b"\xef\xbb\xbfa\n\xef\xbb\xbfb", &[b"a", b"\xef\xbb\xbfb"]),
            (b"a\rb\xff\n", &[b"a\rb\xff"]),
        ];
        for (input, expected) in rows {
            let expected: Vec<_> = expected.iter().map(|line| Some(line.to_vec())).collect();
            assert_eq!(lines(input), expected, "{input:?}");
        }
    }

    #[test]
    fn a_line_that_is_too_long_is_told_and_the_next_one_is_whole() {
        for (len, fits) in [(MAX_LINE, true), (MAX_LINE + 1, false), (5 * MAX_LINE, false)] {
            for end in ["\n", "\r\n"] {
                let line = vec![b'x'; len];
                let input = [&line, end.as_bytes(), b"next"].concat();
                let found = lines(&input);
                assert_eq!(found.len(), 2, "{len}");
                assert_eq!(found[0].as_deref(), fits.then_some(line.as_slice()), "{len}");
                assert_eq!(found[1].as_deref(), Some(&b"next"[..]), "{len}");
            }
        }
    }

    #[test]
    fn what_was_written_is_flushed_before_more_is_read() {
        struct Flushes(usize);
        impl Write for Flushes {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                Ok(bytes.len())
            }
            fn flush(&mut self) -> io::Result<()> {
                self.0 += 1;
                Ok(())
            }
        }
        let output = RefCell::new(Flushes(0));
        let input = b"a\nb\nc".as_slice().chain(b"d\n".as_slice());
        let mut lines = InputLines::new(input, &output);
        let mut seen = Vec::new();
        while let Some(NextLine::Whole(line)) = lines.next_line().unwrap() {
            seen.push((line.to_vec(), output.borrow().0));
        }
        assert_eq!(seen, [(b"a".to_vec(), 1), (b"b".to_vec(), 1), (b"cd".to_vec(), 2)]);
    }
}
