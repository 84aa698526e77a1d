//! Losses over a batch, with their gradients.

use crate::isa::{Isa, Kernel};
use crate::lanes::{LANES, Lanes, Vector};
use crate::math;

/// The mean over rows of `-ln softmax(logits)[label]`, and its gradient with respect to the logits,
/// `(softmax - one_hot(label)) / rows`.
///
/// `logits` and `gradient` are `[rows, classes]`, one label a row. The largest logit of a row is
/// taken off before the exponential function, so no finite logit overflows; one that is not finite
/// makes the loss not finite, as it should.
///
/// # Panics
///
/// If the lengths disagree or a label is no class.
pub fn cross_entropy(isa: Isa, logits: &[f32], labels: &[usize], gradient: &mut [f32]) -> f32 {
    let rows = labels.len();
    assert!(rows > 0, "a mean over no rows");
    let classes = logits.len() / rows;
    assert_eq!(logits.len(), rows * classes, "logits of another length");
    assert_eq!(gradient.len(), logits.len(), "a gradient of another length");
    assert!(labels.iter().all(|&label| label < classes), "a label that is no class");
    isa.run(CrossEntropy { logits, labels, classes, gradient })
}

struct CrossEntropy<'a> {
    logits: &'a [f32],
    labels: &'a [usize],
    classes: usize,
    gradient: &'a mut [f32],
}

impl Kernel for CrossEntropy<'_> {
    type Output = f32;

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) -> f32 {
        let share = 1.0 / self.labels.len() as f32;
        let rows = self.logits.chunks_exact(self.classes);
        let gradients = self.gradient.chunks_exact_mut(self.classes);
        let mut loss = 0.0f64;
        for ((row, gradient), &label) in rows.zip(gradients).zip(self.labels) {
            let (top, sum) = exponentials(lanes, row, gradient);
            loss += libm::log(f64::from(sum)) + f64::from(top) - f64::from(row[label]);
            let scale = lanes.splat(share / sum);
            for part in gradient.chunks_mut(LANES) {
                (lanes.load_part(part, 0.0) * scale).store_part(part);
            }
            gradient[label] -= share;
        }
        (loss / self.labels.len() as f64) as f32
    }
}

/// `to = exp(row - max)`; returns the maximum and the sum. Lane `i` sums the columns `i`, `i + 16`,
/// ... and the lanes are added last.
#[inline(always)]
fn exponentials<L: Lanes>(lanes: L, row: &[f32], to: &mut [f32]) -> (f32, f32) {
    let mut top = f32::NEG_INFINITY;
    for &value in row {
        top = if value.is_nan() || value > top { value } else { top };
        if top.is_nan() {
            break;
        }
    }
    let shift = lanes.splat(top);
    let mut sums = lanes.splat(0.0);
    for (from, to) in row.chunks(LANES).zip(to.chunks_mut(LANES)) {
        let values = math::exp(lanes, lanes.load_part(from, f32::NEG_INFINITY) - shift);
        sums = sums + values;
        values.store_part(to);
    }
    (top, sums.sum())
}

/// The mean of `(found - target)^2` over all values, and its gradient with respect to `found`.
///
/// # Panics
///
/// If the lengths differ or there are no values.
pub fn squared_error(isa: Isa, found: &[f32], target: &[f32], gradient: &mut [f32]) -> f32 {
    assert!(!found.is_empty(), "a mean over no values");
    assert_eq!(target.len(), found.len(), "targets of another length");
    assert_eq!(gradient.len(), found.len(), "a gradient of another length");
    isa.run(SquaredError { found, target, gradient })
}

struct SquaredError<'a> {
    found: &'a [f32],
    target: &'a [f32],
    gradient: &'a mut [f32],
}

/// Values whose squares are summed in f32 before they go to an f64 sum.
const CHUNK: usize = 64 * LANES;

