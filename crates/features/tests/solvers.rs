//! Heads against those of scikit-learn (`tests/parity/make.py`).
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;

use fireassay_features::{
    Examples, Fit, Path, Problem, Rows, Standardiser, Stopping, Strengths, logistic, ridge,
};
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    width: usize,
    classes: usize,
    features: Vec<f32>,
    labels: Vec<u32>,
    mean: Vec<f64>,
    deviation: Vec<f64>,
    logistic: Vec<Solved>,
    ridge: Vec<Solved>,
}

#[derive(Deserialize)]
struct Solved {
    strength: f64,
    weights: Vec<f64>,
    bias: Vec<f64>,
    objective: Option<f64>,
}

fn cases() -> Vec<Case> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/parity/solvers.json");
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

impl Case {
    fn rows(&self) -> Rows<'_> {
        Rows::new(&self.features, self.width).unwrap()
    }

    fn problem(&self) -> Problem<'_> {
        let examples = Examples::new(self.rows(), &self.labels, self.classes).unwrap();
        Problem::standardised(examples).unwrap()
    }
}

fn strengths(solved: &[Solved]) -> Strengths {
    Strengths::new(&solved.iter().map(|solved| solved.strength).collect::<Vec<_>>()).unwrap()
}

/// Relative to the largest of them.
fn agree(found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len());
    let scale = expected.iter().fold(1e-3_f64, |scale, value| scale.max(value.abs()));
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() <= tolerance * scale, "{found} {expected}");
    }
}

fn agree_with(path: &Path, expected: &[Solved], tolerance: f64) {
    assert!(path.notes.is_empty());
    assert_eq!(path.fits.len(), expected.len());
    for (fit, expected) in path.fits.iter().zip(expected) {
        assert_eq!(fit.strength, expected.strength);
        agree(fit.head.weights(), &expected.weights, tolerance);
        agree(fit.head.bias(), &expected.bias, tolerance);
    }
}

#[test]
fn means_and_deviations_are_those_of_standard_scaler() {
    for case in cases() {
        let standardiser = Standardiser::of(&case.rows()).unwrap();
        agree(standardiser.mean(), &case.mean, 1e-14);
        agree(standardiser.deviation(), &case.deviation, 1e-14);
    }
}

#[test]
fn logistic_regression_has_the_minimum_of_scikit_learn() {
    let stopping = Stopping { gradient: 1e-11, iterations: 5000 };
    for case in cases() {
        let path = logistic(&case.problem(), &strengths(&case.logistic), stopping).unwrap();
        agree_with(&path, &case.logistic, 1e-7);
        for (fit, expected) in path.fits.iter().zip(&case.logistic) {
            let objective = fit.search.unwrap().objective;
            assert!((objective - expected.objective.unwrap()).abs() < 1e-14);
        }
    }
}

/// What a path costs: warm starts, each in few steps.
#[test]
fn the_usual_stopping_gives_six_digits_of_the_minimum() {
    for case in cases() {
        let path = logistic(&case.problem(), &strengths(&case.logistic), Stopping::default());
        let path = path.unwrap();
        let steps = |fit: &Fit| fit.search.unwrap().iterations;
        assert!(path.fits.iter().all(|fit| steps(fit) < 100));
        agree_with(&path, &case.logistic, 1e-3);
        for (fit, expected) in path.fits.iter().zip(&case.logistic) {
            let objective = fit.search.unwrap().objective;
            assert!((objective - expected.objective.unwrap()).abs() < 1e-8);
        }
    }
}

#[test]
fn ridge_regression_is_that_of_scikit_learn() {
    for case in cases() {
        let path = ridge(&case.problem(), &strengths(&case.ridge)).unwrap();
        agree_with(&path, &case.ridge, 1e-10);
    }
}
