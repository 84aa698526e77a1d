//! The exponential function of numbers that are not positive, in operations that vectors have.

use super::Vector;

/// Below it the result is a denormal number, which nothing here needs: such values count as this.
const MIN: f64 = -708.0;
/// 1.5 x 2^52: a number added to it is rounded to a whole one, which its low bits then hold.
const ROUND: f64 = 6_755_399_441_055_744.0;
/// ln 2, first as far as its product with any exponent is exact, then the rest.
const LN2: [f64; 2] = [6.931_471_803_691_238e-1, 1.908_214_929_270_587_7e-10];
/// 1/13! to 1/0!. The next term is below 2^-54 for half of ln 2.
const TERMS: [f64; 14] = [
    1.0 / 6_227_020_800.0,
    1.0 / 479_001_600.0,
    1.0 / 39_916_800.0,
    1.0 / 3_628_800.0,
    1.0 / 362_880.0,
    1.0 / 40_320.0,
    1.0 / 5_040.0,
    1.0 / 720.0,
    1.0 / 120.0,
    1.0 / 24.0,
    1.0 / 6.0,
    0.5,
    1.0,
    1.0,
];

/// e to the power of each, all of which are zero or less. Off by less than 1.5 units in the last
/// place above `MIN`.
#[inline(always)]
pub(crate) fn exp(x: Vector) -> Vector {
    let x = x.max(Vector::splat(MIN));
    let shifted = x.mul_add(Vector::splat(std::f64::consts::LOG2_E), Vector::splat(ROUND));
    let whole = shifted.sub(Vector::splat(ROUND));
    let rest = whole.mul_add(Vector::splat(-LN2[0]), x);
    let rest = whole.mul_add(Vector::splat(-LN2[1]), rest);
    let mut sum = Vector::splat(TERMS[0]);
    for term in &TERMS[1..] {
        sum = sum.mul_add(rest, Vector::splat(*term));
    }
    let mut power = shifted;
    for lane in &mut power.0 {
        // The low twelve bits hold the whole number; shifted up they are the exponent's field.
        *lane = f64::from_bits((lane.to_bits() << 52).wrapping_add(1023 << 52));
    }
    sum.mul(power)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_that_of_libm_to_the_last_place() {
        let mut worst = 0.0_f64;
        for step in 0..200_000 {
            let x = -f64::from(step) * f64::from(step) * 1.769e-8;
            let (ours, theirs) = (exp(Vector::splat(x)).0[0], libm::exp(x));
            worst = worst.max((ours - theirs).abs() / (theirs * f64::EPSILON));
        }
        // A unit in the last place is between one and two halves of epsilon; libm is off by one.
        assert!(worst < 1.6, "{worst}");
        assert_eq!(exp(Vector::ZERO).0, [1.0; 8]);
    }

    #[test]
    fn what_is_far_below_is_next_to_nothing() {
        for x in [-708.0, -1e6, -1e300, f64::NEG_INFINITY, f64::NAN] {
            let found = exp(Vector::splat(x)).0[0];
            assert!(found > 0.0 && found < 4e-308, "{x}: {found}");
        }
    }
}
