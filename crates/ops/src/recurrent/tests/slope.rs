//! Gradients against central differences of the plain recurrence in f64.

use super::*;

/// All inputs of a case, flat: x, h0, c0, w_ih, w_hh, b_ih, b_hh.
type Values = [Vec<f64>; 7];

const NAMES: [&str; 7] = ["dx", "dh0", "dc0", "dw_ih", "dw_hh", "db_ih", "db_hh"];

fn values_of(case: &Case) -> Values {
    let wide = |values: Vec<f32>| values.into_iter().map(f64::from).collect::<Vec<f64>>();
    let initial = case.initial.clone().expect("an initial state");
    let RecurrentWeights { input, hidden, bias: [bias_ih, bias_hh] } = case.weights.clone();
    let c0 = initial.c.map_or(vec![], |c| wide(of(c)));
    let [x, h0] = [wide(of(case.x.clone())), wide(of(initial.h))];
    let [w_ih, w_hh, b_ih, b_hh] = [of(input), of(hidden), of(bias_ih), of(bias_hh)].map(wide);
    [x, h0, c0, w_ih, w_hh, b_ih, b_hh]
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// The next hidden state of one example; an LSTM's cell state moves along.
fn step(cell: Cell, x: &[f64], h: &[f64], c: &mut [f64], weights: [&[f64]; 4]) -> Vec<f64> {
    let [w_ih, w_hh, b_ih, b_hh] = weights;
    let dot = |w: &[f64], v: &[f64], row: usize| -> f64 {
        w[row * v.len()..][..v.len()].iter().zip(v).map(|(w, v)| w * v).sum()
    };
    let unit = |unit: usize| {
        let of_x = |gate: usize| {
            let row = gate * h.len() + unit;
            dot(w_ih, x, row) + b_ih[row]
        };
        let of_h = |gate: usize| {
            let row = gate * h.len() + unit;
            dot(w_hh, h, row) + b_hh[row]
        };
        let sum = |gate: usize| of_x(gate) + of_h(gate);
        match cell {
            Cell::Lstm => {
                c[unit] = sigmoid(sum(1)) * c[unit] + sigmoid(sum(0)) * sum(2).tanh();
                sigmoid(sum(3)) * c[unit].tanh()
            }
            Cell::Gru => {
                let (r, z) = (sigmoid(sum(0)), sigmoid(sum(1)));
                let n = (of_x(2) + r * of_h(2)).tanh();
                (1.0 - z) * n + z * h[unit]
            }
            Cell::Tanh => sum(0).tanh(),
            Cell::Relu => sum(0).max(0.0),
        }
    };
    (0..h.len()).map(unit).collect()
}

/// The loss of `Case::all`.
fn loss(case: &Case, values: &Values) -> f64 {
    let [batch, steps, features] = case.x.dims();
    let [_, hidden] = case.weights.hidden.dims();
    let [x, h0, c0, w_ih, w_hh, b_ih, b_hh] = values;
    let factors = [(8, batch * steps * hidden), (9, batch * hidden), (10, batch * hidden)];
    let [of_all, of_h, of_c] = factors.map(|(seed, len)| numbers(len, seed));
    let weigh = |values: &[f64], by: &[f32]| -> f64 {
        values.iter().zip(by).map(|(value, &by)| value * f64::from(by)).sum()
    };
    let mut loss = 0.0;
    for example in 0..batch {
        let state = example * hidden..(example + 1) * hidden;
        let mut h = h0[state.clone()].to_vec();
        let mut c = c0.get(state.clone()).unwrap_or_default().to_vec();
        let length = case.layer.lengths.as_ref().map_or(steps, |lengths| lengths[example]);
        for index in 0..length {
            let time = match case.layer.direction {
                Direction::Forward => index,
                Direction::Reverse => length - 1 - index,
            };
            let place = example * steps + time;
            let seen = &x[place * features..][..features];
            h = step(case.layer.cell, seen, &h, &mut c, [w_ih, w_hh, b_ih, b_hh]);
            loss += weigh(&h, &of_all[place * hidden..]);
        }
        loss += weigh(&h, &of_h[state.start..]) + weigh(&c, &of_c[state.start..]);
    }
    loss
}

fn check(case: &Case) {
    let mut values = values_of(case);
    let found = BOTH.map(|kernels| case.all(kernels));
    for part in 0..values.len() {
        let len = values[part].len();
        let difference = |i: usize| {
            let value = values[part][i];
            let mut at = |shift: f64| {
                values[part][i] = value + shift;
                loss(case, &values)
            };
            let difference = at(1e-5) - at(-1e-5);
            values[part][i] = value;
            (difference / 2e-5) as f32
        };
        let exact: Vec<f32> = (0..len).map(difference).collect();
        for found in &found {
            let Some((_, found)) = found.iter().find(|(name, _)| *name == NAMES[part]) else {
                assert!(exact.is_empty(), "{} is missing", NAMES[part]);
                continue;
            };
            let what = format!("{} of {:?} {:?}", NAMES[part], case.layer, case.x.dims());
            assert_near(found, &exact, 5e-6, &what);
        }
    }
}

#[test]
fn gradients_are_those_of_central_differences() {
    for cell in CELLS {
        for direction in DIRECTIONS {
            for sizes in [[1, 1, 1, 1], [1, 3, 1, 17], [3, 4, 2, 5], [2, 3, 1, 1]] {
                let case = Case::new(cell, direction, sizes);
                check(&case);
                check(&case.with_some_lengths());
            }
        }
    }
}
