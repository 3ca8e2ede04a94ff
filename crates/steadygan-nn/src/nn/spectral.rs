//! Spectral normalisation.

use super::Initializer;
use crate::ops;
use burn::Tensor;
use burn::module::Param;

/// Power iterations before the first step, as many as PyTorch's `parametrizations.spectral_norm` does.
const FIRST_ITERATIONS: usize = 15;

/// The smallest length that a vector is divided by when it is normalised: PyTorch's default.
const EPSILON: f32 = 1e-12;

/// A convolution's singular vectors u `[out]` and v `[rest]`, of length 1; `None` without spectral normalisation.
pub(super) type Vectors = (Option<Param<Tensor<1>>>, Option<Param<Tensor<1>>>);

/// The weight W of a convolution under spectral normalisation (Miyato et al. 2018). The layer uses W/σ, whose largest
/// singular value is about 1 when W is read as a matrix `[out, rest]`.
///
/// σ = uᵀWv, where u and v come from power iterations, v ← Wᵀu/‖Wᵀu‖, u ← Wv/‖Wv‖, one per training step. Gradients
/// flow through the W in σ, but u and v are constants. They are saved beside the weight as `weight_u` and `weight_v`.
#[derive(Debug)]
pub struct SpectralWeight<'a> {
    pub(super) weight: &'a mut Param<Tensor<4>>,
    pub(super) u: &'a mut Option<Param<Tensor<1>>>,
    pub(super) v: &'a mut Option<Param<Tensor<1>>>,
    /// Which dimension of the weight counts the layer's output channels.
    pub(super) out_dim: usize,
}

impl SpectralWeight<'_> {
    /// One power iteration.
    pub fn iterate(self) {
        if let (Some(u), Some(v)) = (self.u, self.v) {
            let matrix = matrix(self.weight.val().detach(), self.out_dim);
            let (new_u, new_v) = iteration(&matrix, u.val());
            *u = Param::initialized(u.id, new_u);
            *v = Param::initialized(v.id, new_v);
        }
    }

    /// Replaces W by W/σ and removes the normalisation.
    pub fn fold(self) {
        let folded = normalised(self.weight.val(), self.u, self.v, self.out_dim).detach();
        let trainable = self.weight.is_require_grad();
        *self.weight = Param::initialized(self.weight.id, folded.set_require_grad(trainable));
        (*self.u, *self.v) = (None, None);
    }
}

/// W as `[out, rest]`.
fn matrix(weight: Tensor<4>, out_dim: usize) -> Tensor<2> {
    let out = weight.dims()[out_dim];
    let rest = weight.shape().num_elements() / out;
    weight.swap_dims(0, out_dim).reshape([out, rest])
}

fn unit(x: Tensor<1>) -> Tensor<1> {
    let length = ops::sum_of_squares(x.clone()).sqrt();
    x / length.max(EPSILON)
}

/// The next u and v.
fn iteration(matrix: &Tensor<2>, u: Tensor<1>) -> (Tensor<1>, Tensor<1>) {
    let [out, rest] = matrix.dims();
    let v = unit(u.reshape([1, out]).matmul(matrix.clone()).reshape([rest]));
    let u = unit(matrix.clone().matmul(v.clone().reshape([rest, 1])).reshape([out]));
    (u.detach(), v.detach())
}

/// The vectors of a new weight: u is drawn under `name`, then [`FIRST_ITERATIONS`] power iterations follow.
pub(super) fn vectors(weight: &Param<Tensor<4>>, out_dim: usize, name: &str, init: &Initializer) -> Vectors {
    let matrix = matrix(weight.val().detach(), out_dim);
    let mut u = unit(init.standard_normal(&format!("{name}.weight_u"), matrix.dims()[0]));
    let mut v = None;
    for _ in 0..FIRST_ITERATIONS {
        let (new_u, new_v) = iteration(&matrix, u);
        (u, v) = (new_u, Some(new_v));
    }
    let buffer = |vector| Param::from_tensor(vector).set_require_grad(false);
    (Some(buffer(u)), v.map(buffer))
}

/// W/σ, or W where there are no vectors.
pub(super) fn normalised(
    weight: Tensor<4>,
    u: &Option<Param<Tensor<1>>>,
    v: &Option<Param<Tensor<1>>>,
    out_dim: usize,
) -> Tensor<4> {
    let (Some(u), Some(v)) = (u, v) else { return weight };
    let matrix = matrix(weight.clone(), out_dim);
    let [out, rest] = matrix.dims();
    let sigma = u.val().reshape([1, out]).matmul(matrix).matmul(v.val().reshape([rest, 1]));
    weight / sigma.reshape([1, 1, 1, 1])
}

