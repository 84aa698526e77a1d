//! Where two runs of a trial part: the first step, value and tensor that differ.

use std::collections::{BTreeMap, BTreeSet};

use fireassay_spec::Split;
use fireassay_tracking::Event;

use super::ending::Ending;

/// Ends the name of what an optimizer holds for a parameter.
const OPTIM: &str = "/optim";

/// The events of two runs side by side. Only what both recorded is compared, so a version of the
/// program that records more, or less often, is not another result.
#[derive(Clone, Debug, PartialEq)]
pub struct Trail {
    /// Events that both have.
    pub shared: usize,
    /// Digests of the state among them.
    pub states: usize,
    /// Events of the original alone.
    pub only_original: usize,
    /// Events of the rerun alone.
    pub only_rerun: usize,
    /// Where they part; none if all that both have is the same.
    pub parting: Option<Parting>,
}

/// Where two runs part.
#[derive(Clone, Debug, PartialEq)]
pub struct Parting {
    /// The first step with something that differs.
    pub step: u64,
    /// The last step before with something that both have; none if there is none.
    pub same_until: Option<u64>,
    /// The first loss or metric that differs.
    pub value: Option<ValueParting>,
    /// The first digests that differ.
    pub state: Option<StateParting>,
}

/// A loss or metric that differs.
#[derive(Clone, Debug, PartialEq)]
pub struct ValueParting {
    /// Of the event.
    pub step: u64,
    /// For people: `training loss`, `val accuracy`.
    pub name: String,
    /// Of the original.
    pub original: f64,
    /// Of the rerun.
    pub rerun: f64,
}

/// Digests of the state that differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateParting {
    /// Of the event.
    pub step: u64,
    /// The last step before at which both have the same digests.
    pub same_at: Option<u64>,
    /// The first tensor that differs, in the order of names; values come before what the optimizer
    /// holds for them.
    pub first: String,
    /// How many differ.
    pub differing: usize,
    /// Of how many.
    pub tensors: usize,
}

/// Compares the events, if both runs have them.
pub(super) fn trail(original: &Ending<'_>, rerun: &Ending<'_>) -> Option<Trail> {
    let (ours, theirs) = original.events.as_ref().zip(rerun.events.as_ref())?;
    let (ours, theirs) = (by_place(ours), by_place(theirs));
    let shared: Vec<(&Event, &Event)> =
        ours.iter().filter_map(|(place, event)| Some((*event, *theirs.get(place)?))).collect();
    let states = shared.iter().filter(|(event, _)| matches!(event, Event::State { .. })).count();
    Some(Trail {
        shared: shared.len(),
        states,
        only_original: ours.len() - shared.len(),
        only_rerun: theirs.len() - shared.len(),
        parting: parting(&shared),
    })
}

/// Step, kind, and which of several of this kind at this step: selected weights may be evaluated
/// once more at the last step.
type Place = (u64, Kind, usize);

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Train,
    Eval(Split),
    State,
}

fn by_place(events: &[Event]) -> BTreeMap<Place, &Event> {
    let mut places = BTreeMap::new();
    let mut counts: BTreeMap<(u64, Kind), usize> = BTreeMap::new();
    for event in events {
        let kind = match event {
            Event::Train { .. } => Kind::Train,
            Event::Eval { split, .. } => Kind::Eval(*split),
            Event::State { .. } => Kind::State,
        };
        let count = counts.entry((event.step(), kind)).or_default();
        places.insert((event.step(), kind, *count), event);
        *count += 1;
    }
    places
}

/// By ascending step.
fn parting(shared: &[(&Event, &Event)]) -> Option<Parting> {
    let value = shared.iter().find_map(|(a, b)| value_parting(a, b));
    let state = state_parting(shared);
    let steps = value.as_ref().map(|value| value.step);
    let step = steps.into_iter().chain(state.as_ref().map(|state| state.step)).min()?;
    let before = shared.iter().map(|(event, _)| event.step()).filter(|before| *before < step);
    Some(Parting { step, same_until: before.max(), value, state })
}

fn value_parting(a: &Event, b: &Event) -> Option<ValueParting> {
    let parting = |step: u64, name: String, original: f64, rerun: f64| {
        let differs = original.to_bits() != rerun.to_bits();
        differs.then_some(ValueParting { step, name, original, rerun })
    };
    match (a, b) {
        (Event::Train { step, loss, lr }, Event::Train { loss: loss_b, lr: lr_b, .. }) => {
            let of_rate = || parting(*step, "learning rate".into(), *lr, *lr_b);
            parting(*step, "training loss".into(), *loss, *loss_b).or_else(of_rate)
        }
        (Event::Eval { step, split, metrics }, Event::Eval { metrics: others, .. }) => {
            let split = match split {
                Split::Train => "train",
                Split::Val => "val",
                Split::Test => "test",
            };
            metrics.iter().find_map(|(metric, value)| {
                let name = format!("{split} {}", metric.name());
                parting(*step, name, *value, *others.get(metric)?)
            })
        }
        (Event::Train { .. } | Event::Eval { .. } | Event::State { .. }, _) => None,
    }
}

fn state_parting(shared: &[(&Event, &Event)]) -> Option<StateParting> {
    let mut same_at = None;
    for (a, b) in shared {
        let (Event::State { step, tensors }, Event::State { tensors: others, .. }) = (a, b) else {
            continue;
        };
        let names: BTreeSet<&String> = tensors.keys().chain(others.keys()).collect();
        let differing: Vec<&&String> =
            names.iter().filter(|name| tensors.get(**name) != others.get(**name)).collect();
        // Names are sorted; a value goes before an optimizer's state of an earlier name.
        let Some(first) = differing.iter().min_by_key(|name| name.ends_with(OPTIM)) else {
            same_at = Some(*step);
            continue;
        };
        return Some(StateParting {
            step: *step,
            same_at,
            first: (***first).clone(),
            differing: differing.len(),
            tensors: names.len(),
        });
    }
    None
}
