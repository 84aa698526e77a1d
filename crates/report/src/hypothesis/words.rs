//! Hypotheses in words: one sentence each for the first screen.

use fireassay_spec::hypothesis::{Expect, Reach, Test};

use crate::hypothesis::result::{
    Answer, Answered, Arm, Detail, Finding, Open, Scale, Series, Shared, Times,
};
use crate::number::{ABSENT, Unit, fixed, p_equals, plural, signed};
use crate::results::Results;
use crate::stats::paired_t::Interval;
use crate::stats::power;
use crate::verdict::Reason;
use crate::wrap::GLUE;

/// The answer with its numbers, without a final dot. Glued: see [`crate::wrap`].
pub(crate) fn sentence(results: &Results, answered: &Answered) -> String {
    let hypothesis = &answered.hypothesis;
    let says = hypothesis.says.trim().trim_end_matches('.');
    let subject = format!("{} ({says})", hypothesis.name);
    let claim = match &answered.answer {
        Answer::Supported | Answer::Refuted => format!("{subject} is {}", answered.answer.word()),
        Answer::Undecided(open) => {
            format!("{subject} is undecided{}", because(results, answered, open))
        }
        Answer::Void(checks) => {
            let names = checks.join(", ");
            format!("{subject} is void, because check {names} failed")
        }
        Answer::Exploratory => format!("{subject}, {}", answered.standing.exploratory()),
    };
    let numbers = answered.finding.as_ref().map(|finding| numbers(answered, finding));
    let claim = match (&answered.answer, numbers) {
        // What a failed check voids is shown below, where nobody takes it for an answer.
        (Answer::Void(_), _) | (_, None) => claim,
        (_, Some(numbers)) => format!("{claim}: {numbers}"),
    };
    let outlook = outlook(answered).map_or_else(String::new, |text| format!("; {text}"));
    format!("{claim}{outlook}{}", condition(answered.shared))
}

/// `; conditional on 3 checkpoints`.
pub(crate) fn condition(shared: Option<Shared>) -> String {
    match shared {
        None => String::new(),
        Some(Shared { checkpoints, generalises: true, .. }) => {
            format!("; over {}", plural(checkpoints, "checkpoint"))
        }
        Some(Shared { checkpoints, generalises: false, .. }) => {
            format!("; conditional on {}", plural(checkpoints, "checkpoint"))
        }
    }
}

fn because(results: &Results, answered: &Answered, open: &Open) -> String {
    let units = answered.units();
    match open {
        Open::Reason(Reason::Undecided) => String::new(),
        Open::Reason(Reason::Partial { missing, planned }) => {
            let are = if *missing == 1 { "is" } else { "are" };
            format!(", because {missing} of {} {are} not finished", plural(*planned, "trial"))
        }
        Open::Reason(Reason::NoOp) => {
            ", because a no-op is suspected (two of its conditions ended with the very same weights)"
                .into()
        }
        Open::Reason(Reason::FailedTrials) => {
            ", because trials failed and failed-trial is \"abort\"".into()
        }
        Open::Reason(Reason::MixedProvenance) => {
            ", because its trials come from different binaries or backends, and so are not pairs"
                .into()
        }
        Open::Reason(Reason::FailurePolicy) => {
            ", because it depends on what a failed trial counts for".into()
        }
        Open::Reason(Reason::NoPairs | Reason::OneSeed | Reason::TooFewSeeds { .. }) => {
            ", because no seed has a score for every condition that it needs".into()
        }
        Open::TooFew { n, needed } => {
            format!(", because {} cannot decide ({needed} are needed)", plural(*n, units))
        }
        Open::Censored => ", because there is no crossing inside the range that was run".into(),
        Open::Check(name) => {
            let check = results.checks.iter().find(|of| of.check.name == *name);
            let without = check.is_some_and(|of| of.interval.is_none());
            let why = if without { "has no interval" } else { "is neither passed nor failed" };
            format!(", because check {name} {why}")
        }
    }
}

