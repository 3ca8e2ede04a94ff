//! The program as its users meet it: the real binary on tiny runs, its words, exit codes and files.

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
mod generate;
mod help;
mod heuristics;
mod inspect;
mod kill;
mod latents;
mod pack;
mod pictures;
mod points;
mod recipe;
mod report;
mod resume;
mod resume_refused;
mod run_files;
mod summary;
