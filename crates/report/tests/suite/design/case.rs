//! Experiments of every design, read from a file as a person would write it.

use std::collections::BTreeMap;

use fireassay_report::{Derived, DesignAnalysis, Effect, Observed, Withheld};
use fireassay_spec::{Cards, DatasetCard, Experiment};

use crate::case::{Case, card, id, record};

/// Factor name to level label.
pub(crate) type Settings = BTreeMap<String, String>;

pub(crate) const NORM: &str = "[[factor]]\nkey = 'model.cnn.norm'\nlevels = ['batch', 'none']\n";
pub(crate) const NORMS: &str =
    "[[factor]]\nkey = 'model.cnn.norm'\nlevels = ['batch', 'layer', 'none']\n";
pub(crate) const LR: &str = "[[factor]]\nkey = 'optim.lr'\nlevels = [0.1, 0.01]\n";
pub(crate) const POOL: &str = "[[factor]]\nkey = 'model.cnn.pool'\nlevels = ['max', 'average']\n";
pub(crate) const DROPOUT: &str =
    "[[factor]]\nkey = 'model.cnn.dropout'\nlevels = [0.0, 0.8, 0.2, 0.5]\n";
pub(crate) const FACTORIAL: &str = "seeds = [0, 1, 2]\ndesign = 'full-factorial'";
pub(crate) const SEVEN_SEEDS: &str = "seeds = [0, 1, 2, 3, 4, 5, 6]";

const BASE: &str = r#"
[base.data]
dataset = "mnist"
train-size = 5000
val-fraction = 0.2

[base.model.cnn]
channels = [8, 16]
kernel = 3
stride = 1
padding = "same"
norm = "batch"
activation = "relu"
pool = "max"
head = "flatten"
dense = [32]
dropout = 0.0
dropout-at = "hidden"

[base.optim]
algorithm = { sgd = { momentum = 0.9, nesterov = false } }
lr = 0.1
weight-decay = 0.0
decay = "coupled"
decay-exempt = "bias-and-norm"
clip-norm = "off"

[base.schedule]
shape = "constant"
warmup-steps = 0

[base.train]
budget = { steps = 600 }
batch-size = 64
loss = "cross-entropy"
eval-every = { steps = 50 }
early-stopping = "off"
select = "best-val"
"#;

const ANALYSIS: &str = r#"
[analysis]
primary-metric = "test.accuracy"
direction = "higher"
alpha = 0.05
failed-trial = "exclude-pair"
"#;

/// A finished experiment. `head` holds `seeds`, `design` and what else stands at the top, `factors`
/// the factors and whatever comes after them; `percent` is the test accuracy of a trial.
pub(crate) fn designed(head: &str, factors: &str, percent: &dyn Fn(&Settings, u64) -> f64) -> Case {
    let named = |name: &&str| ((*name).to_owned(), DatasetCard { name: (*name).into(), ..card() });
    let cards: Cards = ["mnist", "kmnist", "fashion"].iter().map(named).collect();
    let text = format!(
        "schema = 1\nname = 'batch-norm'\nquestion = 'What matters?'\n\
         claim = 'exploratory'\n{head}\n{BASE}\n{factors}\n{ANALYSIS}"
    );
    let experiment = Experiment::parse("experiment.toml", &text, &cards)
        .unwrap_or_else(|errors| panic!("{errors:?}"));
    let mut plan = experiment.plan(&cards);
    let index: BTreeMap<String, usize> =
        plan.conditions.iter().enumerate().map(|(i, c)| (c.name.clone(), i)).collect();
    for trial in &mut plan.trials {
        // Readable, and independent of how specs are hashed.
        trial.id = id(index[&trial.condition], trial.seed);
    }
    let records = plan.trials.iter().map(|trial| {
        let percent = percent(&trial.settings, trial.seed);
        record(trial, percent / 100.0)
    });
    let (records, observed) = (records.collect(), Observed::default());
    Case { records, experiment, plan, cards, observed, unregistered: false }
}

/// What a seed adds to every score, in hundredths of a per cent: anything but a pattern.
pub(crate) fn noise(seed: u64) -> f64 {
    const NOISE: [f64; 9] = [0.20, -0.15, 0.45, 0.10, -0.30, 0.35, 0.05, -0.05, 0.25];
    NOISE[seed as usize % NOISE.len()]
}

/// Whether a factor is at this level.
pub(crate) fn is(settings: &Settings, factor: &str, level: &str) -> bool {
    settings[factor] == level
}

/// 1 where a factor is at this level, else 0.
pub(crate) fn at(settings: &Settings, factor: &str, level: &str) -> f64 {
    f64::from(u8::from(is(settings, factor, level)))
}

/// Scores of the eight subsets of norm, lr, pool, present where the bit is set.
pub(crate) const EIGHT: [f64; 8] = [80.0, 84.0, 82.0, 87.0, 81.0, 86.0, 82.0, 90.0];

pub(crate) fn subset(settings: &Settings) -> usize {
    let bits = [("norm", "batch"), ("lr", "0.1"), ("pool", "max")];
    bits.iter().enumerate().map(|(i, (f, level))| usize::from(is(settings, f, level)) << i).sum()
}

pub(crate) fn analysis(case: &Case) -> DesignAnalysis {
    case.results().design_analysis
}

pub(crate) fn of(effect: &Result<Effect, Withheld>) -> &Effect {
    effect.as_ref().unwrap()
}

/// Differences in per cent, one per seed.
pub(crate) fn check(effect: &Result<Effect, Withheld>, expected: &[f64]) {
    let found: Vec<f64> = of(effect).differences.iter().map(|d| 100.0 * d).collect();
    let near = found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-10);
    assert!(near && found.len() == expected.len(), "{found:?} against {expected:?}");
}

pub(crate) fn names(derived: &[Derived]) -> Vec<&str> {
    derived.iter().map(|of| of.name.as_str()).collect()
}
