//! The presets.

use toml::{Table, Value};

/// The heuristics that the project started with: first the DCGAN paper's, then later ones.
const HACKS: &[&str] = &[
    "strided-downsampling",
    "strided-upsampling",
    "leaky-relu",
    "batch-norm",
    "gaussian-init",
    "adam",
    "image-scaling",
    "gaussian-latent",
    "separate-batches",
    "label-smoothing",
    "noisy-labels",
];

/// How many of [`HACKS`] are the DCGAN paper's.
const OF_DCGAN: usize = 7;

/// What stable training needs today, without normalisation (after Huang et al. 2024, R3GAN).
const MODERN: &[&str] = &[
    "strided-downsampling",
    "strided-upsampling",
    "leaky-relu",
    "adam",
    "image-scaling",
    "gaussian-latent",
    "relativistic-pairing",
    "r1",
    "r2",
    "ema",
];

/// The presets and the heuristics that each turns on.
pub const PRESETS: [(&str, &[&str]); 4] =
    [("plain", &[]), ("dcgan", HACKS.split_at(OF_DCGAN).0), ("hacks", HACKS), ("modern", MODERN)];

/// The settings of a heuristic that a preset sets to other values than the defaults: no momentum beside penalties, as
/// in all work that followed Miyato et al. 2018, and the weight of a penalty for images of few pixels.
pub(super) fn settings(preset: &str, heuristic: &str) -> Table {
    let settings: &[(&str, f64)] = match (preset, heuristic) {
        ("modern", "adam") => &[("beta1", 0.0), ("beta2", 0.99)],
        ("modern", "r1" | "r2") => &[("gamma", 1.0)],
        _ => &[],
    };
    settings.iter().map(|(key, value)| ((*key).to_owned(), Value::Float(*value))).collect()
}

/// The preset of a recipe that names none.
pub(super) const DEFAULT_PRESET: &str = "hacks";
