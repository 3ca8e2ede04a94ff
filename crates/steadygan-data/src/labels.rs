//! Files that give images their labels: `dataset.json` of StyleGAN's dataset tool, `metadata.jsonl` and `metadata.csv`
//! of Hugging Face's image folders, and WebDataset's `.cls`.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;

use super::classes::Label;
use super::name::{Name, listed};
use crate::error::{Error, Result};

/// All files of labels of a source may take this many bytes, 256 MiB; ImageNet's `dataset.json` takes 60.
const MAX_BYTES: usize = 256 << 20;

/// A file of labels.
#[derive(Debug)]
struct LabelFile {
    name: Name,
    /// Or why it is not read, as the end of a sentence that begins with its name.
    content: Result<Vec<u8>, String>,
}

/// A source's files of labels.
#[derive(Debug, Default)]
pub(super) struct LabelFiles {
    files: Vec<LabelFile>,
    bytes: usize,
}

impl LabelFiles {
    pub(super) fn add(&mut self, name: Name, content: Result<Vec<u8>, String>) {
        self.bytes = self.bytes.saturating_add(content.as_ref().map_or(0, Vec::len));
        let too_large = || format!("is not read: labels may take {} MiB", MAX_BYTES >> 20);
        let content = if self.bytes > MAX_BYTES { Err(too_large()) } else { content };
        self.files.push(LabelFile { name, content });
    }

    /// A file that says that the images have no labels, if there is one: StyleGAN's dataset tool writes it beside shards.
    pub(super) fn says_none(&self) -> Option<&Name> {
        let says = |file: &&LabelFile| {
            matches!(Format::of(&file.name), Some(Format::StyleGan))
                && read(&file.name, &file.content).is_ok_and(|labels| labels.is_empty())
        };
        self.files.iter().find(says).map(|file| &file.name)
    }

    /// The label of each image, if there are files that give any.
    ///
    /// # Errors
    /// If some images have a label and some have none.
    pub(super) fn of(&self, images: &[&Name], warnings: &mut Vec<String>) -> Result<Option<Vec<Label>>> {
        let known: BTreeSet<&[u8]> = images.iter().flat_map(|image| [image.bytes(), sample(image)]).collect();
        let mut given: BTreeMap<Vec<u8>, Label> = BTreeMap::new();
        let mut unread: BTreeMap<String, Vec<&Name>> = BTreeMap::new();
        let mut givers = Vec::new();
        for LabelFile { name, content } in &self.files {
            let mut labels = match read(name, content) {
                Ok(labels) if labels.is_empty() => continue,
                Ok(labels) => labels,
                Err(why) => {
                    unread.entry(why).or_default().push(name);
                    continue;
                }
            };
            labels.retain(|(image, _)| known.contains(image.as_slice()));
            if labels.is_empty() {
                unread.entry("has labels, but none of these images".into()).or_default().push(name);
                continue;
            }
            givers.push(name);
            for (image, label) in labels {
                if given.insert(image.clone(), label.clone()).is_some_and(|earlier| earlier != label) {
                    return Err(two_labels(&image, name));
                }
            }
        }
        warnings.extend(unread.iter().map(|(why, files)| format!("{}: {why}", listed(files.iter(), ", "))));
        if givers.is_empty() {
            return Ok(None);
        }
        let label = |image: &&Name| given.get(image.bytes()).or_else(|| given.get(sample(image))).cloned();
        let labels: Vec<Option<Label>> = images.iter().map(label).collect();
        let without = images.iter().zip(&labels).filter(|(_, label)| label.is_none());
        let without: Vec<&Name> = without.map(|(image, _)| *image).collect();
        if !without.is_empty() {
            return Err(no_label(&givers, &without));
        }
        Ok(Some(of_one_kind(labels.into_iter().flatten().collect())))
    }
}

fn two_labels(image: &[u8], file: &Name) -> Error {
    let hint = "give every image one label, or move the labels elsewhere to train without them";
    Error::data(format!("{} has another label in {file} than before", Name::new(image)), hint)
}

fn no_label(files: &[&Name], images: &[&Name]) -> Error {
    let (files, images) = (listed(files.iter(), ", "), listed(images.iter(), ", "));
    let hint = "give every image a label, or move the labels elsewhere to train without them";
    Error::data(format!("{files}: no label for {images}"), hint)
}

/// Whether a file of this name gives labels.
pub(super) fn is_label_file(name: &Name) -> bool {
    Format::of(name).is_some()
}

#[derive(Debug, Clone, Copy)]
enum Format {
    StyleGan,
    JsonLines,
    Csv,
    WebDataset,
}

impl Format {
    fn of(name: &Name) -> Option<Self> {
        match name.last() {
            b"dataset.json" => Some(Self::StyleGan),
            b"metadata.jsonl" => Some(Self::JsonLines),
            b"metadata.csv" => Some(Self::Csv),
            last if last.ends_with(b".cls") => Some(Self::WebDataset),
            _ => None,
        }
    }
}

