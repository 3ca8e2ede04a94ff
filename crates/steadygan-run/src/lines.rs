//! Reads whole `.jsonl` files, and cuts them back at resume.

use std::io::{self, BufReader};
use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::error::RunError;
use crate::line_reader::{LineReader, Piece, Place};
use crate::regular::open_regular;
use crate::write_atomically_with;

/// The records of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lines<T> {
    /// The records, in the order of the file.
    pub records: Vec<T>,
    /// How many complete lines were not such a record, or were longer than [`MAX_LINE_BYTES`](crate::MAX_LINE_BYTES).
    pub skipped: u64,
}

impl<T: DeserializeOwned> Lines<T> {
    pub(crate) fn none() -> Self {
        Self { records: Vec::new(), skipped: 0 }
    }

    pub(crate) fn take_in(&mut self, piece: &Piece<'_>) {
        let record = match piece {
            Piece::Line(line) => serde_json::from_slice(line).ok(),
            Piece::TooLong => None,
            Piece::Torn => return,
        };
        match record {
            Some(record) => self.records.push(record),
            None => self.skipped += 1,
        }
    }
}

/// Reads the records of a file. A torn last line is ignored; a complete line that is not such a record is skipped and
/// counted.
///
/// # Errors
///
/// If the system refuses, which includes a missing file ([`RunError::is_not_found`]).
pub fn read_lines<T: DeserializeOwned>(path: &Path) -> Result<Lines<T>, RunError> {
    let mut lines = Lines::none();
    for_each_piece(path, |piece| {
        lines.take_in(&piece);
        Ok(())
    })
    .map_err(|e| RunError::refused("read", path, e))?;
    Ok(lines)
}

/// The records of a file as [`read_lines`] reads them, none if there is no such file.
///
/// # Errors
///
/// If the system refuses.
pub fn read_lines_if_any<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>, RunError> {
    match read_lines(path) {
        Ok(lines) => Ok(lines.records),
        Err(error) if error.is_not_found() => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// The part of a line that cutting back needs.
#[derive(Deserialize)]
struct Clock {
    images: u64,
}

/// Keeps exactly the complete lines of `path` whose `images` are at most `images`, byte for byte. A torn last line is
/// removed, and so is a line without `images`.
///
/// The file is replaced as a whole, and is not touched if nothing has to be removed. A missing file is fine. A
/// [`JsonLines`](crate::JsonLines) opened before would go on writing to the replaced file, so open it afterwards.
///
/// # Errors
///
/// If the system refuses; the file is then as it was.
pub fn cut_back(path: &Path, images: u64) -> Result<(), RunError> {
    let mut anything_goes = false;
    let checked = for_each_piece(path, |piece| {
        anything_goes |= kept(&piece, images).is_none();
        Ok(())
    });
    match checked {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(RunError::refused("read", path, e)),
        Ok(()) if !anything_goes => return Ok(()),
        Ok(()) => {}
    }
    write_atomically_with(path, |file| {
        for_each_piece(path, |piece| match kept(&piece, images) {
            Some(line) => file.write_all(line).and_then(|()| file.write_all(b"\n")),
            None => Ok(()),
        })
    })
}

/// The line, if cutting back to `images` keeps it.
fn kept<'a>(piece: &Piece<'a>, images: u64) -> Option<&'a [u8]> {
    match piece {
        Piece::Line(line) => {
            let clock: Clock = serde_json::from_slice(line).ok()?;
            (clock.images <= images).then_some(line)
        }
        Piece::TooLong | Piece::Torn => None,
    }
}

