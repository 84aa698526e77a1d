//! What fixed blocks make of examples, kept or computed anew.

use burn::tensor::Device;
use fireassay_spec::Loss;
use fireassay_trainer::eval::evaluate;
use fireassay_trainer::fit::train_step;
use fireassay_trainer::setup::Setup;
use serde_json::json;

use crate::scene::{models, source, tuned};
use crate::support::dataset;

/// INV2, INV5: what fixed blocks make of an example does not depend on its neighbours, so keeping it
/// changes no bit of a curve; running the whole model with autodiff changes only the last ones.
#[test]
fn kept_features_train_as_features_that_are_computed_each_time() {
    for (name, model, _) in models() {
        let source = source(&model);
        let (_, data) = dataset();
        let trial = tuned(&model, &json!({ "finetune-from": { "k": 1 } }), &json!({}));
        let device = Device::flex();
        let curve = |way: &str| -> Vec<f64> {
            let mut setup = Setup::new(&trial, &data, &device, Some(&source)).unwrap();
            assert_eq!(setup.feed.from(), 1);
            match way {
                "kept" => {}
                "each time" => setup.feed.fix_unkept(1, &setup.model),
                _ => setup.feed.fix(0, &setup.model, &[], &device),
            }
            let mut losses = Vec::new();
            for step in 0..20 {
                let rows = setup.order.rows(step).to_vec();
                setup.clock.set(step);
                let batch = setup.feed.train_batch(&rows, step, &setup.device);
                let loss;
                (setup.model, loss) =
                    train_step(setup.model, &mut setup.optim, batch, Loss::CrossEntropy, 0.05);
                losses.push(loss);
            }
            let found = evaluate(&setup.model, &setup.feed, &setup.splits.val, &device).unwrap();
            losses.extend(found.metrics.values());
            losses
        };
        let kept = curve("kept");
        assert_eq!(kept, curve("each time"), "{name}");
        for (a, b) in kept.iter().zip(curve("whole")) {
            assert!((a - b).abs() < 1e-4, "{name}: {a} and {b}");
        }
    }
}
