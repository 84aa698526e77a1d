//! `Blocks`: a matrix whose rows lie side by side in vectors.

use super::{LANES, Vector};

/// Vectors of a column in one block.
const STEPS: usize = 8;
/// Rows of a block. A constant of the results: other blocks split sums elsewhere.
pub(crate) const ROWS: usize = LANES * STEPS;

/// The rows of one block in one column.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column(pub(crate) [Vector; STEPS]);

impl Column {
    pub(crate) const ZERO: Self = Self([Vector::ZERO; STEPS]);

    pub(crate) fn get(&self, row: usize) -> f64 {
        self.0[row / LANES].0[row % LANES]
    }

    pub(crate) fn set(&mut self, row: usize, value: f64) {
        self.0[row / LANES].0[row % LANES] = value;
    }
}

/// A matrix of `rows` x `width`, filled up with rows of zeros.
#[derive(Clone, Debug)]
pub(crate) struct Blocks {
    rows: usize,
    width: usize,
    /// [blocks, width]
    columns: Vec<Column>,
}

impl Blocks {
    /// `value` gives the value of a row and a column.
    pub(crate) fn new(rows: usize, width: usize, value: impl Fn(usize, usize) -> f64) -> Self {
        let mut columns = vec![Column::ZERO; rows.div_ceil(ROWS) * width];
        for row in 0..rows {
            let block = &mut columns[row / ROWS * width..][..width];
            for (index, column) in block.iter_mut().enumerate() {
                column.set(row % ROWS, value(row, index));
            }
        }
        Self { rows, width, columns }
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// Each block with how many rows it has, from the top.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&[Column], usize)> {
        let blocks = self.columns.chunks(self.width.max(1));
        blocks.enumerate().map(|(index, block)| (block, ROWS.min(self.rows - index * ROWS)))
    }
}
