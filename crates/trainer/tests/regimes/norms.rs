//! The modes of batch norm.

use burn::module::Module;
use burn::tensor::Device;
use fireassay_trainer::batch::upload;
use fireassay_trainer::setup::Setup;
use serde_json::json;

use crate::scene::{floats, from, models, source, trained, tuned};
use crate::support::{cnn, dataset};

/// Re-estimated statistics are those of the train split, of layers that see re-estimated inputs: with
/// them every channel behind the first norm has mean 0 and variance 1 where one batch holds the split.
#[test]
fn re_estimated_statistics_are_those_of_the_train_split() {
    let model = cnn(&json!({ "pool": "none", "activation": "identity", "dense": [] }));
    let source = source(&model);
    let (_, data) = dataset();
    let modes = json!({ "batch-norm": { "frozen": "re-estimate" } });
    let trial = tuned(&model, &json!("linear-probe"), &modes);
    let device = Device::flex();
    let setup = Setup::new(&trial, &data, &device, from(&source)).unwrap();
    let statistic =
        |name: &str| floats(&setup.start[&format!("backbone.Cnn.blocks.0.norm.Batch.{name}")]);
    let theirs = floats(&source.tensors["backbone.Cnn.blocks.0.norm.Batch.running_mean"]);
    assert_ne!(statistic("running_mean"), theirs);
    let plain = Device::flex();
    let inputs = upload(&data, &setup.splits.train, &plain).inputs;
    let maps = setup.model.valid().prefix(1, inputs).into_data().try_to_vec::<f32>().unwrap();
    let (channels, plane) = (4, 64);
    let [gamma, beta] = ["gamma", "beta"]
        .map(|name| floats(&source.tensors[&format!("backbone.Cnn.blocks.0.norm.Batch.{name}")]));
    for channel in 0..channels {
        let of_channel: Vec<f64> = maps
            .chunks_exact(channels * plane)
            .flat_map(|maps| &maps[channel * plane..(channel + 1) * plane])
            .map(|value| f64::from((value - beta[channel]) / gamma[channel]))
            .collect();
        let mean = of_channel.iter().sum::<f64>() / of_channel.len() as f64;
        let variance = of_channel.iter().map(|v| (v - mean).powi(2)).sum::<f64>();
        let variance = variance / of_channel.len() as f64;
        assert!(mean.abs() < 1e-4 && (variance - 1.0).abs() < 1e-3, "{mean} {variance}");
    }
}

/// What happens where gradients are switched off and nothing else: the deliberate mode, and no other.
#[test]
fn statistics_drift_only_where_they_are_told_to() {
    let (_, model, _) = &models()[1];
    let source = source(model);
    for (mode, affine_moves, statistics_move) in [
        ("fully-frozen", false, false),
        ("statistics-fixed", true, false),
        ("silent-drift", false, true),
        ("train", true, true),
        ("re-estimate", false, false),
    ] {
        let modes = json!({ "batch-norm": { "frozen": mode } });
        let trial = tuned(model, &json!("linear-probe"), &modes);
        let (_, data) = dataset();
        let setup = Setup::new(&trial, &data, &Device::flex(), from(&source)).unwrap();
        let start = setup.start.clone();
        let (end, _) = trained(&trial, &source);
        let norm = |name: &str| {
            let path = format!("backbone.Cnn.blocks.0.norm.Batch.{name}");
            start[&path] != end[&path]
        };
        assert_eq!([norm("gamma"), norm("beta")], [affine_moves; 2], "{mode}");
        assert_eq!([norm("running_mean"), norm("running_var")], [statistics_move; 2], "{mode}");
        let conv = "backbone.Cnn.blocks.0.conv.weight";
        assert_eq!(start[conv], end[conv], "{mode}");
    }
}
