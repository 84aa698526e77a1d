//! Which classes are taken for which: the reference, and the best other condition.

use fireassay_spec::{Cards, Direction, Experiment};

use crate::results::{ConditionResult, Confusion};
use crate::scores::{Row, Scores};

/// Summed over the finished trials of a condition. Nothing where a trial recorded no counts.
pub(crate) fn confusions(
    scores: &Scores<'_>,
    conditions: &[ConditionResult],
    experiment: &Experiment,
    cards: &Cards,
) -> Vec<Confusion> {
    let best = best(conditions, experiment.analysis.direction);
    let shown = [Some(0), best].into_iter().flatten();
    shown.filter_map(|i| confusion(&scores.rows[i], cards)).collect()
}

/// The condition with the best mean besides the reference; the first of equals.
fn best(conditions: &[ConditionResult], direction: Direction) -> Option<usize> {
    let mut best: Option<(usize, f64)> = None;
    for (i, condition) in conditions.iter().enumerate().skip(1) {
        let Some(score) = condition.score else { continue };
        let favour = match direction {
            Direction::Higher => score.mean,
            Direction::Lower => -score.mean,
        };
        if best.is_none_or(|(_, known)| favour > known) {
            best = Some((i, favour));
        }
    }
    best.map(|(i, _)| i)
}

fn confusion(row: &Row<'_>, cards: &Cards) -> Option<Confusion> {
    let data = &row.condition.spec.data;
    let classes = data.class_names(cards.get(&data.dataset)?);
    let mut counts = vec![vec![0u64; classes.len()]; classes.len()];
    let mut n = 0;
    for cell in row.cells.iter().filter(|cell| cell.score.is_some()) {
        let summary = cell.record.and_then(|record| record.summary.as_ref());
        let Some(found) = summary.and_then(|summary| summary.confusion.as_ref()) else { continue };
        let fits = found.len() == classes.len() && found.iter().all(|r| r.len() == classes.len());
        if !fits {
            continue;
        }
        n += 1;
        for (sums, values) in counts.iter_mut().zip(found) {
            for (sum, value) in sums.iter_mut().zip(values) {
                *sum = sum.saturating_add(*value);
            }
        }
    }
    let condition = row.condition.name.clone();
    (n > 0).then_some(Confusion { condition, n, classes, counts })
}
