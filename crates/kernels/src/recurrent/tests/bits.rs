//! The same bits on every instruction set, for any number of threads and in every repetition.

use super::*;
use crate::testing::THREADS;

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for cell in CELLS {
        let case = Case::new(cell, [35, 5, 3, 19], Direction::Forward);
        let lengths: Vec<usize> = (0..35).map(|i| (i * 7 + 1) % 6).collect();
        cases.push(case.clone().with_lengths(&lengths));
        cases.push(case);
        cases.push(Case::new(cell, [17, 2, 20, 33], Direction::Reverse).plain());
    }
    cases
}

fn on_threads<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    pool.expect("a pool of threads").install(work)
}

#[test]
fn every_instruction_set_gives_the_same_bits() {
    for case in cases() {
        let expected = case.run(Isa::best()).bits();
        for isa in Isa::all() {
            assert!(case.run(isa).bits() == expected, "{} {:?}", isa.name(), case.cell);
        }
    }
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    for case in cases() {
        let expected = on_threads(1, || case.run(Isa::best()).bits());
        for threads in THREADS {
            let bits = on_threads(threads, || case.run(Isa::best()).bits());
            assert!(bits == expected, "{threads} threads, {:?}", case.cell);
        }
    }
}

#[test]
fn inference_gives_the_bits_of_training() {
    for case in cases() {
        let training = case.run(Isa::best());
        for threads in [1, 3] {
            let inference = on_threads(threads, || case.infer(Isa::best()));
            for (name, values) in &inference.0 {
                let same =
                    values.iter().zip(training.get(name)).all(|(a, b)| a.to_bits() == b.to_bits());
                assert!(same, "{name} of {:?}", case.cell);
            }
        }
    }
}

#[test]
fn all_lengths_at_their_most_give_the_bits_of_no_lengths() {
    for cell in CELLS {
        for direction in [Direction::Forward, Direction::Reverse] {
            let case = Case::new(cell, [10, 3, 2, 18], direction);
            let with_lengths = case.clone().with_lengths(&[3; 10]);
            assert!(case.run(Isa::best()).bits() == with_lengths.run(Isa::best()).bits());
        }
    }
}

#[test]
fn more_rows_than_one_partial_sum_give_the_same_bits_in_strips() {
    let case = Case::new(Cell::Gru, [17, 9, 2, 40], Direction::Forward);
    const { assert!(17 * 9 > SUMMED) };
    let expected = on_threads(1, || case.run(Isa::best()).bits());
    for threads in THREADS {
        assert!(on_threads(threads, || case.run(Isa::best()).bits()) == expected, "{threads}");
    }
}

#[test]
fn an_example_has_the_same_bits_in_any_batch() {
    for cell in CELLS {
        let batch = Case::new(cell, [13, 4, 3, 21], Direction::Forward);
        let all = batch.infer(Isa::best());
        for example in [0, 7, 12] {
            let mut alone = Case::new(cell, [1, 4, 3, 21], Direction::Forward);
            alone.input = batch.input[example * 12..][..12].to_vec();
            let initial = batch.initial.as_ref().expect("initial states");
            let of_example = |state: &Vec<f32>| state[example * 21..][..21].to_vec();
            alone.initial = Some(initial.each_ref().map(of_example));
            let all = &all.get("all")[example * 84..][..84];
            assert_eq!(alone.infer(Isa::best()).get("all"), all, "{cell:?}");
        }
    }
}
