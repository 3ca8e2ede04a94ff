//! Tests of the changes against values computed by hand, of their gradients, and of all changes together.

use super::*;
use crate::rng;
use burn::prelude::*;
use rand_distr::{Distribution, StandardNormal, StandardUniform};

fn images<const N: usize>(shape: [usize; 4], values: [f32; N]) -> Tensor<4> {
    Tensor::from_data(TensorData::new(values.to_vec(), shape), &Device::flex())
}

/// Values of N(0, 1) on the autodiff device.
fn normal(name: &str, shape: [usize; 4]) -> Tensor<4> {
    let stream = rng::stream(0, name, 0);
    let values: Vec<f32> = StandardNormal.sample_iter(stream).take(shape.iter().product()).collect();
    Tensor::from_data(TensorData::new(values, shape), &Device::flex().autodiff())
}

fn values(images: &Tensor<4>) -> Vec<f32> {
    images.to_data().try_to_vec().expect("images are floats")
}

fn bits(images: &Tensor<4>) -> Vec<u32> {
    values(images).into_iter().map(f32::to_bits).collect()
}

fn dot(a: &Tensor<4>, b: &Tensor<4>) -> f64 {
    values(a).iter().zip(values(b)).map(|(&a, b)| f64::from(a) * f64::from(b)).sum()
}

/// The gradient of ⟨v, change(x)⟩ for x.
fn gradient(x: &Tensor<4>, v: &Tensor<4>, change: &dyn Fn(Tensor<4>) -> Tensor<4>) -> Tensor<4> {
    let x = x.clone().require_grad();
    let gradients = (change(x.clone()) * v.clone()).sum().backward();
    x.grad(&gradients).expect("a gradient")
}

#[track_caller]
fn assert_close(found: &Tensor<4>, expected: &[f32], tolerance: f32) {
    let found = values(found);
    assert_eq!(found.len(), expected.len());
    assert!(found.iter().zip(expected).all(|(f, e)| (f - e).abs() <= tolerance), "{found:?} is not {expected:?}");
}

const UNCHANGED: Colour = Colour::UNCHANGED;

/// An image of two pixels in two channels: the pixels' means are 2 and 3, the image's mean is 2.5. All numbers are
/// exact in 32 bits.
#[test]
fn each_change_of_colour_by_hand() {
    let x = images([1, 2, 1, 2], [1.0, 4.0, 3.0, 2.0]);
    let changed = |change| values(&colour(x.clone(), vec![change]));
    assert_eq!(changed(Colour { brightness: -0.5, ..UNCHANGED }), [0.5, 3.5, 2.5, 1.5]);
    assert_eq!(changed(Colour { saturation: 2.0, ..UNCHANGED }), [0.0, 5.0, 4.0, 1.0]);
    assert_eq!(changed(Colour { saturation: 0.0, ..UNCHANGED }), [2.0, 3.0, 2.0, 3.0]);
    assert_eq!(changed(Colour { contrast: 0.5, ..UNCHANGED }), [1.75, 3.25, 2.75, 2.25]);
    // Add 0.5; double the distances to the pixels' means 2.5 and 3.5; halve the distances to the image's mean 3.
    let all = Colour { brightness: 0.5, saturation: 2.0, contrast: 0.5 };
    assert_eq!(changed(all), [1.75, 4.25, 3.75, 2.25]);
}

/// The fused change equals the three changes one after the other, each image with its own; within 32-bit rounding of
/// numbers up to 4.
#[test]
fn brightness_comes_first_then_saturation_then_contrast() {
    let x = normal("x", [3, 3, 5, 4]);
    let changes = [(0.3, 1.7, 0.6), (-0.5, 0.0, 1.5), (0.1, 0.4, 1.2)];
    let colours = |of: &dyn Fn((f64, f64, f64)) -> Colour| -> Vec<Colour> { changes.map(of).to_vec() };
    let all = colours(&|(brightness, saturation, contrast)| Colour { brightness, saturation, contrast });
    let mut one_by_one = colour(x.clone(), colours(&|change| Colour { brightness: change.0, ..UNCHANGED }));
    one_by_one = colour(one_by_one, colours(&|change| Colour { saturation: change.1, ..UNCHANGED }));
    one_by_one = colour(one_by_one, colours(&|change| Colour { contrast: change.2, ..UNCHANGED }));
    assert_close(&colour(x, all), &values(&one_by_one), 4e-6);
}

