//! One plain sentence per claim: what differs, by how much, with what certainty.

use fireassay_spec::Direction;

use crate::hypothesis::words;
use crate::judged::Judged;
use crate::legend::interval_name;
use crate::number::{Unit, fixed, listed, p_equals, plural};
use crate::results::{Contrast, Interaction, Results};
use crate::standing::Standing;
use crate::stats::power;
use crate::verdict::{Reason, Verdict};
use crate::wrap::GLUE;

const MIXED: &str = ", because trials of different binaries or backends are not pairs";

/// The answer to one contrast, without a final dot. Glued: see [`crate::wrap`].
pub(crate) fn sentence(results: &Results, contrast: &Contrast) -> String {
    let judged = Judged::contrast(contrast);
    let name = &contrast.condition;
    let reference = reference(contrast);
    let lacking = no_pairs(contrast);
    let claim = match &contrast.verdict {
        Verdict::Better => format!("{name} is better than {reference}"),
        Verdict::Worse => format!("{name} is worse than {reference}"),
        Verdict::Equivalent { nonzero } => {
            format!("{name} is equivalent to {reference} {}", within(results, *nonzero))
        }
        Verdict::Inconclusive(reason) => {
            let same = "both ended with the very same weights";
            let why = because(results, judged, reason, [&lacking, same]);
            format!("{name} against {reference} is inconclusive{why}")
        }
        Verdict::Exploratory => {
            format!("{name} against {reference}, {}", contrast.standing.exploratory())
        }
    };
    let text = whole(results, judged, claim, &format!("no difference{lacking}"));
    format!("{text}{}", conditional(results, &contrast.verdict))
}

/// What holds for a checkpoint that all trials share holds for that one.
fn conditional(results: &Results, verdict: &Verdict) -> String {
    match verdict {
        Verdict::Exploratory => String::new(),
        Verdict::Better
        | Verdict::Worse
        | Verdict::Equivalent { .. }
        | Verdict::Inconclusive(_) => words::condition(results.shared),
    }
}

/// The answer to one declared interaction, likewise.
pub(crate) fn interaction_sentence(results: &Results, interaction: &Interaction) -> String {
    let lacking = match interaction.is_mixed {
        true => MIXED,
        false => ", because no seed has a score for every condition that it needs",
    };
    let judged = Judged::interaction(interaction, results.analysis.direction);
    let levels = interaction.factors.iter().zip(&interaction.levels);
    let levels: Vec<String> = levels.map(|(factor, level)| format!("{factor}={level}")).collect();
    let subject = format!("the interaction of {}", listed(&levels));
    let claim = match &interaction.verdict {
        Verdict::Better | Verdict::Worse => format!("{subject} is {}", judged.word()),
        Verdict::Equivalent { nonzero } => {
            format!("{subject} is negligible {}", within(results, *nonzero))
        }
        Verdict::Inconclusive(reason) => {
            let same = "two of its conditions ended with the very same weights";
            let why = because(results, judged, reason, [lacking, same]);
            format!("{subject} is inconclusive{why}")
        }
        Verdict::Exploratory => {
            format!("{subject}, {}", interaction.standing.exploratory())
        }
    };
    let text = whole(results, judged, claim, &format!("no number{lacking}"));
    let conditional = conditional(results, &interaction.verdict);
    format!("{text}{}{conditional}", estimand(interaction))
}

/// What an aliased interaction is the sum of; an aliased effect never stands without its chain.
///
/// As differences of scores, what is seen is the sum of the interactions in the chain minus twice
/// each of its main effects (see [`fireassay_spec::Aliased`]).
fn estimand(interaction: &Interaction) -> String {
    if interaction.alias.is_empty() {
        return String::new();
    }
    let product = |factors: &[String]| factors.join("*");
    let chain: Vec<String> = interaction.alias.iter().map(|other| product(other)).collect();
    let mut sum = product(&interaction.factors);
    for other in &interaction.alias {
        match other.as_slice() {
            [main] => sum.extend([" - 2 ", main]),
            several => sum.extend([" + ", &product(several)]),
        }
    }
    format!("; this design cannot tell it from {}: what is estimated is {sum}", listed(&chain))
}

/// `within ±0.5 pp`.
fn within(results: &Results, nonzero: bool) -> String {
    let rope = results.analysis.rope.unwrap_or(0.0);
    let size = Unit::of(results.analysis.primary_metric).size(rope);
    let inside = if nonzero { ", not zero but inside that region" } else { "" };
    format!("within ±{size}{inside}")
}

