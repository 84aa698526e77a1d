//! Whether `[base.optim]`, `[base.schedule]` and `[base.train]` make sense.

use super::{ABOVE_0, ABOVE_0_TO_1, FROM_0_BELOW_1, FROM_0_TO_1, NOT_NEGATIVE, Problems};
use crate::{
    Algorithm, Budget, ClipNorm, EarlyStopping, OptimSpec, ScheduleShape, ScheduleSpec, TrainSpec,
};

impl OptimSpec {
    pub(super) fn check(&self, found: &mut Problems) {
        found.number("optim.lr", self.lr, ABOVE_0);
        found.number("optim.weight-decay", self.weight_decay, NOT_NEGATIVE);
        match self.clip_norm {
            ClipNorm::Off => {}
            ClipNorm::Max(max) => found.number("optim.clip-norm.max", max, ABOVE_0),
        }
        match self.algorithm {
            Algorithm::Adam { beta1, beta2, epsilon } => {
                found.number("optim.algorithm.adam.beta1", beta1, FROM_0_BELOW_1);
                found.number("optim.algorithm.adam.beta2", beta2, FROM_0_BELOW_1);
                found.number("optim.algorithm.adam.epsilon", epsilon, ABOVE_0);
            }
            Algorithm::Sgd { momentum, nesterov } => {
                found.number("optim.algorithm.sgd.momentum", momentum, FROM_0_BELOW_1);
                if nesterov && momentum == 0.0 {
                    let message = "Nesterov's form needs a momentum above 0".to_owned();
                    let help = "momentum = 0.9, for example, or nesterov = false";
                    found.add_with_help("optim.algorithm.sgd.nesterov", message, help);
                }
            }
        }
    }
}

impl ScheduleSpec {
    pub(super) fn check(&self, budget: Budget, found: &mut Problems) {
        match self.shape {
            ScheduleShape::Constant => {}
            ScheduleShape::Cosine { final_fraction } => {
                found.number("schedule.shape.cosine.final-fraction", final_fraction, FROM_0_TO_1);
            }
            ScheduleShape::Step { every_steps, factor } => {
                found.count("schedule.shape.step.every-steps", every_steps, 1);
                found.number("schedule.shape.step.factor", factor, ABOVE_0_TO_1);
            }
        }
        match budget {
            Budget::Steps(steps) if steps > 0 && self.warmup_steps >= steps => {
                let message = format!("the warm-up never ends: the budget is {steps} steps");
                let help = "`schedule.warmup-steps` must be below `train.budget.steps`";
                found.add_with_help("schedule.warmup-steps", message, help);
            }
            // Steps per epoch depend on what the split leaves; the trainer knows.
            Budget::Steps(_) | Budget::Epochs(_) => {}
        }
    }
}

impl TrainSpec {
    pub(super) fn check(&self, has_batch_norm: bool, found: &mut Problems) {
        check_budget("train.budget", self.budget, found);
        check_budget("train.eval-every", self.eval_every, found);
        match self.early_stopping {
            EarlyStopping::Off => {}
            EarlyStopping::Patience(n) => found.count("train.early-stopping.patience", n, 1),
        }
        if has_batch_norm && self.batch_size == 1 {
            let message = "batch norm needs at least 2 examples per batch".to_owned();
            let help = "`train.batch-size` must be 2 or more with norm = \"batch\"";
            found.add_with_help("train.batch-size", message, help);
        } else {
            found.count("train.batch-size", self.batch_size, 1);
        }
    }
}

fn check_budget(key: &str, budget: Budget, found: &mut Problems) {
    let (unit, n) = match budget {
        Budget::Epochs(n) => ("epochs", n),
        Budget::Steps(n) => ("steps", n),
    };
    found.count(&format!("{key}.{unit}"), n, 1);
}
