//! Loads a source, and tells what its images were before they were resized, as far as a comparison depends on it.

use std::sync::atomic::{AtomicUsize, Ordering};

use image::ImageFormat;

use super::collector::ImageCollector;
use super::contents::{Naming, SourceImages};
use super::{DataPlan, Dataset, Door, MakeImage, Sink, check_plan, find_door, into_dataset, pack};
use crate::error::Result;

/// What the images of a source were before they were resized.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origins {
    /// How many images there are.
    pub images: usize,
    /// How many of them have a shorter side below the plan's size.
    pub enlarged: usize,
    /// How many files are called JPEG. A pack does not tell what its images were: `None`.
    pub jpeg: Option<usize>,
}

/// As [`load`](super::load), for images.
///
/// # Errors
/// As [`load`](super::load); also if the source is a mixture of points.
pub fn load_with_origins(plan: &DataPlan) -> Result<(Dataset, Origins)> {
    check_plan(plan)?;
    let mut counted =
        Counted { collector: ImageCollector::new(plan), size: plan.size as u32, enlarged: AtomicUsize::new(0) };
    let contents = find_door(&plan.source)?.read(plan, &mut counted)?;
    let jpeg = match &contents.naming {
        _ if pack::Pack.recognises(&plan.source) => None,
        Naming::Files(files) => Some(files.images.iter().filter(|name| is_jpeg(&name.text())).count()),
        Naming::Numbers(_) => Some(0),
    };
    let Counted { collector, enlarged, .. } = counted;
    let source_images = SourceImages::new(contents, collector.finish())?;
    let origins = Origins { images: source_images.images.count(), enlarged: enlarged.into_inner(), jpeg };
    Ok((into_dataset(source_images, plan)?, origins))
}

fn is_jpeg(name: &str) -> bool {
    name.rsplit_once('.').and_then(|(_, ending)| ImageFormat::from_extension(ending)) == Some(ImageFormat::Jpeg)
}

/// Counts the images that are enlarged, and passes them on.
struct Counted<'a> {
    collector: ImageCollector<'a>,
    size: u32,
    enlarged: AtomicUsize,
}

impl Sink for Counted<'_> {
    fn expect(&mut self, count: usize) -> Result<()> {
        self.collector.expect(count)
    }

    fn take(&mut self, count: usize, image: &MakeImage<'_>) -> Result<()> {
        let Self { collector, size, enlarged } = self;
        collector.take(count, &|index| {
            let image = image(index)?;
            if image.width().min(image.height()) < *size {
                enlarged.fetch_add(1, Ordering::Relaxed);
            }
            Ok(image)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{DynamicImage, GrayImage, Luma};

    #[test]
    fn what_was_small_or_jpeg_is_counted() {
        let folder = tempfile::tempdir().unwrap();
        for (name, side, level) in [("a.png", 3, 1), ("b.JPG", 4, 2), ("c.jpeg", 5, 3)] {
            let image = DynamicImage::from(GrayImage::from_pixel(side, side, Luma([level])));
            image.save(folder.path().join(name)).unwrap();
        }
        let source = folder.path().to_str().unwrap().to_owned();
        let plan = DataPlan {
            source,
            size: 4,
            channels: None,
            holdout: 0.0,
            background: [0; 3],
            flip: false,
            fit: crate::Fit::default(),
        };
        let (data, origins) = load_with_origins(&plan).unwrap();
        assert_eq!(origins, Origins { images: 3, enlarged: 1, jpeg: Some(2) });
        assert_eq!(data, super::super::load(&plan).unwrap());
        let embedded = DataPlan { source: "embedded".into(), size: 28, ..plan };
        assert_eq!(load_with_origins(&embedded).unwrap().1, Origins { images: 10_000, enlarged: 0, jpeg: Some(0) });
    }
}
