//! The vector for processors without hand-written vectors: sixteen scalars that the compiler may group.

use super::{Isa, LANES, Line, RegisterBlock};

/// Whatever the compilation target guarantees.
#[derive(Clone, Copy)]
pub(crate) struct Baseline;

/// Whether `f32::mul_add` is an instruction here; elsewhere it is a slow library call.
const FUSED: bool = cfg!(any(target_feature = "fma", target_arch = "aarch64"));

impl Isa for Baseline {
    type Vector = [f32; LANES];
    const BLOCK: RegisterBlock = RegisterBlock::TwoByOne;

    #[inline(always)]
    fn prefetch(_: &[Line]) {}

    #[inline(always)]
    fn splat(value: f32) -> Self::Vector {
        [value; LANES]
    }

    #[inline(always)]
    fn load(from: &[f32; LANES]) -> Self::Vector {
        *from
    }

    #[inline(always)]
    fn store(value: Self::Vector, to: &mut [f32; LANES]) {
        *to = value;
    }

    #[inline(always)]
    fn add(a: Self::Vector, b: Self::Vector) -> Self::Vector {
        let mut result = a;
        for lane in 0..LANES {
            result[lane] = a[lane] + b[lane];
        }
        result
    }

    #[inline(always)]
    fn sub(a: Self::Vector, b: Self::Vector) -> Self::Vector {
        let mut result = a;
        for lane in 0..LANES {
            result[lane] = a[lane] - b[lane];
        }
        result
    }

    #[inline(always)]
    fn transpose(rows: [Self::Vector; LANES]) -> [Self::Vector; LANES] {
        let mut columns = rows;
        for row in 0..LANES {
            for column in 0..LANES {
                columns[column][row] = rows[row][column];
            }
        }
        columns
    }

    #[inline(always)]
    fn mul_add(a: Self::Vector, b: Self::Vector, c: Self::Vector) -> Self::Vector {
        let mut result = a;
        for lane in 0..LANES {
            result[lane] = Self::mul_add_scalar(a[lane], b[lane], c[lane]);
        }
        result
    }

    #[inline(always)]
    fn mul_add_scalar(a: f32, b: f32, c: f32) -> f32 {
        if FUSED { a.mul_add(b, c) } else { a * b + c }
    }
}
