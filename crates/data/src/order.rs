//! `Order`: which rows make up which batch, as a pure function of seed and step.

use fireassay_spec::{Purpose, Stream};

/// The batches of a training run. The step is the whole cursor: any step may be asked for at any
/// time, so a resumed run needs nothing but its number.
#[derive(Clone, Debug)]
pub struct Order {
    train: Vec<u32>,
    batch_size: usize,
    seed: u64,
    epoch: u64,
    /// The train rows in the order of `epoch`.
    shuffled: Vec<u32>,
}

impl Order {
    /// `batch_size` counts as 1 below that, and as the number of rows above that.
    pub fn new(train: Vec<u32>, batch_size: usize, seed: u64) -> Self {
        let batch_size = batch_size.max(1).min(train.len());
        let mut order = Self { train, batch_size, seed, epoch: 0, shuffled: Vec::new() };
        order.shuffle(0);
        order
    }

    /// Whole batches in an epoch, at least one. Rows left over at the end of an epoch are
    /// dropped; the next epoch has another order.
    pub fn steps_per_epoch(&self) -> u64 {
        self.train.len().checked_div(self.batch_size).unwrap_or(1) as u64
    }

    /// The batch of a step, counted from 0 over all epochs.
    pub fn rows(&mut self, step: u64) -> &[u32] {
        let steps_per_epoch = self.steps_per_epoch();
        let epoch = step / steps_per_epoch;
        if epoch != self.epoch {
            self.shuffle(epoch);
        }
        let start = (step % steps_per_epoch) as usize * self.batch_size;
        &self.shuffled[start..start + self.batch_size]
    }

    fn shuffle(&mut self, epoch: u64) {
        let order = Stream::new(self.seed, Purpose::Order, 0, epoch).permutation(self.train.len());
        self.shuffled.clear();
        self.shuffled.extend(order.into_iter().map(|i| self.train[i as usize]));
        self.epoch = epoch;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(rows: &[u32]) -> Vec<u32> {
        let mut rows = rows.to_vec();
        rows.sort_unstable();
        rows
    }

    #[test]
    fn an_epoch_holds_every_row_once_and_drops_the_rest() {
        let train: Vec<u32> = (100..110).collect();
        let mut order = Order::new(train.clone(), 3, 7);
        assert_eq!(order.steps_per_epoch(), 3);
        let epochs: Vec<Vec<u32>> = [0, 1]
            .map(|epoch| (0..3).flat_map(|i| order.rows(epoch * 3 + i).to_vec()).collect())
            .to_vec();
        for epoch in &epochs {
            let mut rows = sorted(epoch);
            assert_eq!(rows.len(), 9);
            rows.dedup();
            assert_eq!(rows.len(), 9);
            assert!(rows.iter().all(|row| train.contains(row)));
        }
        assert_ne!(epochs[0], epochs[1]);
    }

    #[test]
    fn any_step_can_be_asked_for_at_any_time() {
        let mut order = Order::new((0..50).collect(), 8, 1);
        let straight: Vec<Vec<u32>> = (0..20).map(|step| order.rows(step).to_vec()).collect();
        for step in [19, 3, 11, 0, 12] {
            let mut resumed = Order::new((0..50).collect(), 8, 1);
            assert_eq!(resumed.rows(step), straight[step as usize]);
            assert_eq!(order.rows(step), straight[step as usize]);
        }
        assert_ne!(Order::new((0..50).collect(), 8, 2).rows(0), straight[0]);
    }

    #[test]
    fn the_order_follows_the_stream_of_its_epoch() {
        let mut order = Order::new(vec![5, 6, 7, 9], 2, 3);
        let expected = Stream::new(3, Purpose::Order, 0, 1).permutation(4);
        let expected: Vec<u32> = expected.iter().map(|&i| [5, 6, 7, 9][i as usize]).collect();
        assert_eq!([order.rows(2).to_vec(), order.rows(3).to_vec()].concat(), expected);
    }

    #[test]
    fn few_rows_make_one_batch() {
        for (batch_size, rows, steps) in [(64, 3, 1), (3, 3, 1), (0, 3, 3), (2, 3, 1), (4, 0, 1)] {
            let mut order = Order::new((0..rows).collect(), batch_size, 0);
            assert_eq!(order.steps_per_epoch(), steps, "{batch_size} of {rows}");
            let expected = batch_size.clamp(1, 64).min(rows as usize);
            assert_eq!(order.rows(5).len(), expected, "{batch_size} of {rows}");
        }
    }
}
