//! Residual blocks.

use super::{AnyLayer, ImageShape, Initializer, Layer, Moments, Pass, PullBack, SpectralWeight, chain};
use burn::Tensor;
use burn::module::{Module, Param};

/// The factor of a residual block's main branch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ResidualScale {
    /// 1: the branch is not scaled.
    One,
    /// A constant.
    Fixed(f32),
    /// A trained parameter that starts at this value. With 0 the block starts as its skip alone (ReZero, Bachlechner et
    /// al. 2021).
    Trained(f32),
}

/// A residual block (He et al. 2016): y = scale · main(x) + skip(x), with two branches of layers that end in the same
/// shape. A skip without layers is the identity. Parameters are named `main.N.main.K.weight` and
/// `main.N.skip.K.weight`.
#[derive(Module, Debug)]
pub struct Residual {
    /// The main branch.
    pub main: Vec<AnyLayer>,
    /// The skip; empty for the identity.
    pub skip: Vec<AnyLayer>,
    /// A trained scale, `[1]`.
    pub scale: Option<Param<Tensor<1>>>,
    #[module(skip)]
    fixed: f32,
}

impl Residual {
    /// A block of two branches; `init` makes the parameter of a trained scale.
    pub fn new(main: Vec<AnyLayer>, skip: Vec<AnyLayer>, scale: ResidualScale, init: &Initializer) -> Self {
        let (trained, fixed) = match scale {
            ResidualScale::One => (None, 1.0),
            ResidualScale::Fixed(fixed) => (None, fixed),
            ResidualScale::Trained(start) => (Some(Param::from_tensor(init.constant(start, 1))), 1.0),
        };
        Self { main, skip, scale: trained, fixed }
    }

    /// The constant scale; 1 if there is none or the scale is trained.
    pub fn fixed_scale(&self) -> f32 {
        self.fixed
    }

    fn scaled(&self, x: Tensor<4>) -> Tensor<4> {
        match &self.scale {
            Some(scale) => x * scale.val().reshape([1, 1, 1, 1]),
            None if self.fixed == 1.0 => x,
            None => x * self.fixed,
        }
    }

    fn layers_mut(&mut self) -> impl Iterator<Item = &mut AnyLayer> {
        self.main.iter_mut().chain(&mut self.skip)
    }

    fn sum<T: std::iter::Sum + std::ops::Add<Output = T>>(
        &self,
        input: ImageShape,
        count: impl Fn(&AnyLayer, ImageShape) -> T,
    ) -> T {
        chain::sum(&self.main, input, &count) + chain::sum(&self.skip, input, &count)
    }
}

impl Layer for Residual {
    fn forward(&self, x: Tensor<4>, pass: &mut Pass) -> Tensor<4> {
        let main = chain::forward(&self.main, x.clone(), pass);
        self.scaled(main) + chain::forward(&self.skip, x, pass)
    }

    /// Runs the branches again in a training pass without random numbers and classes; [`trace`](Layer::trace) avoids
    /// that.
    fn pull_back(&self, g: Tensor<4>, x: &Tensor<4>, _: &Tensor<4>) -> Option<Tensor<4>> {
        let (_, pull_back) = self.trace(x.clone(), &mut Pass::train());
        pull_back(g)
    }

