//! What is planted: changes of plan, data, weights and gradients of which the doctor is not told.

use burn::prelude::*;
use std::collections::BTreeMap;
use steadygan::data::{Dataset, Samples};
use steadygan::heuristics::Hook;
use steadygan::labels::{Batches, Moment};
use steadygan::loss::Loss;
use steadygan::nn::{Init, Network, load_tensors, named_tensors};
use steadygan::optim::Gradients;
use steadygan::pixels::PixelRange;
use steadygan::plan::{Norm, Plan};
use steadygan::schedule::Schedule;
use steadygan::train::State;
use steadygan::weights::Role;

/// A failure that is planted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Plant {
    /// Both learning rates times this.
    HighRates(f64),
    /// The generator's learning rate times the first, and so many discriminator steps to one of the generator.
    StrongDiscriminator(f64, usize),
    /// From this share of the run on the weights of a generator's layer are zero: its first, or its last.
    Collapse(f64, Layer),
    /// Reals are scaled to the other range than the generator's output.
    OtherRange,
    /// All images are of one level: one for all, or each of its own.
    Constant { own: bool },
    /// So many images to train on.
    Few(usize),
    /// Activations of slope 1: of the generator, of the discriminator.
    NoBend { generator: bool, discriminator: bool },
    /// The gradients of a network are negated.
    WrongSign(Role),
    /// Reals are told to be fakes, and fakes reals.
    SwappedLabels,
    /// Initial weights of this deviation.
    LargeWeights(f64),
    /// Gradients of both networks grow by this factor each step.
    Growing(f64),
    /// The logits themselves as loss, with nothing to bound them and no normalisation, at rates times this.
    Unbounded(f64),
    /// From this share of the run on the generator's weights are drawn to zero.
    LateFading(f64),
    /// From this share of the run on the generator's weights are drawn back to where they began.
    LateForgetting(f64),
    /// The discriminator stands still from the beginning.
    Frozen,
}

/// A place in a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layer {
    /// That which takes the latents.
    First,
    /// That which makes the images.
    Last,
}

impl Plant {
    /// The name of the finding that this is.
    pub(crate) fn finding(self) -> &'static str {
        match self {
            Self::HighRates(_) => "steps-too-large",
            Self::StrongDiscriminator(..) => "discriminator-winning",
            Self::Collapse(..) => "mode-collapse",
            Self::OtherRange => "range-mismatch",
            Self::Constant { .. } => "constant-images",
            Self::Few(_) => "memorisation",
            Self::NoBend { .. } => "missing-nonlinearity",
            Self::WrongSign(_) | Self::SwappedLabels => "wrong-sign",
            Self::LargeWeights(_) | Self::Growing(_) | Self::Unbounded(_) => "exploding-gradients",
            Self::LateFading(_) | Self::LateForgetting(_) => "decay",
            Self::Frozen => "generator-winning",
        }
    }

    /// The share of the run at which it begins.
    pub(crate) fn begins(self) -> f64 {
        match self {
            Self::Collapse(share, _) | Self::LateFading(share) | Self::LateForgetting(share) => share,
            _ => 0.0,
        }
    }

    /// What is planted in the plan.
    pub(crate) fn in_plan(self, plan: &mut Plan) {
        let faster = |rate: &mut Schedule, factor: f64| (rate.from, rate.to) = (rate.from * factor, rate.to * factor);
        let (generator, discriminator) = (&mut plan.optimizer.generator.lr, &mut plan.optimizer.discriminator.lr);
        match self {
            Self::HighRates(factor) | Self::Unbounded(factor) => {
                faster(generator, factor);
                faster(discriminator, factor);
                if matches!(self, Self::Unbounded(_)) {
                    plan.train.loss = Loss::Wasserstein;
                    plan.model.discriminator.norm = Norm::None;
                }
            }
            Self::StrongDiscriminator(factor, steps) => {
                faster(generator, factor);
                plan.train.discriminator_steps = steps;
                let round = plan.train.round();
                for count in [&mut plan.train.images, &mut plan.train.stats_every] {
                    *count = count.div_ceil(round) * round;
                }
                (plan.train.sheets_every, plan.train.checkpoint_every) = (plan.train.images, plan.train.images);
            }
            Self::OtherRange => {
                plan.model.range = match plan.model.range {
                    PixelRange::Symmetric => PixelRange::Unit,
                    PixelRange::Unit => PixelRange::Symmetric,
                };
            }
            Self::NoBend { generator, discriminator } => {
                if generator {
                    plan.model.generator.slope = 1.0;
                }
                if discriminator {
                    plan.model.discriminator.slope = 1.0;
                    plan.model.maxout = 0;
                }
            }
            Self::LargeWeights(deviation) => plan.model.init = Init::Gaussian { deviation },
            _ => {}
        }
    }

    /// What is planted in the data.
    pub(crate) fn in_data(self, data: &mut Dataset) {
        match (self, &mut data.train) {
            (Self::Few(count), samples) => *samples = samples.gather(&Vec::from_iter(0..count), None),
            (Self::Constant { own }, Samples::Images(images)) => {
                let length = images.channels * images.size * images.size;
                let level = |number: usize| if own { (number * 37 % 256) as u8 } else { 90 };
                for (number, image) in images.pixels.chunks_exact_mut(length).enumerate() {
                    image.fill(level(number));
                }
            }
            _ => {}
        }
    }

    /// What is planted in the state, when it begins.
    pub(crate) fn in_state(self, state: &mut State, beginning: BTreeMap<String, Tensor<1>>) {
        let meddle = match self {
            Self::Collapse(_, layer) => {
                let weight = weight_of(&state.generator, layer);
                state.generator = zeroed(std::mem::take(&mut state.generator), &weight);
                Meddling::Stop(weight)
            }
            Self::WrongSign(role) => Meddling::Negate(role),
            Self::SwappedLabels => Meddling::Swap,
            Self::Growing(factor) => Meddling::Grow(factor),
            Self::LateFading(_) => Meddling::Draw(BTreeMap::new()),
            Self::LateForgetting(_) => Meddling::Draw(beginning),
            Self::Frozen => Meddling::Freeze,
            _ => return,
        };
        state.hooks.push(Box::new(Meddler { meddling: meddle, calls: 0 }));
    }
}

