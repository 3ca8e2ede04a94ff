//! Counts captured and lost modes, for data with known modes.
//!
//! The protocol is PacGAN's (Lin, Khetan, Fanti and Oh 2018, sections 4.1 and 4.2):
//!
//! * A generated point of a [mixture](crate::data::Mixture) has *high quality* if it lies within three standard
//!   deviations of the nearest centre. Of the mixture's own points, 1 − e^(−9/2) = 98.9% do.
//! * A mode is *captured* if it is the nearest mode of at least one point of high quality.
//! * The *reverse KL divergence* compares the generated distribution over modes, p, counted on points of high quality,
//!   with the real distribution, which is uniform over K modes: Σ pᵢ ln(pᵢ K) = ln K − H(p), in nats. It is 0 if all
//!   modes occur equally often, and ln(K/m) if m modes occur equally often and the others never.
//! * For the mixtures 2,500 points are generated. For Stacked-MNIST 26,000 images are generated; a classifier of digits
//!   assigns each of their three channels a digit, and the 1,000 triples of digits are the modes.
//!
//! The number of captured modes alone says little, because noise spread over the plane captures all modes. And a
//! perfect generator's divergence is not 0: `n` draws of K equally likely modes have an expected divergence of about
//! (K − 1) / 2n.

use std::fmt;

use super::energy::energy_distance;
use steadygan_run::ModesLine;

/// The number of points on which a mixture's modes are counted.
pub const POINTS: usize = 2_500;

/// The number of images on which the modes of stacked digits are counted.
pub const IMAGES: usize = 26_000;

/// How far from its centre a point of high quality may lie, in standard deviations.
const HIGH_QUALITY_SIGMAS: f64 = 3.0;

/// The number of modes of Stacked-MNIST: all triples of digits.
const TRIPLES: usize = 1_000;

/// How generated samples are distributed over the modes of the data.
#[derive(Debug, Clone, PartialEq)]
pub struct Modes {
    /// The number of samples of high quality in each mode.
    pub counts: Vec<u64>,
    /// The number of all samples.
    pub samples: u64,
    /// The energy distance between the samples and reals, if it was [measured](Self::against).
    pub energy: Option<f64>,
}

impl Modes {
    /// Assigns each point of the plane to the nearest of `centers` if it is closer than 3 `sigma`, and counts. A point
    /// that is not finite belongs to no mode.
    pub fn of_points(centers: &[[f64; 2]], sigma: f64, points: &[[f32; 2]]) -> Self {
        let mut counts = vec![0; centers.len()];
        for &[x, y] in points {
            let distance = |&[a, b]: &[f64; 2]| (f64::from(x) - a).hypot(f64::from(y) - b);
            let distances = centers.iter().map(distance).enumerate();
            match distances.min_by(|(_, a), (_, b)| a.total_cmp(b)) {
                Some((mode, distance)) if distance < HIGH_QUALITY_SIGMAS * sigma => counts[mode] += 1,
                _ => {}
            }
        }
        Self { counts, samples: points.len() as u64, energy: None }
    }

    /// Counts the images of Stacked-MNIST by the digits, each in 0..=9, of their red, green and blue channels. Every
    /// image belongs to a mode.
    ///
    /// # Panics
    ///
    /// If a digit is above 9.
    pub fn of_triples(triples: impl IntoIterator<Item = [u8; 3]>) -> Self {
        let mut counts = vec![0; TRIPLES];
        let mut samples = 0;
        for digits in triples {
            assert!(digits.iter().all(|&digit| digit <= 9), "not digits: {digits:?}");
            counts[digits.iter().fold(0, |mode, &digit| 10 * mode + usize::from(digit))] += 1;
            samples += 1;
        }
        Self { counts, samples, energy: None }
    }

    /// Adds the energy distance between `points` and `reals`, which also sees differences within modes.
    #[must_use]
    pub fn against(self, points: &[[f32; 2]], reals: &[[f32; 2]]) -> Self {
        let enough = points.len().min(reals.len()) > 1;
        Self { energy: enough.then(|| energy_distance(points, reals)), ..self }
    }

    /// The number of modes with at least one sample of high quality.
    pub fn captured(&self) -> u64 {
        self.counts.iter().filter(|&&count| count > 0).count() as u64
    }

    /// The share of samples with high quality; NaN without samples.
    pub fn high_quality(&self) -> f64 {
        self.total() as f64 / self.samples as f64
    }

    /// The reverse KL divergence in nats, from 0 to ln K; NaN if no sample has high quality.
    pub fn reverse_kl(&self) -> f64 {
        let (total, modes) = (self.total() as f64, self.counts.len() as f64);
        if total == 0.0 {
            return f64::NAN;
        }
        let shares = self.counts.iter().filter(|&&count| count > 0).map(|&count| count as f64 / total);
        shares.map(|share| share * (share * modes).ln()).sum()
    }

    fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// The line for `metrics.jsonl` after `images` images.
    pub fn line(&self, images: u64) -> ModesLine {
        ModesLine {
            images,
            modes: self.captured(),
            of: self.counts.len() as u64,
            high_quality: self.high_quality(),
            reverse_kl: self.reverse_kl(),
            samples: self.samples,
            energy_distance: self.energy,
        }
    }
}

