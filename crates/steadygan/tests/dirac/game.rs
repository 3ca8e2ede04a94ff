//! The game: a generator that makes one point, a discriminator that is a line, and the steps of training.

use burn::Tensor;
use burn::prelude::*;
use rand_distr::{Distribution, StandardNormal};
use std::collections::BTreeMap;
use steadygan::heuristics::Hook;
use steadygan::labels::{Batches, Moment};
use steadygan::loss::Loss;
use steadygan::nn::{Builder, ConvSpec, Init, Initializer, Network, Pass, load_tensors, named_tensors};
use steadygan::optim::{Optimizer, Sgd};
use steadygan::penalty;
use steadygan::plan::Batching;
use steadygan::rng;
use steadygan::train::{MakeReals, Rules, discriminator_step, generator_step};

/// The penalty or noise added to the game. R2 and DRAGAN are R1 and WGAN-GP at other points, which makes no difference
/// for a linear discriminator, as `norms.rs` checks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Remedy {
    Nothing,
    /// γ.
    R1(f64),
    /// γ.
    R2(f64),
    /// λ.
    WassersteinPenalty(f64),
    /// λ.
    Dragan(f64),
    /// λ and σ.
    ApproximateR1(f64, f64),
    /// σ.
    InstanceNoise(f64),
}

impl Hook for Remedy {
    fn name(&self) -> &'static str {
        "remedy"
    }

    fn discriminator_penalty(&self, discriminator: &Network, shown: &Batches, moment: &Moment) -> Option<Tensor<1>> {
        let (real, fake) = (shown.real.images.clone(), shown.fake.images.clone());
        let mut stream = moment.stream("help");
        match *self {
            Self::Nothing | Self::InstanceNoise(_) => None,
            Self::R1(gamma) => Some(penalty::zero_centred(discriminator, real, gamma)),
            Self::R2(gamma) => Some(penalty::zero_centred(discriminator, fake, gamma)),
            Self::WassersteinPenalty(weight) => {
                Some(penalty::one_centred(discriminator, penalty::between(real, fake, &mut stream), weight))
            }
            Self::Dragan(weight) => {
                Some(penalty::one_centred(discriminator, penalty::around(real, &mut stream), weight))
            }
            Self::ApproximateR1(weight, deviation) => {
                Some(penalty::by_difference(discriminator, real, weight, deviation, &mut stream))
            }
        }
    }
}

/// The order of the updates in a step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Order {
    /// Both updates start from the same point.
    Simultaneous,
    /// First the discriminator's update, then the generator's against the updated discriminator.
    Alternating,
}

/// θ, ψ, and the discriminator's bias if it has one.
pub(crate) type Point = Vec<f64>;

pub(crate) struct Game {
    pub(crate) loss: Loss,
    pub(crate) remedy: Remedy,
    order: Order,
    lr: f64,
    generator: Network,
    discriminator: Network,
    /// Latents of zero, `[n, 1, 1, 1]`.
    latents: Tensor<4>,
    /// The noise on reals and fakes, `[n, 1, 1, 1]`.
    noise: [Tensor<4>; 2],
    steps: u64,
}

/// The size of a batch without noise. All its images are the same point; a power of two, so that their mean is exact.
const BATCH: usize = 16;

impl Game {
    pub(crate) fn new(loss: Loss, remedy: Remedy, order: Order, lr: f64) -> Self {
        let linear = |network: &str, bias| {
            let device = Device::flex().autodiff();
            let init = Initializer { init: Init::FanInUniform, seed: 0, network: network.into(), device };
            Builder::new([1, 1, 1], init).conv(ConvSpec::valid(1, 1, 1, bias)).build()
        };
        let noise = match remedy {
            Remedy::InstanceNoise(deviation) => noise(deviation),
            _ => [vec![0.0; BATCH], vec![0.0; BATCH]],
        };
        let noise = noise.map(|values| {
            let count = values.len();
            Tensor::from_data(TensorData::new(values, [count, 1, 1, 1]), &Device::flex())
        });
        Self {
            loss,
            remedy,
            order,
            lr,
            generator: linear("generator", true),
            // With least squares (targets 1 and 0) D = ψx, whose logit at the data is always 0, has no equilibrium. So
            // D gets a bias, which is ½ at the equilibrium. With the other losses a bias would have no gradient there.
            discriminator: linear("discriminator", loss == Loss::LeastSquares),
            latents: noise[0].zeros_like(),
            noise,
            steps: 0,
        }
    }

