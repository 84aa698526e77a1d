//! What a fake trial says about itself: the same numbers each time.

use std::collections::BTreeMap;
use std::io;

use fireassay_spec::{Metric, MetricName, Trial};
use fireassay_tracking::{EventMark, Examples, Outcome, SCHEMA, State, Status, Summary, Timing};
use serde_json::{Value, json};

const BUDGET: u64 = 100;

/// A finished trial whose accuracy is the script's, plus a little that depends on condition and seed.
pub(crate) fn done(trial: &Trial, script: &Value) -> Summary {
    let middle = script["accuracy"][&trial.condition].as_f64().unwrap_or(0.9);
    let jitter = [0.000, 0.004, -0.003, 0.001, -0.002, 0.003, -0.001, 0.002];
    let at = trial.seed as usize + 3 * trial.condition.len();
    let accuracy = middle + jitter[at % jitter.len()];
    let value = |name: MetricName| match name {
        MetricName::Of(_, Metric::Accuracy) => accuracy,
        MetricName::Of(_, Metric::Loss) => 1.0 - accuracy,
        MetricName::Gap(_) | MetricName::Source(_) | MetricName::Forgotten(_) => 0.0,
    };
    let is_there =
        |name: &MetricName| !matches!(name, MetricName::Source(_) | MetricName::Forgotten(_));
    let metrics =
        MetricName::all().into_iter().filter(is_there).map(|name| (name, value(name))).collect();
    summary(Outcome::Done, metrics, BUDGET)
}

/// A trial whose loss became NaN.
pub(crate) fn diverged() -> Summary {
    let outcome = Outcome::Diverged { step: 41, value: "NaN".into() };
    summary(outcome, BTreeMap::new(), 41)
}

/// A status with round figures.
pub(crate) fn status(sessions: u64, state: State) -> Status {
    let timing = Timing {
        wall_secs: 2.0,
        cpu_secs: 1.9,
        startup_secs: 0.1,
        train_secs: 1.8,
        eval_secs: 0.08,
        checkpoint_secs: 0.02,
    };
    Status {
        schema: SCHEMA,
        state,
        step: 41,
        budget_steps: BUDGET,
        message: None,
        sessions,
        attempts: Vec::new(),
        timing,
        peak_rss_bytes: 64 << 20,
    }
}

/// Answers `fingerprint`: by default two conditions are equal when their specs are.
pub(crate) fn fingerprints(script: &Value) -> Value {
    let trials: Vec<Trial> = serde_json::from_reader(io::stdin()).expect("trials on stdin");
    let of = |trial: &Trial| {
        let scripted = script["fingerprints"][&trial.condition].as_str();
        json!({
            "condition": trial.condition,
            "fingerprint": scripted.map_or_else(|| trial.id.to_string(), ToOwned::to_owned),
            "parameters": 7850,
            "trainable": 7850,
            "macs": 7840,
            "secs_per_step": 0.02,
            "budget_steps": BUDGET,
            "shapes": [["classifier.bias", [10]], ["classifier.weight", [784, 10]]],
        })
    };
    trials.iter().map(of).collect()
}

fn summary(outcome: Outcome, metrics: BTreeMap<MetricName, f64>, steps: u64) -> Summary {
    Summary {
        schema: SCHEMA,
        outcome,
        metrics,
        confusion: None,
        steps,
        budget_steps: BUDGET,
        selected_step: steps,
        params: 7850,
        trainable_params: 7850,
        macs: 7840,
        examples: Examples { train: 80, val: 20, test: 50 },
        state_digest: "00".repeat(32),
        events: EventMark::default(),
    }
}
