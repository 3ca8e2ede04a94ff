//! An animation of a run's training: its sheets of fakes one after the other.

use super::animation::write_gif;
use crate::error::{Error, Result};
use image::{DynamicImage, ImageFormat, ImageReader};
use std::io::BufReader;
use std::path::{Path, PathBuf};
use steadygan_run::{RunDirectory, is_regular, open_regular, write_atomically_with};

/// The most sheets in an animation. With more sheets, it shows this many, spread evenly over training.
const MAX_SHEETS: usize = 48;

/// How long each sheet is shown, and how long the last one, in milliseconds.
const SHEET_MS: u32 = 200;
const LAST_MS: u32 = 2000;

/// Writes a run's sheets of fakes as an animation to a file, in the order in which they were drawn, and returns how many
/// it shows. A sheet that cannot be read, or has another size than the last one, is left out.
///
/// # Errors
///
/// The run has no readable sheet, or the file cannot be written.
pub fn write_progress(run: &RunDirectory, file: &Path) -> Result<usize> {
    let sheets = evenly(sheets(run)?, MAX_SHEETS);
    let nothing = || Error::data("the run has no sheets of fakes yet", "they come every train.sheets-every images");
    let last = sheets.iter().rev().find_map(|path| read(path)).ok_or_else(nothing)?;
    let size = [last.width(), last.height()];
    let mut shown = 0;
    write_atomically_with(file, |out| {
        let fitting = sheets.iter().filter_map(|path| read(path));
        let mut fitting = fitting.filter(|sheet| [sheet.width(), sheet.height()] == size).peekable();
        let timed = std::iter::from_fn(|| {
            let sheet = fitting.next()?;
            shown += 1;
            Some((sheet, if fitting.peek().is_some() { SHEET_MS } else { LAST_MS }))
        });
        write_gif(out, timed)
    })?;
    Ok(shown)
}

/// The paths of the run's sheets of fakes; first the sheet drawn before training.
fn sheets(run: &RunDirectory) -> Result<Vec<PathBuf>> {
    let first = Some(run.fakes_init()).filter(|path| is_regular(path));
    Ok(first.into_iter().chain(run.fakes_written()?.into_iter().map(|(_, path)| path)).collect())
}

fn read(path: &Path) -> Option<DynamicImage> {
    ImageReader::with_format(BufReader::new(open_regular(path).ok()?), ImageFormat::Png).decode().ok()
}

/// At most `most` of the items, evenly spaced, including the first and the last.
fn evenly<T>(all: Vec<T>, most: usize) -> Vec<T> {
    let (count, last) = (all.len().min(most), all.len().saturating_sub(1));
    let is_chosen = |at: usize| (0..count).any(|nth| last * nth / count.saturating_sub(1).max(1) == at);
    all.into_iter().enumerate().filter(|(at, _)| is_chosen(*at)).map(|(_, one)| one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pictures::sheet::{encode_png, sheet};
    use image::AnimationDecoder;
    use image::codecs::gif::GifDecoder;
    use std::fs;
    use std::io::Cursor;

    #[test]
    fn sheets_are_frames_in_their_order_and_the_last_one_stays() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunDirectory::create(folder.path(), "a").unwrap();
        assert!(write_progress(&run, &run.progress()).unwrap_err().to_string().contains("no sheets"));
        fs::create_dir(run.fakes_folder()).unwrap();
        let level =
            |level: u8, side: usize| encode_png(&sheet(&vec![level; side * side], [1, 1, side, side], 1)).unwrap();
        fs::write(run.fakes_init(), level(10, 64)).unwrap();
        fs::write(run.fakes(64), level(20, 64)).unwrap();
        fs::write(run.fakes(128), level(25, 65)).unwrap();
        fs::write(run.fakes(192), level(30, 64)).unwrap();
        fs::write(run.fakes(256), "torn").unwrap();
        assert_eq!(write_progress(&run, &run.progress()).unwrap(), 3);
        let gif = Cursor::new(fs::read(run.progress()).unwrap());
        let frames = GifDecoder::new(gif).unwrap().into_frames().collect_frames().unwrap();
        let seen = frames.iter().map(|frame| (frame.buffer().get_pixel(0, 0).0[0], frame.delay().numer_denom_ms().0));
        assert_eq!(seen.collect::<Vec<_>>(), [(10, 200), (20, 200), (30, 2000)]);
    }

    #[test]
    fn of_many_sheets_a_part_is_shown_evenly() {
        assert_eq!(evenly((0..=100).collect(), 5), [0, 25, 50, 75, 100]);
        assert_eq!(evenly(vec![1, 2, 3], 5), [1, 2, 3]);
        assert_eq!(evenly(Vec::<u8>::new(), 5), [0; 0]);
        assert_eq!(evenly((0..1000).collect(), 48).len(), 48);
    }
}
