//! One plain sentence per contrast: which is better, by how much, with what certainty.

use fireassay_spec::Direction;

use crate::number::{Unit, fixed, listed, p_equals, plural};
use crate::results::{Contrast, Results};
use crate::standing::{Cause, Standing};
use crate::stats::power;
use crate::verdict::{Reason, Verdict};
use crate::wrap::GLUE;

/// The answer to one contrast, without a final dot. Glued: see [`crate::wrap`].
pub(crate) fn sentence(results: &Results, contrast: &Contrast) -> String {
    let name = &contrast.condition;
    let reference = reference(contrast);
    let claim = match &contrast.verdict {
        Verdict::Better => format!("{name} is better than {reference}"),
        Verdict::Worse => format!("{name} is worse than {reference}"),
        Verdict::Equivalent { nonzero } => {
            let rope = results.analysis.rope.unwrap_or(0.0);
            let size = Unit::of(results.analysis.primary_metric).size(rope);
            let inside = if *nonzero { ", not zero but inside that region" } else { "" };
            format!("{name} is equivalent to {reference} within ±{size}{inside}")
        }
        Verdict::Inconclusive(reason) => {
            let why = because(results, contrast, reason);
            format!("{name} against {reference} is inconclusive{why}")
        }
        Verdict::Exploratory => {
            format!("{name} against {reference}, exploratory{}", though(&contrast.standing))
        }
    };
    let numbers = match numbers(results, contrast) {
        none if none.is_empty() && contrast.verdict == Verdict::Exploratory => {
            format!("no difference{}", no_pairs(contrast))
        }
        numbers => numbers,
    };
    let claim = if numbers.is_empty() { claim } else { format!("{claim}: {numbers}") };
    match outlook(results, contrast) {
        Some(outlook) => format!("{claim}; {outlook}"),
        None => claim,
    }
}

/// `the reference (norm=batch)`: only the factors in which the two differ.
pub(crate) fn reference(contrast: &Contrast) -> String {
    let levels: Vec<String> = contrast
        .reference_levels
        .iter()
        .map(|(factor, level)| format!("{factor}={level}"))
        .collect();
    if levels.is_empty() {
        "the reference".into()
    } else {
        format!("the reference ({})", levels.join(", "))
    }
}

/// `Holm over 2`: how the p value of this contrast is adjusted.
fn correction(contrast: &Contrast) -> String {
    let method = match contrast.standing {
        Standing::Confirmatory => "Holm",
        Standing::Exploratory(_) => "Benjamini-Hochberg",
    };
    format!("{method} over {}", contrast.family)
}

/// Why a contrast of a confirmatory experiment is exploratory all the same.
fn though(standing: &Standing) -> String {
    match standing {
        Standing::Confirmatory | Standing::Exploratory(Cause::Claimed) => String::new(),
        Standing::Exploratory(Cause::Undeclared) => " (not among the declared contrasts)".into(),
        Standing::Exploratory(Cause::Unregistered) => {
            " (the design was not registered before the first trial)".into()
        }
        Standing::Exploratory(Cause::Edited(keys)) => {
            format!(" (changed after the first trial: {})", listed(keys))
        }
    }
}

/// Difference, interval, n and p; what there is of them.
fn numbers(results: &Results, contrast: &Contrast) -> String {
    let Some(effect) = &contrast.effect else { return String::new() };
    let Some(mean) = effect.mean else { return String::new() };
    let unit = Unit::of(results.analysis.primary_metric);
    let interval = effect.interval.filter(|_| effect.is_shown());
    let (difference, bounds) = unit.difference(mean, interval);
    let direction = match results.analysis.direction {
        Direction::Higher => "",
        Direction::Lower => " (lower is better)",
    };
    let mut parts = vec![format!("{difference}{GLUE}{}{direction}", unit.difference)];
    if interval.is_some() {
        parts.push(glued(&format!("95 % interval {bounds}")));
    }
    parts.push(glued(&format!("n = {}", effect.n())));
    if effect.is_shown() {
        parts.extend(p_text(contrast));
    }
    parts.join(", ")
}

