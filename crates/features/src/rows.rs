//! `Rows` and `Examples`: features in memory, all of them or some.

use crate::FeatureError;
use crate::arithmetic::Blocks;

/// Rows of a matrix of features, [n, width], all finite. A row is named by its number in the whole
/// matrix, also where only some are meant.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a> {
    values: &'a [f32],
    width: usize,
    only: Option<&'a [u32]>,
}

impl<'a> Rows<'a> {
    /// All rows of `values`. An error unless they are finite and fill rows of `width`.
    pub fn new(values: &'a [f32], width: usize) -> Result<Self, FeatureError> {
        if width == 0 || !values.len().is_multiple_of(width) {
            return Err(FeatureError::Width { values: values.len(), width });
        }
        if let Some(at) = values.iter().position(|value| !value.is_finite()) {
            let (row, column) = (at / width, at % width);
            return Err(FeatureError::NotFinite { row, column, value: values[at] });
        }
        Ok(Self { values, width, only: None })
    }

    /// These rows of the whole matrix, in this order; a row may come more than once.
    pub fn only(&self, rows: &'a [u32]) -> Result<Self, FeatureError> {
        let total = self.total();
        match rows.iter().find(|&&row| row as usize >= total) {
            Some(&row) => Err(FeatureError::NoRow { row, rows: total }),
            None => Ok(Self { only: Some(rows), ..*self }),
        }
    }

    /// How many rows are meant.
    pub fn len(&self) -> usize {
        self.only.map_or(self.total(), <[u32]>::len)
    }

    /// Whether no row is meant.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Features of a row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The features of the `index`th row that is meant.
    pub fn row(&self, index: usize) -> &'a [f32] {
        &self.values[self.number(index) * self.width..][..self.width]
    }

    /// Rows of the whole matrix.
    pub(crate) fn total(&self) -> usize {
        self.values.len() / self.width
    }

    /// The number of the `index`th row in the whole matrix.
    pub(crate) fn number(&self, index: usize) -> usize {
        self.only.map_or(index, |rows| rows[index] as usize)
    }

    /// In f64, as they are.
    pub(crate) fn blocks(&self) -> Blocks {
        Blocks::new(self.len(), self.width, |row, column| f64::from(self.row(row)[column]))
    }

    pub(crate) fn at_least(&self, what: &'static str, needed: usize) -> Result<(), FeatureError> {
        match self.len() {
            found if found < needed => Err(FeatureError::TooFew { what, needed, found }),
            _ => Ok(()),
        }
    }

    pub(crate) fn has_width(&self, expected: usize) -> Result<(), FeatureError> {
        match self.width {
            found if found == expected => Ok(()),
            found => Err(FeatureError::Sizes { what: "features of a row", found, expected }),
        }
    }
}

/// Rows of features, each with the class that it is of.
#[derive(Clone, Copy, Debug)]
pub struct Examples<'a> {
    rows: Rows<'a>,
    labels: &'a [u32],
    num_classes: usize,
}

impl<'a> Examples<'a> {
    /// `labels` has one for each row of the whole matrix, also if `rows` means only some of them.
    /// An error unless each is below `num_classes`.
    pub fn new(
        rows: Rows<'a>,
        labels: &'a [u32],
        num_classes: usize,
    ) -> Result<Self, FeatureError> {
        if labels.len() != rows.total() {
            return Err(FeatureError::Labels { labels: labels.len(), rows: rows.total() });
        }
        if let Some(row) = labels.iter().position(|&label| label as usize >= num_classes) {
            return Err(FeatureError::Label { row, label: labels[row], classes: num_classes });
        }
        Ok(Self { rows, labels, num_classes })
    }

    /// These rows of the whole matrix, in this order.
    pub fn only(&self, rows: &'a [u32]) -> Result<Self, FeatureError> {
        Ok(Self { rows: self.rows.only(rows)?, ..*self })
    }

    /// The features.
    pub fn rows(&self) -> Rows<'a> {
        self.rows
    }

    /// How many examples are meant.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether none is meant.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// How many classes there are, with and without examples.
    pub fn num_classes(&self) -> usize {
        self.num_classes
    }

    /// The class of the `index`th example that is meant.
    pub fn label(&self, index: usize) -> usize {
        self.labels[self.rows.number(index)] as usize
    }

    /// How many examples each class has.
    pub(crate) fn counts(&self) -> Vec<usize> {
        let mut counts = vec![0; self.num_classes];
        (0..self.len()).for_each(|index| counts[self.label(index)] += 1);
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_matrix_of_finite_values_is_refused() {
        let check = |values: &[f32], width, expected: FeatureError| {
            assert_eq!(Rows::new(values, width).map(|_| ()), Err(expected));
        };
        check(&[1.0; 5], 2, FeatureError::Width { values: 5, width: 2 });
        check(&[], 0, FeatureError::Width { values: 0, width: 0 });
        let value = f32::INFINITY;
        check(&[0.0, 0.0, 0.0, value], 2, FeatureError::NotFinite { row: 1, column: 1, value });
    }

    #[test]
    fn rows_and_labels_keep_their_numbers() {
        let values: Vec<f32> = (0..6).map(|value| value as f32).collect();
        let rows = Rows::new(&values, 2).unwrap();
        assert_eq!(rows.only(&[3]).map(|_| ()), Err(FeatureError::NoRow { row: 3, rows: 3 }));
        let examples = Examples::new(rows, &[5, 6, 7], 8).unwrap().only(&[2, 0]).unwrap();
        assert_eq!((examples.label(0), examples.label(1), examples.len()), (7, 5, 2));
        assert_eq!(examples.rows().row(0), [4.0, 5.0]);
        // A second choice is again of the whole matrix.
        assert_eq!(examples.only(&[1]).unwrap().label(0), 6);
        let error = Examples::new(rows, &[0, 1], 2).map(|_| ());
        assert_eq!(error, Err(FeatureError::Labels { labels: 2, rows: 3 }));
        let error = Examples::new(rows, &[0, 2, 0], 2).map(|_| ());
        assert_eq!(error, Err(FeatureError::Label { row: 1, label: 2, classes: 2 }));
    }
}
