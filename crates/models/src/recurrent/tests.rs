//! Stacks of layers: names, sizes, initial values, and both forms against each other.

mod torch;

use std::collections::BTreeMap;

use burn::module::ModuleVisitor;
use burn::tensor::{Gradients, TensorData};

use super::*;
use crate::bind::bind;
use crate::count::count_recurrent;

const CELLS: [Cell; 4] = [Cell::Lstm, Cell::Gru, Cell::Tanh, Cell::Relu];
const DIRECTIONS: [Directions; 2] = [Directions::Forward, Directions::Both];
const BOTH: [Kernels; 2] = [Kernels::Off, Kernels::On];

/// Values of every parameter, by path.
type Values = BTreeMap<String, Vec<f32>>;

fn specs() -> impl Iterator<Item = RecurrentSpec> {
    let kinds = CELLS.into_iter().flat_map(|cell| DIRECTIONS.map(|directions| (cell, directions)));
    kinds.flat_map(|(cell, directions)| {
        [(1, 1), (5, 2), (17, 1), (4, 3)].map(|(hidden, layers)| RecurrentSpec {
            cell,
            hidden,
            layers,
            directions,
        })
    })
}

fn of<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_to_vec().expect("f32 values")
}

/// Numbers of a wave, whose gradient is wanted.
fn wave<const D: usize>(shape: [usize; D], start: f32) -> Tensor<D> {
    let values = |i: usize| (start + i as f32 * 1.7).sin();
    let values: Vec<f32> = (0..shape.iter().product()).map(values).collect();
    let values = TensorData::new(values, shape);
    Tensor::from_data(values, &Device::flex().autodiff()).require_grad()
}

fn assert_near(found: &[f32], expected: &[f32], bound: f32, what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let size = expected.iter().fold(1.0f32, |size, x| size.max(x.abs()));
    for (i, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert!((found - expected).abs() <= bound * size, "{what} [{i}]: {found} not {expected}");
    }
}

/// Reads what `read` finds of each parameter, by path.
struct Reader<F> {
    path: Vec<String>,
    read: F,
    found: Values,
}

trait Read {
    fn read<const D: usize>(&mut self, param: &Param<Tensor<D>>) -> Option<Tensor<D>>;
}

struct TheirValues;

impl Read for TheirValues {
    fn read<const D: usize>(&mut self, param: &Param<Tensor<D>>) -> Option<Tensor<D>> {
        Some(param.val())
    }
}

impl Read for Gradients {
    fn read<const D: usize>(&mut self, param: &Param<Tensor<D>>) -> Option<Tensor<D>> {
        param.val().grad_remove(self)
    }
}

impl<F: Read> ModuleVisitor for Reader<F> {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(values) = self.read.read(param) {
            self.found.insert(self.path.join("."), of(values));
        }
    }
}

fn read(model: &Recurrent, read: impl Read) -> Values {
    let mut reader = Reader { path: vec![], read, found: Values::new() };
    model.visit(&mut reader);
    reader.found
}

/// A stack, and states that it starts from.
#[derive(Clone)]
struct Case {
    model: Recurrent,
    x: Tensor<3>,
    lengths: Option<Vec<usize>>,
    initial: Option<Vec<RecurrentState>>,
}

impl Case {
    fn new(spec: &RecurrentSpec, [batch, steps, features]: [usize; 3]) -> Self {
        let device = Device::flex().autodiff();
        let model = bind(Recurrent::new(spec, features, Kernels::On, &device), 7);
        let state = |index: usize| {
            let state = |start: f32| wave([batch, spec.hidden], start + index as f32);
            let c = (spec.cell == Cell::Lstm).then(|| state(0.7));
            RecurrentState { h: state(0.3), c }
        };
        let initial = (0..spec.layers * spec.directions.count()).map(state).collect();
        let x = wave([batch, steps, features], 0.0);
        Self { model, x, lengths: None, initial: Some(initial) }
    }

    fn with_lengths(mut self) -> Self {
        let [batch, steps, _] = self.x.dims();
        self.lengths = Some((0..batch).map(|i| (i * 3 + steps) % (steps + 1)).collect());
        self
    }

    fn run(&self, kernels: Kernels) -> (Tensor<3>, Vec<RecurrentState>) {
        let model = Recurrent { kernels, ..self.model.clone() };
        model.forward(self.x.clone(), self.lengths.as_deref(), self.initial.as_deref())
    }

    /// Outputs, last states and gradients, under a loss that weighs all outputs differently.
    fn all(&self, kernels: Kernels) -> Values {
        let (outputs, states) = self.run(kernels);
        let mut loss = (outputs.clone() * wave(outputs.dims(), 2.0)).sum();
        let mut found = Values::from([("outputs".into(), of(outputs.inner()))]);
        for (i, state) in states.into_iter().enumerate() {
            for (name, part) in [("h", Some(state.h)), ("c", state.c)] {
                let Some(part) = part else { continue };
                loss = loss + (part.clone() * wave(part.dims(), 3.0 + i as f32)).sum();
                found.insert(format!("{name}{i}"), of(part.inner()));
            }
        }
        let mut grads = loss.backward();
        found.insert("dx".into(), of(self.x.grad_remove(&mut grads).expect("of the input")));
        for (i, state) in self.initial.iter().flatten().enumerate() {
            for (name, part) in [("dh", Some(&state.h)), ("dc", state.c.as_ref())] {
                let Some(part) = part else { continue };
                let grad = part.grad_remove(&mut grads).expect("of a state");
                found.insert(format!("{name}{i}"), of(grad));
            }
        }
        found.extend(read(&self.model, grads));
        found
    }
}

