use super::*;
use crate::data::{Dataset, Images};
use crate::nn::{Builder, ConvSpec, Init, Initializer, named_tensors};
use crate::plan::Plan;
use crate::train::{self, Observer};

fn builder(shape: [usize; 3]) -> Builder {
    let device = Device::flex().autodiff();
    Builder::new(shape, Initializer { init: Init::FanInUniform, seed: 0, network: "test".into(), device })
}

fn ramp(shape: [usize; 4], offset: f32) -> Tensor<4> {
    let count = shape.iter().product::<usize>();
    let values = (0..count).map(|at| ((at as f32 + offset) * 0.7).sin()).collect();
    Tensor::from_data(TensorData::new(values, shape), &Device::flex())
}

#[test]
fn only_a_network_without_activations_is_affine() {
    let bend_with = |slope: f32| {
        let network = builder([1, 8, 8])
            .conv(ConvSpec::strided(1, 4, true))
            .leaky_relu(slope)
            .conv(ConvSpec::valid(4, 1, 4, true))
            .build()
            .no_grad();
        bend(ramp([6, 1, 8, 8], 0.0), ramp([6, 1, 8, 8], 500.0), |x| network.logits(x, &mut Pass::evaluate()))
    };
    assert!(bend_with(1.0) < 1e-5, "{}", bend_with(1.0));
    assert!(bend_with(0.2) > 0.01, "{}", bend_with(0.2));
}

/// The biases keep one of the two units always below zero and the other always above.
#[test]
fn a_unit_that_is_never_active_is_dead() {
    let network = builder([1, 4, 4]).conv(ConvSpec::same(1, 2, 3, 1, true)).leaky_relu(0.0).build();
    let network = map_tensors(network, |name, value| {
        if name.ends_with("bias") { value * 0.0 + Tensor::from_data([-100.0, 100.0], &Device::flex()) } else { value }
    });
    let (dead, bend) = units(&network.no_grad(), ramp([4, 1, 4, 4], 0.0), Pass::evaluate());
    assert_eq!(dead, 0.5);
    assert!(bend < 1e-4, "one unit is never active, the other always: {bend}");
}

#[test]
fn five_digits_are_kept() {
    for (value, expected) in [(123_456.7, 123_457.0), (0.001_234_567, 0.001_234_6), (-2.5, -2.5), (0.0, 0.0)] {
        assert_eq!(rounded(value), expected);
    }
    assert!(rounded(f64::INFINITY).is_nan());
}

/// Images of uniform noise, in two alternating classes.
fn noise(count: usize, size: usize, seed: u64) -> Samples {
    let levels = Uniform::new_inclusive(0u8, 255).unwrap();
    let pixels = levels.sample_iter(rng::stream(seed, "test", 0)).take(count * size * size).collect();
    let classes = (0..count).map(|at| (at % 2) as u32).collect();
    Images { channels: 1, size, pixels, classes: Some(classes) }.into()
}

struct Lines(Vec<Signs>);

impl Observer for Lines {
    fn stats(&mut self, _: u64, _: &StepStats, _: f64, signs: &Signs) -> crate::error::Result<()> {
        self.0.push(*signs);
        Ok(())
    }
}

fn trained(text: &str) -> (Vec<Signs>, State, Plan, Dataset) {
    let mut recipe = crate::heuristics::recipe();
    recipe
        .lay_text("[data]\nsize=8\n[model]\nwidth=4\nlatent=6\n[train]\nbatch=8\nimages=32\nstats-every=16", "small")
        .unwrap();
    recipe.lay_text(text, "test").unwrap();
    let class_names = vec!["even".into(), "odd".into()];
    let data = Dataset { class_names, ..Dataset::from_samples("noise", noise(40, 8, 1), noise(10, 8, 2)) };
    let plan = crate::decide::decide(&recipe, &data).unwrap();
    let device = Device::flex().autodiff();
    let mut state = State::new(&plan, Vec::new(), &device);
    let mut lines = Lines(Vec::new());
    train::train(&plan, &data, &mut state, &device, &mut lines).unwrap();
    (lines.0, state, plan, data)
}

/// Undoing the last step gives the weights before the last round.
#[test]
fn the_last_step_can_be_undone() {
    let (_, state, plan, data) = trained("");
    let device = Device::flex().autodiff();
    let mut before = State::new(&plan, Vec::new(), &device);
    let earlier = plan.clone().with_images(24);
    train::train(&earlier, &data, &mut before, &device, &mut Lines(Vec::new())).unwrap();
    let undone = before_last_step(&state.generator, &state.generator_optimizer).unwrap();
    for (undone, before) in named_tensors(&undone).iter().zip(named_tensors(&before.generator)) {
        if undone.trainable {
            let off = undone.data.iter::<f32>().zip(before.data.iter::<f32>()).map(|(a, b)| (a - b).abs());
            assert!(off.fold(0.0, f32::max) < 1e-6, "{}", undone.name);
        }
    }
}

/// Every sign is a number for every kind of network, except for the listed signs that cannot be measured.
#[test]
fn signs_are_numbers() {
    let recipes = [
        ("", &[][..]),
        ("base='modern'", &[]),
        ("[heuristics]\npac=true\nminibatch-std=true", &[]),
        ("base='plain'\n[model]\nfamily='resnet'", &[]),
        ("base='plain'\n[heuristics]\nsgd-discriminator=true", &["pull"]),
        ("[train]\nsheet=9\n[heuristics]\nclass-conditioning={generator='batch-norm',discriminator='projection'}", &[]),
        ("base='plain'\n[heuristics]\nvirtual-batch-norm=true", &["dead_d", "dead_g"]),
    ];
    for (text, unknown) in recipes {
        let (lines, ..) = trained(text);
        assert_eq!(lines.len(), 2);
        let value = serde_json::to_value(lines[1]).unwrap();
        let nulls: Vec<&str> = Signs::NAMES.iter().copied().filter(|name| value[name].is_null()).collect();
        assert_eq!(nulls, unknown, "{text}");
        let signs = lines[1];
        assert!((0.0..=1.0).contains(&signs.dead_g) || signs.dead_g.is_nan());
        assert!(signs.update_g > 0.0 && signs.update_d > 0.0 && signs.logit_spread > 0.0);
        assert!((signs.nearest - 1.0).abs() < 0.5, "fakes are about as near as held-out noise: {}", signs.nearest);
    }
}
