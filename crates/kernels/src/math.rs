//! Exponential functions of sixteen values.
//!
//! Made of multiply-adds and one shift, so that they give the same bits on every instruction set.
//! Errors in ulp are the largest over all 2^32 floats, against f64 (`examples/errors.rs`, which says
//! more); the tests hold a sample of floats to them.

use crate::lanes::{Lanes, Vector};

/// 1.5 * 2^23: added and subtracted again it rounds to a whole number, to even at ties.
const ROUND: f32 = 12_582_912.0;

/// ln 2 in two parts; a whole number below 2^11 times the first is exact.
const LN_2: [f32; 2] = [0.693_359_4, -2.121_944_4e-4];

/// `exp(x)`: at most 0.94 ulp off, denormal results included; 0 and infinity where they are due.
///
/// `x = n ln 2 + r` with `|r| <= ln 2 / 2` (Cody and Waite), and the Taylor polynomial of degree 7,
/// which is off by less than 6e-9 there.
#[inline(always)]
pub fn exp<L: Lanes>(lanes: L, x: L::V) -> L::V {
    // Behind these bounds the result is 0 and infinity, and `n` would leave the exponent's range.
    let bounded = x.max(lanes.splat(-104.5)).min(lanes.splat(89.0));
    let round = lanes.splat(ROUND);
    let n = bounded.mul_add(lanes.splat(std::f32::consts::LOG2_E), round) - round;
    let r = (-n).mul_add(lanes.splat(LN_2[0]), bounded);
    let r = (-n).mul_add(lanes.splat(LN_2[1]), r);
    let mut p = lanes.splat(1.0 / 5040.0);
    for coefficient in [1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0] {
        p = p.mul_add(r, lanes.splat(coefficient));
    }
    // In two halves, because 2^n itself may be denormal or too large; only the last product rounds.
    let half = n.mul_add(lanes.splat(0.5), round) - round;
    let y = p * half.pow2() * (n - half).pow2();
    x.if_eq(x, y, x) // NaN stays what it is
}

/// `1 / (1 + exp(-x))`: at most 2.41 ulp off.
#[inline(always)]
pub fn sigmoid<L: Lanes>(lanes: L, x: L::V) -> L::V {
    let one = lanes.splat(1.0);
    let e = exp(lanes, -x.abs());
    lanes.splat(0.0).if_gt(x, e, one) / (one + e)
}

/// `tanh(x)`: at most 1.38 ulp off.
///
/// Below 0.625 the odd polynomial of the Cephes library, above it `1 - 2 / (exp(2 |x|) + 1)`.
#[inline(always)]
pub fn tanh<L: Lanes>(lanes: L, x: L::V) -> L::V {
    let one = lanes.splat(1.0);
    let size = x.abs();
    let square = x * x;
    let mut p = lanes.splat(-5.704_988_7e-3);
    for coefficient in [2.063_909e-2, -5.373_971_6e-2, 1.333_144_2e-1, -3.333_328e-1] {
        p = p.mul_add(square, lanes.splat(coefficient));
    }
    let near = (p * square).mul_add(x, x);
    let far = one - lanes.splat(2.0) / (exp(lanes, size + size) + one);
    size.if_gt(lanes.splat(0.625), far, near).with_sign_of(x)
}

/// The distribution function of the normal distribution: at most 3e-6 of itself off down to -5.6,
/// and 0 below, where it is smaller than 8e-9.
///
/// From erf near 0 and from ln erfc further out, each as a polynomial fitted to it (Chebyshev nodes;
/// `tests/fit.py` makes the coefficients).
#[inline(always)]
pub fn normal_cdf<L: Lanes>(lanes: L, x: L::V) -> L::V {
    let (zero, half, one) = (lanes.splat(0.0), lanes.splat(0.5), lanes.splat(1.0));
    let t = x.abs() * lanes.splat(std::f32::consts::FRAC_1_SQRT_2);
    let square = t * t;
    let mut near = lanes.splat(ERF_NEAR[0]);
    for &coefficient in &ERF_NEAR[1..] {
        near = near.mul_add(square, lanes.splat(coefficient));
    }
    let near = (near * t.with_sign_of(x)).mul_add(half, half);
    let mut far = lanes.splat(ERFC_FAR[0]);
    for &coefficient in &ERFC_FAR[1..] {
        far = far.mul_add(t, lanes.splat(coefficient));
    }
    let tail = exp(lanes, -far) * half;
    let tail = t.if_gt(lanes.splat(4.0), zero, tail);
    let far = x.if_gt(zero, one - tail, tail);
    let y = t.if_gt(one, far, near);
    x.if_eq(x, y, x) // NaN stays what it is
}

/// `erf(x) / x` as a polynomial in `x^2`, for `|x| <= 1`; the highest power first.
const ERF_NEAR: [f32; 7] = [
    7.882_497_4e-5,
    -8.018_855e-4,
    5.189_312e-3,
    -2.685_432_8e-2,
    1.128_359_7e-1,
    -3.761_262_6e-1,
    std::f32::consts::FRAC_2_SQRT_PI,
];

/// `-ln erfc(x)` for `1 <= x <= 4`; the highest power first.
const ERFC_FAR: [f32; 9] = [
    -1.614_061_6e-6,
    4.559_062_3e-5,
    -5.927_695_3e-4,
    4.740_222_4e-3,
    -2.636_471_3e-2,
    1.099_782_4e-1,
    6.319_371e-1,
    1.130_166_6,
    -3.032_03e-4,
];

/// GELU, `x cdf(x)` (Hendrycks & Gimpel 2016), and its derivative `cdf(x) + x pdf(x)`: at most
/// 3e-7 of `max(1, |x|)` off. NaN at negative infinity, as the product says.
#[inline(always)]
pub fn gelu<L: Lanes>(lanes: L, x: L::V) -> (L::V, L::V) {
    let cdf = normal_cdf(lanes, x);
    // 1 / sqrt(2 pi)
    let pdf = exp(lanes, x * x * lanes.splat(-0.5)) * lanes.splat(0.398_942_3);
    (x * cdf, x.mul_add(pdf, cdf))
}

/// SiLU, `x sigmoid(x)` (Elfwing et al. 2018), and its derivative: at most 3e-7 of `max(1, |x|)`
/// off. NaN at negative infinity, as the product says.
#[inline(always)]
pub fn silu<L: Lanes>(lanes: L, x: L::V) -> (L::V, L::V) {
    let s = sigmoid(lanes, x);
    let one = lanes.splat(1.0);
    let y = x * s;
    (y, (one - s).mul_add(y, s))
}

#[cfg(test)]
mod tests;
