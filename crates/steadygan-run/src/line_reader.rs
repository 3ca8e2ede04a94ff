//! Reading lines of a file that may be foreign, torn or growing, in bounded memory.

use std::io::{self, BufRead, Read};

/// How long a line may be, in bytes without its newline: far above any real one, so that a foreign
/// file cannot fill a reader's memory. A longer line is skipped.
pub const MAX_LINE_BYTES: usize = 1024 * 1024;

/// What a reading step found.
pub(crate) enum Piece<'a> {
    /// A complete line, without its newline.
    Line(&'a [u8]),
    /// The end of a line longer than [`MAX_LINE_BYTES`].
    TooLong,
    /// The file ends within a line, whose rest may still come. This is the last piece, and it is not
    /// consumed.
    Torn,
}

/// Splits what it reads into lines.
pub(crate) struct LineReader<R> {
    reader: R,
    line: Vec<u8>,
    place: Place,
    is_at_end: bool,
}

/// A reader's position, with what it needs to continue from there later.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Place {
    /// Bytes of the file before this place.
    pub(crate) offset: u64,
    /// Whether a line longer than [`MAX_LINE_BYTES`] has begun and not ended.
    within_too_long: bool,
}

impl<R: BufRead> LineReader<R> {
    /// Continues at `place`, which has to be the position of `reader`.
    pub(crate) fn new(reader: R, place: Place) -> Self {
        Self { reader, line: Vec::new(), place, is_at_end: false }
    }

    /// Where the last consumed piece ended.
    pub(crate) fn place(&self) -> Place {
        self.place
    }

    /// The next piece, or nothing at the end of the file.
    pub(crate) fn next(&mut self) -> io::Result<Option<Piece<'_>>> {
        let limit = MAX_LINE_BYTES + 1;
        while !self.is_at_end {
            self.line.clear();
            let read = self.reader.by_ref().take(limit as u64).read_until(b'\n', &mut self.line)?;
            let is_ended = self.line.ends_with(b"\n");
            if !is_ended && read < limit {
                self.is_at_end = true;
                let is_torn = read > 0 || self.place.within_too_long;
                return Ok(is_torn.then_some(Piece::Torn));
            }
            self.place.offset += read as u64;
            let was_too_long = std::mem::replace(&mut self.place.within_too_long, !is_ended);
            if is_ended && was_too_long {
                return Ok(Some(Piece::TooLong));
            }
            if is_ended {
                return Ok(Some(Piece::Line(&self.line[..read - 1])));
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(bytes: &[u8]) -> (Vec<String>, u64) {
        let mut reader = LineReader::new(bytes, Place::default());
        let mut found = Vec::new();
        while let Some(piece) = reader.next().expect("bytes are readable") {
            found.push(match piece {
                Piece::Line(line) => format!("line of {}", line.len()),
                Piece::TooLong => "too long".to_owned(),
                Piece::Torn => "torn".to_owned(),
            });
        }
        (found, reader.place().offset)
    }

    fn line_of(bytes: usize) -> Vec<u8> {
        let mut line = vec![b'x'; bytes];
        line.push(b'\n');
        line
    }

    #[test]
    fn a_torn_line_is_not_consumed() {
        assert_eq!(pieces(b"ab\n\nc"), (vec!["line of 2".to_owned(), "line of 0".to_owned(), "torn".to_owned()], 4));
        assert_eq!(pieces(b""), (vec![], 0));
    }

    #[test]
    fn the_longest_line_is_read_and_a_longer_one_skipped_once() {
        let longest = line_of(MAX_LINE_BYTES);
        assert_eq!(pieces(&longest).0, [format!("line of {MAX_LINE_BYTES}")]);
        for excess in [1, 2, 3 * MAX_LINE_BYTES] {
            let bytes = [line_of(MAX_LINE_BYTES + excess), line_of(3)].concat();
            let (found, offset) = pieces(&bytes);
            assert_eq!(found, ["too long", "line of 3"]);
            assert_eq!(offset, bytes.len() as u64);
        }
    }

    #[test]
    fn a_line_too_long_may_end_later() {
        let bytes = line_of(2 * MAX_LINE_BYTES + 2);
        let (start, rest) = bytes.split_at(MAX_LINE_BYTES + 1);
        let mut reader = LineReader::new(start, Place::default());
        assert!(matches!(reader.next(), Ok(Some(Piece::Torn))));
        assert!(matches!(reader.next(), Ok(None)));
        let mut reader = LineReader::new(rest, reader.place());
        assert!(matches!(reader.next(), Ok(Some(Piece::TooLong))));
        assert!(matches!(reader.next(), Ok(None)));
        assert_eq!(reader.place().offset, bytes.len() as u64);
    }
}
