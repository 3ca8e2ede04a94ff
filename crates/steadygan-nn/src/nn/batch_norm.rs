//! Batch normalisation.

use super::{ImageShape, Initializer, Layer, Moments, Pass};
use crate::ops::{self, BatchNormSettings};
use burn::Tensor;
use burn::module::{Module, Param};

/// The weight of a new batch in the running statistics: PyTorch's default.
const MOMENTUM: f32 = 0.1;

/// Batch normalisation over batch, height and width (Ioffe and Szegedy 2015): γ·(x − μ)/√(σ² + ε) + β, with the
/// batch's moments in training and the running statistics in evaluation, ε = 1e-5; `[n, c, h, w]` to the same shape. A
/// training pass records the moments in its [`Pass`]; [`absorb`](Self::absorb) then moves the running statistics a
/// tenth of the way to them. The page of `steadygan::heuristics::batch_norm` says when it helps.
#[derive(Module, Debug)]
pub struct BatchNorm {
    /// Scale γ, `[c]`.
    pub weight: Param<Tensor<1>>,
    /// Shift β, `[c]`.
    pub bias: Param<Tensor<1>>,
    /// Running mean, `[c]`; not trained.
    pub running_mean: Param<Tensor<1>>,
    /// Running variance (of unbiased estimates, as PyTorch keeps it), `[c]`; not trained.
    pub running_var: Param<Tensor<1>>,
}

impl BatchNorm {
    /// ε, added to the variance under the root: PyTorch's default.
    pub const EPSILON: f32 = 1e-5;

    /// A layer for `channels` channels whose scale `init` draws under `name`.
    pub fn new(channels: usize, name: &str, init: &Initializer) -> Self {
        Self {
            weight: init.scale(&format!("{name}.weight"), channels),
            bias: Param::from_tensor(init.constant(0.0, channels)),
            running_mean: Param::from_tensor(init.constant(0.0, channels)).set_require_grad(false),
            running_var: Param::from_tensor(init.constant(1.0, channels)).set_require_grad(false),
        }
    }

    /// The layer and a LeakyReLU of `slope` after it (if `Some`), fused into one pass over the images.
    pub fn forward_activated(&self, x: Tensor<4>, slope: Option<f32>, pass: &mut Pass) -> Tensor<4> {
        let (mean, variance) = if pass.is_training() {
            let [n, _, h, w] = x.dims();
            let (mean, variance) = ops::channel_moments(x.clone());
            pass.note(Moments { mean: mean.clone(), variance: variance.clone(), count: n * h * w });
            (mean, variance)
        } else {
            (self.running_mean.val(), self.running_var.val())
        };
        let settings = BatchNormSettings { epsilon: Self::EPSILON, of_batch: pass.is_training(), slope };
        ops::batch_norm(x, (mean, variance), self.weight.val(), self.bias.val(), settings)
    }

    /// Moves the running statistics towards a training batch's moments.
    pub fn absorb(&mut self, moments: &Moments) {
        let unbiased = moments.count as f32 / (moments.count.max(2) - 1) as f32;
        let towards = |running: &Param<Tensor<1>>, batch: Tensor<1>| {
            let moved = running.val() * (1.0 - MOMENTUM) + batch.inner() * MOMENTUM;
            Param::initialized(running.id, moved)
        };
        self.running_mean = towards(&self.running_mean, moments.mean.clone());
        self.running_var = towards(&self.running_var, moments.variance.clone() * unbiased);
    }
}

impl Layer for BatchNorm {
    fn forward(&self, x: Tensor<4>, pass: &mut Pass) -> Tensor<4> {
        self.forward_activated(x, None, pass)
    }

    /// None: the output for one image depends on the whole batch, so there is no gradient of one image.
    fn pull_back(&self, _: Tensor<4>, _: &Tensor<4>, _: &Tensor<4>) -> Option<Tensor<4>> {
        None
    }

    fn absorb_moments(&mut self, noted: &mut dyn Iterator<Item = Moments>) {
        if let Some(moments) = noted.next() {
            self.absorb(&moments);
        }
    }

    fn output(&self, input: ImageShape) -> ImageShape {
        input
    }

    fn name(&self) -> String {
        "BatchNorm".into()
    }
}