/// What was measured, of what there is.
fn numbers(answered: &Answered, finding: &Finding) -> String {
    let mut parts = vec![told(answered, finding)];
    if let Some(interval) = finding.interval.filter(|_| finding.is_shown()) {
        let bounds = bounds(finding, interval);
        parts.push(glued(&format!("95 % interval {bounds}")));
    }
    parts.push(glued(&format!("n = {}", finding.n)));
    if let Some(p) = finding.adjusted_p.filter(|_| finding.is_shown()) {
        parts.push(glued(&format!("{} (Holm over {})", p_equals(p), answered.family)));
    }
    parts.join(", ")
}

/// The estimate in words that fit its kind.
fn told(answered: &Answered, finding: &Finding) -> String {
    let test = &answered.hypothesis.test;
    let estimate = glued(&estimate(finding));
    match (test, &finding.detail) {
        (Test::Regret { margin, .. }, _) => {
            let margin = Unit::of(answered.hypothesis.metric).size(*margin);
            format!("regret {estimate} against a margin of {margin}")
        }
        (
            Test::Contrast {
                expect: Expect::NotWorse(margin) | Expect::Equivalent(margin), ..
            },
            _,
        ) => {
            let margin = Unit::of(answered.hypothesis.metric).size(*margin);
            format!("{estimate} against a margin of {margin}")
        }
        (Test::Interaction { .. }, _) => format!("difference of differences {estimate}"),
        (Test::Slope { than: Some(_), .. }, _) => format!("difference of slopes {estimate}"),
        (Test::Slope { than: None, .. }, _) => format!("slope {estimate}"),
        (Test::Depth { .. }, _) => format!("the best level lies {estimate}"),
        (Test::Crossover { .. }, Detail::Along { series, .. }) => crossings(series, finding),
        (Test::Time { reach, .. }, Detail::Times(times)) => paths(answered, times, reach, finding),
        _ => estimate,
    }
}

fn crossings(series: &[Series], finding: &Finding) -> String {
    let at: Vec<String> =
        series.iter().map(|of| format!("n* = {} ({})", crossing(of), of.name)).collect();
    match finding.scale {
        Scale::Ratio => {
            format!("{}, ratio {}", at.join(" against "), glued(&estimate(finding)))
        }
        _ => at.join(" against "),
    }
}

/// A crossing, or on which side of the range it has to lie.
pub(crate) fn crossing(series: &Series) -> String {
    let Some((at, _)) = series.crossing else { return ABSENT.into() };
    place(series, at)
}

/// A place along the factor; infinite ones are outside of it.
pub(crate) fn place(series: &Series, at: f64) -> String {
    let end = |point: Option<&crate::hypothesis::Point>| {
        point.map_or_else(String::new, |point| point.label.clone())
    };
    match at {
        f64::INFINITY => format!("> {}", end(series.points.last())),
        f64::NEG_INFINITY => format!("< {}", end(series.points.first())),
        at => three_digits(at),
    }
}

fn paths(answered: &Answered, times: &Times, reach: &Reach, finding: &Finding) -> String {
    let unit = Unit::of(answered.hypothesis.metric);
    let threshold = glued(&format!("{} {}", unit.value(times.threshold), unit.level));
    let share = match reach {
        Reach::ShareOf { condition, share } => {
            format!(" ({} % of {condition})", fixed(100.0 * share, 0))
        }
        Reach::Value(_) => String::new(),
    };
    let [first, second] = [&times.arms[0], &times.arms[1]].map(|arm| {
        let reached = format!("{} of {}", arm.reached, arm.n);
        format!("{} after {} ({reached} reach it)", arm.condition, glued(&median(arm)))
    });
    format!("{threshold}{share} is reached by {first}, by {second}; first in {}", estimate(finding))
}

/// The median of an arm; one that is not reached is beyond the last step.
pub(crate) fn median(arm: &Arm) -> String {
    let end = |value: Option<f64>| match value {
        Some(value) => fixed(value, 0),
        None => format!("> {}", fixed(arm.last_step, 0)),
    };
    match (arm.median.low, arm.median.at) {
        (None, None) => format!("{} steps", end(None)),
        (low, at) => format!("{} steps [{}, {}]", end(at), end(low), end(arm.median.high)),
    }
}

