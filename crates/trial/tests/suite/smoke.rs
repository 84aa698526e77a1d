//! A trial learns, says what it ran on, and says so when its loss is no number any more.

use std::fs;

use fireassay_tracking::{Event, Outcome, State};
use serde_json::json;

use crate::support::{Run, mlp_trial, program};

#[test]
fn a_small_mlp_learns_digits() {
    let run = Run::new(&mlp_trial(&[("/data/train-size", json!("all"))]));
    run.to_end(&[]);
    let summary = run.dir.summary().unwrap().unwrap();
    assert_eq!(summary.outcome, Outcome::Done);
    assert_eq!((summary.steps, summary.budget_steps), (240, 240));
    // 64 * 32 + 32 and 32 * 10 + 10.
    assert_eq!((summary.params, summary.trainable_params, summary.macs), (2410, 2410, 2368));
    let accuracy = summary.metrics[&"test.accuracy".parse().unwrap()];
    assert!(accuracy > 0.9, "{accuracy}");
    let confusion = summary.confusion.unwrap();
    assert_eq!((confusion.len(), confusion[0].len()), (10, 10));
    let total: u64 = confusion.iter().flatten().sum();
    assert_eq!(total, summary.examples.test);
    let right: u64 = (0..10).map(|class| confusion[class][class]).sum();
    assert_eq!(right as f64 / total as f64, accuracy, "to the last bit");

    let events = run.dir.events().unwrap();
    let losses: Vec<f64> = events
        .iter()
        .filter_map(|event| match event {
            Event::Train { loss, .. } => Some(*loss),
            Event::Eval { .. } | Event::State { .. } => None,
        })
        .collect();
    assert_eq!(losses.len(), 24, "one for ten steps");
    assert!(losses[23] < losses[0] / 4.0, "{losses:?}");
    let status = run.dir.status().unwrap().unwrap();
    assert_eq!((status.state, status.step, status.sessions), (State::Done, 240, 1));
    assert!(status.timing.cpu_secs > 0.0, "{:?}", status.timing);
}

#[test]
fn a_diverging_trial_is_a_result_that_says_when() {
    let run = Run::new(&mlp_trial(&[
        ("/optim/lr", json!(1e30)),
        ("/model/mlp/activation", json!("identity")),
    ]));
    run.to_end(&[]);
    let summary = run.dir.summary().unwrap().unwrap();
    let Outcome::Diverged { step, value } = &summary.outcome else {
        panic!("{:?}", summary.outcome);
    };
    assert!((2..=4).contains(step), "{step}");
    assert!(["NaN", "inf"].contains(&value.as_str()), "{value}");
    assert_eq!(summary.steps, *step);
    assert!(summary.metrics.is_empty() && summary.confusion.is_none());
    let status = run.dir.status().unwrap().unwrap();
    assert_eq!((status.state, status.step), (State::Diverged, *step));
}

#[test]
fn provenance_says_what_ran_and_on_what() {
    let run = Run::new(&mlp_trial(&[("/train/budget", json!({ "steps": 2 }))]));
    let code = r#"{"git-revision":"abc","git-dirty":true,"lockfile-hash":"l","toolchain":"t"}"#;
    run.to_end(&["--code", code, "--threads", "2"]);
    let found = run.dir.provenance().unwrap().unwrap();
    let program_bytes = fs::read(program("run").get_program()).unwrap();
    assert_eq!(found.binary_hash, blake3::hash(&program_bytes).to_hex().as_str());
    assert_eq!(found.dataset_hash, run.dir.trial().unwrap().dataset_hash);
    assert_eq!((found.backend.as_str(), found.threads), ("flex", 2));
    assert_eq!(found.code.git_revision.as_deref(), Some("abc"));
    assert!(found.code.git_dirty);
}
