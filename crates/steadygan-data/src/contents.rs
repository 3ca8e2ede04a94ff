//! The names and classes that a door returns for its images, and what is derived from them: the order of the images,
//! their classes, and whether enough of them could be read.

use std::collections::BTreeSet;

use super::collector::CollectedImages;
use super::holdout::{self, ImageDigest};
use super::{Images, UnreadableImage};
use crate::error::{Error, Result};
use crate::names::printable;

/// More unreadable images than one in this many is an error, because the source is probably the wrong one.
const UNREADABLE_ONE_IN: usize = 10;

/// How many unreadable images a message names.
const MAX_NAMES: usize = 3;

/// What a door returns about a source beside its images.
#[derive(Debug)]
pub(super) struct Contents {
    /// The data set's short name.
    pub(super) name: String,
    pub(super) naming: Naming,
    /// The files and folders that could not even be listed.
    pub(super) skipped: Vec<UnreadableImage>,
    /// A sentence that warns the user about the source.
    pub(super) warning: Option<String>,
    /// The channels of the images and their digests, if the door has computed digests already.
    pub(super) digests: Option<(usize, Vec<ImageDigest>)>,
}

impl Contents {
    /// Contents with nothing skipped, no warning and no digests.
    pub(super) fn new(name: String, naming: Naming) -> Self {
        Self { name, naming, skipped: Vec::new(), warning: None, digests: None }
    }
}

/// How images are named and ordered.
#[derive(Debug)]
pub(super) enum Naming {
    /// Each image has its file's name, `/` between folders; the names come in the order the door read the images.
    /// The images are then sorted by the bytes of their names, and folders are classes.
    Files(Vec<String>),
    /// Each image has its number in the order the door read them, and keeps that place.
    Numbers(Option<Classes>),
}

/// The class of each image, an index into the names of the classes.
#[derive(Debug, PartialEq)]
pub(super) struct Classes {
    pub(super) by_image: Vec<u32>,
    pub(super) names: Vec<String>,
}

impl Classes {
    /// Numbers the classes from 0 in ascending order of their labels; the labels become the names.
    pub(super) fn from_labels(labels: &[i64]) -> Self {
        let known: Vec<i64> = BTreeSet::from_iter(labels).into_iter().copied().collect();
        let class = |label: &i64| known.partition_point(|other| other < label) as u32;
        Self { by_image: labels.iter().map(class).collect(), names: known.iter().map(i64::to_string).collect() }
    }

    /// Takes the folders at the first level that has more than one folder as classes, if every image lies in a folder
    /// of that level: `photos/cat/1.png` and `photos/dog/1.png` have the classes cat and dog; `photos/1.png` has none.
    fn from_folders(names: &[&str]) -> Option<Self> {
        let (mut folders, mut below) = split(names)?;
        while folders.iter().all(|folder| *folder == folders[0]) {
            (folders, below) = split(&below)?;
        }
        let known: Vec<&str> = BTreeSet::from_iter(&folders).into_iter().copied().collect();
        let class = |folder: &&str| known.partition_point(|name| name < folder) as u32;
        Some(Self {
            by_image: folders.iter().map(class).collect(),
            names: known.iter().map(|name| printable(name)).collect(),
        })
    }
}

/// Each name's first folder and the rest of its path, if there are names and all have a folder.
fn split<'a>(names: &[&'a str]) -> Option<(Vec<&'a str>, Vec<&'a str>)> {
    let parts: Option<(Vec<&str>, Vec<&str>)> = names.iter().map(|name| name.split_once('/')).collect();
    parts.filter(|(folders, _)| !folders.is_empty())
}

impl Naming {
    /// The name of the image that the door read as number `index`.
    pub(super) fn name(&self, index: usize) -> String {
        match self {
            Self::Files(names) => printable(&names[index]),
            Self::Numbers(_) => format!("image {index}"),
        }
    }
}

/// All of a source's readable images, before the held-out set is split off.
#[derive(Debug)]
pub(super) struct SourceImages {
    pub(super) name: String,
    pub(super) images: Images,
    pub(super) class_names: Vec<String>,
    pub(super) skipped: Vec<UnreadableImage>,
    pub(super) warning: Option<String>,
    /// The digests of the images, in order.
    pub(super) digests: Vec<ImageDigest>,
}

