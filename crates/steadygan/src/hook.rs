//! The places inside a step where a heuristic may act.

use crate::class::Classed;
use crate::labels::{Batches, Moment};
use crate::nn::Network;
use crate::optim::Gradients;
use crate::role::Role;
use burn::Tensor;
use burn::prelude::TensorData;
use std::collections::BTreeMap;
use std::fmt;

/// The places inside a step where a heuristic may act, each with an empty default. Random numbers come from the
/// moment's streams. State that a hook keeps from one step to the next is its [`Memory`], which checkpoints hold.
///
/// Order of the calls:
///
/// * before a round: [`before_round`](Self::before_round);
/// * in a discriminator step: [`replace_images`](Self::replace_images), [`transform_images`](Self::transform_images),
///   [`flip_labels`](Self::flip_labels), [`smooth_labels`](Self::smooth_labels),
///   [`discriminator_penalty`](Self::discriminator_penalty), [`change_gradients`](Self::change_gradients),
///   [`after_logits`](Self::after_logits);
/// * in a generator step: [`transform_images`](Self::transform_images), [`opponent`](Self::opponent),
///   [`generator_penalty`](Self::generator_penalty), [`change_gradients`](Self::change_gradients).
pub trait Hook: fmt::Debug {
    /// The heuristic's name.
    fn name(&self) -> &'static str;

    /// Reads both networks before a round.
    fn before_round(&mut self, _generator: &Network, _discriminator: &Network, _moment: &Moment) {}

    /// Another discriminator, with constant weights, that the generator trains against in this round.
    fn opponent(&self) -> Option<&Network> {
        None
    }

    /// Replaces reals or fakes of a discriminator step, before they are transformed and packed.
    fn replace_images(&mut self, _reals: &mut Classed, _fakes: &mut Classed, _moment: &Moment) {}

    /// Transforms images `[n, c, h, w]` before the discriminator sees them: reals and fakes alike, in both steps.
    /// Gradients pass through.
    fn transform_images(&self, images: Tensor<4>, _kind: BatchKind, _moment: &Moment) -> Tensor<4> {
        images
    }

    /// Exchanges the labels of some images: 1 becomes 0, and 0 becomes 1.
    fn flip_labels(&self, _batches: &mut Batches, _moment: &Moment) {}

    /// Replaces labels of 1 and 0 by softer ones.
    fn smooth_labels(&self, _batches: &mut Batches, _moment: &Moment) {}

    /// A term of the discriminator's loss, `[1]`, at the images of a step.
    fn discriminator_penalty(
        &self,
        _discriminator: &Network,
        _batches: &Batches,
        _moment: &Moment,
    ) -> Option<Tensor<1>> {
        None
    }

    /// A term of the generator's loss, `[1]`. The fakes are transformed and packed, and carry the generator's graph.
    /// The discriminator's weights are constants. `reals` builds a batch of reals, transformed and packed, on demand; a
    /// hook that does not call it pays nothing.
    fn generator_penalty(
        &self,
        _discriminator: &Network,
        _fakes: &Classed,
        _reals: &dyn Fn() -> Classed,
    ) -> Option<Tensor<1>> {
        None
    }

    /// Changes a network's gradients before its optimiser applies them.
    fn change_gradients(&mut self, _role: Role, _network: &Network, _gradients: &mut Gradients) {}

    /// Reads the discriminator's logits of a step on reals and on fakes.
    fn after_logits(&mut self, _real: &[f64], _fake: &[f64], _moment: &Moment) {}

    /// The hook's state, for a checkpoint.
    fn memory(&self) -> Memory {
        Memory::default()
    }

    /// Restores the state that [`memory`](Self::memory) saved.
    ///
    /// # Errors
    ///
    /// The saved state is incomplete or has another shape; the message says what is wrong.
    fn restore(&mut self, _memory: Memory) -> Result<(), String> {
        Ok(())
    }
}

/// Which batch is transformed. Each kind has random streams of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BatchKind {
    /// Reals in a discriminator step.
    Real,
    /// Fakes in a discriminator step.
    Fake,
    /// Fakes in a generator step, with the step's number in its round.
    Generator(usize),
    /// Reals in a generator step, which relative losses and feature matching need.
    GeneratorReal(usize),
}

impl BatchKind {
    /// The name of a heuristic's random stream for this kind of batch.
    pub fn stream_name(self, heuristic: &str) -> String {
        match self {
            Self::Real => format!("{heuristic}/real"),
            Self::Fake => format!("{heuristic}/fake"),
            Self::Generator(number) => format!("{heuristic}/generator/{number}"),
            Self::GeneratorReal(number) => format!("{heuristic}/generator-real/{number}"),
        }
    }
}

/// State that a hook keeps from one step to the next.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Memory {
    /// Numbers by name.
    pub numbers: BTreeMap<String, f64>,
    /// Tensors of floats by name.
    pub tensors: BTreeMap<String, TensorData>,
}
