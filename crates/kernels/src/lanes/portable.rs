//! Sixteen lanes as an array, on any processor.
//!
//! Without fused multiply-add in the processor each one is a call into the mathematics library:
//! the same bits, slowly.

use std::ops::{Add, Div, Mul, Neg, Sub};

use super::{EXPONENT_BIAS, LANES, Lanes, Vector};

/// No instructions beyond the baseline.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Portable;

/// Sixteen values in an array.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Array([f32; LANES]);

impl Lanes for Portable {
    type V = Array;
    const REGISTERS: usize = 8;

    #[inline(always)]
    fn splat(self, x: f32) -> Array {
        Array([x; LANES])
    }

    #[inline(always)]
    fn load(self, from: &[f32; LANES]) -> Array {
        Array(*from)
    }
}

impl Array {
    #[inline(always)]
    fn each(self, f: impl Fn(f32) -> f32) -> Self {
        Self(self.0.map(f))
    }

    #[inline(always)]
    fn zip(self, other: Self, f: impl Fn(f32, f32) -> f32) -> Self {
        Self(std::array::from_fn(|i| f(self.0[i], other.0[i])))
    }

    #[inline(always)]
    fn choose(self, no: Self, mask: [bool; LANES]) -> Self {
        Self(std::array::from_fn(|i| if mask[i] { self.0[i] } else { no.0[i] }))
    }
}

impl Add for Array {
    type Output = Self;
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.zip(other, |a, b| a + b)
    }
}

impl Sub for Array {
    type Output = Self;
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        self.zip(other, |a, b| a - b)
    }
}

impl Mul for Array {
    type Output = Self;
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        self.zip(other, |a, b| a * b)
    }
}

impl Div for Array {
    type Output = Self;
    #[inline(always)]
    fn div(self, other: Self) -> Self {
        self.zip(other, |a, b| a / b)
    }
}

impl Neg for Array {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        self.each(|a| -a)
    }
}

impl Vector for Array {
    #[inline(always)]
    fn store(self, to: &mut [f32; LANES]) {
        *to = self.0;
    }

    #[inline(always)]
    fn mul_add(self, a: Self, b: Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i].mul_add(a.0[i], b.0[i])))
    }

    #[inline(always)]
    fn sqrt(self) -> Self {
        self.each(f32::sqrt)
    }

    #[inline(always)]
    fn max(self, other: Self) -> Self {
        self.zip(other, |a, b| if a > b { a } else { b })
    }

    #[inline(always)]
    fn min(self, other: Self) -> Self {
        self.zip(other, |a, b| if a < b { a } else { b })
    }

    #[inline(always)]
    fn abs(self) -> Self {
        self.each(f32::abs)
    }

    #[inline(always)]
    fn with_sign_of(self, sign: Self) -> Self {
        self.zip(sign, f32::copysign)
    }

    #[inline(always)]
    fn if_gt(self, other: Self, yes: Self, no: Self) -> Self {
        yes.choose(no, std::array::from_fn(|i| self.0[i] > other.0[i]))
    }

    #[inline(always)]
    fn if_eq(self, other: Self, yes: Self, no: Self) -> Self {
        yes.choose(no, std::array::from_fn(|i| self.0[i] == other.0[i]))
    }

    #[inline(always)]
    fn pow2(self) -> Self {
        self.each(|n| f32::from_bits((n + EXPONENT_BIAS).to_bits() << 23))
    }
}
