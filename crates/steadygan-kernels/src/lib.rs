//! CPU kernels of SteadyGAN: pure functions over contiguous `f32` slices.
//!
//! Tensors are `[batch][channels][height][width]` (NCHW), row-major. Every function overwrites its whole output and
//! panics, naming the argument, when a slice has the wrong length. Work is shared over the current rayon pool by output
//! region or by chunks whose size does not depend on the pool, so **results are the same bits for any number of
//! threads**.
//!
//! The instruction set (AVX-512, AVX2 with FMA, or the target's baseline) is chosen when the program runs; see
//! [`instruction_set`].

// The kernels' inner loops count over small matrices. Iterator adaptors there depend on inlining across the compiler's
// units, which a build without link-time optimisation does not do: they were measured 13 times slower.
#![allow(clippy::needless_range_loop)]

mod activation;
mod augment;
mod conv;
mod gemm;
mod normalize;
mod optimizer;
mod parallel;
mod pool;
mod reduce;
mod scratch;
mod simd;

pub use activation::{leaky_relu, leaky_relu_gradient, sigmoid, sigmoid_gradient, tanh, tanh_gradient};
pub use augment::{ColourMix, Hole, Shift, erase, mix_colours, overlap, translate};
pub use conv::{
    Conv, LeakyReluOutput, ShapeError, add_bias, bias_gradient, conv, conv_input_gradient, conv_leaky_relu,
    conv_leaky_relu_input_gradient, conv_leaky_relu_weight_gradient, conv_weight_gradient,
};
pub use gemm::row_products;
pub use normalize::{BatchNorm, batch_norm, batch_norm_gradient, channel_moments};
pub use optimizer::{AdamStep, RmsPropStep, adam, add, average, rms_prop, sgd};
pub use pool::{max_pool2, max_pool2_gather, max_pool2_scatter, upsample2, upsample2_gradient};
pub use reduce::{is_finite, sum, sum_of_squares};
pub use simd::{InstructionSet, instruction_set};
