//! What `results.json` says about many datasets.

use serde_json::{Value, json};

use crate::design::json::{measured, withheld};
use crate::design::{AcrossDatasets, Method, OnDataset, Pooled, Withheld};
use crate::format::json::{derived, interval};

pub(super) fn across(across: &AcrossDatasets) -> Value {
    json!({
        "factor": across.factor,
        "datasets": across.datasets,
        "thresholds": across.thresholds,
        "reference": pooled(&across.reference),
        "methods": across.methods.iter().map(method).collect::<Vec<_>>(),
        "left-out": across.left_out,
    })
}

fn method(method: &Method) -> Value {
    let improvement = method.improvement.as_ref().ok();
    json!({
        "name": method.name,
        "pooled": pooled(&method.pooled),
        "improvement": {
            "probability": improvement.map(|(share, _)| derived(*share)),
            "bootstrap-95": improvement.map(|(_, bounds)| interval(*bounds)),
            "withheld": withheld(&method.improvement),
        },
        "datasets": method.on.iter().map(on_dataset).collect::<Vec<_>>(),
    })
}

fn on_dataset(on: &OnDataset) -> Value {
    json!({
        "dataset": on.dataset,
        "condition": on.condition,
        "reference": on.reference,
        "effect": measured(&on.effect),
        "withheld": withheld(&on.effect),
    })
}

fn pooled(of: &Result<Pooled, Withheld>) -> Value {
    let known = of.as_ref().ok();
    json!({
        "n": known.map(|pooled| pooled.n),
        "fewest": known.map(|pooled| pooled.fewest),
        "planned": known.map(|pooled| pooled.planned),
        "interquartile-mean": known.map(|pooled| derived(pooled.iqm)),
        "bootstrap-95": known.map(|pooled| interval(pooled.interval)),
        "profile": known.map(|pooled| {
            pooled.profile.iter().map(|share| derived(*share)).collect::<Vec<_>>()
        }),
        "withheld": withheld(of),
    })
}
