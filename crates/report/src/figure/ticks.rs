//! Round numbers along an axis.

use super::measure::{exponent, scientific, typeset};
use crate::number::fixed;

/// A labelled place on an axis.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tick {
    pub at: f64,
    pub label: String,
}

/// From this many decades on, an axis is labelled at powers of ten only.
const DECADES_OF_POWERS: i32 = 3;

/// Labels of more digits than this get an exponent.
const MOST_DIGITS: i32 = 6;

/// Multiples of 1, 2 or 5 times a power of ten inside a range, about `wanted` of them.
pub(super) fn linear(low: f64, high: f64, wanted: u32) -> Vec<Tick> {
    let step = round_step((high - low) / f64::from(wanted.max(1)));
    let (first, last) = ((low / step).ceil(), (high / step).floor());
    if !(step > 0.0 && first.is_finite() && last.is_finite()) {
        return Vec::new();
    }
    let mut ticks = Vec::new();
    let mut multiple = first;
    // Twice as many as wanted cannot happen with a round step; the bound keeps a range that is
    // finer than its numbers from looping.
    while multiple <= last && ticks.len() < 3 * wanted as usize {
        let at = multiple * step;
        ticks.push(Tick { at, label: label(at, step, low.abs().max(high.abs())) });
        multiple += 1.0;
    }
    ticks
}

/// Powers of ten inside a positive range, or 1, 2 and 5 times them if there are few.
pub(super) fn logarithmic(low: f64, high: f64, wanted: u32) -> Vec<Tick> {
    let (first, last) = (exponent(low) - 1, exponent(high) + 1);
    let decades = last - first - 2;
    let wanted = i32::try_from(wanted.max(1)).unwrap_or(1);
    let stride = ((decades + wanted - 1) / wanted).max(1);
    let factors: &[f64] = if decades >= DECADES_OF_POWERS { &[1.0] } else { &[1.0, 2.0, 5.0] };
    let mut ticks = Vec::new();
    for power in first..=last {
        for factor in factors {
            // Parsing gives the nearest double to a power of ten, `powi` need not.
            let at: f64 = format!("{factor}e{power}").parse().unwrap_or(f64::NAN);
            if power.rem_euclid(stride) == 0 && at >= low && at <= high {
                ticks.push(Tick { at, label: short(at) });
            }
        }
    }
    ticks
}

/// 1, 2 or 5 times a power of ten, at least as large.
fn round_step(least: f64) -> f64 {
    if !(least.is_finite() && least > 0.0) {
        return 0.0;
    }
    let power = exponent(least);
    let candidates = [1.0, 2.0, 5.0, 10.0];
    let step = |factor: f64| format!("{factor}e{power}").parse().unwrap_or(0.0);
    candidates.into_iter().map(step).find(|step| *step >= least * (1.0 - 1e-9)).unwrap_or(0.0)
}

fn label(at: f64, step: f64, largest: f64) -> String {
    let (fine, coarse) = (exponent(step), exponent(largest));
    let text = if coarse >= MOST_DIGITS || fine < -MOST_DIGITS {
        let digits = (exponent(at) - fine).clamp(0, 12);
        scientific(at, usize::try_from(digits).unwrap_or(0))
    } else {
        fixed(at, usize::try_from(-fine).unwrap_or(0))
    };
    typeset(&text)
}

/// `0.001`, `0.5`, `200`, `50 k`, `2 M`, `1e-6`.
pub(super) fn short(value: f64) -> String {
    const UNITS: [(f64, &str); 3] = [(1e9, " G"), (1e6, " M"), (1e3, " k")];
    if !(1e-4..1e12).contains(&value.abs()) {
        return typeset(&scientific(value, 0));
    }
    let unit = UNITS.into_iter().find(|(size, _)| value.abs() >= *size);
    let (size, name) = unit.unwrap_or((1.0, ""));
    let digits = format!("{:.4}", value / size);
    typeset(&format!("{}{name}", digits.trim_end_matches('0').trim_end_matches('.')))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(ticks: &[Tick]) -> Vec<&str> {
        ticks.iter().map(|tick| tick.label.as_str()).collect()
    }

    #[test]
    fn linear_ticks_are_round() {
        assert_eq!(labels(&linear(-0.37, 1.2, 5)), ["0.0", "0.5", "1.0"]);
        assert_eq!(labels(&linear(-3.4, -0.2, 4)), ["−3", "−2", "−1"]);
        assert_eq!(labels(&linear(83.9, 86.1, 5)), ["84.0", "84.5", "85.0", "85.5", "86.0"]);
        assert_eq!(labels(&linear(0.0, 2.6e-9, 3)), ["0", "1e−9", "2e−9"]);
        assert_eq!(labels(&linear(0.0, 2e9, 2)), ["0", "1e9", "2e9"]);
    }

    #[test]
    fn logarithmic_ticks_are_powers_of_ten_or_round_parts_of_them() {
        assert_eq!(labels(&logarithmic(900.0, 2.2e4, 6)), ["1 k", "2 k", "5 k", "10 k", "20 k"]);
        assert_eq!(labels(&logarithmic(5e-5, 200.0, 8)).len(), 7);
        assert_eq!(labels(&logarithmic(1e-6, 1e6, 4)), ["1e−6", "0.001", "1", "1 k", "1 M"]);
    }

    #[test]
    fn a_range_that_is_no_range_has_no_ticks() {
        assert_eq!(linear(1.0, 1.0, 5), []);
        assert_eq!(linear(f64::NAN, 1.0, 5), []);
        assert!(linear(1e16, 1e16 + 4.0, 5).len() <= 15);
    }
}
