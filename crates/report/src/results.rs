//! `Results`: everything a report says, as data.

use std::collections::BTreeMap;

use fireassay_spec::{
    Analysis, Claim, Design, MetricName, Plan, Select, Split, SplitRule, TrialId,
};
use fireassay_tracking::{Examples, Provenance, Registration};

use crate::design::DesignAnalysis;
use crate::effect::Effect;
use crate::fairness::Unfair;
use crate::feasibility::Feasibility;
use crate::hypothesis::{Answered, Checked, Shared};
use crate::registration::Registered;
use crate::scores::Fate;
use crate::sources::SourceResult;
use crate::standing::Standing;
use crate::verdict::Verdict;

/// What an experiment says. Made by [`crate::analyse`], shown by the renderers.
#[derive(Clone, Debug, PartialEq)]
pub struct Results {
    /// Name of the experiment.
    pub experiment: String,
    /// The question in one sentence.
    pub question: String,
    /// Numbers of the lecture's statements that this puts to the test.
    pub statements: Vec<String>,
    /// Whether verdicts are given.
    pub claim: Claim,
    /// How conditions are made from factors.
    pub design: Design,
    /// How the result is judged.
    pub analysis: Analysis,
    /// What the plan can show.
    pub feasibility: Feasibility,
    /// The reference first, then in plan order.
    pub conditions: Vec<ConditionResult>,
    /// One per condition but the reference, in the same order.
    pub contrasts: Vec<Contrast>,
    /// One per declared interaction of two levels.
    pub interactions: Vec<Interaction>,
    /// One per declared hypothesis, in the order of the file.
    pub hypotheses: Vec<Answered>,
    /// What they rest on.
    pub checks: Vec<Checked>,
    /// A stage that trials share, if there is one.
    pub shared: Option<Shared>,
    /// What the design shows beyond these.
    pub design_analysis: DesignAnalysis,
    /// What a seed decides, for people: what SD and intervals capture.
    pub varies: Vec<String>,
    /// How examples are dealt out to train, val and test; in the order of the conditions.
    pub split_rules: Vec<SplitRule>,
    /// How well the examples at hand measure an accuracy; none for a loss or a gap.
    pub resolution: Option<Resolution>,
    /// Where the trials ran, each distinct record with its number of trials.
    pub provenance: Vec<(Option<Provenance>, usize)>,
    /// Run directories that belong to no trial of the plan.
    pub foreign_runs: usize,
    /// What was fixed before the first trial; none if nothing was.
    pub registered: Option<Registered>,
    /// Runs that cannot be used, and why.
    pub problems: Vec<Problem>,
    /// What conditions start from, in plan order; weights of somebody else last.
    pub sources: Vec<SourceResult>,
    /// The datasets in use, by name.
    pub datasets: Vec<DatasetFacts>,
    /// Where conditions differ from the reference in more than what is studied.
    pub unfair: Vec<Unfair>,
    /// Test examples by class and prediction: the reference, then the best other condition.
    pub confusions: Vec<Confusion>,
}

/// One condition.
#[derive(Clone, Debug, PartialEq)]
pub struct ConditionResult {
    /// As in the plan.
    pub name: String,
    /// Factor name to level label.
    pub settings: BTreeMap<String, String>,
    /// Marked as a deliberate duplicate.
    pub duplicate: bool,
    /// One per seed, ascending.
    pub trials: Vec<TrialResult>,
    /// The primary metric over the seeds that count under the failure policy.
    pub score: Option<Description>,
    /// Every metric over the finished trials.
    pub metrics: BTreeMap<MetricName, Description>,
    /// Smallest and largest size of each split over its trials with a result: groups, dealt out
    /// whole, may give each seed another.
    pub examples: Option<[Examples; 2]>,
    /// What it takes.
    pub cost: Cost,
    /// The primary metric's measure on `val` while training, at the steps that all of its
    /// unstopped trials share.
    pub curve: Vec<CurvePoint>,
}

