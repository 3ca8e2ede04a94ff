//! Event files for TensorBoard: a run's lines and sheets in the form that TensorBoard reads.
//!
//! A file is a sequence of records (TFRecord): the length, a masked CRC-32C of the length, the bytes, and a masked
//! CRC-32C of the bytes. Each record is an `Event`. Sources: `tensorflow/core/lib/io/record_writer.cc` for the framing,
//! `tensorboard/compat/proto/{event,summary,tensor}.proto` for the numbers of the fields.

use crate::error::{Error, Result};
use crate::pictures::DynamicImage;
use crate::protobuf::Message;
use serde::Serialize;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The version of event files that TensorBoard expects in the first event.
const FILE_VERSION: &str = "brain.Event:2";

/// To mask a checksum, it is rotated by 15 bits and this is added.
const MASK_DELTA: u32 = 0xa282_ead8;

/// `SessionLog.START`: TensorBoard drops the events of other files at this step or later, which a resume has undone.
const START: u64 = 1;

/// `DT_STRING` of `DataType`.
const STRING: u64 = 7;

/// A growing event file.
#[derive(Debug)]
pub(super) struct EventFile {
    path: PathBuf,
    file: File,
}

impl EventFile {
    /// A new file in `folder` for a run that goes on at `images`, with its recipe.
    pub(super) fn new(folder: &Path, images: u64, recipe: &str) -> Result<Self> {
        let now = since_1970();
        // Readers take files in the order of their names.
        let name = format!("events.out.tfevents.{:010}.{:09}.{}", now.as_secs(), now.subsec_nanos(), process::id());
        let path = folder.join(name);
        let file = File::create_new(&path).map_err(|error| refused(&path, &error))?;
        let mut events = Self { path, file };
        events.write(event(0).text(3, FILE_VERSION))?;
        // One later, because events at `images` itself were written before and stay.
        events.write(event(images + 1).message(7, &Message::default().integer(1, START)))?;
        events.values(images, &[text_value("recipe", &format!("```toml\n{recipe}\n```"))])?;
        Ok(events)
    }

    /// Writes the numbers of a line of the run directory under their keys. Leaves out `images`, texts, and numbers that
    /// are not finite.
    pub(super) fn scalars(&mut self, images: u64, line: &impl Serialize) -> Result<()> {
        let line = serde_json::to_value(line).expect("lines are plain data");
        let numbers = line.as_object().into_iter().flatten().filter(|(key, _)| *key != "images");
        let kind = line["metric"].as_str().map(|metric| format!("{metric}/")).unwrap_or_default();
        let values: Vec<Message> = numbers
            .filter_map(|(key, value)| Some(tagged(&format!("{kind}{key}")).float(2, value.as_f64()? as f32)))
            .collect();
        self.values(images, &values)
    }

    /// Writes a sheet of fakes; `png` is its file.
    pub(super) fn picture(&mut self, images: u64, fakes: &DynamicImage, png: &[u8]) -> Result<()> {
        let channels = u64::from(fakes.color().channel_count());
        let size = Message::default().integer(1, fakes.height().into()).integer(2, fakes.width().into());
        self.values(images, &[tagged("fakes").message(4, &size.integer(3, channels).bytes(4, png))])
    }

    /// Writes values in one event, as a summary.
    fn values(&mut self, images: u64, values: &[Message]) -> Result<()> {
        let summary = values.iter().fold(Message::default(), |summary, value| summary.message(1, value));
        self.write(event(images).message(5, &summary))
    }

    fn write(&mut self, event: Message) -> Result<()> {
        // One write, so that a reader finds the whole record or can tell that it is incomplete.
        self.file.write_all(&record(&event.into_bytes())).map_err(|error| refused(&self.path, &error))
    }
}

fn refused(path: &Path, error: &io::Error) -> Error {
    Error::io(format!("cannot write {}", path.display()), error, "make room, or delete the run's folder `tensorboard`")
}

#[expect(clippy::disallowed_methods, reason = "TensorBoard shows the time of events, nothing depends on it")]
fn since_1970() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// An event at a step; the caller adds the content.
fn event(step: u64) -> Message {
    Message::default().double(1, since_1970().as_secs_f64()).integer(2, step)
}

/// A value with a tag; the caller adds the content.
fn tagged(tag: &str) -> Message {
    Message::default().text(1, tag)
}

/// A text, for TensorBoard's `text` plugin.
fn text_value(tag: &str, text: &str) -> Message {
    let plugin = Message::default().text(1, "text");
    let one = Message::default().message(2, &Message::default().integer(1, 1));
    let tensor = Message::default().integer(1, STRING).message(2, &one).text(8, text);
    tagged(tag).message(9, &Message::default().message(1, &plugin)).message(8, &tensor)
}

/// Bytes in a TFRecord.
fn record(bytes: &[u8]) -> Vec<u8> {
    let length = (bytes.len() as u64).to_le_bytes();
    [&length[..], &masked_crc(&length).to_le_bytes(), bytes, &masked_crc(bytes).to_le_bytes()].concat()
}

fn masked_crc(bytes: &[u8]) -> u32 {
    crc32c::crc32c(bytes).rotate_right(15).wrapping_add(MASK_DELTA)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 3720, B.4, has the checksum of 32 zeros as 0x8a9136aa. Rotated by 15 bits that is 0x6d551522, and with the
    /// mask added 0x0fd7fffa.
    #[test]
    fn checksums_are_castagnolis_and_masked() {
        assert_eq!(crc32c::crc32c(&[0; 32]), 0x8a91_36aa);
        assert_eq!(masked_crc(&[0; 32]), 0x0fd7_fffa);
        assert_eq!(record(b"ab").len(), 8 + 4 + 2 + 4);
    }
}
