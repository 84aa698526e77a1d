//! Multinomial logistic regression with decay, for a path of strengths.
//!
//! What is made small is the mean over examples of the cross-entropy plus λ/2 times the sum of
//! squared weights, without biases. In scikit-learn's terms λ = 1 / (n C) for three or more classes.
//! For two it fits one weight vector, the difference of our two, so there λ = 2 / (n C).
//!
//! Decay makes the minimum unique up to a constant in all biases, also for separable classes, more
//! features than examples and features that repeat each other. Biases are given with mean 0.

mod lbfgs;
mod line_search;
mod objective;
#[cfg(test)]
mod tests;

use std::sync::Mutex;

use fireassay_kernels::threads;

pub use self::lbfgs::Stopping;
use self::lbfgs::minimise;
use self::objective::Objective;
use crate::{FeatureError, Fit, Head, Loss, Path, Problem, Strengths};

/// Solves for each strength, from the strongest on, each search starting where the last one ended.
///
/// A class without examples gets weights 0 and the bias -ln(2n + 2). Biases of the others have mean 0
/// and their weights sum to 0, so its probability is nowhere above 1 / (2n + 2), that of half an
/// example among n + 1, and it is never predicted; its loss stays finite.
pub fn logistic(
    problem: &Problem<'_>,
    strengths: &Strengths,
    stopping: Stopping,
) -> Result<Path, FeatureError> {
    let examples = problem.examples();
    let counts = examples.counts();
    let present: Vec<usize> = (0..counts.len()).filter(|&class| counts[class] > 0).collect();
    let place = |label| present.iter().position(|&class| class == label).unwrap_or_default();
    let labels: Vec<usize> = (0..examples.len()).map(|row| place(examples.label(row))).collect();
    let features = problem.blocks(1);
    let mut objective = Objective::new(&features, &labels, present.len());
    let mut point = vec![0.0; present.len() * features.width()];
    let mut fits = Vec::with_capacity(strengths.values().len());
    for &strength in strengths.values() {
        objective.strength = strength;
        let evaluate = &mut |point: &[f64], gradient: &mut [f64]| objective.at(point, gradient);
        let found = minimise(evaluate, point, stopping);
        point = found.point;
        let head = head(&point, &present, problem)?;
        fits.push(Fit { strength, head, search: Some(found.search) });
    }
    Ok(Path::of(problem, fits, Loss::CrossEntropy))
}

/// Many problems, shared among the threads of the current pool. Each is solved as by [`logistic()`],
/// to the same bits.
pub fn logistic_each(
    problems: &[Problem<'_>],
    strengths: &Strengths,
    stopping: Stopping,
) -> Vec<Result<Path, FeatureError>> {
    let solved: Vec<Mutex<Option<_>>> = problems.iter().map(|_| Mutex::new(None)).collect();
    threads::each(problems.iter().zip(&solved), |(problem, place)| {
        let path = logistic(problem, strengths, stopping);
        *place.lock().expect("invariant: each place is locked once") = Some(path);
    });
    let taken = solved.into_iter().map(|place| place.into_inner().ok().flatten());
    taken.map(|path| path.expect("invariant: every problem was solved")).collect()
}

/// From [present classes, features and a bias] to a head of all classes for features as they come.
fn head(point: &[f64], present: &[usize], problem: &Problem<'_>) -> Result<Head, FeatureError> {
    let examples = problem.examples();
    let (width, classes) = (examples.rows().width(), examples.num_classes());
    let rows = point.chunks_exact(width + 1);
    let mean = rows.clone().map(|row| row[width]).sum::<f64>() / present.len() as f64;
    let mut weights = vec![0.0; classes * width];
    let mut bias = vec![-libm::log(2.0 * examples.len() as f64 + 2.0); classes];
    for (&class, row) in present.iter().zip(rows) {
        weights[class * width..][..width].copy_from_slice(&row[..width]);
        bias[class] = row[width] - mean;
    }
    problem.standardiser().fold(&Head::new(width, weights, bias)?)
}
