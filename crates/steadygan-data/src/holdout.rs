//! The held-out set, chosen by image content: equal images always land in the same set, whatever their order or file
//! format.

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
/// in [0, 1), lie below `share`.
///
/// # Errors
/// If no image would be left to train on, or none held out although `share` is above 0.
pub(super) fn split(images: Images, digests: &[ImageDigest], share: f64) -> Result<(Images, Images)> {
    let held_out: Vec<bool> = digests.iter().map(|digest| position(digest) < share).collect();
    let count = held_out.iter().filter(|&&out| out).count();
    if count == digests.len() {
        return Err(Error::data(
            format!("all of the {count} images would be held out, none trained on"),
            "lower data.holdout, or give more images",
        ));
    }
    if count == 0 && share > 0.0 {
        return Err(Error::data(
            format!("none of the {} images would be held out at data.holdout = {share}", digests.len()),
            "give more images, raise data.holdout, or set it to 0 to train on all of them",
        ));
    }
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
        let images = numbered(10_000);
        let digests = digests(&images);
        let (train, holdout) = split(images.clone(), &digests, 0.1).unwrap();
        // 1000 expected, with a standard deviation of 30; the bounds are five deviations away.
        assert!((850..=1150).contains(&holdout.count()), "{}", holdout.count());
        assert_eq!(train.count() + holdout.count(), 10_000);
        for side in [&train, &holdout] {
            let classes = side.classes.as_ref().unwrap();
            assert!(classes.is_sorted(), "images keep their order");
            let content: Vec<u8> = classes.iter().flat_map(|class| class.to_le_bytes()).collect();
            assert_eq!(side.pixels, content, "classes stay with their images");
        }
        let (all, none) = split(images.clone(), &digests, 0.0).unwrap();
        assert_eq!((all, none.count()), (images, 0));
    }

    #[test]
    fn the_side_depends_on_content_alone() {
        let mut images = numbered(1_000);
        let held = |images: &Images| split(images.clone(), &digests(images), 0.3).unwrap().1;
        let before = held(&images);
        images.pixels.extend(images.pixels.clone().iter());
        images.classes = None;
        let after = held(&images);
        assert_eq!(after.pixels, before.pixels.repeat(2));
    }

    #[test]
    fn an_empty_side_is_an_error() {
        let images = numbered(2);
        let digests = digests(&images);
        let error = |share| split(images.clone(), &digests, share).unwrap_err().to_string();
        assert_eq!(error(1.0 - 1e-12), "all of the 2 images would be held out, none trained on");
        assert_eq!(error(1e-12), "none of the 2 images would be held out at data.holdout = 0.000000000001");
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
