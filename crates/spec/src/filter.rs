//! `Filter`: the values of `--only`.

use std::collections::{BTreeMap, BTreeSet};

use crate::{Plan, Trial, suggest};

/// Which trials of a plan are meant. Values of one kind widen, kinds narrow each other:
/// `seed=0 seed=1 norm=none` are the seeds 0 and 1 of the conditions with that level.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// By how they ended; empty takes all. Likewise below.
    pub outcomes: BTreeSet<TrialOutcome>,
    /// By seed.
    pub seeds: BTreeSet<u64>,
    /// By name of the condition.
    pub conditions: BTreeSet<String>,
    /// By factor: labels of its levels.
    pub settings: BTreeMap<String, BTreeSet<String>>,
}

/// How a trial ended, as far as its run directory says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TrialOutcome {
    /// Ended without a result, for another reason than those below.
    Crashed,
    /// Finished with a non-finite value.
    Diverged,
    /// Finished.
    Done,
    /// Has no result yet: stopped on the way, or killed.
    Interrupted,
    /// Has no result yet: never started.
    Missing,
    /// Has no result: the trial whose weights it starts from has none.
    NoSource,
    /// Ended without a result: out of memory.
    Oom,
    /// Ended without a result: ran too long.
    Timeout,
}

/// Text that is no filter of this plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
pub enum FilterError {
    /// A word without `=` that is none of [`Filter::WORDS`].
    #[error("no filter is called `{word}`")]
    Word {
        /// As given.
        word: String,
        /// The nearest words.
        #[help]
        help: String,
    },
    /// Neither `seed`, `condition` nor a factor.
    #[error("the experiment has no factor `{factor}`")]
    Factor {
        /// As given.
        factor: String,
        /// The nearest factors.
        #[help]
        help: String,
    },
    /// Not among those of the plan.
    #[error("the plan has no {kind}={value}")]
    Value {
        /// `seed`, `condition` or a factor.
        kind: String,
        /// As given.
        value: String,
        /// The nearest values.
        #[help]
        help: String,
    },
}

impl Filter {
    /// Words that stand for outcomes.
    pub const WORDS: &[&str] =
        &["crashed", "diverged", "failed", "interrupted", "missing", "no-source", "oom", "timeout"];

    /// Reads the values of `--only`: a word, `seed=0`, `condition=<name>` or `<factor>=<label>`.
    pub fn parse<S: AsRef<str>>(texts: &[S], plan: &Plan) -> Result<Self, FilterError> {
        let mut filter = Self::default();
        for text in texts {
            let text = text.as_ref().trim();
            match text.split_once('=') {
                Some((kind, value)) => filter.add_value(kind.trim(), value.trim(), plan)?,
                None => filter.add_word(text, plan)?,
            }
        }
        Ok(filter)
    }

    /// Whether the trial is meant.
    pub fn takes(&self, trial: &Trial, outcome_of: &dyn Fn(&Trial) -> TrialOutcome) -> bool {
        let has_label = |(factor, labels): (&String, &BTreeSet<String>)| {
            trial.settings.get(factor).is_some_and(|label| labels.contains(label))
        };
        (self.seeds.is_empty() || self.seeds.contains(&trial.seed))
            && (self.conditions.is_empty() || self.conditions.contains(&trial.condition))
            && self.settings.iter().all(has_label)
            && (self.outcomes.is_empty() || self.outcomes.contains(&outcome_of(trial)))
    }

    fn add_word(&mut self, word: &str, plan: &Plan) -> Result<(), FilterError> {
        let outcomes: &[TrialOutcome] = match word {
            "crashed" => &[TrialOutcome::Crashed],
            "diverged" => &[TrialOutcome::Diverged],
            "failed" => &[
                TrialOutcome::Crashed,
                TrialOutcome::NoSource,
                TrialOutcome::Oom,
                TrialOutcome::Timeout,
            ],
            "interrupted" => &[TrialOutcome::Interrupted],
            "missing" => &[TrialOutcome::Interrupted, TrialOutcome::Missing],
            "no-source" => &[TrialOutcome::NoSource],
            "oom" => &[TrialOutcome::Oom],
            "timeout" => &[TrialOutcome::Timeout],
            _ => {
                let mut forms: Vec<String> =
                    Self::WORDS.iter().map(|word| (*word).to_owned()).collect();
                forms.extend(kinds(plan).iter().map(|kind| format!("{kind}=")));
                let help = suggest::help(word, "filters", &forms);
                return Err(FilterError::Word { word: word.to_owned(), help });
            }
        };
        self.outcomes.extend(outcomes);
        Ok(())
    }

    fn add_value(&mut self, kind: &str, value: &str, plan: &Plan) -> Result<(), FilterError> {
        let known = known_values(kind, plan);
        if known.is_empty() {
            let help = suggest::help(kind, "filters by value", &kinds(plan));
            return Err(FilterError::Factor { factor: kind.to_owned(), help });
        }
        if !known.iter().any(|name| name == value) {
            let help = suggest::help(value, &format!("values of `{kind}`"), &known);
            return Err(FilterError::Value { kind: kind.into(), value: value.into(), help });
        }
        match kind {
            "seed" => self.seeds.extend(value.parse::<u64>()),
            "condition" => self.conditions.extend([value.to_owned()]),
            factor => {
                self.settings.entry(factor.to_owned()).or_default().extend([value.to_owned()])
            }
        }
        Ok(())
    }
}

/// What may stand before `=`.
fn kinds(plan: &Plan) -> Vec<String> {
    let factors = plan.conditions.iter().flat_map(|condition| condition.settings.keys().cloned());
    let own = ["condition".to_owned(), "seed".to_owned()];
    factors.chain(own).collect::<BTreeSet<String>>().into_iter().collect()
}

/// What may stand after `<kind>=`, in the plan's order; nothing for an unknown kind.
fn known_values(kind: &str, plan: &Plan) -> Vec<String> {
    let values: Vec<String> = match kind {
        "seed" => {
            let seeds: BTreeSet<u64> = plan.trials.iter().map(|trial| trial.seed).collect();
            return seeds.iter().map(ToString::to_string).collect();
        }
        "condition" => plan.conditions.iter().map(|condition| condition.name.clone()).collect(),
        factor => {
            let label = |c: &crate::Condition| c.settings.get(factor).cloned();
            plan.conditions.iter().filter_map(label).collect()
        }
    };
    let mut seen = BTreeSet::new();
    values.into_iter().filter(|value| seen.insert(value.clone())).collect()
}
