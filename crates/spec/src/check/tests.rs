//! Every range and fit, one wrong value at a time.

mod models;
mod regimes;

use toml::Value;

use super::*;
use crate::{Analysis, ExampleCounts};

const SPEC: &str = r#"
data = { dataset = "images", train-size = 100, val-fraction = 0.2 }
optim.algorithm = { sgd = { momentum = 0.9, nesterov = true } }
optim.lr = 0.1
optim.weight-decay = 0.0
optim.decay = "coupled"
optim.decay-exempt = "nothing"
optim.clip-norm = { max = 1.0 }
schedule = { shape = "constant", warmup-steps = 0 }
train.budget = { steps = 10 }
train.batch-size = 8
train.loss = "cross-entropy"
train.eval-every = { epochs = 1 }
train.early-stopping = { patience = 3 }
train.select = "best-val"
[model.cnn]
channels = [8, 12]
kernel = 3
stride = 1
padding = "same"
norm = { group = 4 }
activation = "relu"
pool = "max"
head = "global-average"
dense = [16]
dropout = 0.5
dropout-at = "features"
"#;

fn card() -> DatasetCard {
    let text = include_str!("../../tests/golden/datasets/fashion/dataset.toml");
    DatasetCard::parse("dataset.toml", text).unwrap()
}

/// The spec with some values replaced: `optim.lr = 0.0` per line.
fn spec(changes: &str) -> TrialSpec {
    let mut tree: toml::Table = SPEC.parse().unwrap();
    for line in changes.lines() {
        let (key, value) = line.split_once(" = ").unwrap();
        let value = format!("v = {value}").parse::<toml::Table>().unwrap().remove("v").unwrap();
        let (parents, last) = key.rsplit_once('.').unwrap();
        let place = parents.split('.').fold(&mut tree, |table, step| {
            table.get_mut(step).and_then(Value::as_table_mut).unwrap()
        });
        place.insert(last.to_owned(), value);
    }
    Value::Table(tree).try_into().unwrap()
}

/// Exactly one problem, at `key`, or none if `key` is empty.
fn check(changes: &str, key: &str) {
    let problems = spec(changes).problems(&card());
    let keys: Vec<&str> = problems.iter().map(|problem| problem.key.as_str()).collect();
    let expected: Vec<&str> = Some(key).filter(|key| !key.is_empty()).into_iter().collect();
    assert_eq!(keys, expected, "{changes}: {problems:?}");
}

#[test]
fn a_sound_spec_has_no_problems() {
    check("", "");
}

#[test]
fn numbers_have_ranges() {
    for (key, wrong, right) in [
        ("data.val-fraction", &["0.0", "1.0", "nan", "-0.5"][..], &["0.5"][..]),
        ("model.cnn.dropout", &["1.0", "-0.1", "-0.0", "inf"], &["0.0", "0.99"]),
        ("optim.lr", &["0.0", "-0.0", "-1.0", "inf", "nan"], &["1e-9", "10"]),
        ("optim.weight-decay", &["-1e-9", "-0.0", "inf"], &["0", "1.0"]),
    ] {
        wrong.iter().for_each(|value| check(&format!("{key} = {value}"), key));
        right.iter().for_each(|value| check(&format!("{key} = {value}"), ""));
    }
    for (key, shape, wrong, right) in [
        ("optim.clip-norm.max", "{ max = X }", "0.0", "0.1"),
        (
            "optim.algorithm.sgd.momentum",
            "{ sgd = { momentum = X, nesterov = false } }",
            "1.0",
            "0.0",
        ),
        (
            "optim.algorithm.sgd.nesterov",
            "{ sgd = { momentum = 0.0, nesterov = X } }",
            "true",
            "false",
        ),
        (
            "optim.algorithm.adam.beta1",
            "{ adam = { beta1 = X, beta2 = 0.9, epsilon = 1 } }",
            "1.0",
            "0.0",
        ),
        (
            "optim.algorithm.adam.beta2",
            "{ adam = { beta1 = 0.9, beta2 = X, epsilon = 1 } }",
            "-0.1",
            "0.0",
        ),
        (
            "optim.algorithm.adam.epsilon",
            "{ adam = { beta1 = 0.9, beta2 = 0.9, epsilon = X } }",
            "0",
            "1e-8",
        ),
        (
            "schedule.shape.cosine.final-fraction",
            "{ cosine = { final-fraction = X } }",
            "1.1",
            "1.0",
        ),
        ("schedule.shape.step.factor", "{ step = { every-steps = 1, factor = X } }", "0.0", "1.0"),
        (
            "schedule.shape.step.every-steps",
            "{ step = { every-steps = X, factor = 0.5 } }",
            "0",
            "1",
        ),
        ("train.budget.epochs", "{ epochs = X }", "0", "1"),
        ("train.budget.steps", "{ steps = X }", "0", "1"),
        ("train.eval-every.steps", "{ steps = X }", "0", "1"),
        ("train.early-stopping.patience", "{ patience = X }", "0", "1"),
    ] {
        let field = key.split('.').take(2).collect::<Vec<_>>().join(".");
        check(&format!("{field} = {}", shape.replace('X', wrong)), key);
        check(&format!("{field} = {}", shape.replace('X', right)), "");
    }
}

