//! `SequenceOrder`: which sequences make up which batch, as a pure function of seed and step.

use fireassay_spec::{Purpose, Stream, path_key};

use crate::Sequences;

/// Which sequences come together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bucketing {
    /// Whatever the shuffle says.
    Off,
    /// Of about the same length, so that little is padded: the rows are shuffled, each run of
    /// `batches` batches is sorted by length (the shortest first, those of one length as they
    /// were), and the batches are shuffled. The more batches to a run, the less padding, and the
    /// less chance in who meets whom.
    ByLength {
        /// Batches to a run; 0 counts as 1, which is as good as off.
        batches: usize,
    },
}

/// The batches of a training run. As with [`crate::Order`], the step is the whole cursor: any step
/// may be asked for at any time. Unlike there, the last rows of an epoch are a batch too, a smaller
/// one, so an epoch holds every row once.
#[derive(Clone, Debug)]
pub struct SequenceOrder {
    train: Vec<u32>,
    /// Steps of each of them.
    lengths: Vec<usize>,
    batch_size: usize,
    seed: u64,
    bucketing: Bucketing,
    epoch: u64,
    /// Places in `train`, in the order of `epoch`.
    shuffled: Vec<u32>,
    /// Which batch of `shuffled` comes when.
    batches: Vec<u32>,
    rows: Vec<u32>,
}

impl SequenceOrder {
    /// Over these rows of the dataset. `batch_size` counts as 1 below that.
    ///
    /// # Panics
    ///
    /// If a row is not below [`Sequences::len`].
    pub fn new(
        sequences: &Sequences,
        train: Vec<u32>,
        batch_size: usize,
        seed: u64,
        bucketing: Bucketing,
    ) -> Self {
        let lengths = train.iter().map(|&row| sequences.steps(row)).collect();
        Self::of_lengths(train, lengths, batch_size, seed, bucketing)
    }

    fn of_lengths(
        train: Vec<u32>,
        lengths: Vec<usize>,
        batch_size: usize,
        seed: u64,
        bucketing: Bucketing,
    ) -> Self {
        let (shuffled, batches, rows) = (Vec::new(), Vec::new(), Vec::new());
        let (batch_size, epoch) = (batch_size.max(1), 0);
        let mut order =
            Self { train, lengths, batch_size, seed, bucketing, epoch, shuffled, batches, rows };
        order.shuffle(0);
        order
    }

    /// Batches in an epoch, at least one.
    pub fn steps_per_epoch(&self) -> u64 {
        self.train.len().div_ceil(self.batch_size).max(1) as u64
    }

    /// The batch of a step, counted from 0 over all epochs.
    pub fn rows(&mut self, step: u64) -> &[u32] {
        let steps_per_epoch = self.steps_per_epoch();
        let epoch = step / steps_per_epoch;
        if epoch != self.epoch {
            self.shuffle(epoch);
        }
        let batch = self.batches.get((step % steps_per_epoch) as usize).copied().unwrap_or(0);
        let places = self.shuffled.chunks(self.batch_size).nth(batch as usize).unwrap_or_default();
        self.rows.clear();
        self.rows.extend(places.iter().map(|&place| self.train[place as usize]));
        &self.rows
    }

