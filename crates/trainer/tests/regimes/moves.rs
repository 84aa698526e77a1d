//! What is frozen stays to the bit, what is trained moves, and nothing else is kept for it.

use std::collections::BTreeSet;

use burn::tensor::Device;
use fireassay_models::blocks;
use fireassay_spec::RegimeSpec;
use fireassay_trainer::eval::evaluate;
use fireassay_trainer::optim_state::optim_state;
use fireassay_trainer::setup::{Setup, fresh_model};
use fireassay_trainer::start::check_frozen;
use fireassay_trainer::state::{Tensors, model_state, param_facts, restore_model};
use serde_json::{Value, json};

use crate::scene::{from, models, regimes, source, stepped, trainable, trained, tuned};
use crate::support::{adam, dataset};

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
            let setup = Setup::new(&trial, &data, &Device::flex(), from(&source)).unwrap();
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
    let setup = Setup::new(&trial, &data, &Device::flex(), from(&source)).unwrap();
    let check = |end: &Tensors| check_frozen(&setup.model, &setup.regime, &setup.start, &[end]);
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

/// INV6: nothing is kept for what is not trained.
#[test]
fn only_what_is_trained_has_optimizer_state() {
    for (name, model, count) in models() {
        let source = source(&model);
        let (_, data) = dataset();
        for regime in regimes(count) {
            let mut trial = tuned(&model, &regime, &json!({}));
            trial.spec.optim.algorithm = serde_json::from_value(adam()).unwrap();
            let setup = Setup::new(&trial, &data, &Device::flex(), from(&source)).unwrap();
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
            let setup = Setup::new(&trial, &data, &device, from(&source)).unwrap();
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
