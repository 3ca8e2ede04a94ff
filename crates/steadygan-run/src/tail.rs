//! Following a growing `.jsonl` file.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

use crate::error::RunError;
use crate::line_reader::{LineReader, Place};
use crate::lines::Lines;
use crate::regular::open_regular;

/// How many bytes before its place a [`Tail`] remembers: a few lines, whose times differ after a resume.
const ANCHOR_BYTES: u64 = 4096;

/// Follows a growing file of records of type `T`.
///
/// A resume cuts the file back and goes on writing, perhaps past the old end before the next poll, so the length does
/// not show it. A `Tail` remembers the last bytes that it has read. If they are no longer at their place, it starts
/// again from the beginning of the file.
#[derive(Debug)]
pub struct Tail<T> {
    path: PathBuf,
    place: Place,
    /// The bytes before `place`, at most [`ANCHOR_BYTES`] of them.
    anchor: Vec<u8>,
    records: PhantomData<fn() -> T>,
}

/// What is new in a followed file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Polled<T> {
    /// Whether the file was cut back or replaced: `lines` then begin with its first line, and what
    /// earlier polls returned no longer holds.
    pub restarted: bool,
    /// The complete lines since the last poll. A torn last line is left for a later one.
    pub lines: Lines<T>,
    /// Whether the poll stopped before the file's end because it reached its limit of bytes.
    pub more: bool,
}

impl<T: DeserializeOwned> Tail<T> {
    /// Follows `path` from its first line. The file need not exist yet.
    pub fn new(path: &Path) -> Self {
        Self { path: path.to_path_buf(), place: Place::default(), anchor: Vec::new(), records: PhantomData }
    }

    /// The file that is followed.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The lines since the last poll.
    ///
    /// # Errors
    ///
    /// If the system refuses; [`RunError::is_not_found`] is true if the file is not there yet or has been deleted.
    /// Polling again later is fine: no line is lost or returned twice.
    pub fn poll(&mut self) -> Result<Polled<T>, RunError> {
        self.poll_up_to(u64::MAX)
    }

    /// Like [`poll`](Self::poll), but reads about `bytes` at most, so that a long file comes in pieces.
    ///
    /// # Errors
    ///
    /// As [`poll`](Self::poll).
    pub fn poll_up_to(&mut self, bytes: u64) -> Result<Polled<T>, RunError> {
        self.read_on(bytes).map_err(|e| RunError::refused("read", &self.path, e))
    }

    fn read_on(&mut self, bytes: u64) -> io::Result<Polled<T>> {
        let mut file = open_regular(&self.path)?;
        let restarted = read_before(&mut file, self.place.offset, self.anchor.len() as u64)?
            .is_none_or(|bytes| bytes != self.anchor);
        let start = if restarted { Place::default() } else { self.place };
        file.seek(SeekFrom::Start(start.offset))?;
        let mut reader = LineReader::new(BufReader::new(&mut file), start);
        let mut lines = Lines::none();
        let mut more = false;
        while let Some(piece) = reader.next()? {
            lines.take_in(&piece);
            more = reader.place().offset - start.offset >= bytes;
            if more {
                break;
            }
        }
        let place = reader.place();
        if let Some(anchor) = read_before(&mut file, place.offset, ANCHOR_BYTES)? {
            (self.place, self.anchor) = (place, anchor);
            return Ok(Polled { restarted, lines, more });
        }
        Err(io::Error::new(io::ErrorKind::Interrupted, "cut back while it was read"))
    }
}

