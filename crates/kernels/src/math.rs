//! Exponential functions of sixteen values.
//!
//! Made of multiply-adds and one shift, so that they give the same bits on every instruction set.
//! The tests hold the stated errors against f64.

use crate::lanes::{Lanes, Vector};

/// 1.5 * 2^23: added and subtracted again it rounds to a whole number, to even at ties.
const ROUND: f32 = 12_582_912.0;

/// ln 2 in two parts; a whole number below 2^11 times the first is exact.
const LN_2: [f32; 2] = [0.693_359_4, -2.121_944_4e-4];

/// `exp(x)`: at most 1 ulp off, denormal results included; 0 and infinity where they are due.
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

/// `1 / (1 + exp(-x))`: at most 3 ulp off.
#[inline(always)]
pub fn sigmoid<L: Lanes>(lanes: L, x: L::V) -> L::V {
    let one = lanes.splat(1.0);
    let e = exp(lanes, -x.abs());
    lanes.splat(0.0).if_gt(x, e, one) / (one + e)
}

/// `tanh(x)`: at most 3 ulp off.
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

#[cfg(test)]
mod tests;
