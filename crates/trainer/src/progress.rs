//! What the loop remembers between steps, besides weights and optimizer: it goes into each
//! checkpoint whole.

use fireassay_spec::{EarlyStopping, Select, TrainSpec};
use serde::{Deserialize, Serialize};

/// Counters of a trial. Floats are kept as bits: JSON text must not decide a result.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// Updates made; the loader's cursor and the clock of every random stream.
    pub step: u64,
    /// Lowest `val` loss so far (f64 bits) and its step.
    pub best: Option<Best>,
    /// Evaluations since then.
    pub stale: u64,
    /// Early stopping has ended the training.
    pub stopped: bool,
    /// Sum of training losses since the last logged one (f64 bits).
    pub loss_sum: u64,
    /// Steps in that sum.
    pub loss_count: u64,
    /// Length of `events.jsonl` in bytes.
    pub event_bytes: u64,
}

/// The best evaluation so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Best {
    /// f64 bits of the `val` loss.
    pub loss: u64,
    /// Updates made then.
    pub step: u64,
}

impl Progress {
    /// Adds a training loss to the running mean.
    pub fn add_loss(&mut self, loss: f64) {
        self.loss_sum = (f64::from_bits(self.loss_sum) + loss).to_bits();
        self.loss_count += 1;
    }

    /// The mean training loss since the last call.
    pub fn take_mean_loss(&mut self) -> f64 {
        let mean = f64::from_bits(self.loss_sum) / self.loss_count as f64;
        (self.loss_sum, self.loss_count) = (0, 0);
        mean
    }

    /// Takes note of an evaluation on `val`; true if the weights are the best so far. An equal
    /// loss is not better.
    pub fn note_val_loss(&mut self, loss: f64, spec: &TrainSpec) -> bool {
        let better = self.best.is_none_or(|best| loss < f64::from_bits(best.loss));
        if better {
            self.best = Some(Best { loss: loss.to_bits(), step: self.step });
            self.stale = 0;
        } else {
            self.stale += 1;
        }
        self.stopped = match spec.early_stopping {
            EarlyStopping::Off => false,
            EarlyStopping::Patience(patience) => self.stale >= patience as u64,
        };
        better && spec.select == Select::BestVal
    }
}

#[cfg(test)]
mod tests {
    use fireassay_spec::{Budget, Loss};

    use super::*;

    fn check(losses: &[f64], patience: usize, best_step: u64, stops_at: Option<u64>) {
        let spec = TrainSpec {
            budget: Budget::Steps(100),
            batch_size: 1,
            loss: Loss::CrossEntropy,
            eval_every: Budget::Steps(1),
            early_stopping: EarlyStopping::Patience(patience),
            select: Select::BestVal,
        };
        let mut progress = Progress::default();
        for &loss in losses {
            progress.step += 1;
            progress.note_val_loss(loss, &spec);
            if progress.stopped {
                break;
            }
        }
        assert_eq!(progress.best.map(|best| best.step), Some(best_step));
        assert_eq!(progress.stopped.then_some(progress.step), stops_at);
    }

    #[test]
    fn early_stopping_counts_evaluations_without_a_lower_loss() {
        check(&[3.0, 2.0, 2.5, 2.5, 1.0], 2, 2, Some(4));
        check(&[3.0, 2.0, 2.5, 1.0, 1.5], 2, 4, None);
        check(&[1.0, 1.0], 1, 1, Some(2));
    }

    #[test]
    fn the_mean_loss_starts_anew_after_each_reading() {
        let mut progress = Progress::default();
        progress.add_loss(1.0);
        progress.add_loss(2.0);
        assert_eq!(progress.take_mean_loss(), 1.5);
        progress.add_loss(5.0);
        assert_eq!(progress.take_mean_loss(), 5.0);
    }
}
