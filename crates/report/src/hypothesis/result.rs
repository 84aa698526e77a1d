//! What is said of a hypothesis and of a check.

use std::fmt;

use fireassay_spec::{Direction, Hypothesis, MetricName, Purpose};

use crate::standing::Standing;
use crate::stats::kaplan_meier::{Median, Survival};
use crate::stats::paired_t::Interval;
use crate::verdict::{Reason, Verdict};

/// A declared hypothesis, answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Answered {
    /// As declared.
    pub hypothesis: Hypothesis,
    /// What may be said.
    pub answer: Answer,
    /// Declared and registered, or described only.
    pub standing: Standing,
    /// How many hypotheses its p is adjusted for.
    pub family: usize,
    /// The numbers; none if its trials are not to be compared.
    pub finding: Option<Finding>,
    /// Of a stage that trials share, if there is one.
    pub shared: Option<Shared>,
}

/// A stage that trials share, such as a pretraining.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shared {
    /// The stream that picks it.
    pub stream: Purpose,
    /// How many there are.
    pub checkpoints: usize,
    /// There are enough to speak of a new one: n counts them. Otherwise n counts trials, and what
    /// is said holds for these checkpoints only.
    pub generalises: bool,
}

/// Supported, refuted, undecided or void.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// What was expected is shown.
    Supported,
    /// The opposite is shown.
    Refuted,
    /// Neither is.
    Undecided(Open),
    /// Checks that failed, by name: its conditions show nothing.
    Void(Vec<String>),
    /// The hypothesis is exploratory: no answer is given.
    Exploratory,
}

/// Why a hypothesis is undecided.
#[derive(Clone, Debug, PartialEq)]
pub enum Open {
    /// As with a contrast.
    Reason(Reason),
    /// Fewer units than any answer needs.
    TooFew {
        /// Units.
        n: usize,
        /// The fewest that can decide.
        needed: usize,
    },
    /// A crossing lies outside of the levels that were run, or nowhere.
    Censored,
    /// A check is neither passed nor failed.
    Check(String),
}

/// What was measured, before anything is said about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// What the numbers are.
    pub scale: Scale,
    /// Seeds, ascending; every one of them has all scores.
    pub seeds: Vec<u64>,
    /// Units that count: seeds, or checkpoints.
    pub n: usize,
    /// One number per unit; empty where the test does not come down to one.
    pub values: Vec<f64>,
    /// The number that the hypothesis is about; may be infinite for a crossover.
    pub estimate: f64,
    /// At 95 %, by `method`.
    pub interval: Option<Interval>,
    /// How the interval came about.
    pub method: IntervalMethod,
    /// What the estimate is compared with.
    pub null: f64,
    /// Of the test against that.
    pub p: Option<f64>,
    /// The same, adjusted for the hypotheses of the experiment (Holm).
    pub adjusted_p: Option<f64>,
    /// Which way the estimate lies.
    pub leans: Lean,
    /// The least distance from `null` that so many units find with 80 % power.
    pub detectable: Option<f64>,
    /// Units that would find a distance as large as the observed one.
    pub needed: Option<usize>,
    /// With shared checkpoints: mean and t interval over the means of checkpoints.
    pub over_checkpoints: Option<(f64, Option<Interval>)>,
    /// What this kind of test shows besides.
    pub detail: Detail,
}

/// What a number of a finding is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scale {
    /// A difference of a metric.
    Metric(MetricName),
    /// A difference of a metric per unit of a numeric factor.
    PerStep(MetricName),
    /// The same per tenfold of it.
    PerTenfold(MetricName),
    /// A level of a numeric factor.
    Level,
    /// A ratio of two such levels.
    Ratio,
    /// Levels between two places in an order.
    Ranks,
    /// A probability.
    Share,
}

/// How an interval came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IntervalMethod {
    /// Student's t over the units.
    T,
    /// Percentiles of resampled units.
    Bootstrap,
    /// Percentiles of resampled clusters, everything done anew with each.
    ClusterBootstrap,
    /// Wilson's score interval.
    Wilson,
}

/// For the hypothesis, against it, or neither.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lean {
    /// As expected.
    For,
    /// The opposite.
    Against,
    /// Neither: nothing can be decided whatever p is.
    Neither,
}

/// What a kind of test shows besides its number.
#[derive(Clone, Debug, PartialEq)]
pub enum Detail {
    /// Nothing.
    None,
    /// The best of all, and the best of the prescribed ones, at either half of the seeds.
    Chosen(Vec<[String; 2]>),
    /// Along a numeric factor: the first series and, if there is one, the second.
    Along {
        /// One or two.
        series: Vec<Series>,
        /// Two-sided p of Page's test over the first, where it is alone.
        page_p: Option<f64>,
    },
    /// Where the best level lies, of the first cell and of the second: label, rank, share of units.
    Depths(Vec<[f64; 2]>),
    /// Steps until a threshold.
    Times(Box<Times>),
}

