//! L-BFGS: quasi-Newton steps from the last few gradients (Nocedal and Wright 2006, algorithm 7.5).

use std::collections::VecDeque;

use super::line_search::{Line, Point, search};
use crate::Search;

/// Pairs of steps and changes of the gradient that are kept, as many as scipy keeps.
const MEMORY: usize = 10;

/// When a search ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stopping {
    /// It has converged when no entry of the gradient is larger.
    pub gradient: f64,
    /// It is given up after so many steps.
    pub iterations: usize,
}

impl Default for Stopping {
    /// Features are standardised and losses are means, so 1e-6 leaves about six digits of a weight.
    fn default() -> Self {
        Self { gradient: 1e-6, iterations: 1000 }
    }
}

/// Where a search ended.
pub(super) struct Minimum {
    pub(super) point: Vec<f64>,
    pub(super) search: Search,
}

/// A step, the change of the gradient along it, and one over their product.
struct Pair {
    step: Vec<f64>,
    change: Vec<f64>,
    rho: f64,
}

/// Goes from `start` to a minimum. `evaluate` gives the value at a point and writes the gradient.
pub(super) fn minimise(
    evaluate: &mut dyn FnMut(&[f64], &mut [f64]) -> f64,
    start: Vec<f64>,
    stopping: Stopping,
) -> Minimum {
    let mut gradient = vec![0.0; start.len()];
    let value = evaluate(&start, &mut gradient);
    let mut here = Point { at: start, value, gradient };
    let mut pairs: VecDeque<Pair> = VecDeque::with_capacity(MEMORY);
    let (mut iterations, mut evaluations) = (0, 1);
    while largest(&here.gradient) > stopping.gradient && iterations < stopping.iterations {
        let direction = direction(&pairs, &here.gradient);
        // Nothing is known of the scale at first: a step of length one at most.
        let first = if pairs.is_empty() { 1.0 / norm(&here.gradient).max(1.0) } else { 1.0 };
        let mut line = Line { evaluate, start: &here, direction: &direction, evaluations: 0 };
        let found = search(&mut line, first);
        evaluations += line.evaluations;
        let Some(next) = found else {
            if pairs.is_empty() {
                break; // Not even along the gradient: this is as low as rounding lets it go.
            }
            pairs.clear();
            continue;
        };
        iterations += 1;
        pairs.extend(pair(&here, &next));
        if pairs.len() > MEMORY {
            pairs.pop_front();
        }
        here = next;
    }
    let gradient = largest(&here.gradient);
    let converged = gradient <= stopping.gradient;
    let search = Search { iterations, evaluations, objective: here.value, gradient, converged };
    Minimum { point: here.at, search }
}

/// None where the curvature along the step is not positive beyond rounding.
fn pair(here: &Point, next: &Point) -> Option<Pair> {
    let step = difference(&next.at, &here.at);
    let change = difference(&next.gradient, &here.gradient);
    let curvature = dot(&step, &change);
    let rho = 1.0 / curvature;
    (curvature > f64::EPSILON * norm(&step) * norm(&change) && rho.is_finite()).then_some(Pair {
        step,
        change,
        rho,
    })
}

/// Minus the inverse of the approximate Hessian times the gradient, by two loops over the pairs.
fn direction(pairs: &VecDeque<Pair>, gradient: &[f64]) -> Vec<f64> {
    let mut result: Vec<f64> = gradient.iter().map(|entry| -entry).collect();
    let mut factors = Vec::with_capacity(pairs.len());
    for pair in pairs.iter().rev() {
        let factor = pair.rho * dot(&pair.step, &result);
        add(&mut result, -factor, &pair.change);
        factors.push(factor);
    }
    if let Some(pair) = pairs.back() {
        let scale = 1.0 / (pair.rho * dot(&pair.change, &pair.change));
        result.iter_mut().for_each(|entry| *entry *= scale);
    }
    for (pair, factor) in pairs.iter().zip(factors.into_iter().rev()) {
        let back = pair.rho * dot(&pair.change, &result);
        add(&mut result, factor - back, &pair.step);
    }
    result
}

pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn norm(a: &[f64]) -> f64 {
    dot(a, a).sqrt()
}

fn largest(a: &[f64]) -> f64 {
    a.iter().fold(0.0, |largest, entry| entry.abs().max(largest))
}

fn difference(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a - b).collect()
}

fn add(to: &mut [f64], factor: f64, what: &[f64]) {
    to.iter_mut().zip(what).for_each(|(to, what)| *to += factor * what);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_valley_of_rosenbrock_is_walked_to_its_end() {
        let mut evaluate = |p: &[f64], gradient: &mut [f64]| {
            let (a, b) = (1.0 - p[0], p[1] - p[0] * p[0]);
            gradient.copy_from_slice(&[-2.0 * a - 400.0 * p[0] * b, 200.0 * b]);
            a * a + 100.0 * b * b
        };
        let stopping = Stopping { gradient: 1e-10, iterations: 100 };
        let found = minimise(&mut evaluate, vec![-1.2, 1.0], stopping);
        assert!(found.search.converged, "{:?}", found.search);
        assert!(found.point.iter().all(|entry| (entry - 1.0).abs() < 1e-9));
    }

    #[test]
    fn a_search_that_is_cut_short_says_so() {
        let mut evaluate = |p: &[f64], gradient: &mut [f64]| {
            gradient.copy_from_slice(&[p[0] - 3.0, 100.0 * p[1]]);
            0.5 * (p[0] - 3.0) * (p[0] - 3.0) + 50.0 * p[1] * p[1]
        };
        let stopping = Stopping { gradient: 1e-12, iterations: 1 };
        let found = minimise(&mut evaluate, vec![0.0, 1.0], stopping);
        assert!(!found.search.converged);
        assert_eq!(found.search.iterations, 1);
        let nothing = minimise(&mut evaluate, vec![3.0, 0.0], stopping);
        assert!(nothing.search.converged);
        assert_eq!(nothing.search.iterations, 0);
    }

    #[test]
    fn a_value_that_is_no_number_is_stepped_back_from() {
        // -ln x + x is infinite or NaN left of zero; the minimum is at 1.
        let mut evaluate = |p: &[f64], gradient: &mut [f64]| {
            gradient[0] = 1.0 - 1.0 / p[0];
            p[0] - p[0].ln()
        };
        let stopping = Stopping { gradient: 1e-10, iterations: 100 };
        let found = minimise(&mut evaluate, vec![40.0], stopping);
        assert!(found.search.converged, "{:?}", found.search);
        assert!((found.point[0] - 1.0).abs() < 1e-8);
    }
}
