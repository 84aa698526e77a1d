//! Every regime on every family, held against what it says: what is frozen stays to the bit, what is
//! trained moves, what is cut off is gone, and nothing else differs from ordinary training.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Instant;

use burn::module::Module;
use burn::tensor::Device;
use fireassay_models::{Classifier, blocks};
use fireassay_spec::{Kernels, Loss, RegimeSpec, Trial};
use fireassay_tracking::{Outcome, RunDir, Summary};
use fireassay_trainer::eval::evaluate;
use fireassay_trainer::fit::train_step;
use fireassay_trainer::optim_state::optim_state;
use fireassay_trainer::setup::{Setup, fresh_model};
use fireassay_trainer::start::check_frozen;
use fireassay_trainer::state::{Blob, Tensors, model_state, param_facts, restore_model};
use fireassay_trainer::{Cadence, Ending, Session, Source, TrainError, fit};
use serde_json::{Value, json};
use support::{adam, cnn, dataset, merge, mlp, trial};

/// Families with their number of blocks; all have batch norm but the last two.
fn models() -> [(&'static str, Value, usize); 5] {
    let resnet = json!({ "resnet": { "depth": 8, "widths": [4, 6, 8], "norm": "batch",
        "activation": "relu", "shortcut": "padded-identity", "dropout": 0.2,
        "dropout-at": "features" } });
    [
        ("mlp", mlp(&json!({ "norm": "batch", "dropout": 0.3 })), 2),
        ("cnn", cnn(&json!({ "dropout": 0.3 })), 3),
        ("resnet", resnet, 4),
        ("cnn, group norm", cnn(&json!({ "norm": { "group": 2 }, "dense": [] })), 2),
        ("mlp, no norm", mlp(&json!({ "dropout": 0.3 })), 2),
    ]
}

/// Every regime, for a backbone of so many blocks.
fn regimes(blocks: usize) -> Vec<Value> {
    let k = 1;
    vec![
        json!("scratch"),
        json!({ "scratch-cut": { "keep": k } }),
        json!("random-features"),
        json!({ "random-features-cut": { "keep": k } }),
        json!("linear-probe"),
        json!({ "early-linear-probe": { "keep": k } }),
        json!({ "finetune-from": { "k": k } }),
        json!({ "finetune-last": { "blocks": blocks - 1 } }),
        json!("full"),
        json!({ "cut-last": { "blocks": 1 } }),
        json!({ "reinit-last": { "blocks": 1 } }),
        json!({ "lp-ft": { "probe-fraction": 0.5, "lr-factor": 0.1 } }),
        json!({ "gradual-unfreeze": { "stages": blocks + 1 } }),
        json!({ "one-block": { "block": 1 } }),
        json!("affine-only"),
        json!({ "transplant": { "k": k, "finetune": false } }),
        json!({ "transplant": { "k": k, "finetune": true } }),
    ]
}

/// A trial under a regime; `changes` are merged into `[finetune]`.
fn tuned(model: &Value, regime: &Value, changes: &Value) -> Trial {
    let mut finetune = json!({ "regime": regime });
    merge(&mut finetune, changes);
    trial(model, &json!({ "init": { "weights": "theirs" }, "finetune": finetune }))
}

/// What a source has learnt: moved weights and statistics, with the same number of classes.
fn source(model: &Value) -> Source {
    let trial = trial(model, &json!({ "streams": { "init": 77 } }));
    let (_, data) = dataset();
    let mut setup = Setup::new(&trial, &data, &Device::flex(), None).unwrap();
    for _ in 0..5 {
        setup = stepped(setup, 0.05).0;
    }
    Source { tensors: model_state(&setup.model).unwrap() }
}

/// One step on the first batch of an order; gives the loss before it.
fn stepped(mut setup: Setup<'_>, lr: f64) -> (Setup<'_>, f64) {
    let rows = setup.order.rows(0).to_vec();
    let batch = setup.feed.train_batch(&rows, 0, &setup.device);
    let loss;
    (setup.model, loss) = train_step(setup.model, &mut setup.optim, batch, Loss::CrossEntropy, lr);
    (setup, loss)
}

fn session(
    root: &Path,
    trial: &Trial,
    source: &Source,
    stop_before: Option<u64>,
) -> Result<Ending, TrainError> {
    let run = RunDir::create(root, trial).unwrap();
    let (_, dataset) = dataset();
    let asked = std::cell::Cell::new(0u64);
    let stop = || {
        asked.set(asked.get() + 1);
        stop_before.is_some_and(|steps| asked.get() > steps)
    };
    fit(&Session {
        source: Some(source),
        trial,
        dataset: &dataset,
        device: &Device::flex(),
        run: &run,
        binary_hash: "test",
        checkpoint_every: Cadence::Steps(1),
        stop: &stop,
        started: Instant::now(),
    })
}

/// The end of a whole trial.
fn trained(trial: &Trial, source: &Source) -> (Tensors, Summary) {
    let root = tempfile::tempdir().unwrap();
    let ending = session(root.path(), trial, source, None).unwrap();
    assert_eq!(ending, Ending::Finished(Outcome::Done));
    let run = RunDir::open(&root.path().join(trial.dir_name())).unwrap();
    let summary = run.summary().unwrap().unwrap();
    let bytes = std::fs::read(run.checkpoints().join("selected.safetensors")).unwrap();
    let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let blob = |view: safetensors::tensor::TensorView<'_>| Blob {
        shape: view.shape().to_vec(),
        bytes: view.data().to_vec(),
    };
    let selected = file.iter().map(|(name, view)| (name.to_owned(), blob(view))).collect();
    (selected, summary)
}

