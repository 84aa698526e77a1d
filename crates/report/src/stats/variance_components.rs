//! Where the variation comes from: components of variance of crossed random streams.
//!
//! Method of moments: mean squares of the analysis of variance are set equal to their
//! expectations in the model where every stream and every interaction of streams is random
//! (Searle, Casella & McCulloch 1992, chapter 4).

use std::collections::BTreeSet;

use crate::stats::describe::{all_equal, mean};

/// Fewer levels do not tell a variance.
pub const FEWEST_LEVELS: usize = 3;

/// One source of variation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Component {
    /// In squared units of the values, never negative.
    pub variance: f64,
    /// The estimate was below 0 and is shown as 0: the source is too small for this design.
    pub negative: bool,
    /// Of the sum of all components that could be estimated; none if nothing varies at all.
    pub share: Option<f64>,
}

/// What [`components`] found.
#[derive(Clone, Debug, PartialEq)]
pub struct Components {
    /// One per stream, in the order given; none if it has fewer than [`FEWEST_LEVELS`] levels.
    /// The variation of such a stream is in no other component either.
    pub streams: Vec<Option<Component>>,
    /// Everything that no stream explains alone: their interactions and the rest.
    pub residual: Component,
}

/// Components of `[n]` values, the i-th of which was made with level `levels[i][s]` of stream s.
///
/// None unless two or more streams vary and each combination of their levels is there exactly
/// once, with finite values.
pub fn components(levels: &[Vec<usize>], values: &[f64]) -> Option<Components> {
    let table = Table::new(levels, values)?;
    let streams = table.sizes.len();
    let varying: Vec<usize> = (0..streams).filter(|s| table.sizes[*s] > 1).collect();
    let all: usize = varying.iter().map(|s| 1 << s).sum();
    let estimate = |set: usize| table.component(set, all);
    let raw: Vec<Option<f64>> =
        (0..streams).map(|s| (table.sizes[s] >= FEWEST_LEVELS).then(|| estimate(1 << s))).collect();
    let interactions = subsets(all).filter(|set| set.count_ones() >= 2);
    let residual: f64 = interactions.map(estimate).sum();
    let total: f64 = raw.iter().flatten().chain([&residual]).map(|v| v.max(0.0)).sum();
    let component = |estimate: f64| {
        let variance = estimate.max(0.0);
        let share = (total > 0.0).then(|| variance / total);
        Component { variance, negative: estimate < 0.0, share }
    };
    Some(Components {
        streams: raw.into_iter().map(|estimate| estimate.map(component)).collect(),
        residual: component(residual),
    })
}

/// A complete crossing: one value per combination of levels.
struct Table {
    /// Levels of each stream as 0..size.
    places: Vec<Vec<usize>>,
    /// How many levels each stream has.
    sizes: Vec<usize>,
    /// Around their mean; all 0 if only rounding parts them.
    centred: Vec<f64>,
}

impl Table {
    fn new(levels: &[Vec<usize>], values: &[f64]) -> Option<Self> {
        let centre = mean(values)?;
        let streams = levels.first()?.len();
        let even = levels.iter().all(|row| row.len() == streams);
        if !even || levels.len() != values.len() || !values.iter().all(|v| v.is_finite()) {
            return None;
        }
        let names: Vec<Vec<usize>> = (0..streams)
            .map(|s| {
                let distinct: BTreeSet<usize> = levels.iter().map(|row| row[s]).collect();
                distinct.into_iter().collect()
            })
            .collect();
        let sizes: Vec<usize> = names.iter().map(Vec::len).collect();
        let cells = sizes.iter().try_fold(1_usize, |cells, size| cells.checked_mul(*size))?;
        let different: BTreeSet<&Vec<usize>> = levels.iter().collect();
        let crossed = cells == values.len() && different.len() == values.len();
        if !crossed || sizes.iter().filter(|size| **size > 1).count() < 2 {
            return None;
        }
        let place = |s: usize, level: usize| names[s].partition_point(|name| *name < level);
        let places = levels.iter().map(|row| (0..streams).map(|s| place(s, row[s])).collect());
        let flat = all_equal(values);
        let centred = values.iter().map(|v| if flat { 0.0 } else { v - centre });
        Some(Self { places: places.collect(), centred: centred.collect(), sizes })
    }

    /// Estimated variance of the interaction of a set of streams; of one stream alone, its own.
    ///
    /// The expected mean square of a set is the sum of the components of all sets that contain
    /// it, each times the number of values per combination of its levels. Inclusion and exclusion
    /// leave the one of the set itself.
    fn component(&self, set: usize, all: usize) -> f64 {
        let others = subsets(all & !set);
        let sum: f64 = others.map(|more| sign(more) * self.mean_square(set | more)).sum();
        sum * self.cells(set) as f64 / self.centred.len() as f64
    }

    fn mean_square(&self, set: usize) -> f64 {
        let squares: f64 =
            subsets(set).map(|part| sign(set & !part) * self.squared_means(part)).sum();
        let freedom: usize = self.members(set).map(|s| self.sizes[s] - 1).product();
        squares / freedom as f64
    }

    /// Σ over values of the square of the mean of all values that share its levels in the set.
    fn squared_means(&self, set: usize) -> f64 {
        let mut sums = vec![0.0; self.cells(set)];
        for (places, value) in self.places.iter().zip(&self.centred) {
            let cell = self.members(set).fold(0, |cell, s| cell * self.sizes[s] + places[s]);
            sums[cell] += value;
        }
        let each = (self.centred.len() / sums.len()) as f64;
        sums.iter().map(|sum| sum * sum / each).sum()
    }

    /// How many combinations of levels the streams of a set have.
    fn cells(&self, set: usize) -> usize {
        self.members(set).map(|s| self.sizes[s]).product()
    }

