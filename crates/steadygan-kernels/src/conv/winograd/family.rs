//! The one-dimensional transforms of Winograd's minimal filtering (Lavin and Gray 2016), as straight-line vector
//! arithmetic.
//!
//! `F(4, r)` computes four outputs of a filter with `r` taps from `a = 4 + r - 1` inputs with `a` multiplications:
//! `y = AT ((G w) * (BT d))`. The two-dimensional form applies each transform to rows, then to columns.
//! Loops over tables of coefficients were measured five times slower than these lines.

use crate::simd::Isa;

/// Outputs of a tile along each axis.
pub(super) const M: usize = 4;

/// A family of transforms with `A` inputs (and positions) and `R` taps along each axis.
pub(super) trait Family<const A: usize, const R: usize>: Copy + Send + Sync + 'static {
    /// The stride of the convolution. A stride of 2 is split into the phases of even and odd inputs along each axis,
    /// which count as input channels of one problem.
    const STEP: usize;

    /// `BT d`.
    fn data<I: Isa>(d: [I::Vector; A]) -> [I::Vector; A];
    /// `B n`, the adjoint of `data`.
    fn data_adjoint<I: Isa>(n: [I::Vector; A]) -> [I::Vector; A];
    /// `AT m`.
    fn output<I: Isa>(m: [I::Vector; A]) -> [I::Vector; M];
    /// `A y`, the adjoint of `output`.
    fn output_adjoint<I: Isa>(y: [I::Vector; M]) -> [I::Vector; A];
    /// `G w`.
    fn weight<I: Isa>(w: [I::Vector; R]) -> [I::Vector; A];
    /// `GT u`, the adjoint of `weight`.
    fn weight_adjoint<I: Isa>(u: [I::Vector; A]) -> [I::Vector; R];
}

/// `F(4, 2)` with the points 0, 1, -1, 2 and infinity, on two phases per axis.
#[derive(Clone, Copy)]
pub(super) struct Kernel4Stride2;

/// `F(4, 3)` with the points 0, 1, -1, 2, -2 and infinity.
#[derive(Clone, Copy)]
pub(super) struct Kernel3Stride1;

/// `a + factor * b`.
#[inline(always)]
fn plus<I: Isa>(a: I::Vector, factor: f32, b: I::Vector) -> I::Vector {
    I::mul_add(I::splat(factor), b, a)
}

/// `factor * a`.
#[inline(always)]
fn times<I: Isa>(factor: f32, a: I::Vector) -> I::Vector {
    I::mul_add(I::splat(factor), a, I::splat(0.0))
}

impl Family<5, 2> for Kernel4Stride2 {
    const STEP: usize = 2;

    #[inline(always)]
    fn data<I: Isa>([d0, d1, d2, d3, d4]: [I::Vector; 5]) -> [I::Vector; 5] {
        let t = I::sub(d3, d1);
        let e = I::sub(d3, d2);
        [
            plus::<I>(t, 2.0, I::sub(d0, d2)),
            plus::<I>(e, -2.0, d1),
            plus::<I>(e, 2.0, I::sub(d1, d2)),
            t,
            plus::<I>(I::sub(d4, d2), -2.0, t),
        ]
    }

    #[inline(always)]
    fn data_adjoint<I: Isa>([n0, n1, n2, n3, n4]: [I::Vector; 5]) -> [I::Vector; 5] {
        let n03 = I::add(n0, n3);
        let n12 = I::add(n1, n2);
        let twice = I::add(I::sub(n2, n1), n4);
        [
            I::add(n0, n0),
            plus::<I>(I::sub(I::splat(0.0), n03), 2.0, twice),
            plus::<I>(I::sub(I::splat(0.0), I::add(n12, n4)), -2.0, I::add(n0, n2)),
            plus::<I>(I::add(n03, n12), -2.0, n4),
            n4,
        ]
    }

    #[inline(always)]
    fn output<I: Isa>([m0, m1, m2, m3, m4]: [I::Vector; 5]) -> [I::Vector; M] {
        let sum = I::add(m1, m2);
        let difference = I::sub(m1, m2);
        [
            I::add(I::add(m0, m3), sum),
            plus::<I>(difference, 2.0, m3),
            plus::<I>(sum, 4.0, m3),
            plus::<I>(I::add(difference, m4), 8.0, m3),
        ]
    }

    #[inline(always)]
    fn output_adjoint<I: Isa>([y0, y1, y2, y3]: [I::Vector; M]) -> [I::Vector; 5] {
        let even = I::add(y0, y2);
        let odd = I::add(y1, y3);
        let tail = plus::<I>(plus::<I>(y1, 2.0, y2), 4.0, y3);
        [y0, I::add(even, odd), I::sub(even, odd), plus::<I>(y0, 2.0, tail), y3]
    }