    /// The equilibrium: the generator's point is at the data and the discriminator is flat.
    pub(crate) fn equilibrium(&self) -> Point {
        if self.loss == Loss::LeastSquares { vec![0.0, 0.0, 0.5] } else { vec![0.0, 0.0] }
    }

    pub(crate) fn distance(&self) -> f64 {
        let gaps = self.point().into_iter().zip(self.equilibrium()).map(|(a, b)| a - b);
        gaps.map(|gap| gap * gap).sum::<f64>().sqrt()
    }

    pub(crate) fn point(&self) -> Point {
        let values = |network| -> Vec<f64> {
            let tensors = named_tensors(network).into_iter();
            tensors.map(|tensor| tensor.data.iter::<f64>().next().expect("one number")).collect()
        };
        // The generator's weight has no effect, because its latent is zero, so only its bias is included.
        [vec![values(&self.generator)[1]], values(&self.discriminator)].concat()
    }

    pub(crate) fn place(&mut self, point: &[f64]) {
        let set = |network: &mut Network, weight: f64, bias: Option<&f64>| {
            let weight = ("main.0.weight".to_owned(), TensorData::new(vec![weight as f32], [1, 1, 1, 1]));
            let bias = bias.map(|&bias| ("main.0.bias".to_owned(), TensorData::new(vec![bias as f32], [1])));
            let tensors = BTreeMap::from_iter([weight].into_iter().chain(bias));
            *network = load_tensors(std::mem::take(network), &tensors).expect("the network's own names");
        };
        set(&mut self.generator, 0.0, Some(&point[0]));
        set(&mut self.discriminator, point[1], point.get(2));
    }

    /// Takes one training step of each network, in the game's order.
    pub(crate) fn step(&mut self) {
        let moment = Moment { seed: 0, images: self.steps };
        let rules = Rules { loss: self.loss, moment, ..Rules::plain(Batching::SeparateOneUpdate) };
        let [on_real, on_fake] = self.noise.clone();
        let fakes = self.generator.forward(self.latents.clone(), &mut Pass::train()) + on_fake;
        let batches = Batches::new(on_real.clone(), fakes.clone().inner());
        let mut optimizer = Optimizer::Sgd(Sgd { lr: self.lr });
        let mut opponent = self.discriminator.clone();
        let mut hooks: [Box<dyn Hook>; 1] = [Box::new(self.remedy)];
        discriminator_step(&mut self.discriminator, &mut optimizer, batches, &rules, &mut hooks).expect("finite");
        if self.order == Order::Alternating {
            opponent = self.discriminator.clone();
        }
        let reals = |_: &[Box<dyn Hook>]| on_real.clone().into();
        let shown = (fakes.into(), &reals as MakeReals<'_>);
        generator_step(&mut self.generator, &mut optimizer, &mut opponent, shown, &rules, &mut []).expect("finite");
        self.steps += 1;
    }
}

/// Noise on reals and fakes with exactly the moments of independent normal noise. It has four draws and their
/// negatives, scaled to the standard deviation `deviation`, and pairs each value for a real with each value for a fake.
/// So the means and the covariance are 0, and the variance is right.
fn noise(deviation: f64) -> [Vec<f32>; 2] {
    let draws: Vec<f64> = StandardNormal.sample_iter(rng::stream(0, "noise", 0)).take(4).collect();
    let scale = deviation / (draws.iter().map(|x| x * x).sum::<f64>() / draws.len() as f64).sqrt();
    let nodes: Vec<f32> = draws.iter().flat_map(|x| [scale * x, -scale * x]).map(|x| x as f32).collect();
    let pairs = || nodes.iter().flat_map(|&real| nodes.iter().map(move |&fake| (real, fake)));
    [pairs().map(|(real, _)| real).collect(), pairs().map(|(_, fake)| fake).collect()]
}
