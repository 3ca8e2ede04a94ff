//! The names and classes that a door returns for its images, and what is derived from them: the order of the images,
//! their classes, and whether enough of them could be read.

use super::classes::{Classes, Files};
use super::collector::CollectedImages;
use super::holdout::{self, ImageDigest};
use super::name::{Name, listed};
use super::{Images, UnreadableImage};
use crate::error::{Error, Result};

/// More unreadable images than one in this many is an error, because the source is probably the wrong one.
const UNREADABLE_ONE_IN: usize = 10;

/// What a door returns about a source beside its images.
#[derive(Debug)]
pub(super) struct Contents {
    /// The data set's short name.
    pub(super) name: String,
    pub(super) naming: Naming,
    /// The files and folders that could not even be listed.
    pub(super) skipped: Vec<UnreadableImage>,
    /// Sentences that warn the user about the source.
    pub(super) warnings: Vec<String>,
    /// The channels of the images and their digests, if the door has computed digests already.
    pub(super) digests: Option<(usize, Vec<ImageDigest>)>,
}

impl Contents {
    /// Contents with nothing skipped, no warnings and no digests.
    pub(super) fn new(name: String, naming: Naming) -> Self {
        Self { name, naming, skipped: Vec::new(), warnings: Vec::new(), digests: None }
    }
}

/// How images are named and ordered.
#[derive(Debug)]
pub(super) enum Naming {
    /// Each image has its file's name. The images are then sorted by their names, and labels or folders are classes.
    Files(Files),
    /// Each image has its number in the order the door read them, and keeps that place.
    Numbers(Option<Classes>),
}

impl Naming {
    /// The name of the image that the door read as number `index`.
    pub(super) fn name(&self, index: usize) -> String {
        match self {
            Self::Files(files) => files.images[index].to_string(),
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
    pub(super) warnings: Vec<String>,
    /// The digests of the images, in order.
    pub(super) digests: Vec<ImageDigest>,
}

impl SourceImages {
    /// Puts the images in order and gives them their classes.
    ///
    /// # Errors
    /// If some of the images have labels and some have none.
    pub(super) fn new(contents: Contents, collected: CollectedImages) -> Result<Self> {
        let Contents { name, naming, mut skipped, mut warnings, digests } = contents;
        let CollectedImages { mut images, failures, taken } = collected;
        let mut failed = failures.iter().map(|(index, _)| *index).peekable();
        let kept: Vec<usize> = (0..taken).filter(|index| failed.next_if_eq(index).is_none()).collect();
        skipped.extend(failures.into_iter().map(|(index, why)| UnreadableImage { name: naming.name(index), why }));
        let classes = match naming {
            Naming::Files(files) => {
                skipped.sort_by(|a, b| a.name.cmp(&b.name));
                let name = |place: &usize| &files.images[kept[*place]];
                let mut order: Vec<usize> = (0..kept.len()).collect();
                order.sort_by_key(name);
                images.reorder(&order);
                let ordered: Vec<&Name> = order.iter().map(name).collect();
                Classes::of_files(&ordered, &files, &mut warnings)?
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
        Ok(Self { name, images, class_names: class_names.unwrap_or_default(), skipped, warnings, digests })
    }

    /// An error if no image can be read, or if more than a tenth of them cannot be read.
    pub(super) fn check_readable(&self, source: &str) -> Result<()> {
        let (read, skipped) = (self.images.count(), self.skipped.len());
        if read == 0 && skipped == 0 {
            return Err(Error::data(
                format!("{source} holds no images"),
                "PNG, JPEG, WebP, BMP, GIF, TIFF and PNM files are read, in sub-folders too, Parquet files are not; \
                 data.source = \"embedded\" is the built-in set",
            ));
        }
        if read > 0 && skipped * UNREADABLE_ONE_IN <= read + skipped {
            return Ok(());
        }
        let named = self.skipped.iter().map(|UnreadableImage { name, why }| format!("{name} {why}"));
        Err(Error::data(
            format!("{skipped} of {} images in {source} cannot be read: {}", read + skipped, listed(named, "; ")),
            "remove or convert these files; up to a tenth of the images may be unreadable",
        ))
    }
}
