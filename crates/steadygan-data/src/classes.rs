//! The classes of images: from labels, or from the folders that the images lie in.

use std::collections::{BTreeMap, BTreeSet};

use super::labels::LabelFiles;
use super::name::{Name, is_of_system, listed};
use crate::error::Result;
use crate::names::printable;

/// The class of each image, an index into the names of the classes.
#[derive(Debug, PartialEq)]
pub(super) struct Classes {
    pub(super) by_image: Vec<u32>,
    pub(super) names: Vec<String>,
}

/// A label that names a class. Numbers come before names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Label {
    Number(i64),
    Name(String),
}

/// The files and folders of a source whose images are files.
#[derive(Debug, Default)]
pub(super) struct Files {
    /// The names of the images, in the order in which the door read them.
    pub(super) images: Vec<Name>,
    /// The folders, as far as they are known; a folder without images is in no image's name.
    pub(super) folders: Vec<Name>,
    /// The files that give images labels.
    pub(super) labels: LabelFiles,
}

impl Classes {
    /// Numbers the classes from 0 in ascending order of their labels; the labels become the names.
    pub(super) fn from_labels(labels: &[Label]) -> Self {
        let known: Vec<&Label> = BTreeSet::from_iter(labels).into_iter().collect();
        let class = |label: &Label| known.partition_point(|other| *other < label) as u32;
        let name = |label: &&Label| match label {
            Label::Number(number) => number.to_string(),
            Label::Name(name) => printable(name),
        };
        Self { by_image: labels.iter().map(class).collect(), names: known.iter().map(name).collect() }
    }

    /// The classes of `images`, names of `files`: by their labels if there are files of labels, else by their folders.
    /// What is passed over becomes a warning.
    ///
    /// # Errors
    /// If there are labels, but not for each image.
    pub(super) fn of_files(images: &[&Name], files: &Files, warnings: &mut Vec<String>) -> Result<Option<Self>> {
        match files.labels.of(images, warnings)? {
            Some(labels) => {
                warn_of_splits(images, warnings);
                Ok(Some(Self::from_labels(&labels)))
            }
            None => {
                let classes = Self::from_folders(images, &files.folders, warnings);
                let Some(file) = classes.as_ref().and_then(|_| files.labels.says_none()) else { return Ok(classes) };
                warnings.push(format!("{file} says that the images have no labels, so their folders are no classes"));
                Ok(None)
            }
        }
    }

    /// Takes the folders at the first level that has more than one folder as classes, if every image lies in a folder
    /// of that level: `photos/cat/1.png` and `photos/dog/1.png` have the classes cat and dog; `photos/1.png` has none.
    /// Folders of splits (train, test) and shards (00000, 00001) are no classes.
    fn from_folders(images: &[&Name], folders: &[Name], warnings: &mut Vec<String>) -> Option<Self> {
        for depth in 0.. {
            let paths: Option<Vec<&[u8]>> = images.iter().map(|image| image.down_to(depth)).collect();
            let paths = paths.filter(|paths| !paths.is_empty())?;
            let holding = BTreeSet::from_iter(paths.iter().copied());
            warn_of_empty(&holding, folders, depth, warnings);
            let known: BTreeSet<&[u8]> = holding.iter().map(|path| last_part(path)).collect();
            if known.len() > 1 && !are_splits(&known, warnings) {
                return (!are_shards(images, depth)).then(|| Self::numbered(&paths, known));
            }
        }
        unreachable!("every name has an end")
    }

    /// The classes of images in these folders, in the order of the folders' names.
    fn numbered(paths: &[&[u8]], known: BTreeSet<&[u8]>) -> Self {
        let mut names: Vec<Name> = known.into_iter().map(Name::new).collect();
        names.sort();
        let number: BTreeMap<&[u8], u32> = names.iter().map(Name::bytes).zip(0..).collect();
        let by_image = paths.iter().map(|path| number[last_part(path)]).collect();
        Self { by_image, names: names.iter().map(Name::to_string).collect() }
    }
}

fn last_part(path: &[u8]) -> &[u8] {
    path.rsplit(|byte| *byte == b'/').next().unwrap_or_default()
}

