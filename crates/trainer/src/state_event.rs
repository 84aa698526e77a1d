//! Digests of a trial's state on its way, by which two runs that part can be told where they did.

use std::collections::BTreeMap;

use blake3::Hasher;
use fireassay_models::Classifier;
use fireassay_tracking::Event;

use crate::TrainError;
use crate::optim::Optimizer;
use crate::optim_state::optim_state;
use crate::state::{Blob, model_state};

/// About as many as this are kept of a trial, whatever its length.
const MOST: u64 = 10;
/// Hex digits of a digest: two states that part are found out, and a line stays readable.
const DIGITS: usize = 16;

/// Steps between two of these events: a multiple of the steps between two evaluations.
pub fn state_every(budget: u64, eval_every: u64) -> u64 {
    let evaluations = budget.div_ceil(eval_every);
    eval_every.saturating_mul(evaluations.div_ceil(MOST).max(1))
}

/// The state that `step` updates have led to.
pub fn state_event(step: u64, model: &Classifier, optim: &Optimizer) -> Result<Event, TrainError> {
    let mut hashers: BTreeMap<String, Hasher> = BTreeMap::new();
    for (path, blob) in model_state(model)? {
        add(hashers.entry(path).or_default(), &blob);
    }
    let (tensors, scalars) = optim_state(optim, model)?;
    // Both are sorted by name, and a name is `<path>/<field>`.
    for (name, blob) in &tensors {
        add(hashers.entry(of_optim(name)).or_default().update(name.as_bytes()), blob);
    }
    for (name, scalar) in &scalars {
        let value = serde_json::to_string(scalar)
            .map_err(|error| TrainError::State(format!("optimizer state: {error}")))?;
        let hasher = hashers.entry(of_optim(name)).or_default();
        hasher.update(name.as_bytes()).update(value.as_bytes());
    }
    let digest = |hasher: &Hasher| hasher.finalize().to_hex()[..DIGITS].to_owned();
    let tensors = hashers.iter().map(|(name, hasher)| (name.clone(), digest(hasher))).collect();
    Ok(Event::State { step, tensors })
}

fn add(hasher: &mut Hasher, blob: &Blob) {
    for &dim in &blob.shape {
        hasher.update(&(dim as u64).to_le_bytes());
    }
    hasher.update(&blob.bytes);
}

/// What the optimizer holds for a parameter goes by the parameter's name.
fn of_optim(name: &str) -> String {
    let path = name.split_once('/').map_or(name, |(path, _)| path);
    format!("{path}/optim")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trial_of_any_length_keeps_about_ten() {
        assert_eq!(state_every(50, 10), 10);
        assert_eq!(state_every(100, 10), 10);
        assert_eq!(state_every(110, 10), 20);
        assert_eq!(state_every(1_000_000, 1), 100_000);
        assert_eq!(state_every(5, 10), 10);
        assert_eq!(state_every(1, u64::MAX), u64::MAX);
    }
}
