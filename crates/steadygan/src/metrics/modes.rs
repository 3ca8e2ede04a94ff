//! Modes captured and modes lost, where the modes of the data are known.
//!
//! The protocol is that of PacGAN's experiments (Lin, Khetan, Fanti and Oh 2018, sections 4.1 and 4.2):
//!
//! * A generated point of a [mixture](crate::data::Mixture) is of *high quality* if it lies within three
//!   standard deviations of the centre nearest to it. Of the mixture's own points 1 − e^(−9/2) = 98.9% do.
//! * A mode is *captured* if at least one point of high quality is nearest to it.
//! * The *reverse KL divergence* is that of the generated distribution over modes, p, counted on points of high
//!   quality, from the real one, which is uniform over K modes: Σ pᵢ ln(pᵢ K) = ln K − H(p), in nats. 0 if all
//!   modes come equally often, ln(K/m) if m of them do and the others never.
//! * For the mixtures 2,500 points are generated. For Stacked-MNIST 26,000 images, whose modes are the 1,000 triples
//!   of digits that a classifier sees in the three channels.
//!
//! A captured mode says little alone: noise spread over the plane captures all. And a perfect generator does not
//! reach 0: `n` draws of K equally likely modes have an expected divergence of about (K − 1) / 2n.

use std::fmt;

use super::energy::energy_distance;
use steadygan_run::ModesLine;

/// Points that a mixture's modes are counted on.
pub const POINTS: usize = 2_500;

/// Images that the modes of stacked digits are counted on.
pub const IMAGES: usize = 26_000;

/// How far from its centre a point may lie, in standard deviations.
const HIGH_QUALITY_SIGMAS: f64 = 3.0;

/// Modes of Stacked-MNIST: every three digits.
const TRIPLES: usize = 1_000;

/// How generated samples are spread over the modes of the data.
#[derive(Debug, Clone, PartialEq)]
pub struct Modes {
    /// Samples of high quality by mode.
    pub counts: Vec<u64>,
    /// All samples.
    pub samples: u64,
    /// The energy distance of the samples to reals, where it was [measured](Self::against).
    pub energy: Option<f64>,
}

impl Modes {
    /// Counts points of the plane by the nearest of `centers`, those closer to it than 3 `sigma`. A point that is
    /// not finite is of no mode.
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

    /// Counts the images of Stacked-MNIST by the digits, each in 0..=9, that are seen in their red, green and blue
    /// channels. Every image is of a mode.
    ///
    /// # Panics
    ///
    /// If a digit is above 9.
    pub fn of_triples(triples: impl IntoIterator<Item = [u8; 3]>) -> Self {
        let mut counts = vec![0; TRIPLES];
        let mut samples = 0;
        for digits in triples {
            assert!(digits.iter().all(|&digit| digit <= 9), "no digits: {digits:?}");
            counts[digits.iter().fold(0, |mode, &digit| 10 * mode + usize::from(digit))] += 1;
            samples += 1;
        }
        Self { counts, samples, energy: None }
    }

    /// The same with the energy distance between its points and reals, which counts alone do not show.
    #[must_use]
    pub fn against(self, points: &[[f32; 2]], reals: &[[f32; 2]]) -> Self {
        let enough = points.len().min(reals.len()) > 1;
        Self { energy: enough.then(|| energy_distance(points, reals)), ..self }
    }

    /// Modes with at least one sample of high quality.
    pub fn captured(&self) -> u64 {
        self.counts.iter().filter(|&&count| count > 0).count() as u64
    }

    /// The share of the samples that are of high quality; NaN without samples.
    pub fn high_quality(&self) -> f64 {
        self.total() as f64 / self.samples as f64
    }

    /// The reverse KL divergence in nats, from 0 to ln K; NaN if no sample is of high quality.
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

    /// The line of `metrics.jsonl` after `images` images.
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
        // On the centre, just within 3, on 3, in between, beyond the second, nowhere.
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
            // 1 − e^(−9/2), with a deviation of 0.00033: five deviations.
            assert!((modes.high_quality() - 0.98889).abs() < 0.0017, "{}", modes.high_quality());
            let few = of(&mixture, &mixture.draw(POINTS, &mut rng::stream(2, "test", 0)));
            // About (K − 1) / 2n: 0.0014 and 0.0048, of which the largest of a thousand is less than three times.
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

    /// (K − 1) / 2n is 999 / 52,000 = 0.0192; 2n times the divergence is χ² with 999 degrees, deviation 0.00086.
    #[test]
    fn uniform_triples_are_the_floor() {
        let mut stream = rng::stream(3, "test", 0);
        let digit = Uniform::new(0u8, 10).unwrap();
        let modes = Modes::of_triples((0..IMAGES).map(|_| [(); 3].map(|()| digit.sample(&mut stream))));
        assert_eq!((modes.captured(), modes.high_quality()), (1_000, 1.0));
        assert!((modes.reverse_kl() - 0.0192).abs() < 5.0 * 0.00086, "{}", modes.reverse_kl());
    }
}
