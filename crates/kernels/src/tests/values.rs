//! NaN, infinity, denormal numbers and -0: what comes out is what the plain form gives, and what
//! one example has does not reach another one.

use crate::activation::{Activation, activate};
use crate::dense::{self, Dense};
use crate::norm::{self, Affine, AffineGradient, GroupSizes};
use crate::testing::numbers;
use crate::update::{self, Adam, Sgd};
use crate::{Isa, conv, loss};

const SPECIAL: [f32; 3] = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY];

/// Bits that are equal outside of `spoiled`; inside there is something that is not finite.
fn only(name: &str, spoiled: std::ops::Range<usize>, found: &[f32], expected: &[f32]) {
    assert_eq!(found.len(), expected.len(), "{name}");
    for (i, (found, expected)) in found.iter().zip(expected).enumerate() {
        let same = found.to_bits() == expected.to_bits();
        assert!(same || spoiled.contains(&i), "{name}[{i}] is {found}, not {expected}");
    }
    let reached = found[spoiled.clone()].iter().any(|value| !value.is_finite());
    assert!(reached || spoiled.is_empty(), "{name}: nothing came through");
}

#[test]
fn a_row_of_a_dense_layer_keeps_its_values_to_itself() {
    let sizes = Dense { examples: 9, inputs: 5, outputs: 18 };
    let [w, x, dz] = [numbers(90, 1), numbers(45, 2), numbers(162, 3)];
    for isa in Isa::all() {
        let run = |x: &[f32], dz: &[f32]| {
            let (mut z, mut dx, mut dw) = (vec![0.0; 162], vec![0.0; 45], vec![0.0; 90]);
            dense::forward(isa, sizes, x, (&w, None), &mut z);
            dense::input_gradient(isa, sizes, dz, &w, &mut dx);
            dense::weight_gradient(isa, sizes, (x, dz), &mut dw, None);
            [z, dx, dw]
        };
        let [z, dx, dw] = run(&x, &dz);
        for special in SPECIAL {
            let (mut other_x, mut other_dz) = (x.clone(), dz.clone());
            other_x[2 * 5 + 3] = special;
            other_dz[4 * 18 + 17] = special;
            let [other_z, other_dx, other_dw] = run(&other_x, &other_dz);
            only("z", 2 * 18..3 * 18, &other_z, &z);
            only("dx", 4 * 5..5 * 5, &other_dx, &dx);
            let reached = |i: usize| i / 18 == 3 || i % 18 == 17;
            for (i, (found, expected)) in other_dw.iter().zip(&dw).enumerate() {
                assert_eq!(found.to_bits() != expected.to_bits(), reached(i), "dw[{i}]");
            }
        }
    }
}

#[test]
fn a_channel_of_a_batch_norm_keeps_its_values_to_itself() {
    let (x, dy) = (numbers(7 * 18, 1), numbers(7 * 18, 2));
    let (gamma, beta) = (numbers(18, 3), numbers(18, 4));
    let affine =
        Affine { gamma: &gamma, beta: &beta, epsilon: 1e-5, activation: Activation::Identity };
    for isa in Isa::all() {
        // By channel instead of by row, so that a channel is a range.
        let run = |x: &[f32], dy: &[f32]| {
            let (mut y, mut dx) = (vec![0.0; 7 * 18], vec![0.0; 7 * 18]);
            let (mut dgamma, mut dbeta) = (vec![0.0; 18], vec![0.0; 18]);
            let stats = norm::batch_forward(isa, x, affine, &mut y);
            let gradient = AffineGradient { gamma: &mut dgamma, beta: &mut dbeta };
            norm::batch_backward(isa, (x, dy), (affine, &stats), (&mut dx, gradient));
            let turned = |v: &[f32]| (0..7 * 18).map(|i| v[i % 7 * 18 + i / 7]).collect::<Vec<_>>();
            [turned(&y), turned(&dx), dgamma, dbeta]
        };
        let clean = run(&x, &dy);
        for special in SPECIAL {
            let (mut other_x, mut other_dy) = (x.clone(), dy.clone());
            other_x[3 * 18 + 17] = special;
            other_dy[2 * 18 + 5] = special;
            let from_x = run(&other_x, &dy);
            only("y", 17 * 7..18 * 7, &from_x[0], &clean[0]);
            only("dx", 17 * 7..18 * 7, &from_x[1], &clean[1]);
            only("dgamma", 17..18, &from_x[2], &clean[2]);
            let from_dy = run(&x, &other_dy);
            only("dx", 5 * 7..6 * 7, &from_dy[1], &clean[1]);
            only("dgamma", 5..6, &from_dy[2], &clean[2]);
            only("dbeta", 5..6, &from_dy[3], &clean[3]);
        }
    }
}

