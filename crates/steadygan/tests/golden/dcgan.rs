//! PyTorch's DCGAN example: forward passes, gradients, Adam, ten steps; and exact input gradients.

use crate::fixture::{Fixture, assert_close};
use burn::Tensor;
use burn::prelude::*;
use steadygan::heuristics::Hook;
use steadygan::labels::Batches;
use steadygan::nn::{Layer, Network, Pass, load_tensors, named_tensors};
use steadygan::optim::Gradients;
use steadygan::plan::Plan;
use steadygan::train::{MakeReals, Rules, State, discriminator_step, generator_step};

/// The plan of `recipes/pytorch-dcgan.toml` with some keys changed.
pub(crate) fn plan(overrides: &[&str], channels: usize) -> Plan {
    let mut recipe = steadygan::heuristics::recipe();
    let text = include_str!("../../../../recipes/pytorch-dcgan.toml");
    recipe.lay_text(text, "recipe").expect("the recipe of the repository");
    for key in overrides {
        recipe.lay_assignment(key, "--set").expect("a known key");
    }
    steadygan::decide::decide(&recipe, channels).expect("a plan")
}

fn small_plan() -> Plan {
    plan(&["data.size=32", "model.width=8", "train.batch=8"], 3)
}

fn device() -> Device {
    Device::flex().autodiff()
}

fn state_of(fixture: &Fixture, prefix: &str) -> State {
    let mut state = State::new(&small_plan(), Vec::new(), &device());
    let load = |network: Network, role: &str| {
        load_tensors(network, &fixture.part(&format!("{prefix}.{role}."))).expect("PyTorch's names match ours")
    };
    state.generator = load(state.generator, "generator");
    state.discriminator = load(state.discriminator, "discriminator");
    state
}

#[track_caller]
fn assert_network(network: &Network, fixture: &Fixture, prefix: &str, tolerance: f64) {
    for tensor in named_tensors(network) {
        let name = format!("{prefix}{}", tensor.name);
        if let Some(theirs) = fixture.tensors.get(&name) {
            assert_close(&name, tensor.data, theirs, tolerance);
        }
    }
}

#[test]
fn parameter_counts_are_those_of_pytorchs_example() {
    let state = State::new(&plan(&[], 3), Vec::new(), &device());
    let count = |network: &Network| -> usize {
        named_tensors(network).iter().filter(|t| t.trainable).map(|t| t.data.num_elements()).sum()
    };
    assert_eq!(count(&state.generator), 3_576_704);
    assert_eq!(count(&state.discriminator), 2_765_568);
}

#[test]
fn forward_in_training_mode_and_running_statistics() {
    let fixture = Fixture::read("dcgan");
    let mut state = state_of(&fixture, "init");
    let mut pass = Pass::train();
    let fakes = state.generator.forward(fixture.tensor("z.0"), &mut pass);
    state.generator.absorb(pass);
    assert_close("generator", fakes.into_data(), &fixture.tensors["train.generator_output"], 1e-5);
    assert_network(&state.generator, &fixture, "train.generator.", 1e-5);
    let mut pass = Pass::train();
    let logits = state.discriminator.logits(fixture.tensor("real.0"), &mut pass);
    state.discriminator.absorb(pass);
    assert_close("logits", logits.into_data(), &fixture.tensors["train.logits"], 1e-5);
    assert_network(&state.discriminator, &fixture, "train.discriminator.", 1e-5);
}

#[test]
fn forward_in_evaluation_mode() {
    let fixture = Fixture::read("dcgan");
    let state = state_of(&fixture, "final");
    let fakes = state.generator.forward(fixture.tensor("eval.z"), &mut Pass::evaluate());
    assert_close("generator", fakes.into_data(), &fixture.tensors["eval.generator_output"], 1e-5);
    let logits = state.discriminator.logits(fixture.tensor("eval.real"), &mut Pass::evaluate());
    assert_close("logits", logits.into_data(), &fixture.tensors["eval.logits"], 1e-5);
}

