//! Heads that are solved for as convex problems.

use burn::tensor::Device;
use fireassay_spec::{Loss, Split, Trial};
use fireassay_tracking::{RegimeRecord, RunDir, Summary};
use fireassay_trainer::fit::train_step;
use fireassay_trainer::setup::Setup;
use serde_json::{Value, json};

use crate::scene::{from, models, session, source, tuned};
use crate::support::dataset;

fn solved(model: &Value, regime: &Value, solver: &Value) -> Trial {
    let mut trial = tuned(model, regime, &json!({ "head-solver": solver }));
    trial.id = trial.content_id();
    trial
}

fn ended(trial: &Trial, model: &Value, stops: &[u64]) -> (Summary, RegimeRecord, Vec<Vec<u8>>) {
    let root = tempfile::tempdir().unwrap();
    let source = source(model);
    for &steps in stops {
        session(root.path(), trial, &source, Some(steps)).unwrap();
    }
    session(root.path(), trial, &source, None).unwrap();
    let run = RunDir::open(&root.path().join(trial.dir_name())).unwrap();
    let bytes = ["summary.json", "events.jsonl", "regime.json"]
        .map(|name| std::fs::read(run.path().join(name)).unwrap());
    (run.summary().unwrap().unwrap(), run.regime().unwrap().unwrap(), bytes.to_vec())
}

/// One step, no gradient: the optimum, which more gradient steps cannot leave.
#[test]
fn a_solved_probe_is_at_its_optimum() {
    let strengths = [1.0, 0.01, 1e-4];
    for (name, model, _) in models() {
        let trial = solved(&model, &json!("linear-probe"), &json!({ "logistic": strengths }));
        let (summary, record, _) = ended(&trial, &model, &[]);
        assert_eq!((summary.steps, summary.budget_steps), (1, 1), "{name}");
        let head = record.solved.unwrap();
        assert!(head.converged && head.tried == strengths, "{name}: {head:?}");
        assert_eq!(head.val_accuracy.len(), 3);
        let best = head.val_accuracy.iter().copied().fold(0.0, f64::max);
        let at = head.tried.iter().position(|tried| *tried == head.strength).unwrap();
        assert_eq!(head.val_accuracy[at], best);
        let of_val = fireassay_spec::MetricName::Of(Split::Val, fireassay_spec::Metric::Accuracy);
        assert!((summary.metrics[&of_val] - best).abs() < 1e-9, "{name}");

        // At the weakest decay, all that gradient descent could still gain is little. (The
        // dropout on a resnet's features would make its loss another one.)
        if name == "resnet" {
            continue;
        }
        let (_, data) = dataset();
        let weakest = json!({ "logistic": [1e-4] });
        let trial = solved(&model, &json!("linear-probe"), &weakest);
        let source = source(&model);
        let mut setup = Setup::new(&trial, &data, &Device::flex(), from(&source)).unwrap();
        let solver = trial.spec.finetune.clone().unwrap().head_solver;
        let (loss, _) = setup.solve_head(&trial, &solver).unwrap();
        let train = setup.splits.train.clone();
        let mut last = f64::INFINITY;
        for step in 0..200 {
            setup.clock.set(step);
            let batch = setup.feed.train_batch(&train, 0, &setup.device);
            (setup.model, last) =
                train_step(setup.model, &mut setup.optim, batch, Loss::CrossEntropy, 0.01);
        }
        assert!(last <= loss + 1e-6 && loss - last < 0.02, "{name}: {loss} to {last}");
    }
}

#[test]
fn a_solved_head_comes_before_the_steps_of_the_next_phase_however_often_it_is_stopped() {
    let (_, model, count) = &models()[1];
    for regime in [
        json!({ "lp-ft": { "probe-fraction": 0.5, "lr-factor": 0.1 } }),
        json!({ "gradual-unfreeze": { "stages": count + 1 } }),
    ] {
        let trial = solved(model, &regime, &json!({ "ridge": [1.0, 0.1] }));
        let (summary, record, expected) = ended(&trial, model, &[]);
        assert_eq!(summary.steps, 24);
        assert_eq!(record.solved.unwrap().iterations, None);
        for stops in [&[1][..], &[2], &[1, 1, 1], &[9, 3]] {
            assert!(ended(&trial, model, stops).2 == expected, "{regime}, {stops:?}");
        }
    }
}