    fn members(&self, set: usize) -> impl Iterator<Item = usize> {
        (0..self.sizes.len()).filter(move |s| set >> s & 1 == 1)
    }
}

/// Every set inside a set, itself and the empty one included; a set is one bit per stream.
fn subsets(set: usize) -> impl Iterator<Item = usize> {
    (0..=set).filter(move |part| part & !set == 0)
}

/// +1 for an even number of streams, -1 for an odd one.
fn sign(set: usize) -> f64 {
    if set.count_ones().is_multiple_of(2) { 1.0 } else { -1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The crossing of streams with these many levels, in row order.
    fn crossing(sizes: &[usize]) -> Vec<Vec<usize>> {
        let mut rows = vec![Vec::new()];
        for size in sizes {
            let longer = |row: &Vec<usize>| {
                let row = row.clone();
                (0..*size).map(move |level| [row.clone(), vec![level]].concat())
            };
            rows = rows.iter().flat_map(longer).collect();
        }
        rows
    }

    fn near(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-12, "{found} against {expected}");
    }

    #[test]
    fn two_streams_worked_by_hand() {
        // Rows 1 2 6 / 3 4 8 / 2 6 10: means of rows 3, 5, 6, of columns 2, 4, 8, of all 14 / 3.
        // SS rows 14, columns 56, rest 4; MS 7, 28, 1.
        let found = components(&crossing(&[3, 3]), &[1.0, 2.0, 6.0, 3.0, 4.0, 8.0, 2.0, 6.0, 10.0])
            .unwrap();
        let variances: Vec<f64> = found.streams.iter().map(|s| s.unwrap().variance).collect();
        near(variances[0], (7.0 - 1.0) / 3.0);
        near(variances[1], (28.0 - 1.0) / 3.0);
        near(found.residual.variance, 1.0);
        near(found.streams[1].unwrap().share.unwrap(), 9.0 / 12.0);
        assert!(!found.residual.negative);
    }

    #[test]
    fn a_stream_without_influence_is_nought_and_marked() {
        // Rows differ less than their interaction with columns lets them.
        let values = [0.0, 1.0, 2.0, 1.0, 2.0, 0.0, 2.0, 0.0, 1.0];
        let found = components(&crossing(&[3, 3]), &values).unwrap();
        let rows = found.streams[0].unwrap();
        assert_eq!((rows.variance, rows.negative, rows.share), (0.0, true, Some(0.0)));
        near(found.residual.share.unwrap(), 1.0);
    }

    #[test]
    fn two_levels_are_not_estimable_and_enter_nothing() {
        let levels = crossing(&[2, 3]);
        let value = |shift: f64| -> Vec<f64> {
            let noise = [0.1, -0.2, 0.3, 0.0, 0.2, -0.1];
            let row =
                |(row, noise): (&Vec<usize>, f64)| row[0] as f64 * shift + row[1] as f64 + noise;
            levels.iter().zip(noise).map(row).collect()
        };
        let (near_by, apart) =
            (components(&levels, &value(0.0)), components(&levels, &value(50.0)));
        let (near_by, apart) = (near_by.unwrap(), apart.unwrap());
        assert_eq!(near_by.streams[0], None);
        near(near_by.streams[1].unwrap().share.unwrap(), apart.streams[1].unwrap().share.unwrap());
        near(near_by.residual.variance, apart.residual.variance);
    }

    #[test]
    fn an_interaction_of_two_of_three_streams_is_not_taken_for_a_stream() {
        // a·b of levels -1, 0, 1 has no effect of a, b or c alone; it is all residual.
        let levels = crossing(&[3, 3, 3]);
        let value = |row: &Vec<usize>| (row[0] as f64 - 1.0) * (row[1] as f64 - 1.0);
        let found = components(&levels, &levels.iter().map(value).collect::<Vec<_>>()).unwrap();
        assert!(found.streams.iter().all(|s| s.unwrap().variance.abs() < 1e-15), "{found:?}");
        near(found.residual.share.unwrap(), 1.0);
    }

    #[test]
    fn a_stream_that_does_not_vary_leaves_the_others_as_they_are() {
        let values = [1.0, 2.0, 6.0, 3.0, 4.0, 8.0, 2.0, 6.0, 10.0];
        let two = components(&crossing(&[3, 3]), &values).unwrap();
        let three = components(&crossing(&[3, 1, 3]), &values).unwrap();
        assert_eq!(three.streams, [two.streams[0], None, two.streams[1]]);
        assert_eq!(three.residual, two.residual);
    }

    #[test]
    fn equal_values_have_no_shares() {
        let found = components(&crossing(&[3, 3]), &[0.1 + 0.2; 9]).unwrap();
        let nothing = Component { variance: 0.0, negative: false, share: None };
        assert_eq!(found, Components { streams: vec![Some(nothing); 2], residual: nothing });
    }

    #[test]
    fn what_is_not_a_crossing_is_refused() {
        let values: Vec<f64> = (0..9).map(f64::from).collect();
        let levels = crossing(&[3, 3]);
        assert_eq!(components(&levels[..8], &values[..8]), None, "a missing cell");
        let mut twice = levels.clone();
        twice[1] = twice[0].clone();
        assert_eq!(components(&twice, &values), None, "a cell twice, another missing");
        assert_eq!(components(&levels, &values[..8]), None, "too few values");
        assert_eq!(components(&crossing(&[9]), &values), None, "one stream");
        assert_eq!(components(&crossing(&[9, 1]), &values), None, "one stream that varies");
        assert_eq!(components(&[], &[]), None);
        let mut spoiled = values.clone();
        spoiled[4] = f64::NAN;
        assert_eq!(components(&levels, &spoiled), None);
    }
}