    fn shuffle(&mut self, epoch: u64) {
        let num_batches = self.steps_per_epoch() as usize;
        self.shuffled =
            Stream::new(self.seed, Purpose::Order, 0, epoch).permutation(self.train.len());
        self.batches = match self.bucketing {
            Bucketing::Off => (0..num_batches as u32).collect(),
            Bucketing::ByLength { batches } => {
                let run = self.batch_size.saturating_mul(batches.max(1));
                for places in self.shuffled.chunks_mut(run) {
                    places.sort_by_key(|&place| self.lengths[place as usize]);
                }
                let stream = Stream::new(self.seed, Purpose::Order, path_key("batches"), epoch);
                stream.permutation(num_batches)
            }
        };
        self.epoch = epoch;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Row `100 + i` has `lengths[i]` steps.
    fn order(
        lengths: &[usize],
        batch_size: usize,
        seed: u64,
        bucketing: Bucketing,
    ) -> SequenceOrder {
        let train = (100..).take(lengths.len()).collect();
        SequenceOrder::of_lengths(train, lengths.to_vec(), batch_size, seed, bucketing)
    }

    fn batches(order: &mut SequenceOrder, epoch: u64) -> Vec<Vec<u32>> {
        let steps = order.steps_per_epoch();
        (epoch * steps..(epoch + 1) * steps).map(|step| order.rows(step).to_vec()).collect()
    }

    fn padding(batches: &[Vec<u32>], lengths: &[usize]) -> usize {
        let length = |row: &u32| lengths[*row as usize - 100];
        let of_batch = |batch: &Vec<u32>| {
            let longest = batch.iter().map(length).max().unwrap();
            batch.iter().map(|row| longest - length(row)).sum::<usize>()
        };
        batches.iter().map(of_batch).sum()
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn an_epoch_holds_every_row_once_and_any_step_can_be_asked_for(
            lengths in prop::collection::vec(1usize..30, 1..40),
            (batch_size, run, seed) in (0usize..9, 0usize..5, any::<u64>()),
        ) {
            for bucketing in [Bucketing::Off, Bucketing::ByLength { batches: run }] {
                let mut straight = order(&lengths, batch_size, seed, bucketing);
                for epoch in 0..2 {
                    let batches = batches(&mut straight, epoch);
                    let short = batches.iter().filter(|batch| batch.len() < batch_size.max(1));
                    prop_assert!(short.count() <= 1);
                    let mut rows = batches.concat();
                    rows.sort_unstable();
                    prop_assert_eq!(rows, (100..).take(lengths.len()).collect::<Vec<u32>>());
                    let mut resumed = order(&lengths, batch_size, seed, bucketing);
                    let steps = batches.len() as u64;
                    for (index, batch) in batches.iter().enumerate().rev() {
                        prop_assert_eq!(resumed.rows(epoch * steps + index as u64), batch);
                    }
                }
            }
        }

        #[test]
        fn batches_of_a_run_do_not_overlap_in_length(
            lengths in prop::collection::vec(1usize..30, 1..40),
            seed in any::<u64>(),
        ) {
            let all = Bucketing::ByLength { batches: lengths.len() };
            let length = |row: &u32| lengths[*row as usize - 100];
            let mut bucketed = batches(&mut order(&lengths, 3, seed, all), 1);
            bucketed.sort_by_key(|batch| (batch.first().map(length), batch.last().map(length)));
            prop_assert!(bucketed.concat().iter().map(length).is_sorted());
            let shuffled = batches(&mut order(&lengths, 3, seed, Bucketing::Off), 1);
            let one = Bucketing::ByLength { batches: 1 };
            let alone = batches(&mut order(&lengths, 3, seed, one), 1);
            prop_assert_eq!(padding(&alone, &lengths), padding(&shuffled, &lengths));
        }
    }

    #[test]
    fn bucketing_pads_less_and_still_shuffles() {
        let lengths: Vec<usize> = (0..200).map(|i| 1 + i * 7 % 50).collect();
        let bucketing = Bucketing::ByLength { batches: 10 };
        let mut bucketed = order(&lengths, 5, 1, bucketing);
        let [first, second] = [0, 1].map(|epoch| batches(&mut bucketed, epoch));
        assert_ne!(first, second);
        assert_ne!(first, batches(&mut order(&lengths, 5, 2, bucketing), 0));
        let shuffled = batches(&mut order(&lengths, 5, 1, Bucketing::Off), 0);
        assert!(padding(&first, &lengths) * 5 < padding(&shuffled, &lengths));
        // The short batches are not all at the start.
        let steps = |batch: &Vec<u32>| lengths[batch[0] as usize - 100];
        let firsts: Vec<usize> = first.iter().map(steps).collect();
        assert!(!firsts.is_sorted());
    }

    #[test]
    fn unbucketed_rows_come_as_those_of_other_datasets() {
        let mut plain = crate::Order::new((100..112).collect(), 4, 9);
        let mut order = order(&[1; 12], 4, 9, Bucketing::Off);
        assert!((0..6).all(|step| order.rows(step) == plain.rows(step)));
    }

    #[test]
    fn without_rows_there_is_one_empty_batch() {
        let mut order = order(&[], 4, 0, Bucketing::ByLength { batches: 3 });
        assert_eq!((order.steps_per_epoch(), order.rows(7)), (1, &[][..]));
    }
}
