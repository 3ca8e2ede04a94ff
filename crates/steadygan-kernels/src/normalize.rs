//! Batch normalisation (Ioffe and Szegedy 2015) over `x[n][channels][plane]`, with an optional leaky ReLU after it.

use rayon::prelude::*;

use crate::activation::{leaky, leaky_slope};
use crate::conv::expect_images;
use crate::parallel::expect_len;
use crate::reduce::{add_images, sum_pairs, sum_plane};
use crate::simd::{Isa, vectorised};

/// A batch normalisation: the numbers that it applies to each channel.
#[derive(Debug, Clone, Copy)]
pub struct BatchNorm<'a> {
    /// Channels `c`.
    pub channels: usize,
    /// Pixels of a channel of one image.
    pub plane: usize,
    /// Means subtracted, `[channels]`: the batch's own when training, running ones in evaluation.
    pub mean: &'a [f32],
    /// Biased variances, by whose root the numbers are divided, `[channels]`.
    pub variance: &'a [f32],
    /// Scales, `[channels]`.
    pub gamma: &'a [f32],
    /// Shifts, `[channels]`.
    pub beta: &'a [f32],
    /// Added to the variance.
    pub epsilon: f32,
    /// Slope of the leaky ReLU that follows: 0.2, or 0.0 for ReLU; `None` for no activation.
    pub slope: Option<f32>,
}

impl BatchNorm<'_> {
    #[track_caller]
    fn expect(&self, x: &[f32]) {
        expect_images("x", x.len(), self.channels, self.plane);
        expect_len("mean", self.mean.len(), self.channels);
        expect_len("variance", self.variance.len(), self.channels);
        expect_len("gamma", self.gamma.len(), self.channels);
        expect_len("beta", self.beta.len(), self.channels);
    }

    /// The numbers of one channel.
    fn channel(&self, channel: usize) -> Channel {
        let deviation = (self.variance[channel] + self.epsilon).sqrt();
        Channel {
            mean: self.mean[channel],
            inverse: 1.0 / deviation,
            scale: self.gamma[channel] / deviation,
            beta: self.beta[channel],
            // A slope of 1 is no activation.
            slope: self.slope.unwrap_or(1.0),
        }
    }
}

/// One channel's numbers, ready for its pixels.
#[derive(Clone, Copy)]
struct Channel {
    mean: f32,
    inverse: f32,
    scale: f32,
    beta: f32,
    slope: f32,
}

impl Channel {
    /// The value before the activation. The activation and its gradient both use this, because they must find the same
    /// side of the kink.
    #[inline(always)]
    fn normalised<I: Isa>(&self, x: f32) -> f32 {
        I::mul_add_scalar(x - self.mean, self.scale, self.beta)
    }

    /// The gradient before the activation.
    #[inline(always)]
    fn pulled_back<I: Isa>(&self, x: f32, dy: f32) -> f32 {
        dy * leaky_slope(self.normalised::<I>(x), self.slope)
    }
}

/// Each channel's mean over batch and plane, and its biased variance around that mean.
///
/// # Panics
/// When `mean` or `variance` has not `channels` elements or `x` is no whole number of images.
pub fn channel_moments(x: &[f32], channels: usize, plane: usize, mean: &mut [f32], variance: &mut [f32]) {
    expect_images("x", x.len(), channels, plane);
    expect_len("mean", mean.len(), channels);
    expect_len("variance", variance.len(), channels);
    let count = (x.len() / channels) as f64;
    let image = channels * plane;
    let Some(first) = x.get(..image) else {
        return;
    };
    // One pass, over differences from each channel's mean in the first image. The square that is subtracted at the end
    // is then at most a small multiple of the variance, so that `f64` loses nothing.
    let mut shifts = vec![0.0; channels];
    for (shift, pixels) in shifts.iter_mut().zip(first.chunks_exact(plane)) {
        *shift = (sum_plane(pixels) / plane as f64) as f32;
    }
    let sums = add_images(x.len() / image, channels, |index, sums| {
        moment_sums(&x[index * image..][..image], &shifts, sums);
    });
    for (channel, [plain, squares]) in sums.into_iter().enumerate() {
        let offset = plain / count;
        mean[channel] = (f64::from(shifts[channel]) + offset) as f32;
        // `max` would hide a NaN.
        let square = squares / count - offset * offset;
        variance[channel] = if square < 0.0 { 0.0 } else { square as f32 };
    }
}

