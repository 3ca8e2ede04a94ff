//! The presets.

/// All that the project started from: the DCGAN paper's, then the later ones.
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

/// How many of them are the DCGAN paper's.
const OF_DCGAN: usize = 7;

/// The presets and the heuristics that each turns on.
pub const PRESETS: [(&str, &[&str]); 3] = [("plain", &[]), ("dcgan", HACKS.split_at(OF_DCGAN).0), ("hacks", HACKS)];

/// The preset of a recipe that names none.
pub(super) const DEFAULT_PRESET: &str = "hacks";
