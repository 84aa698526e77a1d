//! Fractional factorials: effects by contrast columns, each named with what it is aliased with.

use std::collections::BTreeSet;

use fireassay_spec::{Aliased, Aliases, Condition, Design, Experiment, aliases};

use crate::design::blocks::{Measure, Withheld};
use crate::design::factorial::{Derived, is_named, name};

/// What a fraction shows.
#[derive(Default)]
pub(crate) struct Fraction {
    pub main_effects: Vec<Derived>,
    pub interactions: Vec<Derived>,
    pub aliases: Option<Aliases>,
}

/// Effects of a fractional factorial; nothing for another design.
///
/// * Main effect: mean over the conditions at the other level minus mean over those at the
///   reference level.
/// * Interaction: y[both] - y[one] - y[other] + y[neither], averaged over the other factors. One
///   per chain of interactions; a chain that holds a main effect is shown as that main effect.
pub(crate) fn fraction(measure: &Measure<'_>, experiment: &Experiment) -> Fraction {
    if experiment.design != Design::FractionalFactorial {
        return Fraction::default();
    }
    let rows = &measure.scores.rows;
    let present: Option<Vec<BTreeSet<String>>> =
        rows.iter().map(|row| experiment.subset(row.condition)).collect();
    let Some(present) = present else { return Fraction::default() };
    let factors: Vec<String> = experiment.factors.iter().map(|f| f.name.clone()).collect();
    let aliases = aliases(&factors, &experiment.generators);
    let base = factors.len() - experiment.generators.len();
    let is_whole = rows.len() == 1 << base;
    let conditions: Vec<&Condition> = rows.iter().map(|row| row.condition).collect();
    let derive = |aliased: &Aliased| {
        let factors = aliased.effect.clone();
        let other = |factor: &String| other_level(&conditions, factor);
        let levels: Vec<String> = factors.iter().map(other).collect();
        // A chain of interactions is one number, whichever of them was declared.
        let mut chain = [&aliased.effect].into_iter().chain(&aliased.with);
        let is_pair = factors.len() == 2;
        let weights = column(&factors, &present);
        let terms: Vec<(usize, f64)> = weights.into_iter().enumerate().collect();
        Derived {
            name: name(&factors, &levels),
            effect: if is_whole { measure.effect(&terms) } else { Err(Withheld::NotPlanned) },
            combinations: (rows.len() / 2, 1 << (base - 1)),
            alias: aliased.with.iter().map(|other| other.join("*")).collect(),
            declared: is_pair && is_whole && chain.any(|of| is_named(of, experiment)),
            factors,
            levels,
        }
    };
    // The aliases come in alphabetical order; main effects are wanted as the file has them.
    let mains = factors.iter().filter_map(|factor| aliases.of(&[factor.as_str()]));
    let main_effects = mains.map(derive).collect();
    let heads = aliases.effects.iter().filter(|aliased| leads_its_chain(aliased));
    let interactions = heads.map(derive).collect();
    Fraction { main_effects, interactions, aliases: Some(aliases) }
}

/// Whether this is the first interaction of a chain of interactions only.
pub(crate) fn leads_its_chain(aliased: &Aliased) -> bool {
    aliased.effect.len() == 2
        && aliased.with.iter().all(|other| other.len() == 2 && aliased.effect < *other)
}

/// Weight of each condition. Coded levels are +1 at the reference and -1 at the other; of N
/// conditions, a main effect has -2/N times its column, an interaction 4/N times the product of
/// two, so that both are differences of scores and not of halves.
pub(crate) fn column(factors: &[String], present: &[BTreeSet<String>]) -> Vec<f64> {
    let scale = match factors.len() {
        1 => -2.0,
        _ => 4.0,
    };
    let code = |subset: &BTreeSet<String>| -> f64 {
        factors.iter().map(|factor| if subset.contains(factor) { 1.0 } else { -1.0 }).product()
    };
    present.iter().map(|subset| scale * code(subset) / present.len() as f64).collect()
}

/// The label of the level that is not the reference's. The reference is the first condition.
pub(crate) fn other_level(conditions: &[&Condition], factor: &str) -> String {
    let mut labels = conditions.iter().filter_map(|condition| condition.settings.get(factor));
    let reference = labels.next();
    labels.filter(|label| Some(*label) != reference).min().cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subsets(texts: &[&str]) -> Vec<BTreeSet<String>> {
        texts.iter().map(|text| text.chars().map(String::from).collect()).collect()
    }

    #[test]
    fn columns_of_the_whole_two_by_two_are_the_usual_differences() {
        let present = subsets(&["ab", "a", "b", ""]);
        let check = |factors: &[&str], expected: [f64; 4]| {
            let factors: Vec<String> = factors.iter().map(ToString::to_string).collect();
            assert_eq!(column(&factors, &present), expected);
        };
        check(&["a"], [-0.5, -0.5, 0.5, 0.5]);
        check(&["b"], [-0.5, 0.5, -0.5, 0.5]);
        check(&["a", "b"], [1.0, -1.0, -1.0, 1.0]);
    }

    #[test]
    fn aliased_columns_of_a_half_fraction_differ_by_minus_two() {
        // c = a * b: what is seen of c is its effect minus half of what a and b do together.
        let present = subsets(&["abc", "a", "b", "c"]);
        let names = |text: &str| text.chars().map(String::from).collect::<Vec<_>>();
        let (main, pair) = (column(&names("c"), &present), column(&names("ab"), &present));
        assert!(main.iter().zip(&pair).all(|(main, pair)| *pair == -2.0 * main));
    }

    #[test]
    fn a_chain_is_led_by_its_first_interaction() {
        let pair = |text: &str| text.chars().map(String::from).collect::<Vec<_>>();
        let aliased = |effect: &str, with: &[&str]| Aliased {
            effect: pair(effect),
            with: with.iter().map(|text| pair(text)).collect(),
        };
        assert!(leads_its_chain(&aliased("ab", &["cd"])));
        assert!(!leads_its_chain(&aliased("cd", &["ab"])));
        assert!(!leads_its_chain(&aliased("ab", &["e"])));
        assert!(!leads_its_chain(&aliased("a", &[])));
        assert!(leads_its_chain(&aliased("ab", &[])));
    }
}
