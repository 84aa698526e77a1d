//! What fixed blocks make of examples, kept or computed anew.

use std::time::Instant;

use burn::tensor::Device;
use fireassay_features::FeatureCache;
use fireassay_spec::Loss;
use fireassay_tracking::RunDir;
use fireassay_trainer::eval::evaluate;
use fireassay_trainer::feed::Keep;
use fireassay_trainer::fit::train_step;
use fireassay_trainer::setup::Setup;
use fireassay_trainer::{Cadence, Session, fit};
use serde_json::{Value, json};

use crate::scene::{from, models, source, tuned};
use crate::support::{cnn, dataset};

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
            let mut setup = Setup::new(&trial, &data, &device, from(&source)).unwrap();
            assert_eq!(setup.feed.from(), 1);
            match way {
                "kept" => {}
                "each time" => {
                    setup.feed.fix((1, &setup.model), &[0], Keep::Not, &device).unwrap();
                }
                _ => setup.feed.fix((0, &setup.model), &[], Keep::Not, &device).unwrap(),
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

/// A cache on disk changes no byte of a result, whether features are there already or not, and trials of
/// other seeds and regimes use what is there.
#[test]
fn features_are_shared_by_trials_and_change_nothing() {
    let model = cnn(&json!({ "channels": [32, 4], "pool": "none", "dense": [] }));
    let source = source(&model);
    let folder = tempfile::tempdir().unwrap();
    let cache = FeatureCache::new(folder.path().join("features"), 1 << 30);
    let files = || cache.usage().map_or(0, |(files, _)| files);
    let result = |regime: &Value, cache: Option<&FeatureCache>| {
        let mut trial = tuned(&model, regime, &json!({}));
        trial.id = trial.content_id();
        let root = tempfile::tempdir().unwrap();
        let run = RunDir::create(root.path(), &trial).unwrap();
        let (_, dataset) = dataset();
        fit(&Session {
            features: cache,
            source: Some(&source),
            trial: &trial,
            dataset: &dataset,
            device: &Device::flex(),
            run: &run,
            binary_hash: "test",
            checkpoint_every: Cadence::Steps(1000),
            stop: &|| false,
            started: Instant::now(),
        })
        .unwrap();
        ["summary.json", "events.jsonl"].map(|name| std::fs::read(run.path().join(name)).unwrap())
    };
    let from_1 = json!({ "finetune-from": { "k": 1 } });
    let expected = result(&from_1, None);
    assert_eq!(files(), 0);
    for _ in 0..2 {
        assert!(result(&from_1, Some(&cache)) == expected);
        assert_eq!(files(), 1);
    }
    // What is behind the first block is drawn anew; the first one is the same.
    let other = json!({ "transplant": { "k": 1, "finetune": false } });
    assert!(result(&other, Some(&cache)) == result(&other, None));
    assert_eq!(files(), 1);
}
