//! Batch norm against f64 and its differences.

use super::*;
use crate::activation::Activation;
use crate::testing::{activated, assert_same_bits, numbers, on_every_machine};

const EPSILON: f64 = 1e-5;

/// Rows and channels.
const SHAPES: [[usize; 2]; 6] = [[2, 1], [7, 3], [5, 16], [33, 17], [64, 40], [1, 5]];

/// `y` for each row and channel, with all sums in f64.
fn exact(x: &[f64], gamma: &[f64], beta: &[f64], activation: Activation) -> Vec<f64> {
    let channels = gamma.len();
    let n = (x.len() / channels) as f64;
    let mut y = vec![0.0; x.len()];
    for channel in 0..channels {
        let column = || x.iter().skip(channel).step_by(channels);
        let mean = column().sum::<f64>() / n;
        let variance = column().map(|x| (x - mean).powi(2)).sum::<f64>() / n;
        for row in 0..x.len() / channels {
            let h = (x[row * channels + channel] - mean) / (variance + EPSILON).sqrt();
            let t = h * gamma[channel] + beta[channel];
            y[row * channels + channel] = activated(activation, t);
        }
    }
    y
}

/// `y`, `dx`, `dgamma`, `dbeta`, one behind the other.
fn all(isa: Isa, [rows, channels]: [usize; 2], activation: Activation) -> Vec<f32> {
    let x = numbers(rows * channels, 1);
    let (gamma, beta) = (numbers(channels, 2), numbers(channels, 3));
    let dy = numbers(rows * channels, 4);
    let affine = Affine { gamma: &gamma, beta: &beta, epsilon: EPSILON, activation };
    let (mut y, mut dx) = (vec![f32::NAN; x.len()], vec![f32::NAN; x.len()]);
    let (mut dgamma, mut dbeta) = (vec![f32::NAN; channels], vec![f32::NAN; channels]);
    let stats = batch_forward(isa, &x, affine, &mut y);
    let gradient = AffineGradient { gamma: &mut dgamma, beta: &mut dbeta };
    batch_backward(isa, (&x, &dy), (affine, &stats), (&mut dx, gradient));
    [y, dx, dgamma, dbeta].concat()
}

#[test]
fn values_are_those_of_f64_and_gradients_those_of_differences() {
    for (i, shape) in SHAPES.into_iter().enumerate() {
        check(shape, Activation::Identity);
        check(shape, Activation::ALL[i]);
        check(shape, Activation::ALL[i + 1]);
    }
}

fn check([rows, channels]: [usize; 2], activation: Activation) {
    let x: Vec<f64> = numbers(rows * channels, 1).iter().map(|&x| f64::from(x)).collect();
    let exact_numbers =
        |seed| -> Vec<f64> { numbers(channels, seed).into_iter().map(f64::from).collect() };
    let (gamma, beta) = (exact_numbers(2), exact_numbers(3));
    let dy = numbers(rows * channels, 4);
    let loss = |x: &[f64], gamma: &[f64], beta: &[f64]| -> f64 {
        exact(x, gamma, beta, activation).iter().zip(&dy).map(|(y, &dy)| y * f64::from(dy)).sum()
    };
    let mut expected = exact(&x, &gamma, &beta, activation);
    let step = 1e-5;
    for i in 0..x.len() {
        let at = |step: f64| {
            let mut x = x.clone();
            x[i] += step;
            loss(&x, &gamma, &beta)
        };
        expected.push((at(step) - at(-step)) / (2.0 * step));
    }
    for which in 0..2 {
        for channel in 0..channels {
            let at = |step: f64| {
                let mut moved = [gamma.clone(), beta.clone()];
                moved[which][channel] += step;
                loss(&x, &moved[0], &moved[1])
            };
            expected.push((at(step) - at(-step)) / (2.0 * step));
        }
    }
    for isa in Isa::all() {
        for (i, (found, expected)) in
            all(isa, [rows, channels], activation).iter().zip(&expected).enumerate()
        {
            let error = (f64::from(*found) - expected).abs();
            let bound = 2e-5 * (1.0 + expected.abs());
            assert!(error < bound, "{} {activation:?} [{i}] {found} not {expected}", isa.name());
        }
    }
}

#[test]
fn bits_do_not_depend_on_instructions_or_threads() {
    for shape in SHAPES {
        assert_same_bits(&on_every_machine(|isa| all(isa, shape, Activation::Silu)));
    }
}

#[test]
fn a_large_mean_costs_no_more_than_its_own_rounding() {
    let x: Vec<f32> = numbers(400, 1).iter().map(|x| 1e4 + x).collect();
    let activation = Activation::Identity;
    let affine = Affine { gamma: &[1.0, 1.0], beta: &[0.0, 0.0], epsilon: EPSILON, activation };
    let mut y = vec![0.0; 400];
    batch_forward(Isa::best(), &x, affine, &mut y);
    let x: Vec<f64> = x.iter().map(|&x| f64::from(x)).collect();
    for (found, expected) in y.iter().zip(exact(&x, &[1.0, 1.0], &[0.0, 0.0], activation)) {
        // The mean of 200 values near 10,000 is off by 1.5e-3; a variance from mean squares would be
        // off by more than itself.
        assert!((f64::from(*found) - expected).abs() < 5e-3, "{found} not {expected}");
    }
}

#[test]
fn inference_takes_the_statistics_it_is_given() {
    let activation = Activation::Identity;
    let affine = Affine { gamma: &[2.0], beta: &[1.0], epsilon: 0.0, activation };
    let mut y = [0.0; 2];
    batch_inference(Isa::best(), &[3.0, 5.0], affine, (&[1.0], &[4.0]), &mut y);
    assert_eq!(y, [3.0, 5.0]);
}
