//! Every model family in every variant: it builds to its closed-form size, learns one batch by
//! heart, and switching one component leaves the others' initial values and masks as they were.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::borrow::Cow;
use std::collections::BTreeMap;

use burn::tensor::{Device, Tensor};
use fireassay_data::{Augment, Dataset};
use fireassay_models::{Classifier, Clock, Input, build, count};
use fireassay_spec::{AugmentSpec, Kernels, Metric, ModelSpec};
use fireassay_trainer::batch::{Batch, upload};
use fireassay_trainer::eval::evaluate;
use fireassay_trainer::feed::Feed;
use fireassay_trainer::first_batch::repeat_first_batch;
use fireassay_trainer::state::{Tensors, model_state, param_facts};
use serde_json::{Value, json};
use support::{CLASSES, adam, cnn, dataset, dataset_of, merge, mlp, trial};

fn variants() -> Vec<ModelSpec> {
    let norms = [json!("none"), json!("batch"), json!("layer"), json!({ "group": 2 })];
    let mut specs = Vec::new();
    for norm in &norms {
        specs.push(mlp(&json!({ "norm": norm })));
        specs.push(cnn(&json!({ "norm": norm })));
        specs.push(resnet(&json!({ "norm": norm })));
    }
    specs.push(resnet(&json!({ "shortcut": "projection", "widths": [6, 4, 4], "depth": 14 })));
    specs.push(resnet(&json!({ "activation": "tanh", "dropout": 0.2, "dropout-at": "logits" })));
    specs.push(resnet(&json!({ "dropout": 0.2, "norm": "layer", "shortcut": "projection" })));
    for at in ["hidden", "features", "logits"] {
        specs.push(mlp(&json!({ "dropout": 0.2, "dropout-at": at })));
        specs.push(cnn(&json!({ "dropout": 0.2, "dropout-at": at })));
        specs.push(cnn(&json!({ "dropout": 0.2, "dropout-at": at, "dense": [] })));
    }
    specs.push(mlp(&json!({ "widths": [] })));
    specs.push(cnn(&json!({ "head": "global-average", "pool": "average" })));
    specs.push(cnn(&json!({ "padding": "valid", "stride": 2, "pool": "none", "channels": [3] })));
    specs.into_iter().map(|spec| serde_json::from_value(spec).unwrap()).collect()
}

fn resnet(changes: &Value) -> Value {
    let mut spec = json!({ "depth": 8, "widths": [4, 6, 8], "norm": "batch", "activation": "relu",
        "shortcut": "padded-identity", "dropout": 0.0, "dropout-at": "features" });
    merge(&mut spec, changes);
    json!({ "resnet": spec })
}

/// Too large to be trained in a test.
fn efficientnet() -> ModelSpec {
    let model = json!({ "variant": 0, "dropout": 0.2, "dropout-at": "features" });
    spec(json!({ "efficientnet-lite": model }))
}

fn built(spec: &ModelSpec, device: &Device) -> (Classifier, Clock) {
    let clock = Clock::new(3);
    (build(spec, input(CLASSES), 3, &clock, device), clock)
}

fn input(num_classes: usize) -> Input<'static> {
    Input { shape: &[1, 8, 8], num_classes, kernels: Kernels::On, cut: None }
}

fn spec(value: Value) -> ModelSpec {
    serde_json::from_value(value).unwrap()
}

#[test]
fn every_model_has_its_closed_form_number_of_parameters() {
    let device = Device::flex().autodiff();
    for spec in variants().into_iter().chain([efficientnet()]) {
        let facts = param_facts(&built(&spec, &device).0);
        let trainable = facts.iter().filter(|fact| fact.trainable);
        let found: usize = trainable.map(|fact| fact.shape.iter().product::<usize>()).sum();
        assert_eq!(found as u64, count(&spec, &[1, 8, 8], CLASSES, None).params, "{spec:?}");
        assert!(facts.iter().all(|fact| fact.trainable != fact.path.contains("running_")));
    }
}

