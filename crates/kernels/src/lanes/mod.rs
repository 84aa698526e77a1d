//! Sixteen f32 values side by side, whatever registers a processor has for them.
//!
//! [`Lanes`] is a token: who has one has the instructions, because only [`crate::Isa`] makes it.
//! A [`Vector`] comes from a token or from another vector. So both are safe to use.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "aarch64")]
mod neon;
mod portable;

use std::ops::{Add, Div, Mul, Neg, Sub};

#[cfg(target_arch = "x86_64")]
pub(crate) use avx2::Avx2;
#[cfg(target_arch = "x86_64")]
pub(crate) use avx512::Avx512;
#[cfg(target_arch = "aarch64")]
pub(crate) use neon::Neon;
pub(crate) use portable::Portable;

/// How many values lie side by side.
pub const LANES: usize = 16;

/// Proof that the instructions of one set are there, and the source of its vectors.
pub trait Lanes: Copy + Send + Sync {
    /// Sixteen values.
    type V: Vector;

    /// How many vectors the registers hold: what tiles are sized by.
    const REGISTERS: usize;

    /// `x` in every lane.
    fn splat(self, x: f32) -> Self::V;

    /// From memory, which need not be aligned.
    fn load(self, from: &[f32; LANES]) -> Self::V;

    /// The first sixteen values or fewer, and `rest` in the lanes behind them.
    #[inline(always)]
    fn load_part(self, from: &[f32], rest: f32) -> Self::V {
        let mut lanes = [rest; LANES];
        let len = from.len().min(LANES);
        lanes[..len].copy_from_slice(&from[..len]);
        self.load(&lanes)
    }
}

/// Sixteen values. Every operation rounds once, to nearest, like the scalar one.
pub trait Vector:
    Copy
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
{
    /// To memory, which need not be aligned.
    fn store(self, to: &mut [f32; LANES]);

    /// `self * a + b`, rounded once.
    fn mul_add(self, a: Self, b: Self) -> Self;

    /// The square root.
    fn sqrt(self) -> Self;

    /// `self` if it is greater, else `other`: so `other` where either is NaN.
    fn max(self, other: Self) -> Self;

    /// `self` if it is smaller, else `other`: so `other` where either is NaN.
    fn min(self, other: Self) -> Self;

    /// Without its sign, NaN included.
    fn abs(self) -> Self;

    /// With the sign of `sign`.
    fn with_sign_of(self, sign: Self) -> Self;

    /// `yes` where `self > other`, else `no`.
    fn if_gt(self, other: Self, yes: Self, no: Self) -> Self;

    /// `yes` where `self == other`, else `no`; a NaN equals nothing.
    fn if_eq(self, other: Self, yes: Self, no: Self) -> Self;

    /// Two to the power of `self`, which is a whole number from -126 to 127.
    fn pow2(self) -> Self;

    /// As an array.
    #[inline(always)]
    fn to_array(self) -> [f32; LANES] {
        let mut lanes = [0.0; LANES];
        self.store(&mut lanes);
        lanes
    }

    /// The first lanes to a slice of sixteen values or fewer.
    #[inline(always)]
    fn store_part(self, to: &mut [f32]) {
        let lanes = self.to_array();
        let len = to.len().min(LANES);
        to[..len].copy_from_slice(&lanes[..len]);
    }

    /// The sum of all lanes: neighbours at a distance of 8, then 4, 2, 1.
    #[inline(always)]
    fn sum(self) -> f32 {
        let mut lanes = self.to_array();
        for distance in [8, 4, 2, 1] {
            for lane in 0..distance {
                lanes[lane] += lanes[lane + distance];
            }
        }
        lanes[0]
    }
}

/// What [`Vector::pow2`] adds to a whole number, so that its low bits are the exponent's field:
/// 2^23 + 127.
const EXPONENT_BIAS: f32 = 8_388_735.0;

#[cfg(test)]
mod tests;
