//! Studies: the question (`STUDY.toml`) and the record (`study.json`).

use crate::Reader;
use crate::reader::PLAIN;
use std::fs;
use std::path::Path;
use steadygan::recipe::{EMBEDDED, LayeredRecipe};
use steadygan::{Result, heuristics};
use steadygan_run::StudyDirectory;
use steadygan_study::{DistanceKind, DistanceRange, PlanBasis, StudyPlan, StudyRecipe, StudyRecord, collect};
use toml::Table;

pub(crate) const STUDY: Reader = Reader { name: "study", file: "STUDY.toml", text: true, read: study, ..PLAIN };

pub(crate) const RECORD: Reader =
    Reader { name: "study-record", file: "study.json", text: true, own: own_records, read: record, ..PLAIN };

fn study(path: &Path) -> Result<()> {
    let text = fs::read(path).expect("the case was written");
    let asked = StudyRecipe::parse(&String::from_utf8_lossy(&text), "STUDY.toml")?;
    walk(&plan(&asked)?)
}

/// The plan of a study, without its data.
fn plan(asked: &StudyRecipe) -> Result<StudyPlan> {
    let mut base = base()?;
    asked.set.iter().try_for_each(|(key, value)| base.lay_value(key, value.clone(), "the study"))?;
    let values = base.spelled_out()?;
    let is_heuristic = |name: &str| heuristics::card(name).is_ok();
    let factors = asked.factors(is_heuristic, |key| values.get(key).map(|(value, _)| value.clone()))?;
    let basis = PlanBasis {
        recipe: base.to_toml(),
        factors,
        distance: DistanceKind::Kernel,
        distance_range: DistanceRange { untrained: 1.0, floor: 0.1 },
        seeds: vec![0, 1],
        images: 1000,
        every_run: Table::new(),
    };
    StudyPlan::decide(asked, basis)
}

fn base() -> Result<LayeredRecipe> {
    let mut base = heuristics::recipe();
    base.lay_text(EMBEDDED, "embedded recipe")?;
    Ok(base)
}

fn record(path: &Path) -> Result<()> {
    let record = StudyRecord::parse(&fs::read(path).expect("the case was written"), "study.json")?;
    walk(&record.plan)?;
    // It has no runs to collect, and is refused for that.
    drop(collect(&record.plan, &StudyDirectory::new(path.parent().expect("its folder"))));
    Ok(())
}

/// Asks of a study's plan what the program asks of it before it trains anything.
fn walk(plan: &StudyPlan) -> Result<()> {
    plan.corners();
    plan.dependence();
    for (term, _) in plan.terms().into_iter().chain(plan.pairs()) {
        plan.describe(&term);
    }
    for row in 0..plan.rows.len().min(4) {
        plan.job(row, plan.seeds[0])?;
    }
    Ok(())
}

fn own_records() -> Result<Vec<Vec<u8>>> {
    let asked = |text: &str| StudyRecipe::parse(text, "STUDY.toml");
    let studies = [
        "[factors]\nbatch-norm = true\nema = true\n\"adam.lr\" = [1e-4, 2e-4]\n",
        "design = \"leave-one-out\"\n[factors]\nlabel-smoothing = true\nleaky-relu = true\n[controls.fixed]\n\
         of = [\"label-smoothing\"]\nset = { heuristics = { label-smoothing = { real = [0.9, 0.9] } } }\n",
    ];
    studies.iter().map(|text| Ok(StudyRecord::new(plan(&asked(text)?)?).to_json().into_bytes())).collect()
}