#[test]
fn every_model_learns_one_batch_by_heart() {
    let (_, data) = dataset();
    let forms = [Kernels::On, Kernels::Off]
        .map(|kernels| variants().into_iter().map(move |spec| (spec, kernels)));
    for (spec, kernels) in forms.into_iter().flatten() {
        let model = serde_json::to_value(&spec).unwrap();
        let mut trial = trial(&model, &json!({ "optim": { "algorithm": adam(), "lr": 0.02 } }));
        trial.kernels = kernels;
        let steps = repeat_first_batch(&trial, &data, &Device::flex(), 150).unwrap();
        let loss = steps[140..].iter().map(|step| step.loss).sum::<f64>() / 10.0;
        // The loss is taken with dropout on, so it cannot reach zero there.
        let drops = model.as_object().unwrap().values().any(|family| family["dropout"] != 0.0);
        assert!(loss < if drops { 0.4 } else { 0.1 }, "{loss} for {spec:?}, kernels {kernels}");
    }
}

#[test]
fn every_model_is_the_same_in_both_forms() {
    let (_, data) = dataset();
    for spec in variants() {
        let model = serde_json::to_value(&spec).unwrap();
        let mut trial = trial(&model, &json!({ "optim": { "algorithm": adam(), "lr": 0.001 } }));
        let [on, off] = [Kernels::On, Kernels::Off].map(|kernels| {
            trial.kernels = kernels;
            repeat_first_batch(&trial, &data, &Device::flex(), 4).unwrap()
        });
        for (step, (on, off)) in on.iter().zip(&off).enumerate() {
            let apart = (on.loss - off.loss).abs() / off.loss;
            // Adam moves what has no gradient by the sign of its rounding: the bias before a norm.
            assert!(apart < 1e-4, "{} and {} at step {step} of {spec:?}", on.loss, off.loss);
        }
    }
}

#[test]
fn features_and_logits_have_their_shapes() {
    let device = Device::flex();
    for spec in variants().into_iter().chain([efficientnet()]) {
        let (model, _) = built(&spec, &device);
        let x = Tensor::<2>::zeros([5, 64], &device);
        let features = model.features(x.clone());
        assert_eq!(model.forward(x).dims(), [5, CLASSES]);
        assert_eq!(features.dims(), [5, model.head.weight.dims()[0]]);
    }
}

/// Shared paths of two models hold equal bits.
fn assert_shared_equal(a: &Tensors, b: &Tensors, at_least: usize) {
    let shared: Vec<_> = a.keys().filter(|path| b.contains_key(*path)).collect();
    assert!(shared.len() >= at_least, "only {shared:?}");
    for path in shared {
        assert_eq!(a[path], b[path], "{path}");
    }
}

#[test]
fn removing_a_component_leaves_every_other_initial_value() {
    let device = Device::flex();
    let initial = |value| model_state(&built(&spec(value), &device).0).unwrap();
    let full = initial(cnn(&json!({ "dropout": 0.5 })));
    for norm in ["none", "layer"] {
        assert_shared_equal(&full, &initial(cnn(&json!({ "norm": norm }))), 8);
    }
    assert_shared_equal(
        &full,
        &initial(cnn(&json!({ "activation": "tanh", "pool": "average" }))),
        8,
    );
    let of_seed = |init, masks| {
        let model =
            build(&spec(cnn(&json!({}))), input(CLASSES), init, &Clock::new(masks), &device);
        model_state(&model).unwrap()["head.weight"].clone()
    };
    assert_ne!(of_seed(4, 3), full["head.weight"]);
    assert_eq!(of_seed(3, 4), full["head.weight"], "the seed of the masks is another");
}

#[test]
fn two_builds_of_one_seed_have_equal_ids_and_values() {
    let device = Device::flex().autodiff();
    let [a, b] = [(); 2].map(|()| built(&spec(cnn(&json!({}))), &device).0);
    // Running statistics refuse an id; they have no optimizer state that could miss it.
    let trained = |model| param_facts(model).into_iter().filter(|fact| fact.trainable);
    assert!(trained(&a).eq(trained(&b)));
    assert_eq!(model_state(&a).unwrap(), model_state(&b).unwrap());
}

/// Mask of a dropout layer at a step: which units of a constant input survive.
fn masks(value: Value, step: u64) -> BTreeMap<usize, Vec<bool>> {
    let device = Device::flex().autodiff();
    let (model, clock) = built(&spec(value), &device);
    clock.set(step);
    let fireassay_models::Backbone::Mlp(mlp) = &model.backbone else { panic!("an MLP") };
    let blocks = mlp.blocks.iter().enumerate();
    blocks
        .filter_map(|(i, block)| {
            let x = Tensor::<2>::ones([4, 8], &device);
            let y = block.dropout.as_ref()?.forward(x).into_data().try_to_vec::<f32>().unwrap();
            Some((i, y.iter().map(|y| *y > 0.0).collect()))
        })
        .collect()
}