/// Labels by the names of images, or by those of samples in WebDataset.
type Given = Vec<(Vec<u8>, Label)>;

const NO_CLASSES: &str = "its labels are neither whole numbers nor names, so they are no classes";

/// The labels in a file; none if it says that there are none. The error is the end of a sentence that begins with the
/// file's name.
fn read(file: &Name, content: &Result<Vec<u8>, String>) -> Result<Given, String> {
    let content = content.as_deref().map_err(String::clone)?;
    let content = content.strip_prefix("\u{feff}".as_bytes()).unwrap_or(content);
    match Format::of(file) {
        Some(Format::StyleGan) => read_style_gan(file, content),
        Some(Format::JsonLines) => read_json_lines(file, content),
        Some(Format::Csv) => read_csv(file, content),
        Some(Format::WebDataset) => read_web_dataset(file, content),
        None => Ok(Given::new()),
    }
}

fn read_style_gan(file: &Name, content: &[u8]) -> Result<Given, String> {
    #[derive(Deserialize)]
    struct Dataset {
        labels: Option<Vec<(String, Value)>>,
    }
    let dataset: Dataset = serde_json::from_slice(content).map_err(|cause| format!("is not read: {cause}"))?;
    let labels = dataset.labels.unwrap_or_default();
    labels.into_iter().map(|(image, value)| Ok((beside(file, &image), in_json(value)?))).collect()
}

fn read_json_lines(file: &Name, content: &[u8]) -> Result<Given, String> {
    #[derive(Deserialize)]
    struct Row {
        file_name: String,
        label: Option<Value>,
        class: Option<Value>,
    }
    let mut given = Given::new();
    for (number, line) in (1..).zip(content.split(|byte| *byte == b'\n')) {
        if line.trim_ascii().is_empty() {
            continue;
        }
        let row: Row = serde_json::from_slice(line).map_err(|cause| format!("is not read: line {number}: {cause}"))?;
        if let Some(value) = row.label.or(row.class) {
            given.push((beside(file, &row.file_name), in_json(value)?));
        }
    }
    if given.is_empty() { Err(WITHOUT_LABELS.to_owned()) } else { Ok(given) }
}

fn read_csv(file: &Name, content: &[u8]) -> Result<Given, String> {
    let failed = |cause: csv::Error| format!("is not read: {cause}");
    let mut table = csv::Reader::from_reader(content);
    let heads = table.headers().map_err(failed)?;
    let column = |name: &str| heads.iter().position(|head| head.trim() == name);
    let image = column("file_name").ok_or("is not read: it has no column `file_name`")?;
    let label = column("label").or_else(|| column("class")).ok_or(WITHOUT_LABELS)?;
    let mut given = Given::new();
    for row in table.records() {
        let row = row.map_err(failed)?;
        if let (Some(image), Some(label)) = (row.get(image), row.get(label).filter(|label| !label.is_empty())) {
            given.push((beside(file, image), in_words(label)?));
        }
    }
    Ok(given)
}

fn read_web_dataset(file: &Name, content: &[u8]) -> Result<Given, String> {
    let text = str::from_utf8(content).map_err(|_| "is not read: it is no text")?;
    Ok(vec![(sample(file).to_vec(), in_words(text.trim())?)])
}

/// The name of an image that a file of labels names from its own folder.
fn beside(file: &Name, image: &str) -> Vec<u8> {
    let image = image.replace('\\', "/");
    [file.folder(), image.strip_prefix("./").unwrap_or(&image).as_bytes()].concat()
}

const WITHOUT_LABELS: &str = "gives no labels: it has no `label` and no `class`";

/// The name of the sample in WebDataset that a file is a part of: the file's name up to the first dot of its last part.
fn sample(file: &Name) -> &[u8] {
    let stem = file.last().iter().position(|byte| *byte == b'.').unwrap_or(file.last().len());
    &file.bytes()[..file.folder().len() + stem]
}

fn in_json(value: Value) -> Result<Label, String> {
    match value {
        Value::String(name) => in_words(&name),
        value => value.as_i64().map(Label::Number).ok_or_else(|| NO_CLASSES.to_owned()),
    }
}

/// A label as text. Text that is how a whole number is written is that number; another number is no class.
fn in_words(text: &str) -> Result<Label, String> {
    let number = text.parse().ok().filter(|number: &i64| number.to_string() == text);
    let fraction = || text.contains('.') && text.parse::<f64>().is_ok();
    match number {
        Some(number) => Ok(Label::Number(number)),
        None if text.is_empty() || fraction() => Err(NO_CLASSES.to_owned()),
        None => Ok(Label::Name(text.to_owned())),
    }
}

/// The labels, all as names unless all are numbers, so that 7 and "7" are one class.
fn of_one_kind(labels: Vec<Label>) -> Vec<Label> {
    if labels.iter().all(|label| matches!(label, Label::Number(_))) {
        return labels;
    }
    let name = |label| match label {
        Label::Number(number) => Label::Name(number.to_string()),
        name => name,
    };
    labels.into_iter().map(name).collect()
}

#[cfg(test)]
mod tests;
