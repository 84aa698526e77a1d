//! Blocks of every family against the modules, and models that begin or end at one.

use std::collections::BTreeMap;

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::{Device, Tensor, TensorData};
use fireassay_spec::{Kernels, Purpose, Stream};
use serde_json::{Value, json};

use super::*;
use crate::{Classifier, Clock, Input, build, count};

const SHAPE: [usize; 3] = [2, 9, 8];
const VALUES: usize = 2 * 9 * 8;
const CLASSES: usize = 3;

/// Every family, with every norm and every head.
fn specs() -> Vec<ModelSpec> {
    let norms = [json!("none"), json!("batch"), json!("layer"), json!({ "group": 2 })];
    let mut specs = vec![
        mlp(&json!({ "widths": [] })),
        mlp(&json!({ "dropout": 0.5, "dropout-at": "logits" })),
        cnn(&json!({ "head": "global-average", "dense": [], "pool": "average" })),
        cnn(&json!({ "head": "global-average", "padding": "valid", "pool": "none" })),
        cnn(&json!({ "dropout": 0.5, "dropout-at": "hidden", "dense": [6, 5] })),
        resnet(&json!({ "shortcut": "projection", "widths": [6, 4, 4], "activation": "tanh" })),
        resnet(&json!({ "dropout": 0.5 })),
        efficientnet(),
    ];
    for norm in norms {
        specs.push(mlp(&json!({ "norm": norm })));
        specs.push(cnn(&json!({ "norm": norm })));
        specs.push(resnet(&json!({ "norm": norm })));
    }
    specs
}

fn mlp(changes: &Value) -> ModelSpec {
    let spec = json!({ "widths": [16, 8, 6], "activation": "relu", "norm": "none",
        "dropout": 0.5, "dropout-at": "hidden" });
    spec_of("mlp", spec, changes)
}

fn cnn(changes: &Value) -> ModelSpec {
    let spec = json!({ "channels": [4, 6], "kernel": 3, "stride": 1, "padding": "same",
        "norm": "batch", "activation": "relu", "pool": "max", "head": "flatten", "dense": [8],
        "dropout": 0.0, "dropout-at": "features" });
    spec_of("cnn", spec, changes)
}

fn resnet(changes: &Value) -> ModelSpec {
    let spec = json!({ "depth": 14, "widths": [4, 6, 8], "norm": "batch", "activation": "relu",
        "shortcut": "padded-identity", "dropout": 0.0, "dropout-at": "features" });
    spec_of("resnet", spec, changes)
}

fn efficientnet() -> ModelSpec {
    let spec = json!({ "variant": 0, "dropout": 0.5, "dropout-at": "features" });
    spec_of("efficientnet-lite", spec, &json!({}))
}

fn spec_of(family: &str, mut spec: Value, changes: &Value) -> ModelSpec {
    for (key, value) in changes.as_object().unwrap() {
        spec[key] = value.clone();
    }
    serde_json::from_value(json!({ family: spec })).unwrap()
}

/// All of a few, the first and the last of many.
fn cuts(all: usize) -> impl Iterator<Item = usize> {
    (1..=all).filter(move |cut| all < 10 || *cut < 3 || cut + 1 >= all)
}

fn built(spec: &ModelSpec, kernels: Kernels, cut: Option<usize>, device: &Device) -> Classifier {
    let input = Input { shape: &SHAPE, num_classes: CLASSES, kernels, cut };
    build(spec, input, 5, &Clock::new(5), device)
}

/// In evaluation, with running statistics that have moved.
fn evaluated(spec: &ModelSpec, kernels: Kernels, cut: Option<usize>) -> Classifier {
    let device = Device::flex().autodiff();
    let model = built(spec, kernels, cut, &device);
    model.forward(examples(16, &device));
    model.valid()
}

fn examples(count: usize, device: &Device) -> Tensor<2> {
    let values = Stream::new(7, Purpose::Augment, 0, 0).symmetric(count * VALUES, 2.0);
    Tensor::from_data(TensorData::new(values, [count, VALUES]), device)
}

fn bits<const D: usize>(x: Tensor<D>) -> Vec<u32> {
    x.into_data().try_to_vec::<f32>().unwrap().into_iter().map(f32::to_bits).collect()
}

fn cases() -> impl Iterator<Item = (ModelSpec, Kernels)> {
    let of = |spec: ModelSpec| [Kernels::On, Kernels::Off].map(|kernels| (spec.clone(), kernels));
    specs().into_iter().flat_map(of)
}

/// Numbers of values by path.
#[derive(Default)]
struct Sizes {
    path: Vec<String>,
    found: BTreeMap<String, usize>,
}

impl ModuleVisitor for Sizes {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.push(name.into());
    }
    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.pop();
    }
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.found.insert(self.path.join("."), param.shape().num_elements());
    }
}

