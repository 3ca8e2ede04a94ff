//! Losses on logits.

use burn::Tensor;
use burn::tensor::activation::log_sigmoid;

/// Binary cross-entropy of each logit `[n]` against its label `[n]`:
/// −t·ln σ(d) − (1 − t)·ln σ(−d), in a form that does not overflow. Labels may lie outside [0, 1].
///
/// With label 1 this is sp(−d), the non-saturating generator loss (Goodfellow et al. 2014); with
/// label 0 it is sp(d).
pub fn bce_with_logits(logits: Tensor<1>, labels: Tensor<1>) -> Tensor<1> {
    let towards_real = log_sigmoid(logits.clone()) * labels.clone();
    let towards_fake = log_sigmoid(-logits) * (-labels + 1.0);
    -(towards_real + towards_fake)
}
