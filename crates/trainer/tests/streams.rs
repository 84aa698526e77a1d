//! A stream with a seed of its own draws anew, and no other stream does.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use burn::tensor::{Device, Tensor};
use fireassay_data::{Mixed, Splits};
use fireassay_models::Backbone;
use fireassay_spec::{Purpose, Trial};
use fireassay_trainer::setup::{Setup, With};
use fireassay_trainer::state::{Tensors, model_state};
use serde_json::{Value, json};
use support::{adam, cnn, dataset, mlp, trial};

const STREAMS: &[Purpose] = Purpose::ALL;
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
    /// A fixed batch at step 3, with what it is mixed with.
    varied: (Vec<f32>, Option<Mixed>),
    /// Every label, spoiled or not.
    labels: Vec<u32>,
}

fn draws(trial: &Trial) -> Draws {
    let device = Device::flex();
    let data = dataset().1;
    let mut setup = Setup::new(trial, &data, &device, With::default()).unwrap();
    let rows = (0..STEPS).flat_map(|step| setup.order.rows(step).to_vec());
    let place = |row: u32| setup.splits.train.binary_search(&row).unwrap();
    let order = rows.map(place).collect();
    setup.clock.set(3);
    let dropout = match &setup.model.backbone {
        Backbone::Cnn(cnn) => &cnn.dense[0].dropout,
        Backbone::EfficientnetLite(efficientnet) => &efficientnet.dropout,
        Backbone::Mlp(mlp) => &mlp.blocks[0].dropout,
        Backbone::Resnet(resnet) => &resnet.dropout,
    };
    let mask = dropout.as_ref().unwrap().forward(Tensor::<2>::ones([8, 16], &setup.device));
    Draws {
        varied: {
            let (mut inputs, mut labels) = (Vec::new(), Vec::new());
            data.gather(&[0, 1, 2, 3], &mut inputs, &mut labels);
            let mixed = setup.feed.augment().apply(3, &mut inputs, &labels);
            (inputs, mixed)
        },
        labels: setup.feed.dataset().labels().to_vec(),
        init: model_state(&setup.model).unwrap(),
        split: setup.splits,
        order,
        mask: mask.into_data().try_to_vec().unwrap(),
    }
}

/// Specs of all families, with something random everywhere.
fn models() -> [Value; 3] {
    let dropout = json!({ "dropout": 0.5 });
    let resnet = json!({ "resnet": { "depth": 8, "widths": [4, 6, 8], "norm": "batch",
        "activation": "relu", "shortcut": "padded-identity", "dropout": 0.5,
        "dropout-at": "features" } });
    [mlp(&dropout), cnn(&dropout), resnet]
}

/// The same trial with these seeds of single streams.
fn with_streams(model: &Value, seeds: &[(Purpose, u64)]) -> Trial {
    let data = json!({ "augment": { "crop-padding": 2, "mixup": 1.0 },
        "corrupt": { "train": { "label-noise": 0.3 }, "test": { "label-noise": 0.3 } } });
    let mut trial = trial(model, &json!({ "optim": { "algorithm": adam() }, "data": data }));
    for (purpose, seed) in seeds {
        trial.spec.streams.set(*purpose, *seed);
    }
    trial.id = trial.content_id();
    trial
}

/// Which streams of two trials differ.
fn differing(a: &Trial, b: &Trial) -> Vec<Purpose> {
    let (a, b) = (draws(a), draws(b));
    let differs = [
        (Purpose::Init, a.init != b.init),
        (Purpose::Order, a.order != b.order),
        (Purpose::Dropout, a.mask != b.mask),
        (Purpose::Augment, a.varied != b.varied),
        (Purpose::Split, a.split != b.split),
        // Which labels may be spoiled follows the split.
        (Purpose::Corrupt, a.labels != b.labels && a.split == b.split),
    ];
    differs.into_iter().filter(|(_, differs)| *differs).map(|(purpose, _)| purpose).collect()
}

#[test]
fn a_stream_with_a_seed_of_its_own_moves_no_other() {
    for model in models() {
        let base = with_streams(&model, &[]);
        for &purpose in STREAMS {
            let moved = with_streams(&model, &[(purpose, base.seed + 1)]);
            // Nothing is drawn from the stream that picks a source.
            let expected = Some(purpose).filter(|purpose| *purpose != Purpose::Pretrain);
            assert_eq!(differing(&base, &moved), Vec::from_iter(expected));
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
        let expected = [Purpose::Order, Purpose::Dropout, Purpose::Augment, Purpose::Corrupt];
        assert_eq!(differing(&kept, &moved), expected);
        let seeds: Vec<(Purpose, u64)> = STREAMS.iter().map(|&purpose| (purpose, seed)).collect();
        let named = with_streams(&model, &seeds);
        let follows = Trial { seed, ..with_streams(&model, &[]) };
        assert_eq!(differing(&named, &follows), [], "all streams named are another trial seed");
    }
}
