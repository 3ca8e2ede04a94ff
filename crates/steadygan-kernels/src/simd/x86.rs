//! The vectors of AVX-512 and AVX2.
//!
//! Written with intrinsics because the compiler's vectorisation of the same arithmetic on arrays was measured at 2
//! GFLOP/s for an 8 x 32 block and 116 GFLOP/s for a 12 x 32 block: too fragile to build on.

use std::arch::x86_64::*;

use super::{Isa, LANES, Line, RegisterBlock};

/// AVX-512: one register of sixteen lanes. Used only inside functions compiled for it.
#[derive(Clone, Copy)]
pub(crate) struct Avx512;

// SAFETY (of every block here): `vectorised!` is the only user of this type, and runs it only where the features were
// detected; pointers come from references to sixteen `f32`s, and the unaligned forms need no alignment.
impl Isa for Avx512 {
    type Vector = __m512;
    const BLOCK: RegisterBlock = RegisterBlock::EightByTwo;

    #[inline(always)]
    fn prefetch(lines: &[Line]) {
        for line in lines {
            // SAFETY: a prefetch of any address affects only the cache, and this is the address of a line.
            unsafe { _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(line).cast()) }
        }
    }

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
    fn sub(a: __m512, b: __m512) -> __m512 {
        // SAFETY: see the implementation's note.
        unsafe { _mm512_sub_ps(a, b) }
    }

    #[inline(always)]
    fn transpose(rows: [__m512; LANES]) -> [__m512; LANES] {
        let mut quads = rows;
        // SAFETY: see the implementation's note.
        unsafe {
            // In each 128-bit quarter `q` of `quads[4 g + j]`: column `4 q + j` of rows `4 g..4 g + 4`.
            for quads in quads.as_chunks_mut::<4>().0 {
                let [a, b, c, d] = *quads;
                let pairs = [
                    _mm512_unpacklo_ps(a, b),
                    _mm512_unpackhi_ps(a, b),
                    _mm512_unpacklo_ps(c, d),
                    _mm512_unpackhi_ps(c, d),
                ];
                let low = _mm512_castps_pd(pairs[0]);
                let high = _mm512_castps_pd(pairs[1]);
                let low2 = _mm512_castps_pd(pairs[2]);
                let high2 = _mm512_castps_pd(pairs[3]);
                *quads = [
                    _mm512_castpd_ps(_mm512_unpacklo_pd(low, low2)),
                    _mm512_castpd_ps(_mm512_unpackhi_pd(low, low2)),
                    _mm512_castpd_ps(_mm512_unpacklo_pd(high, high2)),
                    _mm512_castpd_ps(_mm512_unpackhi_pd(high, high2)),
                ];
            }
            const EVEN: i32 = 0b10_00_10_00;
            const ODD: i32 = 0b11_01_11_01;
            let mut columns = quads;
            for j in 0..4 {
                let [a, b, c, d] = [quads[j], quads[4 + j], quads[8 + j], quads[12 + j]];
                let even = (_mm512_shuffle_f32x4::<EVEN>(a, b), _mm512_shuffle_f32x4::<EVEN>(c, d));
                let odd = (_mm512_shuffle_f32x4::<ODD>(a, b), _mm512_shuffle_f32x4::<ODD>(c, d));
                columns[j] = _mm512_shuffle_f32x4::<EVEN>(even.0, even.1);
                columns[4 + j] = _mm512_shuffle_f32x4::<EVEN>(odd.0, odd.1);
                columns[8 + j] = _mm512_shuffle_f32x4::<ODD>(even.0, even.1);
                columns[12 + j] = _mm512_shuffle_f32x4::<ODD>(odd.0, odd.1);
            }
            columns
        }
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
    fn prefetch(lines: &[Line]) {
        for line in lines {
            // SAFETY: a prefetch of any address affects only the cache, and this is the address of a line.
            unsafe { _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(line).cast()) }
        }
    }

    #[inline(always)]
    fn splat(value: f32) -> Self::Vector {
        // SAFETY: see the implementation's note.
        let half = unsafe { _mm256_set1_ps(value) };
        [half, half]
    }

    #[inline(always)]
    fn load(from: &[f32; LANES]) -> Self::Vector {
        // SAFETY: see the implementation's note.
        unsafe { [_mm256_loadu_ps(from.as_ptr()), _mm256_loadu_ps(from.as_ptr().add(LANES / 2))] }
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
    fn sub(a: Self::Vector, b: Self::Vector) -> Self::Vector {
        // SAFETY: see the implementation's note.
        unsafe { [_mm256_sub_ps(a[0], b[0]), _mm256_sub_ps(a[1], b[1])] }
    }

    #[inline(always)]
    fn transpose(rows: [Self::Vector; LANES]) -> [Self::Vector; LANES] {
        let mut columns = rows;
        for row in 0..2 {
            for column in 0..2 {
                let mut block = [rows[0][0]; 8];
                for (i, half) in block.iter_mut().enumerate() {
                    *half = rows[8 * row + i][column];
                }
                let block = transpose8(block);
                for (i, half) in block.iter().enumerate() {
                    columns[8 * column + i][row] = *half;
                }
            }
        }
        columns
    }

    #[inline(always)]
    fn mul_add(a: Self::Vector, b: Self::Vector, c: Self::Vector) -> Self::Vector {
        // SAFETY: see the implementation's note.
        unsafe { [_mm256_fmadd_ps(a[0], b[0], c[0]), _mm256_fmadd_ps(a[1], b[1], c[1])] }
    }

    #[inline(always)]
    fn mul_add_scalar(a: f32, b: f32, c: f32) -> f32 {
        a.mul_add(b, c)
    }
}

/// Eight columns from eight rows. Called only from AVX2's implementation.
#[inline(always)]
fn transpose8(rows: [__m256; 8]) -> [__m256; 8] {
    let mut quads = rows;
    // SAFETY: see the implementation's note.
    unsafe {
        // In each half `h` of `quads[4 g + j]`: column `4 h + j` of rows `4 g..4 g + 4`.
        for quads in quads.as_chunks_mut::<4>().0 {
            let [a, b, c, d] = *quads;
            let pairs = [
                _mm256_unpacklo_ps(a, b),
                _mm256_unpackhi_ps(a, b),
                _mm256_unpacklo_ps(c, d),
                _mm256_unpackhi_ps(c, d),
            ];
            let low = _mm256_castps_pd(pairs[0]);
            let high = _mm256_castps_pd(pairs[1]);
            let low2 = _mm256_castps_pd(pairs[2]);
            let high2 = _mm256_castps_pd(pairs[3]);
            *quads = [
                _mm256_castpd_ps(_mm256_unpacklo_pd(low, low2)),
                _mm256_castpd_ps(_mm256_unpackhi_pd(low, low2)),
                _mm256_castpd_ps(_mm256_unpacklo_pd(high, high2)),
                _mm256_castpd_ps(_mm256_unpackhi_pd(high, high2)),
            ];
        }
        const LOW_HALVES: i32 = 0x20;
        const HIGH_HALVES: i32 = 0x31;
        let mut columns = quads;
        for j in 0..4 {
            columns[j] = _mm256_permute2f128_ps::<LOW_HALVES>(quads[j], quads[4 + j]);
            columns[4 + j] = _mm256_permute2f128_ps::<HIGH_HALVES>(quads[j], quads[4 + j]);
        }
        columns
    }
}
