//! Run-time choice of the instruction set, and the 16-lane vector that the hand-blocked kernels are written in.
//!
//! A kernel is one generic source: [`vectorised!`] compiles it once per instruction set and calls the best one. Plain
//! loops in it are vectorised by the compiler; loops that must keep their accumulators in registers use [`Isa`]
//! explicitly, because the compiler's own choice was measured to vary between 2 and 116 GFLOP/s with the shape of the
//! block.

use std::sync::OnceLock;

mod baseline;
#[cfg(target_arch = "x86_64")]
mod x86;

pub(crate) use baseline::Baseline;
#[cfg(target_arch = "x86_64")]
pub(crate) use x86::{Avx2, Avx512};

/// Lanes of a vector, and channels in a line.
pub(crate) const LANES: usize = 16;

/// Sixteen numbers that share a cache line.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(64))]
pub(crate) struct Line(pub(crate) [f32; LANES]);

impl Line {
    pub(crate) const ZERO: Line = Line([0.0; LANES]);
}

/// The numbers of lines, one after the other.
pub(crate) fn numbers_mut(lines: &mut [Line]) -> &mut [f32] {
    let numbers = lines.len() * LANES;
    // SAFETY: `Line` is `repr(C)` over `[f32; 16]` with an alignment equal to its size, so a slice of lines is exactly
    // this many consecutive `f32`s; the borrow is exclusive and lasts as long as the result.
    unsafe { std::slice::from_raw_parts_mut(lines.as_mut_ptr().cast(), numbers) }
}

/// The instruction sets that the kernels are compiled for, from least to most capable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum InstructionSet {
    /// What every processor of the compilation target has (SSE2 on x86-64).
    Baseline,
    /// AVX2 with fused multiply-add.
    Avx2,
    /// AVX-512 F, BW, DQ and VL.
    Avx512,
}

/// The instruction set in use: the best that the processor has, or a lower one named by the environment variable
/// `STEADYGAN_INSTRUCTION_SET` (`baseline`, `avx2`, `avx512`). Settled at the first call.
pub fn instruction_set() -> InstructionSet {
    static CHOSEN: OnceLock<InstructionSet> = OnceLock::new();
    *CHOSEN.get_or_init(|| {
        let limit = match std::env::var("STEADYGAN_INSTRUCTION_SET").as_deref() {
            Ok("baseline") => InstructionSet::Baseline,
            Ok("avx2") => InstructionSet::Avx2,
            _ => InstructionSet::Avx512,
        };
        detect().min(limit)
    })
}

#[cfg(target_arch = "x86_64")]
fn detect() -> InstructionSet {
    if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
        let wide = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vl");
        if wide { InstructionSet::Avx512 } else { InstructionSet::Avx2 }
    } else {
        InstructionSet::Baseline
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn detect() -> InstructionSet {
    InstructionSet::Baseline
}

/// Sixteen-lane arithmetic of one instruction set. All methods are inlined into a function compiled for that set.
pub(crate) trait Isa: Copy + 'static {
    /// Sixteen lanes in registers.
    type Vector: Copy;
    /// The register block that suits the number of registers.
    const BLOCK: RegisterBlock;

    /// Prefetches lines that are needed soon; changes no result.
    fn prefetch(lines: &[Line]);
    fn splat(value: f32) -> Self::Vector;
    fn load(from: &[f32; LANES]) -> Self::Vector;
    fn store(value: Self::Vector, to: &mut [f32; LANES]);
    fn add(a: Self::Vector, b: Self::Vector) -> Self::Vector;
    fn sub(a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// `a * b + c`, rounded once where the set has a fused instruction.
    fn mul_add(a: Self::Vector, b: Self::Vector, c: Self::Vector) -> Self::Vector;
    /// Sixteen columns from sixteen rows.
    fn transpose(rows: [Self::Vector; LANES]) -> [Self::Vector; LANES];
    /// `mul_add` of one number.
    fn mul_add_scalar(a: f32, b: f32, c: f32) -> f32;
}

/// Register blocks of the matrix product: rows by vectors of 16 columns.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum RegisterBlock {
    /// 8 rows by 2 vectors: 16 of 32 registers of 512 bits.
    EightByTwo,
    /// 6 rows by 1 vector: 12 of 16 registers of 256 bits.
    SixByOne,
    /// 2 rows by 1 vector: 8 of 16 registers of 128 bits.
    TwoByOne,
}

/// Compiles a function for each instruction set and calls the best one.
///
/// `fn name<I>(args) { body }`, where `I: Isa` may be used in the body; a type parameter with a bound and constant
/// parameters may follow, as in `fn name<I, F: Bound<A>; const A: usize>`. What the body calls must be
/// `#[inline(always)]`.
macro_rules! vectorised {
    ($(#[$meta:meta])* $vis:vis fn $name:ident<$isa:ident $(, $t:ident: $bound:path)? $(; $(const $c:ident: $ct:ty),+)?>(
        $($arg:ident: $ty:ty),* $(,)?
    ) $(-> $ret:ty)? $body:block) => {
        $(#[$meta])*
        $vis fn $name<$($t: $bound,)? $($(const $c: $ct),+)?>($($arg: $ty),*) $(-> $ret)? {
            #[inline(always)]
            #[allow(clippy::too_many_arguments, clippy::extra_unused_type_parameters)]
            fn body<$isa: $crate::simd::Isa, $($t: $bound,)? $($(const $c: $ct),+)?>($($arg: $ty),*) $(-> $ret)? $body

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
            #[allow(clippy::too_many_arguments)]
            fn avx512<$($t: $bound,)? $($(const $c: $ct),+)?>($($arg: $ty),*) $(-> $ret)? {
                body::<$crate::simd::Avx512, $($t,)? $($($c),+)?>($($arg),*)
            }

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma")]
            #[allow(clippy::too_many_arguments)]
            fn avx2<$($t: $bound,)? $($(const $c: $ct),+)?>($($arg: $ty),*) $(-> $ret)? {
                body::<$crate::simd::Avx2, $($t,)? $($($c),+)?>($($arg),*)
            }

            match $crate::simd::instruction_set() {
                // SAFETY: `instruction_set` names a set only after detecting each of its features on this processor.
                #[cfg(target_arch = "x86_64")]
                $crate::simd::InstructionSet::Avx512 => unsafe { avx512::<$($t,)? $($($c),+)?>($($arg),*) },
                // SAFETY: as above.
                #[cfg(target_arch = "x86_64")]
                $crate::simd::InstructionSet::Avx2 => unsafe { avx2::<$($t,)? $($($c),+)?>($($arg),*) },
                _ => body::<$crate::simd::Baseline, $($t,)? $($($c),+)?>($($arg),*),
            }
        }
    };
}
pub(crate) use vectorised;
