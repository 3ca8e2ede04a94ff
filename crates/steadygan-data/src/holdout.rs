//! The held-out set, chosen by image content: equal images always land in the same set, whatever their order or file
//! format.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::Images;
use crate::error::{Error, Result};
use crate::files::hex;

/// SHA-256 of an image's final pixels.
pub(super) type ImageDigest = [u8; 32];

/// The digest of each image.
pub fn digests(images: &Images) -> Vec<ImageDigest> {
    (0..images.count()).into_par_iter().map(|index| Sha256::digest(images.image(index)).into()).collect()
}

/// SHA-256 over channels, size, and each image's digest and class in order, as lower-case hexadecimal.
pub(super) fn fingerprint(images: &Images, digests: &[ImageDigest]) -> String {
    let mut hash = Sha256::new();
    hash.update((images.channels as u64).to_le_bytes());
    hash.update((images.size as u64).to_le_bytes());
    digests.iter().for_each(|digest| hash.update(digest));
    for class in images.classes.iter().flatten() {
        hash.update(class.to_le_bytes());
    }
    hex(hash)
}

/// Divides into (train, hold-out): an image is held out if the first 8 bytes of its digest, as a number
/// in [0, 1), lie below `share`; where that would leave nothing to hold out or a class nothing to train on, see
/// [`choose`].
///
/// # Errors
/// If `share` is above 0 and all images are equal.
pub(super) fn split(images: Images, digests: &[ImageDigest], share: f64) -> Result<(Images, Images)> {
    let held_out = choose(digests, images.classes.as_deref(), share)?;
    let holdout = Images {
        channels: images.channels,
        size: images.size,
        pixels: (0..digests.len())
            .filter(|&index| held_out[index])
            .map(|index| images.image(index))
            .collect::<Vec<_>>()
            .concat(),
        classes: images.classes.as_ref().map(|classes| {
            let pairs = classes.iter().zip(&held_out);
            pairs.filter_map(|(&class, &out)| out.then_some(class)).collect()
        }),
    };
    let mut train = images;
    train.retain(|index| !held_out[index]);
    Ok((train, holdout))
}

/// Which images are held out. With a share above 0 that is at least one image; and of each class at least one is not
/// held out, namely that with the highest digest, unless all classes have only one image. Equal images stay together.
fn choose(digests: &[ImageDigest], classes: Option<&[u32]>, share: f64) -> Result<Vec<bool>> {
    let mut held_out: BTreeSet<&ImageDigest> = digests.iter().filter(|digest| position(digest) < share).collect();
    let lowest = digests.iter().min().filter(|_| share > 0.0);
    if lowest.is_some_and(|lowest| digests.iter().all(|digest| digest == lowest)) {
        return Err(nothing_to_hold_out(digests.len()));
    }
    // The different images of each class; without classes, all images are one class.
    let mut by_class: BTreeMap<u32, BTreeSet<&ImageDigest>> = BTreeMap::new();
    for (index, digest) in digests.iter().enumerate() {
        by_class.entry(classes.map_or(0, |classes| classes[index])).or_default().insert(digest);
    }
    for class in by_class.values().filter(|class| class.is_subset(&held_out)).collect::<Vec<_>>() {
        held_out.remove(class.last().expect("a class has images"));
    }
    if let Some(lowest) = lowest.filter(|_| held_out.is_empty()) {
        let alone: BTreeSet<&ImageDigest> =
            by_class.values().filter(|class| class.len() == 1).flatten().copied().collect();
        let spare = digests.iter().filter(|digest| !alone.contains(digest)).min();
        held_out.insert(spare.unwrap_or(lowest));
    }
    Ok(digests.iter().map(|digest| held_out.contains(digest)).collect())
}

fn nothing_to_hold_out(count: usize) -> Error {
    let message = match count {
        1 => "there is only one image, so none can be held out".to_owned(),
        _ => format!("all {count} images are equal, so none can be held out"),
    };
    Error::data(message, "give more images that differ, or set data.holdout to 0 to train on all of them")
}

