//! Models by the names that they have in PyTorch: every tensor has one, those of others' weights are
//! these, and with them a model computes what PyTorch does.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::print_stdout, reason = "what was skipped, and how near it is")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};
use fireassay_models::{Classifier, Clock, Input, build};
use fireassay_spec::{Kernels, ModelSpec};
use fireassay_trainer::state::{Blob, Tensors, model_state, restore_model};
use fireassay_weights::{Layout, Preset, fit, read};
use serde::Deserialize;
use serde_json::{Value, json};

/// f32 against f32, through a whole network.
const TOLERANCE: f32 = 1e-3;

fn resnet(changes: &Value) -> Value {
    let spec = json!({ "depth": 20, "widths": [16, 32, 64], "norm": "batch",
        "activation": "relu", "shortcut": "padded-identity", "dropout": 0.0,
        "dropout-at": "features" });
    family("resnet", spec, changes)
}

fn mlp(changes: &Value) -> Value {
    let spec = json!({ "widths": [16, 8], "activation": "relu", "norm": "none", "dropout": 0.0,
        "dropout-at": "hidden" });
    family("mlp", spec, changes)
}

fn cnn(changes: &Value) -> Value {
    let spec = json!({ "channels": [4, 6], "kernel": 3, "stride": 1, "padding": "same",
        "norm": "batch", "activation": "relu", "pool": "max", "head": "flatten", "dense": [8],
        "dropout": 0.0, "dropout-at": "features" });
    family("cnn", spec, changes)
}

fn family(name: &str, mut spec: Value, changes: &Value) -> Value {
    for (key, value) in changes.as_object().unwrap() {
        spec[key] = value.clone();
    }
    json!({ name: spec })
}

fn efficientnet() -> Value {
    let spec = json!({ "variant": 0, "dropout": 0.0, "dropout-at": "features" });
    json!({ "efficientnet-lite": spec })
}

fn spec(value: Value) -> ModelSpec {
    serde_json::from_value(value).unwrap()
}

fn built(spec: &ModelSpec, shape: &[usize], classes: usize, kernels: Kernels) -> Classifier {
    let input = Input { shape, num_classes: classes, kernels, cut: None };
    build(spec, input, 1, &Clock::new(1), &Device::flex())
}

/// Names in PyTorch, and shapes there.
fn names(spec: &ModelSpec, shape: &[usize], classes: usize) -> BTreeMap<String, Vec<usize>> {
    let state = model_state(&built(spec, shape, classes, Kernels::On)).unwrap();
    let back = Preset::of_model(spec).inverse();
    let there = state.into_iter().map(|(path, blob)| {
        let (name, layout) = back.apply(&path).unwrap_or_else(|| panic!("{path} has no name"));
        let mut shape = blob.shape;
        if layout == Layout::Transposed {
            shape.reverse();
        }
        (name, shape)
    });
    there.collect()
}

#[test]
fn every_tensor_has_one_name_and_comes_back_under_it() {
    let norms = [json!("none"), json!("batch"), json!("layer"), json!({ "group": 2 })];
    let mut specs = vec![efficientnet(), resnet(&json!({ "shortcut": "projection" }))];
    for norm in norms {
        let norm = json!({ "norm": norm });
        specs.extend([mlp(&norm), cnn(&norm), resnet(&norm)]);
    }
    for spec in specs.into_iter().map(spec) {
        let state = model_state(&built(&spec, &[3, 32, 32], 10, Kernels::On)).unwrap();
        let remap = Preset::of_model(&spec);
        let back = remap.clone().inverse();
        let mut names = BTreeSet::new();
        for (path, blob) in &state {
            let (name, layout) = back.apply(path).unwrap_or_else(|| panic!("{path}: no name"));
            assert_eq!(remap.apply(&name), Some((path.clone(), layout)), "{path}");
            assert_eq!(layout == Layout::Transposed, blob.shape.len() == 2, "{path}");
            assert!(names.insert(name), "{path}: the name of another");
        }
    }
}

#[test]
fn lists_of_modules_are_named_as_they_are_here() {
    let of = |model: Value| names(&spec(model), &[1, 8, 8], 3);
    let cnn = of(cnn(&json!({})));
    let expected = [
        ("blocks.0.conv.bias", vec![4]),
        ("blocks.0.conv.weight", vec![4, 1, 3, 3]),
        ("blocks.0.norm.bias", vec![4]),
        ("blocks.0.norm.running_mean", vec![4]),
        ("blocks.0.norm.running_var", vec![4]),
        ("blocks.0.norm.weight", vec![4]),
        ("blocks.1.conv.bias", vec![6]),
    ];
    let found = cnn.iter().map(|(name, shape)| (name.as_str(), shape.clone()));
    assert_eq!(found.take(7).collect::<Vec<_>>(), expected);
    assert_eq!(cnn["dense.0.linear.weight"], [8, 24]);
    assert_eq!(cnn["head.weight"], [3, 8]);
    let mlp = of(mlp(&json!({ "norm": "layer" })));
    assert_eq!(mlp["blocks.1.linear.weight"], [8, 16]);
    assert_eq!(mlp["blocks.1.norm.weight"], [8]);
    assert_eq!(mlp["head.bias"], [3]);
}

/// What stands in the files of others (`crates/weights/tests/make_fetched_reference.py`).
#[derive(Deserialize)]
struct File {
    shapes: BTreeMap<String, Vec<usize>>,
}

#[test]
fn networks_of_others_have_the_names_of_their_files() {
    let text = include_str!("../../weights/tests/fetched_reference.json");
    let files: BTreeMap<String, File> = serde_json::from_str(text).unwrap();
    let resnet = names(&spec(resnet(&json!({}))), &[3, 32, 32], 10);
    assert_eq!(resnet, files["resnet20-12fca82f.th"].shapes);
    let efficientnet = names(&spec(efficientnet()), &[3, 224, 224], 1000);
    assert_eq!(efficientnet, files["efficientnet-lite0-57934424.pth"].shapes);
}

