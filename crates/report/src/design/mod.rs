//! `DesignAnalysis`: what a design shows beyond each condition against the reference.
//!
//! Everything here is one number per seed, a weighted sum of the scores of some conditions at that
//! seed, and then goes through the same statistics as a contrast, with seeds as blocks. A seed
//! counts where every score of the sum is there. All of it is exploratory: no verdicts, and one
//! Benjamini-Hochberg family. Declared interactions are claims: see [`crate::Interaction`].

mod across;
mod across_json;
mod adjust;
mod blocks;
mod component;
pub(crate) mod declared;
mod factorial;
pub(crate) mod fraction;
pub(crate) mod json;
mod trend;
mod variance;
pub(crate) mod words;

use fireassay_spec::{Aliases, Experiment};

pub use across::{AcrossDatasets, Method, OnDataset, Pooled};
pub use blocks::Withheld;
pub use component::{Attribution, Component};
pub use factorial::Derived;
pub use trend::{Dose, DoseResponse, Slope, Trend, TrendTest};
pub use variance::{VarianceShare, VarianceSplit};

use crate::scores::Scores;
pub(crate) use blocks::Measure;

/// Effects beyond reference contrasts; each list is empty where the design does not support it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DesignAnalysis {
    /// Factor by factor, of full and fractional factorials.
    pub main_effects: Vec<Derived>,
    /// Two-way, of full and fractional factorials.
    pub interactions: Vec<Derived>,
    /// What a fractional factorial cannot tell apart.
    pub aliases: Option<Aliases>,
    /// Where each component is seen with and without the others.
    pub components: Vec<Component>,
    /// One per ordered factor.
    pub trends: Vec<Trend>,
    /// One per condition, of crossed streams.
    pub variance: Vec<VarianceSplit>,
    /// Where levels of other factors are seen on two datasets or more.
    pub across: Option<AcrossDatasets>,
    /// How many p values are adjusted together, the withheld ones included.
    pub family: usize,
}

/// Everything that the design supports.
pub(crate) fn design_analysis(scores: &Scores<'_>, experiment: &Experiment) -> DesignAnalysis {
    let measure = Measure::new(scores, experiment);
    let (mut main_effects, mut interactions) = factorial::factorial(&measure, experiment);
    let fraction = fraction::fraction(&measure, experiment);
    main_effects.extend(fraction.main_effects);
    interactions.extend(fraction.interactions);
    let mut analysis = DesignAnalysis {
        main_effects,
        interactions,
        aliases: fraction.aliases,
        components: component::components(&measure, experiment),
        trends: trend::trends(&measure, experiment),
        variance: variance::variance(&measure, experiment),
        across: across::across(&measure, experiment),
        family: 0,
    };
    adjust::adjust(&mut analysis);
    analysis
}

impl DesignAnalysis {
    /// Whether the design supports nothing of this.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
