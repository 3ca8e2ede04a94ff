//! The vector of processors without a set of our own: sixteen scalars that the compiler may group.

use super::{Isa, LANES, RegisterBlock};

/// Whatever the compilation target guarantees.
#[derive(Clone, Copy)]
pub(crate) struct Baseline;

/// Whether `f32::mul_add` is an instruction here; elsewhere it is a slow library call.
const FUSED: bool = cfg!(any(target_feature = "fma", target_arch = "aarch64"));

impl Isa for Baseline {
    type Vector = [f32; LANES];
    const BLOCK: RegisterBlock = RegisterBlock::TwoByOne;

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
        std::array::from_fn(|lane| a[lane] + b[lane])
    }

    #[inline(always)]
    fn sub(a: Self::Vector, b: Self::Vector) -> Self::Vector {
        std::array::from_fn(|lane| a[lane] - b[lane])
    }

    #[inline(always)]
    fn transpose(rows: [Self::Vector; LANES]) -> [Self::Vector; LANES] {
        std::array::from_fn(|column| std::array::from_fn(|row| rows[row][column]))
    }

    #[inline(always)]
    fn mul_add(a: Self::Vector, b: Self::Vector, c: Self::Vector) -> Self::Vector {
        std::array::from_fn(|lane| Self::mul_add_scalar(a[lane], b[lane], c[lane]))
    }

    #[inline(always)]
    fn mul_add_scalar(a: f32, b: f32, c: f32) -> f32 {
        if FUSED { a.mul_add(b, c) } else { a * b + c }
    }
}