/// By hand, from the words of the regime: blocks that move, and whether only their affine parts do.
fn expected_to_move(regime: &Value, blocks: usize) -> (BTreeSet<usize>, bool) {
    let regime: RegimeSpec = serde_json::from_value(regime.clone()).unwrap();
    let moving = match regime {
        RegimeSpec::RandomFeatures
        | RegimeSpec::RandomFeaturesCut { .. }
        | RegimeSpec::LinearProbe
        | RegimeSpec::EarlyLinearProbe { .. } => 1..1,
        RegimeSpec::FinetuneFrom { k } | RegimeSpec::Transplant { k, finetune: false } => {
            k + 1..blocks + 1
        }
        RegimeSpec::FinetuneLast { blocks: last } => blocks - last + 1..blocks + 1,
        RegimeSpec::OneBlock { block } => block..block + 1,
        _ => 1..blocks + 1,
    };
    (moving.collect(), regime == RegimeSpec::AffineOnly)
}

/// INV1, INV3, INV4: what is frozen is as it was to the bit, running statistics too; all else moved;
/// and what is said to be trainable has the size that is written in closed form.
#[test]
fn every_regime_moves_what_it_says_and_nothing_else() {
    for (name, model, count) in models() {
        let source = source(&model);
        let (_, data) = dataset();
        for regime in regimes(count) {
            // Batches of 8 are too small for statistics of their own.
            let norm = json!({ "batch-norm": { "trained": "train" } });
            let trial = tuned(&model, &regime, &norm);
            let setup = Setup::new(&trial, &data, &Device::flex(), Some(&source)).unwrap();
            let start = setup.start.clone();
            let (end, summary) = trained(&trial, &source);
            let (moving, only_affine) = expected_to_move(&regime, count);
            let blocks = blocks(&trial.spec.model, data.shape());
            let kept = setup.regime.parts.len() - 1;
            let mut trainable = end["head.weight"].bytes.len() + end["head.bias"].bytes.len();
            for (path, before) in &start {
                let block = blocks.iter().position(|b| b.paths.iter().any(|p| path.starts_with(p)));
                let is_weight = path.ends_with("weight");
                let is_statistic = path.contains("running");
                let moves = match block {
                    None => true,
                    Some(block) => {
                        assert!(block < kept, "{path}");
                        moving.contains(&(block + 1)) && !(only_affine && is_weight)
                    }
                };
                let has_moved = end[path] != *before;
                // A norm takes out what a bias before it adds, so its gradient is 0 but for rounding.
                let is_idle = path.starts_with("backbone") && path.ends_with(".bias");
                if moves && is_idle && !name.contains("no norm") {
                    trainable += before.bytes.len();
                    continue;
                }
                assert_eq!(has_moved, moves, "{name}, {regime}: {path}");
                let is_trained = moves && block.is_some() && !is_statistic;
                trainable += if is_trained { before.bytes.len() } else { 0 };
            }
            assert_eq!(end.len(), start.len());
            assert_eq!(summary.trainable_params, trainable as u64 / 4, "{name}, {regime}");
            if !only_affine && moving.len() == kept.min(moving.len()) {
                let own = |block: &usize| blocks.get(block - 1).map_or(0, |block| block.params);
                let head = (end["head.weight"].bytes.len() + end["head.bias"].bytes.len()) / 4;
                let blocks: u64 = moving.iter().filter(|block| **block <= kept).map(own).sum();
                assert_eq!(summary.trainable_params, blocks + head as u64, "{name}, {regime}");
            }
        }
    }
}

