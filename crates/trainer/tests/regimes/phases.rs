//! From one phase to the next, in one session and in several.

use std::path::Path;

use burn::tensor::Device;
use fireassay_spec::Trial;
use fireassay_trainer::eval::evaluate;
use fireassay_trainer::setup::Setup;
use serde_json::json;

use crate::scene::{from, models, session, source, stepped, tuned};
use crate::support::{adam, dataset};

/// INV7: the second phase begins where the first one ended.
#[test]
fn a_phase_begins_where_the_one_before_has_ended() {
    for (name, model, _) in models() {
        let source = source(&model);
        let (_, data) = dataset();
        let regime = json!({ "lp-ft": { "probe-fraction": 0.5, "lr-factor": 0.1 } });
        let trial = tuned(&model, &regime, &json!({}));
        let device = Device::flex();
        let mut setup = Setup::new(&trial, &data, &device, from(&source)).unwrap();
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