/// A difference along a numeric factor.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// What is drawn and told: `regime=full − regime=probe`.
    pub name: String,
    /// Ascending.
    pub points: Vec<Point>,
    /// Where it rises through 0, with its interval; infinite outside. None for a slope.
    pub crossing: Option<(f64, Option<Interval>)>,
}

/// A difference at one level.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// The level.
    pub label: String,
    /// As a number.
    pub value: f64,
    /// Mean scores of both sides; one side alone has no other.
    pub sides: (f64, Option<f64>),
    /// Mean difference over units.
    pub mean: f64,
    /// Its paired t interval.
    pub interval: Option<Interval>,
}

/// Two conditions on their way to a threshold.
#[derive(Clone, Debug, PartialEq)]
pub struct Times {
    /// What has to be reached.
    pub threshold: f64,
    /// The expected faster one, then the other.
    pub arms: [Arm; 2],
    /// Stratified by seed, one degree of freedom.
    pub chi_squared: f64,
    /// Asymptotic p of that.
    pub log_rank_p: f64,
}

/// One of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Arm {
    /// Of the plan.
    pub condition: String,
    /// Trials.
    pub n: usize,
    /// Of those, which reached the threshold.
    pub reached: usize,
    /// The last step that anybody was looked at.
    pub last_step: f64,
    /// Kaplan-Meier median with its 95 % interval.
    pub median: Median,
    /// Share not there yet, after each step at which some trial got there.
    pub curve: Vec<Survival>,
}

/// A manipulation check, with what it found.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    /// As declared.
    pub check: fireassay_spec::Check,
    /// Units behind the number; none where it was measured elsewhere.
    pub n: Option<usize>,
    /// The number, if there is one.
    pub estimate: Option<f64>,
    /// At 95 %.
    pub interval: Option<Interval>,
    /// What follows.
    pub outcome: Outcome,
}

/// Of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The whole interval lies where it should.
    Passed,
    /// All of it lies outside.
    Failed,
    /// Neither: nothing that rests on it can be decided.
    Open,
}

impl Answer {
    /// One word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Supported => "supported",
            Self::Refuted => "refuted",
            Self::Undecided(_) => "undecided",
            Self::Void(_) => "void",
            Self::Exploratory => "exploratory",
        }
    }
}

impl Answer {
    /// The verdict that has the same mark on a page: which way it goes, or that it goes neither.
    pub(crate) fn as_verdict(&self) -> Verdict {
        match self {
            Self::Supported => Verdict::Better,
            Self::Refuted => Verdict::Worse,
            Self::Undecided(_) | Self::Void(_) => Verdict::Inconclusive(Reason::Undecided),
            Self::Exploratory => Verdict::Exploratory,
        }
    }
}

impl Open {
    /// A stable name for files.
    pub fn key(&self) -> &'static str {
        match self {
            Self::Reason(reason) => reason.key(),
            Self::TooFew { .. } => "too-few-units",
            Self::Censored => "censored",
            Self::Check(_) => "open-check",
        }
    }
}

impl fmt::Display for Open {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reason(Reason::Undecided) => f.write_str("neither it nor its opposite is shown"),
            Self::Reason(reason) => reason.fmt(f),
            Self::TooFew { n, needed } => write!(f, "n = {n}, needs {needed}"),
            Self::Censored => f.write_str("no crossing inside the range"),
            Self::Check(name) => write!(f, "check {name} is neither passed nor failed"),
        }
    }
}

impl Outcome {
    /// One word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Open => "open",
        }
    }
}

impl IntervalMethod {
    /// For people.
    pub fn words(self) -> &'static str {
        match self {
            Self::T => "paired t",
            Self::Bootstrap => "bootstrap",
            Self::ClusterBootstrap => "cluster bootstrap",
            Self::Wilson => "Wilson",
        }
    }
}

impl Lean {
    /// For a number that should lie above something.
    pub(crate) fn above(value: f64, null: f64) -> Self {
        match value.partial_cmp(&null) {
            Some(std::cmp::Ordering::Greater) => Self::For,
            Some(std::cmp::Ordering::Less) => Self::Against,
            Some(std::cmp::Ordering::Equal) | None => Self::Neither,
        }
    }
}

/// +1 where more of a metric is better, else -1.
pub(crate) fn sign(direction: Direction) -> f64 {
    match direction {
        Direction::Higher => 1.0,
        Direction::Lower => -1.0,
    }
}
