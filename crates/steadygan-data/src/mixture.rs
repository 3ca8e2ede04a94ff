//! Points of the plane from mixtures with known modes: toy data on which lost modes can be counted.
//!
//! Both mixtures, "ring" and "grid", come from PacGAN's experiments (Lin, Khetan, Fanti and Oh 2018, section 4.1, after
//! VEEGAN, Srivastava et al. 2017), with 100,000 training points. `steadygan_metrics::modes` counts the modes
//! that a generator captures.

use std::f64::consts::TAU;

use rand_distr::{Distribution, StandardNormal, Uniform};
use sha2::{Digest, Sha256};

use super::samples::POINT_SHAPE;
use super::{DataPlan, Dataset, Samples, check_holdout};
use crate::error::{Error, Result};
use crate::files::hex;
use crate::rng::{self, Stream};

/// The number of training points, as in PacGAN's experiments.
const TRAINING_POINTS: usize = 100_000;

/// A fixed seed, so that the recipe's seed does not change the data set.
const DATA_SEED: u64 = 0;

/// A mixture of equally likely Gaussian modes that share one standard deviation.
#[derive(Debug, Clone, PartialEq)]
pub struct Mixture {
    name: &'static str,
    /// The mean of each mode, x and y.
    pub centers: Vec<[f64; 2]>,
    /// The standard deviation of each coordinate in every mode.
    pub sigma: f64,
}

impl Mixture {
    /// The mixture that this `data.source` names (`"ring"` or `"grid"`), or none.
    pub fn named(source: &str) -> Option<Self> {
        match source {
            "ring" => Some(Self::ring()),
            "grid" => Some(Self::grid()),
            _ => None,
        }
    }

    /// Eight modes on the circle of radius 1, the first at (1, 0), with standard deviation 0.01.
    pub fn ring() -> Self {
        const MODES: u32 = 8;
        let angles = (0..MODES).map(|mode| TAU * f64::from(mode) / f64::from(MODES));
        Self { name: "ring", centers: angles.map(|angle| [angle.cos(), angle.sin()]).collect(), sigma: 0.01 }
    }

    /// 25 modes at all x and y of {−4, −2, 0, 2, 4}, with standard deviation 0.05.
    pub fn grid() -> Self {
        const PLACES: [f64; 5] = [-4.0, -2.0, 0.0, 2.0, 4.0];
        let centers = PLACES.iter().flat_map(|&x| PLACES.map(|y| [x, y])).collect();
        Self { name: "grid", centers, sigma: 0.05 }
    }

    /// `count` independent points.
    pub fn draw(&self, count: usize, stream: &mut Stream) -> Vec<[f32; 2]> {
        let mode = Uniform::new(0, self.centers.len()).expect("there are modes");
        let mut point = || {
            let center = self.centers[mode.sample(stream)];
            center.map(|middle| {
                let noise: f64 = StandardNormal.sample(stream);
                (middle + self.sigma * noise) as f32
            })
        };
        (0..count).map(|_| point()).collect()
    }

    /// 100,000 training points, and extra draws as the held-out set: the plan's share of 100,000, rounded up.
    pub(super) fn dataset(&self, plan: &DataPlan) -> Result<Dataset> {
        check_holdout(plan.holdout)?;
        if plan.flip {
            let message = format!("data.flip mirrors images, and {} holds points", self.name);
            return Err(Error::recipe(message, "set data.flip to false"));
        }
        let held_out = (plan.holdout * TRAINING_POINTS as f64).ceil() as usize;
        let draw = |purpose: String, count| self.draw(count, &mut rng::stream(DATA_SEED, &purpose, 0));
        let train = draw(format!("{} train", self.name), TRAINING_POINTS);
        let holdout = draw(format!("{} holdout", self.name), held_out);
        let fingerprint = fingerprint(&train);
        let data = Dataset::from_samples(self.name, Samples::Points(train), Samples::Points(holdout));
        Ok(Dataset { fingerprint, ..data })
    }
}

/// Channels, height and width of a sample of this `data.source`, if the source alone decides them.
pub fn sample_shape(source: &str) -> Option<[usize; 3]> {
    Mixture::named(source).map(|_| POINT_SHAPE)
}

/// An error if this `data.source` does not hold images.
pub fn require_images(source: &str) -> Result<()> {
    match Mixture::named(source) {
        Some(_) => Err(Error::data(
            format!("{source} is a mixture of points of the plane, not images"),
            format!("train on it (--data {source}); a folder of that name is ./{source}"),
        )),
        None => Ok(()),
    }
}