#[test]
fn a_mask_depends_on_its_layer_and_step_only() {
    let both = json!({ "dropout": 0.5, "widths": [8, 8], "dropout-at": "hidden" });
    let last = json!({ "dropout": 0.5, "widths": [8, 8], "dropout-at": "features" });
    let normed = json!({ "dropout": 0.5, "widths": [8, 8], "norm": "batch" });
    let full = masks(mlp(&both), 7);
    assert_eq!(full.len(), 2);
    assert_ne!(full[&0], full[&1], "layers draw apart");
    assert_eq!(full[&1], masks(mlp(&last), 7)[&1], "without the first dropout");
    assert_eq!(full, masks(mlp(&normed), 7), "with a norm");
    assert_ne!(full, masks(mlp(&both), 8), "at the next step");
}

#[test]
fn dropout_is_off_in_evaluation_and_keeps_the_mean_while_training() {
    let spec = spec(mlp(&json!({ "widths": [], "dropout": 0.25, "dropout-at": "logits" })));
    let x = |device: &Device| Tensor::<2>::ones([400, 64], device);
    let (plain, training) = (Device::flex(), Device::flex().autodiff());
    let logits = |device: &Device| -> Vec<f32> {
        built(&spec, device).0.forward(x(device)).into_data().try_to_vec().unwrap()
    };
    let (kept, dropped) = (logits(&plain), logits(&training));
    let zeros = dropped.iter().filter(|logit| **logit == 0.0).count();
    let expected = 0.25 * dropped.len() as f64;
    assert!((zeros as f64 - expected).abs() < 4.0 * (0.75 * expected).sqrt(), "{zeros}");
    for (kept, dropped) in kept.iter().zip(&dropped) {
        assert!(*dropped == 0.0 || (dropped - kept / 0.75).abs() < 1e-6);
    }
}

/// More rows than go through the model at a time.
#[test]
fn the_confusion_counts_what_accuracy_averages() {
    let device = Device::flex();
    let (_, data) = dataset();
    let (model, _) = built(&spec(mlp(&json!({}))), &device);
    let rows: Vec<u32> = (0..300).map(|row| row * 7 % 150).collect();
    let found = evaluate(&model, &whole(&data), &rows, &device).unwrap();
    let logits = model.forward(upload(&data, &rows, &device).inputs).into_data();
    let mut expected = vec![vec![0; CLASSES]; CLASSES];
    for (logits, row) in logits.try_to_vec::<f32>().unwrap().chunks(CLASSES).zip(&rows) {
        let best = (0..CLASSES).max_by(|&a, &b| logits[a].total_cmp(&logits[b])).unwrap();
        expected[*row as usize % CLASSES][best] += 1;
    }
    assert_eq!(found.confusion, Some(expected.clone()));
    let right: u64 = (0..CLASSES).map(|class| expected[class][class]).sum();
    assert!((1..300).contains(&right), "{expected:?}");
    assert_eq!(found.metrics[&Metric::Accuracy], right as f64 / 300.0);
}

#[test]
fn many_classes_are_not_told_apart() {
    let device = Device::flex();
    for (classes, counted) in [(100, true), (101, false)] {
        let (_, data) = dataset_of(classes);
        let spec = spec(mlp(&json!({})));
        let model = build(&spec, input(classes), 3, &Clock::new(3), &device);
        let found = evaluate(&model, &whole(&data), &[0, 1, 2], &device).unwrap();
        assert_eq!(found.confusion.is_some(), counted, "{classes}");
    }
}

#[test]
fn a_batch_holds_the_rows_that_were_asked_for() {
    let (_, data) = dataset();
    let Batch { inputs, labels, .. } = upload(&data, &[4, 2, 4], &Device::flex());
    assert_eq!(inputs.dims(), [3, 64]);
    assert_eq!(labels.into_data().try_to_vec::<i32>().unwrap(), [1, 2, 1]);
    let rows = inputs.into_data().try_to_vec::<f32>().unwrap();
    assert_eq!(rows[..64], rows[128..]);
    assert_ne!(rows[..64], rows[64..128]);
}

/// Of whole examples as they are.
fn whole(data: &Dataset) -> Feed<'_> {
    let augment = Augment::new(&AugmentSpec::default(), data, 0);
    Feed::new(Cow::Borrowed(data), augment)
}
