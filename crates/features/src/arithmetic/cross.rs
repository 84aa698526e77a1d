//! Products of columns, summed over rows: Gram matrices, gradients, cross-covariances.

use fireassay_kernels::{Isa, Kernel, Lanes};

use super::{Blocks, Column, Vector};

/// Sums of the products of every column of one side with every column of the other.
#[derive(Clone, Debug)]
pub(crate) struct Cross {
    /// [columns of the first, columns of the second], each split over the lanes.
    sums: Vec<Vector>,
    width: usize,
}

impl Cross {
    /// All sums zero.
    pub(crate) fn new(first: usize, second: usize) -> Self {
        Self { sums: vec![Vector::ZERO; first * second], width: second }
    }

    /// All sums zero again.
    pub(crate) fn reset(&mut self) {
        self.sums.fill(Vector::ZERO);
    }

    /// Adds one block of both sides. To be called inside a kernel.
    #[inline(always)]
    pub(crate) fn add(&mut self, first: &[Column], second: &[Column]) {
        let (quads, rest) = first.as_chunks::<4>();
        let (many, few) = self.sums.split_at_mut(4 * quads.len() * self.width);
        for (quad, sums) in quads.iter().zip(many.chunks_exact_mut(4 * self.width)) {
            columns(quad, second, sums);
        }
        for (one, sums) in rest.iter().zip(few.chunks_exact_mut(self.width)) {
            columns(&[*one], second, sums);
        }
    }

    /// The sums, [first, second].
    pub(crate) fn totals(&self) -> Vec<f64> {
        self.sums.iter().map(|sum| sum.sum()).collect()
    }
}

/// The product of the transpose of `first` with `second`: [columns of first, columns of second].
pub(crate) fn cross(first: &Blocks, second: &Blocks) -> Vec<f64> {
    assert_eq!(first.rows(), second.rows(), "invariant: the same rows");
    Isa::best().run(Whole { first, second })
}

struct Whole<'a> {
    first: &'a Blocks,
    second: &'a Blocks,
}

impl Kernel for Whole<'_> {
    type Output = Vec<f64>;

    #[inline(always)]
    fn run<L: Lanes>(self, _: L) -> Vec<f64> {
        let mut cross = Cross::new(self.first.width(), self.second.width());
        for ((first, _), (second, _)) in self.first.iter().zip(self.second.iter()) {
            cross.add(first, second);
        }
        cross.totals()
    }
}

/// `A` columns of the first with all of the second, two at a time.
#[inline(always)]
fn columns<const A: usize>(first: &[Column; A], second: &[Column], sums: &mut [Vector]) {
    let width = second.len();
    let (pairs, rest) = second.as_chunks::<2>();
    for (index, pair) in pairs.iter().enumerate() {
        tile(first, pair, width, &mut sums[2 * index..]);
    }
    for one in rest {
        tile(first, &[*one], width, &mut sums[width - 1..]);
    }
}

#[inline(always)]
fn tile<const A: usize, const B: usize>(
    first: &[Column; A],
    second: &[Column; B],
    width: usize,
    sums: &mut [Vector],
) {
    let mut tile = [[Vector::ZERO; B]; A];
    for step in 0..first[0].0.len() {
        let (mut left, mut right) = ([Vector::ZERO; A], [Vector::ZERO; B]);
        (0..A).for_each(|index| left[index] = first[index].0[step]);
        (0..B).for_each(|index| right[index] = second[index].0[step]);
        for row in 0..A {
            for column in 0..B {
                tile[row][column] = left[row].mul_add(right[column], tile[row][column]);
            }
        }
    }
    for row in 0..A {
        for column in 0..B {
            let sum = &mut sums[row * width + column];
            *sum = sum.add(tile[row][column]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_gives_the_exact_sums() {
        // Small whole numbers: every order of their sums is exact.
        let value = |row: usize, column: usize| (row * 7 + column * 5) as f64 % 11.0 - 5.0;
        for rows in [0, 1, 8, 63, 64, 65, 130] {
            for (a, b) in [(1, 1), (3, 2), (4, 5), (5, 4), (9, 1), (1, 7)] {
                let second = |row, column| value(row + 3, column);
                let found = cross(&Blocks::new(rows, a, value), &Blocks::new(rows, b, second));
                let expected: Vec<f64> = (0..a * b)
                    .map(|at| (0..rows).map(|row| value(row, at / b) * second(row, at % b)).sum())
                    .collect();
                assert_eq!(found, expected, "{rows} rows, {a} x {b}");
            }
        }
    }

    #[test]
    fn every_instruction_set_gives_the_same_bits() {
        let value = |row: usize, column: usize| libm::sin((row * 31 + column * 17) as f64);
        let (first, second) = (Blocks::new(150, 9, value), Blocks::new(150, 5, value));
        let bits = |isa: Isa| {
            let sums = isa.run(Whole { first: &first, second: &second });
            sums.into_iter().map(f64::to_bits).collect::<Vec<_>>()
        };
        let all: Vec<_> = Isa::all().into_iter().map(bits).collect();
        assert!(all.windows(2).all(|pair| pair[0] == pair[1]));
    }
}