#[test]
fn counts_have_a_least_value() {
    check("model.cnn.kernel = 0", "model.cnn.kernel");
    check("model.cnn.kernel = 1023", "");
    check("model.cnn.kernel = 1025", "model.cnn.kernel");
    check("model.cnn.stride = 9223372036854775807\nmodel.cnn.pool = \"none\"", "model.cnn.stride");
    check("model.cnn.stride = 0", "model.cnn.stride");
    check("train.batch-size = 0", "train.batch-size");
    check("train.batch-size = 1", "");
    check("model.cnn.channels = [8, 0]", "model.cnn.channels.1");
    check("model.cnn.channels = []", "model.cnn.channels");
    check("model.cnn.dense = [0]", "model.cnn.dense.0");
    check("model.cnn.dense = [65536]", "");
    check("model.cnn.dense = [16, 65537]", "model.cnn.dense.1");
    check("model.cnn.dense = []", "");
}

#[test]
fn values_must_fit_each_other() {
    check("model.cnn.norm = { group = 8 }", "model.cnn.norm.group");
    check("model.cnn.norm = { group = 0 }", "model.cnn.norm.group");
    check("model.cnn.norm = \"batch\"\ntrain.batch-size = 1", "train.batch-size");
    check("model.cnn.norm = \"batch\"\ntrain.batch-size = 2", "");
    check("model.cnn.kernel = 4", "model.cnn.kernel");
    check("model.cnn.kernel = 4\nmodel.cnn.padding = \"valid\"", "");
    check("schedule.warmup-steps = 10", "schedule.warmup-steps");
    check("schedule.warmup-steps = 9", "");
    check("schedule.warmup-steps = 10\ntrain.budget = { epochs = 1 }", "");
}

#[test]
fn feature_maps_must_outlive_every_block() {
    let blocks = |n: usize| format!("model.cnn.channels = {:?}", vec![4; n]);
    // 28, 14, 7, 3, 1: pooling halves and rounds down.
    check(&blocks(4), "");
    check(&blocks(5), "model.cnn.channels.4");
    let unpooled = |n| blocks(n) + "\nmodel.cnn.pool = \"none\"";
    check(&unpooled(40), "");
    // A valid 3x3 convolution takes 2 pixels: 28, 26, ... 2, and nothing fits after that.
    let valid = |n| unpooled(n) + "\nmodel.cnn.padding = \"valid\"";
    check(&valid(13), "");
    check(&valid(14), "model.cnn.channels.13");
    // Stride 2 with zeros around keeps at least one pixel for ever.
    check(&(unpooled(40) + "\nmodel.cnn.stride = 2"), "");
    check(
        &(blocks(1) + "\nmodel.cnn.kernel = 31\nmodel.cnn.padding = \"valid\""),
        "model.cnn.channels.0",
    );
}

