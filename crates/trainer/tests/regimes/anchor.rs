//! L2-SP: a penalty on the distance from the source.

use burn::tensor::Device;
use fireassay_spec::Kernels;
use fireassay_trainer::setup::Setup;
use fireassay_trainer::state::{Tensors, model_state};
use serde_json::json;

use crate::scene::{floats, from, models, source, stepped, tuned};
use crate::support::dataset;

/// INV8: at the source an anchor neither costs nor pulls; away from it, it pulls back.
#[test]
fn an_anchor_is_nothing_at_the_source() {
    let (_, model, _) = &models()[1];
    let source = source(model);
    let (_, data) = dataset();
    for decay in ["coupled", "decoupled"] {
        let after = |alpha: f64, steps: usize| {
            let anchor = json!({ "anchor": { "l2-sp": { "alpha": alpha, "beta": 0.0 } },
                "batch-norm": { "trained": "train" } });
            let mut trial = tuned(model, &json!("full"), &anchor);
            trial.spec.optim.decay = serde_json::from_value(json!(decay)).unwrap();
            let mut setup = Setup::new(&trial, &data, &Device::flex(), from(&source)).unwrap();
            for _ in 0..steps {
                setup = stepped(setup, 0.02).0;
            }
            model_state(&setup.model).unwrap()
        };
        assert_eq!(after(0.0, 1), after(10.0, 1), "{decay}");
        let distance = |found: &Tensors| -> f64 {
            let weights = found.iter().filter(|(path, _)| path.ends_with("conv.weight"));
            let squares = weights.flat_map(|(path, blob)| {
                let pairs = floats(blob).into_iter().zip(floats(&source.tensors[path]));
                pairs.map(|(a, b)| f64::from(a - b).powi(2)).collect::<Vec<_>>()
            });
            squares.sum()
        };
        let (free, held) = (distance(&after(0.0, 10)), distance(&after(10.0, 10)));
        assert!(held < 0.7 * free, "{decay}: {held} and {free}");
    }
}

/// INV9: for plain gradient descent a penalty is decay, also towards a source; and both are the same
/// with kernels on and off.
#[test]
fn a_penalty_is_decay_for_plain_gradient_descent() {
    let (_, model, _) = &models()[4];
    let source = source(model);
    let (_, data) = dataset();
    let after = |decay: &str, kernels: Kernels| {
        let anchor = json!({ "anchor": { "l2-sp": { "alpha": 0.3, "beta": 0.1 } },
            "lr-scheme": { "head-times": 2.0 } });
        let mut trial = tuned(model, &json!("full"), &anchor);
        trial.kernels = kernels;
        trial.spec.optim.decay = serde_json::from_value(json!(decay)).unwrap();
        let plain = json!({ "sgd": { "momentum": 0.0, "nesterov": false } });
        trial.spec.optim.algorithm = serde_json::from_value(plain).unwrap();
        let mut setup = Setup::new(&trial, &data, &Device::flex(), from(&source)).unwrap();
        for _ in 0..10 {
            setup = stepped(setup, 0.05).0;
        }
        model_state(&setup.model).unwrap()
    };
    let expected = after("coupled", Kernels::On);
    for found in [
        after("decoupled", Kernels::On),
        after("coupled", Kernels::Off),
        after("decoupled", Kernels::Off),
    ] {
        for (path, blob) in &expected {
            for (a, b) in floats(blob).into_iter().zip(floats(&found[path])) {
                assert!((a - b).abs() < 2e-6, "{path}: {a} and {b}");
            }
        }
    }
}