#[test]
fn a_stack_has_its_closed_form_number_of_parameters() {
    for spec in specs() {
        let model = Recurrent::new(&spec, 3, Kernels::On, &Device::flex());
        let found = model.num_params() as u64;
        assert_eq!(found, count_recurrent(&spec, [9, 3]).params, "{spec:?}");
    }
    // 4 (64 (12 + 64) + 2 * 64) and PyTorch's number for two layers in both directions.
    let one =
        RecurrentSpec { cell: Cell::Lstm, hidden: 64, layers: 1, directions: Directions::Forward };
    let counts = count_recurrent(&one, [28, 12]);
    assert_eq!((counts.params, counts.macs), (19_968, 28 * 19_456));
    let two = RecurrentSpec { layers: 2, directions: Directions::Both, ..one };
    assert_eq!(count_recurrent(&two, [28, 12]).params, 139_264);
    let gru = RecurrentSpec { cell: Cell::Gru, ..one };
    assert_eq!(count_recurrent(&gru, [28, 12]).params, 14_976);
}

#[test]
fn parameters_are_named_as_pytorchs_are() {
    let spec =
        RecurrentSpec { cell: Cell::Gru, hidden: 5, layers: 2, directions: Directions::Both };
    let found = read(&Recurrent::new(&spec, 3, Kernels::On, &Device::flex()), TheirValues);
    let sizes: Vec<(&str, usize)> =
        found.iter().map(|(path, values)| (path.as_str(), values.len())).collect();
    let cell =
        |inputs| [("bias_hh", 15), ("bias_ih", 15), ("weight_hh", 75), ("weight_ih", inputs)];
    let mut expected = vec![];
    for (layer, inputs) in [(0, 45), (1, 150)] {
        for direction in ["forward", "reverse"] {
            let path = |name| format!("layers.{layer}.{direction}.{name}");
            expected.extend(cell(inputs).map(|(name, len)| (path(name), len)));
        }
    }
    assert!(sizes.into_iter().eq(expected.iter().map(|(path, len)| (path.as_str(), *len))));
}

#[test]
fn initial_values_lie_in_the_range_and_depend_on_seed_and_path_only() {
    let device = Device::flex();
    let values = |layers, directions, seed| {
        let spec = RecurrentSpec { cell: Cell::Lstm, hidden: 16, layers, directions };
        read(&bind(Recurrent::new(&spec, 3, Kernels::On, &device), seed), TheirValues)
    };
    let small = values(1, Directions::Forward, 3);
    let large = values(2, Directions::Both, 3);
    for (path, values) in &large {
        let largest = values.iter().fold(0.0f32, |largest, value| largest.max(value.abs()));
        assert!(largest <= 0.25 && largest > 0.2, "{path}: {largest}");
        assert!(small.get(path).is_none_or(|small| small == values), "{path}");
    }
    assert_eq!(small.keys().filter(|path| large.contains_key(*path)).count(), 4);
    assert_ne!(small, values(1, Directions::Forward, 4));
    let all: Vec<&Vec<f32>> = large.values().collect();
    assert!((1..all.len()).all(|i| all[i - 1] != all[i]), "each parameter draws for itself");
}

#[test]
fn the_fused_stack_is_the_composed_one() {
    for spec in specs() {
        let from_states = Case::new(&spec, [4, 5, 3]);
        let from_zeros = Case { initial: None, ..from_states.clone() };
        for case in [from_states, from_zeros] {
            for case in [case.clone(), case.with_lengths()] {
                let [composed, fused] = BOTH.map(|kernels| case.all(kernels));
                assert!(composed.keys().eq(fused.keys()), "{spec:?}");
                for (name, fused) in &fused {
                    let what = format!("{name} of {spec:?}, lengths {:?}", case.lengths);
                    assert_near(fused, &composed[name], 5e-6, &what);
                }
            }
        }
    }
}

#[test]
fn shapes_are_pytorchs_and_the_last_states_alone_are_the_same_bits() {
    for spec in specs() {
        for kernels in BOTH {
            let case = Case::new(&spec, [4, 5, 3]).with_lengths();
            let (outputs, states) = case.run(kernels);
            assert_eq!(outputs.dims(), [4, 5, spec.outputs()]);
            assert_eq!(states.len(), spec.layers * spec.directions.count());
            let model = Recurrent { kernels, ..case.model.clone() };
            let (x, lengths) = (case.x.clone(), case.lengths.as_deref());
            let alone = model.last(x, lengths, case.initial.as_deref());
            let bits = |states: Vec<RecurrentState>| -> Vec<_> {
                let bits = |state: RecurrentState| (of(state.h), state.c.map(of));
                states.into_iter().map(bits).collect()
            };
            assert_eq!(bits(alone), bits(states), "{spec:?}");
        }
    }
}

#[test]
fn evaluation_gives_the_bits_of_training() {
    for spec in specs() {
        let case = Case { initial: None, ..Case::new(&spec, [4, 5, 3]).with_lengths() };
        let (outputs, _) = case.run(Kernels::On);
        let x = case.x.clone().inner();
        let (plain, _) = case.model.clone().valid().forward(x, case.lengths.as_deref(), None);
        assert_eq!(plain.device(), Device::flex());
        assert_eq!(of(plain), of(outputs.inner()), "{spec:?}");
    }
}
