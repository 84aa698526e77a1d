//! Fused layers against composed ones and against central differences.

mod slope;

use super::*;
use crate::testing::{BOTH, assert_near, constant, leaf, numbers, values as of};
use burn::tensor::Device;

const CELLS: [Cell; 4] = [Cell::Lstm, Cell::Gru, Cell::Tanh, Cell::Relu];
const DIRECTIONS: [Direction; 2] = [Direction::Forward, Direction::Reverse];

/// Batch, steps, features, hidden units.
const SIZES: [[usize; 4]; 5] =
    [[1, 1, 1, 1], [1, 3, 1, 17], [3, 4, 2, 5], [9, 5, 7, 16], [2, 3, 33, 20]];

/// A layer and what it reads, all of them leaves of a graph.
#[derive(Clone, Debug)]
struct Case {
    layer: Recurrence,
    x: Tensor<3>,
    initial: Option<RecurrentState>,
    weights: RecurrentWeights,
}

impl Case {
    /// Of numbers without structure, from states that are not zeros.
    fn new(cell: Cell, direction: Direction, [batch, steps, features, hidden]: [usize; 4]) -> Self {
        let rows = cell.gates() * hidden;
        let has_cell_state = cell == Cell::Lstm;
        // Smaller ones, so that no state grows from step to step and rounding with it.
        let recurrent = constant([rows, hidden], 5) * 0.25;
        Self {
            layer: Recurrence { cell, direction, lengths: None },
            x: leaf([batch, steps, features], 1),
            initial: Some(RecurrentState {
                h: leaf([batch, hidden], 2),
                c: has_cell_state.then(|| leaf([batch, hidden], 3)),
            }),
            weights: RecurrentWeights {
                input: leaf([rows, features], 4),
                hidden: recurrent.detach().require_grad(),
                bias: [leaf([rows], 6), leaf([rows], 7)],
            },
        }
    }

    fn without_states(mut self) -> Self {
        self.initial = None;
        self
    }

    fn with_lengths(mut self, lengths: &[usize]) -> Self {
        self.layer.lengths = Some(lengths.into());
        self
    }

    /// Lengths from none to all steps.
    fn with_some_lengths(self) -> Self {
        let [batch, steps, _] = self.x.dims();
        let lengths: Vec<usize> = (0..batch).map(|i| (i * 3 + steps) % (steps + 1)).collect();
        self.with_lengths(&lengths)
    }

    fn run(&self, kernels: Kernels) -> (Tensor<3>, RecurrentState) {
        let (x, initial) = (self.x.clone(), self.initial.clone());
        recurrent(kernels, x, initial, self.weights.clone(), &self.layer)
    }

    /// All that is given out, and the gradients of all that is read, under a loss that weighs every
    /// output differently.
    fn all(&self, kernels: Kernels) -> Vec<(&'static str, Vec<f32>)> {
        let (all, RecurrentState { h, c }) = self.run(kernels);
        let mut loss = (all.clone() * constant(all.dims(), 8)).sum();
        loss = loss + (h.clone() * constant(h.dims(), 9)).sum();
        if let Some(c) = c.clone() {
            loss = loss + (c.clone() * constant(c.dims(), 10)).sum();
        }
        let mut grads = loss.backward();
        let mut found = vec![("all", of(all.inner())), ("h", of(h.inner()))];
        found.extend(c.map(|c| ("c", of(c.inner()))));
        let missing = "a gradient of each";
        found.push(("dx", of(self.x.grad_remove(&mut grads).expect(missing))));
        let RecurrentWeights { input, hidden, bias: [bias_ih, bias_hh] } = &self.weights;
        let initial = self
            .initial
            .iter()
            .flat_map(|initial| [("dh0", Some(&initial.h)), ("dc0", initial.c.as_ref())]);
        let given = initial.chain([("dw_ih", Some(input)), ("dw_hh", Some(hidden))]);
        for (name, leaf) in given.filter_map(|(name, leaf)| Some((name, leaf?))) {
            found.push((name, of(leaf.grad_remove(&mut grads).expect(missing))));
        }
        for (name, leaf) in [("db_ih", bias_ih), ("db_hh", bias_hh)] {
            found.push((name, of(leaf.grad_remove(&mut grads).expect(missing))));
        }
        found
    }

    fn check_forms(&self, what: &str) {
        let [composed, fused] = BOTH.map(|kernels| self.all(kernels));
        assert_eq!(composed.len(), fused.len(), "{what}");
        for ((name, fused), (_, composed)) in fused.iter().zip(&composed) {
            assert_near(fused, composed, 5e-6, &format!("{what} {name}"));
        }
    }
}

fn cases() -> impl Iterator<Item = (String, Case)> {
    let kinds = CELLS.into_iter().flat_map(|cell| DIRECTIONS.map(|direction| (cell, direction)));
    kinds.flat_map(|(cell, direction)| {
        SIZES.map(|sizes| {
            (format!("{cell:?} {direction:?} {sizes:?}"), Case::new(cell, direction, sizes))
        })
    })
}

