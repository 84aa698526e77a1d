//! What linear heads make of a block of rows.

use super::{Column, Vector};

/// `out[c]` = `bias[c]` + the sum over columns of `weights[c, column]` x `block[column]`, added from
/// the first column to the last. To be called inside a kernel.
#[inline(always)]
pub(crate) fn forward(block: &[Column], weights: &[f64], bias: &[f64], out: &mut [Column]) {
    let width = block.len();
    assert!(weights.len() == width * bias.len() && bias.len() == out.len(), "invariant: lengths");
    let (quads, rest) = out.as_chunks_mut::<4>();
    let many = 4 * quads.len();
    for (index, quad) in quads.iter_mut().enumerate() {
        classes(block, &weights[4 * index * width..], &bias[4 * index..], quad);
    }
    for (index, one) in rest.iter_mut().enumerate() {
        let class = many + index;
        classes(block, &weights[class * width..], &bias[class..], std::array::from_mut(one));
    }
}

/// `C` classes, two vectors of rows at a time.
#[inline(always)]
fn classes<const C: usize>(block: &[Column], weights: &[f64], bias: &[f64], out: &mut [Column; C]) {
    let width = block.len();
    let mut rows = [weights; C];
    for class in 0..C {
        rows[class] = &weights[class * width..][..width];
    }
    for step in (0..out[0].0.len()).step_by(2) {
        let mut tile = [[Vector::ZERO; 2]; C];
        for class in 0..C {
            tile[class] = [Vector::splat(bias[class]); 2];
        }
        for (index, column) in block.iter().enumerate() {
            let (first, second) = (column.0[step], column.0[step + 1]);
            for class in 0..C {
                let weight = Vector::splat(rows[class][index]);
                let [one, other] = tile[class];
                tile[class] = [first.mul_add(weight, one), second.mul_add(weight, other)];
            }
        }
        for class in 0..C {
            [out[class].0[step], out[class].0[step + 1]] = tile[class];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Blocks, ROWS};
    use super::*;

    #[test]
    fn every_number_of_classes_gives_the_exact_sums() {
        let value = |row: usize, column: usize| (row * 3 + column * 5) as f64 % 7.0 - 3.0;
        for (classes, width) in [(1, 1), (2, 3), (4, 5), (5, 2), (9, 6)] {
            let weights: Vec<f64> = (0..classes * width).map(|at| at as f64 - 9.0).collect();
            let bias: Vec<f64> = (0..classes).map(|class| 0.5 * class as f64).collect();
            let blocks = Blocks::new(ROWS, width, value);
            let mut out = vec![Column::ZERO; classes];
            forward(blocks.iter().next().unwrap().0, &weights, &bias, &mut out);
            for (class, out) in out.iter().enumerate() {
                for row in 0..ROWS {
                    let terms = (0..width).map(|at| weights[class * width + at] * value(row, at));
                    assert_eq!(out.get(row), bias[class] + terms.sum::<f64>());
                }
            }
        }
    }
}
