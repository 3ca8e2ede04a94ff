//! Losses of logits: d is the logit of a real image, d̃ of a fake.
//!
//! With sp(t) = ln(1 + eᵗ); every term is a mean over a batch:
//!
//! | [`Loss`] | discriminator | generator |
//! |---|---|---|
//! | non-saturating | sp(−d) + sp(d̃) | sp(−d̃) |
//! | saturating | sp(−d) + sp(d̃) | −sp(d̃) |
//! | least squares | ½(d − 1)² + ½d̃² | ½(d̃ − 1)² |
//! | hinge | max(0, 1 − d) + max(0, 1 + d̃) | −d̃ |
//! | Wasserstein | d̃ − d | −d̃ |
//! | relativistic pairing | sp(−(d − d̃)) | sp(−(d̃ − d)) |
//! | relativistic average | ½sp(−(d − mean d̃)) + ½sp(d̃ − mean d) | ½sp(−(d̃ − mean d)) + ½sp(d − mean d̃) |

use burn::Tensor;
use burn::tensor::activation::{log_sigmoid, relu};
use serde::{Deserialize, Serialize};

/// A pair of losses, the discriminator's and the generator's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Loss {
    /// Cross-entropy; the generator's loss labels its fakes "real" (Goodfellow et al. 2014, section 3).
    NonSaturating,
    /// Cross-entropy as the value of a zero-sum game between the networks (Goodfellow et al. 2014, equation 1).
    Saturating,
    /// The squared distance of the logits from the labels (Mao et al. 2017).
    LeastSquares,
    /// The discriminator gains nothing by logits beyond a margin of 1 (Lim and Ye 2017; Miyato et al. 2018).
    Hinge,
    /// The logits themselves (Arjovsky, Chintala and Bottou 2017).
    Wasserstein,
    /// Compares each real with one fake (Jolicoeur-Martineau 2019, RpGAN; Huang et al. 2024).
    RelativisticPairing,
    /// Compares each image's logit with the mean logit of the other kind, real or fake (Jolicoeur-Martineau 2019,
    /// RaGAN).
    RelativisticAverage,
}

impl Loss {
    /// Every loss.
    pub const ALL: [Self; 7] = [
        Self::NonSaturating,
        Self::Saturating,
        Self::LeastSquares,
        Self::Hinge,
        Self::Wasserstein,
        Self::RelativisticPairing,
        Self::RelativisticAverage,
    ];

    /// Whether the loss compares logits of reals with logits of fakes. Such a loss needs both at once and has no
    /// labels.
    pub fn is_relative(self) -> bool {
        matches!(self, Self::RelativisticPairing | Self::RelativisticAverage)
    }

    /// Whether the loss is meant for labels between 0 and 1. The hinge and Wasserstein losses use a label only as a
    /// sign, and the relativistic losses have none.
    pub fn takes_soft_labels(self) -> bool {
        matches!(self, Self::NonSaturating | Self::Saturating | Self::LeastSquares)
    }

    /// The discriminator's loss `[n]` of each logit `[n]` with its label `[n]`, 1 for real and 0 for fake.
    ///
    /// # Panics
    ///
    /// If the loss is [relative](Self::is_relative).
    pub fn of_each(self, logits: Tensor<1>, labels: Tensor<1>) -> Tensor<1> {
        let signs = || labels.clone() * 2.0 - 1.0;
        match self {
            Self::NonSaturating | Self::Saturating => bce_with_logits(logits, labels),
            Self::LeastSquares => square(logits - labels) * 0.5,
            Self::Hinge => relu(-(logits * signs()) + 1.0),
            Self::Wasserstein => -(logits * signs()),
            Self::RelativisticPairing | Self::RelativisticAverage => panic!("{self:?} has no loss of one logit"),
        }
    }

    /// The discriminator's loss, `[1]`, from the logits of reals `[n]` and of fakes `[n]` with hard labels: the mean
    /// over reals plus the mean over fakes, or the mean over pairs, by the module's table.
    pub fn discriminator(self, real: Tensor<1>, fake: Tensor<1>) -> Tensor<1> {
        match self {
            Self::RelativisticPairing => softplus(fake - real).mean(),
            Self::RelativisticAverage => against_average(real, fake),
            _ => {
                let (ones, zeros) = (real.ones_like().detach(), fake.zeros_like().detach());
                self.of_each(real, ones).mean() + self.of_each(fake, zeros).mean()
            }
        }
    }

    /// The generator's loss, `[1]`, from the logits of fakes `[n]`. Only the relativistic losses call `real` for the
    /// logits of reals `[n]`.
    pub fn generator(self, fake: Tensor<1>, real: impl FnOnce() -> Tensor<1>) -> Tensor<1> {
        match self {
            Self::NonSaturating => softplus(-fake).mean(),
            Self::Saturating => -softplus(fake).mean(),
            Self::LeastSquares => (square(fake - 1.0) * 0.5).mean(),
            Self::Hinge | Self::Wasserstein => -fake.mean(),
            Self::RelativisticPairing => softplus(real() - fake).mean(),
            Self::RelativisticAverage => against_average(fake, real()),
        }
    }
}

