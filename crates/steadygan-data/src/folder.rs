//! A folder of images, read recursively.

use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

use super::classes::Files;
use super::contents::Naming;
use super::labels::{LabelFiles, is_label_file};
use super::name::{Name, is_of_system, listed};
use super::source::{head, name_of};
use super::{Contents, DataPlan, Door, Sink, UnreadableImage, decode, encoded, outputs};
use crate::error::{Error, Result};

/// Opens directories. It reads the files whose extension or first bytes belong to an image format, and files of
/// labels; it ignores other files (notes) and hidden files and folders. It follows links, but not in circles, and
/// passes over the folders that runs and studies have written.
pub(super) struct Folder;

impl Door for Folder {
    fn description(&self) -> &'static str {
        "a folder of images (PNG, JPEG, WebP, BMP, GIF, TIFF, PNM)"
    }

    fn recognises(&self, source: &str) -> bool {
        Path::new(source).is_dir()
    }

    fn read(&self, plan: &DataPlan, sink: &mut dyn Sink) -> Result<Contents> {
        let root = Path::new(&plan.source);
        if let Some(writer) = outputs::writer(root) {
            let message = format!("{} is the folder of {writer}, whose pictures are no data", plan.source);
            return Err(Error::data(message, "name the folder of the images"));
        }
        let listing = Listing::of(root, usize::MAX);
        listing.check(&plan.source)?;
        let warnings = listing.warnings();
        let folders = listing.folders_for_images();
        let (images, paths): (Vec<Name>, Vec<PathBuf>) = listing.images.into_iter().unzip();
        sink.take(paths.len(), &|index| decode::decode(&encoded::read_file(&paths[index])?))?;
        let mut labels = LabelFiles::default();
        for (name, path) in listing.labels {
            labels.add(name, encoded::read_file(&path));
        }
        let naming = Naming::Files(Files { images, folders, labels });
        Ok(Contents { skipped: listing.skipped, warnings, ..Contents::new(name_of(root), naming) })
    }

    fn files(&self, source: &str, most: usize) -> Vec<(Name, PathBuf)> {
        let Listing { images, labels, .. } = Listing::of(Path::new(source), most);
        images.into_iter().chain(labels).collect()
    }
}

/// What lies below a folder. Files are ordered by name.
#[derive(Debug, Default)]
struct Listing {
    images: Vec<(Name, PathBuf)>,
    labels: Vec<(Name, PathBuf)>,
    folders: Vec<Name>,
    /// Files that cannot be looked at, such as links to nothing.
    skipped: Vec<UnreadableImage>,
    /// A folder that may not be read, and why.
    closed: Option<(Name, String)>,
    /// Folders that runs and studies wrote.
    outputs: Vec<Name>,
    /// Links to a folder around the images, which would read each image again.
    circles: Vec<Name>,
}

impl Listing {
    /// It stops after `most` images; which ones depends on the file system.
    fn of(root: &Path, most: usize) -> Self {
        let mut listing = Self::default();
        let mut walk = WalkDir::new(root).follow_links(true).into_iter();
        while let Some(entry) = walk.next() {
            if listing.images.len() == most {
                break;
            }
            match entry {
                Ok(entry) if entry.file_type().is_dir() => {
                    if !listing.enters(root, &entry) {
                        walk.skip_current_dir();
                    }
                }
                Ok(entry) => listing.add(root, entry),
                Err(error) => listing.add_error(root, error),
            }
        }
        listing.images.sort();
        listing.labels.sort();
        listing.outputs.sort();
        listing.circles.sort();
        listing
    }

    /// Whether the images of a folder are data.
    fn enters(&mut self, root: &Path, folder: &DirEntry) -> bool {
        let name = Name::below(root, folder.path());
        if folder.depth() == 0 {
            return true;
        }
        if name.last().starts_with(b".") {
            return false;
        }
        if outputs::writer(folder.path()).is_some() {
            self.outputs.push(name);
            return false;
        }
        let around = |root: PathBuf| folder.path().canonicalize().is_ok_and(|folder| root.starts_with(folder));
        if folder.path_is_symlink() && root.canonicalize().is_ok_and(around) {
            self.circles.push(name);
            return false;
        }
        self.folders.push(name);
        true
    }

    fn add(&mut self, root: &Path, file: DirEntry) {
        let name = Name::below(root, file.path());
        if name.last().starts_with(b".") {
            return;
        }
        if !file.file_type().is_file() {
            if encoded::is_named_image(&name.text()) || is_label_file(&name) {
                self.skipped.push(UnreadableImage { name: name.to_string(), why: "is no regular file".into() });
            }
        } else if is_candidate(file.path()) {
            self.images.push((name, file.into_path()));
        } else if is_label_file(&name) {
            self.labels.push((name, file.into_path()));
        }
    }

    fn add_error(&mut self, root: &Path, error: walkdir::Error) {
        let path = error.path().unwrap_or(root).to_owned();
        let name = Name::below(root, &path);
        let is_circle = error.loop_ancestor().is_some();
        if is_circle || name.last().starts_with(b".") || is_of_system(name.last()) {
            return;
        }
        let cause = error.into_io_error();
        let why = cause.map_or_else(|| "it cannot be listed".to_owned(), |cause| steadygan_run::reason(&cause));
        if path.is_dir() {
            self.closed.get_or_insert((name, why));
        } else {
            self.skipped.push(UnreadableImage { name: name.to_string(), why: format!("cannot be read: {why}") });
        }
    }

    /// An error if a folder may not be read: how many images it hides, nobody knows.
    fn check(&self, source: &str) -> Result<()> {
        let Some((name, why)) = &self.closed else { return Ok(()) };
        let folder = if name.bytes().is_empty() { source.to_owned() } else { format!("{source}/{name}") };
        let hint = "allow yourself to read it, or move it elsewhere to train without its images";
        Err(Error::data(format!("cannot read the folder {folder}: {why}"), hint))
    }

    fn warnings(&self) -> Vec<String> {
        let of = |folders: &[Name], why: &str| {
            let named = || format!("passed over {}: {why}", listed(folders.iter(), ", "));
            (!folders.is_empty()).then(named)
        };
        let outputs = of(&self.outputs, "what runs and studies write is no data");
        let circles = of(&self.circles, "a link to a folder around the images");
        outputs.into_iter().chain(circles).collect()
    }

    /// The folders that could be expected to hold images.
    fn folders_for_images(&self) -> Vec<Name> {
        let holds_output = |folder: &&Name| self.outputs.iter().any(|output| output.is_in(folder));
        self.folders.iter().filter(|folder| !holds_output(folder)).cloned().collect()
    }
}

/// Whether a file is an image by its extension or by its first bytes.
pub(super) fn is_candidate(path: &Path) -> bool {
    encoded::is_named_image(&path.to_string_lossy()) || head(path).is_ok_and(|head| decode::is_image(&head))
}

#[cfg(test)]
mod tests;
