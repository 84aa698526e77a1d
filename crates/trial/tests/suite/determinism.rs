//! Threads, checkpoints and names change no bit of a result; a seed changes it.

use fireassay_kernels::Isa;
use serde_json::{Value, json};

use crate::support::{
    assert_same, cnn_trial, reference, short_reference, short_trial, undisturbed,
};

/// The reference has one thread.
#[test]
fn any_number_of_threads_gives_the_same_bytes() {
    for threads in ["2", "4"] {
        let found = undisturbed(&cnn_trial(&[]), &["--threads", threads]);
        assert_same(&found, reference());
    }
}

/// The reference has the fastest ones; the portable ones are everywhere.
#[test]
fn any_instruction_set_gives_the_same_bytes() {
    for isa in Isa::all() {
        let found = undisturbed(&short_trial(), &["--instructions", isa.name()]);
        assert_same(&found, short_reference());
    }
}

#[test]
fn checkpoints_at_every_step_or_never_give_the_same_bytes() {
    for secs in ["0", "1000"] {
        let found = undisturbed(&short_trial(), &["--checkpoint-secs", secs]);
        assert_same(&found, short_reference());
    }
}

#[test]
fn names_are_no_part_of_a_result() {
    let mut renamed = cnn_trial(&[]);
    renamed.experiment = "another".into();
    renamed.condition = "norm=batch".into();
    renamed.settings.clear();
    assert_same(&undisturbed(&renamed, &[]), reference());
}

/// The trial's seed is 1. There is no augmentation that could draw from its stream.
#[test]
fn a_stream_that_is_given_the_trials_own_seed_changes_nothing() {
    let own = json!({ "init": 1, "order": 1, "dropout": 1, "split": 1, "augment": 9 });
    let found = undisturbed(&cnn_trial(&[("/streams", own)]), &[]);
    for ((name, found), (_, expected)) in found.iter().zip(reference()) {
        // The spec is another, and so is the id that the summary carries.
        assert!(without_owner(found) == without_owner(expected), "{name} differs");
    }
}

/// A summary without its trial and its seal; any other file as it is.
fn without_owner(bytes: &[u8]) -> Vec<u8> {
    let Ok(Value::Object(mut summary)) = serde_json::from_slice(bytes) else {
        return bytes.to_vec();
    };
    assert!(summary.remove("trial").is_some() && summary.remove("seal").is_some());
    serde_json::to_vec(&summary).unwrap()
}

#[test]
fn two_seeds_give_two_results() {
    let mut other = cnn_trial(&[]);
    other.seed = 2;
    other.id = other.content_id();
    let found = undisturbed(&other, &[]);
    for ((name, found), (_, expected)) in found.iter().zip(reference()) {
        assert!(found != expected, "{name} is the same");
    }
}