/// The claim with its numbers, if it has any.
fn whole(results: &Results, judged: Judged<'_>, claim: String, nothing: &str) -> String {
    let numbers = match numbers(results, judged) {
        none if none.is_empty() && *judged.verdict == Verdict::Exploratory => nothing.to_owned(),
        numbers => numbers,
    };
    let claim = if numbers.is_empty() { claim } else { format!("{claim}: {numbers}") };
    match outlook(results, judged) {
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

/// `Holm over 2`: how the p value of a claim is adjusted.
fn correction(judged: Judged<'_>) -> String {
    let method = match judged.standing {
        Standing::Confirmatory => "Holm",
        Standing::Exploratory(_) => "Benjamini-Hochberg",
    };
    format!("{method} over {}", judged.family)
}

/// Difference, interval, n and p; what there is of them.
fn numbers(results: &Results, judged: Judged<'_>) -> String {
    let Some(effect) = judged.effect else { return String::new() };
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
        parts.push(glued(&format!("{} {bounds}", interval_name(results.analysis.interval))));
    }
    parts.push(glued(&format!("n = {}", effect.n())));
    if effect.is_shown() {
        parts.extend(p_text(judged));
    }
    parts.join(", ")
}

/// The p that the verdict rests on, with its family.
fn p_text(judged: Judged<'_>) -> Option<String> {
    let effect = judged.effect?;
    if let Verdict::Equivalent { nonzero } = *judged.verdict {
        let tost = glued(&p_equals(effect.adjusted_tost_p?));
        let family = judged.family;
        let difference = match effect.adjusted_p {
            Some(p) if nonzero => format!("; difference {}", glued(&p_equals(p))),
            Some(_) | None => String::new(),
        };
        return Some(format!("{tost} (equivalence test, Holm over {family}{difference})"));
    }
    Some(format!("{} ({})", glued(&p_equals(effect.adjusted_p?)), correction(judged)))
}

/// `lacking` says why there are no pairs, `same` what makes a no-op suspected.
fn because(
    results: &Results,
    judged: Judged<'_>,
    reason: &Reason,
    [lacking, same]: [&str; 2],
) -> String {
    match reason {
        Reason::Partial { missing, planned } => {
            format!(
                ", because {missing} of {} {} not finished",
                plural(*planned, "trial"),
                if *missing == 1 { "is" } else { "are" }
            )
        }
        Reason::NoOp => format!(", because a no-op is suspected ({same})"),
        Reason::FailedTrials => {
            format!(
                ", because {} failed and failed-trial is \"abort\"",
                plural(judged.failures, "trial")
            )
        }
        Reason::MixedProvenance => {
            ", because its trials come from different binaries or backends, and so are not pairs"
                .into()
        }
        Reason::FailurePolicy => {
            let lines = judged.sensitivity;
            let worst = lines.and_then(|lines| lines.worst.as_ref());
            match lines.zip(worst) {
                Some((lines, worst)) => format!(
                    ", because it depends on the failure policy (exclude-pair says {}, worst says \
                     {})",
                    judged.kind.word(&lines.exclude_pair),
                    judged.kind.word(worst)
                ),
                None => ", because it depends on the failure policy".into(),
            }
        }
        Reason::OneSeed => {
            format!(", because one seed shows no spread ({} are needed)", results.feasibility.n_min)
        }
        Reason::TooFewSeeds { n, needed } => {
            format!(", because {n} seeds cannot decide ({needed} are needed)")
        }
        Reason::NoPairs => lacking.into(),
        Reason::Undecided => String::new(),
    }
}

/// Why there is no number: whose fault it is, if it is one side's alone.
fn no_pairs(contrast: &Contrast) -> String {
    let (own, references) = contrast.failures;
    let all_of = |whose: &str| format!(", because all trials of {whose} failed or diverged");
    if contrast.is_mixed {
        MIXED.into()
    } else if own == contrast.planned {
        all_of(&contrast.condition)
    } else if references == contrast.planned {
        all_of("the reference")
    } else {
        ", because no seed has a score for both".into()
    }
}

/// For an undecided claim: what this many seeds find, and how many would be needed.
fn outlook(results: &Results, judged: Judged<'_>) -> Option<String> {
    match judged.verdict {
        Verdict::Inconclusive(Reason::Undecided) => {}
        Verdict::Inconclusive(_)
        | Verdict::Better
        | Verdict::Worse
        | Verdict::Equivalent { .. }
        | Verdict::Exploratory => return None,
    }
    let effect = judged.effect?;
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