/// INV13, and what else is refused: a tensor that is frozen in name only.
#[test]
fn a_probe_whose_body_has_changed_is_an_error() {
    let (_, model, _) = &models()[1];
    let source = source(model);
    let (_, data) = dataset();
    let trial = tuned(model, &json!("linear-probe"), &json!({}));
    let setup = Setup::new(&trial, &data, &Device::flex(), Some(&source)).unwrap();
    let check = |end: &Tensors| check_frozen(&setup.model, &setup.regime, [&setup.start, end]);
    check(&setup.start).unwrap();
    for path in setup.start.keys() {
        let mut end = setup.start.clone();
        *end.get_mut(path).unwrap().bytes.last_mut().unwrap() ^= 1;
        match path.starts_with("head.") {
            true => check(&end).unwrap(),
            false => {
                let error = check(&end).unwrap_err().to_string();
                assert_eq!(error, format!("`{path}` is frozen and has changed (a bug)"));
            }
        }
    }
}

/// INV2, INV5: what fixed blocks make of an example does not depend on its neighbours, so keeping it
/// changes no bit of a curve; running the whole model with autodiff changes only the last ones.
#[test]
fn kept_features_train_as_features_that_are_computed_each_time() {
    for (name, model, _) in models() {
        let source = source(&model);
        let (_, data) = dataset();
        let trial = tuned(&model, &json!({ "finetune-from": { "k": 1 } }), &json!({}));
        let device = Device::flex();
        let curve = |way: &str| -> Vec<f64> {
            let mut setup = Setup::new(&trial, &data, &device, Some(&source)).unwrap();
            assert_eq!(setup.feed.from(), 1);
            match way {
                "kept" => {}
                "each time" => setup.feed.fix_unkept(1, &setup.model),
                _ => setup.feed.fix(0, &setup.model, &[], &device),
            }
            let mut losses = Vec::new();
            for step in 0..20 {
                let rows = setup.order.rows(step).to_vec();
                setup.clock.set(step);
                let batch = setup.feed.train_batch(&rows, step, &setup.device);
                let loss;
                (setup.model, loss) =
                    train_step(setup.model, &mut setup.optim, batch, Loss::CrossEntropy, 0.05);
                losses.push(loss);
            }
            let found = evaluate(&setup.model, &setup.feed, &setup.splits.val, &device).unwrap();
            losses.extend(found.metrics.values());
            losses
        };
        let kept = curve("kept");
        assert_eq!(kept, curve("each time"), "{name}");
        for (a, b) in kept.iter().zip(curve("whole")) {
            assert!((a - b).abs() < 1e-4, "{name}: {a} and {b}");
        }
    }
}

/// INV6: nothing is kept for what is not trained.
#[test]
fn only_what_is_trained_has_optimizer_state() {
    for (name, model, count) in models() {
        let source = source(&model);
        let (_, data) = dataset();
        for regime in regimes(count) {
            let mut trial = tuned(&model, &regime, &json!({}));
            trial.spec.optim.algorithm = serde_json::from_value(adam()).unwrap();
            let setup = Setup::new(&trial, &data, &Device::flex(), Some(&source)).unwrap();
            let (setup, _) = stepped(setup, 0.05);
            let (tensors, _) = optim_state(&setup.optim, &setup.model).unwrap();
            let of = |name: &String| name.split_once('/').unwrap().0.to_owned();
            let with_state: BTreeSet<String> = tensors.keys().map(of).collect();
            let facts = param_facts(&setup.model).into_iter().filter(|fact| fact.trainable);
            let trained: BTreeSet<String> = facts.map(|fact| fact.path).collect();
            assert_eq!(with_state, trained, "{name}, {regime}");
        }
    }
}

