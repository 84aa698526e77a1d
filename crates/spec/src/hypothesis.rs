//! `[[hypothesis]]` and `[[check]]`: what is expected, said beforehand with its own statistic.
//!
//! A file writes conditions as names or as levels of factors. What is kept here are the names of the
//! conditions of the plan, so that nothing about levels has to be known to judge it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{Direction, MetricName};

/// One expectation and how it is decided.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Hypothesis {
    /// Unique among hypotheses and checks: `H5`.
    pub name: String,
    /// The expectation in one sentence.
    pub says: String,
    /// What it is about; the primary metric unless the file names another. A hypothesis about time
    /// looks at this metric's measure on `val` while training.
    pub metric: MetricName,
    /// Which way that metric is better.
    pub direction: Direction,
    /// What decides it.
    pub test: Test,
}

/// The statistic of a hypothesis, with the conditions that it is made of.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Test {
    /// A difference of two scores and what it should be.
    Contrast {
        /// Scores at the same seeds.
        of: Difference,
        /// What supports it.
        expect: Expect,
    },
    /// The place along a numeric factor from which the first score is at least as good as the other.
    Crossover {
        /// Name of the factor.
        factor: String,
        /// Better scores minus the others, so that the crossover is where they rise through 0.
        of: Vec<Step>,
        /// If given: its crossover is expected at a larger value.
        than: Option<Vec<Step>>,
    },
    /// The level with the best score lies earlier than the best one elsewhere.
    Depth {
        /// In the order of the factor's levels, at least two.
        of: Vec<Rung>,
        /// The same levels in another cell.
        than: Vec<Rung>,
    },
    /// A difference minus another difference.
    Interaction {
        /// The first difference.
        of: Difference,
        /// What is taken away from it.
        than: Difference,
        /// Of the result, as a number of the metric.
        expect: Sign,
    },
    /// Score of the best of all minus score of the best prescribed one, in favour of the former.
    Regret {
        /// Conditions that could have been chosen, the prescribed ones included.
        all: Vec<String>,
        /// Those that are said to be best.
        prescribed: Vec<String>,
        /// Regret below this is none, in the metric's unit, above 0.
        margin: f64,
    },
    /// Least-squares slope of a difference (or a score) along a numeric factor.
    Slope {
        /// Name of the factor.
        factor: String,
        /// Ascending, at least three.
        of: Vec<Step>,
        /// If given: its slope is taken away from the first.
        than: Option<Vec<Step>>,
        /// Which way it should go.
        expect: Trend,
    },
    /// Steps until the metric's measure on `val` first reaches a threshold.
    Time {
        /// The condition that should be faster.
        of: String,
        /// The other.
        against: String,
        /// What has to be reached.
        reach: Reach,
    },
}

/// Two scores at the same seed. Of several conditions on one side the best counts, chosen at the
/// other half of the seeds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// At least one.
    pub of: Vec<String>,
    /// None: the score itself.
    pub minus: Vec<String>,
}

/// A difference at one level of a numeric factor.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Step {
    /// The level's label.
    pub label: String,
    /// The level as a number.
    pub value: f64,
    /// Where it stands along x: the value, or its natural logarithm.
    pub at: f64,
    /// There.
    pub difference: Difference,
}

/// One level of an ordered factor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rung {
    /// Of the level.
    pub label: String,
    /// Of the plan.
    pub condition: String,
}

/// What supports a contrast. Margins are in the metric's unit, above 0.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Expect {
    /// Better: a sign-flip test finds a difference in favour.
    Better,
    /// The same, either way.
    Different,
    /// Closer to 0 than this: two one-sided t tests.
    Equivalent(f64),
    /// Worse by less than this: one one-sided t test.
    NotWorse(f64),
    /// Worse: a sign-flip test finds a difference against it.
    Worse,
}

/// Of a number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sign {
    /// Below 0.
    Negative,
    /// Above 0.
    #[default]
    Positive,
}

/// Which way a number goes along a factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trend {
    /// Down.
    Falling,
    /// Up.
    Rising,
}

/// What a curve on `val` has to reach.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reach {
    /// A share of the mean of another condition's last values on `val`.
    ShareOf {
        /// The other condition.
        condition: String,
        /// In (0, 1] for an accuracy; 1 or more for a loss.
        share: f64,
    },
    /// A fixed value of the metric.
    Value(f64),
}

/// What has to hold for some conditions to show anything at all.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Check {
    /// Unique among hypotheses and checks: `M4`.
    pub name: String,
    /// What it makes sure of, in one sentence.
    pub says: String,
    /// What is measured.
    pub metric: MetricName,
    /// Conditions that say nothing if it fails; empty for all of them.
    pub voids: Vec<String>,
    /// The number.
    pub quantity: Quantity,
    /// The whole interval has to lie above this.
    pub above: Option<f64>,
    /// The whole interval has to lie below this.
    pub below: Option<f64>,
}

/// The number that a check looks at.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Quantity {
    /// Measured outside of this experiment, and written into its file.
    Measured(Measured),
    /// A score or a difference, minus another if there is one.
    Scores {
        /// The first.
        of: Difference,
        /// What is taken away from it.
        than: Option<Difference>,
    },
}

/// A number with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Measured {
    /// The number.
    pub value: f64,
    /// Lower end of its interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl Hypothesis {
    /// The kind of its test, as the file names it.
    pub fn kind(&self) -> &'static str {
        match self.test {
            Test::Contrast { .. } => "contrast",
            Test::Crossover { .. } => "crossover",
            Test::Depth { .. } => "depth",
            Test::Interaction { .. } => "interaction",
            Test::Regret { .. } => "regret",
            Test::Slope { .. } => "slope",
            Test::Time { .. } => "time",
        }
    }

    /// Every condition that it looks at.
    pub fn conditions(&self) -> BTreeSet<&str> {
        fn steps<'a>(out: &mut BTreeSet<&'a str>, steps: &'a [Step]) {
            steps.iter().for_each(|step| step.difference.add_to(out));
        }
        let mut out = BTreeSet::new();
        match &self.test {
            Test::Contrast { of, .. } => of.add_to(&mut out),
            Test::Crossover { of, than, .. } | Test::Slope { of, than, .. } => {
                steps(&mut out, of);
                steps(&mut out, than.as_deref().unwrap_or_default());
            }
            Test::Depth { of, than } => {
                out.extend(of.iter().chain(than).map(|level| level.condition.as_str()));
            }
            Test::Interaction { of, than, .. } => {
                of.add_to(&mut out);
                than.add_to(&mut out);
            }
            Test::Regret { all, .. } => out.extend(all.iter().map(String::as_str)),
            Test::Time { of, against, reach } => {
                out.extend([of.as_str(), against]);
                if let Reach::ShareOf { condition, .. } = reach {
                    out.insert(condition);
                }
            }
        }
        out
    }
}

impl Check {
    /// Every condition that it looks at.
    pub fn conditions(&self) -> BTreeSet<&str> {
        let mut out = BTreeSet::new();
        if let Quantity::Scores { of, than } = &self.quantity {
            of.add_to(&mut out);
            than.iter().for_each(|than| than.add_to(&mut out));
        }
        out
    }
}

impl Difference {
    /// All of its conditions.
    fn add_to<'a>(&'a self, out: &mut BTreeSet<&'a str>) {
        out.extend(self.of.iter().chain(&self.minus).map(String::as_str));
    }
}

impl Trend {
    /// One word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Falling => "falling",
            Self::Rising => "rising",
        }
    }
}

impl Sign {
    /// One word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Negative => "negative",
            Self::Positive => "positive",
        }
    }
}