/// ½ · mean sp(−(a − mean b)) + ½ · mean sp(b − mean a), where a is `above` and b is `below`.
fn against_average(above: Tensor<1>, below: Tensor<1>) -> Tensor<1> {
    let (mean_above, mean_below) = (above.clone().mean(), below.clone().mean());
    (softplus(mean_below - above).mean() + softplus(below - mean_above).mean()) * 0.5
}

/// ln(1 + eᵗ), in a form that does not overflow.
fn softplus(t: Tensor<1>) -> Tensor<1> {
    -log_sigmoid(-t)
}

fn square(t: Tensor<1>) -> Tensor<1> {
    t.clone() * t
}

/// Binary cross-entropy of each logit d `[n]` with its label t `[n]`:
/// −t·ln σ(d) − (1 − t)·ln σ(−d), in a form that does not overflow. Labels may lie outside [0, 1].
///
/// With label 1 this is sp(−d), the non-saturating generator loss (Goodfellow et al. 2014); with
/// label 0 it is sp(d).
pub fn bce_with_logits(logits: Tensor<1>, labels: Tensor<1>) -> Tensor<1> {
    let towards_real = log_sigmoid(logits.clone()) * labels.clone();
    let towards_fake = log_sigmoid(-logits) * (-labels + 1.0);
    -(towards_real + towards_fake)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::testing::{assert_gradients, builder, floats, named_images};
    use crate::nn::{ConvSpec, Network, Pass};

    fn sp(t: f64) -> f64 {
        t.exp().ln_1p()
    }

    fn mean(values: &[f64], of: impl Fn(f64) -> f64) -> f64 {
        values.iter().map(|value| of(*value)).sum::<f64>() / values.len() as f64
    }

    /// The losses of the discriminator and the generator by the module's table, in double precision.
    fn formula(loss: Loss, real: &[f64], fake: &[f64]) -> [f64; 2] {
        let (mean_real, mean_fake) = (mean(real, |d| d), mean(fake, |d| d));
        let pairs = |of: &dyn Fn(f64, f64) -> f64| {
            real.iter().zip(fake).map(|(real, fake)| of(*real, *fake)).sum::<f64>() / real.len() as f64
        };
        let minimax = mean(real, |d| sp(-d)) + mean(fake, sp);
        match loss {
            Loss::NonSaturating => [minimax, mean(fake, |d| sp(-d))],
            Loss::Saturating => [minimax, -mean(fake, sp)],
            Loss::LeastSquares => {
                let squares = mean(real, |d| 0.5 * (d - 1.0).powi(2)) + mean(fake, |d| 0.5 * d * d);
                [squares, mean(fake, |d| 0.5 * (d - 1.0).powi(2))]
            }
            Loss::Hinge => [mean(real, |d| (1.0 - d).max(0.0)) + mean(fake, |d| (1.0 + d).max(0.0)), -mean_fake],
            Loss::Wasserstein => [mean_fake - mean_real, -mean_fake],
            Loss::RelativisticPairing => [pairs(&|d, f| sp(-(d - f))), pairs(&|d, f| sp(-(f - d)))],
            Loss::RelativisticAverage => [
                0.5 * mean(real, |d| sp(-(d - mean_fake))) + 0.5 * mean(fake, |f| sp(f - mean_real)),
                0.5 * mean(fake, |f| sp(-(f - mean_real))) + 0.5 * mean(real, |d| sp(d - mean_fake)),
            ],
        }
    }

    /// Compares the gradients through a network with difference quotients of the formulas.
    #[test]
    fn losses_have_exact_gradients() {
        let conv = ConvSpec::strided(1, 3, true);
        let network = builder([1, 4, 4]).conv(conv).tanh().conv(ConvSpec::valid(3, 1, 2, true)).build();
        let logits =
            |network: &Network, name: &str| network.logits(named_images(name, [6, 1, 4, 4]), &mut Pass::train());
        let values = |network: &Network, name: &str| -> Vec<f64> {
            floats(logits(network, name)).into_iter().map(f64::from).collect()
        };
        let both = |loss, network: &Network| formula(loss, &values(network, "real"), &values(network, "fake"));
        for loss in Loss::ALL {
            assert_gradients(
                &network,
                |network| loss.discriminator(logits(network, "real"), logits(network, "fake")),
                |network| both(loss, network)[0],
            );
            assert_gradients(
                &network,
                |network| loss.generator(logits(network, "fake"), || logits(network, "real")),
                |network| both(loss, network)[1],
            );
        }
    }
}
