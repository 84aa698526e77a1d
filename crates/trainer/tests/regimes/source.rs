//! Sources that do not fit.

use burn::tensor::Device;
use fireassay_spec::{Metric, MetricName, Split};
use fireassay_trainer::setup::{Setup, With};
use fireassay_trainer::state::Tensors;
use fireassay_trainer::{Source, SourceTask};
use serde_json::json;

use crate::scene::{models, source, trained, tuned};
use crate::support::{dataset, trial};

#[test]
fn a_source_that_does_not_fit_is_told_whole() {
    let (_, model, _) = &models()[1];
    let good = source(model);
    let (_, data) = dataset();
    let start = |source: Option<&Source>, head: &str| {
        let trial = tuned(model, &json!("full"), &json!({ "head": head }));
        Setup::new(&trial, &data, &Device::flex(), With { source, cache: None })
            .map(|_| ())
            .map_err(|e| e.to_string())
    };
    start(Some(&good), "source").unwrap();
    let mut bad = good.clone();
    bad.tensors.remove("head.bias");
    start(Some(&bad), "zero").unwrap();
    // A deeper network is not cut without a word.
    let mut deeper = good.clone();
    let block = "backbone.Cnn.blocks.9.conv.bias";
    deeper.tensors.insert(block.into(), good.tensors["head.bias"].clone());
    let unknown = format!("the source does not fit: `{block}` is not known");
    assert_eq!(start(Some(&deeper), "zero").unwrap_err(), unknown);
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

/// INV: what is frozen forgets nothing, to the last bit; what is trained forgets what it says.
#[test]
fn what_is_forgotten_is_measured_with_the_sources_own_head() {
    let (_, model, _) = &models()[1];
    let pretrain = trial(model, &json!({ "streams": { "init": 77 } }));
    let (tensors, summary) = trained(&pretrain, &Source { tensors: Tensors::new(), task: None });
    let (_, dataset) = dataset();
    let metrics = summary.metrics.clone();
    let task = Some(SourceTask { trial: pretrain, dataset, metrics });
    let source = Source { tensors, task };
    let [after, forgotten] =
        [MetricName::Source, MetricName::Forgotten].map(|name| name(Metric::Loss));
    for (regime, forgets) in [("linear-probe", false), ("full", true)] {
        let tuned = tuned(model, &json!(regime), &json!({ "forgetting": true }));
        let found = trained(&tuned, &source).1.metrics;
        let before = summary.metrics[&MetricName::Of(Split::Test, Metric::Loss)];
        assert_eq!(found[&forgotten] != 0.0, forgets, "{regime}: {found:?}");
        assert_eq!(found[&forgotten], before - found[&after], "{regime}");
    }
}
