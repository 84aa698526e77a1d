//! `FailOn`: what a comparison must not say.

use crate::compare::sentence::seeds;
use crate::compare::{Compared, Finding};
use crate::number::plural;
use crate::verdict::Verdict;

/// A reason for a gate to stay shut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailOn {
    /// A condition is worse in B, or a trial fails that was done in A.
    Worse,
    /// A condition that is not identical gets no verdict.
    Inconclusive,
    /// A trial ends otherwise, or with other bits.
    Different,
}

impl FailOn {
    /// As it is typed.
    pub fn word(self) -> &'static str {
        match self {
            Self::Worse => "worse",
            Self::Inconclusive => "inconclusive",
            Self::Different => "different",
        }
    }

    /// What is wrong with a condition, for people.
    pub(super) fn objections(self, compared: &Compared) -> Vec<String> {
        let name = &compared.name;
        let mut all = Vec::new();
        match self {
            Self::Worse => {
                if compared.finding == Finding::Judged(Verdict::Worse) {
                    all.push(format!("{name} is worse in B"));
                }
                let broken: Vec<u64> = compared.broken().map(|pair| pair.b.seed).collect();
                if !broken.is_empty() {
                    let trials = plural(broken.len(), "trial");
                    let seeds = seeds(&broken);
                    all.push(format!(
                        "{name}: {trials} done in A failed or diverged in B ({seeds})"
                    ));
                }
            }
            Self::Inconclusive => match &compared.finding {
                Finding::Judged(Verdict::Inconclusive(reason)) => {
                    all.push(format!("{name} is inconclusive ({reason})"));
                }
                Finding::Judged(Verdict::Exploratory) => {
                    all.push(format!("{name} gets no verdict: the experiment is exploratory"));
                }
                Finding::Judged(Verdict::Better | Verdict::Worse | Verdict::Equivalent { .. })
                | Finding::Identical { .. } => {}
            },
            Self::Different => {
                let differing = compared.pairs.iter().filter(|pair| pair.differs());
                let differing: Vec<u64> = differing.map(|pair| pair.b.seed).collect();
                if !differing.is_empty() {
                    let of = plural(compared.pairs.len(), "pair");
                    let seeds = seeds(&differing);
                    all.push(format!("{name}: {} of {of} differ ({seeds})", differing.len()));
                }
            }
        }
        all
    }
}