fn sizes(model: &Classifier) -> BTreeMap<String, usize> {
    let mut sizes = Sizes::default();
    model.visit(&mut sizes);
    sizes.found
}

/// What a plan is checked by, before anything is built.
#[test]
fn the_spec_counts_as_many_blocks() {
    for variant in 0..5 {
        let dropout_at = fireassay_spec::DropoutAt::Features;
        let lite = fireassay_spec::EfficientnetLiteSpec { variant, dropout: 0.0, dropout_at };
        let spec = ModelSpec::EfficientnetLite(lite);
        assert_eq!(blocks(&spec, &[3, 64, 64]).len(), spec.num_blocks(), "{variant}");
    }
    for spec in specs() {
        assert_eq!(blocks(&spec, &SHAPE).len(), spec.num_blocks(), "{spec:?}");
    }
}

#[test]
fn every_parameter_of_a_backbone_is_in_one_block() {
    let device = Device::flex();
    for spec in specs() {
        let whole = blocks(&spec, &SHAPE);
        assert_eq!(whole.len(), spec.num_blocks());
        for cut in cuts(whole.len()).map(Some).chain([None]) {
            let blocks = kept(&spec, &SHAPE, cut);
            assert_eq!(blocks, whole[..cut.unwrap_or(whole.len())]);
            let sizes = sizes(&built(&spec, Kernels::On, cut, &device));
            let mut params = vec![0; blocks.len()];
            let mut met: Vec<&str> = Vec::new();
            for (path, size) in sizes.iter().filter(|(path, _)| !path.starts_with("head.")) {
                let of = |block: &&Block| block.paths.iter().any(|start| path.starts_with(start));
                let owners: Vec<&Block> = blocks.iter().filter(of).collect();
                assert_eq!(owners.len(), 1, "{path}: {owners:?}");
                let paths = owners[0].paths.iter().map(String::as_str);
                met.extend(paths.filter(|start| path.starts_with(start)));
                let place = blocks.iter().position(|block| block == owners[0]).unwrap();
                params[place] += if path.contains("running_") { 0 } else { *size as u64 };
            }
            let expected: Vec<u64> = blocks.iter().map(|block| block.params).collect();
            assert_eq!(params, expected, "{spec:?}, cut {cut:?}");
            let mut all = blocks.iter().flat_map(|block| &block.paths);
            assert!(all.all(|start| met.contains(&start.as_str())), "a path of nothing: {spec:?}");
            let head: usize = ["head.weight", "head.bias"].map(|path| sizes[path]).iter().sum();
            let counted = count(&spec, &SHAPE, CLASSES, cut).params;
            assert_eq!(expected.iter().sum::<u64>() + head as u64, counted);
        }
    }
}

#[test]
fn a_model_goes_on_from_the_output_of_any_block() {
    for (spec, kernels) in cases() {
        let whole = blocks(&spec, &SHAPE);
        let model = evaluated(&spec, kernels, None);
        let x = examples(5, &Device::flex());
        let logits = bits(model.forward(x.clone()));
        let ks: Vec<usize> = (0..=whole.len()).rev().collect();
        for (&k, prefix) in ks.iter().zip(model.prefixes(x.clone(), &ks)) {
            let what = format!("{k} of {spec:?}, kernels {kernels}");
            let values = match k {
                _ if k == whole.len() => model.head.weight.dims()[0],
                0 => VALUES,
                _ => whole[k - 1].output.iter().product(),
            };
            assert_eq!(prefix.dims(), [5, values], "{what}");
            assert_eq!(bits(prefix.clone()), bits(model.prefix(k, x.clone())), "{what}");
            assert!(bits(model.forward_from(k, prefix)) == logits, "{what}");
        }
        let features = whole.last().map_or(VALUES, |block| block.features);
        assert_eq!(features, model.head.weight.dims()[0], "{spec:?}");
    }
}

#[test]
fn features_of_an_example_do_not_depend_on_its_neighbours() {
    let x = examples(64, &Device::flex());
    for (spec, kernels) in cases() {
        let model = evaluated(&spec, kernels, None);
        let ks: Vec<usize> = (0..=blocks(&spec, &SHAPE).len()).collect();
        let of = |x: Tensor<2>| -> Vec<Vec<Vec<u32>>> {
            let count = x.dims()[0];
            let by_example = |prefix: Tensor<2>| {
                let bits = bits(prefix);
                bits.chunks(bits.len() / count).map(<[u32]>::to_vec).collect()
            };
            model.prefixes(x, &ks).into_iter().map(by_example).collect()
        };
        let all = of(x.clone());
        let turned = of(x.clone().flip([0]));
        let three = of(x.clone().narrow(0, 20, 3));
        let alone = of(x.clone().narrow(0, 21, 1));
        for k in ks {
            let what = format!("block {k} of {spec:?}, kernels {kernels}");
            assert!(all[k].iter().eq(turned[k].iter().rev()), "{what}, in another order");
            assert!(all[k][20..23] == three[k], "{what}, 3 of them");
            assert!(all[k][21] == alone[k][0], "{what}, alone");
        }
    }
}

