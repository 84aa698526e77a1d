//! Ridge regression: least squares with decay, every strength from one decomposition.
//!
//! What is made small is half the mean over examples of the squared distance to their targets plus
//! λ/2 times the sum of squared weights, without biases. In scikit-learn's terms α = n λ.
//!
//! The decomposition is of the smaller of two matrices, features x features or examples x examples.
//! Both square the condition number, which decay then bounds: a weight is off by about 1e-16 times the
//! largest eigenvalue over λ.

use nalgebra::{DMatrix, SymmetricEigen};

use crate::arithmetic::{Blocks, cross};
use crate::{FeatureError, Fit, Head, Loss, Path, Problem, Strengths};

/// Steps of the QR algorithm for each eigenvalue; two or three are usual.
const STEPS: usize = 100;

/// Solves for each strength with 1 for the class of an example and 0 for the others as targets. A
/// class without examples gets weights and bias 0, and its logit is 0 everywhere.
pub fn ridge(problem: &Problem<'_>, strengths: &Strengths) -> Result<Path, FeatureError> {
    let examples = problem.examples();
    let classes = examples.num_classes();
    let mut targets = vec![0.0; examples.len() * classes];
    for (index, row) in targets.chunks_exact_mut(classes.max(1)).enumerate() {
        row[examples.label(index)] = 1.0;
    }
    ridge_to(problem, &targets, strengths)
}

/// As [`ridge()`] with targets of one's own: [examples, outputs].
pub fn ridge_to(
    problem: &Problem<'_>,
    targets: &[f64],
    strengths: &Strengths,
) -> Result<Path, FeatureError> {
    let rows = problem.examples().len();
    if targets.is_empty() || !targets.len().is_multiple_of(rows) {
        let (what, found) = ("targets", targets.len());
        return Err(FeatureError::Sizes { what, found, expected: rows });
    }
    if !targets.iter().all(|target| target.is_finite()) {
        let (what, why) = ("ridge regression", "a target is not finite");
        return Err(FeatureError::Undefined { what, why });
    }
    let width = problem.examples().rows().width();
    let centred = Centred::new(problem, targets);
    let solver =
        if rows < width { Solver::by_examples(&centred)? } else { Solver::by_features(&centred)? };
    let mut fits = Vec::with_capacity(strengths.values().len());
    for &strength in strengths.values() {
        let weights = solver.weights(strength); // [outputs, width]
        let mut bias = centred.target_means.clone();
        for (bias, weights) in bias.iter_mut().zip(weights.chunks_exact(width)) {
            let at_mean: f64 = weights.iter().zip(&centred.means).map(|(w, mean)| w * mean).sum();
            *bias -= at_mean;
        }
        let head = problem.standardiser().fold(&Head::new(width, weights, bias)?)?;
        fits.push(Fit { strength, head, search: None });
    }
    Ok(Path::of(problem, fits, Loss::Squares))
}

/// Features and targets without their means.
struct Centred {
    rows: usize,
    features: Blocks,
    means: Vec<f64>,
    targets: Blocks,
    target_means: Vec<f64>,
}

impl Centred {
    fn new(problem: &Problem<'_>, targets: &[f64]) -> Self {
        let (rows, scale) = (problem.examples().rows(), problem.standardiser());
        let count = rows.len();
        let outputs = targets.len() / count;
        let feature = |row: usize, column: usize| scale.standardised(column, rows.row(row)[column]);
        let target = |row: usize, output: usize| targets[row * outputs + output];
        let means = means(count, rows.width(), feature);
        let target_means = self::means(count, outputs, target);
        let features =
            Blocks::new(count, rows.width(), |row, column| feature(row, column) - means[column]);
        let targets =
            Blocks::new(count, outputs, |row, output| target(row, output) - target_means[output]);
        Self { rows: count, features, means, targets, target_means }
    }
}

fn means(rows: usize, width: usize, value: impl Fn(usize, usize) -> f64) -> Vec<f64> {
    let mut sums = vec![0.0; width];
    for row in 0..rows {
        sums.iter_mut().enumerate().for_each(|(column, sum)| *sum += value(row, column));
    }
    sums.into_iter().map(|sum| sum / rows as f64).collect()
}

/// Weights of every strength: outputs x the inverse of (eigenvalue + strength) x basis.
struct Solver {
    /// Not negative.
    eigenvalues: Vec<f64>,
    /// [eigenvalues, outputs]
    targets: Vec<f64>,
    /// [eigenvalues, width]
    basis: Blocks,
}

impl Solver {
    /// From the Gram matrix of the features, [width, width].
    fn by_features(centred: &Centred) -> Result<Self, FeatureError> {
        let Centred { rows, features, targets, .. } = centred;
        let (width, outputs, count) = (features.width(), targets.width(), *rows as f64);
        let (eigenvalues, vectors) = eigen(&cross(features, features), width, count)?;
        let products = cross(features, targets); // [width, outputs]
        let products =
            Blocks::new(width, outputs, |row, output| products[row * outputs + output] / count);
        let vectors_blocks = Blocks::new(width, width, |row, column| vectors[(row, column)]);
        let targets = cross(&vectors_blocks, &products);
        let basis = Blocks::new(width, width, |value, column| vectors[(column, value)]);
        Ok(Self { eigenvalues, targets, basis })
    }

