//! Compares one training step in two forms that PyTorch's example does not have: an update for each batch, and packs.

use crate::dcgan::plan;
use crate::fixture::{Fixture, assert_close};
use burn::Tensor;
use burn::prelude::*;
use steadygan::class::Classed;
use steadygan::heuristics::Hook;
use steadygan::labels::Batches;
use steadygan::nn::{Pass, load_tensors, named_tensors};
use steadygan::run::initial_state;
use steadygan::train::{MakeReals, Rules, State, discriminator_step, generator_step, packed};

/// Takes the step of `form` from the networks of the fixture `dcgan`, and compares losses, parameters and moments with
/// PyTorch's.
fn assert_step(form: &str, setting: &str) {
    let (start, fixture) = (Fixture::read("dcgan"), Fixture::read("steps"));
    let metadata = &fixture.metadata[form];
    let plan = plan(&["data.size=32", "model.width=8", "train.batch=8", setting], 3);
    let mut state = initial_state(&plan, &Device::flex().autodiff()).expect("a state");
    let own = fixture.part(&format!("{form}.init."));
    let discriminator = if own.is_empty() { start.part("init.discriminator.") } else { own };
    state.generator = load_tensors(state.generator, &start.part("init.generator.")).expect("the fixture's names");
    state.discriminator = load_tensors(state.discriminator, &discriminator).expect("the fixture's names");

    let [of_reals, of_latents] = [0, 1].map(|at| metadata["batches"][at].as_u64().expect("a number"));
    let mut pass = Pass::train();
    let fakes = state.generator.forward(start.tensor(&format!("z.{of_latents}")), &mut pass);
    state.generator.absorb(pass);
    let fakes = packed(fakes, plan.model.pack);
    let reals = || -> Tensor<4> { packed(start.tensor(&format!("real.{of_reals}")), plan.model.pack) };
    let batches = Batches::new(reals(), fakes.clone().inner());
    let rules = Rules::plain(plan.train.batches);
    let State { generator, generator_optimizer, discriminator, discriminator_optimizer, .. } = &mut state;
    let of_discriminator =
        discriminator_step(discriminator, discriminator_optimizer, batches, &rules, &mut []).expect("finite");
    let compared = |_: &[Box<dyn Hook>]| Classed::from(reals());
    let fakes = (fakes.into(), &compared as MakeReals<'_>);
    let of_generator =
        generator_step(generator, generator_optimizer, discriminator, fakes, &rules, &mut []).expect("finite");

    let losses: Vec<f64> = serde_json::from_value(metadata["losses"].clone()).expect("three numbers");
    for (ours, theirs) in [(of_discriminator.loss_d, losses[0] + losses[1]), (of_generator.loss, losses[2])] {
        assert!((ours / theirs - 1.0).abs() < 1e-5, "{form}: {ours} instead of {theirs}");
    }
    let parts = [
        ("generator", &state.generator, &state.generator_optimizer),
        ("discriminator", &state.discriminator, &state.discriminator_optimizer),
    ];
    let mut compared = 0;
    for (role, network, optimizer) in parts {
        let after = named_tensors(network).into_iter();
        let after = after.map(|tensor| (format!("{form}.after.{role}.{}", tensor.name), tensor.data, 1e-5));
        let moments = optimizer.adam().expect("Adam").moments.iter();
        let moments = moments.map(|(name, (m, _))| (format!("{form}.adam_m.{role}.{name}"), m.to_data(), 1e-4));
        for (name, ours, tolerance) in after.chain(moments) {
            if let Some(theirs) = fixture.tensors.get(&name) {
                assert_close(&name, ours, theirs, tolerance);
                compared += 1;
            }
        }
    }
    let all = fixture.tensors.keys().filter(|name| name.starts_with(&format!("{form}.a"))).count();
    assert_eq!(compared, all, "{form}");
}

#[test]
fn an_update_for_each_batch() {
    assert_step("two", "heuristics.separate-batches.updates=two");
}

#[test]
fn packs_of_two() {
    assert_step("pac", "heuristics.pac.images=2");
}
