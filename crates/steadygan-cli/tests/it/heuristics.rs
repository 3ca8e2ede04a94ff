//! Switching off a heuristic changes training.

use crate::command::{steadygan, train};
use crate::pictures::workplace;
use crate::run_files::{checkpoint, manifest, tensors};
use std::fs;

#[test]
fn without_any_one_of_them_another_finite_model_is_trained() {
    let folder = workplace();
    let all = checkpoint(&train(folder.path(), "tiny.toml --quiet --out all"));
    let (_, on) = steadygan::recipe::PRESETS.into_iter().find(|(preset, _)| *preset == "hacks").unwrap();
    for name in on {
        let run = train(folder.path(), &format!("tiny.toml --quiet --without {name} --out {name}"));
        let without = checkpoint(&run);
        assert!(tensors(&all) != tensors(&without), "without {name} nothing changed");
        assert!(tensors(&without).iter().all(|value| value.is_finite()), "{name}");
        assert_eq!(manifest(&run)["outcome"]["state"], "finished", "{name}");
        let stats = fs::read_to_string(run.join("stats.jsonl")).unwrap();
        // The means come before `real_low` and must be numbers; what comes after may be null.
        let mut means = stats.lines().map(|line| line.split("\"real_low\"").next().unwrap());
        assert!(stats.lines().count() == 4 && means.all(|means| !means.contains("null")), "{name}: {stats}");
        let shown = steadygan(folder.path(), &format!("train tiny.toml --without {name} --dry-run")).done().stdout;
        assert!(shown.contains(&format!("heuristics.{name} = false  (--without)")), "{shown}");
    }
}
