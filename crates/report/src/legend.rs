//! How the numbers were made, in a line each.

use fireassay_spec::{Claim, Direction, FailedTrial};

use crate::number::{Unit, fixed, listed, plural};
use crate::results::{Contrast, Results};
use crate::stats::sign_flip;

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
        ("intervals", "95 %, paired t, one contrast at a time (not adjusted)".into()),
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

fn verdicts(results: &Results) -> (&'static str, String) {
    let sampled = results
        .contrasts
        .iter()
        .filter_map(|contrast| contrast.effect.as_ref())
        .any(|effect| effect.n() > sign_flip::EXACT_UP_TO);
    let test =
        if sampled { "sign-flip test (100,000 random vectors)" } else { "exact sign-flip test" };
    let others = results.contrasts.iter().filter(|c| !c.standing.is_confirmatory()).count();
    let found = format!("Benjamini-Hochberg over {}", plural(others, "contrast"));
    if others == results.contrasts.len() {
        let why = match results.claim {
            Claim::Exploratory => "the claim is exploratory, so no verdict is given",
            Claim::Confirmatory => {
                "no contrast stands as it was registered, so no verdict is given"
            }
        };
        return ("p", format!("{test}, {found}; {why}"));
    }
    let unit = Unit::of(results.analysis.primary_metric);
    let equivalent = match results.analysis.rope {
        Some(rope) => format!("equivalent = inside ±{} (TOST)", unit.size(rope)),
        None => "no rope is declared, so nothing can be called equivalent".into(),
    };
    let alpha = results.analysis.alpha;
    let family = plural(results.feasibility.contrasts, "contrast");
    let rest = if others > 0 { format!("; exploratory ones: {found}") } else { String::new() };
    ("verdicts", format!("{test}, Holm over {family}, alpha {alpha}; {equivalent}{rest}"))
}

/// Title of the column of adjusted p values.
pub(crate) fn adjusted_p(results: &Results) -> &'static str {
    let confirmatory = |contrast: &Contrast| contrast.standing.is_confirmatory();
    if results.contrasts.iter().all(confirmatory) {
        P_HOLM
    } else if results.contrasts.iter().any(confirmatory) {
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
        plural(design.contrasts, "contrast"),
        plural(design.n_min, "seed"),
        design.n
    )
}
