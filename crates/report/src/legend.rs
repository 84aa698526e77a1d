//! How the numbers were made, in a line each.

use std::collections::BTreeSet;

use fireassay_spec::{Claim, Direction, FailedTrial, IntervalKind};

use crate::effect::Effect;
use crate::judged::Judged;
use crate::number::{Unit, fixed, listed, plural};
use crate::results::Results;
use crate::stats::{bootstrap, sign_flip};

/// Titles of the column of adjusted p values: one family, the other, or both.
pub(crate) const P_HOLM: &str = "p (Holm)";
pub(crate) const P_BH: &str = "p (BH)";
pub(crate) const P_ADJUSTED: &str = "p (adjusted)";

/// What the columns of scores and differences hold.
pub(crate) fn title(results: &Results) -> String {
    let metric = results.analysis.primary_metric;
    let unit = Unit::of(metric);
    let direction = match results.analysis.direction {
        Direction::Higher => "higher is better",
        Direction::Lower => "lower is better",
    };
    format!(
        "{metric} in {}, {direction}; paired difference to the reference in {}",
        unit.level, unit.difference
    )
}

/// How verdicts, intervals and SD come about: a label of at most ten characters, and a text.
pub(crate) fn lines(results: &Results) -> Vec<(&'static str, String)> {
    let mut lines = vec![
        verdicts(results),
        ("intervals", intervals(results)),
        ("SD", format!("over seeds; a seed decides {}", listed(&results.varies))),
    ];
    if let Some(resolution) = results.resolution {
        let size = Unit::of(results.analysis.primary_metric).size(resolution.standard_error);
        lines.push((
            "test size",
            format!(
                "{} {} examples measure one accuracy with a standard error of {size}",
                resolution.examples,
                resolution.split.name()
            ),
        ));
    }
    lines
}

/// What a 95 % interval is called where it stands by itself.
pub(crate) fn interval_name(kind: IntervalKind) -> &'static str {
    match kind {
        IntervalKind::Bootstrap => "95 % bootstrap interval",
        IntervalKind::T => "95 % interval",
    }
}

/// `95 %, paired t`.
pub(crate) fn interval_kind(kind: IntervalKind) -> &'static str {
    match kind {
        IntervalKind::Bootstrap => "95 %, percentile bootstrap over seeds (10,000 resamples)",
        IntervalKind::T => "95 %, paired t",
    }
}

fn intervals(results: &Results) -> String {
    let kind = interval_kind(results.analysis.interval);
    let caveats = [caveat(results), shared_streams(results).then(|| SHARED_SHORT.into())];
    let caveats: String =
        caveats.into_iter().flatten().map(|caveat: String| format!("; {caveat}")).collect();
    format!("{kind}, one {} at a time (not adjusted){caveats}", results.noun())
}

const SHARED_SHORT: &str = "too narrow here, for replicates share streams";

/// The same at length, without its dot.
pub(crate) const SHARED_STREAMS: &str = "replicates that share a stream are not independent, so \
                                         intervals are too narrow and p values too small";

/// Whether replicates are not independent of each other.
pub(crate) fn shared_streams(results: &Results) -> bool {
    !results.design_analysis.variance.is_empty()
}

/// What bootstrap intervals of so few seeds are worth; none for others.
pub(crate) fn caveat(results: &Results) -> Option<String> {
    let ns = match results.analysis.interval {
        IntervalKind::Bootstrap => results.effects().map(Effect::n).collect(),
        IntervalKind::T => BTreeSet::new(),
    };
    coverages(ns)
}

/// `too narrow for few seeds: on normal data one covers the mean in about 83 % of cases at n = 5,
/// not 95 %`; none if no n is small.
pub(crate) fn coverages(ns: BTreeSet<usize>) -> Option<String> {
    let at = |n: usize| Some(format!("{} % of cases at n = {n}", bootstrap::coverage(n)?));
    let known: Vec<String> = ns.into_iter().filter_map(at).collect();
    (!known.is_empty()).then(|| {
        format!(
            "too narrow for few seeds: on normal data one covers the mean in about {}, not in 95 %",
            listed(&known)
        )
    })
}

fn verdicts(results: &Results) -> (&'static str, String) {
    let sampled = results
        .judged()
        .filter_map(|judged| judged.effect)
        .any(|effect| effect.n() > sign_flip::EXACT_UP_TO);
    let test =
        if sampled { "sign-flip test (100,000 random vectors)" } else { "exact sign-flip test" };
    let others = results.judged().filter(|judged| !judged.standing.is_confirmatory()).count();
    let found = format!("Benjamini-Hochberg over {}", plural(others, results.noun()));
    if others == results.judged().count() {
        let why = match results.claim {
            Claim::Exploratory => "the claim is exploratory, so no verdict is given",
            Claim::Confirmatory => &format!(
                "no {} stands as it was registered, so no verdict is given",
                results.noun()
            ),
        };
        return ("p", format!("{test}, {found}; {why}"));
    }
    let unit = Unit::of(results.analysis.primary_metric);
    let equivalent = match results.analysis.rope {
        Some(rope) if results.interactions.is_empty() => {
            format!("equivalent = inside ±{} (TOST)", unit.size(rope))
        }
        Some(rope) => format!("equivalent, negligible = inside ±{} (TOST)", unit.size(rope)),
        None => "no rope is declared, so nothing can be called equivalent".into(),
    };
    let alpha = results.analysis.alpha;
    let family = results.feasibility.words();
    let rest = if others > 0 { format!("; exploratory ones: {found}") } else { String::new() };
    ("verdicts", format!("{test}, Holm over {family}, alpha {alpha}; {equivalent}{rest}"))
}

/// Title of the column of adjusted p values.
pub(crate) fn adjusted_p(results: &Results) -> &'static str {
    let confirmatory = |judged: Judged<'_>| judged.standing.is_confirmatory();
    if results.judged().all(confirmatory) {
        P_HOLM
    } else if results.judged().any(confirmatory) {
        P_ADJUSTED
    } else {
        P_BH
    }
}

/// The policy for failed trials, for people.
pub(crate) fn policy(results: &Results) -> &'static str {
    match results.analysis.failed_trial {
        FailedTrial::Abort => "abort: a condition with a failed trial gets no contrast",
        FailedTrial::ExcludePair => "exclude-pair: the seed of a failed trial leaves the contrast",
        FailedTrial::Worst => "worst: a failed trial counts at chance level",
    }
}

/// What the planned seeds can show.
pub(crate) fn power(results: &Results) -> String {
    let design = &results.feasibility;
    let detects = match design.detectable_d {
        Some(d) => format!(
            "; {} find a paired difference of {} SD with 80 % power",
            plural(design.n, "seed"),
            fixed(d, 2)
        ),
        None => String::new(),
    };
    format!(
        "{} need {} (planned {}){detects}",
        design.words(),
        plural(design.n_min, "seed"),
        design.n
    )
}
