//! Made-up measurements for drawings: no generator, the same numbers on every machine.

use fireassay_report::figure::{Measure, Score};
use fireassay_spec::Direction;

pub(super) fn accuracy() -> Measure {
    Measure { name: "test accuracy".into(), unit: "%".into(), better: Direction::Higher }
}

pub(super) fn difference() -> Measure {
    Measure { unit: "pp".into(), ..accuracy() }
}

/// Scores of the seeds 0, 1, 2 and so on.
pub(super) fn seeds(values: &[f64]) -> Vec<Score> {
    (0..).zip(values).map(|(seed, value)| Score { seed, value: *value }).collect()
}

/// `n` scores around a mean that look random: fractional parts of multiples of the golden ratio.
pub(super) fn scattered(mean: f64, width: f64, n: u32, salt: u32) -> Vec<Score> {
    let value = |i: u32| {
        let turn = (f64::from(i + 13 * salt) * 0.618_033_988_749_894_9).fract();
        let other = (f64::from(i + 7 * salt) * 0.754_877_666_246_692_7).fract();
        mean + width * (turn + other - 1.0)
    };
    (0..n).map(|i| Score { seed: u64::from(i), value: value(i) }).collect()
}