/// Saturation keeps each pixel's mean, contrast keeps the image's mean, and brightness moves the image's mean; within
/// 32-bit rounding of sums of 60 numbers.
#[test]
fn means_are_kept_or_moved() {
    let x = normal("x", [2, 3, 5, 4]);
    let grey = |x: &Tensor<4>| x.clone().mean_dim(1);
    let means = |x: &Tensor<4>| values(&x.clone().mean_dim(1).mean_dim(2).mean_dim(3));
    let changed = |change| colour(x.clone(), vec![change; 2]);
    assert_close(&grey(&changed(Colour { saturation: 1.9, ..UNCHANGED })), &values(&grey(&x)), 1e-6);
    for (found, mean) in means(&changed(Colour { contrast: 1.4, ..UNCHANGED })).iter().zip(means(&x)) {
        assert!((found - mean).abs() < 1e-6);
    }
    for (found, mean) in
        means(&changed(Colour { brightness: 0.25, saturation: 0.3, contrast: 1.4 })).iter().zip(means(&x))
    {
        assert!((found - mean - 0.25).abs() < 1e-6);
    }
}

#[test]
fn saturation_does_nothing_to_one_channel() {
    let x = normal("x", [2, 1, 5, 4]);
    let saturated = colour(x.clone(), vec![Colour { saturation: 0.2, ..UNCHANGED }; 2]);
    assert_eq!(bits(&saturated), bits(&x));
    let [with, without] = [0.2, 1.0].map(|saturation| Colour { brightness: 0.1, saturation, contrast: 0.7 });
    assert_eq!(bits(&colour(x.clone(), vec![with; 2])), bits(&colour(x, vec![without; 2])));
}