impl SourceImages {
    /// Puts the images in order and gives them their classes.
    pub(super) fn new(contents: Contents, collected: CollectedImages) -> Self {
        let Contents { name, naming, mut skipped, warning, digests } = contents;
        let CollectedImages { mut images, failures, taken } = collected;
        let mut failed = failures.iter().map(|(index, _)| *index).peekable();
        let kept: Vec<usize> = (0..taken).filter(|index| failed.next_if_eq(index).is_none()).collect();
        skipped.extend(failures.into_iter().map(|(index, why)| UnreadableImage { name: naming.name(index), why }));
        let classes = match naming {
            Naming::Files(names) => {
                skipped.sort_by(|a, b| a.name.cmp(&b.name));
                let name = |place: &usize| names[kept[*place]].as_str();
                let mut order: Vec<usize> = (0..kept.len()).collect();
                order.sort_by_key(name);
                images.reorder(&order);
                Classes::from_folders(&order.iter().map(name).collect::<Vec<_>>())
            }
            Naming::Numbers(classes) => classes.map(|classes| Classes {
                by_image: kept.iter().map(|&index| classes.by_image[index]).collect(),
                ..classes
            }),
        };
        let (by_image, class_names) = classes.map(|classes| (classes.by_image, classes.names)).unzip();
        images.classes = by_image;
        // The door's digests still hold if no image was left out and the number of channels did not change.
        let same = |(channels, of): &(usize, Vec<_>)| *channels == images.channels && of.len() == images.count();
        let digests = digests.filter(same).map_or_else(|| holdout::digests(&images), |(_, of)| of);
        Self { name, images, class_names: class_names.unwrap_or_default(), skipped, warning, digests }
    }

    /// An error if no image can be read, or if more than a tenth of them cannot be read.
    pub(super) fn check_readable(&self, source: &str) -> Result<()> {
        let (read, skipped) = (self.images.count(), self.skipped.len());
        if read == 0 && skipped == 0 {
            return Err(Error::data(
                format!("{source} holds no images"),
                "PNG, JPEG, WebP, BMP and GIF files are read, in sub-folders too; \
                 data.source = \"embedded\" is the built-in set",
            ));
        }
        if read > 0 && skipped * UNREADABLE_ONE_IN <= read + skipped {
            return Ok(());
        }
        let named = self.skipped.iter().take(MAX_NAMES).map(|UnreadableImage { name, why }| format!("{name} {why}"));
        let named: Vec<String> = named.collect();
        let more = skipped.saturating_sub(MAX_NAMES);
        let and_more = if more > 0 { format!("; and {more} more") } else { String::new() };
        Err(Error::data(
            format!(
                "{skipped} of {} images in {source} cannot be read: {}{and_more}",
                read + skipped,
                named.join("; ")
            ),
            "remove or convert these files; up to a tenth of the images may be unreadable",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_classes_at_the_first_level_that_divides_the_images() {
        let classes =
            |names: &[&str]| Classes::from_folders(names).map(|classes| (classes.by_image, classes.names.join(" ")));
        assert_eq!(classes(&["bag/1", "bag/x/2", "shoe/1"]), Some((vec![0, 0, 1], "bag shoe".to_owned())));
        assert_eq!(classes(&["set/train/b/1", "set/train/a/1"]), Some((vec![1, 0], "a b".to_owned())));
        assert_eq!(classes(&["set/1", "set/2"]), None);
        assert_eq!(classes(&["set/a/1", "set/2"]), None);
        assert_eq!(classes(&["a/1", "2"]), None);
        assert_eq!(classes(&[]), None);
    }

    #[test]
    fn names_cannot_command_a_terminal() {
        let naming = Naming::Files(vec!["é \u{1b}]0;x\u{7}\n.png".to_owned()]);
        assert_eq!(naming.name(0), "é \\u{1b}]0;x\\u{7}\\n.png");
        let names = Classes::from_folders(&["a\u{9b}/1", "b/1"]).unwrap().names;
        assert_eq!(names, ["a\\u{9b}", "b"]);
    }

    #[test]
    fn labels_keep_their_order_and_their_names() {
        let classes = Classes::from_labels(&[7, -1, 7, 300]);
        assert_eq!((classes.by_image, classes.names.join(" ")), (vec![1, 0, 1, 2], "-1 7 300".to_owned()));
    }
}
