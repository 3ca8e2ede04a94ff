//! Files of a run's folder: plans and checkpoints.

use super::recipes;
use crate::Reader;
use crate::frame::Frame;
use crate::reader::PLAIN;
use std::fs;
use std::path::Path;
use steadygan::decide::hooks;
use steadygan::device::device;
use steadygan::plan::Plan;
use steadygan::run::{checkpoint_state, initial_state, layer_tables};
use steadygan::train::{Provenance, load_checkpoint, save_checkpoint};
use steadygan::{Error, Result, heuristics};

pub(crate) const PLAN: Reader =
    Reader { name: "plan", file: "plan.json", text: true, own: own_plans, read: plan, ..PLAIN };

pub(crate) const CHECKPOINT: Reader = Reader {
    name: "checkpoint",
    file: "state.safetensors",
    frame: Frame::Checkpoint,
    own: own_checkpoints,
    read: checkpoint,
    ..PLAIN
};

/// The widest networks that are built; wider ones are right, but take long.
const MAX_WIDTH: usize = 32;

/// Small runs of every kind.
const RECIPES: [&str; 5] = [
    "[data]\nsize = 8\n[model]\nwidth = 2\nlatent = 3\n[train]\nbatch = 4\nimages = 8\n",
    "base = \"plain\"\n[data]\nsize = 8\nchannels = 1\n[model]\nwidth = 1\nlatent = 2\n[train]\nbatch = 2\nimages = 4\n",
    "base = \"modern\"\n[data]\nsize = 8\n[model]\nwidth = 2\nlatent = 3\n[train]\nbatch = 4\nimages = 8\n",
    "[data]\nsize = 8\n[model]\nwidth = 2\nlatent = 3\n[train]\nbatch = 4\nimages = 8\n[heuristics]\nema = true\n\
     class-conditioning = true\nhistorical-averaging = true\nadaptive-augmentation = true\n",
    "[data]\nsource = \"ring\"\n[model]\nwidth = 3\ndepth = 1\nlatent = 2\n[train]\nbatch = 4\nimages = 8\n",
];

fn plan(path: &Path) -> Result<()> {
    let json = fs::read(path).expect("the case was written");
    let plan: Plan = serde_json::from_slice(&json)
        .map_err(|error| Error::checkpoint(format!("plan.json is damaged: {error}"), "start a new run"))?;
    hooks(&plan)?;
    if plan.model.width.max(plan.model.discriminator_width) <= MAX_WIDTH {
        layer_tables(&plan)?;
    }
    Ok(())
}

fn checkpoint(path: &Path) -> Result<()> {
    let checkpoint = load_checkpoint(path)?;
    let device = device("cpu")?;
    let state = checkpoint_state(&checkpoint, &device)?;
    let model = &checkpoint.provenance().plan.model;
    let images = checkpoint.generator(&device)?.sample(&vec![0.5; 2 * model.latent], None, &device);
    assert_eq!(images.len(), 2 * model.channels * model.size * model.size);
    save_checkpoint(&state, checkpoint.provenance());
    Ok(())
}

fn own_plans() -> Result<Vec<Vec<u8>>> {
    plans().map(|made| made.map(|(_, plan)| serde_json::to_vec_pretty(&plan).expect("plain data"))).collect()
}

fn own_checkpoints() -> Result<Vec<Vec<u8>>> {
    plans()
        .map(|made| {
            let (recipe, plan) = made?;
            let state = initial_state(&plan, &device("cpu")?)?;
            Ok(save_checkpoint(&state, &Provenance { recipe, plan, data_fingerprint: "0123abcd".into() }))
        })
        .collect()
}

/// Recipes as TOML, and their plans.
fn plans() -> impl Iterator<Item = Result<(String, Plan)>> {
    RECIPES.iter().map(|text| {
        let mut recipe = heuristics::recipe();
        recipe.lay_text(text, "recipe")?;
        Ok((recipe.to_toml(), recipes::plan(&recipe)?))
    })
}
