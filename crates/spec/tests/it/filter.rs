//! `--only`: what its values select, and what a wrong one is told.

use crate::common::{cards, experiment};
use fireassay_spec::{Filter, Plan, Trial, TrialOutcome};

const FACTORS: &str = r#"
[[factor]]
key = "model.cnn.norm"
levels = ["batch", "layer", "none"]
[[factor]]
key = "optim.lr"
levels = [0.05, 0.1]
"#;

fn plan() -> Plan {
    experiment("full-factorial", "[0, 1, 2]", FACTORS).plan(&cards())
}

/// The outcome is made from the seed.
fn outcome(trial: &Trial) -> TrialOutcome {
    match trial.seed {
        0 => TrialOutcome::Done,
        1 => TrialOutcome::Oom,
        _ => TrialOutcome::Missing,
    }
}

fn selected(texts: &[&str]) -> Vec<String> {
    let plan = plan();
    let filter = Filter::parse(texts, &plan).unwrap();
    let trials = plan.select(&filter, &outcome).trials;
    trials.iter().map(|trial| format!("{} {}", trial.condition, trial.seed)).collect()
}

#[test]
fn nothing_asked_is_everything() {
    assert_eq!(plan().select(&Filter::default(), &outcome), plan());
}

#[test]
fn one_kind_widens_and_kinds_narrow() {
    let check =
        |texts: &[&str], expected: &[&str]| assert_eq!(selected(texts), expected, "{texts:?}");
    check(&["seed=0", "condition=reference"], &["reference 0"]);
    check(&["seed=2", "norm=none", "lr=0.1"], &["norm=none+lr=0.1 2"]);
    check(
        &["seed=2", "norm=none", "norm=layer", "lr=0.1"],
        &["norm=layer+lr=0.1 2", "norm=none+lr=0.1 2"],
    );
    check(&["condition=norm=none", "seed=0", "seed=1"], &["norm=none 0", "norm=none 1"]);
    check(&["failed", "condition=reference"], &["reference 1"]);
    check(&["oom", "missing", "condition=reference"], &["reference 1", "reference 2"]);
    check(&["timeout"], &[]);
    check(&["diverged", "seed=0"], &[]);
    check(&["failed", "seed=0"], &[]);
}

#[test]
fn each_word_stands_for_its_outcomes() {
    use TrialOutcome::{Crashed, Diverged, Done, Interrupted, Missing, NoSource, Oom, Timeout};
    let all = [Crashed, Diverged, Done, Interrupted, Missing, NoSource, Oom, Timeout];
    let check = |word: &str, expected: &[TrialOutcome]| {
        let filter = Filter::parse(&[word], &plan()).unwrap();
        let trial = &plan().trials[0];
        let taken = all.iter().filter(|outcome| filter.takes(trial, &|_| **outcome));
        assert_eq!(taken.copied().collect::<Vec<_>>(), expected, "{word}");
    };
    check("crashed", &[Crashed]);
    check("diverged", &[Diverged]);
    check("failed", &[Crashed, NoSource, Oom, Timeout]);
    check("interrupted", &[Interrupted]);
    check("missing", &[Interrupted, Missing]);
    check("no-source", &[NoSource]);
    check("oom", &[Oom]);
    check("timeout", &[Timeout]);
    assert_eq!(Filter::WORDS.len(), 8);
}

#[test]
fn conditions_follow_their_trials() {
    let plan = plan();
    let filter = Filter::parse(&["norm=layer"], &plan).unwrap();
    let names: Vec<String> =
        plan.select(&filter, &outcome).conditions.into_iter().map(|c| c.name).collect();
    assert_eq!(names, ["norm=layer", "norm=layer+lr=0.1"]);
}

#[test]
fn a_wrong_value_is_told_the_nearest() {
    let check = |text: &str, message: &str, help: &str| {
        let error = Filter::parse(&[text], &plan()).unwrap_err();
        assert_eq!(error.to_string(), message);
        let found = miette::Diagnostic::help(&error).unwrap().to_string();
        assert!(found.contains(help), "{text}: {found}");
    };
    check("faild", "no filter is called `faild`", "did you mean `failed`?");
    check("norm", "no filter is called `norm`", "did you mean `norm=`?");
    check("", "no filter is called ``", "`failed`");
    check("nrom=none", "the experiment has no factor `nrom`", "did you mean `norm`?");
    check("norm=nome", "the plan has no norm=nome", "did you mean `none`?");
    check("seed=3", "the plan has no seed=3", "`0`, `1` and `2`");
    check("seed=-1", "the plan has no seed=-1", "`0`, `1` and `2`");
    check(
        "condition=norm=nome",
        "the plan has no condition=norm=nome",
        "did you mean `norm=none`?",
    );
}
