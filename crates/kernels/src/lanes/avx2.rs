//! Sixteen lanes in two registers of AVX2.
//!
//! One reason for every `unsafe` block here: a vector is made from a token or from another vector,
//! and a token only where the processor has the instructions (`new`). Memory is read and written
//! through references to sixteen values.

#![expect(unsafe_code, reason = "the instructions themselves")]
#![expect(clippy::undocumented_unsafe_blocks, reason = "one reason for all, above")]

use std::arch::x86_64::{
    __m256, _CMP_EQ_OQ, _CMP_GT_OQ, _mm256_add_ps, _mm256_and_ps, _mm256_andnot_ps,
    _mm256_blendv_ps, _mm256_castps_si256, _mm256_castsi256_ps, _mm256_cmp_ps, _mm256_div_ps,
    _mm256_fmadd_ps, _mm256_loadu_ps, _mm256_max_ps, _mm256_min_ps, _mm256_mul_ps, _mm256_or_ps,
    _mm256_set1_ps, _mm256_slli_epi32, _mm256_sqrt_ps, _mm256_storeu_ps, _mm256_sub_ps,
    _mm256_xor_ps,
};
use std::ops::{Add, Div, Mul, Neg, Sub};

use super::{EXPONENT_BIAS, LANES, Lanes, Vector};

/// AVX2 and FMA.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Avx2(());

/// Sixteen values.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ymm(__m256, __m256);

impl Avx2 {
    /// # Safety
    ///
    /// The processor has AVX2 and FMA.
    #[inline(always)]
    pub(crate) unsafe fn new() -> Self {
        Self(())
    }
}

impl Lanes for Avx2 {
    type V = Ymm;
    const REGISTERS: usize = 8;

    #[inline(always)]
    fn splat(self, x: f32) -> Ymm {
        splat(x)
    }

    #[inline(always)]
    fn load(self, from: &[f32; LANES]) -> Ymm {
        let from = from.as_ptr();
        unsafe { Ymm(_mm256_loadu_ps(from), _mm256_loadu_ps(from.add(8))) }
    }
}

#[inline(always)]
fn splat(x: f32) -> Ymm {
    unsafe {
        let x = _mm256_set1_ps(x);
        Ymm(x, x)
    }
}

impl Add for Ymm {
    type Output = Self;
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        unsafe { Ymm(_mm256_add_ps(self.0, other.0), _mm256_add_ps(self.1, other.1)) }
    }
}

impl Sub for Ymm {
    type Output = Self;
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        unsafe { Ymm(_mm256_sub_ps(self.0, other.0), _mm256_sub_ps(self.1, other.1)) }
    }
}

impl Mul for Ymm {
    type Output = Self;
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        unsafe { Ymm(_mm256_mul_ps(self.0, other.0), _mm256_mul_ps(self.1, other.1)) }
    }
}

impl Div for Ymm {
    type Output = Self;
    #[inline(always)]
    fn div(self, other: Self) -> Self {
        unsafe { Ymm(_mm256_div_ps(self.0, other.0), _mm256_div_ps(self.1, other.1)) }
    }
}

impl Neg for Ymm {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        unsafe {
            Ymm(
                _mm256_xor_ps(self.0, _mm256_set1_ps(-0.0)),
                _mm256_xor_ps(self.1, _mm256_set1_ps(-0.0)),
            )
        }
    }
}

impl Vector for Ymm {
    #[inline(always)]
    fn store(self, to: &mut [f32; LANES]) {
        let to = to.as_mut_ptr();
        unsafe {
            _mm256_storeu_ps(to, self.0);
            _mm256_storeu_ps(to.add(8), self.1);
        }
    }

    #[inline(always)]
    fn mul_add(self, a: Self, b: Self) -> Self {
        unsafe { Ymm(_mm256_fmadd_ps(self.0, a.0, b.0), _mm256_fmadd_ps(self.1, a.1, b.1)) }
    }

    #[inline(always)]
    fn sqrt(self) -> Self {
        unsafe { Ymm(_mm256_sqrt_ps(self.0), _mm256_sqrt_ps(self.1)) }
    }

    #[inline(always)]
    fn max(self, other: Self) -> Self {
        unsafe { Ymm(_mm256_max_ps(self.0, other.0), _mm256_max_ps(self.1, other.1)) }
    }

    #[inline(always)]
    fn min(self, other: Self) -> Self {
        unsafe { Ymm(_mm256_min_ps(self.0, other.0), _mm256_min_ps(self.1, other.1)) }
    }

    #[inline(always)]
    fn abs(self) -> Self {
        unsafe {
            Ymm(
                _mm256_andnot_ps(_mm256_set1_ps(-0.0), self.0),
                _mm256_andnot_ps(_mm256_set1_ps(-0.0), self.1),
            )
        }
    }

    #[inline(always)]
    fn with_sign_of(self, sign: Self) -> Self {
        unsafe { Ymm(with_sign(self.0, sign.0), with_sign(self.1, sign.1)) }
    }

    #[inline(always)]
    fn if_gt(self, other: Self, yes: Self, no: Self) -> Self {
        unsafe {
            Ymm(
                _mm256_blendv_ps(no.0, yes.0, _mm256_cmp_ps::<_CMP_GT_OQ>(self.0, other.0)),
                _mm256_blendv_ps(no.1, yes.1, _mm256_cmp_ps::<_CMP_GT_OQ>(self.1, other.1)),
            )
        }
    }

    #[inline(always)]
    fn if_eq(self, other: Self, yes: Self, no: Self) -> Self {
        unsafe {
            Ymm(
                _mm256_blendv_ps(no.0, yes.0, _mm256_cmp_ps::<_CMP_EQ_OQ>(self.0, other.0)),
                _mm256_blendv_ps(no.1, yes.1, _mm256_cmp_ps::<_CMP_EQ_OQ>(self.1, other.1)),
            )
        }
    }

    #[inline(always)]
    fn pow2(self) -> Self {
        let n = self + splat(EXPONENT_BIAS);
        unsafe {
            Ymm(
                _mm256_castsi256_ps(_mm256_slli_epi32::<23>(_mm256_castps_si256(n.0))),
                _mm256_castsi256_ps(_mm256_slli_epi32::<23>(_mm256_castps_si256(n.1))),
            )
        }
    }
}

/// The value of `a` and the sign of `b`.
///
/// # Safety
///
/// The processor has AVX2.
#[inline(always)]
unsafe fn with_sign(a: __m256, b: __m256) -> __m256 {
    unsafe {
        let sign = _mm256_set1_ps(-0.0);
        _mm256_or_ps(_mm256_and_ps(sign, b), _mm256_andnot_ps(sign, a))
    }
}
