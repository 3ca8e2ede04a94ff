//! Fashion-MNIST's test set (10,000 grey images of 28 × 28 pixels in ten classes of 1,000 each),
//! embedded so that SteadyGAN trains on real images without a download.
//!
//! The bytes are the original gzip-compressed IDX files of Zalando SE, under the MIT licence; see
//! `NOTICE.md` of this crate.

/// The images: gzip-compressed IDX of 10,000 × 28 × 28 unsigned bytes.
pub const FASHION_IMAGES: &[u8] = include_bytes!("../fashion-mnist/t10k-images-idx3-ubyte.gz");

/// The classes of [`FASHION_IMAGES`] in the same order: gzip-compressed IDX of 10,000 bytes in 0..10.
pub const FASHION_CLASSES: &[u8] = include_bytes!("../fashion-mnist/t10k-labels-idx1-ubyte.gz");

/// What each class shows, by its number.
pub const FASHION_CLASS_NAMES: [&str; 10] =
    ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"];