/// The p that the verdict rests on, with its family.
fn p_text(contrast: &Contrast) -> Option<String> {
    let effect = contrast.effect.as_ref()?;
    if let Verdict::Equivalent { nonzero } = contrast.verdict {
        let tost = glued(&p_equals(effect.adjusted_tost_p?));
        let family = contrast.family;
        let difference = match effect.adjusted_p {
            Some(p) if nonzero => format!("; difference {}", glued(&p_equals(p))),
            Some(_) | None => String::new(),
        };
        return Some(format!("{tost} (equivalence test, Holm over {family}{difference})"));
    }
    Some(format!("{} ({})", glued(&p_equals(effect.adjusted_p?)), correction(contrast)))
}

fn because(results: &Results, contrast: &Contrast, reason: &Reason) -> String {
    match reason {
        Reason::Partial { missing, planned } => {
            format!(
                ", because {missing} of {} {} not finished",
                plural(*planned, "trial"),
                if *missing == 1 { "is" } else { "are" }
            )
        }
        Reason::NoOp => {
            ", because a no-op is suspected (both ended with the very same weights)".into()
        }
        Reason::FailedTrials => {
            format!(
                ", because {} failed and failed-trial is \"abort\"",
                plural(contrast.failures.0 + contrast.failures.1, "trial")
            )
        }
        Reason::MixedProvenance => {
            ", because its trials come from different binaries or backends, and so are not pairs"
                .into()
        }
        Reason::FailurePolicy => {
            let lines = contrast.sensitivity.as_ref();
            let worst = lines.and_then(|lines| lines.worst.as_ref());
            match lines.zip(worst) {
                Some((lines, worst)) => format!(
                    ", because it depends on the failure policy (exclude-pair says {}, worst says \
                     {})",
                    lines.exclude_pair.word(),
                    worst.word()
                ),
                None => ", because it depends on the failure policy".into(),
            }
        }
        Reason::NoPairs => no_pairs(contrast),
        Reason::OneSeed => {
            format!(", because one seed shows no spread ({} are needed)", results.feasibility.n_min)
        }
        Reason::TooFewSeeds { n, needed } => {
            format!(", because {n} seeds cannot decide ({needed} are needed)")
        }
        Reason::Undecided => String::new(),
    }
}

/// Whose fault it is, if it is one side's alone.
fn no_pairs(contrast: &Contrast) -> String {
    let (own, references) = contrast.failures;
    let all_of = |whose: &str| format!(", because all trials of {whose} failed or diverged");
    if own == contrast.planned {
        all_of(&contrast.condition)
    } else if references == contrast.planned {
        all_of("the reference")
    } else {
        ", because no seed has a score for both".into()
    }
}

/// For an undecided contrast: what this many seeds find, and how many would be needed.
fn outlook(results: &Results, contrast: &Contrast) -> Option<String> {
    match &contrast.verdict {
        Verdict::Inconclusive(Reason::Undecided) => {}
        Verdict::Inconclusive(_)
        | Verdict::Better
        | Verdict::Worse
        | Verdict::Equivalent { .. }
        | Verdict::Exploratory => return None,
    }
    let effect = contrast.effect.as_ref()?;
    let unit = Unit::of(results.analysis.primary_metric);
    let found = glued(&unit.size(effect.detectable?));
    let power = glued(&format!("{} % power", fixed(100.0 * power::POWER, 0)));
    let found = format!("{} seeds find a difference of {found} with {power}", effect.n());
    let target = match results.analysis.rope {
        Some(rope) => glued(&unit.size(rope)),
        None => "one as large as observed".into(),
    };
    Some(match effect.seeds_needed {
        Some(n) if n > effect.n() => format!("{found}, {target} would need about {n}"),
        Some(_) => found,
        None => format!("{found}, {target} would need more than {}", power::MOST_SEEDS),
    })
}

fn glued(text: &str) -> String {
    text.replace(' ', &GLUE.to_string())
}