/// Takes one step of the example; returns the losses of discriminator and generator.
fn step(fixture: &Fixture, state: &mut State, number: usize) -> [f64; 2] {
    let mut pass = Pass::train();
    let latents: Tensor<4> = fixture.tensor(&format!("z.{number}"));
    let fakes = state.generator.forward(latents, &mut pass);
    state.generator.absorb(pass);
    let batches = Batches::new(fixture.tensor(&format!("real.{number}")), fakes.clone().inner());
    let rules = Rules::plain(small_plan().train.batches);
    let State { generator, generator_optimizer, discriminator, discriminator_optimizer, .. } = state;
    let of_discriminator = discriminator_step(discriminator, discriminator_optimizer, batches, &rules, &mut []);
    let reals = |_: &[Box<dyn Hook>]| fixture.tensor::<4>(&format!("real.{number}")).into();
    let fakes = (fakes.into(), &reals as MakeReals<'_>);
    let of_generator = generator_step(generator, generator_optimizer, discriminator, fakes, &rules, &mut []);
    [of_discriminator.expect("finite").loss_d, of_generator.expect("finite").loss]
}

/// Adam's first step leaves (1 − β₁)·g in the first moment, so with β₁ = 0.5 the gradient is twice the moment. The
/// fixture has the gradient of the generator's first weight, but not its moments.
#[test]
fn gradients_moments_and_weights_after_the_first_step() {
    let fixture = Fixture::read("dcgan");
    let mut state = state_of(&fixture, "init");
    step(&fixture, &mut state, 0);
    let roles = [
        ("generator", "grad_g.", &state.generator, &state.generator_optimizer),
        ("discriminator", "grad_d.", &state.discriminator, &state.discriminator_optimizer),
    ];
    for (role, gradients, network, optimizer) in roles {
        for (name, (first, second)) in &optimizer.adam().expect("Adam").moments {
            let gradient = (first.clone() * 2.0).into_data();
            assert_close(name, gradient, &fixture.tensors[&format!("{gradients}{name}")], 1e-4);
            for (order, moment) in [("m", first), ("v", second)] {
                if let Some(theirs) = fixture.tensors.get(&format!("adam_{order}.{role}.{name}")) {
                    assert_close(name, moment.clone().into_data(), theirs, 1e-4);
                }
            }
        }
        assert_network(network, &fixture, &format!("after1.{role}."), 1e-5);
    }
}

/// Losses 1 to 3 must be within 1e-3 (relative) of PyTorch's in f64. Losses 4 to 10 may be at most three times as far
/// from PyTorch's f64 as its own f32 is.
#[test]
fn losses_of_ten_steps() {
    let fixture = Fixture::read("dcgan");
    let theirs = fixture.table("losses_f64");
    let gaps: Vec<f64> =
        serde_json::from_value(fixture.metadata["loss_gap_envelope"].clone()).expect("a list of numbers");
    let mut state = state_of(&fixture, "init");
    for number in 0..10 {
        let [loss_d, loss_g] = step(&fixture, &mut state, number);
        let row = &theirs[number];
        for (what, ours, theirs, parts) in [("D", loss_d, row[0] + row[1], 2.0), ("G", loss_g, row[2], 1.0)] {
            let allowed = if number < 3 { 1e-3 * theirs } else { 3.0 * parts * gaps[number] };
            let gap = (ours - theirs).abs();
            assert!(gap <= allowed, "loss {} of {what}: {gap:.2e} is above {allowed:.2e}", number + 1);
        }
    }
}

/// Compares ∇ₓD, computed by chained pull-backs, and the gradient of its square, computed by differentiating through
/// them, with PyTorch's double backpropagation.
#[test]
fn input_gradient_and_the_gradient_of_its_norm() {
    let fixture = Fixture::read("input_gradient");
    let plan =
        plan(&["data.size=32", "model.width=8", "heuristics.batch-norm=false", "heuristics.gaussian-init=false"], 3);
    // Without batch norm the layers' indices are those of the fixture.
    let discriminator = State::new(&plan, Vec::new(), &device()).discriminator;
    let discriminator = load_tensors(discriminator, &fixture.part("discriminator.")).expect("the fixture's names");
    let reals: Tensor<4> = fixture.tensor("real");
    let logits = discriminator.logits(reals.clone(), &mut Pass::train());
    assert_close("logits", logits.into_data(), &fixture.tensors["logits"], 1e-5);
    let gradient = discriminator.input_gradient(reals).expect("no layer mixes the batch");
    assert_close("input gradient", gradient.clone().into_data(), &fixture.tensors["input_gradient"], 1e-5);
    let penalty = (gradient.clone() * gradient).sum() / 16.0;
    let found = Gradients::of(&discriminator, &penalty.backward());
    assert_close("penalty", penalty.into_data(), &fixture.tensors["penalty"], 1e-5);
    // A bias's gradient is exactly zero, or absent, because the network is piecewise linear.
    for (name, theirs) in fixture.part("grad_penalty.") {
        match found.0.get(&name) {
            Some(ours) => assert_close(&name, ours.clone().into_data(), &theirs, 1e-4),
            None => assert!(name.ends_with("bias"), "{name}"),
        }
    }
}

#[test]
fn batch_norm_has_no_input_gradient() {
    let state = State::new(&small_plan(), Vec::new(), &device());
    assert!(state.discriminator.input_gradient(Tensor::zeros([2, 3, 32, 32], &Device::flex())).is_none());
    assert_eq!(state.discriminator.layers()[3].name(), "BatchNorm");
}
