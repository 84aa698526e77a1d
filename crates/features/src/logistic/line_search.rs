//! A step along a direction that satisfies the strong Wolfe conditions (Nocedal and Wright 2006,
//! algorithms 3.5 and 3.6, with cubic interpolation).

use super::lbfgs::dot;

/// Of the decrease that the slope promises, how much there must be.
const DECREASE: f64 = 1e-4;
/// Of the slope at the start, how much may be left: little is asked for, as steps are good.
const CURVATURE: f64 = 0.9;
/// After so many evaluations the direction is given up.
const EVALUATIONS: usize = 40;
/// Near the minimum values differ by their rounding only, and then the slopes decide (Hager and
/// Zhang 2005). So much of the value counts as rounding, and of 1 if the value is less: it is a sum
/// of differences of logits.
const ROUNDING: f64 = 32.0 * f64::EPSILON;

/// A point with its value and gradient.
pub(super) struct Point {
    pub(super) at: Vec<f64>,
    pub(super) value: f64,
    pub(super) gradient: Vec<f64>,
}

/// Where steps are made.
pub(super) struct Line<'a> {
    pub(super) evaluate: &'a mut dyn FnMut(&[f64], &mut [f64]) -> f64,
    pub(super) start: &'a Point,
    pub(super) direction: &'a [f64],
    pub(super) evaluations: usize,
}

/// A step, with value and slope where it leads.
struct Trial {
    length: f64,
    value: f64,
    slope: f64,
    point: Point,
}

impl Line<'_> {
    fn trial(&mut self, length: f64) -> Trial {
        let pairs = self.start.at.iter().zip(self.direction);
        let at: Vec<f64> = pairs.map(|(start, direction)| start + length * direction).collect();
        let mut gradient = vec![0.0; at.len()];
        let value = (self.evaluate)(&at, &mut gradient);
        self.evaluations += 1;
        let slope = dot(&gradient, self.direction);
        Trial { length, value, slope, point: Point { at, value, gradient } }
    }
}

/// The ends of an interval that holds a step to accept: `low` is the better one.
struct Bracket {
    low: Ends,
    high: Ends,
}

#[derive(Clone, Copy)]
struct Ends {
    length: f64,
    value: f64,
    slope: f64,
}

impl From<&Trial> for Ends {
    fn from(trial: &Trial) -> Self {
        Self { length: trial.length, value: trial.value, slope: trial.slope }
    }
}

/// The point of an acceptable step, tried with `first`. None if the direction does not lead down, or
/// no step was found.
pub(super) fn search(line: &mut Line<'_>, first: f64) -> Option<Point> {
    let slope = dot(&line.start.gradient, line.direction);
    if slope.is_nan() || slope >= 0.0 {
        return None;
    }
    let start = Ends { length: 0.0, value: line.start.value, slope };
    let (mut before, mut length) = (start, first);
    while line.evaluations < EVALUATIONS {
        let trial = line.trial(length);
        if !trial.value.is_finite() || !trial.slope.is_finite() {
            length = 0.5 * (before.length + length);
            continue;
        }
        let end = Ends::from(&trial);
        if !goes_down(&start, &end)
            || (before.length > 0.0 && end.value > before.value + slack(&start))
        {
            return zoom(line, &start, Bracket { low: before, high: end });
        }
        if trial.slope.abs() <= -CURVATURE * slope {
            return Some(trial.point);
        }
        if trial.slope >= 0.0 {
            return zoom(line, &start, Bracket { low: end, high: before });
        }
        (before, length) = (end, 2.0 * length);
    }
    None
}

/// Narrows a bracket down to an acceptable step.
fn zoom(line: &mut Line<'_>, start: &Ends, mut bracket: Bracket) -> Option<Point> {
    while line.evaluations < EVALUATIONS {
        let trial = line.trial(between(&bracket));
        let end = Ends::from(&trial);
        if !goes_down(start, &end) || end.value > bracket.low.value + slack(start) {
            bracket.high = end;
            continue;
        }
        if end.slope.abs() <= -CURVATURE * start.slope {
            return Some(trial.point);
        }
        if end.slope * (bracket.high.length - bracket.low.length) >= 0.0 {
            bracket.high = bracket.low;
        }
        bracket.low = end;
    }
    None
}

fn slack(start: &Ends) -> f64 {
    ROUNDING * start.value.abs().max(1.0)
}

fn goes_down(start: &Ends, end: &Ends) -> bool {
    end.value <= start.value + DECREASE * end.length * start.slope + slack(start)
}

/// The minimum of the cubic through both ends (equation 3.59), a tenth away from either at least.
fn between(bracket: &Bracket) -> f64 {
    let Bracket { low, high } = bracket;
    let gap = high.length - low.length;
    let one = low.slope + high.slope - 3.0 * (low.value - high.value) / (low.length - high.length);
    let two = gap.signum() * (one * one - low.slope * high.slope).sqrt();
    let part = (high.slope + two - one) / (high.slope - low.slope + 2.0 * two);
    let length = high.length - gap * part;
    let (near, far) = (low.length + 0.1 * gap, low.length + 0.9 * gap);
    let (least, most) = (near.min(far), near.max(far));
    // Not a number where the square root is of a negative one.
    if length.is_finite() { length.clamp(least, most) } else { 0.5 * (low.length + high.length) }
}
