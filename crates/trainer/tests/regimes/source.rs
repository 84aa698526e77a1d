//! Sources that do not fit.

use burn::tensor::Device;
use fireassay_trainer::Source;
use fireassay_trainer::setup::Setup;
use serde_json::json;

use crate::scene::{models, source, tuned};
use crate::support::dataset;

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
