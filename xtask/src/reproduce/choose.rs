//! `--only` and `--trials`: which of the originals are run again.

use std::collections::BTreeMap;

use fireassay_spec::{Filter, Purpose, Stream, Trial, TrialId, TrialOutcome, path_key};
use fireassay_tracking::Outcome;

use super::{Original, Originals, ReproduceArgs};
use crate::ui::{Answer, Exit, Refusal};

/// Which trials are drawn. One choice is as good as another; a fixed one can be repeated.
pub(super) const DRAW_SEED: u64 = 1;

/// In the order of the originals.
pub(super) fn choose<'o>(
    args: &ReproduceArgs,
    originals: &'o Originals,
) -> Answer<Vec<&'o Original>> {
    let mut chosen: Vec<&Original> = originals.trials.iter().collect();
    if !args.only.is_empty() {
        let Some(loaded) = &originals.loaded else {
            let message = format!(
                "--only needs the plan, and there is no experiment `{}`",
                originals.experiment
            );
            return Err(Refusal::new(Exit::Usage, message, "name the run itself, or use --trials"));
        };
        let filter = Filter::parse(&args.only, &loaded.plan)
            .map_err(|error| Refusal::from_diagnostic(Exit::Usage, error))?;
        let outcomes: BTreeMap<&TrialId, TrialOutcome> =
            chosen.iter().map(|original| (&original.trial.id, outcome(original))).collect();
        let outcome_of =
            |trial: &Trial| outcomes.get(&trial.id).copied().unwrap_or(TrialOutcome::Missing);
        chosen.retain(|original| filter.takes(&original.trial, &outcome_of));
    }
    if chosen.is_empty() {
        let message = format!("no finished trial matches --only {}", args.only.join(" "));
        let help = format!("`cargo xtask runs list {}` shows the runs", originals.experiment);
        return Err(Refusal::new(Exit::NothingSelected, message, &help));
    }
    if let Some(count) = args.trials {
        let trials: Vec<&Trial> = chosen.iter().map(|original| &original.trial).collect();
        let drawn = draw(&trials, count.get());
        chosen = drawn.into_iter().map(|index| chosen[index]).collect();
    }
    Ok(chosen)
}

fn outcome(original: &Original) -> TrialOutcome {
    match original.ending().map(|ending| ending.outcome) {
        Some(Outcome::Done) => TrialOutcome::Done,
        Some(Outcome::Diverged { .. }) => TrialOutcome::Diverged,
        None => TrialOutcome::Missing,
    }
}

/// Indices of `count` trials, ascending: one of each condition in turn, conditions and seeds
/// shuffled.
fn draw(trials: &[&Trial], count: usize) -> Vec<usize> {
    let mut of_conditions: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, trial) in trials.iter().enumerate() {
        of_conditions.entry(&trial.condition).or_default().push(index);
    }
    let names: Vec<&str> = of_conditions.keys().copied().collect();
    let order = shuffled("conditions", names.len());
    let queues: Vec<Vec<usize>> = order
        .into_iter()
        .map(|at| {
            let indices = &of_conditions[names[at]];
            shuffled(names[at], indices.len()).into_iter().map(|i| indices[i]).collect()
        })
        .collect();
    let longest = queues.iter().map(Vec::len).max().unwrap_or(0);
    let turns = (0..longest).flat_map(|turn| queues.iter().filter_map(move |q| q.get(turn)));
    let mut drawn: Vec<usize> = turns.copied().take(count).collect();
    drawn.sort_unstable();
    drawn
}

fn shuffled(name: &str, n: usize) -> Vec<usize> {
    let stream = Stream::new(DRAW_SEED, Purpose::Order, path_key(name), 0);
    stream.permutation(n).into_iter().map(|index| index as usize).collect()
}
