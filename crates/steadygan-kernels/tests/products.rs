//! Products of matrices' rows against the `f64` definition.

mod reference;

use reference::{assert_close_at_size, dot, numbers};
use steadygan_kernels::row_products;

#[test]
fn rows_are_multiplied_with_rows() {
    for (m, n, k) in [(1, 1, 1), (1, 1, 1280), (3, 17, 5), (16, 16, 16), (33, 40, 147), (5, 1, 64), (70, 35, 1)] {
        let (a, b) = (numbers(1, m * k), numbers(2, n * k));
        let mut products = vec![f32::NAN; m * n];
        row_products(&a, &b, k, &mut products);
        let expected: Vec<f64> = a.chunks(k).flat_map(|a| b.chunks(k).map(move |b| dot(a, b))).collect();
        // The numbers have a variance of 1/3.
        let usual = ((m * n * k) as f64).sqrt() / 3.0;
        assert_close_at_size(&format!("{m} {n} {k}"), &products, &expected, usual);
    }
    row_products(&[], &numbers(1, 8), 4, &mut []);
}

/// The product of two rows does not depend on the other rows, so equal rows have a distance of exactly 0.
#[test]
fn a_product_depends_on_its_two_rows_alone() {
    let (a, k) = (numbers(3, 50 * 37), 37);
    let mut all = vec![0.0; 50 * 50];
    row_products(&a, &a, k, &mut all);
    for (i, j) in [(0, 0), (7, 31), (31, 7), (49, 49)] {
        let mut one = [0.0];
        row_products(&a[i * k..][..k], &a[j * k..][..k], k, &mut one);
        assert_eq!(one[0].to_bits(), all[i * 50 + j].to_bits(), "{i} {j}");
    }
}

#[test]
#[should_panic(expected = "`products`")]
fn a_wrong_length_is_named() {
    row_products(&[1.0; 4], &[1.0; 4], 2, &mut [0.0; 3]);
}