/// INV7: the second phase begins where the first one ended.
#[test]
fn a_phase_begins_where_the_one_before_has_ended() {
    for (name, model, _) in models() {
        let source = source(&model);
        let (_, data) = dataset();
        let regime = json!({ "lp-ft": { "probe-fraction": 0.5, "lr-factor": 0.1 } });
        let trial = tuned(&model, &regime, &json!({}));
        let device = Device::flex();
        let mut setup = Setup::new(&trial, &data, &device, Some(&source)).unwrap();
        for _ in 0..5 {
            setup = stepped(setup, 0.05).0;
        }
        let loss = |setup: &Setup<'_>| {
            let train = setup.splits.train.clone();
            evaluate(&setup.model, &setup.feed, &train, &device).unwrap().metrics
        };
        let before = loss(&setup);
        let from = setup.feed.from();
        setup.enter(&trial, 1).unwrap();
        assert_eq!(before, loss(&setup), "{name}");
        assert!(from > 0 && setup.feed.from() == 0, "{name}");
        assert!((setup.learning_rate(&trial.spec, 12) - 0.005).abs() < 1e-15);
    }
}

/// INV8: at the source an anchor neither costs nor pulls; away from it, it pulls back.
#[test]
fn an_anchor_is_nothing_at_the_source() {
    let (_, model, _) = &models()[1];
    let source = source(model);
    let (_, data) = dataset();
    for decay in ["coupled", "decoupled"] {
        let after = |alpha: f64, steps: usize| {
            let anchor = json!({ "anchor": { "l2-sp": { "alpha": alpha, "beta": 0.0 } },
                "batch-norm": { "trained": "train" } });
            let mut trial = tuned(model, &json!("full"), &anchor);
            trial.spec.optim.decay = serde_json::from_value(json!(decay)).unwrap();
            let mut setup = Setup::new(&trial, &data, &Device::flex(), Some(&source)).unwrap();
            for _ in 0..steps {
                setup = stepped(setup, 0.02).0;
            }
            model_state(&setup.model).unwrap()
        };
        assert_eq!(after(0.0, 1), after(10.0, 1), "{decay}");
        let distance = |found: &Tensors| -> f64 {
            let weights = found.iter().filter(|(path, _)| path.ends_with("conv.weight"));
            let squares = weights.flat_map(|(path, blob)| {
                let pairs = floats(blob).into_iter().zip(floats(&source.tensors[path]));
                pairs.map(|(a, b)| f64::from(a - b).powi(2)).collect::<Vec<_>>()
            });
            squares.sum()
        };
        let (free, held) = (distance(&after(0.0, 10)), distance(&after(10.0, 10)));
        assert!(held < 0.7 * free, "{decay}: {held} and {free}");
    }
}

fn floats(blob: &Blob) -> Vec<f32> {
    blob.bytes.as_chunks::<4>().0.iter().map(|word| f32::from_le_bytes(*word)).collect()
}

/// INV9: for plain gradient descent a penalty is decay, also towards a source; and both are the same
/// with kernels on and off.
#[test]
fn a_penalty_is_decay_for_plain_gradient_descent() {
    let (_, model, _) = &models()[4];
    let source = source(model);
    let (_, data) = dataset();
    let after = |decay: &str, kernels: Kernels| {
        let anchor = json!({ "anchor": { "l2-sp": { "alpha": 0.3, "beta": 0.1 } },
            "lr-scheme": { "head-times": 2.0 } });
        let mut trial = tuned(model, &json!("full"), &anchor);
        trial.kernels = kernels;
        trial.spec.optim.decay = serde_json::from_value(json!(decay)).unwrap();
        let plain = json!({ "sgd": { "momentum": 0.0, "nesterov": false } });
        trial.spec.optim.algorithm = serde_json::from_value(plain).unwrap();
        let mut setup = Setup::new(&trial, &data, &Device::flex(), Some(&source)).unwrap();
        for _ in 0..10 {
            setup = stepped(setup, 0.05).0;
        }
        model_state(&setup.model).unwrap()
    };
    let expected = after("coupled", Kernels::On);
    for found in [
        after("decoupled", Kernels::On),
        after("coupled", Kernels::Off),
        after("decoupled", Kernels::Off),
    ] {
        for (path, blob) in &expected {
            for (a, b) in floats(blob).into_iter().zip(floats(&found[path])) {
                assert!((a - b).abs() < 2e-6, "{path}: {a} and {b}");
            }
        }
    }
}

