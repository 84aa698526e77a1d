//! Where conditions differ from the reference in what a fair comparison holds equal.

use std::fmt::Write as _;

use fireassay_spec::{Condition, DataSpec, Duplicates, Select, SplitRule, TrainSize};

use crate::results::{ConditionResult, Cost};
use crate::scores::Scores;

/// Budgets may differ by this share of the larger one without a word.
const TOLERATED: f64 = 0.1;

/// One such difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfair {
    /// Name of the condition.
    pub condition: String,
    /// What differs.
    pub what: Unequal,
    /// On the condition's side, for people.
    pub ours: String,
    /// On the reference's side.
    pub theirs: String,
}

/// What a fair comparison holds equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unequal {
    /// Which weights are tested.
    SelectionRule,
    /// Dataset, its share, or how it is split.
    Split,
    /// Updates that the budget allows.
    StepBudget,
    /// Updates made, on average.
    StepsRun,
    /// Tuning trials spent beforehand.
    TuningBudget,
}

impl Unequal {
    /// For people.
    pub fn words(self) -> &'static str {
        match self {
            Self::SelectionRule => "selection rule",
            Self::Split => "data and split",
            Self::StepBudget => "step budget",
            Self::StepsRun => "steps run",
            Self::TuningBudget => "tuning budget",
        }
    }
}

/// Every difference, by condition in plan order.
pub(crate) fn unfair(scores: &Scores<'_>, conditions: &[ConditionResult]) -> Vec<Unfair> {
    let reference = (scores.reference().condition, &conditions[0].cost);
    let others = scores.rows.iter().zip(conditions).skip(1);
    others.flat_map(|(row, result)| compare((row.condition, &result.cost), reference)).collect()
}

type Side<'a> = (&'a Condition, &'a Cost);

fn compare(ours: Side<'_>, theirs: Side<'_>) -> Vec<Unfair> {
    let found = |what, texts: Option<(String, String)>| {
        texts.map(|(mine, other)| Unfair {
            condition: ours.0.name.clone(),
            what,
            ours: mine,
            theirs: other,
        })
    };
    let (our_cost, their_cost) = (ours.1, theirs.1);
    let (our_spec, their_spec) = (&ours.0.spec, &theirs.0.spec);
    let mean_steps = |cost: &Cost| cost.mean_steps;
    let count = |n: Option<u64>| n.map(|n| n as f64);
    [
        found(
            Unequal::SelectionRule,
            texts(select(our_spec.train.select), select(their_spec.train.select)),
        ),
        found(Unequal::Split, texts(split(ours.0), split(theirs.0))),
        found(
            Unequal::StepBudget,
            apart(count(our_cost.budget_steps), count(their_cost.budget_steps)),
        ),
        found(Unequal::StepsRun, apart(mean_steps(our_cost), mean_steps(their_cost))),
        found(Unequal::TuningBudget, tuning(our_cost.tuning_trials, their_cost.tuning_trials)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn texts(ours: String, theirs: String) -> Option<(String, String)> {
    (ours != theirs).then_some((ours, theirs))
}

/// A budget that is declared for one side alone is the very objection that a reviewer makes.
fn tuning(ours: Option<u64>, theirs: Option<u64>) -> Option<(String, String)> {
    let shown = |n: Option<u64>| n.map_or_else(|| "not declared".to_owned(), |n| n.to_string());
    match (ours, theirs) {
        (Some(ours), Some(theirs)) => apart(Some(ours as f64), Some(theirs as f64)),
        (Some(0), None) | (None, Some(0)) | (None, None) => None,
        (Some(_), None) | (None, Some(_)) => Some((shown(ours), shown(theirs))),
    }
}

/// Both numbers, if they are more than tolerably apart.
fn apart(ours: Option<f64>, theirs: Option<f64>) -> Option<(String, String)> {
    let (ours, theirs) = (ours?, theirs?);
    let gap = (ours - theirs).abs();
    (gap > TOLERATED * ours.max(theirs)).then(|| (format!("{ours:.0}"), format!("{theirs:.0}")))
}

/// The rule for people.
pub(crate) fn select(rule: Select) -> String {
    match rule {
        Select::BestVal => "lowest val loss".into(),
        Select::Last => "last step".into(),
    }
}

/// Dataset, share and split for people.
pub(crate) fn split(condition: &Condition) -> String {
    // What is spoiled or varied differs only where it is the very question.
    let DataSpec {
        dataset,
        train_size,
        val_fraction,
        test_fraction,
        classes,
        relabel,
        split,
        duplicates,
        corrupt: _,
        augment: _,
    } = &condition.spec.data;
    let size = match train_size {
        TrainSize::All => "all".to_owned(),
        TrainSize::Count(n) => n.to_string(),
        TrainSize::PerClass(n) => format!("{n} per class"),
    };
    let test = match test_fraction {
        Some(fraction) => format!(", test {fraction} of all"),
        None => String::new(),
    };
    let fixed = match condition.spec.streams.split {
        Some(seed) => format!(", split seed {seed}"),
        None => String::new(),
    };
    let mut out = format!("{dataset}, train-size {size}, val {val_fraction} of it{test}{fixed}");
    if !classes.is_empty() {
        let classes: Vec<String> = classes.iter().map(ToString::to_string).collect();
        let _ = write!(out, ", classes {}", classes.join(" "));
    }
    if !relabel.is_empty() {
        let renamed: Vec<String> =
            relabel.iter().map(|(old, new)| format!("`{old}` as `{new}`")).collect();
        let _ = write!(out, ", {}", renamed.join(", "));
    }
    if *split != SplitRule::default() {
        let _ = write!(out, ", {}", split.name());
    }
    if *duplicates != Duplicates::default() {
        let _ = write!(out, ", duplicates {}", duplicates.name());
    }
    out
}
