//! `Vector`: eight numbers side by side.
//!
//! Operations take and give whole vectors, never parts of one in place: that is how the compiler
//! makes instructions of them, whatever registers the processor has.

/// Values of one register of AVX-512.
pub(crate) const LANES: usize = 8;

/// Eight numbers. Every operation rounds once, like the scalar one.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
pub(crate) struct Vector(pub(crate) [f64; LANES]);

impl Vector {
    pub(crate) const ZERO: Self = Self::splat(0.0);

    pub(crate) const fn splat(value: f64) -> Self {
        Self([value; LANES])
    }

    /// `self` x `factor` + `term`, rounded once.
    #[inline(always)]
    pub(crate) fn mul_add(self, factor: Self, term: Self) -> Self {
        let mut result = term;
        for lane in 0..LANES {
            result.0[lane] = self.0[lane].mul_add(factor.0[lane], term.0[lane]);
        }
        result
    }

    #[inline(always)]
    pub(crate) fn add(self, other: Self) -> Self {
        let mut result = self;
        for lane in 0..LANES {
            result.0[lane] += other.0[lane];
        }
        result
    }

    #[inline(always)]
    pub(crate) fn sub(self, other: Self) -> Self {
        let mut result = self;
        for lane in 0..LANES {
            result.0[lane] -= other.0[lane];
        }
        result
    }

    #[inline(always)]
    pub(crate) fn mul(self, other: Self) -> Self {
        let mut result = self;
        for lane in 0..LANES {
            result.0[lane] *= other.0[lane];
        }
        result
    }

    #[inline(always)]
    pub(crate) fn div(self, other: Self) -> Self {
        let mut result = self;
        for lane in 0..LANES {
            result.0[lane] /= other.0[lane];
        }
        result
    }

    /// `self` where it is greater, else `other`: so `other` where either is NaN.
    #[inline(always)]
    pub(crate) fn max(self, other: Self) -> Self {
        let mut result = other;
        for lane in 0..LANES {
            result.0[lane] =
                if self.0[lane] > other.0[lane] { self.0[lane] } else { other.0[lane] };
        }
        result
    }

    /// The sum of all lanes: neighbours at a distance of 4, then 2, then 1.
    pub(crate) fn sum(mut self) -> f64 {
        for distance in [4, 2, 1] {
            for lane in 0..distance {
                self.0[lane] += self.0[lane + distance];
            }
        }
        self.0[0]
    }
}
