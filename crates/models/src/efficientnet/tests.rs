//! A small net against PyTorch (`tests/make_torch.py` made the values).

use std::collections::BTreeMap;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Device, Gradients, Tensor, TensorData};
use fireassay_spec::Kernels;
use serde_json::Value;

use super::*;

/// f32 against f64.
const TOLERANCE: f32 = 2e-5;
/// By running statistics maps are not brought to size, and each norm triples what was rounded before
/// it: PyTorch itself is off by 2.4e-5 in f32, and by 8e-7 in training.
const EVALUATED: f32 = 2e-4;

/// As the script has it.
fn layout() -> Layout {
    let shape = |[inputs, inner, outputs, kernel, stride]: [usize; 5]| Shape {
        inputs,
        inner,
        outputs,
        kernel,
        stride,
    };
    let bottlenecks = [[4, 4, 3, 3, 1], [3, 18, 5, 5, 2], [5, 30, 5, 3, 1], [5, 30, 4, 3, 2]];
    Layout { stem: 4, bottlenecks: bottlenecks.map(shape).to_vec(), top: 6 }
}

type Tensors = BTreeMap<String, (Vec<usize>, Vec<f32>)>;

fn tensors(all: &Value) -> Tensors {
    let read = |(name, tensor): (&String, &Value)| {
        let of = |key: &str| tensor[key].as_array().expect("a list").iter();
        let shape = of("shape").map(|side| side.as_u64().expect("a size") as usize);
        let values = of("values").map(|value| value.as_f64().expect("a number") as f32);
        (name.clone(), (shape.collect(), values.collect()))
    };
    all.as_object().expect("tensors").iter().map(read).collect()
}

/// Puts values in, by path.
struct Load<'a> {
    path: Vec<String>,
    from: &'a Tensors,
    used: usize,
}

impl ModuleMapper for Load<'_> {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.push(name.into());
    }
    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.pop();
    }
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let Some((shape, values)) = self.from.get(&self.path.join(".")) else { return param };
        self.used += 1;
        let (id, old, mapper) = param.consume();
        assert_eq!(old.dims().to_vec(), *shape, "{:?}", self.path);
        let data = TensorData::new(values.clone(), shape.clone());
        let tensor = Tensor::from_data(data, &old.device());
        Param::from_mapped_value(id, tensor.set_require_grad(old.is_require_grad()), mapper)
    }
}

/// Values of parameters and running statistics, or gradients of parameters.
struct Read<'a> {
    path: Vec<String>,
    grads: Option<&'a Gradients>,
    found: BTreeMap<String, Vec<f32>>,
}

impl ModuleVisitor for Read<'_> {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.push(name.into());
    }
    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.pop();
    }
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let value = match self.grads {
            None => Some(param.val().into_data()),
            Some(grads) => param.val().grad(grads).map(|grad| grad.into_data()),
        };
        if let Some(value) = value {
            self.found.insert(self.path.join("."), value.try_to_vec().expect("f32 values"));
        }
    }
}

fn read(net: &EfficientnetLite, grads: Option<&Gradients>) -> BTreeMap<String, Vec<f32>> {
    let mut read = Read { path: Vec::new(), grads, found: BTreeMap::new() };
    net.visit(&mut read);
    read.found
}

fn features(net: &EfficientnetLite, x: Tensor<4>) -> Tensor<2> {
    net.vector((0..6).fold(Signal::Maps(x), |x, block| net.block(block, x)))
}

fn close(what: &str, ours: &[f32], theirs: &[f32]) {
    within(TOLERANCE, what, ours, theirs);
}

fn within(bound: f32, what: &str, ours: &[f32], theirs: &[f32]) {
    assert_eq!(ours.len(), theirs.len(), "{what}");
    let size = theirs.iter().fold(1.0f32, |size, x| size.max(x.abs()));
    for (i, (a, b)) in ours.iter().zip(theirs).enumerate() {
        assert!((a - b).abs() <= bound * size, "{what}[{i}]: {a}, PyTorch has {b}");
    }
}

#[test]
fn a_small_net_is_pytorchs() {
    let all: Value = serde_json::from_str(include_str!("tests/torch.json")).expect("JSON");
    let [given, params, grads, buffers] =
        ["tensors", "params", "grads", "buffers"].map(|key| tensors(&all[key]));
    let tensor = |name: &str| TensorData::new(given[name].1.clone(), given[name].0.clone());
    let device = Device::flex().autodiff();
    for kernels in [Kernels::On, Kernels::Off] {
        let net = EfficientnetLite::new(&layout(), ([3, 13, 10], 6), None, kernels, &device);
        let mut load = Load { path: Vec::new(), from: &params, used: 0 };
        let net = net.map(&mut load);
        assert_eq!(load.used, params.len());
        let x = Tensor::<4>::from_data(tensor("input"), &device).require_grad();
        let trained = features(&net, x.clone());
        let factors = Tensor::<2>::from_data(tensor("factors"), &device);
        let found = (trained.clone() * factors).sum().backward();
        let what = |name: &str| format!("{name}, kernels {kernels}");
        let values = trained.into_data().try_to_vec::<f32>().expect("f32 values");
        close(&what("trained"), &values, &given["trained"].1);
        let of_x = x.grad(&found).expect("a gradient").into_data();
        close(&what("d input"), &of_x.try_to_vec::<f32>().expect("f32"), &grads["input"].1);
        let ours = read(&net, Some(&found));
        assert_eq!(ours.len(), params.len());
        for (path, grad) in &ours {
            close(&what(&format!("d {path}")), grad, &grads[path].1);
        }
        let net = net.valid();
        let state = read(&net, None);
        for (path, (_, expected)) in &buffers {
            close(&what(path), &state[path], expected);
        }
        let x = Tensor::<4>::from_data(tensor("input"), &Device::flex());
        let values = features(&net, x).into_data().try_to_vec::<f32>().expect("f32 values");
        within(EVALUATED, &what("evaluated"), &values, &given["evaluated"].1);
    }
}
