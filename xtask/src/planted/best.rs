//! Which checkpoint decaying runs keep as their best.

use super::{RECORD, answers, names, write};
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;
use std::path::Path;

/// What the names of decaying runs have.
const DECAYING: &str = " Late";

/// Of those each third is trained: a run takes minutes, nearly all for the second opinions.
const EVERY: usize = 3;

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Kept {
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

/// Trains some of the tuning half's decaying runs, and writes what they kept into the record.
pub(super) fn run(root: &Path, program: &Path) -> Result<(), String> {
    let folder = std::env::temp_dir().join(format!("steadygan-planted-best-{}", std::process::id()));
    let runs: Vec<Vec<String>> = names(program, "tuning")?
        .iter()
        .enumerate()
        .filter(|(_, name)| name.contains(DECAYING))
        .step_by(EVERY)
        .map(|(number, _)| vec!["best".into(), "tuning".into(), number.to_string(), folder.display().to_string()])
        .collect();
    let kept: Vec<Kept> = answers(program, &runs)?;
    let removed = std::fs::remove_dir_all(&folder);
    removed.map_err(|error| format!("error: {} cannot be removed: {error}", folder.display()))?;
    let lines: Vec<String> = kept.iter().map(|run| serde_json::to_string(run).expect("plain data")).collect();
    write(&root.join(RECORD), "best.jsonl", &(lines.join("\n") + "\n"))?;
    let table = table(&kept);
    print!("{table}");
    write(&root.join(RECORD), "best.md", &table)
}

/// A row for each run: what was kept, by the run's own measure and by the second.
fn table(kept: &[Kept]) -> String {
    let mut text = String::from(
        "| run | kept at | its distance | lowest seen | last | second opinion: kept | lowest | last |\n\
         |---|---|---|---|---|---|---|---|\n",
    );
    for run in kept {
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
        let kept = Kept { name: "a".into(), best_images: 20, evaluations: evaluations.into() };
        let row = "| a | 50% | 0.1000 | 0.1000 | 0.4000 | 0.2000 ± 0.0100 | 0.1000 | 0.1000 |";
        assert_eq!(table(&[kept]).lines().last(), Some(row));
    }
}
