//! Sixteen lanes in four registers of NEON.
//!
//! One reason for every `unsafe` block here: a vector is made from a token or from another vector,
//! and a token only where the processor has the instructions (`new`). Memory is read and written
//! through references to sixteen values.

#![expect(unsafe_code, reason = "the instructions themselves")]
#![expect(clippy::undocumented_unsafe_blocks, reason = "one reason for all, above")]

use std::arch::aarch64::{
    float32x4_t, vabsq_f32, vaddq_f32, vbslq_f32, vceqq_f32, vcgtq_f32, vcltq_f32, vdivq_f32,
    vdupq_n_f32, vdupq_n_u32, vfmaq_f32, vld1q_f32, vmulq_f32, vnegq_f32, vreinterpretq_f32_u32,
    vreinterpretq_u32_f32, vshlq_n_u32, vsqrtq_f32, vst1q_f32, vsubq_f32,
};
use std::ops::{Add, Div, Mul, Neg, Sub};

use super::{EXPONENT_BIAS, LANES, Lanes, Vector};

/// NEON, the vectors of 64-bit ARM.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Neon(());

/// Sixteen values.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Quads([float32x4_t; 4]);

impl Neon {
    /// # Safety
    ///
    /// The processor has NEON.
    #[inline(always)]
    pub(crate) unsafe fn new() -> Self {
        Self(())
    }
}

impl Lanes for Neon {
    type V = Quads;
    const REGISTERS: usize = 8;

    #[inline(always)]
    fn splat(self, x: f32) -> Quads {
        splat(x)
    }

    #[inline(always)]
    fn load(self, from: &[f32; LANES]) -> Quads {
        let from = from.as_ptr();
        unsafe {
            Quads([
                vld1q_f32(from),
                vld1q_f32(from.add(4)),
                vld1q_f32(from.add(8)),
                vld1q_f32(from.add(12)),
            ])
        }
    }
}

#[inline(always)]
fn splat(x: f32) -> Quads {
    unsafe {
        let x = vdupq_n_f32(x);
        Quads([x, x, x, x])
    }
}

impl Add for Quads {
    type Output = Self;
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        unsafe {
            Quads([
                vaddq_f32(self.0[0], other.0[0]),
                vaddq_f32(self.0[1], other.0[1]),
                vaddq_f32(self.0[2], other.0[2]),
                vaddq_f32(self.0[3], other.0[3]),
            ])
        }
    }
}

impl Sub for Quads {
    type Output = Self;
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        unsafe {
            Quads([
                vsubq_f32(self.0[0], other.0[0]),
                vsubq_f32(self.0[1], other.0[1]),
                vsubq_f32(self.0[2], other.0[2]),
                vsubq_f32(self.0[3], other.0[3]),
            ])
        }
    }
}

impl Mul for Quads {
    type Output = Self;
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        unsafe {
            Quads([
                vmulq_f32(self.0[0], other.0[0]),
                vmulq_f32(self.0[1], other.0[1]),
                vmulq_f32(self.0[2], other.0[2]),
                vmulq_f32(self.0[3], other.0[3]),
            ])
        }
    }
}

impl Div for Quads {
    type Output = Self;
    #[inline(always)]
    fn div(self, other: Self) -> Self {
        unsafe {
            Quads([
                vdivq_f32(self.0[0], other.0[0]),
                vdivq_f32(self.0[1], other.0[1]),
                vdivq_f32(self.0[2], other.0[2]),
                vdivq_f32(self.0[3], other.0[3]),
            ])
        }
    }
}

impl Neg for Quads {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        unsafe {
            Quads([
                vnegq_f32(self.0[0]),
                vnegq_f32(self.0[1]),
                vnegq_f32(self.0[2]),
                vnegq_f32(self.0[3]),
            ])
        }
    }
}

impl Vector for Quads {
    #[inline(always)]
    fn store(self, to: &mut [f32; LANES]) {
        let to = to.as_mut_ptr();
        unsafe {
            vst1q_f32(to, self.0[0]);
            vst1q_f32(to.add(4), self.0[1]);
            vst1q_f32(to.add(8), self.0[2]);
            vst1q_f32(to.add(12), self.0[3]);
        }
    }

    #[inline(always)]
    fn mul_add(self, a: Self, b: Self) -> Self {
        unsafe {
            Quads([
                vfmaq_f32(b.0[0], self.0[0], a.0[0]),
                vfmaq_f32(b.0[1], self.0[1], a.0[1]),
                vfmaq_f32(b.0[2], self.0[2], a.0[2]),
                vfmaq_f32(b.0[3], self.0[3], a.0[3]),
            ])
        }
    }