#[test]
fn a_group_of_an_example_keeps_its_values_to_itself() {
    let sizes = GroupSizes { examples: 11, positions: 1, channels: 18, groups: 3 };
    let (x, dy) = (numbers(11 * 18, 1), numbers(11 * 18, 2));
    let (gamma, beta) = (numbers(18, 3), numbers(18, 4));
    let affine =
        Affine { gamma: &gamma, beta: &beta, epsilon: 1e-5, activation: Activation::Identity };
    for isa in Isa::all() {
        let run = |x: &[f32], dy: &[f32]| {
            let (mut y, mut dx) = (vec![0.0; 11 * 18], vec![0.0; 11 * 18]);
            let (mut dgamma, mut dbeta) = (vec![0.0; 18], vec![0.0; 18]);
            let stats = norm::group_forward(isa, sizes, x, affine, &mut y);
            let gradient = AffineGradient { gamma: &mut dgamma, beta: &mut dbeta };
            norm::group_backward(isa, sizes, (x, dy), (affine, &stats), (&mut dx, gradient));
            [y, dx, dgamma, dbeta]
        };
        let clean = run(&x, &dy);
        for special in SPECIAL {
            let (mut other_x, mut other_dy) = (x.clone(), dy.clone());
            other_x[4 * 18 + 17] = special; // example 4, group 2
            other_dy[9 * 18 + 5] = special; // example 9, group 0
            let from_x = run(&other_x, &dy);
            only("y", 4 * 18 + 12..5 * 18, &from_x[0], &clean[0]);
            only("dx", 4 * 18 + 12..5 * 18, &from_x[1], &clean[1]);
            only("dgamma", 12..18, &from_x[2], &clean[2]);
            only("dbeta", 0..0, &from_x[3], &clean[3]);
            let from_dy = run(&x, &other_dy);
            only("dx", 9 * 18..9 * 18 + 6, &from_dy[1], &clean[1]);
            only("dgamma", 5..6, &from_dy[2], &clean[2]);
            only("dbeta", 5..6, &from_dy[3], &clean[3]);
        }
    }
}

#[test]
fn a_row_of_a_loss_keeps_its_gradient_to_itself() {
    let (values, targets) = (numbers(4 * 18, 1), numbers(4 * 18, 2));
    for isa in Isa::all() {
        let run = |values: &[f32]| {
            let (mut entropy, mut error) = (vec![0.0; 4 * 18], vec![0.0; 4 * 18]);
            let losses = [
                loss::cross_entropy(isa, values, &[0, 5, 17, 2], &mut entropy),
                loss::squared_error(isa, values, &targets, &mut error),
            ];
            (losses, entropy, error)
        };
        let (_, entropy, error) = run(&values);
        for special in SPECIAL {
            let mut other = values.clone();
            other[2 * 18 + 17] = special; // the label of its row
            let (losses, other_entropy, other_error) = run(&other);
            assert!(losses.iter().all(|loss| !loss.is_finite()), "{special}: {losses:?}");
            only("error", 2 * 18 + 17..3 * 18, &other_error, &error);
            let row = 2 * 18..3 * 18;
            let same = |i: usize| other_entropy[i].to_bits() == entropy[i].to_bits();
            assert!((0..4 * 18).all(|i| row.contains(&i) || same(i)), "{special}");
            // The probability of a class with logit -infinity is 0; what is left is the label's.
            if special == f32::NEG_INFINITY {
                assert_eq!((losses[0], other_entropy[2 * 18 + 17]), (f32::INFINITY, -0.25));
            } else {
                assert!(other_entropy[row].iter().all(|slope| slope.is_nan()), "{special}");
            }
        }
    }
}

#[test]
fn a_mean_of_an_image_keeps_its_values_to_itself() {
    let x = numbers(3 * 5 * 18, 1);
    for isa in Isa::all() {
        let run = |x: &[f32]| {
            let mut y = vec![0.0; 3 * 18];
            conv::global_average(isa, [3, 5, 18], x, &mut y);
            y
        };
        for special in SPECIAL {
            let mut other = x.clone();
            other[5 * 18 + 2 * 18 + 17] = special;
            only("mean", 18 + 17..2 * 18, &run(&other), &run(&x));
        }
    }
}

/// Each with every other.
const AWKWARD: [f32; 12] = [
    f32::NAN,
    f32::INFINITY,
    f32::NEG_INFINITY,
    0.0,
    -0.0,
    1e-40,
    -1e-45,
    f32::MIN_POSITIVE,
    1.0,
    -1e30,
    f32::MAX,
    3e-20,
];

