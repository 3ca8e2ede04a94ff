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

/// The places inside a step where a heuristic may act. Whatever is random comes from the moment's streams; what a hook
/// remembers from one step to the next is its [`Memory`], which checkpoints hold.
///
/// Before a round comes [`begin`](Self::begin). In the discriminator's step they are called in this order: [`show`](Self::show), [`view`](Self::view), [`tell`](Self::tell),
/// [`soften`](Self::soften), [`penalty`](Self::penalty), [`gradients`](Self::gradients), [`judged`](Self::judged); in the
/// generator's: [`view`](Self::view), [`opponent`](Self::opponent), [`fooling`](Self::fooling), [`gradients`](Self::gradients).
pub trait Hook: fmt::Debug {
    /// The heuristic's name.
    fn name(&self) -> &'static str;

    /// Looks at both networks before a round.
    fn begin(&mut self, _generator: &Network, _discriminator: &Network, _moment: &Moment) {}

    /// Another discriminator that the generator plays against in this round, its weights constants.
    fn opponent(&self) -> Option<&Network> {
        None
    }

    /// Changes which images the discriminator is shown as reals and as fakes, before they are viewed and packed.
    fn show(&mut self, _batches: &mut Batches, _moment: &Moment) {}

    /// Images `[n, c, h, w]` as the discriminator sees them, reals and fakes alike, in both steps; gradients pass through.
    fn view(&self, images: Tensor<4>, _view: View, _moment: &Moment) -> Tensor<4> {
        images
    }

    /// Changes which images the discriminator is told are real.
    fn tell(&self, _batches: &mut Batches, _moment: &Moment) {}

    /// Changes the labels, the targets of the discriminator's loss, given what each image is told to be.
    fn soften(&self, _batches: &mut Batches, _moment: &Moment) {}

    /// A term of the discriminator's loss, `[1]`, at the images that it was shown; called for each step on reals and fakes.
    fn penalty(&self, _discriminator: &Network, _shown: &Batches, _moment: &Moment) -> Option<Tensor<1>> {
        None
    }

    /// A term of the generator's loss, `[1]`. The fakes, as they are judged, carry the generator's graph; the discriminator's
    /// weights are constants. Reals are viewed for who asks for them.
    fn fooling(&self, _discriminator: &Network, _fakes: &Classed, _reals: &dyn Fn() -> Classed) -> Option<Tensor<1>> {
        None
    }

    /// Changes a network's gradients before its optimiser takes them.
    fn gradients(&mut self, _role: Role, _network: &Network, _gradients: &mut Gradients) {}

    /// Looks at the discriminator's logits of a step, before its update.
    fn judged(&mut self, _real: &[f64], _fake: &[f64], _moment: &Moment) {}

    /// What it remembers.
    fn memory(&self) -> Memory {
        Memory::default()
    }

    /// Remembers what another of its kind did.
    ///
    /// # Errors
    ///
    /// That is not what it remembers; the message says what is amiss.
    fn recall(&mut self, _memory: Memory) -> Result<(), String> {
        Ok(())
    }
}

/// Which images are viewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// Reals.
    Real,
    /// Fakes in the discriminator's step.
    Fake,
    /// Fakes in the generator's step, the number of it in its round.
    Generator(usize),
    /// Reals in the generator's step, which relative losses and feature matching look at.
    GeneratorReal(usize),
}

impl View {
    /// The name of its random streams.
    pub fn stream_name(self, heuristic: &str) -> String {
        match self {
            Self::Real => format!("{heuristic}/real"),
            Self::Fake => format!("{heuristic}/fake"),
            Self::Generator(number) => format!("{heuristic}/generator/{number}"),
            Self::GeneratorReal(number) => format!("{heuristic}/generator-real/{number}"),
        }
    }
}

/// What a hook remembers from one step to the next.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Memory {
    /// Numbers by name.
    pub numbers: BTreeMap<String, f64>,
    /// Tensors of floats by name.
    pub tensors: BTreeMap<String, TensorData>,
}
