//! `trial.json`: accepted means that its id is that of its content, and that it reads back.

use std::path::Path;

use fireassay_spec::{Cards, Trial};
use fireassay_tracking::{TrackingError, parse_trial, sealed};

use crate::resealed::{object, resealed};
use crate::{dataset, told};

pub(crate) fn check(bytes: &[u8]) -> String {
    let cards = dataset::cards();
    let as_it_is = read(bytes, &cards);
    let Some(mut fields) = object(bytes) else { return as_it_is };
    let name = Path::new("trial.json");
    if let Err(TrackingError::Identity { expected, .. }) =
        parse_trial(Path::new(""), &resealed(name, &fields))
    {
        fields.insert("id".into(), expected.to_string().into());
    }
    let mended = read(&resealed(name, &fields), &cards);
    format!("{as_it_is}; mended: {mended}")
}

fn read(bytes: &[u8], cards: &Cards) -> String {
    match parse_trial(Path::new(""), bytes) {
        Err(error) => told(&error),
        Ok(trial) => {
            assert_sound(&trial);
            let problems = cards.datasets.values().map(|card| trial.spec.problems(card).len());
            format!("accepted, {:?} problems", problems.collect::<Vec<_>>())
        }
    }
}

/// What holds for every trial that was read or planned.
pub(crate) fn assert_sound(trial: &Trial) {
    assert_eq!(trial.id, trial.content_id());
    let written = sealed(Path::new("trial.json"), trial).expect("a trial can be written");
    let again = parse_trial(Path::new(""), &written).expect("what is written can be read");
    assert_eq!(again, *trial);
}
