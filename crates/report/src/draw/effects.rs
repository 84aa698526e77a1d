//! Effects: every contrast with its interval and every seed.

use crate::draw::{measure, scores, unit};
use crate::figure::{self, EffectRow, Figure, Measure};
use crate::legend::interval_name;
use crate::results::{Contrast, Results};

/// Every seed's difference, mean, interval and verdict of each contrast.
pub(crate) fn effects(results: &Results) -> Option<Figure> {
    let unit = unit(results);
    let row = |contrast: &Contrast| {
        let effect = contrast.effect.as_ref()?;
        let interval = effect.interval.filter(|_| effect.is_shown());
        Some(EffectRow {
            name: contrast.condition.clone(),
            verdict: contrast.verdict.word().into(),
            differences: scores(&effect.seeds, &effect.differences, unit),
            interval: interval.map(|i| (unit.scaled(i.low), unit.scaled(i.high))),
        })
    };
    let rows: Vec<EffectRow> = results.contrasts.iter().filter_map(row).collect();
    (!rows.is_empty()).then(|| {
        figure::effects(&figure::Effects {
            measure: Measure { unit: unit.difference.into(), ..measure(results) },
            reference: results.reference().name.clone(),
            interval: interval_name(results.analysis.interval).into(),
            rope: results.analysis.rope.map(|rope| unit.scaled(rope)),
            rows,
        })
    })
}
