//! Augmentations of images against their definitions.

mod reference;

use reference::{assert_close, numbers};
use steadygan_kernels::*;

/// One pixel, rows shorter than a vector, images that are not square, one channel, and many images.
const SHAPES: [[usize; 4]; 6] =
    [[1, 1, 1, 1], [3, 3, 1, 1], [2, 2, 3, 5], [5, 3, 17, 9], [3, 1, 32, 32], [40, 3, 33, 31]];

fn len(shape: [usize; 4]) -> usize {
    shape.iter().product()
}

#[test]
fn colours_are_mixed_by_the_formula() {
    for shape in SHAPES {
        let [images, channels, height, width] = shape;
        let plane = height * width;
        let x = numbers(1, len(shape));
        let n = numbers(2, 4 * images);
        let mixes: Vec<ColourMix> =
            n.chunks(4).map(|n| ColourMix { own: n[0], grey: n[1], mean: n[2], shift: n[3] }).collect();
        let expected: Vec<f64> = (0..x.len())
            .map(|at| {
                let (image, pixel) = (at / (channels * plane), at % plane);
                let mix = mixes[image];
                let values = &x[image * channels * plane..][..channels * plane];
                let sum = |values: &mut dyn Iterator<Item = &f32>| values.map(|&x| f64::from(x)).sum::<f64>();
                let grey = sum(&mut values.iter().skip(pixel).step_by(plane)) / channels as f64;
                let mean = sum(&mut values.iter()) / (channels * plane) as f64;
                f64::from(mix.own) * f64::from(x[at])
                    + f64::from(mix.grey) * grey
                    + f64::from(mix.mean) * mean
                    + f64::from(mix.shift)
            })
            .collect();
        let mut y = vec![f32::NAN; x.len()];
        mix_colours(&x, shape, &mixes, &mut y);
        assert_close(&format!("{shape:?}"), &y, &expected);
    }
}

/// The numbers of `shape`, each made by `visit(image, row, column)`.
fn places(shape: [usize; 4], visit: impl Fn(usize, isize, isize) -> f32) -> Vec<f32> {
    let [_, channels, height, width] = shape;
    let place = |at: usize| {
        let (row, column) = (at / width % height, at % width);
        visit(at / (channels * height * width), row as isize, column as isize)
    };
    (0..len(shape)).map(place).collect()
}

#[test]
fn images_move_and_zeros_come_in() {
    let shifts = [(0, 0), (1, 0), (0, -1), (-2, 3), (7, 7), (-40, 0), (3, 40), (isize::MIN, isize::MAX)];
    for shape in SHAPES {
        let [images, _, height, width] = shape;
        let x = numbers(1, len(shape));
        for first in 0..shifts.len() {
            let of = |image: usize| shifts[(first + image) % shifts.len()];
            let moves: Vec<Shift> = (0..images).map(of).map(|(down, right)| Shift { down, right }).collect();
            let mut y = vec![f32::NAN; x.len()];
            translate(&x, shape, &moves, &mut y);
            let inside =
                |at: Option<isize>, side: usize| at.and_then(|at| usize::try_from(at).ok()).filter(|at| *at < side);
            let plane = height * width;
            for (at, y) in y.iter().enumerate() {
                let (down, right) = of(at / (shape[1] * plane));
                let row = inside(((at / width % height) as isize).checked_sub(down), height);
                let column = inside(((at % width) as isize).checked_sub(right), width);
                let expected = match (row, column) {
                    (Some(row), Some(column)) => x[at / plane * plane + row * width + column],
                    _ => 0.0,
                };
                assert_eq!(*y, expected, "{shape:?} {down} {right} {at}");
            }
        }
    }
}

#[test]
fn holes_are_zero_and_all_else_stays() {
    for shape in SHAPES {
        let [images, _, height, width] = shape;
        let x = numbers(1, len(shape));
        let hole = |image: usize| Hole {
            top: image % height,
            bottom: (image % height + height.div_ceil(2)).min(height),
            left: image % width / 2,
            right: width - image % 2,
        };
        let holes: Vec<Hole> = (0..images).map(hole).collect();
        let mut y = vec![f32::NAN; x.len()];
        erase(&x, shape, &holes, &mut y);
        let kept = places(shape, |image, row, column| {
            let hole = holes[image];
            let rows = hole.top as isize..hole.bottom as isize;
            let columns = hole.left as isize..hole.right as isize;
            f32::from(u8::from(!(rows.contains(&row) && columns.contains(&column))))
        });
        let expected: Vec<f32> = x.iter().zip(&kept).map(|(x, kept)| x * kept).collect();
        assert_eq!(y, expected, "{shape:?}");
    }
}

/// Where means are taken, a NaN makes its whole image NaN, and no other image.
#[test]
fn what_is_not_finite_shows() {
    let mut x = numbers(1, 2 * 3 * 4);
    x[5] = f32::NAN;
    let mut y = vec![0.0; x.len()];
    let mix = ColourMix { own: 1.0, grey: 0.5, mean: 0.5, shift: 0.0 };
    mix_colours(&x, [2, 3, 2, 2], &[mix; 2], &mut y);
    assert!(y[..12].iter().all(|y| y.is_nan()) && y[12..].iter().all(|y| y.is_finite()));
    translate(&x, [2, 3, 2, 2], &[Shift::default(); 2], &mut y);
    assert!(y[5].is_nan());
    erase(&x, [2, 3, 2, 2], &[Hole::default(); 2], &mut y);
    assert!(y[5].is_nan());
}

#[test]
#[should_panic(expected = "`holes` must be within 2 x 3")]
fn a_hole_outside_is_refused() {
    erase(&[0.0; 6], [1, 1, 2, 3], &[Hole { top: 0, bottom: 3, left: 0, right: 1 }], &mut [0.0; 6]);
}

#[test]
#[should_panic(expected = "`y` has 5 elements, expected 6")]
fn a_wrong_length_is_refused() {
    translate(&[0.0; 6], [1, 1, 2, 3], &[Shift::default()], &mut [0.0; 5]);
}

#[test]
#[should_panic(expected = "2 changes for 1 images")]
fn a_wrong_number_of_changes_is_refused() {
    translate(&[0.0; 6], [1, 1, 2, 3], &[Shift::default(); 2], &mut [0.0; 6]);
}
