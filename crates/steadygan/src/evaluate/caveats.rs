//! What to know of fakes and reals before any metric of them is used.

use super::own_images::OwnImages;
use crate::data::{Images, Origins, digests};
use crate::error::Result;
use std::collections::BTreeSet;

/// Some of the images that are compared.
pub(super) struct Side<'a> {
    /// What they are called in messages.
    pub(super) name: &'a str,
    pub(super) images: &'a Images,
    /// What they were before they were resized. A run's fakes have the origins of what it was trained on, because it learns
    /// traces of compression, too.
    pub(super) origins: Option<Origins>,
}

/// The caveats of a run's fakes and the reals. Its own held-out images have none, because it was trained on images like them.
pub(super) fn of_run([fakes, reals]: &[Side; 2], own: &Result<OwnImages>, are_named: bool) -> Vec<String> {
    if !are_named {
        return Vec::new();
    }
    let seen = match own {
        Ok(own) => trained_on(reals.images, &own.train),
        Err(error) => {
            Some(format!("it is not known whether the run was trained on some of these reals, because {error}"))
        }
    };
    seen.into_iter().chain(enlarged(reals)).chain(jpeg(fakes, reals)).collect()
}

/// The fakes that are the reals themselves. The mistake is to give one folder twice, or to copy reals among the fakes.
pub(super) fn copies(fakes: &Images, reals: &Images) -> Option<String> {
    let (equal, of) = (equal_to(fakes, reals), fakes.count());
    (equal > 0)
        .then(|| format!("{equal} of the {of} fakes are reals, pixel by pixel: a generator is not measured by them"))
}

/// The reals that a run was trained on, if they are not its own held-out images.
pub(super) fn trained_on(reals: &Images, train: &Images) -> Option<String> {
    let (equal, of) = (equal_to(reals, train), reals.count());
    (equal > 0).then(|| {
        format!("the run was trained on {equal} of the {of} reals: images that it has not seen would be further off")
    })
}

/// How many images of `some` are among `others`, pixel by pixel.
fn equal_to(some: &Images, others: &Images) -> usize {
    if (some.channels, some.size) != (others.channels, others.size) {
        return 0;
    }
    let others = BTreeSet::from_iter(digests(others));
    digests(some).iter().filter(|digest| others.contains(*digest)).count()
}

/// The images that were enlarged to be compared.
pub(super) fn enlarged(side: &Side) -> Option<String> {
    let Origins { images, enlarged, .. } = side.origins.filter(|origins| origins.enlarged > 0)?;
    let (name, size) = (side.name, side.images.size);
    Some(format!(
        "{enlarged} of the {images} images of {name} were enlarged to {size} pixels: the blur counts as a difference"
    ))
}

/// JPEG on one side only.
pub(super) fn jpeg(fakes: &Side, reals: &Side) -> Option<String> {
    let files = |side: &Side| side.origins?.jpeg;
    let (one, other) = match (files(fakes)?, files(reals)?) {
        (0, 1..) => (reals, fakes),
        (1.., 0) => (fakes, reals),
        _ => return None,
    };
    let count = files(one)?;
    let (name, other) = (one.name, other.name);
    Some(format!("{name} has {count} JPEG files and {other} none: traces of compression count as a difference"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn greys(levels: &[u8]) -> Images {
        Images { channels: 1, size: 2, pixels: levels.iter().flat_map(|level| [*level; 4]).collect(), classes: None }
    }

    #[test]
    fn equal_images_are_counted_one_by_one() {
        let said = copies(&greys(&[1, 2, 2, 3]), &greys(&[2, 3, 4]));
        assert!(said.is_some_and(|said| said.starts_with("3 of the 4 fakes are reals")));
        assert_eq!(copies(&greys(&[1]), &greys(&[2])), None);
        let wide = Images { size: 1, ..greys(&[2]) };
        assert_eq!(copies(&greys(&[2]), &wide), None, "another size");
        assert!(trained_on(&greys(&[1, 2]), &greys(&[2])).is_some_and(|said| said.contains("on 1 of the 2 reals")));
        assert_eq!(trained_on(&greys(&[1, 2]), &greys(&[])), None);
    }

    #[test]
    fn what_is_equal_on_both_sides_or_unknown_is_no_caveat() {
        let images = greys(&[1, 2]);
        let side = |name, jpeg| Side { name, images: &images, origins: Some(Origins { images: 2, enlarged: 0, jpeg }) };
        let of = |fakes, reals| jpeg(&side("f", fakes), &side("r", reals));
        assert_eq!(of(Some(0), Some(0)), None);
        assert_eq!(of(Some(2), Some(1)), None);
        assert_eq!(of(None, Some(1)), None, "a pack does not tell");
        assert!(of(Some(0), Some(2)).is_some_and(|said| said.starts_with("r has 2 JPEG files and f none")));
        assert!(of(Some(1), Some(0)).is_some_and(|said| said.starts_with("f has 1 JPEG files and r none")));
        assert_eq!(enlarged(&side("r", None)), None);
        let small = Side { origins: Some(Origins { images: 2, enlarged: 1, jpeg: None }), ..side("r", None) };
        assert!(
            enlarged(&small).is_some_and(|said| said.starts_with("1 of the 2 images of r were enlarged to 2 pixels"))
        );
    }
}