/// The `count` bytes before `offset`, or all bytes before it if there are fewer; `None` if the file ends before
/// `offset`.
fn read_before(file: &mut File, offset: u64, count: u64) -> io::Result<Option<Vec<u8>>> {
    let count = count.min(offset);
    file.seek(SeekFrom::Start(offset - count))?;
    let mut bytes = Vec::new();
    let read = file.take(count).read_to_end(&mut bytes)?;
    Ok((read as u64 == count).then_some(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{append_text, cut_back};
    use serde::Deserialize;
    use std::fs;

    #[derive(Debug, Deserialize)]
    struct Record {
        images: u64,
    }

    struct GrowingFile {
        _folder: tempfile::TempDir,
        path: PathBuf,
        tail: Tail<Record>,
    }

    impl GrowingFile {
        fn new() -> Self {
            let folder = tempfile::tempdir().expect("temporary folder");
            let path = folder.path().join("x.jsonl");
            Self { _folder: folder, tail: Tail::new(&path), path }
        }

        fn append(&self, images: std::ops::RangeInclusive<u64>, time_s: f64) {
            for images in images {
                let line = format!("{{\"images\":{images},\"time_s\":{time_s}}}\n");
                append_text(&self.path, &line).expect("append");
            }
        }

        fn poll(&mut self) -> (bool, Vec<u64>) {
            let polled = self.tail.poll().expect("poll");
            let images = polled.lines.records.iter().map(|r| r.images).collect();
            (polled.restarted, images)
        }
    }

    #[test]
    fn each_poll_returns_the_new_complete_lines() {
        let mut file = GrowingFile::new();
        assert!(file.tail.poll().expect_err("not there yet").is_not_found());
        file.append(1..=2, 0.5);
        assert_eq!(file.poll(), (false, vec![1, 2]));
        assert_eq!(file.poll(), (false, vec![]));
        append_text(&file.path, "{\"images\"").expect("append");
        assert_eq!(file.poll(), (false, vec![]));
        append_text(&file.path, ":3}\nfoo\n{\"images\":4}\n{").expect("append");
        let polled = file.tail.poll().expect("poll");
        let images: Vec<_> = polled.lines.records.iter().map(|r| r.images).collect();
        assert_eq!((images, polled.lines.skipped), (vec![3, 4], 1));
    }

    #[test]
    fn a_long_file_comes_in_pieces() {
        let mut file = GrowingFile::new();
        file.append(1..=5, 0.5);
        let mut pieces = Vec::new();
        loop {
            let polled = file.tail.poll_up_to(50).expect("poll");
            assert!(!polled.restarted);
            pieces.push(polled.lines.records.iter().map(|r| r.images).collect::<Vec<_>>());
            if !polled.more {
                break;
            }
        }
        // A line has 27 bytes.
        assert_eq!(pieces, [vec![1, 2], vec![3, 4], vec![5]]);
    }

    #[test]
    fn a_file_that_was_cut_back_starts_again() {
        let mut file = GrowingFile::new();
        file.append(1..=4, 0.5);
        assert_eq!(file.poll(), (false, vec![1, 2, 3, 4]));
        cut_back(&file.path, 2).expect("cut back");
        assert_eq!(file.poll(), (true, vec![1, 2]));
        file.append(3..=3, 0.5);
        assert_eq!(file.poll(), (false, vec![3]));
    }

    #[test]
    fn a_file_that_was_cut_back_and_grew_past_its_old_end_starts_again() {
        let mut file = GrowingFile::new();
        file.append(1..=4, 0.5);
        file.poll();
        cut_back(&file.path, 2).expect("cut back");
        file.append(3..=6, 0.7);
        assert_eq!(file.poll(), (true, vec![1, 2, 3, 4, 5, 6]));
    }

    #[test]
    fn a_torn_end_that_is_cut_off_is_no_restart() {
        let mut file = GrowingFile::new();
        file.append(1..=2, 0.5);
        append_text(&file.path, "{\"images\":3").expect("append");
        file.poll();
        cut_back(&file.path, 2).expect("cut back");
        file.append(3..=3, 0.5);
        assert_eq!(file.poll(), (false, vec![3]));
    }

    #[test]
    fn truncating_in_place_to_nothing_starts_again() {
        let mut file = GrowingFile::new();
        file.append(1..=4, 0.5);
        file.poll();
        fs::write(&file.path, "").expect("truncate");
        assert_eq!(file.poll(), (true, vec![]));
        file.append(1..=1, 0.5);
        assert_eq!(file.poll(), (false, vec![1]));
    }

    #[test]
    fn a_deleted_file_is_reported_and_may_come_back() {
        let mut file = GrowingFile::new();
        file.append(1..=2, 0.5);
        file.poll();
        fs::remove_file(&file.path).expect("delete");
        assert!(file.tail.poll().expect_err("deleted").is_not_found());
        file.append(7..=7, 0.5);
        assert_eq!(file.poll(), (true, vec![7]));
    }

    #[test]
    fn more_than_the_anchor_is_followed_line_by_line() {
        let mut file = GrowingFile::new();
        for images in 1..=500 {
            file.append(images..=images, 0.25);
            assert_eq!(file.poll(), (false, vec![images]));
        }
        assert!(fs::metadata(&file.path).expect("file").len() > 2 * ANCHOR_BYTES);
    }
}