    #[inline(always)]
    fn weight<I: Isa>([w0, w1]: [I::Vector; 2]) -> [I::Vector; 5] {
        [
            times::<I>(0.5, w0),
            times::<I>(-0.5, I::add(w0, w1)),
            times::<I>(1.0 / 6.0, I::sub(w1, w0)),
            times::<I>(1.0 / 6.0, plus::<I>(w0, 2.0, w1)),
            w1,
        ]
    }

    #[inline(always)]
    fn weight_adjoint<I: Isa>([u0, u1, u2, u3, u4]: [I::Vector; 5]) -> [I::Vector; 2] {
        [
            plus::<I>(times::<I>(0.5, I::sub(u0, u1)), 1.0 / 6.0, I::sub(u3, u2)),
            plus::<I>(plus::<I>(u4, -0.5, u1), 1.0 / 6.0, plus::<I>(u2, 2.0, u3)),
        ]
    }
}

impl Family<6, 3> for Kernel3Stride1 {
    const STEP: usize = 1;

    #[inline(always)]
    fn data<I: Isa>([d0, d1, d2, d3, d4, d5]: [I::Vector; 6]) -> [I::Vector; 6] {
        let a = plus::<I>(d4, -4.0, d2);
        let b = plus::<I>(d3, -4.0, d1);
        let c = I::sub(d4, d2);
        let e = I::sub(d3, d1);
        [
            plus::<I>(plus::<I>(d4, -5.0, d2), 4.0, d0),
            I::add(a, b),
            I::sub(a, b),
            plus::<I>(c, 2.0, e),
            plus::<I>(c, -2.0, e),
            plus::<I>(plus::<I>(d5, -5.0, d3), 4.0, d1),
        ]
    }

    #[inline(always)]
    fn data_adjoint<I: Isa>([n0, n1, n2, n3, n4, n5]: [I::Vector; 6]) -> [I::Vector; 6] {
        let sum12 = I::add(n1, n2);
        let sum34 = I::add(n3, n4);
        let difference12 = I::sub(n1, n2);
        let difference34 = I::sub(n3, n4);
        [
            times::<I>(4.0, n0),
            plus::<I>(times::<I>(-2.0, difference34), 4.0, I::sub(n5, difference12)),
            plus::<I>(plus::<I>(I::sub(I::splat(0.0), sum34), -4.0, sum12), -5.0, n0),
            plus::<I>(plus::<I>(difference12, 2.0, difference34), -5.0, n5),
            I::add(n0, I::add(sum12, sum34)),
            n5,
        ]
    }

    #[inline(always)]
    fn output<I: Isa>([m0, m1, m2, m3, m4, m5]: [I::Vector; 6]) -> [I::Vector; M] {
        let sum12 = I::add(m1, m2);
        let sum34 = I::add(m3, m4);
        let difference12 = I::sub(m1, m2);
        let difference34 = I::sub(m3, m4);
        [
            I::add(m0, I::add(sum12, sum34)),
            plus::<I>(difference12, 2.0, difference34),
            plus::<I>(sum12, 4.0, sum34),
            plus::<I>(I::add(difference12, m5), 8.0, difference34),
        ]
    }

    #[inline(always)]
    fn output_adjoint<I: Isa>([y0, y1, y2, y3]: [I::Vector; M]) -> [I::Vector; 6] {
        let even = I::add(y0, y2);
        let odd = I::add(y1, y3);
        let even2 = plus::<I>(y0, 4.0, y2);
        let odd2 = plus::<I>(y1, 4.0, y3);
        [y0, I::add(even, odd), I::sub(even, odd), plus::<I>(even2, 2.0, odd2), plus::<I>(even2, -2.0, odd2), y3]
    }

    #[inline(always)]
    fn weight<I: Isa>([w0, w1, w2]: [I::Vector; 3]) -> [I::Vector; 6] {
        let ends = I::add(w0, w2);
        let ends2 = plus::<I>(w0, 4.0, w2);
        [
            times::<I>(0.25, w0),
            times::<I>(-1.0 / 6.0, I::add(ends, w1)),
            times::<I>(-1.0 / 6.0, I::sub(ends, w1)),
            times::<I>(1.0 / 24.0, plus::<I>(ends2, 2.0, w1)),
            times::<I>(1.0 / 24.0, plus::<I>(ends2, -2.0, w1)),
            w2,
        ]
    }

    #[inline(always)]
    fn weight_adjoint<I: Isa>([u0, u1, u2, u3, u4, u5]: [I::Vector; 6]) -> [I::Vector; 3] {
        let sum12 = times::<I>(-1.0 / 6.0, I::add(u1, u2));
        let sum34 = I::add(u3, u4);
        [
            plus::<I>(plus::<I>(sum12, 0.25, u0), 1.0 / 24.0, sum34),
            plus::<I>(times::<I>(1.0 / 6.0, I::sub(u2, u1)), 1.0 / 12.0, I::sub(u3, u4)),
            plus::<I>(I::add(sum12, u5), 1.0 / 6.0, sum34),
        ]
    }
}