impl Kernel for SquaredError<'_> {
    type Output = f32;

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) -> f32 {
        let scale = lanes.splat(2.0 / self.found.len() as f32);
        let pairs = self.found.chunks(CHUNK).zip(self.target.chunks(CHUNK));
        let mut total = 0.0f64;
        for ((found, target), gradient) in pairs.zip(self.gradient.chunks_mut(CHUNK)) {
            let mut sums = lanes.splat(0.0);
            let pairs = found.chunks(LANES).zip(target.chunks(LANES));
            for ((found, target), gradient) in pairs.zip(gradient.chunks_mut(LANES)) {
                let error = lanes.load_part(found, 0.0) - lanes.load_part(target, 0.0);
                sums = error.mul_add(error, sums);
                (error * scale).store_part(gradient);
            }
            total += f64::from(sums.sum());
        }
        (total / self.found.len() as f64) as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{assert_same_bits, numbers, on_every_machine};

    fn exact(logits: &[f32], labels: &[usize]) -> f64 {
        let classes = logits.len() / labels.len();
        let row = |(row, &label): (&[f32], &usize)| {
            let sum: f64 = row.iter().map(|&x| f64::from(x).exp()).sum();
            sum.ln() - f64::from(row[label])
        };
        let losses = logits.chunks(classes).zip(labels).map(row);
        losses.sum::<f64>() / labels.len() as f64
    }

    #[test]
    fn cross_entropy_and_its_gradient_are_those_of_f64() {
        for (rows, classes) in [(1, 1), (1, 2), (3, 10), (7, 16), (5, 17), (2, 100)] {
            let logits: Vec<f32> = numbers(rows * classes, 5).iter().map(|x| 6.0 * x).collect();
            let labels: Vec<usize> = (0..rows).map(|row| row * 7 % classes).collect();
            let mut gradient = vec![f32::NAN; logits.len()];
            for isa in Isa::all() {
                let loss = cross_entropy(isa, &logits, &labels, &mut gradient);
                assert!((f64::from(loss) - exact(&logits, &labels)).abs() < 2e-6);
                for i in 0..logits.len() {
                    let at = |step: f32| {
                        let mut moved = logits.clone();
                        moved[i] += step;
                        exact(&moved, &labels)
                    };
                    let step = 0.001_953_125; // exact in f32
                    let slope = (at(step) - at(-step)) / (2.0 * f64::from(step));
                    assert!(
                        (f64::from(gradient[i]) - slope).abs() < 2e-6,
                        "{rows}x{classes} [{i}]"
                    );
                }
            }
        }
    }

    #[test]
    fn logits_far_apart_do_not_overflow() {
        let mut gradient = [0.0; 4];
        let loss = cross_entropy(Isa::best(), &[1e4, -1e4, 0.0, -3e38], &[1, 0], &mut gradient);
        assert_eq!(loss, 1e4);
        assert_eq!(gradient, [0.5, -0.5, 0.0, 0.0]);
    }

    #[test]
    fn what_is_not_finite_is_not_hidden() {
        let mut gradient = [0.0; 2];
        let mut loss = |logits: &[f32; 2]| cross_entropy(Isa::best(), logits, &[0], &mut gradient);
        assert!(loss(&[f32::NAN, 0.0]).is_nan());
        assert!(loss(&[0.0, f32::NAN]).is_nan());
        assert!(!loss(&[f32::INFINITY, 0.0]).is_finite());
        assert_eq!(loss(&[0.0, f32::NEG_INFINITY]), 0.0);
    }

    #[test]
    fn squared_error_and_its_gradient_are_those_of_f64() {
        for len in [1, 15, 16, 17, 3000] {
            let (found, target) = (numbers(len, 1), numbers(len, 2));
            let error = |i: usize| f64::from(found[i]) - f64::from(target[i]);
            let expected = (0..len).map(|i| error(i).powi(2)).sum::<f64>() / len as f64;
            let mut gradient = vec![f32::NAN; len];
            for isa in Isa::all() {
                let loss = squared_error(isa, &found, &target, &mut gradient);
                assert!((f64::from(loss) - expected).abs() < 1e-6, "{len}");
                for (i, slope) in gradient.iter().enumerate() {
                    assert!((f64::from(*slope) - 2.0 * error(i) / len as f64).abs() < 1e-6);
                }
            }
        }
    }

    #[test]
    fn bits_do_not_depend_on_instructions_or_threads() {
        let logits: Vec<f32> = numbers(37 * 21, 3).iter().map(|x| 20.0 * x).collect();
        let labels: Vec<usize> = (0..37).map(|row| row % 21).collect();
        assert_same_bits(&on_every_machine(|isa| {
            let mut gradient = vec![f32::NAN; logits.len()];
            let loss = cross_entropy(isa, &logits, &labels, &mut gradient);
            gradient.push(loss);
            let mut second = vec![f32::NAN; logits.len() - 1];
            let targets = numbers(second.len(), 9);
            let loss = squared_error(isa, &logits[1..], &targets, &mut second);
            second.push(loss);
            [gradient, second].concat()
        }));
    }
}