/// One trial.
#[derive(Clone, Debug, PartialEq)]
pub struct TrialResult {
    /// Replicate.
    pub seed: u64,
    /// Identity.
    pub id: TrialId,
    /// Name of its run directory.
    pub dir: String,
    /// What became of it.
    pub fate: Fate,
    /// The primary metric as it counts under the failure policy.
    pub score: Option<f64>,
    /// Every finite metric; empty unless finished.
    pub metrics: BTreeMap<MetricName, f64>,
    /// Updates made, and the step whose weights were tested; of a finished trial.
    pub steps: Option<(u64, u64)>,
    /// Of the tested weights.
    pub state_digest: Option<String>,
    /// What went wrong, for people.
    pub message: Option<String>,
    /// Finished, but begun by another program: the user let this one go on.
    pub is_mixed: bool,
}

/// Some values of one condition.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Description {
    /// How many.
    pub n: usize,
    /// Arithmetic mean.
    pub mean: f64,
    /// With the divisor n - 1; none for a single value.
    pub sd: Option<f64>,
    /// Smallest.
    pub min: f64,
    /// Largest.
    pub max: f64,
}

/// Where data come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatasetFacts {
    /// Name of its folder.
    pub name: String,
    /// For people.
    pub title: String,
    /// As its card says.
    pub licence: String,
    /// As its card says.
    pub source: String,
}

/// A run directory, or the registration, that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Its name.
    pub dir: String,
    /// One or two words: `half-written`, `edited`, `duplicate`.
    pub kind: String,
    /// What is wrong with it.
    pub detail: String,
    /// Condition and seed, if it is a trial of the plan.
    pub trial: Option<(String, u64)>,
}

impl Problem {
    /// Whether it is no run but the registration.
    pub(crate) fn is_registration(&self) -> bool {
        self.dir == Registration::FILE
    }
}

/// Test examples of one condition, summed over its finished trials.
#[derive(Clone, Debug, PartialEq)]
pub struct Confusion {
    /// Name of the condition.
    pub condition: String,
    /// Trials that are summed.
    pub n: usize,
    /// Names of the classes.
    pub classes: Vec<String>,
    /// `[class][prediction]`.
    pub counts: Vec<Vec<u64>>,
}

/// A point of a learning curve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CurvePoint {
    /// Updates made.
    pub step: u64,
    /// Trials that have a finite value there.
    pub n: usize,
    /// Over those.
    pub mean: f64,
    /// Smallest.
    pub low: f64,
    /// Largest.
    pub high: f64,
}

/// What a condition takes. Times and memory depend on the machine; the rest does not.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cost {
    /// All parameters.
    pub params: Option<u64>,
    /// Those that training may move.
    pub trainable_params: Option<u64>,
    /// Multiply-accumulates of one example's forward pass.
    pub macs: Option<u64>,
    /// Fewest and most updates made by a finished trial.
    pub steps: Option<(u64, u64)>,
    /// Mean of the updates made by finished trials.
    pub mean_steps: Option<f64>,
    /// Updates that the budget allows.
    pub budget_steps: Option<u64>,
    /// Fewest and most passes over the training examples.
    pub epochs: Option<(f64, f64)>,
    /// Finished trials that stopped before the budget; none if no trial did.
    pub early_stops: Option<EarlyStops>,
    /// Which weights are tested.
    pub select: Option<Select>,
    /// Tuning trials spent on the condition beforehand, if declared.
    pub tuning_trials: Option<u64>,
    /// Mean wall time of a finished trial.
    pub time_secs: Option<f64>,
    /// Mean processor time of a finished trial, all threads together.
    pub cpu_secs: Option<f64>,
    /// Largest resident memory of a finished trial.
    pub peak_rss_bytes: Option<u64>,
}

/// Finished trials that stopped before their budget was spent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EarlyStops {
    /// How many.
    pub trials: usize,
    /// Passes over the training examples when the first and the last of them stopped.
    pub epochs: (f64, f64),
}

