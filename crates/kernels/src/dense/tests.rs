//! Dense layers against f64 sums.

use super::*;
use crate::testing::{assert_same_bits, numbers, on_every_machine};

const SIZES: [Dense; 9] = [
    Dense { examples: 1, inputs: 1, outputs: 1 },
    Dense { examples: 3, inputs: 0, outputs: 2 },
    Dense { examples: 0, inputs: 4, outputs: 5 },
    Dense { examples: 5, inputs: 7, outputs: 16 },
    Dense { examples: 13, inputs: 33, outputs: 10 },
    Dense { examples: 64, inputs: 20, outputs: 32 },
    Dense { examples: 31, inputs: 16, outputs: 50 },
    Dense { examples: 2, inputs: 65, outputs: 17 },
    Dense { examples: 27, inputs: 3, outputs: 96 },
];

struct Case {
    x: Vec<f32>,
    w: Vec<f32>,
    bias: Vec<f32>,
    dz: Vec<f32>,
}

/// `z`, `dx`, `dw` and `db`, one behind the other.
fn all(isa: Isa, sizes: Dense, case: &Case) -> Vec<f32> {
    let mut z = vec![f32::NAN; case.dz.len()];
    let mut dx = vec![f32::NAN; case.x.len()];
    let mut dw = vec![f32::NAN; case.w.len()];
    let mut db = vec![f32::NAN; case.bias.len()];
    forward(isa, sizes, &case.x, (&case.w, Some(&case.bias)), &mut z);
    input_gradient(isa, sizes, &case.dz, &case.w, &mut dx);
    weight_gradient(isa, sizes, (&case.x, &case.dz), &mut dw, Some(&mut db));
    [z, dx, dw, db].concat()
}

fn case(sizes: Dense) -> Case {
    let Dense { examples, inputs, outputs } = sizes;
    Case {
        x: numbers(examples * inputs, 1),
        w: numbers(inputs * outputs, 2),
        bias: numbers(outputs, 3),
        dz: numbers(examples * outputs, 4),
    }
}

/// The same with every sum in f64.
fn exact(sizes: Dense, case: &Case) -> Vec<f64> {
    let Dense { examples: n, inputs, outputs } = sizes;
    let x = |i: usize, k: usize| f64::from(case.x[i * inputs + k]);
    let w = |k: usize, j: usize| f64::from(case.w[k * outputs + j]);
    let dz = |i: usize, j: usize| f64::from(case.dz[i * outputs + j]);
    let mut all = Vec::new();
    for i in 0..n {
        for j in 0..outputs {
            let sum: f64 = (0..inputs).map(|k| x(i, k) * w(k, j)).sum();
            all.push(f64::from(case.bias[j]) + sum);
        }
    }
    for i in 0..n {
        all.extend((0..inputs).map(|k| (0..outputs).map(|j| dz(i, j) * w(k, j)).sum::<f64>()));
    }
    for k in 0..inputs {
        all.extend((0..outputs).map(|j| (0..n).map(|i| x(i, k) * dz(i, j)).sum::<f64>()));
    }
    all.extend((0..outputs).map(|j| (0..n).map(|i| dz(i, j)).sum::<f64>()));
    all
}

#[test]
fn values_and_gradients_are_those_of_f64_sums() {
    for sizes in SIZES {
        let case = case(sizes);
        let expected = exact(sizes, &case);
        for isa in Isa::all() {
            let found = all(isa, sizes, &case);
            for (i, (found, expected)) in found.iter().zip(&expected).enumerate() {
                let error = (f64::from(*found) - expected).abs();
                assert!(error < 3e-6, "{} {sizes:?} [{i}]: {found} not {expected}", isa.name());
            }
        }
    }
}

#[test]
fn bits_do_not_depend_on_instructions_threads_or_repetition() {
    for sizes in SIZES {
        let case = case(sizes);
        assert_same_bits(&on_every_machine(|isa| all(isa, sizes, &case)));
    }
}

#[test]
fn without_a_bias_sums_begin_at_zero() {
    let sizes = Dense { examples: 2, inputs: 2, outputs: 1 };
    let mut z = [f32::NAN; 2];
    forward(Isa::best(), sizes, &[1.0, 2.0, 3.0, 4.0], (&[10.0, 100.0], None), &mut z);
    assert_eq!(z, [210.0, 430.0]);
}

#[test]
fn what_is_not_finite_stays_where_it_belongs() {
    let sizes = Dense { examples: 2, inputs: 2, outputs: 3 };
    let x = [f32::INFINITY, 1.0, 1.0, 1.0];
    let w = [1.0, -1.0, 0.0, f32::NAN, 1.0, 1.0];
    for isa in Isa::all() {
        let mut z = [0.0; 6];
        forward(isa, sizes, &x, (&w, None), &mut z);
        assert!(z[0].is_nan() && z[3].is_nan(), "{z:?}");
        assert_eq!(z[1], f32::NEG_INFINITY);
        assert!(z[2].is_nan(), "infinity times zero");
        assert_eq!(z[4..], [0.0, 1.0]);
    }
}
