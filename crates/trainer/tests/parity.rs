//! Models, losses, gradients and optimizers against PyTorch (parity/make.py made the values).
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::{Device, Int, Tensor, TensorData};
use fireassay_models::{Classifier, Clock, Input, build};
use fireassay_ops::cross_entropy;
use fireassay_spec::{Kernels, ModelSpec, OptimSpec};
use fireassay_trainer::optim::Optimizer;
use fireassay_trainer::state::{Blob, Tensors, model_state, restore_model};
use serde::Deserialize;

/// f32 against f32: sums of up to 200 products in another order.
const TOLERANCE: f32 = 2e-5;

#[derive(Deserialize)]
struct Reference {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    model: ModelSpec,
    shape: Vec<usize>,
    classes: usize,
    inputs: Vec<f32>,
    labels: Vec<i32>,
    init: BTreeMap<String, Values>,
    logits: Vec<f32>,
    loss: f32,
    grads: BTreeMap<String, Values>,
    buffers: BTreeMap<String, Values>,
    eval_logits: Vec<f32>,
    optim: Option<OptimSpec>,
    after: Option<BTreeMap<String, Values>>,
}

#[derive(Deserialize)]
struct Values {
    shape: Vec<usize>,
    values: Vec<f32>,
}

/// Every case in both forms of the kernels.
fn cases() -> Vec<(Case, Kernels)> {
    let of = |kernels| {
        let text = include_str!("parity/reference.json");
        let mut cases = serde_json::from_str::<Reference>(text).unwrap().cases;
        for case in &mut cases {
            case.name = format!("{}, kernels {kernels}", case.name);
        }
        cases.into_iter().map(move |case| (case, kernels))
    };
    of(Kernels::On).chain(of(Kernels::Off)).collect()
}

fn close(what: &str, ours: &[f32], theirs: &[f32]) {
    assert_eq!(ours.len(), theirs.len(), "{what}");
    for (i, (a, b)) in ours.iter().zip(theirs).enumerate() {
        assert!((a - b).abs() <= TOLERANCE * (1.0 + b.abs()), "{what}[{i}]: {a}, PyTorch has {b}");
    }
}

fn floats(blob: &Blob) -> Vec<f32> {
    blob.bytes.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
}

/// The case's model with the case's weights; running statistics as built.
fn model(case: &Case, kernels: Kernels, device: &Device) -> Classifier {
    let input = Input { shape: &case.shape, num_classes: case.classes, kernels, cut: None };
    let built = build(&case.model, input, 0, &Clock::new(0), device);
    let mut tensors: Tensors = model_state(&built).unwrap();
    for (path, init) in &case.init {
        let old = tensors.get_mut(path).unwrap_or_else(|| panic!("{}: no `{path}`", case.name));
        assert_eq!(old.shape, init.shape, "{}: {path}", case.name);
        old.bytes = init.values.iter().flat_map(|value| value.to_le_bytes()).collect();
    }
    let buffers = tensors.keys().filter(|path| path.contains("running_")).count();
    assert_eq!(tensors.len(), case.init.len() + buffers, "{}: parameters", case.name);
    restore_model(build(&case.model, input, 0, &Clock::new(0), device), &tensors).unwrap()
}

fn batch(case: &Case, device: &Device) -> (Tensor<2>, Tensor<1, Int>) {
    let n = case.labels.len();
    let inputs = TensorData::new(case.inputs.clone(), [n, case.inputs.len() / n]);
    let labels = TensorData::new(case.labels.clone(), [n]);
    (Tensor::from_data(inputs, device), Tensor::from_data(labels, device))
}

struct Grads<'a> {
    path: Vec<String>,
    grads: &'a GradientsParams,
    found: BTreeMap<String, Vec<f32>>,
}

impl ModuleVisitor for Grads<'_> {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.push(name.into());
    }
    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.pop();
    }
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(grad) = self.grads.get::<D>(param.id) {
            self.found.insert(self.path.join("."), grad.into_data().try_to_vec().unwrap());
        }
    }
}

#[test]
fn forward_loss_gradients_and_running_statistics_are_pytorchs() {
    let device = Device::flex().autodiff();
    for (case, kernels) in cases() {
        let model = model(&case, kernels, &device);
        let (inputs, labels) = batch(&case, &device);
        let logits = model.forward(inputs);
        close(&case.name, &logits.clone().into_data().try_to_vec::<f32>().unwrap(), &case.logits);
        let loss = cross_entropy(kernels, logits, labels);
        close(&case.name, &[loss.clone().into_scalar()], &[case.loss]);

        let grads = GradientsParams::from_grads(loss.backward(), &model);
        let mut visitor = Grads { path: Vec::new(), grads: &grads, found: BTreeMap::new() };
        model.visit(&mut visitor);
        assert!(visitor.found.keys().eq(case.grads.keys()), "{}: gradients", case.name);
        for (path, grad) in &visitor.found {
            close(&format!("{} d {path}", case.name), grad, &case.grads[path].values);
        }
        let state = model_state(&model).unwrap();
        for (path, buffer) in &case.buffers {
            close(&format!("{} {path}", case.name), &floats(&state[path]), &buffer.values);
        }

        let plain = Device::flex();
        let logits = model.valid().forward(batch(&case, &plain).0);
        let name = format!("{} in evaluation", case.name);
        close(&name, &logits.into_data().try_to_vec::<f32>().unwrap(), &case.eval_logits);
    }
}

#[test]
fn four_updates_of_every_optimizer_are_pytorchs() {
    let device = Device::flex().autodiff();
    let mut seen = 0;
    for (case, kernels) in cases() {
        let (Some(spec), Some(after)) = (&case.optim, &case.after) else { continue };
        let mut model = model(&case, kernels, &device);
        let mut optim = Optimizer::new(spec, &model);
        for _ in 0..4 {
            let (inputs, labels) = batch(&case, &device);
            let loss = cross_entropy(kernels, model.forward(inputs), labels);
            let grads = GradientsParams::from_grads(loss.backward(), &model);
            model = optim.step(spec.lr, model, grads);
        }
        let state = model_state(&model).unwrap();
        for (path, values) in after {
            close(&format!("{} {path}", case.name), &floats(&state[path]), &values.values);
        }
        seen += 1;
    }
    assert_eq!(seen, 22);
}
