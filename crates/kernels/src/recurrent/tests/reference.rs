//! Against the recurrence in f64, written down plainly, and its central differences.

use proptest::prelude::*;

use super::*;

/// The parts of a case that have gradients, in f64: input, h0, c0, w_ih, w_hh, b_ih, b_hh.
type Values = [Vec<f64>; 7];

const NAMES: [&str; 7] = ["input", "h0", "c0", "w_ih", "w_hh", "b_ih", "b_hh"];

impl Case {
    fn values(&self) -> Values {
        let wide =
            |values: &[f32]| values.iter().map(|&value| f64::from(value)).collect::<Vec<_>>();
        let rows = vec![0.0; self.cell.gates() * self.shape.hidden];
        let [h0, c0] = match &self.initial {
            Some(initial) => initial.each_ref().map(|state| wide(state)),
            None => [vec![0.0; self.state()], vec![0.0; self.state()]],
        };
        let [b_ih, b_hh] = match &self.bias {
            Some(bias) => bias.each_ref().map(|bias| wide(bias)),
            None => [rows.clone(), rows],
        };
        [wide(&self.input), h0, c0, wide(&self.w_ih), wide(&self.w_hh), b_ih, b_hh]
    }

    /// `all`, `h`, `c`.
    pub(super) fn exact(&self) -> [Vec<f64>; 3] {
        self.exact_of(&self.values())
    }

    fn exact_of(&self, values: &Values) -> [Vec<f64>; 3] {
        let Shape { batch, steps, features, hidden } = self.shape;
        let [input, h0, c0, w_ih, w_hh, b_ih, b_hh] = values;
        let mut all = vec![0.0; batch * steps * hidden];
        let (mut h, mut c) = (h0.clone(), c0.clone());
        for example in 0..batch {
            let length = self.lengths.as_ref().map_or(steps, |lengths| lengths[example]);
            for step in 0..length {
                let time = match self.direction {
                    Direction::Forward => step,
                    Direction::Reverse => length - 1 - step,
                };
                let at = example * steps + time;
                let x = &input[at * features..][..features];
                let state = example * hidden..(example + 1) * hidden;
                let before = h[state.clone()].to_vec();
                let dot = |w: &[f64], v: &[f64], row: usize| -> f64 {
                    w[row * v.len()..][..v.len()].iter().zip(v).map(|(w, v)| w * v).sum()
                };
                let from_x = |row: usize| dot(w_ih, x, row) + b_ih[row];
                let from_h = |row: usize| dot(w_hh, &before, row) + b_hh[row];
                for unit in 0..hidden {
                    let row = |gate: usize| gate * hidden + unit;
                    let sum = |gate: usize| from_x(row(gate)) + from_h(row(gate));
                    let cell = &mut c[state.start + unit];
                    let after = match self.cell {
                        Cell::Lstm => {
                            *cell = sigmoid(sum(1)) * *cell + sigmoid(sum(0)) * sum(2).tanh();
                            sigmoid(sum(3)) * cell.tanh()
                        }
                        Cell::Gru => {
                            let (r, z) = (sigmoid(sum(0)), sigmoid(sum(1)));
                            let n = (from_x(row(2)) + r * from_h(row(2))).tanh();
                            (1.0 - z) * n + z * before[unit]
                        }
                        Cell::Tanh => sum(0).tanh(),
                        Cell::Relu if sum(0) <= 0.0 => 0.0,
                        Cell::Relu => sum(0),
                    };
                    h[state.start + unit] = after;
                    all[at * hidden + unit] = after;
                }
            }
        }
        if self.cell != Cell::Lstm {
            c.clear();
        }
        [all, h, c]
    }

    /// What the given gradients are those of.
    fn loss(&self, values: &Values) -> f64 {
        let outputs = self.exact_of(values);
        let mut loss = 0.0;
        for (outputs, given) in outputs.iter().zip(&self.given) {
            for (output, &given) in outputs.iter().zip(given) {
                // Behind a length the output is 0, whatever is given there.
                loss += if given.is_nan() { 0.0 } else { output * f64::from(given) };
            }
        }
        loss
    }

