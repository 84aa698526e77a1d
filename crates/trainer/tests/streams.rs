//! A stream with a seed of its own draws anew, and no other stream does.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use burn::tensor::{Device, Tensor};
use fireassay_data::Splits;
use fireassay_models::Backbone;
use fireassay_spec::{Purpose, Trial, TrialId};
use fireassay_trainer::setup::Setup;
use fireassay_trainer::state::{Tensors, model_state};
use serde_json::{Value, json};
use support::{adam, cnn, dataset, mlp, trial};

/// All that draw; there is no augmentation yet.
const STREAMS: [Purpose; 4] = [Purpose::Init, Purpose::Order, Purpose::Dropout, Purpose::Split];
/// Longer than two epochs.
const STEPS: u64 = 30;

/// Everything random of a trial.
struct Draws {
    init: Tensors,
    split: Splits,
    /// Places in the train split, batch by batch.
    order: Vec<usize>,
    /// What a dropout layer lets through at step 3.
    mask: Vec<f32>,
}

fn draws(trial: &Trial) -> Draws {
    let device = Device::flex();
    let mut setup = Setup::new(trial, &dataset().1, &device).unwrap();
    let rows = (0..STEPS).flat_map(|step| setup.order.rows(step).to_vec());
    let place = |row: u32| setup.splits.train.binary_search(&row).unwrap();
    let order = rows.map(place).collect();
    setup.clock.set(3);
    let dense = match &setup.model.backbone {
        Backbone::Cnn(cnn) => &cnn.dense[0],
        Backbone::Mlp(mlp) => &mlp.blocks[0],
    };
    let mask = dense.dropout.as_ref().unwrap().forward(Tensor::<2>::ones([8, 16], &setup.device));
    Draws {
        init: model_state(&setup.model).unwrap(),
        split: setup.splits,
        order,
        mask: mask.into_data().try_to_vec().unwrap(),
    }
}

/// Specs of both families, with something random everywhere.
fn models() -> [Value; 2] {
    let dropout = json!({ "dropout": 0.5 });
    [mlp(&dropout), cnn(&dropout)]
}

/// The same trial with these seeds of single streams.
fn with_streams(model: &Value, seeds: &[(Purpose, u64)]) -> Trial {
    let mut trial = trial(model, &json!({ "optim": { "algorithm": adam() } }));
    for (purpose, seed) in seeds {
        trial.spec.streams.set(*purpose, *seed);
    }
    trial.id = TrialId::new(&trial.spec, trial.seed, &trial.dataset_hash);
    trial
}

/// Which streams of two trials differ.
fn differing(a: &Trial, b: &Trial) -> Vec<Purpose> {
    let (a, b) = (draws(a), draws(b));
    let differs = [
        (Purpose::Init, a.init != b.init),
        (Purpose::Order, a.order != b.order),
        (Purpose::Dropout, a.mask != b.mask),
        (Purpose::Split, a.split != b.split),
    ];
    differs.into_iter().filter(|(_, differs)| *differs).map(|(purpose, _)| purpose).collect()
}

#[test]
fn a_stream_with_a_seed_of_its_own_moves_no_other() {
    for model in models() {
        let base = with_streams(&model, &[]);
        for purpose in STREAMS {
            let moved = with_streams(&model, &[(purpose, base.seed + 1)]);
            assert_eq!(differing(&base, &moved), [purpose]);
            let same = with_streams(&model, &[(purpose, base.seed)]);
            assert_eq!(differing(&base, &same), [], "{purpose:?} at the trial's own seed");
            assert_ne!(same.id, base.id, "the id is of what was written");
        }
    }
}

#[test]
fn a_named_stream_stays_when_the_trials_seed_moves() {
    for model in models() {
        let kept = with_streams(&model, &[(Purpose::Split, 7), (Purpose::Init, 8)]);
        let seed = kept.seed + 1;
        let moved = Trial { seed, ..kept.clone() };
        assert_eq!(differing(&kept, &moved), [Purpose::Order, Purpose::Dropout]);
        let named = with_streams(&model, &STREAMS.map(|purpose| (purpose, seed)));
        let follows = Trial { seed, ..with_streams(&model, &[]) };
        assert_eq!(differing(&named, &follows), [], "all streams named are another trial seed");
    }
}