    fn trace<'a>(&'a self, x: Tensor<4>, pass: &mut Pass) -> (Tensor<4>, PullBack<'a>) {
        let (main, main_back) = chain::trace(&self.main, x.clone(), pass);
        let (skip, skip_back) = chain::trace(&self.skip, x, pass);
        let y = self.scaled(main) + skip;
        (y, Box::new(move |g| Some(main_back(self.scaled(g.clone()))? + skip_back(g)?)))
    }

    fn absorb_moments(&mut self, noted: &mut dyn Iterator<Item = Moments>) {
        self.layers_mut().for_each(|layer| layer.absorb_moments(noted));
    }

    fn spectral_weights(&mut self) -> Vec<SpectralWeight<'_>> {
        self.layers_mut().flat_map(Layer::spectral_weights).collect()
    }

    fn output(&self, input: ImageShape) -> ImageShape {
        chain::output(&self.main, input)
    }

    fn name(&self) -> String {
        format!("Residual {}+{}", self.main.len(), self.skip.len())
    }

    fn multiply_adds(&self, input: ImageShape) -> u64 {
        self.sum(input, |layer, input| layer.multiply_adds(input))
    }

    fn activations(&self, input: ImageShape) -> usize {
        let sum = self.output(input).iter().product::<usize>();
        self.sum(input, |layer, input| layer.activations(input)) + sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::testing::{
        assert_close, assert_penalty_gradients, assert_pull_back, builder, floats, images, perturbed,
    };
    use crate::nn::{ConvSpec, LayerTable, Network, named_tensors};

    fn network(scale: ResidualScale) -> Network {
        builder([2, 4, 4])
            .residual(
                scale,
                |main| {
                    let main = main.conv(ConvSpec::same(2, 3, 3, 1, true)).tanh();
                    main.residual(
                        ResidualScale::One,
                        |inner| inner.conv(ConvSpec::same(3, 3, 3, 1, false)),
                        |skip| skip,
                    )
                    .average_pool()
                },
                |skip| skip.average_pool().conv(ConvSpec::valid(2, 3, 1, false)),
            )
            .conv(ConvSpec::valid(3, 1, 2, true))
            .build()
    }

    #[test]
    fn names_counts_and_shapes_are_those_of_both_branches() {
        let network = network(ResidualScale::Trained(0.5));
        let names: Vec<_> = named_tensors(&network).into_iter().map(|tensor| tensor.name).collect();
        let expected = [
            "main.0.main.0.weight",
            "main.0.main.0.bias",
            "main.0.main.2.main.0.weight",
            "main.0.skip.1.weight",
            "main.0.scale",
            "main.1.weight",
            "main.1.bias",
        ];
        assert_eq!(names, expected);
        let table = LayerTable::of("test", &network);
        assert_eq!(table.rows[0].trainable, 3 * 2 * 9 + 3 + 3 * 3 * 9 + 3 * 2 + 1);
        assert_eq!(table.rows[0].multiply_adds, 16 * 3 * 2 * 9 + 16 * 3 * 3 * 9 + 4 * 3 * 2);
        assert_eq!(table.rows[0].output, [3, 2, 2]);
        // Main branch: conv 48, tanh 48, inner conv and sum 96, pool 12. Skip: pool 8, conv 12. Sum: 12.
        assert_eq!(table.rows[0].activations, 48 + 48 + 96 + 12 + 8 + 12 + 12);
    }

    #[test]
    fn the_block_is_the_sum_of_its_branches() {
        let block = builder([2, 4, 4]).residual(ResidualScale::Fixed(0.25), |main| main.tanh(), |skip| skip).build();
        let x = floats(images([2, 2, 4, 4]));
        let expected: Vec<f32> = x.iter().map(|x| 0.25 * x.tanh() + x).collect();
        assert_close(&floats(block.forward(images([2, 2, 4, 4]), &mut Pass::train())), &expected);
    }

    #[test]
    fn gradients_of_gradients_are_exact() {
        for scale in [ResidualScale::One, ResidualScale::Fixed(0.3), ResidualScale::Trained(0.7)] {
            assert_pull_back(&network(scale), images([2, 2, 4, 4]));
            assert_penalty_gradients(&network(scale), images([2, 2, 4, 4]));
        }
    }

    /// Three batch norms, in both branches and after the block: each absorbs its own moments.
    #[test]
    fn nested_batch_norms_absorb_in_the_order_of_the_pass() {
        let mut network = perturbed(
            builder([2, 4, 4])
                .residual(
                    ResidualScale::One,
                    |main| main.batch_norm(2).leaky_relu(0.2).conv(ConvSpec::same(2, 2, 3, 1, true)),
                    |skip| skip.conv(ConvSpec::same(2, 2, 1, 1, true)).batch_norm(2),
                )
                .batch_norm(2)
                .build(),
        );
        assert!(network.input_gradient(images([4, 2, 4, 4])).is_none());
        // Each batch moves the running statistics a tenth of the way; 0.9¹⁰⁰ of the distance is left.
        for _ in 0..100 {
            let mut pass = Pass::train();
            network.forward(images([4, 2, 4, 4]), &mut pass);
            network.absorb(pass);
        }
        let [train, evaluate] =
            [Pass::train(), Pass::evaluate()].map(|mut pass| floats(network.forward(images([4, 2, 4, 4]), &mut pass)));
        // The running variances are unbiased, 64/63 times the batch's, so the outputs are close but not equal.
        let gap = train.iter().zip(&evaluate).fold(0.0f32, |gap, (a, b)| gap.max((a - b).abs()));
        assert!(gap < 0.1, "{gap}");
    }
}
