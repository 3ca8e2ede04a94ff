//! Appends to the `.jsonl` files and to `log.txt`, one line per write.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::error::RunError;
use crate::regular::open_with;

/// Appends records of type `T` to a file, one JSON object per line.
#[derive(Debug)]
pub struct JsonLines<T> {
    path: PathBuf,
    file: File,
    /// Whether the file ends within a line, which the next record must not continue.
    is_torn: bool,
    records: PhantomData<fn(&T)>,
}

impl<T: Serialize> JsonLines<T> {
    /// Opens `path` for appending; it is created if missing.
    ///
    /// # Errors
    ///
    /// If the system refuses.
    pub fn append(path: &Path) -> Result<Self, RunError> {
        let open = || {
            let mut file = open_with(path, File::options().create(true).read(true).append(true))?;
            let is_torn = ends_within_a_line(&mut file)?;
            Ok((file, is_torn))
        };
        let (file, is_torn) = open().map_err(|e| RunError::refused("write", path, e))?;
        Ok(Self { path: path.to_path_buf(), file, is_torn, records: PhantomData })
    }

    /// Appends one line, in one write to the system.
    ///
    /// # Errors
    ///
    /// If the system refuses. The file may then end within a line; the next record starts a new one.
    pub fn write(&mut self, record: &T) -> Result<(), RunError> {
        self.write_line(record).map_err(|e| RunError::refused("write", &self.path, e))
    }

    /// Makes the lines written so far outlast a power cut. They outlast a kill of the process without it.
    ///
    /// # Errors
    ///
    /// If the system refuses.
    pub fn sync(&self) -> Result<(), RunError> {
        self.file.sync_data().map_err(|e| RunError::refused("write", &self.path, e))
    }

    fn write_line(&mut self, record: &T) -> io::Result<()> {
        let mut line = Vec::new();
        if self.is_torn {
            line.push(b'\n');
        }
        serde_json::to_writer(&mut line, record)?;
        line.push(b'\n');
        self.is_torn = true;
        self.file.write_all(&line)?;
        self.is_torn = false;
        Ok(())
    }
}

fn ends_within_a_line(file: &mut File) -> io::Result<bool> {
    if file.metadata()?.len() == 0 {
        return Ok(false);
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last != [b'\n'])
}

/// Appends `text` as it is to the file at `path`, which is created if missing, in one write.
///
/// # Errors
///
/// If the system refuses.
pub fn append_text(path: &Path, text: &str) -> Result<(), RunError> {
    open_with(path, File::options().create(true).append(true))
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|e| RunError::refused("write", path, e))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn records_are_appended_a_line_each() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let path = folder.path().join("x.jsonl");
        for record in [[1, 2], [3, 4]] {
            let mut lines = JsonLines::append(&path).expect("open");
            lines.write(&record).expect("write");
            lines.sync().expect("sync");
        }
        assert_eq!(fs::read_to_string(&path).expect("read"), "[1,2]\n[3,4]\n");
    }

    #[test]
    fn a_record_does_not_continue_a_torn_line() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let path = folder.path().join("x.jsonl");
        fs::write(&path, "[1,").expect("write");
        let mut lines = JsonLines::append(&path).expect("open");
        lines.write(&[3]).expect("write");
        lines.write(&[4]).expect("write");
        assert_eq!(fs::read_to_string(&path).expect("read"), "[1,\n[3]\n[4]\n");
    }

    #[test]
    fn text_is_appended_as_it_is() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let path = folder.path().join("log.txt");
        append_text(&path, "one\n").expect("append");
        append_text(&path, "two").expect("append");
        assert_eq!(fs::read_to_string(&path).expect("read"), "one\ntwo");
        let error = append_text(folder.path(), "x").expect_err("a folder");
        assert_eq!(error.path(), folder.path());
    }
}
