//! The backward pass of the operators of [`GanOps`]; those that are never differentiated return constants.

use super::{AdamStep, BatchNormSettings, ColourMix, Conv, GanOps, Hole, Shift};
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend};
use std::fmt;

/// Computes the inputs' gradients from the state that the forward pass kept, the output's gradient, and
/// which inputs need a gradient.
type Pull<B, S, const N: usize> = fn(S, FloatTensor<B>, [bool; N]) -> [Option<FloatTensor<B>>; N];

/// A backward pass that calls a function.
struct Rule<B: Backend, S, const N: usize>(Pull<B, S, N>);

impl<B: Backend, S, const N: usize> fmt::Debug for Rule<B, S, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Rule")
    }
}

impl<B, S, const N: usize> Backward<B, N> for Rule<B, S, N>
where
    B: Backend,
    S: Clone + Send + fmt::Debug + 'static,
{
    type State = S;

    fn backward(self, ops: Ops<S, N>, grads: &mut Gradients, _: &mut Checkpointer) {
        let dy = grads.consume::<B>(&ops.node);
        let wanted = ops.parents.each_ref().map(Option::is_some);
        let gradients = (self.0)(ops.state, dy, wanted);
        for (parent, gradient) in ops.parents.into_iter().zip(gradients) {
            if let (Some(parent), Some(gradient)) = (parent, gradient) {
                grads.register::<B>(parent.id, gradient);
            }
        }
    }
}

/// Records an operator for the backward pass: its inputs, its output, the state that `pull` needs, and `pull`.
fn record<B, C, S, const N: usize>(
    inputs: [&FloatTensor<Autodiff<B, C>>; N],
    output: FloatTensor<B>,
    state: S,
    pull: Pull<B, S, N>,
) -> FloatTensor<Autodiff<B, C>>
where
    B: Backend,
    C: CheckpointStrategy,
    S: Clone + Send + fmt::Debug + 'static,
{
    let nodes = inputs.map(|input| input.node());
    match Rule(pull).prepare::<C>(nodes).compute_bound().stateful() {
        OpsKind::Tracked(prepared) => prepared.finish(state, output),
        OpsKind::UnTracked(prepared) => prepared.finish(output),
    }
}

/// A tensor that nothing differentiates through.
fn constant<B: Backend, C: CheckpointStrategy>(x: FloatTensor<B>) -> FloatTensor<Autodiff<B, C>> {
    FloatTensor::<Autodiff<B, C>>::new(x)
}

impl<B: GanOps, C: CheckpointStrategy> GanOps for Autodiff<B, C> {
    fn conv(x: FloatTensor<Self>, weight: FloatTensor<Self>, conv: Conv) -> FloatTensor<Self> {
        let (xp, wp) = (x.primitive().clone(), weight.primitive().clone());
        let y = B::conv(xp.clone(), wp.clone(), conv);
        record::<B, C, _, 2>([&x, &weight], y, (xp, wp, conv), |(x, w, conv), dy, wanted| {
            [
                wanted[0].then(|| B::conv_transpose(dy.clone(), w, conv)),
                wanted[1].then(|| B::conv_weight_gradient(x, dy, conv)),
            ]
        })
    }

    fn conv_transpose(dy: FloatTensor<Self>, weight: FloatTensor<Self>, conv: Conv) -> FloatTensor<Self> {
        let (yp, wp) = (dy.primitive().clone(), weight.primitive().clone());
        let dx = B::conv_transpose(yp.clone(), wp.clone(), conv);
        record::<B, C, _, 2>([&dy, &weight], dx, (yp, wp, conv), |(dy, w, conv), g, wanted| {
            [wanted[0].then(|| B::conv(g.clone(), w, conv)), wanted[1].then(|| B::conv_weight_gradient(g, dy, conv))]
        })
    }

    fn conv_weight_gradient(x: FloatTensor<Self>, dy: FloatTensor<Self>, conv: Conv) -> FloatTensor<Self> {
        let (xp, yp) = (x.primitive().clone(), dy.primitive().clone());
        let dw = B::conv_weight_gradient(xp.clone(), yp.clone(), conv);
        record::<B, C, _, 2>([&x, &dy], dw, (xp, yp, conv), |(x, dy, conv), g, wanted| {
            [wanted[0].then(|| B::conv_transpose(dy, g.clone(), conv)), wanted[1].then(|| B::conv(x, g, conv))]
        })
    }