#[test]
fn translation_by_hand() {
    let x = images([2, 1, 2, 3], [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    let moved = |first, second| {
        let shifts = [first, second].map(|(down, right)| Shift { down, right });
        values(&translate(x.clone(), shifts.to_vec()))
    };
    assert_eq!(moved((1, -1), (0, 2)), [0.0, 0.0, 0.0, 2.0, 3.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 4.0]);
    assert_eq!(moved((0, 0), (-1, 0)), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 4.0, 5.0, 6.0, 0.0, 0.0, 0.0]);
    assert_eq!(moved((2, 0), (0, -9)), [0.0; 12], "a shift beyond the border leaves nothing");
}

#[test]
fn cutout_by_hand() {
    let x = Tensor::ones([2, 2, 3, 3], &Device::flex());
    let holes = vec![Hole { top: 1, bottom: 3, left: 0, right: 2 }, Hole { top: 0, bottom: 1, left: 2, right: 3 }];
    let first = [1.0, 1.0, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 1.0];
    let second = [1.0, 1.0, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0];
    assert_eq!(values(&cutout(x, holes)), [first, first, second, second].concat());
}

/// The first image shows only its second channel, and the second image stays as it is. Only the values that are shown
/// have a gradient.
#[test]
fn one_channel_by_hand() {
    let x = images([2, 3, 1, 2], [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0, 12.0]);
    let seen = one_channel(x.clone(), &[Some(1), None], -1.0);
    assert_eq!(values(&seen), [-1.0, -1.0, 3.0, 4.0, -1.0, -1.0, 7.0, 8.0, 9.0, 10.0, 11.0, 12.0]);
    let x = Tensor::from_data(x.into_data(), &Device::flex().autodiff());
    let found = gradient(&x, &x, &|x| one_channel(x, &[Some(1), None], -1.0));
    assert_eq!(values(&found), [0.0, 0.0, 3.0, 4.0, 0.0, 0.0, 7.0, 8.0, 9.0, 10.0, 11.0, 12.0]);
}

/// With probability ½, each channel is shown alone in 500 ± 20 of 3,000 images; the tolerance is six standard
/// deviations. Images of one channel never change.
#[test]
fn channels_are_shown_as_often_as_each_other() {
    let x = Tensor::from_data([[[[1.0]], [[2.0]], [[3.0]]]], &Device::flex()).repeat_dim(0, 3_000);
    let alone = Augmentation { colour: false, translation: 0.0, cutout: 0.0, one_channel: Some(-1.0) };
    let seen = values(&alone.apply(x.clone(), 0.5, &mut rng::stream(0, "augmentation", 0)));
    let count = |pixel: [f32; 3]| seen.chunks(3).filter(|seen| **seen == pixel).count();
    for alone in [[1.0, -1.0, -1.0], [-1.0, 2.0, -1.0], [-1.0, -1.0, 3.0]] {
        assert!(count(alone).abs_diff(500) < 123, "{seen:?}");
    }
    let as_they_are = count([1.0, 2.0, 3.0]);
    assert!(as_they_are.abs_diff(1_500) < 165, "{as_they_are}");
    let grey = normal("x", [5, 1, 4, 4]);
    assert_eq!(bits(&alone.apply(grey.clone(), 1.0, &mut rng::stream(0, "augmentation", 0))), bits(&grey));
}

/// DiffAugment's size is int(side · share + 0.5). The middles of even holes are in 0..=side, those of odd holes in
/// 0..side.
#[test]
fn draws_become_shifts_and_holes() {
    let end = 1.0 - f64::EPSILON / 2.0;
    let shifts = |side| [0.0, 0.5, end].map(|at| shift([side, 1], 0.125, [at, at]).down);
    assert_eq!(
        [1, 3, 4, 12, 64, 128].map(shifts).map(|[low, middle, high]| (low, middle, high)),
        [(0, 0, 0), (0, 0, 0), (-1, 0, 1), (-2, 0, 2), (-8, 0, 8), (-16, 0, 16)]
    );
    let rows = |side, share, at| {
        let hole = hole([side, 1], share, [at, 0.0]);
        (hole.top, hole.bottom)
    };
    assert_eq!([0.0, 0.5, end].map(|at| rows(8, 0.5, at)), [(0, 2), (2, 6), (6, 8)]);
    assert_eq!([0.0, 0.5, end].map(|at| rows(6, 0.5, at)), [(0, 2), (2, 5), (4, 6)]);
    assert_eq!([0.0, end].map(|at| rows(1, 0.5, at)), [(0, 1), (0, 1)]);
    assert_eq!([0.0, 0.5, end].map(|at| rows(4, 1.0, at)), [(0, 2), (0, 4), (2, 4)]);
    assert!([0.0, 0.5, end].iter().all(|&at| hole([8, 8], 0.0, [at, at]).is_empty()));
}

/// Without its brightness a change of colour is a symmetric linear map, so it is its own adjoint. The gradient of a
/// translation is the shift back; the gradient of a cutout is zero in the hole.
#[test]
fn gradients_are_the_closed_forms() {
    let (x, v) = (normal("x", [2, 3, 4, 5]), normal("v", [2, 3, 4, 5]));
    let changes = [(0.4, 1.7, 0.6), (-0.2, 0.1, 1.4)];
    let colours = |shown: f64| {
        let of = |(brightness, saturation, contrast)| Colour { brightness: shown * brightness, saturation, contrast };
        changes.map(of).to_vec()
    };
    let found = gradient(&x, &v, &|x| colour(x, colours(1.0)));
    assert_eq!(bits(&found), bits(&colour(v.clone(), colours(0.0))));
    let shifts = vec![Shift { down: 1, right: -2 }, Shift { down: -3, right: 0 }];
    let back = shifts.iter().map(|shift| Shift { down: -shift.down, right: -shift.right }).collect();
    let found = gradient(&x, &v, &|x| translate(x, shifts.clone()));
    assert_eq!(bits(&found), bits(&translate(v.clone(), back)));
    let holes = vec![Hole { top: 1, bottom: 3, left: 0, right: 4 }, Hole::default()];
    let found = gradient(&x, &v, &|x| cutout(x, holes.clone()));
    let mask = cutout(Tensor::ones([2, 3, 4, 5], &x.device()), holes.clone());
    assert_eq!(values(&found), values(&(v * mask)));
}

/// Central differences of an affine function are exact except for rounding, here of numbers up to 5 in 32 bits with
/// steps of 1.
#[test]
fn gradients_are_finite_differences() {
    let (x, v) = (normal("x", [2, 3, 3, 4]), normal("v", [2, 3, 3, 4]));
    let colours = vec![Colour { brightness: 0.3, saturation: 1.6, contrast: 0.7 }; 2];
    let shifts = vec![Shift { down: 1, right: -1 }, Shift { down: 0, right: 2 }];
    let holes = vec![Hole { top: 0, bottom: 2, left: 1, right: 3 }; 2];
    let all = Augmentation { one_channel: Some(-1.0), ..Augmentation::default() };
    let apply = |x| all.apply(x, 1.0, &mut rng::stream(0, "augmentation", 0));
    let changes: [&dyn Fn(Tensor<4>) -> Tensor<4>; 5] = [
        &|x| one_channel(x, &[Some(2), Some(0)], -1.0),
        &|x| colour(x, colours.clone()),
        &|x| translate(x, shifts.clone()),
        &|x| cutout(x, holes.clone()),
        &apply,
    ];
    for change in changes {
        let analytic = values(&gradient(&x, &v, change));
        for (at, analytic) in analytic.iter().enumerate() {
            let stepped = |step: f32| {
                let mut numbers = values(&x);
                numbers[at] += step;
                dot(&change(Tensor::from_data(TensorData::new(numbers, x.dims()), &x.device())), &v)
            };
            let difference = (stepped(1.0) - stepped(-1.0)) / 2.0;
            assert!((difference - f64::from(*analytic)).abs() < 1e-5, "{at}: {difference} is not {analytic}");
        }
    }
}

/// ⟨A x, v⟩ = ⟨x, Aᵀ v⟩, where A x is the changed x minus the changed zero image; within 32-bit rounding of 3,072
/// products.
#[test]
fn the_gradient_is_the_adjoint() {
    let (x, v) = (normal("x", [4, 3, 16, 16]), normal("v", [4, 3, 16, 16]));
    let change = |x| Augmentation::default().apply(x, 0.8, &mut rng::stream(3, "augmentation", 0));
    let linear = dot(&change(x.clone()), &v) - dot(&change(x.zeros_like()), &v);
    let adjoint = dot(&x, &gradient(&x, &v, &change));
    assert!(linear.abs() > 1.0 && (linear - adjoint).abs() < 1e-3, "{linear} is not {adjoint}");
}

#[test]
fn probability_zero_and_no_changes_are_the_identity_to_the_bit() {
    let odd = [-0.0, f32::NAN, f32::INFINITY, 1e-40, 0.1, -7.0, f32::MAX, 0.0];
    let x = images([2, 1, 2, 2], odd);
    let none = Augmentation { colour: false, translation: 0.0, cutout: 0.0, one_channel: None };
    let mut stream = rng::stream(0, "augmentation", 0);
    assert_eq!(bits(&Augmentation::default().apply(x.clone(), 0.0, &mut stream)), odd.map(f32::to_bits));
    assert_eq!(bits(&none.apply(x, 1.0, &mut stream)), odd.map(f32::to_bits));
}

/// Whatever the settings and images are, the same number of draws is taken from the stream. An image does not depend on
/// later images of the batch.
#[test]
fn the_stream_is_used_alike_whatever_the_settings() {
    let x = normal("x", [6, 3, 8, 8]);
    let default = Augmentation::default();
    let some = Augmentation { colour: false, translation: 0.0, ..default };
    let after = |settings: Augmentation, images: Tensor<4>, probability| {
        let mut stream = rng::stream(0, "augmentation", 0);
        settings.apply(images, probability, &mut stream);
        let next: u64 = StandardUniform.sample(&mut stream);
        next
    };
    let expected = after(default, x.clone(), 1.0);
    assert_eq!(after(default, x.clone(), 0.0), expected);
    assert_eq!(after(default, x.clone(), 0.4), expected);
    assert_eq!(after(some, x.clone(), 0.4), expected);
    assert_eq!(after(some, normal("y", [6, 1, 3, 5]), 0.4), expected);
    let seen = |images: Tensor<4>| bits(&default.apply(images, 0.5, &mut rng::stream(0, "augmentation", 0)));
    let all = seen(x.clone());
    assert_eq!(all, seen(x.clone()));
    let first = x.clone().narrow(0, 0, 4);
    assert_eq!(all[..4 * 3 * 64], seen(first));
    assert_ne!(all, bits(&x));
}

#[test]
fn images_of_any_size_on_either_device() {
    for shape in [[3, 1, 1, 1], [2, 3, 1, 1], [2, 1, 32, 32], [2, 3, 5, 3], [1, 3, 128, 128]] {
        let x = normal("x", shape);
        let seen = |x| Augmentation::default().apply(x, 1.0, &mut rng::stream(0, "augmentation", 0));
        let (tracked, plain) = (seen(x.clone().require_grad()), seen(x.clone().inner()));
        assert_eq!(tracked.dims(), shape);
        assert!(values(&tracked).iter().all(|x| x.is_finite()));
        assert_eq!(bits(&tracked), bits(&plain));
        assert!(!plain.device().is_autodiff() && tracked.device().is_autodiff());
    }
    // A single pixel equals the image's mean, so only brightness changes it. A hole of half its size, rounded up,
    // covers it.
    let pixel = images([1, 1, 1, 1], [0.7]);
    let seen =
        Augmentation { cutout: 0.0, ..Augmentation::default() }.apply(pixel.clone(), 1.0, &mut rng::stream(0, "a", 0));
    let brightness = Draw::new(1.0, false, &mut rng::stream(0, "a", 0)).colour().brightness as f32;
    assert_close(&seen, &[0.7 + brightness], 1e-6);
    assert_eq!(values(&Augmentation::default().apply(pixel, 1.0, &mut rng::stream(0, "a", 0))), [0.0]);
}

#[test]
fn settings_are_read_and_checked() {
    let read: Augmentation = toml::from_str("colour = false\ncutout = 0.25").expect("settings");
    assert_eq!(read, Augmentation { colour: false, translation: 0.125, cutout: 0.25, one_channel: None });
    assert_eq!(read.check("augmentation"), Ok(()));
    assert!(toml::from_str::<Augmentation>("color = false").is_err());
    for share in [-0.1, 1.1, f64::NAN] {
        let error = Augmentation { translation: share, ..read }.check("augmentation").expect_err("not a share");
        assert!(error.to_string().starts_with("`heuristics.augmentation.translation` is"), "{error}");
        let error = Augmentation { cutout: share, ..read }.check("augmentation").expect_err("not a share");
        assert!(error.to_string().starts_with("`heuristics.augmentation.cutout` is"), "{error}");
    }
}

#[test]
#[should_panic(expected = "a probability of 1.5 is not in [0, 1]")]
fn a_probability_is_one() {
    Augmentation::default().apply(images([1, 1, 1, 1], [0.0]), 1.5, &mut rng::stream(0, "augmentation", 0));
}
