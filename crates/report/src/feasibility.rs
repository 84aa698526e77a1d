//! `Feasibility`: what a plan can show, before anything is trained.

use fireassay_spec::{Experiment, Plan};

use crate::family::declared_in;
use crate::hypothesis::{Shared, shared};
use crate::number::plural;
use crate::stats::power;

/// Whether the planned seeds can reach a verdict, and how small an effect they find.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Feasibility {
    /// Declared contrasts and interactions: the size of the confirmatory family.
    pub claims: usize,
    /// How many of these are interactions.
    pub interactions: usize,
    /// Seeds.
    pub n: usize,
    /// The fewest seeds with which a claim can be decided.
    pub n_min: usize,
    /// The smallest p that n seeds can give.
    pub smallest_p: f64,
    /// What the smallest p of the family has to reach: alpha / claims.
    pub first_threshold: f64,
    /// The smallest effect found with 80 % power, in standard deviations of the paired
    /// differences; none below two seeds.
    pub detectable_d: Option<f64>,
    /// Whether `smallest_p` reaches `first_threshold`. Otherwise a confirmatory claim cannot
    /// succeed.
    pub feasible: bool,
}

/// What the plan of an experiment can show.
pub fn feasibility(experiment: &Experiment, plan: &Plan) -> Feasibility {
    let (contrasts, interactions) = declared_in(experiment, plan);
    let claims = contrasts + interactions;
    let (n, alpha) = (experiment.seeds.len(), experiment.analysis.alpha);
    let family = claims.max(1); // a lone reference is described as if it had one contrast
    let (smallest_p, first_threshold) = (power::smallest_p(n), alpha / family as f64);
    Feasibility {
        claims,
        interactions,
        n,
        n_min: power::fewest_seeds(family, alpha),
        smallest_p: smallest_p.min(1.0),
        first_threshold,
        detectable_d: power::detectable(n, family, alpha),
        feasible: smallest_p <= first_threshold,
    }
}

/// Whether the planned units can answer the declared hypotheses.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Answerable {
    /// How many hypotheses are declared.
    pub hypotheses: usize,
    /// Units: seeds, or checkpoints where those are enough to speak of new ones.
    pub n: usize,
    /// The fewest with which one can be answered.
    pub n_min: usize,
    /// The stage that trials share, if there is one.
    pub shared: Option<Shared>,
}

/// None where nothing is declared.
pub fn answerable(experiment: &Experiment) -> Option<Answerable> {
    let hypotheses = experiment.hypotheses.len();
    let shared = shared(experiment);
    let n = match shared {
        Some(shared) if shared.generalises => shared.checkpoints,
        Some(_) | None => experiment.seeds.len(),
    };
    let n_min = power::fewest_seeds(hypotheses.max(1), experiment.analysis.alpha);
    (hypotheses > 0).then_some(Answerable { hypotheses, n, n_min, shared })
}

impl Answerable {
    /// Whether any hypothesis can be supported or refuted.
    pub fn is_feasible(&self) -> bool {
        self.n >= self.n_min
    }
}

impl Feasibility {
    /// `3 contrasts`, `3 contrasts and 1 interaction`.
    pub fn words(&self) -> String {
        let contrasts = plural(self.claims - self.interactions, "contrast");
        match self.interactions {
            0 => contrasts,
            n => format!("{contrasts} and {}", plural(n, "interaction")),
        }
    }
}