fn weight_of(network: &Network, layer: Layer) -> String {
    let mut names =
        named_tensors(network).into_iter().map(|tensor| tensor.name).filter(|name| name.ends_with(".weight"));
    let name = match layer {
        Layer::First => names.next(),
        Layer::Last => names.last(),
    };
    name.expect("a network has weights")
}

fn zeroed(network: Network, name: &str) -> Network {
    let tensors = named_tensors(&network).into_iter().map(|tensor| {
        let data = if tensor.name == name {
            TensorData::new(vec![0f32; tensor.data.num_elements()], tensor.data.shape().clone())
        } else {
            tensor.data
        };
        (tensor.name, data)
    });
    load_tensors(network, &tensors.collect::<BTreeMap<_, _>>()).expect("its own tensors")
}

/// What is done inside a step.
#[derive(Debug)]
enum Meddling {
    Negate(Role),
    Swap,
    Grow(f64),
    /// The generator's weights are drawn to these, or to zero.
    Draw(BTreeMap<String, Tensor<1>>),
    Freeze,
    /// The generator's tensor of this name is not trained.
    Stop(String),
}

#[derive(Debug)]
struct Meddler {
    meddling: Meddling,
    calls: u64,
}

impl Hook for Meddler {
    fn name(&self) -> &'static str {
        "planted"
    }

    fn tell(&self, batches: &mut Batches, _: &Moment) {
        if matches!(self.meddling, Meddling::Swap) {
            batches.named().into_iter().flat_map(|(_, batch)| &mut batch.told_real).for_each(|told| *told = !*told);
        }
    }

    fn gradients(&mut self, role: Role, network: &Network, gradients: &mut Gradients) {
        self.calls += 1;
        let of_generator = role == Role::Generator;
        match &self.meddling {
            Meddling::Negate(negated) if role == *negated => scale(gradients, -1.0),
            Meddling::Grow(factor) => scale(gradients, factor.powf(self.calls as f64 / 2.0)),
            Meddling::Freeze if !of_generator => scale(gradients, 0.0),
            Meddling::Stop(name) if of_generator => {
                // Without a gradient, not with one of zero: Adam's momentum would go on.
                gradients.0.remove(name);
            }
            Meddling::Draw(to) if of_generator => {
                let weights = flat(network);
                for (name, gradient) in &mut gradients.0 {
                    let weight = weights[name].clone();
                    *gradient = to.get(name).map_or(weight.clone(), |target| weight - target.clone());
                }
            }
            _ => {}
        }
    }
}

fn scale(gradients: &mut Gradients, factor: f64) {
    gradients.0.values_mut().for_each(|gradient| *gradient = gradient.clone() * factor);
}

/// A network's tensors by name, flat and outside differentiation.
pub(crate) fn flat(network: &Network) -> BTreeMap<String, Tensor<1>> {
    let device = Device::flex();
    let tensors = named_tensors(network).into_iter().map(|tensor| {
        let count = tensor.data.num_elements();
        (tensor.name, Tensor::<1>::from_data(TensorData::new(tensor.data.iter::<f32>().collect(), [count]), &device))
    });
    tensors.collect()
}