impl fmt::Display for Modes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (captured, of, high_quality) = (self.captured(), self.counts.len(), 100.0 * self.high_quality());
        write!(f, "modes {captured}/{of}, {high_quality:.1}% high quality")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Mixture;
    use crate::rng;
    use rand_distr::{Distribution, Uniform};

    fn of(mixture: &Mixture, points: &[[f32; 2]]) -> Modes {
        Modes::of_points(&mixture.centers, mixture.sigma, points)
    }

    #[test]
    fn points_are_counted_by_hand() {
        let centers = [[0.0, 0.0], [10.0, 0.0], [0.0, 10.0]];
        // On the first centre, just within 3, exactly at 3, between two centres, near the second, not finite (twice).
        let points =
            [[0.0, 0.0], [0.0, -2.99], [0.0, 3.0], [5.0, 0.0], [11.0, 2.0], [f32::NAN, 0.0], [f32::INFINITY, 0.0]];
        let modes = Modes::of_points(&centers, 1.0, &points);
        assert_eq!((modes.counts.as_slice(), modes.samples, modes.captured()), ([2, 1, 0].as_slice(), 7, 2));
        assert_eq!(modes.high_quality(), 3.0 / 7.0);
        let expected = 2.0 / 3.0 * 2f64.ln() + 1.0 / 3.0 * 1f64.ln();
        assert!((modes.reverse_kl() - expected).abs() < 1e-15);
        assert_eq!(modes.to_string(), "modes 2/3, 42.9% high quality");
        let line = modes.line(640);
        assert_eq!((line.images, line.modes, line.of, line.samples), (640, 2, 3, 7));
    }

    #[test]
    fn the_divergence_of_m_equal_modes_is_ln_k_over_m() {
        for (captured, of) in [(1, 8), (2, 8), (8, 8), (17, 25)] {
            let counts = (0..of).map(|mode| if mode < captured { 30 } else { 0 }).collect();
            let modes = Modes { counts, samples: 1_000, energy: None };
            let expected = (of as f64 / captured as f64).ln();
            assert!((modes.reverse_kl() - expected).abs() < 1e-12, "{captured} of {of}");
        }
    }

    #[test]
    fn one_mode_is_ln_8_and_nothing_has_no_divergence() {
        let ring = Mixture::ring();
        let collapsed = of(&ring, &[[1.001, 0.001]; 2_500]);
        assert_eq!((collapsed.captured(), collapsed.high_quality()), (1, 1.0));
        assert!((collapsed.reverse_kl() - 8f64.ln()).abs() < 1e-12);
        let nowhere = of(&ring, &[[0.0, 0.0]; 10]);
        assert_eq!((nowhere.captured(), nowhere.high_quality()), (0, 0.0));
        assert!(nowhere.reverse_kl().is_nan() && of(&ring, &[]).high_quality().is_nan());
    }

    #[test]
    fn a_mixture_s_own_points_are_the_ceiling() {
        for mixture in [Mixture::ring(), Mixture::grid()] {
            let modes = of(&mixture, &mixture.draw(100_000, &mut rng::stream(1, "test", 0)));
            assert_eq!(modes.captured(), mixture.centers.len() as u64);
            // 1 − e^(−9/2) expected, with a standard deviation of 0.00033; the bound is five deviations away.
            assert!((modes.high_quality() - 0.98889).abs() < 0.0017, "{}", modes.high_quality());
            let few = of(&mixture, &mixture.draw(POINTS, &mut rng::stream(2, "test", 0)));
            // About (K − 1) / 2n is expected: 0.0014 and 0.0048. The largest of a thousand draws is below three times
            // that.
            assert_eq!(few.captured(), mixture.centers.len() as u64);
            assert!(few.reverse_kl() < 3.0 * (mixture.centers.len() - 1) as f64 / (2 * POINTS) as f64);
        }
    }

    #[test]
    fn triples_are_counted_in_the_order_of_their_channels() {
        let modes = Modes::of_triples([[1, 2, 3], [1, 2, 3], [9, 9, 9], [0, 0, 0]]);
        assert_eq!((modes.counts.len(), modes.samples, modes.captured()), (1_000, 4, 3));
        assert_eq!((modes.counts[123], modes.counts[999], modes.counts[0]), (2, 1, 1));
        let expected = 0.5 * 500f64.ln() + 0.5 * 250f64.ln();
        assert!((modes.reverse_kl() - expected).abs() < 1e-12);
    }

    /// (K − 1) / 2n is 999 / 52,000 = 0.0192. 2n times the divergence is χ² with 999 degrees of freedom, so the
    /// standard deviation of the divergence is 0.00086.
    #[test]
    fn uniform_triples_are_the_floor() {
        let mut stream = rng::stream(3, "test", 0);
        let digit = Uniform::new(0u8, 10).unwrap();
        let modes = Modes::of_triples((0..IMAGES).map(|_| [(); 3].map(|()| digit.sample(&mut stream))));
        assert_eq!((modes.captured(), modes.high_quality()), (1_000, 1.0));
        assert!((modes.reverse_kl() - 0.0192).abs() < 5.0 * 0.00086, "{}", modes.reverse_kl());
    }
}