fn position(digest: &ImageDigest) -> f64 {
    let [a, b, c, d, e, f, g, h, ..] = *digest;
    u64::from_be_bytes([a, b, c, d, e, f, g, h]) as f64 / 2f64.powi(64)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Grey images of 2 × 2 pixels; each image's number is both its content and its class.
    fn numbered(count: u32) -> Images {
        Images {
            channels: 1,
            size: 2,
            pixels: (0..count).flat_map(u32::to_le_bytes).collect(),
            classes: Some((0..count).collect()),
        }
    }

    #[test]
    fn the_share_is_kept_and_no_image_is_lost() {
        let images = Images { classes: Some((0..10_000).map(|number| number / 100).collect()), ..numbered(10_000) };
        let digests = digests(&images);
        let (train, holdout) = split(images.clone(), &digests, 0.1).unwrap();
        // 1000 expected, with a standard deviation of 30; the bounds are five deviations away.
        assert!((850..=1150).contains(&holdout.count()), "{}", holdout.count());
        assert_eq!(train.count() + holdout.count(), 10_000);
        for side in [&train, &holdout] {
            let numbers = side.pixels.as_chunks().0.iter().map(|number| u32::from_le_bytes(*number));
            assert!(numbers.clone().is_sorted(), "images keep their order");
            let classes: Vec<u32> = numbers.map(|number| number / 100).collect();
            assert_eq!(side.classes, Some(classes), "classes stay with their images");
        }
        let (all, none) = split(images.clone(), &digests, 0.0).unwrap();
        assert_eq!((all, none.count()), (images, 0));
    }

    #[test]
    fn the_side_depends_on_content_alone() {
        let mut images = Images { classes: None, ..numbered(1_000) };
        let held = |images: &Images| split(images.clone(), &digests(images), 0.3).unwrap().1;
        let before = held(&images);
        images.pixels.extend(images.pixels.clone().iter());
        let after = held(&images);
        assert_eq!(after.pixels, before.pixels.repeat(2));
    }

    /// The numbers of the images that are held out, by [`numbered`] or in these classes.
    fn held(images: &Images, share: f64) -> Vec<usize> {
        let held = choose(&digests(images), images.classes.as_deref(), share).unwrap();
        (0..held.len()).filter(|&index| held[index]).collect()
    }

    #[test]
    fn each_side_has_an_image() {
        let images = Images { classes: None, ..numbered(5) };
        let digests = digests(&images);
        let by_digest = |index: &usize| digests[*index];
        let (lowest, highest) = ((0..5).min_by_key(by_digest).unwrap(), (0..5).max_by_key(by_digest).unwrap());
        assert_eq!(held(&images, 1e-12), [lowest]);
        assert_eq!(held(&images, 1.0 - 1e-12), (0..5).filter(|index| *index != highest).collect::<Vec<_>>());
        assert_eq!(held(&images, 0.0), [0; 0]);
        // Two copies of each image: both are on the same side.
        let twice = Images { pixels: images.pixels.repeat(2), ..images };
        assert_eq!(held(&twice, 1e-12), [lowest, lowest + 5]);
    }

    #[test]
    fn images_that_do_not_differ_cannot_be_divided() {
        let error = |images: &Images| {
            let error = split(images.clone(), &digests(images), 0.1).unwrap_err();
            assert_eq!(error.hint(), "give more images that differ, or set data.holdout to 0 to train on all of them");
            error.to_string()
        };
        let one = Images { classes: None, ..numbered(1) };
        assert_eq!(error(&one), "there is only one image, so none can be held out");
        let three = Images { pixels: one.pixels.repeat(3), ..one.clone() };
        assert_eq!(error(&three), "all 3 images are equal, so none can be held out");
        assert_eq!(split(three.clone(), &digests(&three), 0.0).unwrap().0, three);
    }

    /// Twenty classes of one image, and one of two.
    #[test]
    fn a_class_keeps_an_image_to_train_on() {
        let classes = |of: fn(u32) -> u32| Images { classes: Some((0..21).map(of).collect()), ..numbered(21) };
        for share in [1e-12, 0.3, 0.9, 1.0 - 1e-12] {
            let images = classes(|image| image.min(19));
            let (train, holdout) = split(images.clone(), &digests(&images), share).unwrap();
            let mut of_train = train.classes.unwrap();
            of_train.dedup();
            assert_eq!((of_train, holdout.classes), ((0..20).collect(), Some(vec![19])), "{share}");
        }
        // If no class has an image to spare, one image is held out all the same.
        assert_eq!(held(&classes(|image| image), 0.5).len(), 1);
    }

    #[test]
    fn the_fingerprint_sees_pixels_classes_and_shape() {
        let print = |images: &Images| fingerprint(images, &digests(images));
        let images = numbered(4);
        let original = print(&images);
        assert_eq!(original.len(), 64);
        assert_eq!(original, print(&images.clone()));
        let change = |change: fn(&mut Images)| {
            let mut images = images.clone();
            change(&mut images);
            print(&images)
        };
        assert_ne!(original, change(|images| images.pixels[5] += 1));
        assert_ne!(original, change(|images| images.classes = None));
        assert_ne!(original, change(|images| images.size = 1));
        assert_ne!(original, change(|images| images.pixels.rotate_left(4)));
    }
}