    fn conv_leaky_relu(x: FloatTensor<Self>, weight: FloatTensor<Self>, conv: Conv, slope: f32) -> FloatTensor<Self> {
        let (xp, wp) = (x.primitive().clone(), weight.primitive().clone());
        let y = B::conv_leaky_relu(xp.clone(), wp.clone(), conv, slope);
        let kept = (xp, wp, y.clone(), conv, slope);
        record::<B, C, _, 2>([&x, &weight], y, kept, |(x, w, y, conv, slope), dy, wanted| {
            let [for_x, for_w] = wanted;
            [
                for_x.then(|| B::conv_leaky_relu_input_gradient(y.clone(), dy.clone(), w, conv, slope)),
                for_w.then(|| B::conv_leaky_relu_weight_gradient(x, y, dy, conv, slope)),
            ]
        })
    }

    fn conv_leaky_relu_input_gradient(
        y: FloatTensor<Self>,
        dy: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        conv: Conv,
        slope: f32,
    ) -> FloatTensor<Self> {
        let [y, dy, weight] = [y, dy, weight].map(FloatTensor::<Self>::into_primitive);
        constant::<B, C>(B::conv_leaky_relu_input_gradient(y, dy, weight, conv, slope))
    }

    fn conv_leaky_relu_weight_gradient(
        x: FloatTensor<Self>,
        y: FloatTensor<Self>,
        dy: FloatTensor<Self>,
        conv: Conv,
        slope: f32,
    ) -> FloatTensor<Self> {
        let [x, y, dy] = [x, y, dy].map(FloatTensor::<Self>::into_primitive);
        constant::<B, C>(B::conv_leaky_relu_weight_gradient(x, y, dy, conv, slope))
    }

    fn add_bias(x: FloatTensor<Self>, bias: FloatTensor<Self>) -> FloatTensor<Self> {
        let y = B::add_bias(x.primitive().clone(), bias.primitive().clone());
        record::<B, C, _, 2>([&x, &bias], y, (), |(), dy, wanted| {
            [wanted[0].then(|| dy.clone()), wanted[1].then(|| B::bias_gradient(dy))]
        })
    }

    fn bias_gradient(dy: FloatTensor<Self>) -> FloatTensor<Self> {
        constant::<B, C>(B::bias_gradient(dy.into_primitive()))
    }

    fn channel_moments(x: FloatTensor<Self>) -> (FloatTensor<Self>, FloatTensor<Self>) {
        let (mean, variance) = B::channel_moments(x.into_primitive());
        (constant::<B, C>(mean), constant::<B, C>(variance))
    }

    fn batch_norm(
        x: FloatTensor<Self>,
        mean: FloatTensor<Self>,
        variance: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        settings: BatchNormSettings,
    ) -> FloatTensor<Self> {
        let kept = [&x, &mean, &variance, &gamma, &beta].map(|tensor| tensor.primitive().clone());
        let [xp, mp, vp, gp, bp] = kept.clone();
        let y = <B as GanOps>::batch_norm(xp, mp, vp, gp, bp, settings);
        record::<B, C, _, 3>([&x, &gamma, &beta], y, (kept, settings), |(kept, settings), dy, _| {
            let [x, mean, variance, gamma, beta] = kept;
            let (dx, dgamma, dbeta) = B::batch_norm_gradient(x, dy, mean, variance, gamma, beta, settings);
            [Some(dx), Some(dgamma), Some(dbeta)]
        })
    }

    fn batch_norm_gradient(
        x: FloatTensor<Self>,
        dy: FloatTensor<Self>,
        mean: FloatTensor<Self>,
        variance: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        settings: BatchNormSettings,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let [x, dy, mean, variance, gamma, beta] =
            [x, dy, mean, variance, gamma, beta].map(FloatTensor::<Self>::into_primitive);
        let (dx, dgamma, dbeta) = B::batch_norm_gradient(x, dy, mean, variance, gamma, beta, settings);
        (constant::<B, C>(dx), constant::<B, C>(dgamma), constant::<B, C>(dbeta))
    }

    fn leaky_relu(x: FloatTensor<Self>, slope: f32) -> FloatTensor<Self> {
        let xp = x.primitive().clone();
        let y = <B as GanOps>::leaky_relu(xp.clone(), slope);
        record::<B, C, _, 1>([&x], y, (xp, slope), |(x, slope), dy, _| [Some(B::leaky_relu_gradient(x, dy, slope))])
    }

    fn leaky_relu_gradient(x: FloatTensor<Self>, dy: FloatTensor<Self>, slope: f32) -> FloatTensor<Self> {
        let xp = x.into_primitive();
        let dx = B::leaky_relu_gradient(xp.clone(), dy.primitive().clone(), slope);
        record::<B, C, _, 1>([&dy], dx, (xp, slope), |(x, slope), g, _| [Some(B::leaky_relu_gradient(x, g, slope))])
    }

    fn tanh(x: FloatTensor<Self>) -> FloatTensor<Self> {
        let y = B::tanh(x.primitive().clone());
        record::<B, C, _, 1>([&x], y.clone(), y, |y, dy, _| [Some(B::tanh_gradient(y, dy))])
    }

