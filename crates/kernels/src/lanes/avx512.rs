//! Sixteen lanes in one register of AVX-512.
//!
//! One reason for every `unsafe` block here: a vector is made from a token or from another vector,
//! and a token only where the processor has the instructions (`new`). Memory is read and written
//! through references to sixteen values.

#![expect(unsafe_code, reason = "the instructions themselves")]
#![expect(clippy::undocumented_unsafe_blocks, reason = "one reason for all, above")]

use std::arch::x86_64::{
    __m512, _CMP_EQ_OQ, _CMP_GT_OQ, _mm512_abs_ps, _mm512_add_ps, _mm512_and_si512,
    _mm512_andnot_si512, _mm512_castps_si512, _mm512_castsi512_ps, _mm512_cmp_ps_mask,
    _mm512_div_ps, _mm512_fmadd_ps, _mm512_loadu_ps, _mm512_mask_blend_ps, _mm512_mask_loadu_ps,
    _mm512_mask_storeu_ps, _mm512_max_ps, _mm512_min_ps, _mm512_mul_ps, _mm512_or_si512,
    _mm512_set1_epi32, _mm512_set1_ps, _mm512_slli_epi32, _mm512_sqrt_ps, _mm512_storeu_ps,
    _mm512_sub_ps, _mm512_xor_si512,
};
use std::ops::{Add, Div, Mul, Neg, Sub};

use super::{EXPONENT_BIAS, LANES, Lanes, Vector};

/// AVX-512, its foundation only.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Avx512(());

/// Sixteen values.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Zmm(__m512);

impl Avx512 {
    /// # Safety
    ///
    /// The processor has AVX-512 (F).
    #[inline(always)]
    pub(crate) unsafe fn new() -> Self {
        Self(())
    }
}

impl Lanes for Avx512 {
    type V = Zmm;
    const REGISTERS: usize = 32;

    #[inline(always)]
    fn splat(self, x: f32) -> Zmm {
        splat(x)
    }

    #[inline(always)]
    fn load(self, from: &[f32; LANES]) -> Zmm {
        let from = from.as_ptr();
        unsafe { Zmm(_mm512_loadu_ps(from)) }
    }

    #[inline(always)]
    fn load_part(self, from: &[f32], rest: f32) -> Zmm {
        // A masked load touches no memory in lanes that are masked off.
        unsafe { Zmm(_mm512_mask_loadu_ps(splat(rest).0, first(from.len()), from.as_ptr())) }
    }
}

#[inline(always)]
fn splat(x: f32) -> Zmm {
    unsafe {
        let x = _mm512_set1_ps(x);
        Zmm(x)
    }
}

impl Add for Zmm {
    type Output = Self;
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        unsafe { Zmm(_mm512_add_ps(self.0, other.0)) }
    }
}

impl Sub for Zmm {
    type Output = Self;
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        unsafe { Zmm(_mm512_sub_ps(self.0, other.0)) }
    }
}

impl Mul for Zmm {
    type Output = Self;
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        unsafe { Zmm(_mm512_mul_ps(self.0, other.0)) }
    }
}

impl Div for Zmm {
    type Output = Self;
    #[inline(always)]
    fn div(self, other: Self) -> Self {
        unsafe { Zmm(_mm512_div_ps(self.0, other.0)) }
    }
}

impl Neg for Zmm {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        unsafe { Zmm(flip_sign(self.0)) }
    }
}

impl Vector for Zmm {
    #[inline(always)]
    fn store(self, to: &mut [f32; LANES]) {
        let to = to.as_mut_ptr();
        unsafe {
            _mm512_storeu_ps(to, self.0);
        }
    }

    #[inline(always)]
    fn mul_add(self, a: Self, b: Self) -> Self {
        unsafe { Zmm(_mm512_fmadd_ps(self.0, a.0, b.0)) }
    }

    #[inline(always)]
    fn sqrt(self) -> Self {
        unsafe { Zmm(_mm512_sqrt_ps(self.0)) }
    }

    #[inline(always)]
    fn max(self, other: Self) -> Self {
        unsafe { Zmm(_mm512_max_ps(self.0, other.0)) }
    }

    #[inline(always)]
    fn min(self, other: Self) -> Self {
        unsafe { Zmm(_mm512_min_ps(self.0, other.0)) }
    }

    #[inline(always)]
    fn abs(self) -> Self {
        unsafe { Zmm(_mm512_abs_ps(self.0)) }
    }

    #[inline(always)]
    fn with_sign_of(self, sign: Self) -> Self {
        unsafe { Zmm(with_sign(self.0, sign.0)) }
    }

    #[inline(always)]
    fn if_gt(self, other: Self, yes: Self, no: Self) -> Self {
        unsafe {
            Zmm(_mm512_mask_blend_ps(
                _mm512_cmp_ps_mask::<_CMP_GT_OQ>(self.0, other.0),
                no.0,
                yes.0,
            ))
        }
    }

    #[inline(always)]
    fn if_eq(self, other: Self, yes: Self, no: Self) -> Self {
        unsafe {
            Zmm(_mm512_mask_blend_ps(
                _mm512_cmp_ps_mask::<_CMP_EQ_OQ>(self.0, other.0),
                no.0,
                yes.0,
            ))
        }
    }

    #[inline(always)]
    fn pow2(self) -> Self {
        let n = self + splat(EXPONENT_BIAS);
        unsafe { Zmm(_mm512_castsi512_ps(_mm512_slli_epi32::<23>(_mm512_castps_si512(n.0)))) }
    }

    #[inline(always)]
    fn store_part(self, to: &mut [f32]) {
        // A masked store touches no memory in lanes that are masked off.
        unsafe { _mm512_mask_storeu_ps(to.as_mut_ptr(), first(to.len()), self.0) }
    }
}

/// A mask of the first `len` lanes.
#[inline(always)]
fn first(len: usize) -> u16 {
    ((1u32 << len.min(LANES)) - 1) as u16
}

/// # Safety
///
/// The processor has AVX-512 (F).
#[inline(always)]
unsafe fn flip_sign(a: __m512) -> __m512 {
    unsafe {
        let sign = _mm512_set1_epi32(i32::MIN);
        _mm512_castsi512_ps(_mm512_xor_si512(_mm512_castps_si512(a), sign))
    }
}

/// The value of `a` and the sign of `b`.
///
/// # Safety
///
/// The processor has AVX-512 (F).
#[inline(always)]
unsafe fn with_sign(a: __m512, b: __m512) -> __m512 {
    unsafe {
        let sign = _mm512_set1_epi32(i32::MIN);
        let b = _mm512_and_si512(_mm512_castps_si512(b), sign);
        let a = _mm512_andnot_si512(sign, _mm512_castps_si512(a));
        _mm512_castsi512_ps(_mm512_or_si512(a, b))
    }
}
