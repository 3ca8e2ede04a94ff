//! Latents: the random inputs of the generator, and interpolation between two of them.
//!
//! ```
//! use steadygan_nn::latent::{LatentDistribution, slerp};
//! use steadygan_base::rng;
//!
//! let latents = LatentDistribution::Gaussian.sample(2, 100, &mut rng::stream(0, "latent", 0));
//! let (a, b) = latents.split_at(100);
//! let half_way = slerp(a, b, 0.5);
//! assert_eq!(half_way.len(), 100);
//! ```
//!
//! # When it helps
//!
//! Nearly all draws of N(0, I) in n dimensions lie close to the sphere of radius √n. The middle of a straight line
//! between two draws has about 0.71 of that length, where the generator was hardly ever trained; a great circle
//! stays on the sphere (White 2016; ganhacks tip 3). That Gaussian latents make better images than uniform latents is
//! folklore: no controlled comparison is known, and no harm either.

use crate::rng::Stream;
use rand_distr::{Distribution, StandardNormal, Uniform};
use serde::{Deserialize, Serialize};

/// The distribution that latents are drawn from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LatentDistribution {
    /// N(0, I).
    Gaussian,
    /// Uniform on [−1, 1] in every coordinate.
    Uniform,
    /// Uniform on the sphere of radius √n in n dimensions, near which nearly all draws of N(0, I) lie.
    Spherical,
}

impl LatentDistribution {
    /// `count` latents of length `length`, one after the other. The first latents do not depend on how many follow.
    pub fn sample(self, count: usize, length: usize, stream: &mut Stream) -> Vec<f32> {
        let total = count * length;
        match self {
            Self::Gaussian => StandardNormal.sample_iter(stream).take(total).collect(),
            Self::Uniform => {
                let uniform = Uniform::new_inclusive(-1.0f32, 1.0).expect("−1 is below 1");
                uniform.sample_iter(stream).take(total).collect()
            }
            Self::Spherical => {
                Self::Gaussian.sample(count, length, stream).chunks(length).flat_map(on_sphere).collect()
            }
        }
    }

    /// Like [`sample`](Self::sample), but every coordinate whose absolute value is above `threshold` (which is above 0)
    /// is drawn again (Brock, Donahue and Simonyan 2019). For spherical latents this is the same as for Gaussian
    /// latents: the result is not put on the sphere.
    pub fn sample_truncated(self, count: usize, length: usize, threshold: f64, stream: &mut Stream) -> Vec<f32> {
        let near = |z: &f32| f64::from(z.abs()) <= threshold;
        let total = count * length;
        match self {
            Self::Gaussian | Self::Spherical => StandardNormal.sample_iter(stream).filter(near).take(total).collect(),
            Self::Uniform => {
                let uniform = Uniform::new_inclusive(-1.0f32, 1.0).expect("−1 is below 1");
                uniform.sample_iter(stream).filter(near).take(total).collect()
            }
        }
    }

    /// [`sample_truncated`](Self::sample_truncated) if there is a threshold, otherwise [`sample`](Self::sample).
    pub fn draw(self, count: usize, length: usize, threshold: Option<f64>, stream: &mut Stream) -> Vec<f32> {
        match threshold {
            Some(threshold) => self.sample_truncated(count, length, threshold, stream),
            None => self.sample(count, length, stream),
        }
    }

    /// The latent at `t` in [0, 1] of the way from `a` to `b`. Gaussian and spherical latents use a great circle
    /// ([`slerp`]). Uniform latents use the straight line, because a great circle can leave their cube.
    ///
    /// # Panics
    ///
    /// If the lengths differ.
    pub fn interpolate(self, a: &[f32], b: &[f32], t: f64) -> Vec<f32> {
        match self {
            Self::Gaussian | Self::Spherical => slerp(a, b, t),
            Self::Uniform => weighted(a, 1.0 - t, b, t),
        }
    }
}

/// Scales a vector of n coordinates to length √n.
fn on_sphere(vector: &[f32]) -> Vec<f32> {
    let radius = (vector.len() as f64).sqrt();
    let unit = direction(vector).expect("a Gaussian draw is not zero");
    unit.into_iter().map(|x| (radius * x) as f32).collect()
}

/// If the sine of the angle between two vectors is smaller, their 32-bit coordinates (24 bits of precision) no longer
/// determine the plane in which they lie.
const SMALLEST_SINE: f64 = 1e-6;

