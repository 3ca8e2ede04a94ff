//! Data and networks that are built into SteadyGAN, so that it trains and measures without a download.
//!
//! * Fashion-MNIST's test set: 10,000 grey images of 28 × 28 pixels in ten classes of 1,000 each. The bytes are the
//!   original gzip-compressed IDX files of Zalando SE, under the MIT licence.
//! * Networks whose features are used to compare images.
//!
//! Sources and licences stand in `NOTICE.md` of this crate.

/// The images: gzip-compressed IDX of 10,000 × 28 × 28 unsigned bytes.
pub const FASHION_IMAGES: &[u8] = include_bytes!("../fashion-mnist/t10k-images-idx3-ubyte.gz");

/// The classes of [`FASHION_IMAGES`] in the same order: gzip-compressed IDX of 10,000 bytes in 0..10.
pub const FASHION_CLASSES: &[u8] = include_bytes!("../fashion-mnist/t10k-labels-idx1-ubyte.gz");

/// The name of each class, by its number.
pub const FASHION_CLASS_NAMES: [&str; 10] =
    ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"];

/// EfficientNet-Lite0 trained on ImageNet, without its classifier: ONNX with weights of 16 bits. Its input `images` is
/// `[n, 3, 128, 128]`, (byte − 127) / 128 in the order red, green, blue; its output `features` is `[n, 1280]`.
/// `networks/make_efficientnet_lite0.py` makes it.
pub const EFFICIENTNET_LITE0: &[u8] = include_bytes!("../networks/efficientnet-lite0.onnx");

/// A classifier of MNIST's digits, 99.80% accurate on 997 held-out images: ONNX with weights of 16 bits. Its
/// input `images` is `[n, 1, 28, 28]` in \[0, 1\], digits white on black; its outputs are `features`, `[n, 96]`, and
/// `logits`, `[n, 10]`. `networks/make_classifiers.py` makes it.
pub const DIGITS: &[u8] = include_bytes!("../networks/digits.onnx");

/// A classifier of Fashion-MNIST like [`DIGITS`], 90.38% accurate on the test set [`FASHION_IMAGES`], on which it was
/// not trained.
pub const FASHION: &[u8] = include_bytes!("../networks/fashion.onnx");