    /// From the Gram matrix of the examples, [rows, rows].
    fn by_examples(centred: &Centred) -> Result<Self, FeatureError> {
        let Centred { rows, features, targets, .. } = centred;
        let (rows, count, width) = (*rows, *rows as f64, features.width());
        let plain = plain(features);
        let turned = Blocks::new(width, rows, |column, row| plain[row * width + column]);
        let (eigenvalues, vectors) = eigen(&cross(&turned, &turned), rows, count)?;
        let vectors = Blocks::new(rows, rows, |row, value| vectors[(row, value)]);
        let targets = cross(&vectors, targets);
        let basis = cross(&vectors, features); // [eigenvalues, width]
        let basis = Blocks::new(rows, width, |value, column| basis[value * width + column] / count);
        Ok(Self { eigenvalues, targets, basis })
    }

    /// [outputs, width]
    fn weights(&self, strength: f64) -> Vec<f64> {
        let count = self.eigenvalues.len();
        let outputs = self.targets.len() / count;
        let scaled = Blocks::new(count, outputs, |value, output| {
            self.targets[value * outputs + output] / (self.eigenvalues[value] + strength)
        });
        cross(&scaled, &self.basis)
    }
}

/// Eigenvalues of a symmetric matrix over `count`, none below zero, and its vectors in columns.
fn eigen(
    matrix: &[f64],
    size: usize,
    count: f64,
) -> Result<(Vec<f64>, DMatrix<f64>), FeatureError> {
    let matrix = DMatrix::from_fn(size, size, |row, column| matrix[row * size + column] / count);
    let found = SymmetricEigen::try_new(matrix, f64::EPSILON, STEPS * size)
        .ok_or(FeatureError::Eigenvalues { size })?;
    let eigenvalues = found.eigenvalues.iter().map(|value| value.max(0.0)).collect();
    Ok((eigenvalues, found.eigenvectors))
}

/// [rows, width]
fn plain(blocks: &Blocks) -> Vec<f64> {
    let mut values = Vec::with_capacity(blocks.rows() * blocks.width());
    for (block, rows) in blocks.iter() {
        for row in 0..rows {
            values.extend(block.iter().map(|column| column.get(row)));
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Examples, Note, Rows};

    fn features(len: usize) -> Vec<f32> {
        (0..len).map(|index| libm::sin(index as f64 * 12.9898) as f32 * 3.0).collect()
    }

    /// One feature: weight = covariance / (variance + λ).
    #[test]
    fn one_feature_has_the_weight_of_the_closed_form() {
        let (values, labels) = ([1.0, 2.0, 3.0, 6.0], [0; 4]);
        let examples = Examples::new(Rows::new(&values, 1).unwrap(), &labels, 1).unwrap();
        let problem = Problem::raw(examples).unwrap();
        let strengths = Strengths::new(&[0.5, 2.0]).unwrap();
        // Means 3 and 1; variance 3.5, covariances 2 and -4.
        let targets = [0.0, 3.0, 0.5, 1.0, 1.5, 1.0, 2.0, -1.0];
        let path = ridge_to(&problem, &targets, &strengths).unwrap();
        let covariances = [(-2.0 * -1.0 + 0.5 + 3.0) / 4.0, (-4.0 - 6.0) / 4.0];
        for fit in &path.fits {
            for (output, covariance) in covariances.iter().enumerate() {
                let weight = covariance / (3.5 + fit.strength);
                assert!((fit.head.weights()[output] - weight).abs() < 1e-14);
                assert!((fit.head.bias()[output] - (1.0 - 3.0 * weight)).abs() < 1e-13);
            }
        }
        assert!(ridge_to(&problem, &targets[..7], &strengths).is_err());
        assert!(ridge_to(&problem, &[], &strengths).is_err());
        assert!(ridge_to(&problem, &[f64::NAN; 4], &strengths).is_err());
    }

    /// Also where features repeat each other and where all are the same.
    #[test]
    fn both_decompositions_give_the_same_weights() {
        for (rows, width) in [(1, 4), (6, 6), (5, 9), (40, 3)] {
            let mut values = features(rows * width);
            values.chunks_exact_mut(width).for_each(|row| {
                row[1] = 2.0 * row[0];
                row[2] = 0.1;
            });
            let labels: Vec<u32> = (0..rows as u32).map(|row| row * row % 3).collect();
            let examples = Examples::new(Rows::new(&values, width).unwrap(), &labels, 4).unwrap();
            let problem = Problem::standardised(examples).unwrap();
            let targets: Vec<f64> = (0..rows * 4).map(|at| (at % 5) as f64).collect();
            let centred = Centred::new(&problem, &targets);
            let by_features = Solver::by_features(&centred).unwrap();
            let by_examples = Solver::by_examples(&centred).unwrap();
            for strength in [1e-4, 0.1, 10.0] {
                let pairs =
                    by_features.weights(strength).into_iter().zip(by_examples.weights(strength));
                for (one, other) in pairs {
                    assert!((one - other).abs() < 1e-9, "{rows} x {width}: {one} {other}");
                }
            }
        }
    }

    #[test]
    fn classes_and_features_that_say_nothing_are_named() {
        let (values, labels) = (features(8).repeat(2), [0, 1, 1, 3]);
        let examples = Examples::new(Rows::new(&values, 4).unwrap(), &labels, 4).unwrap();
        let examples = examples.only(&[0, 2]).unwrap();
        let path =
            ridge(&Problem::standardised(examples).unwrap(), &Strengths::new(&[1e-8]).unwrap());
        let path = path.unwrap();
        let absent = [Note::Absent { class: 2 }, Note::Absent { class: 3 }];
        assert_eq!(path.notes, [&absent[..], &[Note::Constant { features: 4 }]].concat());
        let head = &path.fits[0].head;
        assert!(head.weights().iter().all(|&weight| weight == 0.0));
        assert_eq!(head.bias(), [0.5, 0.5, 0.0, 0.0]);
    }
}
