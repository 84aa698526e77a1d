//! One plain sentence per condition: is B better than A, by how much, with what certainty?

use fireassay_spec::Direction;

use crate::compare::differences::SEED;
use crate::compare::{Compared, Comparison, Finding, Group, Scope};
use crate::legend::interval_name;
use crate::number::{Unit, fixed, listed, p_equals, plural};
use crate::stats::power;
use crate::verdict::{Reason, Verdict};
use crate::wrap::GLUE;

/// What may be said about one condition, without a final dot. Glued: see [`crate::wrap`].
pub(super) fn sentence(comparison: &Comparison, compared: &Compared) -> String {
    let verdict = match &compared.finding {
        Finding::Identical { pairs } => return identical(comparison, compared, *pairs),
        Finding::Judged(verdict) => verdict,
    };
    let (a, b) = sides(comparison);
    let claim = match verdict {
        Verdict::Better => format!("{b} is better than {a}"),
        Verdict::Worse => format!("{b} is worse than {a}"),
        Verdict::Equivalent { nonzero } => {
            let size = unit(comparison).size(comparison.criteria.rope.unwrap_or(0.0));
            let inside = if *nonzero { ", not zero but inside that region" } else { "" };
            format!("{b} is equivalent to {a} within ±{size}{inside}")
        }
        Verdict::Inconclusive(reason) => {
            let why = because(comparison, compared, reason);
            format!("{b} against {a} is inconclusive{why}")
        }
        Verdict::Exploratory => {
            format!("{b} against {a}, {}", comparison.criteria.standing.exploratory())
        }
    };
    let parts = [numbers(comparison, compared, verdict), outlook(comparison, compared, verdict)];
    let [numbers, outlook] = parts;
    let mut text = format!("{}{claim}", of(comparison, compared));
    for (joint, part) in [(": ", numbers), ("; ", outlook), ("; ", beside(comparison, compared))] {
        if !part.is_empty() {
            text.extend([joint, &part]);
        }
    }
    text
}

fn identical(comparison: &Comparison, compared: &Compared, pairs: usize) -> String {
    let planned = compared.pairs.len();
    let count = if pairs == planned {
        plural(pairs, "pair")
    } else {
        format!("{pairs} of {}", plural(planned, "pair"))
    };
    let diverged = compared.pairs.iter().all(|pair| pair.a.score.is_none());
    let how = if diverged { " (both sides diverged alike)" } else { "" };
    format!("{}identical, {count}{how}", of(comparison, compared))
}

/// The condition, where there may be several.
fn of(comparison: &Comparison, compared: &Compared) -> String {
    match comparison.scope {
        Scope::Run | Scope::Condition => String::new(),
        Scope::Store => format!("{}: ", compared.name),
    }
}

/// `A` and `B`, with their conditions where those are what is compared.
fn sides(comparison: &Comparison) -> (String, String) {
    match (&comparison.a.condition, &comparison.b.condition) {
        (Some(a), Some(b)) if a != b => (format!("A ({a})"), format!("B ({b})")),
        (Some(_) | None, _) => ("A".into(), "B".into()),
    }
}

/// Difference, interval, n and p; what there is of them.
fn numbers(comparison: &Comparison, compared: &Compared, verdict: &Verdict) -> String {
    let Some(effect) = &compared.effect else { return String::new() };
    let Some(mean) = effect.mean else { return String::new() };
    let unit = unit(comparison);
    let interval = effect.interval.filter(|_| effect.is_shown());
    let (difference, bounds) = unit.difference(mean, interval);
    let direction = match comparison.criteria.direction {
        Direction::Higher => "",
        Direction::Lower => " (lower is better)",
    };
    let mut parts = vec![format!("{difference}{GLUE}{}{direction}", unit.difference)];
    if interval.is_some() {
        parts.push(glued(&format!("{} {bounds}", interval_name(comparison.criteria.interval))));
    }
    parts.push(glued(&format!("n = {}", effect.n())));
    let family = format!("Holm over {}", comparison.family);
    let difference = effect.adjusted_p.map(|p| glued(&p_equals(p)));
    let equivalence = effect.adjusted_tost_p.map(|p| glued(&p_equals(p)));
    match (verdict, difference, equivalence) {
        (Verdict::Equivalent { nonzero: true }, Some(difference), Some(p)) => {
            parts.push(format!("{p} (equivalence test, {family}; difference {difference})"));
        }
        (Verdict::Equivalent { .. }, _, Some(p)) => {
            parts.push(format!("{p} (equivalence test, {family})"));
        }
        (_, Some(p), _) if effect.is_shown() => parts.push(format!("{p} ({family})")),
        (_, Some(_) | None, _) => {}
    }
    parts.join(", ")
}

