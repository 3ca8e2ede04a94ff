//! Reads state dicts that PyTorch wrote, and checks exports that PyTorch should read.

use crate::dcgan::plan;
use crate::fixture::{Fixture, assert_close};
use burn::prelude::*;
use safetensors::SafeTensors;
use std::path::PathBuf;
use steadygan::export::{Description, FORMAT_VERSION, to_safetensors};
use steadygan::nn::{Network, Pass, load_tensors};
use steadygan::plan::Plan;
use steadygan::run::{initial_state, initial_weights};
use steadygan::train::State;
use steadygan::weights::{Role, Weights, read_all};

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

fn tiny_plan() -> Plan {
    plan(&["data.size=16", "data.channels=1", "model.width=2", "model.latent=3"], 1)
}

/// The loaded networks, running statistics included, must compute what PyTorch computed before saving them.
#[test]
fn networks_from_state_dicts_compute_what_pytorchs_do() {
    const TOLERANCE: f64 = 1e-5;
    let fixture = Fixture::read("state_dicts");
    let State { generator, discriminator, .. } = State::new(&tiny_plan(), Vec::new(), &Device::flex());
    let load = |network: &Network, name: &str| {
        Weights::read(&file(name)).expect("a state dict").load(network.clone()).expect("weights of this network")
    };
    let images = load(&generator, "generator.pth").forward(fixture.tensor("latents"), &mut Pass::evaluate());
    assert_close("images", images.into_data(), &fixture.tensors["images"], TOLERANCE);
    for name in ["discriminator.pth", "discriminator_wrapped.pth"] {
        let logits = load(&discriminator, name).logits(fixture.tensor("reals"), &mut Pass::evaluate());
        assert_close(name, logits.into_data(), &fixture.tensors["logits"], TOLERANCE);
    }
}

/// The tensors decide which network a file is for. The digest is the same for the same weights in another file.
#[test]
fn state_dicts_find_their_networks() {
    let chosen = |names: &[&str]| {
        let paths: Vec<String> = names.iter().map(|name| file(name).display().to_string()).collect();
        initial_weights(&read_all(&paths).expect("state dicts"), &tiny_plan())
    };
    let both = chosen(&["discriminator.pth", "generator.pth"]).expect("both");
    assert_eq!(both[&Role::Generator].path, file("generator.pth"));
    let wrapped = chosen(&["discriminator_wrapped.pth"]).expect("one");
    assert_eq!(both[&Role::Discriminator].sha256, wrapped[&Role::Discriminator].sha256);
    let twice = chosen(&["discriminator.pth", "discriminator_wrapped.pth"]);
    assert!(twice.expect_err("two").to_string().ends_with("are both of a discriminator"));
    let plan = Plan { initial_weights: both, ..tiny_plan() };
    let state = initial_state(&plan, &Device::flex()).expect("a state");
    let fixture = Fixture::read("state_dicts");
    let logits = state.discriminator.logits(fixture.tensor("reals"), &mut Pass::evaluate());
    assert_close("logits", logits.into_data(), &fixture.tensors["logits"], 1e-5);
}

/// An export must hold exactly the fixture's tensors, which have PyTorch's names and layouts. (Other golden tests
/// compare what the networks compute.)
#[test]
fn an_export_holds_what_pytorch_would_have_saved() {
    let fixture = Fixture::read("dcgan");
    let plan = plan(&["data.size=32", "model.width=8", "train.batch=8"], 3);
    let state = State::new(&plan, Vec::new(), &Device::flex());
    for role in Role::ALL {
        let theirs = fixture.part(&format!("final.{role}."));
        let network = load_tensors(state.network(role).clone(), &theirs).expect("PyTorch's names match ours");
        let (format_version, model) = (FORMAT_VERSION, &plan.model);
        let description = Description { format_version, role, average: false, images: 80, model };
        let bytes = to_safetensors(&network, &description);
        let ours = SafeTensors::deserialize(&bytes).expect("a safetensors file");
        let mut names = ours.names();
        names.sort_unstable();
        assert_eq!(names, theirs.keys().collect::<Vec<_>>());
        for (name, view) in ours.iter() {
            assert_eq!((view.shape(), view.data()), (&theirs[name].shape()[..], theirs[name].as_bytes()), "{name}");
        }
    }
}
