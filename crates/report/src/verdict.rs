//! `Verdict`: better, worse, equivalent or inconclusive, and why.

use std::fmt;

/// What may be said about a contrast.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// Better than the reference.
    Better,
    /// Worse than the reference.
    Worse,
    /// Inside the region of practical equivalence.
    Equivalent {
        /// Inside, and yet different from 0.
        nonzero: bool,
    },
    /// Neither a difference nor equivalence is shown.
    Inconclusive(Reason),
    /// The claim is exploratory: no verdict is given.
    Exploratory,
}

/// Why a contrast is inconclusive.
#[derive(Clone, Debug, PartialEq)]
pub enum Reason {
    /// Trials of the experiment are not finished.
    Partial {
        /// How many.
        missing: usize,
        /// Of how many.
        planned: usize,
    },
    /// The condition gave the very weights and scores of the reference.
    NoOp,
    /// Trials failed, and `failed-trial = "abort"`.
    FailedTrials,
    /// The paired trials come from different binaries or backends.
    MixedProvenance,
    /// The verdict depends on what a failed trial counts for.
    FailurePolicy,
    /// No seed has both scores.
    NoPairs,
    /// One seed has both scores.
    OneSeed,
    /// Fewer pairs than any verdict needs.
    TooFewSeeds {
        /// Pairs.
        n: usize,
        /// The fewest that can decide.
        needed: usize,
    },
    /// The tests decide neither way.
    Undecided,
}

/// What the last gates of a verdict look at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Evidence {
    /// Pairs.
    pub n: usize,
    /// The fewest that can decide.
    pub n_min: usize,
    /// Family-wise error.
    pub alpha: f64,
    /// Mean difference in favour of the condition.
    pub mean_in_favour: f64,
    /// Adjusted p of the sign-flip test.
    pub difference_p: Option<f64>,
    /// Adjusted p of the equivalence test; none without a rope.
    pub equivalence_p: Option<f64>,
}

/// The verdict of a complete, untainted contrast; the order of the questions matters.
pub fn decide(evidence: &Evidence) -> Verdict {
    let &Evidence { n, n_min, alpha, mean_in_favour, .. } = evidence;
    if n < n_min {
        return Verdict::Inconclusive(match n {
            0 => Reason::NoPairs,
            1 => Reason::OneSeed,
            _ => Reason::TooFewSeeds { n, needed: n_min },
        });
    }
    let reached = |p: Option<f64>| p.is_some_and(|p| p <= alpha);
    let differs = reached(evidence.difference_p);
    if reached(evidence.equivalence_p) {
        return Verdict::Equivalent { nonzero: differs };
    }
    match differs {
        true if mean_in_favour > 0.0 => Verdict::Better,
        true if mean_in_favour < 0.0 => Verdict::Worse,
        true | false => Verdict::Inconclusive(Reason::Undecided),
    }
}

impl Verdict {
    /// One word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Better => "better",
            Self::Worse => "worse",
            Self::Equivalent { .. } => "equivalent",
            Self::Inconclusive(_) => "inconclusive",
            Self::Exploratory => "exploratory",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Inconclusive(Reason::Undecided) => f.write_str(self.word()),
            Self::Inconclusive(reason) => write!(f, "inconclusive ({reason})"),
            Self::Better | Self::Worse | Self::Equivalent { .. } | Self::Exploratory => {
                f.write_str(self.word())
            }
        }
    }
}

impl Reason {
    /// A stable name for files.
    pub fn key(&self) -> &'static str {
        match self {
            Self::Partial { .. } => "partial",
            Self::NoOp => "no-op-suspected",
            Self::FailedTrials => "failed-trials",
            Self::MixedProvenance => "mixed-provenance",
            Self::FailurePolicy => "depends-on-failure-policy",
            Self::NoPairs => "no-pairs",
            Self::OneSeed => "one-seed",
            Self::TooFewSeeds { .. } => "too-few-seeds",
            Self::Undecided => "undecided",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Partial { missing, planned } => {
                write!(f, "{missing} of {planned} trials missing")
            }
            Self::NoOp => f.write_str("no-op suspected"),
            Self::FailedTrials => f.write_str("failed trials"),
            Self::MixedProvenance => f.write_str("mixed provenance"),
            Self::FailurePolicy => f.write_str("depends on failure policy"),
            Self::NoPairs => f.write_str("no pairs"),
            Self::OneSeed => f.write_str("one seed"),
            Self::TooFewSeeds { n, needed } => write!(f, "n = {n}, needs {needed}"),
            Self::Undecided => f.write_str("neither a difference nor equivalence is shown"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(mean: f64, difference_p: f64, equivalence_p: Option<f64>, expected: &Verdict) {
        let found = decide(&Evidence {
            n: 7,
            n_min: 7,
            alpha: 0.05,
            mean_in_favour: mean,
            difference_p: Some(difference_p),
            equivalence_p,
        });
        assert_eq!(&found, expected);
    }

    #[test]
    fn the_order_of_the_questions() {
        check(1.0, 0.03, None, &Verdict::Better);
        check(-1.0, 0.05, None, &Verdict::Worse);
        check(1.0, 0.051, None, &Verdict::Inconclusive(Reason::Undecided));
        check(1.0, 0.03, Some(0.04), &Verdict::Equivalent { nonzero: true });
        check(1.0, 0.5, Some(0.05), &Verdict::Equivalent { nonzero: false });
        check(1.0, 0.03, Some(0.06), &Verdict::Better);
        check(0.0, 0.5, Some(0.06), &Verdict::Inconclusive(Reason::Undecided));
    }

    #[test]
    fn too_few_seeds_decide_nothing_not_even_equivalence() {
        for (n, reason) in [
            (0, Reason::NoPairs),
            (1, Reason::OneSeed),
            (6, Reason::TooFewSeeds { n: 6, needed: 7 }),
        ] {
            let evidence = Evidence {
                n,
                n_min: 7,
                alpha: 0.05,
                mean_in_favour: 1.0,
                difference_p: Some(0.001),
                equivalence_p: Some(0.001),
            };
            assert_eq!(decide(&evidence), Verdict::Inconclusive(reason));
        }
    }
}