/// Spherical linear interpolation (Shoemake 1985; for latents White 2016, arXiv 1609.04468): the point at `t` in
/// [0, 1] of the way from `a` to `b`, where θ is the angle between them,
///
/// sin((1 − t)θ) / sin θ · a + sin(tθ) / sin θ · b
///
/// Both ends are exact. Between vectors of equal norm the path keeps the norm and turns at constant speed. Between
/// vectors of unequal norms the middle gets longer as they approach opposite directions; latents drawn in many
/// dimensions are nowhere near opposite.
///
/// In two cases the plane of the circle is not defined. Vectors of the same direction, or of which one is zero, are
/// joined by the straight line, which is the formula's limit. Opposite vectors are joined by two quarter turns through
/// a vector at a right angle to both: the one nearest to the axis on which `a` is smallest, with the mean of the two
/// norms. (In one dimension there is no such vector, and the straight line goes through zero.)
///
/// # Panics
///
/// If the lengths differ.
pub fn slerp(a: &[f32], b: &[f32], t: f64) -> Vec<f32> {
    let (Some(from), Some(to)) = (direction(a), direction(b)) else { return weighted(a, 1.0 - t, b, t) };
    let norm_of = |sign: f64| from.iter().zip(&to).map(|(a, b)| (a + sign * b).powi(2)).sum::<f64>().sqrt();
    // Kahan's formula for the angle is accurate near 0 and π, where the inverse cosine loses digits.
    let angle = 2.0 * norm_of(-1.0).atan2(norm_of(1.0));
    if angle.sin() > SMALLEST_SINE {
        return weighted(a, ((1.0 - t) * angle).sin() / angle.sin(), b, (t * angle).sin() / angle.sin());
    }
    let opposite = norm_of(1.0) < norm_of(-1.0);
    match right_angle(&from, (norm(a) + norm(b)) / 2.0) {
        Some(between) if opposite && t < 0.5 => slerp(a, &between, 2.0 * t),
        Some(between) if opposite => slerp(&between, b, 2.0 * t - 1.0),
        _ => weighted(a, 1.0 - t, b, t),
    }
}

/// p · a + q · b. With p = 1 and q = 0 the result is `a` to the bit.
fn weighted(a: &[f32], p: f64, b: &[f32], q: f64) -> Vec<f32> {
    assert_eq!(a.len(), b.len(), "latents of different lengths");
    a.iter().zip(b).map(|(&a, &b)| (p * f64::from(a) + q * f64::from(b)) as f32).collect()
}

fn norm(vector: &[f32]) -> f64 {
    vector.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>().sqrt()
}

/// The vector scaled to length 1; `None` if it is zero.
fn direction(vector: &[f32]) -> Option<Vec<f64>> {
    let norm = norm(vector);
    (norm > 0.0).then(|| vector.iter().map(|&x| f64::from(x) / norm).collect())
}