#[test]
fn the_fused_layer_is_the_composed_one() {
    for (name, case) in cases() {
        case.check_forms(&name);
        case.clone().without_states().check_forms(&format!("{name} from zeros"));
        case.clone().with_some_lengths().check_forms(&format!("{name} with lengths"));
        case.without_states()
            .with_some_lengths()
            .check_forms(&format!("{name} from zeros, lengths"));
    }
}

#[test]
fn an_lstm_may_start_from_a_hidden_state_alone() {
    let mut case = Case::new(Cell::Lstm, Direction::Forward, SIZES[2]);
    case.initial.as_mut().expect("an initial state").c = None;
    case.check_forms("no cell state");
}

#[test]
fn sequences_without_steps_end_as_they_started() {
    for kernels in BOTH {
        for (name, case) in cases() {
            let [batch, _, _] = case.x.dims();
            let (all, RecurrentState { h, c }) =
                case.clone().with_lengths(&vec![0; batch]).run(kernels);
            let initial = case.initial.expect("an initial state");
            assert_eq!(of(h.inner()), of(initial.h.inner()), "{name}");
            assert_eq!(c.map(|c| of(c.inner())), initial.c.map(|c| of(c.inner())), "{name}");
            assert!(of(all.inner()).iter().all(|&value| value == 0.0), "{name}");
        }
    }
}

#[test]
fn a_batch_without_steps_has_states_only() {
    for kernels in BOTH {
        for cell in CELLS {
            let mut case = Case::new(cell, Direction::Forward, [3, 1, 2, 5]);
            case.x = case.x.slice([0..3, 0..0]);
            let (all, RecurrentState { h, .. }) = case.run(kernels);
            assert_eq!(all.dims(), [3, 0, 5]);
            assert_eq!(of(h.inner()), numbers(15, 2));
        }
    }
}

#[test]
fn the_last_state_alone_has_the_same_bits_and_gradients() {
    for kernels in BOTH {
        for (name, case) in cases() {
            let case = case.with_some_lengths();
            let RecurrentState { h, c } = {
                let (x, initial) = (case.x.clone(), case.initial.clone());
                recurrent_last(kernels, x, initial, case.weights.clone(), &case.layer)
            };
            let (_, whole) = case.run(kernels);
            assert_eq!(of(h.clone().inner()), of(whole.h.clone().inner()), "{name}");
            let bits = |c: Option<Tensor<2>>| c.map(|c| of(c.inner()));
            assert_eq!(bits(c), bits(whole.c), "{name}");
            // The other outputs are in no loss.
            let [alone, whole] = [h, whole.h].map(|h| {
                let mut grads = h.powi_scalar(2).sum().backward();
                let x = case.x.grad_remove(&mut grads).expect("a gradient");
                (of(x), of(case.weights.hidden.grad_remove(&mut grads).expect("a gradient")))
            });
            assert_eq!(alone, whole, "{name}");
        }
    }
}

#[test]
fn a_loss_on_the_cell_state_alone_has_a_gradient() {
    let case = Case::new(Cell::Lstm, Direction::Reverse, SIZES[3]);
    let [composed, fused] = BOTH.map(|kernels| {
        let (_, last) = case.run(kernels);
        let mut grads = last.c.expect("a cell state").sum().backward();
        of(case.weights.input.grad_remove(&mut grads).expect("a gradient"))
    });
    assert_near(&fused, &composed, 5e-6, "of the cell state");
}

#[test]
fn layers_on_top_of_each_other_pass_gradients() {
    for (cell, lengths) in CELLS.into_iter().flat_map(|cell| [(cell, false), (cell, true)]) {
        let [bottom, top] = [4, 6].map(|features| {
            let case = Case::new(cell, Direction::Forward, [5, 3, features, 6]);
            if lengths { case.with_some_lengths() } else { case }
        });
        let [composed, fused] = BOTH.map(|kernels| {
            let (all, _) = bottom.run(kernels);
            let top = Case { x: all, ..top.clone() };
            // A gradient that is one value, broadcast.
            let mut grads = top.run(kernels).0.sum().backward();
            of(bottom.x.grad_remove(&mut grads).expect("a gradient"))
        });
        assert_near(&fused, &composed, 5e-6, &format!("two layers of {cell:?}"));
    }
}