fn fingerprint(points: &[[f32; 2]]) -> String {
    let mut hash = Sha256::new();
    points.as_flattened().iter().for_each(|coordinate| hash.update(coordinate.to_le_bytes()));
    hex(hash)
}

#[cfg(test)]
mod tests {
    use super::super::load;
    use super::*;

    fn plan(source: &str) -> DataPlan {
        DataPlan { size: 1, channels: Some(2), holdout: 0.1, ..super::super::testing::plan(source.as_ref()) }
    }

    #[test]
    fn the_modes_are_where_the_paper_has_them() {
        let root_half = 0.5f64.sqrt();
        let ring = Mixture::ring();
        assert_eq!((ring.centers.len(), ring.sigma), (8, 0.01));
        for (mode, expected) in [(0, [1.0, 0.0]), (1, [root_half; 2]), (4, [-1.0, 0.0]), (6, [0.0, -1.0])] {
            let distance = ring.centers[mode].iter().zip(expected).map(|(a, b)| (a - b).abs()).sum::<f64>();
            assert!(distance < 1e-15, "{mode}");
        }
        let grid = Mixture::grid();
        assert_eq!((grid.centers.len(), grid.sigma), (25, 0.05));
        assert_eq!((grid.centers[0], grid.centers[7], grid.centers[24]), ([-4.0, -4.0], [-2.0, 0.0], [4.0, 4.0]));
    }

    /// Checks the share, the mean and the spread of every mode, each within five standard deviations.
    #[test]
    fn the_points_are_of_the_mixture() {
        for mixture in [Mixture::ring(), Mixture::grid()] {
            let data = load(&plan(mixture.name)).unwrap();
            let points = data.train.points();
            let near = |point: &[f32; 2], center: &[f64; 2]| {
                let squares = point.iter().zip(center).map(|(&x, c)| (f64::from(x) - c).powi(2));
                squares.sum::<f64>().sqrt() < 8.0 * mixture.sigma
            };
            for center in &mixture.centers {
                let of_mode: Vec<_> = points.iter().filter(|point| near(point, center)).collect();
                let (count, share) = (of_mode.len() as f64, 1.0 / mixture.centers.len() as f64);
                let expected = share * 100_000.0;
                assert!((count - expected).abs() < 5.0 * (expected * (1.0 - share)).sqrt(), "{count}");
                for axis in 0..2 {
                    let offsets = of_mode.iter().map(|point| (f64::from(point[axis]) - center[axis]) / mixture.sigma);
                    let (sum, squares) = offsets.fold((0.0, 0.0), |(sum, squares), z| (sum + z, squares + z * z));
                    assert!((sum / count).abs() < 5.0 / count.sqrt());
                    assert!((squares / count - 1.0).abs() < 5.0 * (2.0 / count).sqrt());
                }
            }
        }
    }

    #[test]
    fn a_hold_out_is_a_further_draw_and_changes_nothing_else() {
        let data = load(&plan("grid")).unwrap();
        assert_eq!((data.name.as_str(), data.train.count(), data.holdout.count()), ("grid", 100_000, 10_000));
        assert_ne!(data.train.points()[..10_000], *data.holdout.points());
        let all = load(&DataPlan { holdout: 0.0, ..plan("grid") }).unwrap();
        assert_eq!((&all.train, all.holdout.count(), &all.fingerprint), (&data.train, 0, &data.fingerprint));
        assert_eq!(load(&DataPlan { holdout: 1e-9, ..plan("grid") }).unwrap().holdout.count(), 1);
        assert_ne!(load(&plan("ring")).unwrap().fingerprint, data.fingerprint);
        assert_eq!(data.fingerprint.len(), 64);
    }

    #[test]
    fn what_is_for_images_is_refused() {
        let error = load(&DataPlan { flip: true, ..plan("ring") }).unwrap_err();
        assert_eq!(error.to_string(), "data.flip mirrors images, and ring holds points");
        let error = load(&DataPlan { holdout: 1.0, ..plan("ring") }).unwrap_err();
        assert_eq!(error.to_string(), "data.holdout is 1, not a share from 0 to below 1");
        let points = "ring is a mixture of points of the plane, not images";
        assert_eq!(super::super::inspect(&plan("ring")).unwrap_err().to_string(), points);
        assert_eq!(super::super::pack(&plan("ring"), None).unwrap_err().to_string(), points);
        assert_eq!(
            require_images("grid").unwrap_err().hint(),
            "train on it (--data grid); a folder of that name is ./grid"
        );
        assert!(require_images("./ring").is_ok());
        assert_eq!((sample_shape("ring"), sample_shape("rings")), (Some([2, 1, 1]), None));
    }
}