/// One condition against the reference.
#[derive(Clone, Debug, PartialEq)]
pub struct Contrast {
    /// Name of the condition.
    pub condition: String,
    /// The factors that differ, with the reference's level labels.
    pub reference_levels: BTreeMap<String, String>,
    /// Seeds that are planned for both.
    pub planned: usize,
    /// Failed trials of the condition and of the reference.
    pub failures: (usize, usize),
    /// None if the pairs are not to be compared.
    pub effect: Option<Effect>,
    /// What may be said.
    pub verdict: Verdict,
    /// Its trials and the reference's are of different binaries or backends: no pairs.
    pub is_mixed: bool,
    /// If the condition and the reference fail at different rates: does that matter?
    pub sensitivity: Option<Sensitivity>,
    /// Declared and registered, or described only.
    pub standing: Standing,
    /// How many claims its p is adjusted for.
    pub family: usize,
}

/// A declared interaction of two levels: what they do together beyond the sum of what each does
/// alone.
#[derive(Clone, Debug, PartialEq)]
pub struct Interaction {
    /// `norm=none × lr=0.01`.
    pub name: String,
    /// Two.
    pub factors: Vec<String>,
    /// Per factor the level that is not the reference.
    pub levels: Vec<String>,
    /// The sum that it is, one number per seed.
    pub terms: Vec<Term>,
    /// Effects of one or two factors that the design cannot tell from this one.
    pub alias: Vec<Vec<String>>,
    /// Seeds that are planned for all of its conditions.
    pub planned: usize,
    /// None if its trials are not to be compared.
    pub effect: Option<Effect>,
    /// What may be said. `Better` and `Worse` are in favour of both levels together, or against
    /// them; [`Results::interaction_word`] says it in words that fit.
    pub verdict: Verdict,
    /// Its trials are of different binaries or backends: no numbers to add up.
    pub is_mixed: bool,
    /// If its conditions fail at different rates: does that matter?
    pub sensitivity: Option<Sensitivity>,
    /// Declared and registered, or described only.
    pub standing: Standing,
    /// How many claims its p is adjusted for.
    pub family: usize,
}

/// One condition of a weighted sum.
#[derive(Clone, Debug, PartialEq)]
pub struct Term {
    /// Name of the condition.
    pub condition: String,
    /// What its score is multiplied with.
    pub weight: f64,
    /// Failed trials of the condition.
    pub failures: usize,
}

/// The verdict under two policies for failed trials.
#[derive(Clone, Debug, PartialEq)]
pub struct Sensitivity {
    /// A failed trial's seed leaves the contrast.
    pub exclude_pair: Verdict,
    /// The metric's failure value stands in; none if it has no such value.
    pub worst: Option<Verdict>,
}

/// How well a finite set of examples measures the reference's accuracy.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Resolution {
    /// Where the metric is measured.
    pub split: Split,
    /// Examples in it.
    pub examples: u64,
    /// sqrt(p (1 - p) / examples) at the reference's mean.
    pub standard_error: f64,
    /// The reference is within one such error of 1: an improvement cannot be shown.
    pub ceiling: bool,
}

impl Results {
    /// The reference condition.
    pub fn reference(&self) -> &ConditionResult {
        &self.conditions[0]
    }

    /// A condition by its name.
    pub fn condition(&self, name: &str) -> Option<&ConditionResult> {
        self.conditions.iter().find(|condition| condition.name == name)
    }

    /// Every trial of the plan with the name of its condition.
    pub fn trials(&self) -> impl Iterator<Item = (&str, &TrialResult)> {
        self.conditions.iter().flat_map(|c| c.trials.iter().map(|t| (c.name.as_str(), t)))
    }

    /// How many trials are planned.
    pub fn planned(&self) -> usize {
        self.trials().count()
    }

    /// How many trials are not finished, though nothing says that they failed.
    pub fn missing(&self) -> usize {
        self.trials().filter(|(_, trial)| trial.fate == Fate::Missing).count()
    }

    /// How many trials failed or diverged.
    pub fn failed(&self) -> usize {
        self.trials().filter(|(_, trial)| trial.fate.is_failure()).count()
    }
}

impl ConditionResult {
    /// Whether the others are compared with this one.
    pub fn is_reference(&self) -> bool {
        self.name == Plan::REFERENCE
    }
}