#[test]
fn undefined_numbers_stay_in_their_example() {
    for kernels in BOTH {
        for (name, mut case) in cases() {
            let [batch, steps, features] = case.x.dims();
            let [clean, ..] = &case.all(kernels)[..] else { panic!("outputs") };
            let (clean, hidden) = (clean.1.clone(), case.weights.hidden.dims()[1]);
            let mut x = numbers(batch * steps * features, 1);
            x[..features].fill(f32::NAN); // the first step of the first example
            let x = burn::tensor::TensorData::new(x, [batch, steps, features]);
            case.x = Tensor::<3>::from_data(x, &case.x.device()).require_grad();
            let found = case.all(kernels);
            let of_example = |values: &[f32], example: usize, len: usize| {
                values[example * len..(example + 1) * len].to_vec()
            };
            assert!(of_example(&found[0].1, 0, steps * hidden)[0].is_nan(), "{name}");
            for example in 1..batch {
                let len = steps * hidden;
                let (found, clean) = (of_example(&found[0].1, example, len), &clean);
                assert_eq!(found, of_example(clean, example, len), "{name}");
            }
            let (_, dx) = found.iter().find(|(name, _)| *name == "dx").expect("of the input");
            for example in 1..batch {
                let dx = of_example(dx, example, steps * features);
                assert!(dx.iter().all(|value| value.is_finite()), "{name}");
            }
        }
    }
}

#[test]
fn what_lies_behind_a_length_is_not_read() {
    for kernels in BOTH {
        for cell in CELLS {
            let case = Case::new(cell, Direction::Reverse, [3, 4, 2, 5]).with_lengths(&[2, 0, 4]);
            let mut x = numbers(24, 1);
            x[4..16].fill(f32::NAN); // two steps of the first example, and all of the second
            let spoiled = Case {
                x: Tensor::<3>::from_data(
                    burn::tensor::TensorData::new(x, [3, 4, 2]),
                    &case.x.device(),
                )
                .require_grad(),
                ..case.clone()
            };
            assert_eq!(spoiled.all(kernels), case.all(kernels), "{cell:?} {kernels}");
        }
    }
}

#[test]
fn bits_repeat_over_calls_and_numbers_of_threads() {
    for (name, case) in cases() {
        let case = case.with_some_lengths();
        let expected = case.all(Kernels::On);
        for threads in [1, 2, 3] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
            let found = pool.expect("a pool of threads").install(|| case.all(Kernels::On));
            assert_eq!(found, expected, "{name}, {threads} threads");
        }
    }
}

#[test]
fn without_autodiff_values_are_the_same_bits() {
    for (name, case) in cases() {
        let case = case.with_some_lengths();
        let (all, last) = case.run(Kernels::On);
        let RecurrentWeights { input, hidden, bias } = case.weights.clone();
        let weights = RecurrentWeights {
            input: input.inner(),
            hidden: hidden.inner(),
            bias: bias.map(Tensor::inner),
        };
        let initial = case.initial.clone().map(|initial| RecurrentState {
            h: initial.h.inner(),
            c: initial.c.map(Tensor::inner),
        });
        let x = case.x.clone().inner();
        let (plain, plain_last) = recurrent(Kernels::On, x, initial, weights, &case.layer);
        assert_eq!(plain.device(), Device::flex());
        assert_eq!(of(plain), of(all.inner()), "{name}");
        assert_eq!(of(plain_last.h), of(last.h.inner()), "{name}");
        assert_eq!(plain_last.c.map(of), last.c.map(|c| of(c.inner())), "{name}");
    }
}

#[test]
fn what_needs_no_gradient_gets_none() {
    let mut case = Case::new(Cell::Gru, Direction::Forward, SIZES[2]);
    (case.x, case.initial) = (constant([3, 4, 2], 1), None);
    case.weights.bias[0] = constant([15], 6);
    let mut grads = case.run(Kernels::On).0.sum().backward();
    assert!(case.x.grad_remove(&mut grads).is_none());
    assert!(case.weights.bias[0].grad_remove(&mut grads).is_none());
    assert!(case.weights.hidden.grad_remove(&mut grads).is_some());
    // Nothing at all is wanted.
    let x = constant::<2>([15, 2], 4);
    case.weights = RecurrentWeights {
        input: x,
        hidden: constant([15, 5], 5),
        bias: [constant([15], 6), constant([15], 7)],
    };
    assert_eq!(case.run(Kernels::On).0.dims(), [3, 4, 5]);
}

#[test]
fn a_view_is_read_in_its_order() {
    let [composed, fused] = BOTH.map(|kernels| {
        let mut case = Case::new(Cell::Lstm, Direction::Forward, [3, 4, 2, 5]).without_states();
        let x = leaf([4, 3, 2], 1);
        let w = leaf([2, 20], 4);
        (case.x, case.weights.input) = (x.clone().swap_dims(0, 1), w.clone().transpose());
        let (all, _) = case.run(kernels);
        let mut grads = all.clone().sum().backward();
        let [dx, dw] = [
            of(x.grad_remove(&mut grads).expect("a gradient")),
            of(w.grad_remove(&mut grads).expect("a gradient")),
        ];
        [of(all.inner()), dx, dw].concat()
    });
    assert_near(&fused, &composed, 5e-6, "a transposed input");
}