/// `y = f(gamma (x - mean) / sqrt(variance + epsilon) + beta)`, with `f` the leaky ReLU of `slope` if there is one.
///
/// # Panics
/// When a slice has the wrong length.
pub fn batch_norm(norm: &BatchNorm, x: &[f32], y: &mut [f32]) {
    norm.expect(x);
    expect_len("y", y.len(), x.len());
    let image = norm.channels * norm.plane;
    y.par_chunks_mut(image).zip(x.par_chunks(image)).for_each(|(y, x)| {
        let planes = y.chunks_exact_mut(norm.plane).zip(x.chunks_exact(norm.plane));
        for (channel, (y, x)) in planes.enumerate() {
            normalise_plane(norm.channel(channel), x, y);
        }
    });
}

/// The gradients of [`batch_norm`] with the batch's own moments, which depend on `x` too. With `g = dy f'(..)`,
/// `h = (x - mean) / sqrt(variance + epsilon)` and `N` numbers in a channel:
/// `dbeta = sum g`, `dgamma = sum g h`, `dx = gamma / sqrt(variance + epsilon) (g - dbeta / N - h dgamma / N)`.
///
/// # Panics
/// When a slice has the wrong length.
pub fn batch_norm_gradient(
    norm: &BatchNorm,
    x: &[f32],
    dy: &[f32],
    dx: &mut [f32],
    dgamma: &mut [f32],
    dbeta: &mut [f32],
) {
    norm.expect(x);
    expect_len("dy", dy.len(), x.len());
    expect_len("dx", dx.len(), x.len());
    expect_len("dgamma", dgamma.len(), norm.channels);
    expect_len("dbeta", dbeta.len(), norm.channels);
    let image = norm.channels * norm.plane;
    let count = (x.len() / norm.channels) as f32;
    let sums = add_images(x.len() / image, norm.channels, |index, sums| {
        let stretch = index * image..(index + 1) * image;
        let planes = x[stretch.clone()].chunks_exact(norm.plane).zip(dy[stretch].chunks_exact(norm.plane));
        for (channel, (sums, (x, dy))) in sums.iter_mut().zip(planes).enumerate() {
            *sums = gradient_sums(norm.channel(channel), x, dy);
        }
    });
    for (channel, [with_h, plain]) in sums.into_iter().enumerate() {
        (dgamma[channel], dbeta[channel]) = (with_h as f32, plain as f32);
    }
    let images = x.par_chunks(image).zip(dy.par_chunks(image));
    dx.par_chunks_mut(image).zip(images).for_each(|(dx, (x, dy))| {
        let planes = x.chunks_exact(norm.plane).zip(dy.chunks_exact(norm.plane));
        for (channel, (dx, (x, dy))) in dx.chunks_exact_mut(norm.plane).zip(planes).enumerate() {
            let means = [dgamma[channel] / count, dbeta[channel] / count];
            gradient_plane(norm.channel(channel), means, x, dy, dx);
        }
    });
}

vectorised! {
    /// For each channel of an image, the sums of `x - shift` and of its square.
    fn moment_sums<I>(image: &[f32], shifts: &[f32], sums: &mut [[f64; 2]]) {
        let planes = image.chunks_exact(image.len() / shifts.len());
        for (sums, (x, &shift)) in sums.iter_mut().zip(planes.zip(shifts)) {
            *sums = sum_pairs(x, x, |x, _| (x - shift, (x - shift) * (x - shift)));
        }
    }
}

vectorised! {
    fn normalise_plane<I>(channel: Channel, x: &[f32], y: &mut [f32]) {
        for (y, &x) in y.iter_mut().zip(x) {
            *y = leaky(channel.normalised::<I>(x), channel.slope);
        }
    }
}

vectorised! {
    /// `[sum g h, sum g]` over one plane.
    fn gradient_sums<I>(channel: Channel, x: &[f32], dy: &[f32]) -> [f64; 2] {
        sum_pairs(x, dy, |x, dy| {
            let g = channel.pulled_back::<I>(x, dy);
            (g * ((x - channel.mean) * channel.inverse), g)
        })
    }
}

vectorised! {
    /// `dx` of one plane, from the channel's means of `g h` and `g`.
    fn gradient_plane<I>(channel: Channel, means: [f32; 2], x: &[f32], dy: &[f32], dx: &mut [f32]) {
        for (dx, (&x, &dy)) in dx.iter_mut().zip(x.iter().zip(dy)) {
            let h = (x - channel.mean) * channel.inverse;
            let g = channel.pulled_back::<I>(x, dy);
            *dx = channel.scale * (g - means[1] - h * means[0]);
        }
    }
}