#[cfg(test)]
mod tests {
    use crate::nn::testing::{assert_close, assert_penalty_gradients, assert_pull_back, builder, floats, images};
    use crate::nn::{AnyLayer, ConvSpec, Network, Pass, load_tensors, named_tensors};
    use burn::Tensor;
    use std::collections::BTreeMap;

    /// The largest singular value of a row-major matrix, by many iterations in double precision.
    fn largest_singular_value(matrix: &[f32], columns: usize) -> f64 {
        let rows: Vec<Vec<f64>> =
            matrix.chunks(columns).map(|row| row.iter().map(|x| f64::from(*x)).collect()).collect();
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let mut v = vec![1.0; columns];
        let mut sigma = 0.0;
        for _ in 0..10_000 {
            let u: Vec<f64> = rows.iter().map(|row| dot(row, &v)).collect();
            v = (0..columns).map(|j| rows.iter().zip(&u).map(|(row, u)| row[j] * u).sum()).collect();
            let length = dot(&v, &v).sqrt();
            v.iter_mut().for_each(|x| *x /= length);
            sigma = length.sqrt();
        }
        sigma
    }

    fn effective(layer: &AnyLayer) -> Tensor<4> {
        match layer {
            AnyLayer::Conv2d(conv) => conv.effective_weight(),
            AnyLayer::ConvTranspose2d(conv) => conv.effective_weight(),
            _ => unreachable!("only convolutions here"),
        }
    }

    fn network() -> Network {
        builder([2, 4, 4])
            .spectral_norm(true)
            .conv(ConvSpec::strided(2, 3, false))
            .leaky_relu(0.2)
            .conv_transpose(ConvSpec::strided(3, 4, true))
            .spectral_norm(false)
            .conv(ConvSpec::valid(4, 1, 4, false))
            .build()
    }

    #[test]
    fn weights_come_to_singular_value_one() {
        let mut network = network();
        for _ in 0..200 {
            network.iterate_spectral_norms();
        }
        let conv = floats(effective(&network.layers()[0]));
        assert!((largest_singular_value(&conv, 2 * 16) - 1.0).abs() < 1e-5);
        let transposed = floats(effective(&network.layers()[2]).swap_dims(0, 1));
        assert!((largest_singular_value(&transposed, 3 * 16) - 1.0).abs() < 1e-5);
    }

    #[test]
    fn vectors_are_saved_and_not_trained() {
        let tensors = named_tensors(&network());
        let names: Vec<_> = tensors.iter().map(|tensor| (tensor.name.as_str(), tensor.trainable)).collect();
        let expected = [
            ("main.0.weight", true),
            ("main.0.weight_u", false),
            ("main.0.weight_v", false),
            ("main.2.weight", true),
            ("main.2.bias", true),
            ("main.2.weight_u", false),
            ("main.2.weight_v", false),
            ("main.3.weight", true),
        ];
        assert_eq!(names, expected);
        let lengths: Vec<_> = [1, 2, 5, 6].map(|at: usize| tensors[at].data.num_elements()).into();
        assert_eq!(lengths, [3, 32, 4, 48]);
        let map: BTreeMap<_, _> = tensors.into_iter().map(|tensor| (tensor.name, tensor.data)).collect();
        let mut moved = network();
        moved.iterate_spectral_norms();
        let back = load_tensors(moved, &map).expect("the same network");
        let x = images([2, 2, 4, 4]);
        assert_eq!(
            floats(back.forward(x.clone(), &mut Pass::train())),
            floats(network().forward(x, &mut Pass::train()))
        );
    }

    /// Changing a weight in the difference quotients changes σ too, so they test the gradient through σ.
    #[test]
    fn gradients_flow_through_sigma() {
        assert_pull_back(&network(), images([2, 2, 4, 4]));
        assert_penalty_gradients(&network(), images([2, 2, 4, 4]));
    }

    #[test]
    fn folding_changes_no_output() {
        let x = images([2, 2, 4, 4]);
        let folded = network().without_spectral_norms();
        assert_eq!(named_tensors(&folded).len(), 4);
        assert_close(
            &floats(folded.forward(x.clone(), &mut Pass::train())),
            &floats(network().forward(x, &mut Pass::train())),
        );
    }
}