fn same(a: f32, b: f32) -> bool {
    a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan())
}

#[test]
fn updates_are_the_plain_ones_bit_by_bit() {
    let adam = Adam { lr: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, penalty: 0.0, decay: 0.2 };
    let sgd = Sgd { lr: 0.1, momentum: 0.9, nesterov: true, penalty: 0.0, decay: 0.2 };
    let pairs: Vec<(f32, f32)> =
        AWKWARD.iter().flat_map(|&p| AWKWARD.iter().map(move |&g| (p, g))).collect();
    let (params, grads): (Vec<f32>, Vec<f32>) = pairs.iter().copied().unzip();
    for isa in Isa::all() {
        let mut param = params.clone();
        let (mut first, mut second) = (vec![0.0; param.len()], vec![0.0; param.len()]);
        update::adam(isa, adam, (1, 1.0), (&mut param, &grads), [&mut first, &mut second]);
        for (i, &(p, g)) in pairs.iter().enumerate() {
            let g = 0f32.mul_add(p, g); // the penalty
            let m = 0f32.mul_add(0.9, g * (1.0 - 0.9) as f32);
            let v = 0f32.mul_add(0.999, g * g * (1.0 - 0.999) as f32);
            assert!(same(first[i], m) && same(second[i], v), "{} of {g}", isa.name());
            let root = v.sqrt().mul_add((1.0 / (1.0f64 - 0.999).sqrt()) as f32, 1e-8);
            let step = (-0.01f64 / (1.0 - 0.9)) as f32;
            let expected = (m / root).mul_add(step, p * (1.0 - 0.01 * 0.2) as f32);
            assert!(same(param[i], expected), "{p}, {g}: {} not {expected}", param[i]);
        }
        let (mut param, mut velocity) = (params.clone(), vec![0.0; params.len()]);
        update::sgd(isa, sgd, 1.0, (&mut param, &grads), Some(&mut velocity));
        for (i, &(p, g)) in pairs.iter().enumerate() {
            let g = 0f32.mul_add(p, g);
            let v = 0f32.mul_add(0.9, g);
            let ahead = v.mul_add(0.9, g);
            let expected = ahead.mul_add(-0.1, p * (1.0 - 0.1 * 0.2) as f32);
            assert!(same(velocity[i], v), "{g}");
            assert!(same(param[i], expected), "{p}, {g}: {} not {expected}", param[i]);
        }
    }
}

#[test]
fn a_norm_of_what_is_not_finite_is_not_finite() {
    for isa in Isa::all() {
        assert!(update::squared_norm(isa, &[1.0, f32::NAN]).is_nan());
        assert_eq!(update::squared_norm(isa, &[1.0, f32::NEG_INFINITY]), f64::INFINITY);
        // Squares are taken in f32: below 2^-75 they are 0, above 2^64 infinite.
        assert_eq!(update::squared_norm(isa, &[1e-23, 1e-40]), 0.0);
        assert_eq!(update::squared_norm(isa, &[1e20]), f64::INFINITY);
    }
}

#[test]
fn denormal_values_and_signs_of_zero_pass() {
    let values = [1e-40f32, -1e-40, 1e-45, 0.0, -0.0];
    for isa in Isa::all() {
        for activation in [Activation::Identity, Activation::Tanh] {
            let (mut y, mut slopes) = (values, [0.0; 5]);
            activate(isa, activation, &mut y, None, Some(&mut slopes));
            assert_eq!(y.map(f32::to_bits), values.map(f32::to_bits), "{activation:?}");
            assert_eq!(slopes, [1.0; 5]);
        }
        for activation in [Activation::Gelu, Activation::Silu] {
            let mut y = values;
            activate(isa, activation, &mut y, None, None);
            let half = [5e-41f32, -5e-41, 0.0, 0.0, -0.0];
            assert_eq!(y.map(f32::to_bits), half.map(f32::to_bits), "{activation:?}");
        }
        let mut relu = values;
        activate(isa, Activation::Relu, &mut relu, None, None);
        assert_eq!(relu, [1e-40, 0.0, 1e-45, 0.0, 0.0]);
        let sizes = Dense { examples: 1, inputs: 2, outputs: 1 };
        let mut z = [0.0];
        dense::forward(isa, sizes, &[1e-40, -3e-41], (&[1.0, 1.0], None), &mut z);
        assert_eq!(z, [1e-40 - 3e-41f32]);
        let mut gradient = [0.0; 2];
        let loss = loss::squared_error(isa, &[1e-40, 0.0], &[0.0, 0.0], &mut gradient);
        assert_eq!((loss, gradient), (0.0, [1e-40, 0.0]));
    }
}
