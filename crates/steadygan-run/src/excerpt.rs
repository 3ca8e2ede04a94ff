//! Reads a few lines of a `.jsonl` file, for programs that show many runs and cannot read each file whole.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use serde::de::DeserializeOwned;

use crate::error::RunError;
use crate::line_reader::{LineReader, Place};
use crate::lines::Lines;
use crate::regular::open_regular;

/// How many bytes [`read_spread_lines`] reads at a place: the rest of a line and the whole line after it.
const SPREAD_BYTES: u64 = 4096;

/// The records of the lines that begin in a file's last `bytes` bytes, or of all lines of a shorter file. A torn last
/// line is ignored; a complete line that is not such a record is skipped and counted.
///
/// # Errors
///
/// If the system refuses, which includes a missing file ([`RunError::is_not_found`]).
pub fn read_last_lines<T: DeserializeOwned>(path: &Path, bytes: u64) -> Result<Lines<T>, RunError> {
    last_lines(path, bytes).map_err(|e| RunError::refused("read", path, e))
}

fn last_lines<T: DeserializeOwned>(path: &Path, bytes: u64) -> io::Result<Lines<T>> {
    let mut file = open_regular(path)?;
    let start = file.metadata()?.len().saturating_sub(bytes);
    let mut lines = Lines::none();
    let mut reader = LineReader::new(reader_after_newline(&mut file, start)?, Place::default());
    while let Some(piece) = reader.next()? {
        lines.take_in(&piece);
    }
    Ok(lines)
}

/// The records of about `count` lines at even distances through a file, the first among them, in order. Lines that are
/// torn, foreign or longer than a few kilobytes are left out.
///
/// # Errors
///
/// As [`read_last_lines`].
pub fn read_spread_lines<T: DeserializeOwned>(path: &Path, count: u64) -> Result<Vec<T>, RunError> {
    spread_lines(path, count).map_err(|e| RunError::refused("read", path, e))
}

fn spread_lines<T: DeserializeOwned>(path: &Path, count: u64) -> io::Result<Vec<T>> {
    let mut file = open_regular(path)?;
    let length = file.metadata()?.len();
    let mut records = Vec::new();
    let mut read_to = 0;
    let mut buffer = Vec::new();
    for at in 0..count {
        // Starts one byte early, so that a line that begins exactly at `wanted` counts as whole.
        let wanted = (length as u128 * u128::from(at) / u128::from(count)) as u64;
        let start = wanted.saturating_sub(1);
        if at > 0 && start < read_to {
            continue;
        }
        file.seek(SeekFrom::Start(start))?;
        buffer.clear();
        file.by_ref().take(SPREAD_BYTES).read_to_end(&mut buffer)?;
        let Some((line, end)) = first_line(&buffer, at == 0) else { continue };
        read_to = start + end as u64;
        records.extend(serde_json::from_slice::<T>(line).ok());
    }
    Ok(records)
}

/// The first complete line in `bytes`, and where it ends. Unless the bytes are the file's first, everything up to the
/// first newline is the rest of an earlier line.
fn first_line(bytes: &[u8], from_start: bool) -> Option<(&[u8], usize)> {
    let newline = |from: usize| bytes[from..].iter().position(|&byte| byte == b'\n').map(|at| from + at);
    let begin = if from_start { 0 } else { newline(0)? + 1 };
    let end = newline(begin)?;
    Some((&bytes[begin..end], end))
}

/// A reader of the lines that begin at `start` or after it.
fn reader_after_newline(file: &mut File, start: u64) -> io::Result<BufReader<&mut File>> {
    file.seek(SeekFrom::Start(start.saturating_sub(1)))?;
    let mut reader = BufReader::new(file);
    if start > 0 {
        io::BufRead::skip_until(&mut reader, b'\n')?;
    }
    Ok(reader)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lines::tests::{Record, file_of};

    fn last(text: &str, bytes: u64) -> (Vec<u64>, u64) {
        let (_folder, path) = file_of(text);
        let lines = read_last_lines::<Record>(&path, bytes).expect("read");
        (lines.records.iter().map(|record| record.images).collect(), lines.skipped)
    }

    #[test]
    fn the_last_lines_begin_in_the_last_bytes() {
        let text = "{\"images\":1}\n{\"images\":2}\n{\"images\":3}\n";
        assert_eq!(last(text, 13), (vec![3], 0));
        assert_eq!(last(text, 25), (vec![3], 0));
        assert_eq!(last(text, 26), (vec![2, 3], 0));
        assert_eq!(last(text, 1000), (vec![1, 2, 3], 0));
        assert_eq!(last(text, 0), (vec![], 0));
        assert_eq!(last(&format!("{text}foo\n{{\"ima"), 1000), (vec![1, 2, 3], 1));
        assert_eq!(last("", 10), (vec![], 0));
    }

    fn spread(text: &str, count: u64) -> Vec<u64> {
        let (_folder, path) = file_of(text);
        read_spread_lines::<Record>(&path, count).expect("read").iter().map(|record| record.images).collect()
    }

    #[test]
    fn spread_lines_are_even_in_order_and_never_twice() {
        let text: String = (100..200).map(|images| format!("{{\"images\":{images}}}\n")).collect();
        assert_eq!(spread(&text, 4), [100, 125, 150, 175]);
        assert_eq!(spread(&text, 1), [100]);
        assert_eq!(spread(&text, 1000), (100..200).collect::<Vec<_>>());
        assert_eq!(spread("{\"images\":1}\nfoo\n{\"ima", 9), [1]);
        assert_eq!(spread("", 9), Vec::<u64>::new());
    }
}
