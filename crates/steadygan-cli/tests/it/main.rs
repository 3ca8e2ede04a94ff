//! Tests of the real program on tiny runs: its output, exit codes and files.

mod arguments;
mod checkpoint;
mod classes;
mod command;
mod data;
mod determinism;
mod divergence;
mod doctor;
mod doors;
mod evaluate;
mod export;
#[cfg(unix)]
mod foreign_runs;
mod generate;
mod help;
mod heuristics;
mod inspect;
mod kill;
mod killed_verbs;
mod latents;
mod pack;
mod pictures;
mod points;
mod recipe;
mod report;
mod resume;
mod resume_refused;
mod run_files;
#[cfg(target_os = "linux")]
mod signals;
mod study;
mod summary;
