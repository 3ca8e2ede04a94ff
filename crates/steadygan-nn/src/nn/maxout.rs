//! Maxout.

use super::{ImageShape, Layer, Pass};
use burn::Tensor;
use burn::module::Module;
use burn::tensor::{IndexingUpdateOp, Int};

/// Maxout (Goodfellow et al. 2013): the largest of `pieces` neighbouring channels, `[n, c · pieces, h, w]` to
/// `[n, c, h, w]`. Output channel i is the maximum of the input channels i · pieces to (i + 1) · pieces − 1; of equal
/// maxima the first counts.
#[derive(Module, Debug)]
pub struct Maxout {
    /// Input channels for each output channel, at least 1.
    #[module(skip)]
    pub pieces: usize,
}

impl Maxout {
    /// `x` as `[n · c, pieces, h · w]`.
    fn grouped(&self, x: Tensor<4>) -> Tensor<3> {
        let [n, c, h, w] = x.dims();
        x.reshape([n * c / self.pieces, self.pieces, h * w])
    }

    /// The index of the largest piece, `[n · c, 1, h · w]`.
    fn winners(&self, x: &Tensor<4>) -> Tensor<3, Int> {
        self.grouped(x.clone().inner()).argmax(1)
    }
}

impl Layer for Maxout {
    fn forward(&self, x: Tensor<4>, _: &mut Pass) -> Tensor<4> {
        let [n, c, h, w] = x.dims();
        let winners = self.winners(&x);
        self.grouped(x).gather(1, winners).reshape([n, c / self.pieces, h, w])
    }

    /// The gradient goes to the largest channel. Which channel that is, is piecewise constant in `x`.
    fn pull_back(&self, g: Tensor<4>, x: &Tensor<4>, _: &Tensor<4>) -> Option<Tensor<4>> {
        let [n, c, h, w] = x.dims();
        let g = g.reshape([n * c / self.pieces, 1, h * w]);
        let nothing = Tensor::zeros([n * c / self.pieces, self.pieces, h * w], &g.device());
        let scattered = nothing.scatter(1, self.winners(x), g, IndexingUpdateOp::Add);
        Some(scattered.reshape([n, c, h, w]))
    }

    fn output(&self, [c, h, w]: ImageShape) -> ImageShape {
        [c / self.pieces, h, w]
    }

    fn name(&self) -> String {
        format!("Maxout {}", self.pieces)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::testing::{assert_penalty_gradients, assert_pull_back, builder, floats, images};
    use crate::nn::{ConvSpec, Network};

    fn network() -> Network {
        builder([3, 1, 1])
            .conv(ConvSpec::valid(3, 6, 1, true))
            .maxout(3)
            .tanh()
            .conv(ConvSpec::valid(2, 1, 1, true))
            .build()
    }

    #[test]
    fn the_first_maximum_of_neighbouring_channels_wins() {
        let x = Tensor::<1>::from_floats([1.0, 3.0, 2.0, 5.0, 5.0, 5.0], &Default::default()).reshape([1, 6, 1, 1]);
        let maxout = Maxout { pieces: 3 };
        let y = maxout.forward(x.clone(), &mut Pass::train());
        assert_eq!(floats(y.clone()), [3.0, 5.0]);
        let g = Tensor::<1>::from_floats([7.0, 8.0], &Default::default()).reshape([1, 2, 1, 1]);
        let back = maxout.pull_back(g, &x, &y).expect("it has one");
        assert_eq!(floats(back), [0.0, 7.0, 0.0, 8.0, 0.0, 0.0]);
    }

    #[test]
    fn gradients_of_gradients_are_exact() {
        assert_pull_back(&network(), images([4, 3, 1, 1]));
        assert_penalty_gradients(&network(), images([4, 3, 1, 1]));
    }
}
