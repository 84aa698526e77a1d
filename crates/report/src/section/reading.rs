//! How to read this: what each number is and what a verdict rests on.

use fireassay_spec::Claim;

use crate::legend;
use crate::results::Results;
use crate::section::Block;

pub(crate) fn render(results: &Results) -> Vec<Block> {
    let mut items: Vec<String> =
        legend::lines(results).into_iter().map(|(what, how)| format!("{what}: {how}.")).collect();
    items.push(
        "Differences are paired: a condition's score minus the reference's score at the same \
         seed. n counts the seeds that have both."
            .into(),
    );
    items.push(
        "An interval that excludes 0 may come with an inconclusive verdict: the verdict is \
         adjusted for the number of contrasts and wins."
            .into(),
    );
    items.push(
        "g_z is the mean difference in units of its SD (Hedges-corrected), P(better) the share of \
         seeds at which the condition wins with its 95 % Wilson interval; both point in favour of \
         the condition. r is the correlation of the paired scores; a variance ratio below 1 means \
         that pairing helped."
            .into(),
    );
    if results.claim == Claim::Confirmatory {
        items.push(format!("Design: {}.", legend::power(results)));
        items.push(
            "Inconclusive means that these seeds decide neither way; it says nothing about the \
             size of the effect beyond the interval."
                .into(),
        );
    }
    if !results.statements.is_empty() {
        items.push(format!("Lecture statements: {}.", results.statements.join(", ")));
    }
    vec![Block::List(items)]
}
