//! `trial fingerprint`: one for one network and one training, whatever they are called.

use std::collections::BTreeMap;
use std::process::Command;

use fireassay_spec::Trial;
use serde_json::{Value, json};

use crate::support::{cnn_trial, datasets, fed, mlp_trial, program, sgd};

#[test]
fn every_change_of_the_spec_changes_it() {
    let plain = ("/optim/algorithm", sgd(0.0, false));
    let momentum = ("/optim/algorithm", sgd(0.9, false));
    let changes: Vec<Vec<(&str, Value)>> = vec![
        vec![],
        vec![plain],
        vec![momentum],
        vec![("/optim/algorithm", sgd(0.9, true))],
        vec![("/model/cnn/norm", json!("none"))],
        vec![("/model/cnn/norm", json!("layer"))],
        vec![("/model/cnn/norm", json!({ "group": 2 }))],
        vec![("/model/cnn/activation", json!("tanh"))],
        vec![("/model/cnn/activation", json!("identity"))],
        vec![("/model/cnn/pool", json!("average"))],
        vec![("/model/cnn/dropout", json!(0.0))],
        vec![("/model/cnn/dropout", json!(0.3))],
        vec![("/model/cnn/dropout-at", json!("logits"))],
        vec![("/model/cnn/channels", json!([6, 4]))],
        vec![("/optim/weight-decay", json!(1e-3))],
        vec![("/optim/weight-decay", json!(1e-3)), ("/optim/decay", json!("decoupled"))],
        vec![("/optim/weight-decay", json!(1e-3)), ("/optim/decay-exempt", json!("nothing"))],
        vec![("/optim/lr", json!(0.011))],
        vec![("/optim/clip-norm", json!({ "max": 1e9 }))],
        vec![("/schedule/shape", json!("constant"))],
        vec![("/schedule/warmup-steps", json!(5))],
        vec![("/train/batch-size", json!(16))],
        vec![("/train/budget", json!({ "steps": 241 }))],
        vec![("/train/eval-every", json!({ "steps": 16 }))],
        vec![("/train/select", json!("last"))],
        vec![("/train/early-stopping", json!("off"))],
        vec![("/train/early-stopping", json!({ "patience": 99 }))],
        vec![("/data/train-size", json!(410))],
        vec![("/data/val-fraction", json!(0.25))],
        vec![("/data/test-fraction", json!(0.25))],
        vec![("/streams", json!({ "init": 2 }))],
        vec![("/streams", json!({ "order": 2 }))],
        vec![("/streams", json!({ "dropout": 2 }))],
        vec![("/streams", json!({ "split": 2 }))],
        vec![("/streams", json!({ "init": 2, "order": 2, "dropout": 2, "split": 2 }))],
        vec![("/data/augment", json!({ "flip": true }))],
        vec![("/data/augment", json!({ "rotate": 5.0 }))],
        vec![("/data/augment", json!({ "crop-padding": 1 }))],
        vec![("/data/augment", json!({ "cutout": 2 }))],
        vec![("/data/augment", json!({ "mixup": 0.2 }))],
        vec![("/data/corrupt", json!({ "train": { "label-noise": 0.01 } }))],
        vec![("/data/corrupt", json!({ "test": { "label-noise": 0.02 } }))],
        vec![("/data/corrupt", json!({ "train": { "noise": 0.1 } }))],
        vec![("/data/corrupt", json!({ "test": { "noise": 0.1 } }))],
        vec![("/data/corrupt", json!({ "test": { "outliers": 0.5 } }))],
    ];
    let trials: Vec<Trial> = changes.iter().map(|changes| cnn_trial(changes)).collect();
    let mut seen: BTreeMap<String, &[(&str, Value)]> = BTreeMap::new();
    for (changes, print) in changes.iter().zip(prints(&trials)) {
        if let Some(other) = seen.insert(print, changes) {
            panic!("the same for {other:?} and {changes:?}");
        }
    }
}

#[test]
fn the_same_training_under_another_name_has_the_same() {
    let mut renamed = cnn_trial(&[]);
    renamed.experiment = "another".into();
    renamed.condition = "norm=batch".into();
    renamed.settings.clear();
    let layer = cnn_trial(&[("/model/cnn/norm", json!("layer"))]);
    let one_group = cnn_trial(&[("/model/cnn/norm", json!({ "group": 1 }))]);
    let own_seed = json!({ "init": 1, "order": 1, "dropout": 1, "split": 1, "augment": 9 });
    let own_seed = cnn_trial(&[("/streams", own_seed)]);
    let found = prints(&[cnn_trial(&[]), renamed, layer, one_group, own_seed]);
    assert_eq!(found[0], found[1]);
    assert_eq!(found[0], found[4], "a stream counts by what it draws");
    assert_eq!(found[2], found[3], "one group is layer norm on feature maps");
    assert_ne!(found[0], found[2]);
    // Neither the neighbours in the list nor the clock have a part in it.
    assert_eq!(prints(&[cnn_trial(&[])]), found[..1]);
}

