//! The vectors of AVX-512 and AVX2.
//!
//! Written with intrinsics because the compiler's vectorisation of the same arithmetic on arrays was measured at 2 GFLOP/s for an
//! 8 x 32 block and 116 GFLOP/s for a 12 x 32 block: too fragile to build on.

use std::arch::x86_64::{
    __m256, __m512, _mm256_add_ps, _mm256_fmadd_ps, _mm256_loadu_ps, _mm256_set1_ps,
    _mm256_storeu_ps, _mm512_add_ps, _mm512_fmadd_ps, _mm512_loadu_ps, _mm512_set1_ps,
    _mm512_storeu_ps,
};

use super::{Isa, LANES, RegisterBlock};

/// AVX-512: one register of sixteen lanes. Used only inside functions compiled for it.
#[derive(Clone, Copy)]
pub(crate) struct Avx512;

// SAFETY (of every block here): `vectorised!` is the only user of this type, and runs it only where the features were detected;
// pointers come from references to sixteen `f32`s, and the unaligned forms need no alignment.
impl Isa for Avx512 {
    type Vector = __m512;
    const BLOCK: RegisterBlock = RegisterBlock::EightByTwo;

    #[inline(always)]
    fn splat(value: f32) -> __m512 {
        // SAFETY: see the implementation's note.
        unsafe { _mm512_set1_ps(value) }
    }

    #[inline(always)]
    fn load(from: &[f32; LANES]) -> __m512 {
        // SAFETY: see the implementation's note.
        unsafe { _mm512_loadu_ps(from.as_ptr()) }
    }

    #[inline(always)]
    fn store(value: __m512, to: &mut [f32; LANES]) {
        // SAFETY: see the implementation's note.
        unsafe { _mm512_storeu_ps(to.as_mut_ptr(), value) }
    }

    #[inline(always)]
    fn add(a: __m512, b: __m512) -> __m512 {
        // SAFETY: see the implementation's note.
        unsafe { _mm512_add_ps(a, b) }
    }

    #[inline(always)]
    fn mul_add(a: __m512, b: __m512, c: __m512) -> __m512 {
        // SAFETY: see the implementation's note.
        unsafe { _mm512_fmadd_ps(a, b, c) }
    }

    #[inline(always)]
    fn mul_add_scalar(a: f32, b: f32, c: f32) -> f32 {
        a.mul_add(b, c)
    }
}

/// AVX2 with FMA: two registers of eight lanes. Used only inside functions compiled for it.
#[derive(Clone, Copy)]
pub(crate) struct Avx2;

// SAFETY (of every block here): as for AVX-512; the second half starts eight `f32`s into the sixteen.
impl Isa for Avx2 {
    type Vector = [__m256; 2];
    const BLOCK: RegisterBlock = RegisterBlock::SixByOne;

    #[inline(always)]
    fn splat(value: f32) -> Self::Vector {
        // SAFETY: see the implementation's note.
        let half = unsafe { _mm256_set1_ps(value) };
        [half, half]
    }

    #[inline(always)]
    fn load(from: &[f32; LANES]) -> Self::Vector {
        // SAFETY: see the implementation's note.
        unsafe {
            [
                _mm256_loadu_ps(from.as_ptr()),
                _mm256_loadu_ps(from.as_ptr().add(LANES / 2)),
            ]
        }
    }

    #[inline(always)]
    fn store(value: Self::Vector, to: &mut [f32; LANES]) {
        // SAFETY: see the implementation's note.
        unsafe {
            _mm256_storeu_ps(to.as_mut_ptr(), value[0]);
            _mm256_storeu_ps(to.as_mut_ptr().add(LANES / 2), value[1]);
        }
    }

    #[inline(always)]
    fn add(a: Self::Vector, b: Self::Vector) -> Self::Vector {
        // SAFETY: see the implementation's note.
        unsafe { [_mm256_add_ps(a[0], b[0]), _mm256_add_ps(a[1], b[1])] }
    }

    #[inline(always)]
    fn mul_add(a: Self::Vector, b: Self::Vector, c: Self::Vector) -> Self::Vector {
        // SAFETY: see the implementation's note.
        unsafe {
            [
                _mm256_fmadd_ps(a[0], b[0], c[0]),
                _mm256_fmadd_ps(a[1], b[1], c[1]),
            ]
        }
    }

    #[inline(always)]
    fn mul_add_scalar(a: f32, b: f32, c: f32) -> f32 {
        a.mul_add(b, c)
    }
}
