//! Resizes planes of bytes.

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};

/// Resizes a plane of `from` × `from` bytes to `to` × `to`, antialiased by `filter` when it shrinks. The resizer is
/// only a buffer and can be used for many planes.
pub(super) fn resized(plane: &[u8], [from, to]: [usize; 2], filter: FilterType, resizer: &mut Resizer) -> Vec<u8> {
    if from == to {
        return plane.to_vec();
    }
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(filter));
    let (from, to) = (from as u32, to as u32);
    let source = ImageRef::new(from, from, plane, PixelType::U8).expect("a plane has from × from bytes");
    let mut made = Image::new(to, to, PixelType::U8);
    resizer.resize(&source, &mut made, &options).expect("both images have one kind of pixel");
    made.into_vec()
}
