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

/// The first heuristics of [`HACKS`] are the DCGAN paper's; this is their number.
const OF_DCGAN: usize = 7;

/// A recent recipe for stable training without normalisation (after Huang et al. 2024, R3GAN).
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

/// The settings of a heuristic in which a preset differs from the defaults. `modern` has no momentum, as work with
/// penalties since Miyato et al. 2018, and a weight of penalties for small images.
pub(super) fn settings(preset: &str, heuristic: &str) -> Table {
    let settings: &[(&str, f64)] = match (preset, heuristic) {
        ("modern", "adam") => &[("beta1", 0.0), ("beta2", 0.99)],
        ("modern", "r1" | "r2") => &[("gamma", 1.0)],
        _ => &[],
    };
    settings.iter().map(|(key, value)| ((*key).to_owned(), Value::Float(*value))).collect()
}

/// The preset of a recipe without `base`.
pub(super) const DEFAULT_PRESET: &str = "hacks";
