use super::*;

fn noise(count: usize, size: usize, seed: u64) -> Images {
    let mut stream = rng::stream(seed, "test", 0);
    let byte = Uniform::new_inclusive(0u8, 255).unwrap();
    let pixels = (0..count * size * size).map(|_| byte.sample(&mut stream)).collect();
    Images { channels: 1, size, pixels, classes: None }
}

#[test]
fn parts_are_compared_with_their_own_kind() {
    // One direction in one dimension. All rows: (|0−1| + |2−2| + |3−5|) / 3 = 1. The first half pairs 2 with 1, 3 with
    // 2.
    let all = 1 << SUBSAMPLES;
    let found =
        distances(&[3.0, 0.0, 2.0], &[all | 1, all, all | 1], &[1.0, 2.0, 5.0], &[all | 1, all | 1, all], &[1.0]);
    assert!((found[SUBSAMPLES] - 1e3).abs() < 1e-9, "{found:?}");
    assert!((found[0] - 1e3).abs() < 1e-9, "{found:?}");
    assert!(found[1].is_nan(), "the second half is empty");
}

#[test]
fn noise_is_like_noise_and_unlike_smooth_images() {
    let (a, b) = (noise(40, 32, 1), noise(40, 32, 2));
    let smooth =
        Images { pixels: a.pixels.iter().enumerate().map(|(at, _)| (at / 32 % 32 * 8) as u8).collect(), ..a.clone() };
    let near = sliced_wasserstein(&a, &b, 1).unwrap();
    let far = sliced_wasserstein(&smooth, &b, 1).unwrap();
    assert!(10.0 * near.value < far.value, "{near:?} {far:?}");
    assert!(near.deviation < near.value);
}

#[test]
fn images_of_different_size_are_refused() {
    let error = sliced_wasserstein(&noise(8, 32, 1), &noise(8, 16, 1), 1).unwrap_err();
    assert_eq!(error.to_string(), "images of 32 and of 16 pixels are compared");
    let error = sliced_wasserstein(&noise(3, 32, 1), &noise(8, 32, 1), 1).unwrap_err();
    assert_eq!(error.hint(), "give at least 4 of at least 7 pixels");
    let black = Images { pixels: vec![0; 8 * 1024], ..noise(8, 32, 1) };
    assert_eq!(sliced_wasserstein(&black, &black, 1).unwrap().value, 0.0);
}

#[test]
fn projections_are_sorted_with_their_marks() {
    let found = sorted(&[0.5, -2.0, 0.0, -0.5, 3e9, -0.0], &[1, 2, 3, 4, 5, 6]);
    assert_eq!(found, [(-2.0, 2), (-0.5, 4), (-0.0, 6), (0.0, 3), (0.5, 1), (3e9, 5)]);
}
