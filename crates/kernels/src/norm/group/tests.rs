//! Group norm against f64 and its differences.

use super::*;
use crate::Isa;
use crate::activation::Activation;
use crate::norm::{Affine, AffineGradient};
use crate::testing::{activated, assert_same_bits, numbers, on_every_machine};

const EPSILON: f64 = 1e-5;

fn sizes([examples, positions, channels, groups]: [usize; 4]) -> GroupSizes {
    GroupSizes { examples, positions, channels, groups }
}

const SIZES: [[usize; 4]; 11] = [
    [2, 64, 8, 1],
    [9, 23, 3, 1],
    [2, 7, 8, 2],
    [3, 1, 130, 5],
    [1, 2, 1, 1],
    [3, 4, 6, 3],
    [2, 1, 37, 1],
    [9, 3, 16, 4],
    [17, 2, 20, 1],
    [2, 5, 32, 32],
    [10, 1, 48, 2],
];

fn exact(
    sizes: GroupSizes,
    x: &[f64],
    [gamma, beta]: [&[f64]; 2],
    activation: Activation,
) -> Vec<f64> {
    let GroupSizes { examples, positions, channels, groups } = sizes;
    let width = channels / groups;
    let mut y = vec![0.0; x.len()];
    for example in 0..examples {
        for group in 0..groups {
            let places: Vec<usize> = (0..positions)
                .flat_map(|position| {
                    let row = (example * positions + position) * channels;
                    (group * width..(group + 1) * width).map(move |channel| row + channel)
                })
                .collect();
            let n = places.len() as f64;
            let mean = places.iter().map(|&i| x[i]).sum::<f64>() / n;
            let variance = places.iter().map(|&i| (x[i] - mean).powi(2)).sum::<f64>() / n;
            for i in places {
                let h = (x[i] - mean) / (variance + EPSILON).sqrt();
                y[i] = activated(activation, h * gamma[i % channels] + beta[i % channels]);
            }
        }
    }
    y
}

/// `y`, `dx`, `dgamma`, `dbeta`, one behind the other.
fn all(isa: Isa, sizes: GroupSizes, activation: Activation) -> Vec<f32> {
    let len = sizes.examples * sizes.len();
    let (x, dy) = (numbers(len, 1), numbers(len, 4));
    let (gamma, beta) = (numbers(sizes.channels, 2), numbers(sizes.channels, 3));
    let affine = Affine { gamma: &gamma, beta: &beta, epsilon: EPSILON, activation };
    let (mut y, mut dx) = (vec![f32::NAN; len], vec![f32::NAN; len]);
    let mut scales = vec![f32::NAN; sizes.channels];
    let mut shifts = scales.clone();
    let stats = group_forward(isa, sizes, &x, affine, &mut y);
    let gradient = AffineGradient { gamma: &mut scales, beta: &mut shifts };
    group_backward(isa, sizes, (&x, &dy), (affine, &stats), (&mut dx, gradient));
    [y, dx, scales, shifts].concat()
}

#[test]
fn values_are_those_of_f64_and_gradients_those_of_differences() {
    for (i, shape) in SIZES.into_iter().enumerate() {
        check(sizes(shape), Activation::Identity);
        check(sizes(shape), Activation::ALL[i % Activation::ALL.len()]);
    }
}

fn check(sizes: GroupSizes, activation: Activation) {
    let len = sizes.examples * sizes.len();
    let x: Vec<f64> = numbers(len, 1).iter().map(|&x| f64::from(x)).collect();
    let exact_numbers =
        |seed| -> Vec<f64> { numbers(sizes.channels, seed).into_iter().map(f64::from).collect() };
    let (gamma, beta) = (exact_numbers(2), exact_numbers(3));
    let dy = numbers(len, 4);
    let loss = |x: &[f64], gamma: &[f64], beta: &[f64]| -> f64 {
        let y = exact(sizes, x, [gamma, beta], activation);
        y.iter().zip(&dy).map(|(y, &dy)| y * f64::from(dy)).sum()
    };
    let mut expected = exact(sizes, &x, [&gamma, &beta], activation);
    let step = 1e-5;
    for i in 0..len {
        let at = |step: f64| {
            let mut x = x.clone();
            x[i] += step;
            loss(&x, &gamma, &beta)
        };
        expected.push((at(step) - at(-step)) / (2.0 * step));
    }
    for which in 0..2 {
        for channel in 0..sizes.channels {
            let at = |step: f64| {
                let mut moved = [gamma.clone(), beta.clone()];
                moved[which][channel] += step;
                loss(&x, &moved[0], &moved[1])
            };
            expected.push((at(step) - at(-step)) / (2.0 * step));
        }
    }
    for isa in Isa::all() {
        for (i, (found, expected)) in all(isa, sizes, activation).iter().zip(&expected).enumerate()
        {
            let error = (f64::from(*found) - expected).abs();
            let bound = 3e-5 * (1.0 + expected.abs());
            assert!(
                error < bound,
                "{} {sizes:?} {activation:?} [{i}] {found} not {expected}",
                isa.name()
            );
        }
    }
}

#[test]
fn bits_do_not_depend_on_instructions_or_threads() {
    for (i, shape) in SIZES.into_iter().enumerate() {
        let activation = Activation::ALL[i % Activation::ALL.len()];
        assert_same_bits(&on_every_machine(|isa| all(isa, sizes(shape), activation)));
    }
}

#[test]
fn what_is_not_finite_stays_in_its_example() {
    let sizes = sizes([3, 5, 6, 2]);
    let mut x = numbers(3 * sizes.len(), 1);
    x[sizes.len() + 4] = f32::NAN;
    let (gamma, beta) = (numbers(6, 2), numbers(6, 3));
    let activation = Activation::Relu;
    let affine = Affine { gamma: &gamma, beta: &beta, epsilon: EPSILON, activation };
    for isa in Isa::all() {
        let mut y = vec![0.0; x.len()];
        group_forward(isa, sizes, &x, affine, &mut y);
        for (i, y) in y.iter().enumerate() {
            // Its group of three channels.
            let hit = i / sizes.len() == 1 && i % 6 >= 3;
            assert_eq!(y.is_nan(), hit, "{} [{i}]", isa.name());
        }
    }
}
