//! Computes our discriminator's logits on images from a file, for a script that compares them with another program's.

use crate::dcgan::plan;
use burn::prelude::*;
use std::env;
use std::fs::File;
use std::path::PathBuf;
use steadygan::data::npy;
use steadygan::nn::Pass;
use steadygan::train::State;
use steadygan::weights::Weights;

/// Runs the discriminator of `recipes/pytorch-dcgan.toml`, with the weights in the file `STEADYGAN_WEIGHTS`, on the
/// images in `STEADYGAN_IMAGES` (.npy, float32, one image a row), and writes the logits to `STEADYGAN_LOGITS` (.npy).
#[test]
#[ignore = "crates/steadygan-cli/tests/exports/check_pytorch.py runs it"]
fn logits_of_a_file_of_weights() {
    let path = |name: &str| PathBuf::from(env::var_os(name).unwrap_or_else(|| panic!("{name} is not set")));
    let plan = plan(&[], 3);
    let network = State::new(&plan, Vec::new(), &Device::flex()).discriminator;
    let network = Weights::read(&path("STEADYGAN_WEIGHTS")).expect("weights").load(network).expect("of this network");
    let pixels = npy::read_latents(&path("STEADYGAN_IMAGES"), plan.model.image_len()).expect("images");
    let shape = [pixels.len() / plan.model.image_len(), plan.model.channels, plan.model.size, plan.model.size];
    let images = Tensor::from_data(TensorData::new(pixels, shape), &Device::flex());
    let logits: Vec<f32> = network.logits(images, &mut Pass::evaluate()).into_data().iter::<f32>().collect();
    let mut out = File::create(path("STEADYGAN_LOGITS")).expect("a file");
    npy::write_f32(&mut out, &[logits.len()], [logits]).expect("written");
}