/// INV11, INV12: evaluation changes nothing, and what is trained is what the regime says, whatever the
/// model went through.
#[test]
fn evaluation_and_restoring_leave_everything_as_it_is() {
    for (name, model, count) in models() {
        let source = source(&model);
        let (_, data) = dataset();
        for regime in regimes(count) {
            let trial = tuned(&model, &regime, &json!({}));
            let device = Device::flex();
            let setup = Setup::new(&trial, &data, &device, Some(&source)).unwrap();
            let (mut setup, _) = stepped(setup, 0.05);
            let before = model_state(&setup.model).unwrap();
            let facts = trainable(&setup.model);
            evaluate(&setup.model, &setup.feed, &setup.splits.val, &device).unwrap();
            assert_eq!(model_state(&setup.model).unwrap(), before, "{name}, {regime}");
            assert_eq!(trainable(&setup.model), facts, "{name}, {regime}");
            let fresh = fresh_model(&trial, &data, &device).0;
            let restored = restore_model(fresh, &before).unwrap();
            let applied = setup.regime.apply(&setup.regime.phases[0], restored);
            assert_eq!(trainable(&applied), facts, "{name}, {regime}");
            let last = setup.regime.phases.len() - 1;
            setup.enter(&trial, last).unwrap();
            assert_eq!(model_state(&setup.model).unwrap(), before, "{name}, {regime}");
        }
    }
}

/// Paths and whether they are trained.
fn trainable(model: &Classifier) -> Vec<(String, bool)> {
    param_facts(model).into_iter().map(|fact| (fact.path, fact.trainable)).collect()
}

/// A trial of several phases ends with the same bits wherever it was stopped.
#[test]
fn phases_are_resumed_to_the_same_bits() {
    let (_, model, count) = &models()[1];
    let source = source(model);
    let result = |root: &Path, trial: &Trial| {
        let run = root.join(trial.dir_name());
        ["summary.json", "events.jsonl", "regime.json", "checkpoints/selected.safetensors"]
            .map(|name| std::fs::read(run.join(name)).unwrap())
    };
    let re_estimated = json!({ "batch-norm": { "frozen": "re-estimate" } });
    let anchored = json!({ "anchor": { "l2-sp": { "alpha": 0.1, "beta": 0.01 } },
        "lr-scheme": { "layer-decay": 0.75 } });
    for (regime, changes) in [
        (json!({ "lp-ft": { "probe-fraction": 0.5, "lr-factor": 0.1 } }), json!({})),
        (json!({ "gradual-unfreeze": { "stages": count + 1 } }), re_estimated),
        (json!("full"), anchored),
    ] {
        let mut trial = tuned(model, &regime, &changes);
        trial.spec.optim.algorithm = serde_json::from_value(adam()).unwrap();
        trial.id = trial.content_id();
        let whole = tempfile::tempdir().unwrap();
        session(whole.path(), &trial, &source, None).unwrap();
        for stops in [&[1][..], &[11], &[12], &[13], &[5, 2, 9, 1]] {
            let root = tempfile::tempdir().unwrap();
            for &steps in stops {
                session(root.path(), &trial, &source, Some(steps)).unwrap();
            }
            session(root.path(), &trial, &source, None).unwrap();
            let (found, expected) = (result(root.path(), &trial), result(whole.path(), &trial));
            assert!(found == expected, "{regime}, stopped after {stops:?}");
        }
    }
}

