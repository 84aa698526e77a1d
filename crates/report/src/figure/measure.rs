//! What is measured, and its numbers in words: as many digits as their spread deserves.

use fireassay_spec::Direction;

use super::label;
use crate::number::{ABSENT, fixed};

/// Beyond this, a value is not drawn: it could not be told from the others in a figure anyway.
const LARGEST: f64 = 1e100;

/// From here on, and below the inverse of the other, numbers are written with an exponent.
const LARGEST_PLAIN: f64 = 1e6;
const FINEST_PLAIN: f64 = 1e-5;

/// A quantity on an axis. Values come in its unit already.
#[derive(Clone, Debug, PartialEq)]
pub struct Measure {
    /// For people: `test accuracy`.
    pub name: String,
    /// `%`, `pp`, `nats`; may be empty.
    pub unit: String,
    /// Which way is better.
    pub better: Direction,
}

/// A value of one seed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Score {
    /// Replicate.
    pub seed: u64,
    /// In the unit of the measure.
    pub value: f64,
}

impl Measure {
    /// Title of an axis: `test accuracy, % (higher is better)`.
    pub(super) fn axis(&self) -> String {
        let way = match self.better {
            Direction::Higher => "higher is better",
            Direction::Lower => "lower is better",
        };
        format!("{} ({way})", self.in_unit())
    }

    /// `test accuracy, %`.
    pub(super) fn in_unit(&self) -> String {
        let (name, unit) = (label::clean(&self.name), label::clean(&self.unit));
        if unit.is_empty() { name } else { format!("{name}, {unit}") }
    }
}

/// Whether a value can be drawn.
pub(super) fn usable(value: f64) -> bool {
    value.is_finite() && value.abs() <= LARGEST
}

/// The values of seeds that can be drawn, by seed.
pub(super) fn usable_scores(scores: &[Score]) -> Vec<Score> {
    let mut scores: Vec<Score> = scores.iter().copied().filter(|s| usable(s.value)).collect();
    scores.sort_by_key(|score| score.seed);
    scores
}

/// Arithmetic mean; none of nothing.
pub(super) fn mean(values: &[f64]) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52 seeds")]
    let n = values.len() as f64;
    (!values.is_empty()).then(|| values.iter().map(|value| value / n).sum())
}

/// Mean of the values of seeds.
pub(super) fn mean_score(scores: &[Score]) -> Option<f64> {
    mean(&scores.iter().map(|score| score.value).collect::<Vec<_>>())
}

/// Smallest and largest; none of nothing.
pub(super) fn extent(values: impl IntoIterator<Item = f64>) -> Option<(f64, f64)> {
    let wider = |(low, high): (f64, f64), v: f64| (low.min(v), high.max(v));
    values.into_iter().filter(|v| usable(*v)).map(|v| (v, v)).reduce(|a, (v, _)| wider(a, v))
}

/// A value among others that spread this far: two digits of the spread.
pub(super) fn number(value: f64, spread: f64) -> String {
    if !usable(value) {
        return ABSENT.into();
    }
    let spread = if usable(spread) && spread > 0.0 { spread } else { value.abs() * 0.1 };
    if value == 0.0 && spread == 0.0 {
        return "0".into();
    }
    if value.abs() >= LARGEST_PLAIN || spread < FINEST_PLAIN {
        let digits = exponent(value).saturating_sub(exponent(spread)).clamp(0, 8) + 1;
        return scientific(value, usize::try_from(digits).unwrap_or(1));
    }
    fixed(value, usize::try_from((1 - exponent(spread)).clamp(0, 6)).unwrap_or(0))
}

/// A value by itself: three digits if it has so many.
pub(super) fn plain(value: f64) -> String {
    let is_count = value.fract() == 0.0 && value.abs() < LARGEST_PLAIN;
    let text = if is_count { fixed(value, 0) } else { number(value, value.abs() / 10.0) };
    if text.contains('.') && !text.contains('e') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

/// As [`number`], with a plus before a positive value.
pub(super) fn signed(value: f64, spread: f64) -> String {
    let text = number(value, spread);
    let positive = value > 0.0 && text.chars().any(|c| ('1'..='9').contains(&c));
    if positive { format!("+{text}") } else { text }
}

/// In figures a minus is as wide as a plus.
pub(super) fn typeset(number: &str) -> String {
    number.replace('-', "−")
}

/// `1.5e-9`; a zero has neither sign nor exponent.
pub(super) fn scientific(value: f64, decimals: usize) -> String {
    if value == 0.0 { "0".into() } else { format!("{value:.decimals$e}") }
}

/// Of the first digit.
pub(super) fn exponent(value: f64) -> i32 {
    let text = format!("{:e}", value.abs());
    text.split_once('e').and_then(|(_, exponent)| exponent.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_digits_of_their_spread() {
        for (value, spread, expected) in [
            (91.234, 0.55, "91.23"),
            (91.234, 12.0, "91"),
            (-0.001, 0.5, "0.00"),
            (1e-9, 1e-9, "1.0e-9"),
            (1e9, 1e7, "1.000e9"),
            (3.0, 0.0, "3.00"),
            (0.0, 0.0, "0"),
            (f64::NAN, 1.0, "–"),
        ] {
            assert_eq!(number(value, spread), expected, "{value} {spread}");
        }
        for (value, expected) in [(336.0, "336"), (0.5, "0.5"), (12.3456, "12.3"), (-0.0, "0")] {
            assert_eq!(plain(value), expected);
        }
        assert_eq!(signed(0.41, 0.35), "+0.41");
        assert_eq!(signed(0.0, 0.35), "0.00");
    }

    #[test]
    fn what_cannot_be_drawn_is_left_out() {
        let score = |seed, value| Score { seed, value };
        let scores = [score(2, 1.0), score(1, f64::NAN), score(0, 3.0), score(3, 1e200)];
        assert_eq!(usable_scores(&scores), [score(0, 3.0), score(2, 1.0)]);
        assert_eq!(extent([f64::NAN, 2.0, -1.0, f64::INFINITY]), Some((-1.0, 2.0)));
        assert_eq!(extent([]), None);
    }
}