#[test]
fn splits_must_hold_every_class() {
    const KEY: &str = "data.train-size";
    check("data.train-size = 10000", "");
    check("data.train-size = 10001", KEY);
    check("data.train-size = 0", KEY);
    check("data.train-size = \"all\"", "");
    check("data.train-size = { per-class = 1000 }", "");
    check("data.train-size = { per-class = 1001 }", KEY);
    check("data.train-size = { per-class = 9223372036854775807 }", KEY);
    check("data.train-size = { per-class = 0 }", KEY);
    // A fifth of 50 is one for each of ten classes.
    check("data.train-size = 50", "");
    check("data.train-size = 45", KEY);
    check("data.train-size = 50\ndata.val-fraction = 0.9", KEY);
}

#[test]
fn a_test_split_is_cut_only_where_there_is_none() {
    check("data.test-fraction = 0.2", "data.test-fraction");
    let mut card = card();
    card.examples = ExampleCounts { train: 1000, test: 0 };
    let keys = |changes: &str| -> Vec<String> {
        spec(changes).problems(&card).into_iter().map(|problem| problem.key).collect()
    };
    assert_eq!(keys(""), ["data"]);
    assert!(keys("data.test-fraction = 0.2").is_empty());
    assert_eq!(keys("data.test-fraction = 0.0"), ["data.test-fraction"]);
    assert_eq!(keys("data.test-fraction = 0.2\ndata.train-size = 801"), ["data.train-size"]);
}

#[test]
fn a_cnn_needs_images_and_an_mlp_takes_all() {
    let mut card = card();
    card.shape = vec![30];
    let keys = |spec: &TrialSpec| -> Vec<String> {
        spec.problems(&card).into_iter().map(|problem| problem.key).collect()
    };
    assert_eq!(keys(&spec("")), ["model.cnn"]);
    let mut tree: toml::Table = SPEC.parse().unwrap();
    let mlp = r#"widths = [0]
        activation = "relu"
        norm = { group = 3 }
        dropout = 1.0
        dropout-at = "hidden""#;
    let mlp: toml::Table = mlp.parse().unwrap();
    let model = toml::Table::from_iter([("mlp".to_owned(), Value::Table(mlp))]);
    tree.insert("model".to_owned(), Value::Table(model));
    let spec: TrialSpec = Value::Table(tree).try_into().unwrap();
    assert_eq!(keys(&spec), ["model.mlp.dropout", "model.mlp.widths.0"]);
}

#[test]
fn an_analysis_can_be_carried_out() {
    let check = |metric: &str, direction: &str, failed: &str, expected: &[&str]| {
        let text = format!(
            "primary-metric = \"{metric}\"\ndirection = \"{direction}\"\nalpha = 0.05\n\
             failed-trial = \"{failed}\""
        );
        let analysis: Analysis = toml::from_str(&text).unwrap();
        let keys: Vec<String> = analysis.problems().into_iter().map(|p| p.key).collect();
        assert_eq!(keys, expected, "{text}");
    };
    check("test.accuracy", "higher", "worst", &[]);
    check("test.accuracy", "lower", "abort", &["analysis.direction"]);
    check("val.loss", "lower", "exclude-pair", &[]);
    check("val.loss", "higher", "worst", &["analysis.direction", "analysis.failed-trial"]);
    check("gap.accuracy", "lower", "abort", &[]);
    check("gap.accuracy", "higher", "worst", &["analysis.direction", "analysis.failed-trial"]);
    check("gap.loss", "higher", "abort", &[]);
    check("gap.loss", "lower", "abort", &[]);
}

#[test]
fn a_rope_of_an_accuracy_is_no_percentage() {
    let check = |metric: &str, direction: &str, rope: &str, is_fine: bool| {
        let text = format!(
            "primary-metric = \"{metric}\"\ndirection = \"{direction}\"\nrope = {rope}\n\
             alpha = 0.05\nfailed-trial = \"abort\""
        );
        let analysis: Analysis = toml::from_str(&text).unwrap();
        let keys: Vec<String> = analysis.problems().into_iter().map(|p| p.key).collect();
        let expected: &[&str] = if is_fine { &[] } else { &["analysis.rope"] };
        assert_eq!(keys, expected, "{text}");
    };
    check("test.accuracy", "higher", "0.49", true);
    check("test.accuracy", "higher", "0.5", false);
    check("gap.accuracy", "lower", "1.0", false);
    check("test.loss", "lower", "0.5", true);
    for value in ["0.0", "inf", "nan"] {
        check("test.accuracy", "higher", value, false);
    }
}