    fn check_gradients(&self, bound: f64) {
        let results = self.run(Isa::best());
        let mut values = self.values();
        for part in 0..values.len() {
            if NAMES[part] == "c0" && self.cell != Cell::Lstm {
                continue;
            }
            let exact: Vec<f64> = (0..values[part].len())
                .map(|i| {
                    let value = values[part][i];
                    let mut at = |shift: f64| {
                        values[part][i] = value + shift;
                        self.loss(&values)
                    };
                    let difference = at(1e-5) - at(-1e-5);
                    values[part][i] = value;
                    difference / 2e-5
                })
                .collect();
            let exact: Vec<f64> =
                exact.into_iter().map(|x| if x.is_nan() { 0.0 } else { x }).collect();
            let error = error(results.get(NAMES[part]), &exact);
            assert!(error <= bound, "{} of {self}: {error:e}", NAMES[part]);
        }
    }

    /// The gradients' product with some direction, against the difference along it.
    fn check_slope(&self, bound: f64) {
        let results = self.run(Isa::best());
        let values = self.values();
        let direction: Values = std::array::from_fn(|part| {
            let numbers = numbers(values[part].len(), 20 + part as u32);
            numbers.into_iter().map(f64::from).collect()
        });
        let at = |shift: f64| {
            self.loss(&std::array::from_fn(|part| {
                let pairs = values[part].iter().zip(&direction[part]);
                pairs.map(|(value, direction)| value + shift * direction).collect()
            }))
        };
        let exact = (at(1e-5) - at(-1e-5)) / 2e-5;
        let (mut slope, mut size) = (0.0, 0.0);
        for (name, direction) in NAMES.iter().zip(&direction) {
            // There are none of `c0` in some cells, and those behind lengths are zeros.
            for (&gradient, direction) in results.get(name).iter().zip(direction) {
                slope += f64::from(gradient) * direction;
                size += (f64::from(gradient) * direction).abs();
            }
        }
        assert!((slope - exact).abs() <= bound * size, "{self}: {slope} instead of {exact}");
    }

    pub(super) fn check_outputs(&self, bound: f64) {
        let results = self.run(Isa::best());
        for (name, exact) in ["all", "h", "c"].into_iter().zip(self.exact()) {
            let error = error(results.get(name), &exact);
            assert!(error <= bound, "{name} of {self}: {error:e}");
        }
    }
}

impl std::fmt::Display for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} {:?} {:?} {:?}", self.cell, self.shape, self.direction, self.lengths)
    }
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

#[test]
fn outputs_are_those_of_the_plain_recurrence() {
    let shapes = [[1, 1, 1, 1], [3, 5, 2, 17], [9, 4, 7, 16], [13, 3, 33, 20], [2, 12, 1, 47]];
    for cell in CELLS {
        for sizes in shapes {
            for direction in [Direction::Forward, Direction::Reverse] {
                let case = Case::new(cell, sizes, direction);
                case.check_outputs(1e-6);
                case.clone().plain().check_outputs(1e-6);
                let lengths: Vec<usize> =
                    (0..sizes[0]).map(|i| (i * 5 + 2) % (sizes[1] + 1)).collect();
                case.with_lengths(&lengths).check_outputs(1e-6);
            }
        }
    }
}

#[test]
fn gradients_are_those_of_central_differences() {
    for cell in CELLS {
        for sizes in [[1, 1, 1, 1], [3, 4, 2, 5], [11, 3, 3, 3], [1, 3, 1, 17]] {
            let case = Case::new(cell, sizes, Direction::Forward);
            case.check_gradients(2e-6);
            case.plain().check_gradients(2e-6);
        }
    }
}

#[test]
fn gradients_stop_at_lengths() {
    for cell in CELLS {
        for direction in [Direction::Forward, Direction::Reverse] {
            let case = Case::new(cell, [11, 4, 3, 3], direction);
            case.with_lengths(&[4, 0, 2, 3, 1, 4, 4, 2, 0, 3, 1]).check_gradients(2e-6);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(48) })]

    #[test]
    fn any_sizes_give_what_the_plain_recurrence_gives(
        (cell, reverse) in (0..CELLS.len(), any::<bool>()),
        sizes in [0..40usize, 0..8usize, 0..24usize, 1..40usize],
        lengths in proptest::option::of(proptest::collection::vec(0..8usize, 40)),
    ) {
        let direction = if reverse { Direction::Reverse } else { Direction::Forward };
        let mut case = Case::new(CELLS[cell], sizes, direction);
        if let Some(mut lengths) = lengths {
            lengths.truncate(sizes[0]);
            lengths.iter_mut().for_each(|length| *length = (*length).min(sizes[1]));
            case = case.with_lengths(&lengths);
        }
        case.check_outputs(1e-6);
        if case.cell != Cell::Relu { // it has a bend, which a difference may lie across
            case.check_slope(1e-6);
        }
    }
}
