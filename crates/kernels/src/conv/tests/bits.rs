//! The same bits on every instruction set and for every number of threads.

use super::*;
use crate::testing::{assert_same_bits, on_every_machine};

#[test]
fn bits_depend_neither_on_instructions_nor_on_threads_nor_on_repetition() {
    for case in cases() {
        let data = Data::of(&case);
        let all = |isa| run(isa, &case, &data).all().map(|(_, values)| values.to_vec()).concat();
        assert_same_bits(&on_every_machine(all));
    }
}

/// An image on its own and the same image among others: the same output without a norm.
#[test]
fn an_image_does_not_depend_on_its_neighbours() {
    let mut case = cases()[9];
    let data = Data::of(&case);
    let all = run(Isa::best(), &case, &data);
    case.block.conv.images = 1;
    let mut alone = data.clone();
    alone.x.truncate(case.block.conv.input_len());
    alone.grad.truncate(case.block.output_len());
    let alone = run(Isa::best(), &case, &alone);
    assert_eq!(alone.y, all.y[..alone.y.len()]);
    assert_eq!(alone.x, all.x[..alone.x.len()]);
}
