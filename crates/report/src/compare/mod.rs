//! Two runs, two conditions or two stores side by side: what differs, and does it matter?
//!
//! [`compare`] pairs the trials of two [`Side`]s, says in which recorded facts they differ
//! ([`Differences`]), and gives each condition a [`Finding`]: identical to the last bit, or one of
//! the report's verdicts on the paired difference B − A. [`FailOn`] makes a gate of it.
//! [`terminal`], [`markdown`] and [`json`] show it.
//!
//! Unequal specs or binaries are what a comparison is about, so they spoil no verdict here;
//! what else differs beside the thing compared is told instead.

mod bits;
mod comparison;
mod criteria;
mod differences;
mod family;
mod findings;
mod gate;
mod json;
mod matching;
mod rows;
mod sentence;
mod side;
mod values;
mod view;
mod warnings;

use fireassay_spec::Cards;

use crate::ReportError;
use crate::stats::power;

pub use bits::Bits;
pub use comparison::{Compared, Comparison, Ending, Finding, Pair, SideFacts};
pub use criteria::Criteria;
pub use differences::{Change, Differences, Group};
pub use gate::FailOn;
pub(crate) use json::differences as differences_json;
pub use json::{COMPARISON_SCHEMA, json};
pub use side::{Scope, Side};
pub(crate) use view::changes;
pub use view::{markdown, terminal};

/// Compares B with A. Pure; the order of the records does not matter. `cards` are the datasets by
/// name: they say what chance level is.
///
/// Two stores are paired by condition and seed, two conditions by seed; two runs are a pair
/// whatever their seeds are. Nothing to pair gives a comparison without conditions.
pub fn compare(
    a: &Side<'_>,
    b: &Side<'_>,
    criteria: &Criteria,
    cards: &Cards,
) -> Result<Comparison, ReportError> {
    let matching = matching::match_sides(a, b, criteria.metric);
    let found = findings::findings(&matching.conditions, criteria, cards)?;
    let differences = Differences::of(&matching.conditions);
    let conditions = matching.conditions.iter().zip(found.conditions);
    let conditions = conditions
        .map(|(matched, judged)| Compared {
            name: matched.name.clone(),
            differs: Differences::of(std::slice::from_ref(matched)).moving(),
            pairs: matched.pairs.iter().map(Pair::of).collect(),
            only_a: matched.only_a.clone(),
            only_b: matched.only_b.clone(),
            effect: judged.effect,
            finding: judged.finding,
            sensitivity: judged.sensitivity,
        })
        .collect();
    Ok(Comparison {
        a: a.facts(),
        b: b.facts(),
        scope: a.scope,
        criteria: criteria.clone(),
        family: found.family,
        n_min: power::fewest_seeds(found.family.max(1), criteria.alpha),
        conditions,
        only_a: matching.only_a,
        only_b: matching.only_b,
        differences,
        problems: matching.problems,
    })
}
