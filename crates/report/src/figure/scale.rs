//! From values to places on an axis: linear, logarithmic, with a place of its own for zero.

use std::ops::Range;

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};

use super::canvas::whole;
use super::measure::extent;
use super::ticks::{self, Tick};

/// Room between the outermost values and the ends of an axis, as a share of the range.
const MARGIN: f64 = 0.05;

/// A narrower range, as a share of its numbers, is widened: doubles could not tell it apart.
const NARROWEST: f64 = 1e-9;

/// Where zero stands on a logarithmic axis, and where the axis goes on, as shares of its length.
const ZERO_AT: f64 = 0.04;
const AFTER_ZERO: f64 = 0.16;

/// One axis: the coordinate system that plotters draws with.
#[derive(Clone, Debug)]
pub(super) struct Scale {
    low: f64,
    high: f64,
    kind: Kind,
    pub ticks: Vec<Tick>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Linear,
    Logarithmic,
    /// Logarithmic, broken: zero stands left of the break.
    LogarithmicAndZero,
}

impl Scale {
    /// Linear, around all values, with a margin.
    pub(super) fn linear(values: impl IntoIterator<Item = f64>, wanted: u32) -> Self {
        let (low, high) = widened(extent(values).unwrap_or((0.0, 1.0)));
        let margin = (high - low) * MARGIN;
        let (low, high) = (low - margin, high + margin);
        Self { low, high, kind: Kind::Linear, ticks: ticks::linear(low, high, wanted) }
    }

    /// Places 0, 1, 2 and so on, with half a place at either end and a label each.
    pub(super) fn places(labels: Vec<String>) -> Self {
        let places = (0_u32..).map(f64::from);
        let high = places.clone().nth(labels.len().max(1)).unwrap_or(1.0) - 0.5;
        let ticks = places.zip(labels).map(|(at, label)| Tick { at, label }).collect();
        Self { low: -0.5, high, kind: Kind::Linear, ticks }
    }

    /// Logarithmic if no value is negative, some are positive, and those span `ratio` or more;
    /// with a place for zero if there is one. Otherwise linear.
    pub(super) fn by_ratio(values: &[f64], ratio: f64, wanted: u32) -> Self {
        let positive = extent(values.iter().copied().filter(|v| *v > 0.0));
        let has_negative = values.iter().any(|v| *v < 0.0);
        let has_zero = values.contains(&0.0);
        match positive {
            Some((low, high)) if !has_negative && high / low >= ratio => {
                let margin = (high / low).powf(MARGIN);
                let low = if has_zero { low } else { low / margin };
                let high = high * margin;
                let kind = if has_zero { Kind::LogarithmicAndZero } else { Kind::Logarithmic };
                let mut scale = Self { low, high, kind, ticks: Vec::new() };
                scale.ticks = ticks::logarithmic(low, high, wanted);
                scale
            }
            Some(_) | None => Self::linear(values.iter().copied(), wanted),
        }
    }

    /// With these ticks instead of round ones.
    pub(super) fn with_ticks(self, ticks: Vec<Tick>) -> Self {
        Self { ticks, ..self }
    }

    /// Where the break of the axis is, as a share of its length.
    pub(super) fn break_at(&self) -> Option<f64> {
        (self.kind == Kind::LogarithmicAndZero).then_some(0.5 * (ZERO_AT + AFTER_ZERO))
    }

    pub(super) fn is_logarithmic(&self) -> bool {
        self.kind != Kind::Linear
    }

    /// Label of the tick at a value.
    pub(super) fn label(&self, at: f64) -> String {
        let tick = self.ticks.iter().find(|tick| tick.at.total_cmp(&at).is_eq());
        tick.map(|tick| tick.label.clone()).unwrap_or_default()
    }

    /// Where a value stands on an axis of this length.
    pub(super) fn place(&self, value: f64, length: i32) -> i32 {
        whole(self.share(value) * f64::from(length))
    }

    /// A value as a share of the axis, never outside of it.
    fn share(&self, value: f64) -> f64 {
        let share = match self.kind {
            Kind::Linear => (value - self.low) / (self.high - self.low),
            Kind::Logarithmic => self.log_share(value),
            Kind::LogarithmicAndZero if value <= 0.0 => ZERO_AT,
            Kind::LogarithmicAndZero => AFTER_ZERO + (1.0 - AFTER_ZERO) * self.log_share(value),
        };
        if share.is_nan() { 0.5 } else { share.clamp(0.0, 1.0) }
    }

    fn log_share(&self, value: f64) -> f64 {
        (value / self.low).ln() / (self.high / self.low).ln()
    }
}

impl Ranged for Scale {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        limit.0 + self.place(*value, limit.1 - limit.0)
    }

    fn key_points<Hint: KeyPointHint>(&self, _hint: Hint) -> Vec<f64> {
        self.ticks.iter().map(|tick| tick.at).collect()
    }

    fn range(&self) -> Range<f64> {
        self.low..self.high
    }
}

impl ValueFormatter<f64> for Scale {
    fn format_ext(&self, value: &f64) -> String {
        self.label(*value)
    }
}

fn widened((low, high): (f64, f64)) -> (f64, f64) {
    let largest = low.abs().max(high.abs());
    if high - low > largest * NARROWEST && high - low > f64::MIN_POSITIVE {
        return (low, high);
    }
    let half = if largest > f64::MIN_POSITIVE / NARROWEST { largest * 0.05 } else { 1.0 };
    (low - half, high + half)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(scale: &Scale, values: &[f64]) -> Vec<i32> {
        values.iter().map(|value| scale.map(value, (0, 1000))).collect()
    }

    #[test]
    fn linear_leaves_a_margin() {
        let scale = Scale::linear([0.0, 10.0], 5);
        assert_eq!(places(&scale, &[0.0, 5.0, 10.0, 99.0]), [45, 500, 955, 1000]);
    }

    #[test]
    fn equal_values_stand_in_the_middle() {
        for value in [0.0, 7.0, -1e9, 1e-9, 1e-300] {
            assert_eq!(places(&Scale::linear([value, value], 5), &[value]), [500], "{value}");
        }
    }

    #[test]
    fn zero_stands_left_of_the_break() {
        let scale = Scale::by_ratio(&[0.0, 1e-4, 1e-2], 20.0, 5);
        assert_eq!(places(&scale, &[0.0, 1e-4]), [40, 160]);
        assert!(scale.break_at().is_some_and(|at| at > 0.04 && at < 0.16));
    }

    #[test]
    fn logarithmic_only_where_it_helps() {
        for (values, expected) in [
            (&[1.0, 100.0][..], true),
            (&[0.0, 0.2, 0.5, 0.8], false),
            (&[-1.0, 1.0, 100.0], false),
            (&[0.0], false),
        ] {
            assert_eq!(Scale::by_ratio(values, 20.0, 5).is_logarithmic(), expected, "{values:?}");
        }
    }
}