/// The estimate with its unit.
pub(crate) fn estimate(finding: &Finding) -> String {
    let value = finding.estimate;
    match finding.scale {
        Scale::Metric(metric) => metric_text(Unit::of(metric), finding, ""),
        Scale::PerStep(metric) => metric_text(Unit::of(metric), finding, " per unit"),
        Scale::PerTenfold(metric) => metric_text(Unit::of(metric), finding, " per tenfold"),
        Scale::Level | Scale::Ratio => match &finding.detail {
            Detail::Along { series, .. } if finding.scale == Scale::Level && series.len() == 1 => {
                crossing(&series[0])
            }
            _ => finite(value),
        },
        Scale::Ranks => match value {
            _ if value < 0.0 => format!("{} levels earlier", fixed(-value, 2)),
            _ if value > 0.0 => format!("{} levels later", fixed(value, 2)),
            _ => "at the same level".into(),
        },
        Scale::Share => format!("{} % of pairs", fixed(100.0 * value, 0)),
    }
}

fn metric_text(unit: Unit, finding: &Finding, per: &str) -> String {
    let interval = finding.interval.filter(|_| finding.is_shown());
    let (text, _) = unit.difference(finding.estimate, interval);
    format!("{text} {}{per}", unit.difference)
}

/// An interval in the unit of the estimate.
pub(crate) fn bounds(finding: &Finding, interval: Interval) -> String {
    match finding.scale {
        Scale::Metric(metric) | Scale::PerStep(metric) | Scale::PerTenfold(metric) => {
            Unit::of(metric).difference(finding.estimate, Some(interval)).1
        }
        Scale::Level | Scale::Ratio => match &finding.detail {
            Detail::Along { series, .. } if finding.scale == Scale::Level && series.len() == 1 => {
                let [low, high] = [interval.low, interval.high].map(|end| place(&series[0], end));
                format!("[{low}, {high}]")
            }
            _ => format!("[{}, {}]", finite(interval.low), finite(interval.high)),
        },
        Scale::Ranks => {
            format!("[{}, {}]", signed(interval.low, 2), signed(interval.high, 2))
        }
        Scale::Share => {
            let [low, high] = [interval.low, interval.high].map(|end| fixed(100.0 * end, 0));
            format!("[{low}, {high}]")
        }
    }
}

fn finite(value: f64) -> String {
    match value {
        f64::INFINITY => "unbounded".into(),
        f64::NEG_INFINITY => "none".into(),
        value => three_digits(value),
    }
}

/// To three significant digits, or whole.
fn three_digits(value: f64) -> String {
    let size = value.abs();
    let decimals = [(100.0, 0), (10.0, 1), (1.0, 2), (0.1, 3)];
    let fits = decimals.into_iter().find(|(least, _)| size >= *least);
    fixed(value, fits.map_or(4, |(_, decimals)| decimals))
}

/// For an undecided hypothesis: what so many units find, and how many would be needed.
fn outlook(answered: &Answered) -> Option<String> {
    if answered.answer != Answer::Undecided(Open::Reason(Reason::Undecided)) {
        return None;
    }
    let finding = answered.finding.as_ref()?;
    let size = |value: f64| match finding.scale {
        Scale::Metric(metric) | Scale::PerStep(metric) | Scale::PerTenfold(metric) => {
            Unit::of(metric).size(value)
        }
        Scale::Level | Scale::Ranks | Scale::Ratio | Scale::Share => fixed(value, 2),
    };
    let from = if finding.null == 0.0 { "" } else { " from the margin" };
    let found = format!(
        "{} find a distance{from} of {} with {}",
        plural(finding.n, answered.units()),
        glued(&size(finding.detectable?)),
        glued(&format!("{} % power", fixed(100.0 * power::POWER, 0)))
    );
    Some(match finding.needed {
        Some(n) if n > finding.n => {
            format!("{found}, one as large as observed would need about {n}")
        }
        Some(_) => found,
        None => {
            format!("{found}, one as large as observed would need more than {}", power::MOST_SEEDS)
        }
    })
}

fn glued(text: &str) -> String {
    text.replace(' ', &GLUE.to_string())
}

impl Answered {
    /// What n counts, in the singular.
    pub(crate) fn units(&self) -> &'static str {
        match self.shared {
            Some(shared) if shared.generalises => "checkpoint",
            Some(_) | None => "seed",
        }
    }
}

impl Finding {
    /// Whether there are enough units to show an interval and p.
    pub(crate) fn is_shown(&self) -> bool {
        self.n >= crate::effect::FEWEST_SHOWN
    }
}
