//! Weights and feature networks.

use super::recipes;
use crate::Reader;
use crate::frame::Frame;
use crate::reader::PLAIN;
use std::path::Path;
use steadygan::device::device;
use steadygan::export::{Description, to_onnx, to_safetensors};
use steadygan::generate::{Destination, Latents, Request, generate};
use steadygan::metrics::network::FeatureNetwork;
use steadygan::nn::{Network, generator};
use steadygan::plan::Plan;
use steadygan::weights::{FORMAT_VERSION, Role, Weights};
use steadygan::{Result, heuristics};
use steadygan_run::CheckpointKind;

const NETWORK: Reader = Reader { read: weights, ..PLAIN };

/// PyTorch's state dicts, which are pickles in a zip archive.
pub(crate) const PTH: Reader = Reader { name: "pth", file: "weights.pth", frame: Frame::Zip, ..NETWORK };

pub(crate) const SAFETENSORS: Reader =
    Reader { name: "safetensors", file: "weights.safetensors", frame: Frame::SafeTensors, own: own_weights, ..NETWORK };

/// A generator that images are made with.
pub(crate) const EXPORT: Reader = Reader { name: "export", read: made_by, ..SAFETENSORS };

/// A feature network that takes colour images of one pixel, because a generator of three latents does.
pub(crate) const ONNX: Reader = Reader {
    name: "onnx",
    file: "network.onnx",
    beside: &[("network.toml", include_bytes!("../../corpus/description/usual.toml"))],
    own: own_onnx,
    // rten computes whatever a network asks for: a few hundred bytes can ask for 25 GB, or for minutes.
    known: &["memory allocation of", "of processor time"],
    read: feature_network,
    ..NETWORK
};

/// The description of a feature network's input.
pub(crate) const DESCRIPTION: Reader = Reader {
    name: "description",
    file: "network.toml",
    text: true,
    beside: &[("network.onnx", include_bytes!("../../corpus/onnx/network.onnx"))],
    read: |path| feature_network(&path.with_extension("onnx")),
    ..NETWORK
};

/// A small run, whose generator weights are for: that of the state dict in the corpus.
const RECIPE: &str =
    "[data]\nsize = 16\nchannels = 1\n[model]\nwidth = 2\nlatent = 3\n[train]\nbatch = 2\nimages = 4\n";

fn weights(path: &Path) -> Result<()> {
    Weights::read(path)?.load(small_generator()?.0).map(|_| ())
}

fn made_by(export: &Path) -> Result<()> {
    let array = export.with_extension("npy");
    generate(&Request {
        run: export.into(),
        checkpoint: CheckpointKind::Latest,
        latents: Latents::Random { count: 1, seed: 0 },
        class: None,
        interpolate: false,
        destination: Destination::Array(array.clone()),
        overwrite: true,
        device: "cpu".into(),
    })?;
    assert!(array.is_file());
    Ok(())
}

fn feature_network(path: &Path) -> Result<()> {
    FeatureNetwork::named(&path.display().to_string()).map(|_| ())
}

fn small_generator() -> Result<(Network, Plan)> {
    let mut recipe = heuristics::recipe();
    recipe.lay_text(RECIPE, "recipe")?;
    let plan = recipes::plan(&recipe)?;
    Ok((generator(&plan.model, 0, &device("cpu")?), plan))
}

fn own_weights() -> Result<Vec<Vec<u8>>> {
    let (generator, plan) = small_generator()?;
    Ok(vec![to_safetensors(&generator, &description(&plan))])
}

fn own_onnx() -> Result<Vec<Vec<u8>>> {
    let (generator, plan) = small_generator()?;
    Ok(vec![to_onnx(&generator, &description(&plan))?])
}

fn description(plan: &Plan) -> Description<'_> {
    Description { format_version: FORMAT_VERSION, role: Role::Generator, average: false, images: 4, model: &plan.model }
}
