//! Averages of weights over training.

use crate::nn::{Network, each_tensor, is_buffer, map_tensors};
use crate::ops;
use std::collections::BTreeMap;

/// The exponential moving average of a network's weights after one more step (Yazıcı et al. 2019):
/// θ̄ ← β·θ̄ + (1 − β)·θ. Buffers are copied; running statistics, for example, are averages already.
pub fn average(average: Network, network: &Network, decay: f64) -> Network {
    let mut weights = BTreeMap::new();
    each_tensor(network, |name, tensor| {
        weights.insert(name.to_owned(), tensor);
    });
    map_tensors(average, |name, value| {
        let weight = weights.remove(name).expect("both networks have one plan");
        if is_buffer(name) { weight } else { ops::average(value, weight, decay) }
    })
}

/// The decay β for steps of `images` images with which the influence of a step's weights on the average halves every
/// `half_life` images: ½^(images/half_life). A half-life of 0 gives 0, that is, no averaging.
pub fn decay(images: f64, half_life: f64) -> f64 {
    if half_life > 0.0 { 0.5f64.powf(images / half_life) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::{Builder, ConvSpec, Init, Initializer, named_tensors};
    use burn::prelude::*;

    fn network(seed: u64) -> Network {
        let device = Device::flex().autodiff();
        let init = Initializer { init: Init::FanInUniform, seed, network: "test".into(), device };
        Builder::new([1, 4, 4], init).conv(ConvSpec::same(1, 2, 3, 1, false)).batch_norm(2).build()
    }

    fn values(network: &Network) -> Vec<(String, Vec<f32>)> {
        named_tensors(network).into_iter().map(|tensor| (tensor.name, tensor.data.iter::<f32>().collect())).collect()
    }

    /// After k steps towards the same weights, the old average has weight βᵏ: four steps are two half-lives, so ¼.
    #[test]
    fn weights_are_averaged_and_running_statistics_copied() {
        let (old, mut new) = (network(1), network(2));
        let mut pass = crate::nn::Pass::train();
        new.forward(Tensor::ones([2, 1, 4, 4], &Device::flex().autodiff()), &mut pass);
        new.absorb(pass);
        let beta = decay(64.0, 128.0);
        assert!((beta - 0.5f64.sqrt()).abs() < 1e-15);
        let mut averaged = old.clone();
        for _ in 0..4 {
            averaged = average(averaged, &new, beta);
        }
        for (((name, found), (_, old)), (_, new)) in values(&averaged).iter().zip(values(&old)).zip(values(&new)) {
            let part = if name.contains("running") { 0.0 } else { 0.25 };
            let expected = old.iter().zip(&new).map(|(old, new)| part * old + (1.0 - part) * new);
            assert!(found.iter().zip(expected).all(|(f, e)| (f - e).abs() < 1e-6), "{name}");
        }
        assert_ne!(values(&averaged)[0], values(&new)[0]);
        assert_eq!(decay(64.0, 0.0), 0.0);
    }
}
