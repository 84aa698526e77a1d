//! Sliding sums against plain ones.

use super::*;
use crate::testing::numbers;
use crate::{Isa, Kernel};

const P: usize = 4;
const K: usize = 3;

struct Outputs<'a>(&'a [f32], usize, Slide, &'a [[f32; LANES]]);

impl Kernel for Outputs<'_> {
    type Output = [[[f32; LANES]; 2]; P];

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) -> Self::Output {
        let mut sums = [[lanes.splat(0.5); 2]; P];
        outputs::<L, P, 2, K>(lanes, &mut sums, (self.0, self.1), self.2, self.3);
        sums.map(|sums| sums.map(Vector::to_array))
    }
}

struct Weights<'a>(&'a [f32], [usize; 2], Slide, &'a [[f32; LANES]]);

impl Kernel for Weights<'_> {
    type Output = [[[f32; LANES]; K]; 2];

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) -> Self::Output {
        let mut sums = [[lanes.splat(0.5); K]; 2];
        weights(lanes, &mut sums, (self.0, self.1), self.2, self.3);
        sums.map(|sums| sums.map(Vector::to_array))
    }
}

#[test]
fn an_output_is_one_chain_over_row_term_and_column() {
    let slide = Slide { rows: 2, row: 23, terms: 2, pixel: 3, blocks: 2 };
    let x = numbers(60, 1);
    let columns = numbers(2 * 2 * K * 2 * LANES, 2);
    let (columns, _) = columns.as_chunks();
    let mut expected = [[[0.5f32; LANES]; 2]; P];
    for (p, sums) in expected.iter_mut().enumerate() {
        for (i, column) in columns.iter().enumerate() {
            let (i, block) = (i / 2, i % 2);
            let (row, term, k) = (i / K / slide.terms, i / K % slide.terms, i % K);
            let x = x[1 + row * slide.row + term + (p + k) * slide.pixel];
            for (sum, &column) in sums[block].iter_mut().zip(column) {
                *sum = x.mul_add(column, *sum);
            }
        }
    }
    for isa in Isa::all() {
        assert_eq!(isa.run(Outputs(&x, 1, slide, columns)), expected, "{}", isa.name());
    }
}

#[test]
fn a_weight_is_one_chain_over_row_and_pixel_in_rows_of_any_length() {
    for terms in [1, 2, 3, 7] {
        let slide = Slide { rows: 2, row: 20, terms, pixel: 2, blocks: 1 };
        let x = numbers(60, 1);
        let grads = numbers(2 * terms * LANES, 2);
        let (grads, _) = grads.as_chunks();
        let at = [0, 5];
        let mut expected = [[[0.5f32; LANES]; K]; 2];
        for (s, sums) in expected.iter_mut().enumerate() {
            for (k, sums) in sums.iter_mut().enumerate() {
                for (i, grads) in grads.iter().enumerate() {
                    let (row, p) = (i / terms, i % terms);
                    let x = x[at[s] + row * slide.row + (p + k) * slide.pixel];
                    for (sum, &grad) in sums.iter_mut().zip(grads) {
                        *sum = x.mul_add(grad, *sum);
                    }
                }
            }
        }
        for isa in Isa::all() {
            let actual = isa.run(Weights(&x, at, slide, grads));
            assert_eq!(actual, expected, "{} {terms}", isa.name());
        }
    }
}

#[test]
fn a_factor_outside_of_its_array_is_refused() {
    let (x, lanes) = ([0.0; 20], [[0.0; LANES]; 24]);
    let refused =
        |run: &(dyn Fn() + std::panic::RefUnwindSafe)| std::panic::catch_unwind(run).is_err();
    let isa = Isa::best();
    let outputs = |x: &[f32], slide, columns: &[[f32; LANES]]| {
        isa.run(Outputs(x, 0, slide, columns));
    };
    let weights = |x: &[f32], slide, grads: &[[f32; LANES]]| {
        isa.run(Weights(x, [0, 1], slide, grads));
    };
    // Six pixels of two values in each of two rows: the last one ends at 8 + 10 + 2.
    let slide = Slide { rows: 2, row: 8, terms: 2, pixel: 2, blocks: 2 };
    assert!(!refused(&|| outputs(&x, slide, &lanes)));
    assert!(refused(&|| outputs(&x[..19], slide, &lanes)));
    assert!(refused(&|| outputs(&x, slide, &lanes[..23])));
    assert!(refused(&|| outputs(&x, Slide { row: usize::MAX, ..slide }, &lanes)));
    assert!(!refused(&|| outputs(&[], Slide { rows: 0, ..slide }, &[])));
    // Six pixels again, four and two more columns. The second one begins at 1.
    let slide = Slide { rows: 2, row: 8, terms: 4, pixel: 2, blocks: 1 };
    assert!(!refused(&|| weights(&x, slide, &lanes[..8])));
    assert!(refused(&|| weights(&x[..19], slide, &lanes[..8])));
    assert!(refused(&|| weights(&x, slide, &lanes[..7])));
    assert!(refused(&|| weights(&x, Slide { pixel: usize::MAX, ..slide }, &lanes)));
    assert!(!refused(&|| weights(&[], Slide { rows: 0, ..slide }, &[])));
}
