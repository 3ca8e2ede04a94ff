//! Compares metrics with other programs' values: `make_metrics.py` beside this file made the fixture.

use crate::fixture::Fixture;
use steadygan::data::Images;
use steadygan::metrics::frechet::frechet_value;
use steadygan::metrics::ms_ssim::ms_ssim;
use steadygan::metrics::subsamples::SUBSAMPLES;
use steadygan::metrics::swd::{PatchPosition, descriptors, distances, laplacian_pyramid};
use steadygan::metrics::{Features, kernel_distance, prdc};
use steadygan::pixels::PixelRange;

fn read() -> Fixture {
    Fixture::read("metrics")
}

fn features(fixture: &Fixture, side: &str) -> Features {
    let data = &fixture.tensors[&format!("{side}.features")];
    Features::new(data.shape()[1], data.iter::<f32>().collect()).expect("finite rows")
}

fn images(fixture: &Fixture, side: &str) -> Images {
    let data = &fixture.tensors[&format!("{side}.images")];
    let pixels = data.iter::<f32>().map(|value| PixelRange::Symmetric.unscale(value)).collect();
    Images { channels: data.shape()[1], size: data.shape()[2], pixels, classes: None }
}

fn number(fixture: &Fixture, key: &str) -> f64 {
    fixture.metadata[key].as_f64().expect("a number")
}

#[track_caller]
fn assert_near(what: &str, ours: f64, theirs: f64, relative: f64) {
    assert!((ours - theirs).abs() <= relative * theirs.abs(), "{what}: {ours} is not {theirs}");
}

#[test]
fn precision_recall_density_and_coverage_are_prdc_s() {
    let fixture = read();
    let found = prdc(&features(&fixture, "fakes"), &features(&fixture, "reals"), 0).expect("enough samples");
    let theirs = |key: &str| fixture.metadata["prdc"][key].as_f64().expect("a number");
    for (key, ours) in [
        ("precision", found.precision),
        ("recall", found.recall),
        ("density", found.density),
        ("coverage", found.coverage),
    ] {
        assert_near(key, ours.value, theirs(key), 1e-6);
    }
}

#[test]
fn the_frechet_distance_is_scipy_s_also_of_fewer_samples_than_features() {
    let fixture = read();
    let (fakes, reals) = (features(&fixture, "fakes"), features(&fixture, "reals"));
    assert_near("all", frechet_value(&fakes, &reals).expect("enough samples"), number(&fixture, "frechet"), 1e-4);
    let first = |features: &Features, count: usize| features.select(&Vec::from_iter(0..count));
    let few = frechet_value(&first(&fakes, 15), &first(&reals, 20)).expect("enough samples");
    assert_near("few", few, number(&fixture, "few"), 1e-4);
}

#[test]
fn the_kernel_distance_is_scikit_learn_s() {
    let fixture = read();
    let found = kernel_distance(&features(&fixture, "fakes"), &features(&fixture, "reals"), 0).expect("enough samples");
    assert_near("kernel distance", found.value, number(&fixture, "kernel"), 1e-4);
}

/// Compares each level, with the fixture's own patches and directions.
#[test]
fn the_sliced_wasserstein_distance_is_that_of_the_definition() {
    let fixture = read();
    let directions: Vec<f32> = fixture.tensors["directions"].iter::<f32>().collect();
    let pyramids = ["fakes", "reals"].map(|side| {
        let images = images(&fixture, side);
        laplacian_pyramid(&images, &Vec::from_iter(0..images.count()))
    });
    let theirs: Vec<f64> = serde_json::from_value(fixture.metadata["swd"].clone()).expect("numbers");
    assert_eq!((pyramids[0].len(), theirs.len()), (2, 2));
    for (level, theirs) in theirs.into_iter().enumerate() {
        let numbers: Vec<f32> =
            fixture.tensors[&format!("patches.{}", pyramids[0][level].size)].iter::<f32>().collect();
        let positions: Vec<PatchPosition> =
            numbers.as_chunks::<3>().0.iter().map(|position| position.map(|x| x as usize)).collect();
        let [fakes, reals] = [0, 1].map(|side| descriptors(&pyramids[side][level], &positions));
        let marks = vec![u16::MAX; positions.len()];
        let found = distances(&fakes, &marks, &reals, &marks, &directions);
        assert_near("sliced Wasserstein distance", found[SUBSAMPLES], theirs, 1e-4);
    }
}

#[test]
fn ms_ssim_is_that_of_the_definition() {
    let fixture = read();
    let [fakes, reals, noisy] = ["fakes", "reals", "noisy"].map(|side| images(&fixture, side));
    let similarity = |a: &Images, i: usize, b: &Images, j: usize| ms_ssim(a.image(i), b.image(j), 3, a.size);
    let theirs = |key: &str| serde_json::from_value::<Vec<f64>>(fixture.metadata[key].clone()).expect("numbers");
    for (pair, theirs) in theirs("ms_ssim").into_iter().enumerate() {
        let ours = similarity(&fakes, 2 * pair, &fakes, 2 * pair + 1);
        assert!((ours - theirs).abs() < 1e-9, "{pair}: {ours} is not {theirs}");
    }
    for (index, theirs) in theirs("ms_ssim_noisy").into_iter().enumerate() {
        let ours = similarity(&reals, index, &noisy, index);
        assert!((ours - theirs).abs() < 1e-9, "{index}: {ours} is not {theirs}");
    }
}