fn for_each_piece(path: &Path, mut visit: impl FnMut(Piece<'_>) -> io::Result<()>) -> io::Result<()> {
    let mut reader = LineReader::new(BufReader::new(open_regular(path)?), Place::default());
    while let Some(piece) = reader.next()? {
        visit(piece)?;
    }
    Ok(())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::stats::tests::stats_at;
    use crate::{JsonLines, MAX_LINE_BYTES, Stats};
    use std::fs;

    #[derive(Debug, PartialEq, Deserialize)]
    pub(crate) struct Record {
        pub(crate) images: u64,
    }

    pub(crate) fn file_of(text: &str) -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().expect("temporary folder");
        let path = folder.path().join("x.jsonl");
        fs::write(&path, text).expect("write");
        (folder, path)
    }

    fn cut(text: &str, images: u64) -> String {
        let (folder, path) = file_of(text);
        cut_back(&path, images).expect("cut back");
        let files = fs::read_dir(folder.path()).expect("readable").count();
        assert_eq!(files, 1, "a temporary file was left");
        fs::read_to_string(&path).expect("read")
    }

    #[test]
    fn cutting_back_keeps_exactly_the_lines_up_to_the_images() {
        let kept = "{\"images\":1,\"b\":1.50}\n{ \"b\":null, \"images\":2 }\n{\"images\":2}\n";
        assert_eq!(cut(&format!("{kept}{{\"images\":3}}\n"), 2), kept);
        assert_eq!(cut(&format!("{{\"images\":3}}\n{kept}"), 2), kept);
        assert_eq!(cut(kept, 0), "");
        assert_eq!(cut(kept, u64::MAX), kept);
        assert_eq!(cut("", 0), "");
    }

    #[test]
    fn cutting_back_drops_torn_and_foreign_lines() {
        let kept = "{\"images\":1}\n";
        for foreign in ["{\"ima", "{\"images\":1}", "\n", "{}\n", "{\"images\":-1}\n", "x\n"] {
            assert_eq!(cut(&format!("{kept}{foreign}"), 9), kept, "{foreign:?}");
        }
        for unended in [MAX_LINE_BYTES, MAX_LINE_BYTES + 1, MAX_LINE_BYTES + 2] {
            assert_eq!(cut(&format!("{kept}{}", "x".repeat(unended)), 9), kept);
        }
    }

    #[test]
    fn cutting_back_does_not_touch_a_file_of_which_nothing_goes() {
        let (folder, path) = file_of("{\"images\":1}\n");
        let link = folder.path().join("link");
        fs::hard_link(&path, &link).expect("hard link");
        cut_back(&path, 1).expect("cut back");
        fs::write(&link, "seen through both names").expect("write");
        let text = fs::read_to_string(&path).expect("read");
        assert_eq!(text, "seen through both names");
    }

    #[test]
    fn cutting_back_a_missing_file_is_fine() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let path = folder.path().join("x.jsonl");
        cut_back(&path, 1).expect("nothing to do");
        assert!(!path.exists());
        let error = read_lines::<Record>(&path).expect_err("missing");
        assert!(error.is_not_found());
    }

    #[test]
    fn reading_counts_foreign_lines_and_ignores_a_torn_one() {
        let long = format!("{{\"images\":3,\"x\":\"{}\"}}", "x".repeat(MAX_LINE_BYTES));
        let text = format!("{{\"images\":1}}\nfoo\n{long}\n{{\"images\":2,\"x\":0}}\n{{\"images\":3");
        let (_folder, path) = file_of(&text);
        let lines = read_lines::<Record>(&path).expect("read");
        assert_eq!(lines.records, [Record { images: 1 }, Record { images: 2 }]);
        assert_eq!(lines.skipped, 2);
    }

    #[test]
    fn a_run_cut_back_and_continued_has_the_lines_of_one_that_was_not() {
        let (_folder, path) = file_of("");
        for (from, to) in [(0, 5), (3, 8)] {
            cut_back(&path, from).expect("cut back");
            let mut lines = JsonLines::append(&path).expect("open");
            for images in from + 1..=to {
                lines.write(&stats_at(images)).expect("write");
            }
        }
        let expected: Vec<Stats> = (1..=8).map(stats_at).collect();
        assert_eq!(read_lines::<Stats>(&path).expect("read").records, expected);
    }
}
