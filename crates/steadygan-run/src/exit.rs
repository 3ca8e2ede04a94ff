//! How a process that trains says what came of it: the exit codes of `steadygan train` and `resume`, which studies read.

/// Trained to the end.
pub const EXIT_DONE: u8 = 0;
/// Training went wrong: it diverged, or a severe finding stopped it as the recipe asked.
pub const EXIT_WENT_WRONG: u8 = 3;
/// Stopped by Ctrl-C, or at the images asked for before the run's end, and saved.
pub const EXIT_INTERRUPTED: u8 = 130;
