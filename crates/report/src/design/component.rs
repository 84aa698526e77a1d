//! Components: leave one out beside add one in, and Shapley attribution.

use std::collections::{BTreeMap, BTreeSet};

use fireassay_spec::{Design, Experiment};

use crate::design::blocks::{Measure, Withheld, snapped};
use crate::effect::{Effect, LEVEL};
use crate::scores::Row;
use crate::stats::bootstrap;
use crate::stats::paired_t::Interval;
use crate::stats::shapley::shapley;

/// More components than this have more subsets than anybody trains.
const MOST_ATTRIBUTED: usize = 10;

/// What one component adds. A component is present where its factor is at the reference level.
#[derive(Clone, Debug, PartialEq)]
pub struct Component {
    /// Its factor.
    pub name: String,
    /// Score with every component minus score with every other one.
    pub leave_one_out: Result<Effect, Withheld>,
    /// Score with this component alone minus score with none.
    pub add_one_in: Result<Effect, Withheld>,
    /// Where every subset of at most ten components is in the plan.
    pub shapley: Result<Attribution, Withheld>,
}

/// A Shapley value: what a component adds, averaged over all orders of adding components.
#[derive(Clone, Debug, PartialEq)]
pub struct Attribution {
    /// One value per seed; those of all components sum to all minus none.
    pub effect: Effect,
    /// Percentile bootstrap over seeds, beside the t interval; too narrow with few seeds.
    pub bootstrap: Option<Interval>,
}

/// The components of a design that shows each with and without the others; nothing otherwise.
/// With two factors or more: a full factorial of on/off factors, or leave-one-out-add-one-in.
pub(crate) fn components(measure: &Measure<'_>, experiment: &Experiment) -> Vec<Component> {
    let names: Vec<&str> = experiment.factors.iter().map(|factor| factor.name.as_str()).collect();
    let shows_both = match experiment.design {
        Design::FullFactorial | Design::LeaveOneOutAddOneIn => names.len() > 1,
        Design::Explicit
        | Design::FractionalFactorial
        | Design::LeaveOneOut
        | Design::OneFactorAtATime => false,
    };
    let subsets = if shows_both { Subsets::new(measure, experiment) } else { None };
    let Some(subsets) = subsets else { return Vec::new() };
    let attributions = attributions(measure, &subsets, &names);
    let component = |(name, shapley): (&&str, Result<Attribution, Withheld>)| Component {
        name: (*name).to_owned(),
        leave_one_out: {
            let all: BTreeSet<&str> = names.iter().copied().collect();
            let others = all.iter().copied().filter(|other| other != name).collect();
            subsets.difference(measure, &all, &others)
        },
        add_one_in: subsets.difference(measure, &BTreeSet::from([*name]), &BTreeSet::new()),
        shapley,
    };
    names.iter().zip(attributions).map(component).collect()
}

/// Rows by the components that are present.
struct Subsets(BTreeMap<BTreeSet<String>, usize>);

impl Subsets {
    /// None unless every factor is on or off.
    fn new(measure: &Measure<'_>, experiment: &Experiment) -> Option<Self> {
        let rows = measure.scores.rows.iter().enumerate();
        let subset = |(row, of): (usize, &Row<'_>)| Some((experiment.subset(of.condition)?, row));
        rows.map(subset).collect::<Option<_>>().map(Self)
    }

    fn row(&self, present: &BTreeSet<&str>) -> Option<usize> {
        let present = present.iter().map(|name| (*name).to_owned()).collect();
        self.0.get::<BTreeSet<String>>(&present).copied()
    }

    fn difference(
        &self,
        measure: &Measure<'_>,
        with: &BTreeSet<&str>,
        without: &BTreeSet<&str>,
    ) -> Result<Effect, Withheld> {
        let rows = self.row(with).zip(self.row(without));
        let (with, without) = rows.ok_or(Withheld::NotPlanned)?;
        measure.effect(&[(with, 1.0), (without, -1.0)])
    }
}

/// One per component, in the order given; only seeds with every subset count.
fn attributions(
    measure: &Measure<'_>,
    subsets: &Subsets,
    names: &[&str],
) -> Vec<Result<Attribution, Withheld>> {
    let k = names.len();
    let refused = |why| vec![Err(why); k];
    if k > MOST_ATTRIBUTED {
        return refused(Withheld::TooManyComponents);
    }
    // Bit i of a subset says whether component i is in it.
    let members = |subset: u32| -> BTreeSet<&str> {
        (0..k).filter(|i| subset >> i & 1 == 1).map(|i| names[i]).collect()
    };
    let rows: Option<Vec<usize>> = (0..1_u32 << k).map(|s| subsets.row(&members(s))).collect();
    let Some(rows) = rows else { return refused(Withheld::NotPlanned) };
    let blocks = match measure.blocks(&rows) {
        Ok(blocks) => blocks,
        Err(why) => return refused(why),
    };
    let values = |scores: &Vec<f64>| -> Vec<f64> {
        let largest = scores.iter().fold(0.0_f64, |top, score| top.max(score.abs()));
        let values = shapley(k, &|subset| scores[subset as usize]).unwrap_or_default();
        values.into_iter().map(|phi| snapped(phi, largest)).collect()
    };
    let per_seed: Vec<Vec<f64>> = blocks.scores.iter().map(values).collect();
    let attribution = |component: usize| {
        let values: Vec<f64> =
            per_seed.iter().filter_map(|phis| phis.get(component).copied()).collect();
        let bootstrap = bootstrap::interval(&values, LEVEL, measure.rules.key);
        Ok(Attribution { effect: measure.effect_of(&blocks, values), bootstrap })
    };
    (0..k).map(attribution).collect()
}