fn because(comparison: &Comparison, compared: &Compared, reason: &Reason) -> String {
    let (a, b) = compared.failures();
    match reason {
        Reason::Partial { missing, planned } => {
            let are = if *missing == 1 { "is" } else { "are" };
            let trials = plural(*planned, "paired trial");
            format!(", because {missing} of {trials} {are} missing")
        }
        Reason::FailedTrials => {
            format!(", because {} failed and failed-trial is \"abort\"", plural(a + b, "trial"))
        }
        Reason::FailurePolicy => match &compared.sensitivity {
            Some(lines) => format!(
                ", because it depends on the failure policy (exclude-pair says {}, worst says {})",
                lines.exclude_pair.word(),
                lines.worst.as_ref().map_or("nothing", Verdict::word)
            ),
            None => format!(", because of {reason}"),
        },
        Reason::NoPairs => ", because no pair has two scores".into(),
        Reason::OneSeed => {
            let needed = comparison.n_min;
            format!(", because one seed shows no spread ({needed} are needed)")
        }
        Reason::TooFewSeeds { n, needed } => {
            format!(", because {n} seeds cannot decide ({needed} are needed)")
        }
        // A comparison looks for these itself, and tells them beside the verdict.
        Reason::NoOp | Reason::MixedProvenance => format!(", because of {reason}"),
        Reason::Undecided => String::new(),
    }
}

/// For an undecided condition: what this many seeds find, and how many would be needed.
fn outlook(comparison: &Comparison, compared: &Compared, verdict: &Verdict) -> String {
    let undecided = *verdict == Verdict::Inconclusive(Reason::Undecided);
    let Some(effect) = compared.effect.as_ref().filter(|_| undecided) else { return String::new() };
    let Some(detectable) = effect.detectable else { return String::new() };
    let unit = unit(comparison);
    let power = glued(&format!("{} % power", fixed(100.0 * power::POWER, 0)));
    let size = glued(&unit.size(detectable));
    let found = format!("{} seeds find a difference of {size} with {power}", effect.n());
    let target = match comparison.criteria.rope {
        Some(rope) => glued(&unit.size(rope)),
        None => "one as large as observed".into(),
    };
    match effect.seeds_needed {
        Some(n) if n > effect.n() => format!("{found}, {target} would need about {n}"),
        Some(_) => found,
        None => format!("{found}, {target} would need more than {}", power::MOST_SEEDS),
    }
}

/// What may have moved the result, and what beside it.
fn beside(comparison: &Comparison, compared: &Compared) -> String {
    let mut words: Vec<String> =
        compared.differs.iter().map(|group| group.word().to_owned()).collect();
    if compared.pairs.iter().any(|pair| pair.a.seed != pair.b.seed) {
        // Only single runs are paired across seeds. Their seed is told as a part of the spec.
        let mut spec = comparison.differences.group(Group::Spec);
        if spec.all(|change| change.key == SEED) {
            words.retain(|word| word != Group::Spec.word());
        }
        words.push(SEED.into());
    }
    match words.as_slice() {
        [only] if comparison.differences.unrecorded == 0 => format!("only the {only} differs"),
        [] | [_] => String::new(),
        [spec, others @ ..] if spec == Group::Spec.word() => {
            let differ = if others.len() == 1 { "differs" } else { "differ" };
            format!("beside the {spec}, the {} {differ} too", listed(others))
        }
        [_, _, ..] => format!("{} differ, and neither explains it alone", listed(&words)),
    }
}

/// `seed 3`, `seeds 1, 4`; a long list is cut.
pub(super) fn seeds(seeds: &[u64]) -> String {
    const SHOWN: usize = 12;
    let mut list: Vec<String> = seeds.iter().take(SHOWN).map(ToString::to_string).collect();
    if seeds.len() > SHOWN {
        list.push(format!("{} more", seeds.len() - SHOWN));
    }
    format!("{} {}", if seeds.len() == 1 { "seed" } else { "seeds" }, list.join(", "))
}

fn unit(comparison: &Comparison) -> Unit {
    Unit::of(comparison.criteria.metric)
}

fn glued(text: &str) -> String {
    text.replace(' ', &GLUE.to_string())
}