#[test]
fn it_says_what_is_built() {
    let found = fingerprints(&[cnn_trial(&[]), mlp_trial(&[])]);
    assert_eq!(found[0]["condition"], json!("reference"));
    assert_eq!(found[0]["budget_steps"], json!(240));
    assert!(found[0]["secs_per_step"].as_f64().unwrap() > 0.0);
    // Parameters and running statistics. Pooled twice, 8x8 pixels leave 6 * 2 * 2 features.
    let cnn = json!([
        ["backbone.Cnn.blocks.0.conv.weight", [4, 1, 3, 3]],
        ["backbone.Cnn.blocks.0.conv.bias", [4]],
        ["backbone.Cnn.blocks.0.norm.Batch.gamma", [4]],
        ["backbone.Cnn.blocks.0.norm.Batch.beta", [4]],
        ["backbone.Cnn.blocks.0.norm.Batch.running_mean", [4]],
        ["backbone.Cnn.blocks.0.norm.Batch.running_var", [4]],
        ["backbone.Cnn.blocks.1.conv.weight", [6, 4, 3, 3]],
        ["backbone.Cnn.blocks.1.conv.bias", [6]],
        ["backbone.Cnn.blocks.1.norm.Batch.gamma", [6]],
        ["backbone.Cnn.blocks.1.norm.Batch.beta", [6]],
        ["backbone.Cnn.blocks.1.norm.Batch.running_mean", [6]],
        ["backbone.Cnn.blocks.1.norm.Batch.running_var", [6]],
        ["backbone.Cnn.dense.0.linear.weight", [24, 16]],
        ["backbone.Cnn.dense.0.linear.bias", [16]],
        ["head.weight", [16, 10]],
        ["head.bias", [10]],
    ]);
    assert_eq!(found[0]["shapes"], cnn);
    let mlp = json!([
        ["backbone.Mlp.blocks.0.linear.weight", [64, 32]],
        ["backbone.Mlp.blocks.0.linear.bias", [32]],
        ["head.weight", [32, 10]],
        ["head.bias", [10]],
    ]);
    assert_eq!(found[1]["shapes"], mlp);
    // Trainable: 40 + 8 and 222 + 12 in the blocks, 400 + 170 behind them. Per example one
    // multiply-accumulate for each filter tap at each of 64 and 16 places, and for each weight.
    let counts = |found: &Value| ["parameters", "trainable", "macs"].map(|key| found[key].clone());
    assert_eq!(counts(&found[0]), [852, 852, 64 * 36 + 16 * 216 + 384 + 160]);
    assert_eq!(counts(&found[1]), [2410, 2410, 2368]);
}

#[test]
fn what_is_no_list_of_trials_is_refused() {
    for bad in ["", "{", "{}", "not json", "[{\"schema\": 1}]"] {
        let ended = fed(command(), bad.as_bytes());
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""), "{bad}");
        let words = ended.words();
        assert!(words.contains("stdin is not a JSON array of trials"), "{bad}: {words}");
        assert!(!words.contains("panic"), "{bad}: {words}");
    }
}

#[test]
fn a_condition_that_cannot_be_built_is_named() {
    let mut trial = cnn_trial(&[("/data/train-size", json!(100_000))]);
    trial.condition = "train-size=100000".into();
    let ended = fed(command(), &serde_json::to_vec(&[cnn_trial(&[]), trial]).unwrap());
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""));
    let words = ended.words();
    assert!(words.contains("while building condition `train-size=100000`"), "{words}");
    assert!(words.contains("`train-size` asks for 100000 examples"), "{words}");
}

fn command() -> Command {
    let mut command = program("fingerprint");
    command.arg("--datasets").arg(datasets());
    command
}

fn fingerprints(trials: &[Trial]) -> Vec<Value> {
    let ended = fed(command(), &serde_json::to_vec(trials).unwrap());
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    serde_json::from_str(&ended.stdout).unwrap()
}

fn prints(trials: &[Trial]) -> Vec<String> {
    fingerprints(trials).iter().map(|found| found["fingerprint"].as_str().unwrap().into()).collect()
}
