//! What stands before an answer: seeds, registration, checks, missing and failed trials.

use fireassay_report::{Answer, Cause, Open, Outcome, Reason, Standing};
use fireassay_spec::{Claim, FailedTrial};
use fireassay_tracking::FailureKind;

use super::case::{FACTORS, TEN, case, finding, hypothesis, one, open, word};
use crate::case::Case;
use crate::design::case::{Settings, at, noise};

const BETTER: &str = "contrast = { of = 'regime=probe', minus = 'reference', expect = 'better' }";

fn percent(settings: &Settings, seed: u64) -> f64 {
    80.0 + at(settings, "regime", "probe") * (1.0 + 0.1 * noise(seed)) + noise(seed)
}

fn with(text: &str) -> Case {
    case(TEN, FACTORS, &format!("{}{text}", hypothesis("H1", BETTER)), &percent)
}

#[test]
fn too_few_seeds_answer_nothing_and_say_how_many_would() {
    let five = "seeds = [0, 1, 2, 3, 4]\ndesign = 'full-factorial'";
    let results = case(five, FACTORS, &hypothesis("H1", BETTER), &percent).results();
    assert_eq!(open(&results), &Open::TooFew { n: 5, needed: 6 });
    assert_eq!(finding(&results).p, Some(0.0625));
}

#[test]
fn hypotheses_are_one_family_by_holm() {
    let same = |name: &str, expect: &str| hypothesis(name, &BETTER.replace("better", expect));
    // A second hypothesis that nothing speaks for doubles the smaller p.
    let flat = "contrast = { of = 'data=different', minus = 'reference', expect = 'better' }";
    let zero = |settings: &Settings, seed: u64| {
        percent(settings, seed) + at(settings, "data", "different") * noise(seed + 3)
    };
    let text = format!("{}{}", same("H1", "better"), hypothesis("H2", flat));
    let results = case(TEN, FACTORS, &text, &zero).results();
    let p = |i: usize| {
        let found = results.hypotheses[i].finding.as_ref().unwrap();
        (found.p.unwrap(), found.adjusted_p.unwrap())
    };
    assert_eq!(p(0), (2.0 / 1024.0, 4.0 / 1024.0));
    assert_eq!(p(1).0, p(1).1);
    assert_eq!(results.hypotheses[0].family, 2);
    // Contrasts are another family.
    assert_eq!(results.feasibility.claims, 11);
}

#[test]
fn an_exploratory_claim_has_numbers_and_no_answer() {
    let mut case = with("");
    case.experiment.claim = Claim::Exploratory;
    let results = case.results();
    assert_eq!(one(&results).answer, Answer::Exploratory);
    assert_eq!(finding(&results).n, 10);
}

#[test]
fn an_edit_makes_exploratory_what_it_touches() {
    let both = hypothesis("H2", &BETTER.replace("better", "worse"));
    let registered = with(&both).registration();
    let answers = |text: &str| {
        let mut case = with(text);
        case.observed.registration = Some(registered.clone());
        let results = case.results();
        results.hypotheses.iter().map(|of| of.standing.clone()).collect::<Vec<Standing>>()
    };
    let confirmatory = Standing::Confirmatory;
    assert_eq!(answers(&both), [confirmatory.clone(), confirmatory.clone()]);
    let edited = answers(&both.replace("worse", "different"));
    let keys = vec!["hypotheses.H2.test.contrast.expect".to_owned()];
    assert_eq!(edited, [confirmatory.clone(), Standing::Exploratory(Cause::Edited(keys))]);
    // One that is gone made it easier for the other.
    let keys = vec!["hypotheses.H2".to_owned()];
    assert_eq!(answers(""), [Standing::Exploratory(Cause::Edited(keys))]);
    // Contrasts stand as they were.
    let mut case = with("");
    case.observed.registration = Some(registered);
    assert!(case.results().contrasts.iter().all(|of| of.standing == confirmatory));
}

fn checked(bound: &str) -> (&'static str, Outcome) {
    let check = format!(
        "[[check]]\nname = 'M4'\nsays = 'the reference learns'\nof = 'reference'\n{bound}\n"
    );
    let results = with(&check).results();
    (word(&results), results.checks[0].outcome)
}

#[test]
fn a_failed_check_voids_and_an_open_one_leaves_open() {
    assert_eq!(checked("above = 0.5"), ("supported", Outcome::Passed));
    assert_eq!(checked("below = 0.5"), ("void", Outcome::Failed));
    assert_eq!(checked("above = 0.8"), ("undecided", Outcome::Open));
    assert_eq!(checked("above = 0.5\nbelow = 0.9"), ("supported", Outcome::Passed));
}

#[test]
fn a_check_guards_its_cell_only() {
    let check = |cell: &str| {
        let text = format!(
            "[[check]]\nname = 'M1'\nsays = 'x'\nof = 'reference'\nminus = 'regime=probe'\n\
             above = 0.0\nvoids = {cell}\n"
        );
        word(&with(&text).results())
    };
    assert_eq!(check("{ size = 'large' }"), "void");
    assert_eq!(check("{ size = 'small' }"), "supported");
    let measured = "[[check]]\nname = 'M2'\nsays = 'x'\nabove = 1.0\n\
                    measured = { value = 0.7, low = 0.5, high = 0.9 }\n";
    let results = with(measured).results();
    assert_eq!(one(&results).answer, Answer::Void(vec!["M2".into()]));
}

#[test]
fn missing_and_failed_trials_are_told() {
    let mut case = with("");
    case.forget("size=small", 3);
    let results = case.results();
    let partial = Reason::Partial { missing: 1, planned: 120 };
    assert_eq!(open(&results), &Open::Reason(partial));
    // A failure that counts at chance level turns ten wins into one large loss among nine.
    let mut case = with("");
    case.fail("regime=probe", 2, FailureKind::Oom, "");
    let results = case.clone().results();
    assert_eq!(open(&results), &Open::Reason(Reason::FailurePolicy));
    assert_eq!(finding(&results).n, 9);
    let results = case.policy(FailedTrial::Abort).results();
    assert_eq!(open(&results), &Open::Reason(Reason::FailedTrials));
}

#[test]
fn the_very_same_weights_are_suspected_to_be_a_no_op() {
    let mut case = with("");
    for seed in 0..10 {
        let record = case.record("regime=probe", seed);
        let digest = format!("same {seed}");
        record.summary.as_mut().unwrap().state_digest.clone_from(&digest);
        case.record("reference", seed).summary.as_mut().unwrap().state_digest = digest;
    }
    assert_eq!(open(&case.results()), &Open::Reason(Reason::NoOp));
}