/// Warns of folders without images beside the folders of images (`holding`) at a depth.
fn warn_of_empty(holding: &BTreeSet<&[u8]>, folders: &[Name], depth: usize, warnings: &mut Vec<String>) {
    let around: BTreeSet<Vec<u8>> = holding.iter().map(|path| Name::new(*path).folder().to_vec()).collect();
    let is_empty = |folder: &&Name| {
        folder.depth() == depth
            && around.contains(folder.folder())
            && !holding.contains(folder.bytes())
            && !is_of_system(folder.last())
    };
    let empty: BTreeSet<&Name> = folders.iter().filter(is_empty).collect();
    if !empty.is_empty() {
        let verb = if empty.len() == 1 { "holds" } else { "hold" };
        warnings.push(format!("{} {verb} no image that can be read", listed(empty.iter(), ", ")));
    }
}

/// The usual names of the parts that a data set is split into.
const TRAINING: [&str; 2] = ["train", "training"];
const OTHER_SPLITS: [&str; 7] = ["test", "testing", "val", "valid", "validation", "dev", "eval"];

/// Whether folders are the parts of a split data set, among them the training part; a warning if so.
fn are_splits(folders: &BTreeSet<&[u8]>, warnings: &mut Vec<String>) -> bool {
    let is_one_of =
        |folder: &[u8], names: &[&str]| names.iter().any(|name| folder.eq_ignore_ascii_case(name.as_bytes()));
    let is_training = |folder: &&&[u8]| is_one_of(folder, &TRAINING);
    let Some(training) = folders.iter().find(is_training) else { return false };
    if !folders.iter().all(|folder| is_training(&folder) || is_one_of(folder, &OTHER_SPLITS)) {
        return false;
    }
    let shown = listed(folders.iter().map(|folder| Name::new(*folder)).collect::<Vec<_>>().iter(), ", ");
    let training = Name::new(*training);
    warnings.push(format!(
        "the folders {shown} are parts of a split, no classes; the images of all of them are used: name the folder \
         {training} to use its images only"
    ));
    true
}

/// Warns if the folders at the first level that has more than one are the parts of a split data set.
fn warn_of_splits(images: &[&Name], warnings: &mut Vec<String>) {
    for depth in 0.. {
        let folders: Option<BTreeSet<&[u8]>> = images.iter().map(|image| image.down_to(depth).map(last_part)).collect();
        match folders.filter(|folders| !folders.is_empty()) {
            None => return,
            Some(folders) if folders.len() > 1 => {
                are_splits(&folders, warnings);
                return;
            }
            Some(_) => {}
        }
    }
}

/// Files of a shard.
const SHARD: u64 = 1000;

/// The fewest digits in the name of a shard's folder.
const SHARD_DIGITS: usize = 5;

