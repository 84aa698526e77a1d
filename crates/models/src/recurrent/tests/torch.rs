//! Against values of PyTorch. `make_torch.py` made `torch.json`.

use burn::module::ModuleMapper;
use serde_json::Value;

use super::*;

const SPEC: RecurrentSpec =
    RecurrentSpec { cell: Cell::Lstm, hidden: 3, layers: 2, directions: Directions::Both };
const LENGTHS: [usize; 3] = [4, 1, 3];
const BATCH: usize = 3;
const STEPS: usize = 4;
const FEATURES: usize = 2;

/// `layers.1.reverse.weight_ih` as `weight_ih_l1_reverse`.
fn name_of(path: &str) -> String {
    let parts: Vec<&str> = path.split('.').collect();
    let [_, layer, direction, name] = parts[..] else { panic!("a parameter of a layer: {path}") };
    let direction = if direction == "reverse" { "_reverse" } else { "" };
    format!("{name}_l{layer}{direction}")
}

fn floats(values: &Value) -> Vec<f32> {
    let values = values.as_array().expect("a list of numbers");
    values.iter().map(|value| value.as_f64().expect("a number") as f32).collect()
}

fn tensor<const D: usize>(values: Vec<f32>, shape: [usize; D]) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values, shape), &Device::flex().autodiff()).require_grad()
}

/// Gives every parameter its value in PyTorch.
struct Load<'a> {
    path: Vec<String>,
    values: &'a Value,
}

impl ModuleMapper for Load<'_> {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let values = floats(&self.values[name_of(&self.path.join("."))]);
        param.map(|old| tensor(values, old.dims()))
    }
}

/// States `[layer and direction, batch, hidden]`, one by one.
fn states(values: &Value) -> Vec<Tensor<2>> {
    let values = floats(values);
    values.chunks(BATCH * SPEC.hidden).map(|h| tensor(h.to_vec(), [BATCH, SPEC.hidden])).collect()
}

fn case(cell: Cell, values: &Value) -> Case {
    let spec = RecurrentSpec { cell, ..SPEC };
    let model = Recurrent::new(&spec, FEATURES, Kernels::On, &Device::flex().autodiff());
    let leaves = &values["leaves"];
    let c0 = leaves.get("c0").map(states);
    let state = |(i, h): (usize, _)| RecurrentState { h, c: c0.as_ref().map(|c0| c0[i].clone()) };
    Case {
        model: model.map(&mut Load { path: vec![], values: leaves }),
        x: tensor(floats(&leaves["x"]), [BATCH, STEPS, FEATURES]),
        lengths: Some(LENGTHS.to_vec()),
        initial: Some(states(&leaves["h0"]).into_iter().enumerate().map(state).collect()),
    }
}

#[test]
fn packed_sequences_give_what_they_give_in_pytorch() {
    let all: Value = serde_json::from_str(include_str!("torch.json")).expect("JSON");
    for (cell, kernels) in CELLS.into_iter().flat_map(|cell| BOTH.map(|kernels| (cell, kernels))) {
        let values = &all[format!("{cell:?}")];
        let case = case(cell, values);
        let (outputs, last) = case.run(kernels);
        let near = |found: &[f32], of: &str, name: &str| {
            let what = format!("{name} of {cell:?}, kernels {kernels}");
            assert_near(found, &floats(&values[of][name]), 2e-6, &what);
        };
        near(&of(outputs.clone().inner()), "outputs", "out");
        let mut loss =
            (outputs * tensor(floats(&values["factors"]["out"]), [BATCH, STEPS, 6])).sum();
        let initial = case.initial.clone().expect("states");
        for (name, start) in [("h", "h0"), ("c", "c0")] {
            let part = |state: RecurrentState| if name == "h" { Some(state.h) } else { state.c };
            let parts: Option<Vec<Tensor<2>>> = last.iter().cloned().map(part).collect();
            let Some(parts) = parts else { continue };
            let found: Vec<f32> = parts.iter().flat_map(|part| of(part.clone().inner())).collect();
            near(&found, "outputs", name);
            for (part, factor) in parts.into_iter().zip(states(&values["factors"][name])) {
                loss = loss + (part * factor).sum();
            }
            assert!(values["leaves"].get(start).is_some(), "{start}");
        }
        let mut grads = loss.backward();
        near(&of(case.x.grad_remove(&mut grads).expect("of the input")), "grads", "x");
        let mut of_states = |part: fn(&RecurrentState) -> Option<&Tensor<2>>| -> Vec<f32> {
            let parts = initial.iter().filter_map(part);
            parts.flat_map(|part| of(part.grad_remove(&mut grads).expect("of a state"))).collect()
        };
        near(&of_states(|state| Some(&state.h)), "grads", "h0");
        if cell == Cell::Lstm {
            near(&of_states(|state| state.c.as_ref()), "grads", "c0");
        }
        let found = read(&case.model, grads);
        assert_eq!(found.len(), 16);
        for (path, grad) in &found {
            near(grad, "grads", &name_of(path));
        }
    }
}
