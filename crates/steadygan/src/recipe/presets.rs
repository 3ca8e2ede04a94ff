//! The presets.

/// The presets and the heuristics that each turns on.
pub const PRESETS: [(&str, &[&str]); 3] = [
    ("plain", &[]),
    (
        "dcgan",
        &[
            "strided-downsampling",
            "strided-upsampling",
            "leaky-relu",
            "batch-norm",
            "gaussian-init",
            "adam",
            "image-scaling",
        ],
    ),
    (
        "hacks",
        &[
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
        ],
    ),
];

/// The preset of a recipe that names none.
pub(super) const DEFAULT_PRESET: &str = "hacks";