#[test]
fn deeper_residual_networks_have_the_names_of_their_modules() {
    for depth in [32, 44, 56] {
        let mut expected = BTreeSet::from(["conv1.weight", "linear.weight", "linear.bias"])
            .into_iter()
            .map(str::to_owned)
            .collect::<BTreeSet<_>>();
        let mut norm = |name: String| {
            for of in ["weight", "bias", "running_mean", "running_var"] {
                expected.insert(format!("{name}.{of}"));
            }
        };
        norm("bn1".to_owned());
        let mut convs = Vec::new();
        for stage in 1..=3 {
            for block in 0..(depth - 2) / 6 {
                for i in 1..=2 {
                    norm(format!("layer{stage}.{block}.bn{i}"));
                    convs.push(format!("layer{stage}.{block}.conv{i}.weight"));
                }
            }
        }
        expected.extend(convs);
        let spec = spec(resnet(&json!({ "depth": depth })));
        let found = names(&spec, &[3, 32, 32], 10);
        assert!(found.keys().eq(&expected), "ResNet-{depth}: {found:?}");
    }
}

/// The folder of fetched weights, if there is one.
fn folder() -> Option<PathBuf> {
    let data = std::env::var_os("FIREASSAY_TEST_DATA");
    if data.is_none() {
        println!("skipped: FIREASSAY_TEST_DATA names no folder");
    }
    data.map(|data| PathBuf::from(data).join("weights"))
}

/// A model with the weights of a file, in evaluation.
fn loaded(spec: &ModelSpec, fresh: Classifier, file: &Path) -> Classifier {
    let state = model_state(&fresh).unwrap();
    let shapes = state.iter().map(|(path, blob)| (path.clone(), blob.shape.clone())).collect();
    let tensors = read(file, None).unwrap().tensors;
    let fit = fit(tensors, &Preset::of_model(spec), &shapes, &[]).unwrap();
    let blob = |(path, loaded): (String, fireassay_weights::Loaded)| {
        let tensor = loaded.tensor;
        let bytes = tensor.values.iter().flat_map(|value| value.to_le_bytes()).collect();
        (path, Blob { shape: tensor.shape, bytes })
    };
    let tensors: Tensors = fit.strict().unwrap().into_iter().map(blob).collect();
    restore_model(fresh, &tensors).unwrap().valid()
}

/// An array as numpy writes it: shape and bytes.
fn array(path: &Path) -> (Vec<usize>, Vec<u8>) {
    let bytes = std::fs::read(path).unwrap();
    let len = usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    let header = std::str::from_utf8(&bytes[10..10 + len]).unwrap();
    let sides = header.split_once("'shape': (").unwrap().1.split_once(')').unwrap().0;
    let sides = sides.split(',').filter_map(|side| side.trim().parse().ok());
    (sides.collect(), bytes[10 + len..].to_vec())
}

fn floats(path: &Path) -> (Vec<usize>, Vec<f32>) {
    let (shape, bytes) = array(path);
    let values = bytes.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes));
    (shape, values.collect())
}

/// The logits of some images, held against those of PyTorch.
fn compare(model: &Classifier, (count, inputs): (usize, Vec<f32>), expected: &Path) {
    let values = inputs.len() / count;
    let inputs = TensorData::new(inputs, [count, values]);
    let logits = model.forward(Tensor::from_data(inputs, &Device::flex())).into_data();
    let logits = logits.try_to_vec::<f32>().unwrap();
    let (_, expected) = floats(expected);
    assert_eq!(logits.len(), expected.len());
    let apart = logits.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    println!("{count} images: off by {apart} at most");
    assert!(apart <= TOLERANCE, "off by {apart}");
}

#[test]
fn resnet20_has_the_logits_of_pytorch() {
    let Some(folder) = folder() else { return };
    let (shape, pixels) = array(&folder.join("golden/resnet20_images_u8_nhwc.npy"));
    let (means, deviations) = ([0.485f32, 0.456, 0.406], [0.229f32, 0.224, 0.225]);
    let mut inputs = Vec::with_capacity(pixels.len());
    for image in pixels.chunks_exact(32 * 32 * 3) {
        for channel in 0..3 {
            let pixels = image.iter().skip(channel).step_by(3);
            let normal =
                |&pixel: &u8| (f32::from(pixel) / 255.0 - means[channel]) / deviations[channel];
            inputs.extend(pixels.map(normal));
        }
    }
    let spec = spec(resnet(&json!({})));
    for kernels in [Kernels::On, Kernels::Off] {
        let fresh = built(&spec, &[3, 32, 32], 10, kernels);
        let model = loaded(&spec, fresh, &folder.join("resnet20-12fca82f.th"));
        let expected = folder.join("golden/resnet20_logits.npy");
        compare(&model, (shape[0], inputs.clone()), &expected);
    }
}

#[test]
fn efficientnet_lite0_has_the_logits_of_pytorch() {
    let Some(folder) = folder() else { return };
    let (shape, inputs) = floats(&folder.join("golden/effnet_lite0_input_nchw.npy"));
    let spec = spec(efficientnet());
    for kernels in [Kernels::On, Kernels::Off] {
        let fresh = built(&spec, &[3, 224, 224], 1000, kernels);
        let model = loaded(&spec, fresh, &folder.join("efficientnet-lite0-57934424.pth"));
        let expected = folder.join("golden/effnet_lite0_logits.npy");
        compare(&model, (shape[0], inputs.clone()), &expected);
    }
}
