//! Performance profiles: a line per method over all datasets.

use crate::design::Pooled;
use crate::draw::{measure, unit};
use crate::figure::{self, Figure, Profile, Profiles};
use crate::results::Results;

/// The share of each method's trials above each threshold, where scores are pooled.
pub(crate) fn profile(results: &Results) -> Option<Figure> {
    let across = results.design_analysis.across.as_ref()?;
    let others = across.methods.iter().map(|method| (method.name.as_str(), &method.pooled));
    let all = std::iter::once((results.reference().name.as_str(), &across.reference)).chain(others);
    let line = |(place, (name, pooled)): (usize, (&str, &Result<Pooled, _>))| {
        let pooled = pooled.as_ref().ok()?;
        let shares = pooled.profile.clone();
        Some(Profile { name: name.into(), place, n: pooled.n, shares })
    };
    let lines: Vec<Profile> = all.enumerate().filter_map(line).collect();
    let unit = unit(results);
    (lines.len() > 1).then(|| {
        figure::profile(&Profiles {
            measure: measure(results),
            datasets: across.datasets.len(),
            thresholds: across.thresholds.iter().map(|at| unit.scaled(*at)).collect(),
            lines,
        })
    })
}