/// The vector of length `norm` at a right angle to `unit` that is nearest to the axis of `unit`'s smallest coordinate.
/// `None` in fewer than two dimensions.
fn right_angle(unit: &[f64], norm: f64) -> Option<Vec<f32>> {
    let smallest = (0..unit.len()).min_by(|&i, &j| unit[i].abs().total_cmp(&unit[j].abs()))?;
    let mut vector: Vec<f64> = unit.iter().map(|x| -x * unit[smallest]).collect();
    vector[smallest] += 1.0;
    let length = vector.iter().map(|x| x * x).sum::<f64>().sqrt();
    (unit.len() > 1).then(|| vector.iter().map(|x| (x / length * norm) as f32).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng;

    #[track_caller]
    fn assert_close(found: &[f32], expected: &[f32]) {
        assert_eq!(found.len(), expected.len());
        assert!(found.iter().zip(expected).all(|(f, e)| (f - e).abs() < 1e-6), "{found:?} is not {expected:?}");
    }

    /// A quarter turn in the plane in thirds gives the cosines and sines of 30 and 60 degrees.
    #[test]
    fn a_quarter_turn_goes_along_the_circle() {
        let (a, b) = ([2.0, 0.0], [0.0, 2.0]);
        let root_3 = 3f32.sqrt();
        assert_close(&slerp(&a, &b, 1.0 / 3.0), &[root_3, 1.0]);
        assert_close(&slerp(&a, &b, 0.5), &[2f32.sqrt(); 2]);
        assert_close(&slerp(&a, &b, 2.0 / 3.0), &[1.0, root_3]);
        assert_close(&weighted(&a, 0.5, &b, 0.5), &[1.0, 1.0]);
    }

    /// The formula by hand for norms 1 and 2 at 60 degrees: half way it takes sin 30° / sin 60° = 1/√3 of each vector.
    #[test]
    fn unequal_norms_follow_the_formula() {
        let b = [1.0, 3f32.sqrt()];
        assert_close(&slerp(&[1.0, 0.0], &b, 0.5), &[2.0 / 3f32.sqrt(), 1.0]);
    }

    #[test]
    fn ends_are_exact_norms_are_kept_and_half_way_is_half_the_angle() {
        let draws = LatentDistribution::Gaussian.sample(200, 100, &mut rng::stream(0, "test", 0));
        let to_norm_10 = |z: &[f32]| -> Vec<f32> { direction(z).unwrap().iter().map(|x| (10.0 * x) as f32).collect() };
        for pair in draws.chunks(200) {
            let (a, b) = pair.split_at(100);
            assert_eq!((slerp(a, b, 0.0), slerp(a, b, 1.0)), (a.to_vec(), b.to_vec()));
            let (a, b) = (to_norm_10(a), to_norm_10(b));
            assert!((0..=8).all(|eighth| (norm(&slerp(&a, &b, f64::from(eighth) / 8.0)) - 10.0).abs() < 1e-5));
            let angle = |a: &[f32], b: &[f32]| {
                (a.iter().zip(b).map(|(a, b)| f64::from(a * b)).sum::<f64>() / norm(a) / norm(b)).acos()
            };
            assert!((2.0 * angle(&a, &slerp(&a, &b, 0.5)) - angle(&a, &b)).abs() < 1e-5);
        }
    }

    #[test]
    fn one_direction_is_a_straight_line_and_zero_has_none() {
        assert_eq!(slerp(&[1.0, -2.0], &[1.0, -2.0], 0.3), [1.0, -2.0]);
        assert_eq!(slerp(&[1.0, 1.0], &[3.0, 3.0], 0.5), [2.0, 2.0]);
        assert_eq!(slerp(&[0.0, 0.0], &[3.0, 4.0], 0.5), [1.5, 2.0]);
        assert_eq!(slerp(&[3.0, 4.0], &[0.0, 0.0], 0.25), [2.25, 3.0]);
        assert_eq!(slerp(&[0.0; 3], &[0.0; 3], 0.5), [0.0; 3]);
    }

    /// From (0, 3) to (0, −1) the path goes through (2, 0), which is at a right angle to both.
    #[test]
    fn opposites_are_joined_at_a_right_angle_and_never_at_zero() {
        let (a, b) = ([0.0, 3.0], [0.0, -1.0]);
        assert_eq!((slerp(&a, &b, 0.0), slerp(&a, &b, 1.0)), (a.to_vec(), b.to_vec()));
        assert_close(&slerp(&a, &b, 0.5), &[2.0, 0.0]);
        let root_half = 0.5f32.sqrt();
        assert_close(&slerp(&a, &b, 0.25), &[2.0 * root_half, 3.0 * root_half]);
        let z = LatentDistribution::Gaussian.sample(1, 100, &mut rng::stream(0, "test", 0));
        for factor in [-1.0, -0.3, -3.0] {
            let opposite: Vec<f32> = z.iter().map(|x| factor * x).collect();
            let least = norm(&z).min(norm(&opposite));
            assert!((0..=16).all(|at| norm(&slerp(&z, &opposite, f64::from(at) / 16.0)) > 0.99 * least));
        }
        assert_eq!(slerp(&[1.0], &[-1.0], 0.5), [0.0]);
    }

    #[test]
    fn uniform_latents_stay_in_their_cube() {
        let (a, b) = ([1.0, -1.0], [1.0, 1.0]);
        assert_eq!(LatentDistribution::Uniform.interpolate(&a, &b, 0.5), [1.0, 0.0]);
        assert_eq!(LatentDistribution::Uniform.interpolate(&a, &b, 1.0), b);
        assert_close(&LatentDistribution::Gaussian.interpolate(&a, &b, 0.5), &[2f32.sqrt(), 0.0]);
    }
}