#[test]
fn a_cut_model_is_the_beginning_of_the_whole_one() {
    for (spec, kernels) in cases() {
        let whole = evaluated(&spec, kernels, None);
        let x = examples(5, &Device::flex());
        let all = blocks(&spec, &SHAPE);
        for cut in cuts(all.len()) {
            let model = evaluated(&spec, kernels, Some(cut));
            let what = format!("cut {cut} of {spec:?}, kernels {kernels}");
            for k in 0..cut {
                let same = bits(model.prefix(k, x.clone())) == bits(whole.prefix(k, x.clone()));
                assert!(same, "{what}, block {k}");
            }
            let features = model.prefix(cut, x.clone());
            assert_eq!(features.dims(), [5, all[cut - 1].features], "{what}");
            let logits = bits(model.forward(x.clone()));
            assert_eq!(bits(model.forward_from(cut, features)), logits, "{what}");
            let (cut, whole) = (sizes(&model), sizes(&whole));
            assert!(cut.keys().all(|path| whole.contains_key(path)), "{what}: {cut:?}");
        }
    }
}

#[test]
#[should_panic(expected = "invariant: 4 of 3 blocks cannot be kept")]
fn a_cut_behind_the_last_block_is_refused() {
    built(&mlp(&json!({})), Kernels::On, Some(4), &Device::flex());
}

#[test]
fn dropout_on_the_features_follows_them() {
    let device = Device::flex().autodiff();
    for spec in [
        mlp(&json!({ "dropout-at": "features" })),
        cnn(&json!({ "dropout": 0.5, "dropout-at": "features" })),
        cnn(&json!({ "dropout": 0.5, "dropout-at": "features", "dense": [] })),
        resnet(&json!({ "dropout": 0.5 })),
        efficientnet(),
    ] {
        let all = blocks(&spec, &SHAPE);
        let model = built(&spec, Kernels::On, None, &device);
        let features = Tensor::<2>::ones([200, all.last().unwrap().features], &device);
        let logits = bits(model.forward_from(all.len(), features.clone()));
        let without = bits(model.valid().forward_from(all.len(), features.inner()));
        assert!(logits != without, "{spec:?}");
    }
}

#[test]
fn blocks_have_names_paths_and_shapes() {
    let told = |spec: &ModelSpec, shape: &[usize]| -> Vec<String> {
        let line = |block: Block| {
            format!(
                "{} {} {:?} {}",
                block.name,
                block.paths.join(" "),
                block.output,
                block.features
            )
        };
        blocks(spec, shape).into_iter().map(line).collect()
    };
    let resnet = told(&resnet(&json!({ "depth": 8, "norm": "none" })), &[3, 15, 16]);
    assert_eq!(
        resnet,
        [
            "conv1 backbone.Resnet.conv1. [4, 15, 16] 4",
            "stages.0.blocks.0 backbone.Resnet.stages.0.blocks.0. [4, 15, 16] 4",
            "stages.1.blocks.0 backbone.Resnet.stages.1.blocks.0. [6, 8, 8] 6",
            "stages.2.blocks.0 backbone.Resnet.stages.2.blocks.0. [8, 4, 4] 8",
        ]
    );
    let normed = spec_of(
        "resnet",
        json!({ "depth": 20, "widths": [16, 32, 64], "norm": "batch", "activation": "relu",
            "shortcut": "padded-identity", "dropout": 0.0, "dropout-at": "features" }),
        &json!({}),
    );
    let all = blocks(&normed, &[3, 32, 32]);
    assert_eq!(all.len(), 10);
    assert_eq!(all[0].paths, ["backbone.Resnet.conv1.", "backbone.Resnet.norm1."]);
    assert_eq!((all[0].params, all[0].macs), (27 * 16 + 32, 27 * 16 * 1024));
    assert_eq!((all[9].params, all[9].macs), (2 * 36_864 + 256, 2 * 36_864 * 64));
    assert_eq!(
        told(&cnn(&json!({})), &SHAPE),
        [
            "blocks.0 backbone.Cnn.blocks.0. [4, 4, 4] 64",
            "blocks.1 backbone.Cnn.blocks.1. [6, 2, 2] 24",
            "dense.0 backbone.Cnn.dense.0. [8] 8",
        ]
    );
    let deep = told(&mlp(&json!({ "widths": vec![3; 12] })), &[5]);
    assert_eq!(deep[10], "blocks.10 backbone.Mlp.blocks.10. [3] 3");
}
