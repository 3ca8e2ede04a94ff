//! Each heuristic really switches off.

use crate::command::{steadygan, train};
use crate::pictures::workplace;
use crate::run_files::{checkpoint, manifest};
use std::fs;

/// The tensors of a checkpoint: what lies behind the header, whose length is the first eight bytes.
fn tensors(checkpoint: &[u8]) -> &[u8] {
    let header = u64::from_le_bytes(checkpoint[..8].try_into().unwrap()) as usize;
    &checkpoint[8 + header..]
}

#[test]
fn without_any_one_of_them_another_finite_model_is_trained() {
    let folder = workplace();
    let all = checkpoint(&train(folder.path(), "tiny.toml --quiet --out all"));
    for name in steadygan::heuristics::names() {
        let run = train(folder.path(), &format!("tiny.toml --quiet --without {name} --out {name}"));
        let without = checkpoint(&run);
        assert_ne!(tensors(&all), tensors(&without), "{name}");
        let values = tensors(&without).as_chunks().0.iter().map(|four| f32::from_le_bytes(*four));
        assert!(values.into_iter().all(f32::is_finite), "{name}");
        assert_eq!(manifest(&run)["outcome"]["state"], "finished", "{name}");
        let stats = fs::read_to_string(run.join("stats.jsonl")).unwrap();
        assert!(stats.lines().count() == 4 && !stats.contains("null"), "{name}: {stats}");
        let shown = steadygan(folder.path(), &format!("train tiny.toml --without {name} --dry-run")).done().stdout;
        assert!(shown.contains(&format!("heuristics.{name} = false  (--without)")), "{shown}");
    }
}
