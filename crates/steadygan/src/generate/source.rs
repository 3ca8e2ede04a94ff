//! Where a generator comes from: a run's checkpoint, or an export.

use crate::data::{self, Samples};
use crate::error::{Error, Result};
use crate::nn::{self, ModelPlan, Network};
use crate::pictures::SCATTER_POINTS;
use crate::plan::{Plan, check};
use crate::role::Role;
use crate::run::trained_generator;
use crate::weights::Weights;
use burn::prelude::Device;
use std::path::{Path, PathBuf};
use steadygan_run::{CheckpointKind, RunDirectory};

/// A generator that images are made with, and what is known of it.
pub(super) struct Source {
    pub(super) generator: Network,
    pub(super) model: ModelPlan,
    /// The run's plan; an export has none.
    pub(super) plan: Option<Plan>,
}

impl Source {
    /// The generator of a run's checkpoint, or of an export: its folder, or the file in it.
    pub(super) fn open(path: &Path, kind: CheckpointKind, device: &Device) -> Result<Self> {
        let Some(file) = exported_file(path) else {
            let (generator, plan) = trained_generator(path, kind, device)?;
            return Ok(Self { generator, model: plan.model.clone(), plan: Some(plan) });
        };
        if kind != CheckpointKind::Latest {
            let message = format!("{} is an export, which has no {kind} checkpoint", path.display());
            return Err(Error::recipe(message, "leave out --checkpoint, or name the run's folder"));
        }
        let weights = Weights::read(&file)?;
        let model = weights.described_model()?;
        check::generator_alone(&model).map_err(|error| {
            let message = format!("{} describes networks that cannot be: {error}", file.display());
            Error::checkpoint(message, "`steadygan export RUN` writes it again")
        })?;
        let generator = weights.load(nn::generator(&model, 0, device))?;
        Ok(Self { generator, model, plan: None })
    }
}

/// The file of weights that a path which is no run stands for.
fn exported_file(path: &Path) -> Option<PathBuf> {
    let ending = path.extension().and_then(|ending| ending.to_str());
    if path.is_file() && matches!(ending, Some("safetensors" | "pth" | "pt")) {
        return Some(path.to_path_buf());
    }
    let file = path.join(Role::Generator.file_name());
    (file.is_file() && RunDirectory::open(path).is_err()).then_some(file)
}

/// The points that a scatter plot of fakes is drawn over.
pub(super) fn reals(plan: Option<&Plan>) -> Result<Samples> {
    let Some(plan) = plan else {
        let message = "points are drawn over those of the data, which an export does not know";
        return Err(Error::recipe(message, "write an array (--out FILE.npy), or name the run's folder"));
    };
    let train = data::load(&plan.data)?.train;
    Ok(data::first_training_samples(&train, plan.seed, SCATTER_POINTS))
}
