//! The learning rate as a pure function of the step.

use std::f64::consts::PI;

use fireassay_spec::{ScheduleShape, ScheduleSpec};

/// Learning rate of update `step` (counted from 0) of `budget`, for the top rate `lr`.
///
/// Warm-up: update i of w uses lr * (i + 1) / w. The shape starts after it, so a cosine reaches its
/// end with the last update of the budget.
pub fn learning_rate(spec: &ScheduleSpec, lr: f64, step: u64, budget: u64) -> f64 {
    let warmup = spec.warmup_steps as u64;
    if step < warmup {
        return lr * (step + 1) as f64 / warmup as f64;
    }
    let (step, budget) = (step - warmup, budget.saturating_sub(warmup));
    match &spec.shape {
        ScheduleShape::Constant => lr,
        ScheduleShape::Cosine { final_fraction } => {
            let progress = step as f64 / budget.saturating_sub(1).max(1) as f64;
            let cosine = f64::midpoint(1.0, (PI * progress.min(1.0)).cos());
            lr * (final_fraction + (1.0 - final_fraction) * cosine)
        }
        ScheduleShape::Step { every_steps, factor } => {
            let falls = step / (*every_steps).max(1) as u64;
            lr * factor.powi(i32::try_from(falls).unwrap_or(i32::MAX))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(shape: ScheduleShape, warmup_steps: usize, expected: &[f64]) {
        let spec = ScheduleSpec { shape, warmup_steps };
        let budget = expected.len() as u64;
        for (step, &expected) in (0..budget).zip(expected) {
            let lr = learning_rate(&spec, 0.8, step, budget);
            assert!((lr - expected).abs() < 1e-12, "{spec:?} step {step}: {lr} not {expected}");
        }
    }

    #[test]
    fn every_shape_with_and_without_warm_up() {
        check(ScheduleShape::Constant, 0, &[0.8; 4]);
        check(ScheduleShape::Constant, 4, &[0.2, 0.4, 0.6, 0.8, 0.8]);
        let halves = ScheduleShape::Step { every_steps: 2, factor: 0.5 };
        check(halves, 1, &[0.8, 0.8, 0.8, 0.4, 0.4, 0.2]);
        let cosine = ScheduleShape::Cosine { final_fraction: 0.0 };
        check(cosine, 0, &[0.8, 0.6, 0.2, 0.0]);
        let floor = ScheduleShape::Cosine { final_fraction: 0.5 };
        check(floor, 1, &[0.8, 0.8, 0.6, 0.4]);
    }

    #[test]
    fn a_budget_of_one_step_has_a_rate() {
        check(ScheduleShape::Cosine { final_fraction: 0.0 }, 0, &[0.8]);
    }
}