/// Whether the folders at a depth are shards: files numbered through, a thousand in a folder of digits. In
/// `00012/img00012345.png` the folder is the number's thousands (`dataset_tool.py` of StyleGAN2-ADA and StyleGAN3); in
/// `12000/12345.png` it is the number of its first file (FFHQ).
fn are_shards(images: &[&Name], depth: usize) -> bool {
    images.iter().all(|image| {
        let folder = image.down_to(depth).map(last_part).unwrap_or_default();
        let stem = image.last().split(|byte| *byte == b'.').next().unwrap_or_default();
        let digits = stem.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
        let numbers = [folder, &stem[stem.len() - digits..]].map(|text| str::from_utf8(text).ok()?.parse::<u64>().ok());
        let [Some(shard), Some(number)] = numbers else { return false };
        let is_digits = folder.iter().all(u8::is_ascii_digit);
        let thousands = number / SHARD;
        image.depth() == depth + 1
            && is_digits
            && folder.len() >= SHARD_DIGITS
            && (shard == thousands || shard == thousands * SHARD)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The classes of images with these names, and the warnings.
    fn classes(names: &[&str], folders: &[&str]) -> (Option<(Vec<u32>, String)>, Vec<String>) {
        let [names, folders] =
            [names, folders].map(|names| names.iter().map(|name| Name::new(*name)).collect::<Vec<_>>());
        let mut warnings = Vec::new();
        let found = Classes::from_folders(&names.iter().collect::<Vec<_>>(), &folders, &mut warnings);
        (found.map(|classes| (classes.by_image, classes.names.join(" "))), warnings)
    }

    fn silent(names: &[&str]) -> Option<(Vec<u32>, String)> {
        let (classes, warnings) = classes(names, &[]);
        assert_eq!(warnings, [""; 0]);
        classes
    }

    #[test]
    fn folders_are_classes_at_the_first_level_that_divides_the_images() {
        assert_eq!(silent(&["bag/1", "bag/x/2", "shoe/1"]), Some((vec![0, 0, 1], "bag shoe".to_owned())));
        assert_eq!(silent(&["set/train/b/1", "set/train/a/1"]), Some((vec![1, 0], "a b".to_owned())));
        assert_eq!(silent(&["set/1", "set/2"]), None);
        assert_eq!(silent(&["set/a/1", "set/2"]), None);
        assert_eq!(silent(&["a/1", "2"]), None);
        assert_eq!(silent(&[]), None);
        assert_eq!(silent(&["test/1", "trains/1"]), Some((vec![0, 1], "test trains".to_owned())));
    }

    #[test]
    fn parts_of_a_split_are_no_classes() {
        let (found, warnings) = classes(&["set/Test/cat/1", "set/train/cat/1", "set/train/dog/2"], &[]);
        assert_eq!(found, Some((vec![0, 0, 1], "cat dog".to_owned())));
        assert_eq!(
            warnings,
            ["the folders Test, train are parts of a split, no classes; the images of all of them are used: name the \
              folder train to use its images only"]
        );
        let (found, warnings) = classes(&["test/1", "train/1"], &[]);
        assert_eq!((found, warnings.len()), (None, 1));
    }

    #[test]
    fn shards_are_no_classes() {
        assert_eq!(silent(&["00000/img00000999.png", "00001/img00001000.png", "00012/img00012345.png"]), None);
        assert_eq!(silent(&["set/00000/00999.png", "set/01000/01000.png"]), None);
        // People by number, and digits.
        for names in
            [["00000/000.png", "00001/001.png"], ["0/0.png", "1/1000.png"], ["00000/a/0.png", "00001/a/1000.png"]]
        {
            assert_eq!(silent(&names).map(|(classes, _)| classes), Some(vec![0, 1]), "{names:?}");
        }
    }

    #[test]
    fn names_that_are_no_utf_8_stay_apart() {
        let names = [&b"caf\xe9/1"[..], b"caf\xe8/1", b"\x9b/1"].map(Name::new);
        let found = Classes::from_folders(&names.each_ref(), &[], &mut Vec::new()).unwrap();
        assert_eq!((found.by_image, found.names.join(" ")), (vec![1, 0, 2], "caf\\xE8 caf\\xE9 \\x9B".to_owned()));
        let found = Classes::from_folders(&["a\u{9b}/1", "b/1"].map(Name::new).each_ref(), &[], &mut Vec::new());
        assert_eq!(found.unwrap().names, ["a\\u{9b}", "b"]);
    }

    #[test]
    fn an_empty_folder_is_named() {
        let folders = ["set", "set/cat", "set/cat/small", "set/dog", "set/emu", "set/emu/deep", "__MACOSX", "notes"];
        let (found, warnings) = classes(&["set/cat/1", "set/dog/1"], &folders);
        assert_eq!(found, Some((vec![0, 1], "cat dog".to_owned())));
        assert_eq!(warnings, ["notes holds no image that can be read", "set/emu holds no image that can be read"]);
        assert_eq!(classes(&["1", "cat/1"], &["cat", "dog"]), (None, vec![]));
    }

    #[test]
    fn labels_keep_their_order_and_their_names() {
        let classes = Classes::from_labels(&[7, -1, 7, 300].map(Label::Number));
        assert_eq!((classes.by_image, classes.names.join(" ")), (vec![1, 0, 1, 2], "-1 7 300".to_owned()));
        let classes = Classes::from_labels(&["b\n", "a"].map(|name| Label::Name(name.to_owned())));
        assert_eq!((classes.by_image, classes.names.join(" ")), (vec![1, 0], "a b\\n".to_owned()));
    }
}
