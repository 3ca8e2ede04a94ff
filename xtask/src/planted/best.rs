//! `cargo xtask planted --best`: which checkpoint decaying runs keep as their best.

use super::{RECORD, answers, names, write};
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;
use std::path::Path;

/// The part of a run's name by which decaying runs are known.
const DECAYING: &str = " Late";

/// Every third decaying run is trained, because a run takes minutes, nearly all of them for the second measurements.
const EVERY: usize = 3;

/// The best checkpoint of a run, as `steadygan-planted` prints it.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct BestCheckpoint {
    name: String,
    best_images: u64,
    evaluations: Vec<Evaluation>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Evaluation {
    images: u64,
    value: f64,
    second: f64,
    second_deviation: f64,
}

/// Trains some of the tuning set's decaying runs, and writes their best checkpoints into the record.
pub(super) fn run(root: &Path, program: &Path) -> Result<(), String> {
    let folder = std::env::temp_dir().join(format!("steadygan-planted-best-{}", std::process::id()));
    let runs: Vec<Vec<String>> = names(program, "tuning")?
        .iter()
        .enumerate()
        .filter(|(_, name)| name.contains(DECAYING))
        .step_by(EVERY)
        .map(|(number, _)| vec!["best".into(), "tuning".into(), number.to_string(), folder.display().to_string()])
        .collect();
    let best: Vec<BestCheckpoint> = answers(program, &runs)?;
    let removed = std::fs::remove_dir_all(&folder);
    removed.map_err(|error| format!("error: {} cannot be removed: {error}", folder.display()))?;
    let lines: Vec<String> = best.iter().map(|run| serde_json::to_string(run).expect("plain data")).collect();
    write(&root.join(RECORD), "best.jsonl", &(lines.join("\n") + "\n"))?;
    let table = table(&best);
    print!("{table}");
    write(&root.join(RECORD), "best.md", &table)
}

/// A row for each run: the distances of its best checkpoint, by the run's own measurement and by the second.
fn table(runs: &[BestCheckpoint]) -> String {
    let mut text = String::from(
        "| run | kept at | its distance | lowest seen | last | second measurement: kept | lowest | last |\n\
         |---|---|---|---|---|---|---|---|\n",
    );
    for run in runs {
        let lowest = |of: fn(&Evaluation) -> f64| run.evaluations.iter().map(of).fold(f64::INFINITY, f64::min);
        let end = run.evaluations.last().map_or(0, |last| last.images);
        let (Some(best), Some(last)) =
            (run.evaluations.iter().find(|one| one.images == run.best_images), run.evaluations.last())
        else {
            let _ = writeln!(text, "| {} | no such measurement | | | | | | |", run.name);
            continue;
        };
        let _ = writeln!(
            text,
            "| {} | {:.0}% | {:.4} | {:.4} | {:.4} | {:.4} ± {:.4} | {:.4} | {:.4} |",
            run.name,
            100.0 * run.best_images as f64 / end as f64,
            best.value,
            lowest(|one| one.value),
            last.value,
            best.second,
            best.second_deviation,
            lowest(|one| one.second),
            last.second,
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_has_what_was_kept_and_the_lowest() {
        let evaluations = [(10, 0.5, 0.6), (20, 0.1, 0.2), (40, 0.4, 0.1)].map(|(images, value, second)| Evaluation {
            images,
            value,
            second,
            second_deviation: 0.01,
        });
        let run = BestCheckpoint { name: "a".into(), best_images: 20, evaluations: evaluations.into() };
        let row = "| a | 50% | 0.1000 | 0.1000 | 0.4000 | 0.2000 ± 0.0100 | 0.1000 | 0.1000 |";
        assert_eq!(table(&[run]).lines().last(), Some(row));
    }
}
