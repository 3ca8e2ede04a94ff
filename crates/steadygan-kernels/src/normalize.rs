//! Batch normalisation (Ioffe and Szegedy 2015) over `x[n][channels][plane]`, with an optional leaky ReLU after it.

use rayon::prelude::*;

use crate::activation::{leaky, leaky_slope};
use crate::conv::expect_images;
use crate::parallel::expect_len;
use crate::reduce::add_lanes;
use crate::simd::{Isa, LANES, vectorised};

/// Numbers of a channel summed in `f32` before the sum goes on in `f64`.
const SHORT: usize = 1024;

/// What a batch normalisation applies to each channel.
#[derive(Debug, Clone, Copy)]
pub struct BatchNorm<'a> {
    /// Channels `c`.
    pub channels: usize,
    /// Pixels of a channel of one image.
    pub plane: usize,
    /// Means subtracted, `[channels]`: the batch's own when training, running ones in evaluation.
    pub mean: &'a [f32],
    /// Biased variances divided by, `[channels]`.
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
    /// The value before the activation; the gradient must find the same side of its kink, so both use this.
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
pub fn channel_moments(
    x: &[f32],
    channels: usize,
    plane: usize,
    mean: &mut [f32],
    variance: &mut [f32],
) {
    expect_images("x", x.len(), channels, plane);
    expect_len("mean", mean.len(), channels);
    expect_len("variance", variance.len(), channels);
    let count = (x.len() / channels) as f64;
    let moments = mean.par_iter_mut().zip(variance.par_iter_mut()).enumerate();
    moments.for_each(|(channel, (mean, variance))| {
        let pixels = Pixels {
            first: channel * plane,
            plane,
            image: channels * plane,
        };
        *mean = (channel_sum(pixels, x) / count) as f32;
        *variance = (channel_squares(pixels, x, *mean) / count) as f32;
    });
}

/// `y = f(gamma (x - mean) / sqrt(variance + epsilon) + beta)`, with `f` the leaky ReLU of `slope` if there is one.
///
/// # Panics
/// When a slice has the wrong length.
pub fn batch_norm(norm: &BatchNorm, x: &[f32], y: &mut [f32]) {
    norm.expect(x);
    expect_len("y", y.len(), x.len());
    let image = norm.channels * norm.plane;
    y.par_chunks_mut(image)
        .zip(x.par_chunks(image))
        .for_each(|(y, x)| {
            let planes = y
                .chunks_exact_mut(norm.plane)
                .zip(x.chunks_exact(norm.plane));
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
    let sums = dgamma.par_iter_mut().zip(dbeta.par_iter_mut()).enumerate();
    sums.for_each(|(channel, (dgamma, dbeta))| {
        let pixels = Pixels {
            first: channel * norm.plane,
            plane: norm.plane,
            image,
        };
        let (with_h, plain) = gradient_sums(norm.channel(channel), pixels, x, dy);
        *dgamma = with_h as f32;
        *dbeta = plain as f32;
    });
    let count = (x.len() / norm.channels) as f32;
    let images = x.par_chunks(image).zip(dy.par_chunks(image));
    dx.par_chunks_mut(image)
        .zip(images)
        .for_each(|(dx, (x, dy))| {
            let planes = x.chunks_exact(norm.plane).zip(dy.chunks_exact(norm.plane));
            for (channel, (dx, (x, dy))) in dx.chunks_exact_mut(norm.plane).zip(planes).enumerate()
            {
                let means = [dgamma[channel] / count, dbeta[channel] / count];
                gradient_plane(norm.channel(channel), means, x, dy, dx);
            }
        });
}

/// Where the pixels of one channel stand: `plane` numbers from `first` on in every image.
#[derive(Clone, Copy)]
struct Pixels {
    first: usize,
    plane: usize,
    image: usize,
}

impl Pixels {
    #[inline(always)]
    fn planes(self, x: &[f32]) -> impl Iterator<Item = &[f32]> {
        x.chunks_exact(self.image)
            .map(move |image| &image[self.first..][..self.plane])
    }
}

/// Adds `of(..)` over pixels in sixteen lanes, which move to `f64` after every 1,024 numbers or a little more.
struct Sum {
    total: f64,
    lanes: [f32; LANES],
    pending: usize,
}

impl Sum {
    #[inline(always)]
    fn new() -> Self {
        Sum {
            total: 0.0,
            lanes: [0.0; LANES],
            pending: 0,
        }
    }

    #[inline(always)]
    fn settle(&mut self) {
        self.total += f64::from(add_lanes(self.lanes));
        self.lanes = [0.0; LANES];
        self.pending = 0;
    }

    #[inline(always)]
    fn add(&mut self, x: &[f32], of: impl Fn(f32) -> f32 + Copy) {
        for x in x.chunks(SHORT) {
            let (lines, rest) = x.as_chunks::<LANES>();
            let mut lanes = self.lanes;
            for line in lines {
                for (lane, &value) in lanes.iter_mut().zip(line) {
                    *lane += of(value);
                }
            }
            for (lane, &value) in lanes.iter_mut().zip(rest) {
                *lane += of(value);
            }
            self.lanes = lanes;
            self.pending += x.len();
            if self.pending >= SHORT {
                self.settle();
            }
        }
    }
}

vectorised! {
    fn channel_sum<I>(pixels: Pixels, x: &[f32]) -> f64 {
        let mut sum = Sum::new();
        for plane in pixels.planes(x) {
            sum.add(plane, |x| x);
        }
        sum.settle();
        sum.total
    }
}

vectorised! {
    fn channel_squares<I>(pixels: Pixels, x: &[f32], mean: f32) -> f64 {
        let mut sum = Sum::new();
        for plane in pixels.planes(x) {
            sum.add(plane, |x| (x - mean) * (x - mean));
        }
        sum.settle();
        sum.total
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
    /// `(sum g h, sum g)` over one channel.
    fn gradient_sums<I>(channel: Channel, pixels: Pixels, x: &[f32], dy: &[f32]) -> (f64, f64) {
        let mut totals = (0.0, 0.0);
        let mut with_h = [0.0_f32; LANES];
        let mut plain = [0.0_f32; LANES];
        let mut pending = 0;
        for (x, dy) in pixels.planes(x).zip(pixels.planes(dy)) {
            for (x, dy) in x.chunks(SHORT).zip(dy.chunks(SHORT)) {
                for (x, dy) in x.chunks(LANES).zip(dy.chunks(LANES)) {
                    for (lane, (&x, &dy)) in x.iter().zip(dy).enumerate() {
                        let g = channel.pulled_back::<I>(x, dy);
                        with_h[lane] = I::mul_add_scalar(g, (x - channel.mean) * channel.inverse, with_h[lane]);
                        plain[lane] += g;
                    }
                }
                pending += x.len();
                if pending >= SHORT {
                    totals = (totals.0 + f64::from(add_lanes(with_h)), totals.1 + f64::from(add_lanes(plain)));
                    (with_h, plain, pending) = ([0.0; LANES], [0.0; LANES], 0);
                }
            }
        }
        (totals.0 + f64::from(add_lanes(with_h)), totals.1 + f64::from(add_lanes(plain)))
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