    #[inline(always)]
    fn sqrt(self) -> Self {
        unsafe {
            Quads([
                vsqrtq_f32(self.0[0]),
                vsqrtq_f32(self.0[1]),
                vsqrtq_f32(self.0[2]),
                vsqrtq_f32(self.0[3]),
            ])
        }
    }

    #[inline(always)]
    fn max(self, other: Self) -> Self {
        unsafe {
            Quads([
                vbslq_f32(vcgtq_f32(self.0[0], other.0[0]), self.0[0], other.0[0]),
                vbslq_f32(vcgtq_f32(self.0[1], other.0[1]), self.0[1], other.0[1]),
                vbslq_f32(vcgtq_f32(self.0[2], other.0[2]), self.0[2], other.0[2]),
                vbslq_f32(vcgtq_f32(self.0[3], other.0[3]), self.0[3], other.0[3]),
            ])
        }
    }

    #[inline(always)]
    fn min(self, other: Self) -> Self {
        unsafe {
            Quads([
                vbslq_f32(vcltq_f32(self.0[0], other.0[0]), self.0[0], other.0[0]),
                vbslq_f32(vcltq_f32(self.0[1], other.0[1]), self.0[1], other.0[1]),
                vbslq_f32(vcltq_f32(self.0[2], other.0[2]), self.0[2], other.0[2]),
                vbslq_f32(vcltq_f32(self.0[3], other.0[3]), self.0[3], other.0[3]),
            ])
        }
    }

    #[inline(always)]
    fn abs(self) -> Self {
        unsafe {
            Quads([
                vabsq_f32(self.0[0]),
                vabsq_f32(self.0[1]),
                vabsq_f32(self.0[2]),
                vabsq_f32(self.0[3]),
            ])
        }
    }

    #[inline(always)]
    fn with_sign_of(self, sign: Self) -> Self {
        unsafe {
            Quads([
                vbslq_f32(vdupq_n_u32(1 << 31), sign.0[0], self.0[0]),
                vbslq_f32(vdupq_n_u32(1 << 31), sign.0[1], self.0[1]),
                vbslq_f32(vdupq_n_u32(1 << 31), sign.0[2], self.0[2]),
                vbslq_f32(vdupq_n_u32(1 << 31), sign.0[3], self.0[3]),
            ])
        }
    }

    #[inline(always)]
    fn if_gt(self, other: Self, yes: Self, no: Self) -> Self {
        unsafe {
            Quads([
                vbslq_f32(vcgtq_f32(self.0[0], other.0[0]), yes.0[0], no.0[0]),
                vbslq_f32(vcgtq_f32(self.0[1], other.0[1]), yes.0[1], no.0[1]),
                vbslq_f32(vcgtq_f32(self.0[2], other.0[2]), yes.0[2], no.0[2]),
                vbslq_f32(vcgtq_f32(self.0[3], other.0[3]), yes.0[3], no.0[3]),
            ])
        }
    }

    #[inline(always)]
    fn if_eq(self, other: Self, yes: Self, no: Self) -> Self {
        unsafe {
            Quads([
                vbslq_f32(vceqq_f32(self.0[0], other.0[0]), yes.0[0], no.0[0]),
                vbslq_f32(vceqq_f32(self.0[1], other.0[1]), yes.0[1], no.0[1]),
                vbslq_f32(vceqq_f32(self.0[2], other.0[2]), yes.0[2], no.0[2]),
                vbslq_f32(vceqq_f32(self.0[3], other.0[3]), yes.0[3], no.0[3]),
            ])
        }
    }

    #[inline(always)]
    fn pow2(self) -> Self {
        let n = self + splat(EXPONENT_BIAS);
        unsafe {
            Quads([
                vreinterpretq_f32_u32(vshlq_n_u32::<23>(vreinterpretq_u32_f32(n.0[0]))),
                vreinterpretq_f32_u32(vshlq_n_u32::<23>(vreinterpretq_u32_f32(n.0[1]))),
                vreinterpretq_f32_u32(vshlq_n_u32::<23>(vreinterpretq_u32_f32(n.0[2]))),
                vreinterpretq_f32_u32(vshlq_n_u32::<23>(vreinterpretq_u32_f32(n.0[3]))),
            ])
        }
    }
}
