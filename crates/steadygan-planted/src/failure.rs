//! The failures that are planted in runs: changes of the plan, the data, the weights and the gradients. The doctor
//! gets the unchanged plan.

use crate::intervention::{Intervention, zero_and_hold};
use burn::prelude::Tensor;
use serde::Deserialize;
use std::collections::BTreeMap;
use steadygan::data::{Dataset, Samples};
use steadygan::loss::Loss;
use steadygan::nn::Init;
use steadygan::pixels::PixelRange;
use steadygan::plan::{Norm, Plan};
use steadygan::schedule::Schedule;
use steadygan::train::State;
use steadygan::weights::Role;

/// A planted failure with its strength. A *share* is a share of the run's images: the failure begins there.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Failure {
    /// Both learning rates are multiplied by this factor.
    HighRates(f64),
    /// The generator's learning rate is multiplied by the factor, and a round has so many discriminator steps.
    StrongDiscriminator(f64, usize),
    /// From this share on, the weights of one of the generator's layers are zero.
    Collapse(f64, Layer),
    /// Real images are scaled to another range than the generator's output.
    OtherRange,
    /// Every image is of one level: all images of the same, or each image of its own.
    Constant {
        /// Each image has a level of its own.
        own: bool,
    },
    /// The training set has so many images.
    Few(usize),
    /// Activations have slope 1 on both sides of zero, so that they are linear.
    NoBend {
        /// In the generator.
        generator: bool,
        /// In the discriminator.
        discriminator: bool,
    },
    /// A network's gradients are negated.
    WrongSign(Role),
    /// Real images get the labels of fakes, and fakes those of real images.
    SwappedLabels,
    /// Initial weights are Gaussian with this standard deviation.
    LargeWeights(f64),
    /// The gradients of both networks grow by this factor every two steps, of whichever network.
    Growing(f64),
    /// The loss is the bare Wasserstein loss, the discriminator has no normalisation, and both learning rates are
    /// multiplied by this factor.
    Unbounded(f64),
    /// From this share on, the generator's weights are drawn to zero.
    LateFading(f64),
    /// From this share on, the generator's weights are drawn to their initial values.
    LateForgetting(f64),
    /// The discriminator is never updated.
    Frozen,
}

/// A layer of the generator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Layer {
    /// The layer that takes the latents.
    First,
    /// The layer that makes the images.
    Last,
}

impl Failure {
    /// The name of the finding that the doctor should make first.
    pub fn finding(self) -> &'static str {
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

    /// The share of the run at which the failure begins.
    pub(crate) fn begins(self) -> f64 {
        match self {
            Self::Collapse(share, _) | Self::LateFading(share) | Self::LateForgetting(share) => share,
            _ => 0.0,
        }
    }

    /// Changes the plan that is trained.
    pub fn change_plan(self, plan: &mut Plan) {
        match self {
            Self::HighRates(factor) => multiply_rates(plan, factor),
            Self::Unbounded(factor) => {
                multiply_rates(plan, factor);
                plan.train.loss = Loss::Wasserstein;
                plan.model.discriminator.norm = Norm::None;
            }
            Self::StrongDiscriminator(factor, steps) => {
                multiply(&mut plan.optimizer.generator.lr, factor);
                plan.train.discriminator_steps = steps;
                // Counts of images have to be whole rounds, and rounds are longer now.
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

    /// Changes the training set.
    pub fn change_data(self, data: &mut Dataset) {
        match (self, &mut data.train) {
            (Self::Few(count), samples) => *samples = samples.gather(&Vec::from_iter(0..count), None),
            (Self::Constant { own }, Samples::Images(images)) => {
                let length = images.channels * images.size * images.size;
                // 37 is coprime to 256, so that neighbouring images differ and all levels occur.
                let level = |number: usize| if own { (number * 37 % 256) as u8 } else { 90 };
                for (number, image) in images.pixels.chunks_exact_mut(length).enumerate() {
                    image.fill(level(number));
                }
            }
            _ => {}
        }
    }

    /// Changes the networks when the failure begins, and adds a hook that goes on changing them. `initial` has the
    /// generator's initial weights.
    pub(crate) fn change_state(self, state: &mut State, initial: BTreeMap<String, Tensor<1>>) {
        let intervention = match self {
            Self::Collapse(_, layer) => zero_and_hold(&mut state.generator, layer),
            Self::WrongSign(role) => Intervention::Negate(role),
            Self::SwappedLabels => Intervention::SwapLabels,
            Self::Growing(factor) => Intervention::Grow(factor),
            Self::LateFading(_) => Intervention::DrawTo(BTreeMap::new()),
            Self::LateForgetting(_) => Intervention::DrawTo(initial),
            Self::Frozen => Intervention::FreezeDiscriminator,
            _ => return,
        };
        state.hooks.push(intervention.hook());
    }
}

fn multiply_rates(plan: &mut Plan, factor: f64) {
    multiply(&mut plan.optimizer.generator.lr, factor);
    multiply(&mut plan.optimizer.discriminator.lr, factor);
}

fn multiply(rate: &mut Schedule, factor: f64) {
    (rate.from, rate.to) = (rate.from * factor, rate.to * factor);
}
