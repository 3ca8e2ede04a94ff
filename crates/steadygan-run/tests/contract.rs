//! The public contract, `docs/run-directory.md`, documents every key that is written.

use std::path::Path;

use serde_json::Value;
use steadygan_run::{
    Advice, DataRecord, FORMAT_VERSION, Finding, MAX_SKIPPED_LISTED, Manifest, Outcome, Severity, Signs, SkippedFile,
    Stats, StatsLine,
};

fn contract() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/run-directory.md");
    std::fs::read_to_string(path).expect("the contract is part of the repository")
}

fn manifest() -> Manifest {
    Manifest {
        format_version: FORMAT_VERSION,
        version: String::new(),
        seed: 0,
        device: String::new(),
        threads: 1,
        data: DataRecord {
            source: String::new(),
            moved_to: Some(String::new()),
            name: String::new(),
            channels: 1,
            size: 32,
            images: 0,
            holdout: 0,
            classes: vec![],
            fingerprint: String::new(),
            skipped: vec![SkippedFile { name: String::new(), why: String::new() }],
            skipped_count: 1,
        },
        generator_parameters: 0,
        discriminator_parameters: 0,
        started_in: Some(String::new()),
        started_unix_s: 0,
        outcome: Outcome::Diverged { images: 0, quantity: String::new() },
    }
}

fn stats() -> StatsLine {
    let stats = Stats {
        images: 0,
        time_s: 0.0,
        images_per_s: 0.0,
        loss_d: 0.0,
        loss_g: 0.0,
        penalty: 0.0,
        logit_real: 0.0,
        logit_fake: 0.0,
        grad_norm_d: 0.0,
        grad_norm_g: 0.0,
        diversity: 0.0,
    };
    StatsLine { stats, signs: Signs::default() }
}

fn finding() -> Finding {
    Finding {
        images: 0,
        finding: String::new(),
        severity: Severity::Note,
        since: 0,
        says: String::new(),
        evidence: [].into(),
        means: String::new(),
        advice: vec![Advice { action: String::new(), recipe: String::new() }],
    }
}

fn collect_keys(value: &Value, keys: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                keys.push(key.clone());
                collect_keys(value, keys);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| collect_keys(value, keys)),
        _ => {}
    }
}

#[test]
fn every_key_is_in_the_contract() {
    let contract = contract();
    let mut keys = Vec::new();
    collect_keys(&serde_json::to_value(manifest()).expect("json"), &mut keys);
    collect_keys(&serde_json::to_value(stats()).expect("json"), &mut keys);
    collect_keys(&serde_json::to_value(finding()).expect("json"), &mut keys);
    assert!(keys.contains(&"why".to_owned()) && keys.contains(&"diversity".to_owned()));
    for key in keys {
        assert!(contract.contains(&format!("`{key}`")), "`{key}` is missing");
    }
}

#[test]
fn the_contract_names_the_version_and_the_limits() {
    let contract = contract();
    let title = format!("# The run directory, format version {FORMAT_VERSION}\n");
    assert!(contract.starts_with(&title));
    assert!(contract.contains(&format!("the first {MAX_SKIPPED_LISTED} unusable files")));
}
