//! The exit codes of `steadygan train` and `resume`, by which a study learns how a run ended.

/// Trained to the end.
pub const EXIT_DONE: u8 = 0;
/// Training failed: it diverged, or a severe finding stopped it as the recipe asked.
pub const EXIT_TRAINING_FAILED: u8 = 3;
/// Stopped before the run's end and saved: by Ctrl-C, or at a number of images at which it was asked to stop.
pub const EXIT_INTERRUPTED: u8 = 130;