    fn tanh_gradient(y: FloatTensor<Self>, dy: FloatTensor<Self>) -> FloatTensor<Self> {
        constant::<B, C>(B::tanh_gradient(y.into_primitive(), dy.into_primitive()))
    }

    fn sigmoid(x: FloatTensor<Self>) -> FloatTensor<Self> {
        let y = <B as GanOps>::sigmoid(x.primitive().clone());
        record::<B, C, _, 1>([&x], y.clone(), y, |y, dy, _| [Some(B::sigmoid_gradient(y, dy))])
    }

    fn sigmoid_gradient(y: FloatTensor<Self>, dy: FloatTensor<Self>) -> FloatTensor<Self> {
        constant::<B, C>(B::sigmoid_gradient(y.into_primitive(), dy.into_primitive()))
    }

    fn max_pool2(x: FloatTensor<Self>) -> FloatTensor<Self> {
        let xp = x.primitive().clone();
        let y = B::max_pool2(xp.clone());
        record::<B, C, _, 1>([&x], y, xp, |x, dy, _| [Some(B::max_pool2_scatter(x, dy))])
    }

    fn max_pool2_scatter(x: FloatTensor<Self>, dy: FloatTensor<Self>) -> FloatTensor<Self> {
        let xp = x.into_primitive();
        let dx = B::max_pool2_scatter(xp.clone(), dy.primitive().clone());
        record::<B, C, _, 1>([&dy], dx, xp, |x, g, _| [Some(B::max_pool2_gather(x, g))])
    }

    fn max_pool2_gather(x: FloatTensor<Self>, v: FloatTensor<Self>) -> FloatTensor<Self> {
        let xp = x.into_primitive();
        let y = B::max_pool2_gather(xp.clone(), v.primitive().clone());
        record::<B, C, _, 1>([&v], y, xp, |x, g, _| [Some(B::max_pool2_scatter(x, g))])
    }

    fn upsample2(x: FloatTensor<Self>) -> FloatTensor<Self> {
        let y = B::upsample2(x.primitive().clone());
        record::<B, C, _, 1>([&x], y, (), |(), dy, _| [Some(B::block_sum2(dy))])
    }

    fn block_sum2(dy: FloatTensor<Self>) -> FloatTensor<Self> {
        let dx = B::block_sum2(dy.primitive().clone());
        record::<B, C, _, 1>([&dy], dx, (), |(), g, _| [Some(B::upsample2(g))])
    }

    fn mix_colours(x: FloatTensor<Self>, mixes: Vec<ColourMix>) -> FloatTensor<Self> {
        let y = B::mix_colours(x.primitive().clone(), mixes.clone());
        record::<B, C, _, 1>([&x], y, mixes, |mixes, dy, _| {
            [Some(B::mix_colours(dy, mixes.into_iter().map(ColourMix::gradient).collect()))]
        })
    }

    fn translate(x: FloatTensor<Self>, shifts: Vec<Shift>) -> FloatTensor<Self> {
        let y = B::translate(x.primitive().clone(), shifts.clone());
        record::<B, C, _, 1>([&x], y, shifts, |shifts, dy, _| {
            [Some(B::translate(dy, shifts.into_iter().map(Shift::back).collect()))]
        })
    }

    fn erase(x: FloatTensor<Self>, holes: Vec<Hole>) -> FloatTensor<Self> {
        let y = B::erase(x.primitive().clone(), holes.clone());
        record::<B, C, _, 1>([&x], y, holes, |holes, dy, _| [Some(B::erase(dy, holes))])
    }

    fn add(a: FloatTensor<Self>, b: FloatTensor<Self>) -> FloatTensor<Self> {
        constant::<B, C>(<B as GanOps>::add(a.into_primitive(), b.into_primitive()))
    }

    fn sum_of_squares(x: FloatTensor<Self>) -> FloatTensor<Self> {
        constant::<B, C>(B::sum_of_squares(x.into_primitive()))
    }

    fn zero_if_finite(x: FloatTensor<Self>) -> FloatTensor<Self> {
        constant::<B, C>(B::zero_if_finite(x.into_primitive()))
    }

    fn average(average: FloatTensor<Self>, x: FloatTensor<Self>, decay: f64) -> FloatTensor<Self> {
        constant::<B, C>(B::average(average.into_primitive(), x.into_primitive(), decay))
    }

    fn adam(
        parameter: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        first: FloatTensor<Self>,
        second: FloatTensor<Self>,
        step: AdamStep,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let [parameter, gradient, first, second] =
            [parameter, gradient, first, second].map(FloatTensor::<Self>::into_primitive);
        let (parameter, first, second) = B::adam(parameter, gradient, first, second, step);
        (constant::<B, C>(parameter), constant::<B, C>(first), constant::<B, C>(second))
    }
}
