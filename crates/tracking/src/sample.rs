//! A trial for the tests of this crate.

use std::collections::BTreeMap;

use fireassay_spec::{Kernels, Trial, TrialId, TrialSpec};

use crate::{EventMark, Examples, Outcome, SCHEMA, State, Status, Summary, Timing};

const SPEC: &str = r#"{
    "data": {"dataset": "digits", "train-size": "all", "val-fraction": 0.2},
    "model": {"mlp": {"widths": [8], "activation": "relu", "norm": "none", "dropout": 0.0,
        "dropout-at": "hidden"}},
    "optim": {"algorithm": {"sgd": {"momentum": 0.9, "nesterov": false}}, "lr": 0.1,
        "weight-decay": 0.0, "decay": "coupled", "decay-exempt": "nothing", "clip-norm": "off"},
    "schedule": {"shape": "constant", "warmup-steps": 0},
    "train": {"budget": {"steps": 10}, "batch-size": 4, "loss": "cross-entropy",
        "eval-every": {"steps": 5}, "early-stopping": "off", "select": "last"}
}"#;

/// A trial of a condition that sets one factor, `rate`, to its own name.
pub(crate) fn trial(condition: &str, seed: u64) -> Trial {
    let spec: TrialSpec = serde_json::from_str(SPEC).unwrap();
    let dataset_hash = format!("hash of the data of {condition}");
    Trial {
        schema: fireassay_spec::SCHEMA,
        id: TrialId::new(&spec, seed, &dataset_hash, Kernels::USUAL),
        experiment: "sample".into(),
        condition: condition.into(),
        settings: BTreeMap::from([("rate".into(), condition.into())]),
        seed,
        dataset_hash,
        kernels: Kernels::USUAL,
        source: None,
        spec,
    }
}

pub(crate) fn status(state: State) -> Status {
    Status {
        schema: SCHEMA,
        state,
        step: 5,
        budget_steps: 10,
        message: None,
        sessions: 1,
        attempts: Vec::new(),
        timing: Timing::default(),
        peak_rss_bytes: 0,
    }
}

pub(crate) fn summary(outcome: Outcome) -> Summary {
    Summary {
        schema: SCHEMA,
        outcome,
        metrics: BTreeMap::new(),
        confusion: None,
        steps: 10,
        budget_steps: 10,
        selected_step: 10,
        params: 1,
        trainable_params: 1,
        macs: 1,
        examples: Examples { train: 1, val: 1, test: 1 },
        state_digest: "digest".into(),
        events: EventMark::default(),
    }
}
