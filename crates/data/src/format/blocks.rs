//! `Blocks`: numbers of an array from the file's order into the card's.

/// Puts numbers into the card's order: example by example where the file has one after the other,
/// all at once otherwise.
pub(super) struct Blocks<T> {
    jumps: Vec<(usize, usize)>,
    len: usize,
    waiting: Vec<T>,
}

impl<T: Copy> Blocks<T> {
    pub(super) fn new(mut jumps: Vec<(usize, usize)>) -> Self {
        let item: usize = jumps[1..].iter().map(|(len, _)| len).product();
        if jumps[0].1 == item {
            jumps.remove(0);
        }
        let len = jumps.iter().map(|(len, _)| len).product();
        Self { jumps, len, waiting: Vec::new() }
    }

    pub(super) fn add(&mut self, mut numbers: &[T], out: &mut Vec<T>) {
        while !numbers.is_empty() {
            let (now, later) = numbers.split_at(numbers.len().min(self.len - self.waiting.len()));
            self.waiting.extend_from_slice(now);
            numbers = later;
            if self.waiting.len() == self.len {
                out.extend(offsets(&self.jumps).map(|offset| self.waiting[offset]));
                self.waiting.clear();
            }
        }
    }
}

/// Where the numbers lie, one after the other.
fn offsets(jumps: &[(usize, usize)]) -> impl Iterator<Item = usize> {
    let total = jumps.iter().map(|(len, _)| len).product();
    let mut index = vec![0; jumps.len()];
    let mut offset = 0;
    (0..total).map(move |_| {
        let current = offset;
        for (i, &(len, step)) in index.iter_mut().zip(jumps).rev() {
            *i += 1;
            offset += step;
            if *i < len {
                break;
            }
            offset -= len * step;
            *i = 0;
        }
        current
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

        /// Three examples of `[2, 4]`, whose numbers stand in one of six orders: each dimension may
        /// be the fastest.
        #[test]
        fn however_the_numbers_arrive_they_come_to_the_same(
            order in Just([0, 1, 2]).prop_shuffle(),
            cuts in prop::collection::vec(0..24_usize, 0..6),
        ) {
            const DIMENSIONS: [usize; 3] = [3, 2, 4];
            let mut jumps = vec![(0, 0); 3];
            let mut step = 1;
            for dimension in order {
                jumps[dimension] = (DIMENSIONS[dimension], step);
                step *= DIMENSIONS[dimension];
            }
            let numbers: Vec<usize> = (0..24).collect();
            let mut expected = Vec::new();
            for example in 0..3 {
                for row in 0..2 {
                    expected.extend((0..4).map(|column| {
                        example * jumps[0].1 + row * jumps[1].1 + column * jumps[2].1
                    }));
                }
            }
            let mut cuts = [vec![0, 24], cuts].concat();
            cuts.sort_unstable();
            let (mut blocks, mut found) = (Blocks::new(jumps), Vec::new());
            for pair in cuts.array_windows::<2>() {
                blocks.add(&numbers[pair[0]..pair[1]], &mut found);
            }
            prop_assert_eq!(found, expected);
        }
    }
}