/// Re-estimated statistics are those of the train split, of layers that see re-estimated inputs: with
/// them every channel behind the first norm has mean 0 and variance 1 where one batch holds the split.
#[test]
fn re_estimated_statistics_are_those_of_the_train_split() {
    let model = cnn(&json!({ "pool": "none", "activation": "identity", "dense": [] }));
    let source = source(&model);
    let (_, data) = dataset();
    let modes = json!({ "batch-norm": { "frozen": "re-estimate" } });
    let trial = tuned(&model, &json!("linear-probe"), &modes);
    let device = Device::flex();
    let setup = Setup::new(&trial, &data, &device, Some(&source)).unwrap();
    let statistic =
        |name: &str| floats(&setup.start[&format!("backbone.Cnn.blocks.0.norm.Batch.{name}")]);
    let theirs = floats(&source.tensors["backbone.Cnn.blocks.0.norm.Batch.running_mean"]);
    assert_ne!(statistic("running_mean"), theirs);
    let plain = Device::flex();
    let inputs = fireassay_trainer::batch::upload(&data, &setup.splits.train, &plain).inputs;
    let maps = setup.model.valid().prefix(1, inputs).into_data().try_to_vec::<f32>().unwrap();
    let (channels, plane) = (4, 64);
    let [gamma, beta] = ["gamma", "beta"]
        .map(|name| floats(&source.tensors[&format!("backbone.Cnn.blocks.0.norm.Batch.{name}")]));
    for channel in 0..channels {
        let of_channel: Vec<f64> = maps
            .chunks_exact(channels * plane)
            .flat_map(|maps| &maps[channel * plane..(channel + 1) * plane])
            .map(|value| f64::from((value - beta[channel]) / gamma[channel]))
            .collect();
        let mean = of_channel.iter().sum::<f64>() / of_channel.len() as f64;
        let variance = of_channel.iter().map(|v| (v - mean).powi(2)).sum::<f64>();
        let variance = variance / of_channel.len() as f64;
        assert!(mean.abs() < 1e-4 && (variance - 1.0).abs() < 1e-3, "{mean} {variance}");
    }
}

/// What happens where gradients are switched off and nothing else: the deliberate mode, and no other.
#[test]
fn statistics_drift_only_where_they_are_told_to() {
    let (_, model, _) = &models()[1];
    let source = source(model);
    for (mode, affine_moves, statistics_move) in [
        ("fully-frozen", false, false),
        ("statistics-fixed", true, false),
        ("silent-drift", false, true),
        ("train", true, true),
        ("re-estimate", false, false),
    ] {
        let modes = json!({ "batch-norm": { "frozen": mode } });
        let trial = tuned(model, &json!("linear-probe"), &modes);
        let (_, data) = dataset();
        let setup = Setup::new(&trial, &data, &Device::flex(), Some(&source)).unwrap();
        let start = setup.start.clone();
        let (end, _) = trained(&trial, &source);
        let norm = |name: &str| {
            let path = format!("backbone.Cnn.blocks.0.norm.Batch.{name}");
            start[&path] != end[&path]
        };
        assert_eq!([norm("gamma"), norm("beta")], [affine_moves; 2], "{mode}");
        assert_eq!([norm("running_mean"), norm("running_var")], [statistics_move; 2], "{mode}");
        let conv = "backbone.Cnn.blocks.0.conv.weight";
        assert_eq!(start[conv], end[conv], "{mode}");
    }
}

#[test]
fn a_source_that_does_not_fit_is_told_whole() {
    let (_, model, _) = &models()[1];
    let good = source(model);
    let (_, data) = dataset();
    let start = |source: Option<&Source>, head: &str| {
        let trial = tuned(model, &json!("full"), &json!({ "head": head }));
        Setup::new(&trial, &data, &Device::flex(), source).map(|_| ()).map_err(|e| e.to_string())
    };
    start(Some(&good), "source").unwrap();
    let mut bad = good.clone();
    bad.tensors.remove("head.bias");
    start(Some(&bad), "zero").unwrap();
    let missing = "the source does not fit: `head.bias` is missing";
    assert_eq!(start(Some(&bad), "source").unwrap_err(), missing);
    let conv = "backbone.Cnn.blocks.0.conv.weight";
    bad.tensors.get_mut(conv).unwrap().shape = vec![36];
    bad.tensors.insert("extra".into(), bad.tensors["head.weight"].clone());
    bad.tensors.remove("backbone.Cnn.dense.0.linear.bias");
    let error = start(Some(&bad), "source").unwrap_err();
    for part in [
        "`backbone.Cnn.blocks.0.conv.weight` is [36], the model's is [4, 1, 3, 3]",
        "`backbone.Cnn.dense.0.linear.bias` is missing",
        "`head.bias` is missing",
        "`extra` is not known",
    ] {
        assert!(error.contains(part), "{error}");
    }
    let none = "the source does not fit: the trial starts from a source, and none was given";
    assert_eq!(start(None, "zero").unwrap_err(), none);
}
