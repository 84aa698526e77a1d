//! Comparisons as a person reads them, in `tests/golden/compare`.

use fireassay_report::compare;
use fireassay_report::compare::{Comparison, Side, json, markdown, terminal};
use fireassay_spec::FailedTrial;
use fireassay_tracking::FailureKind;

use crate::case::finished;
use crate::compare::{WORSE, criteria, rebuild, side, stores, today, yesterday};
use crate::golden::compare_file;

const WIDTH: usize = 100;

#[test]
fn a_regression() {
    check("regression", &stores(&yesterday().rope(0.005), &today(WORSE)));
}

#[test]
fn an_identical_store() {
    check("identical", &stores(&yesterday(), &yesterday()));
}

#[test]
fn two_conditions_of_a_store() {
    let case = yesterday().rope(0.005);
    let store = side(&case, "runs/batch-norm");
    let a = store.condition("reference", "runs/batch-norm/reference").unwrap();
    let b = store.condition("norm=none", "runs/batch-norm/norm=none").unwrap();
    check("conditions", &compare(&a, &b, &criteria(&case), &case.cards).unwrap());
}

#[test]
fn two_runs() {
    let (a, mut b) = (yesterday(), today(WORSE));
    let summary = b.record("norm=none", 2).summary.as_mut().unwrap();
    summary.steps = 550;
    summary.metrics.remove(&"gap.loss".parse().unwrap());
    let run = |case: &'_ crate::case::Case, folder: &str| {
        let at =
            case.records.iter().position(|r| r.trial.dir_name().starts_with("norm=none.seed-2"));
        (at.unwrap(), format!("{folder}/norm=none.seed-2.00010002"))
    };
    let ((i, left), (j, right)) = (run(&a, "yesterday/batch-norm"), run(&b, "runs/batch-norm"));
    let (left, right) = (Side::run(&left, &a.records[i]), Side::run(&right, &b.records[j]));
    check("runs", &compare(&left, &right, &criteria(&a), &a.cards).unwrap());
}

/// Everything that can stand in the way, in one store.
#[test]
fn all_kinds_of_trouble() {
    let points: [(&str, &[f64]); 5] = [
        ("reference", &[91.20, 90.85, 91.45, 91.10, 90.70, 91.35, 91.05]),
        ("norm=layer", &[92.00, 91.75, 92.10, 91.95, 91.70, 92.05, 92.00]),
        ("norm=none", &[88.90, 88.10, 89.40, 88.75, 88.20, 89.20, 88.55]),
        ("norm=group-2", &[91.25, 90.75, 91.50, 91.20, 90.65, 91.30, 91.10]),
        ("norm=group-4", &[91.80, 90.55, 92.05, 90.95, 91.25, 91.20, 91.75]),
    ];
    let a = finished(&[("norm", "batch")], &points).policy(FailedTrial::ExcludePair);
    let mut b = a.clone();
    rebuild(&mut b);
    for seed in 0..7 {
        let summary = b.record("norm=layer", seed).summary.as_mut().unwrap();
        let accuracy = "test.accuracy".parse().unwrap();
        let score = summary.metrics[&accuracy] + [0.004, -0.003, 0.002][seed as usize % 3];
        summary.metrics.insert(accuracy, score);
        b.record("norm=layer", seed).trial.spec.optim.weight_decay = 0.01;
        b.record("norm=group-2", seed).trial.spec.optim.weight_decay = 0.01;
    }
    b.fail("norm=none", 1, FailureKind::Oom, "killed at 2.1 GiB");
    b.diverge("norm=none", 4, 12);
    b.forget("norm=group-2", 6);
    b.forget("reference", 6);
    b.record("reference", 5).summary = None;
    for seed in 0..7 {
        b.forget("norm=group-4", seed);
    }
    let mut copy = b.record("norm=none", 2).clone();
    copy.path.set_extension("copy");
    b.records.push(copy);
    check("trouble", &stores(&a, &b));
}

/// The same trials, program and machine, and yet other numbers.
#[test]
fn a_result_that_cannot_be_repeated() {
    let mut b = today(WORSE);
    for record in &mut b.records {
        record.provenance = Some(crate::case::provenance());
    }
    check("unrepeatable", &stores(&yesterday(), &b));
}

fn check(name: &str, comparison: &Comparison) {
    let all = std::slice::from_ref(comparison);
    compare_file(&format!("compare/{name}"), "txt", &terminal(all, WIDTH));
    compare_file(&format!("compare/{name}"), "md", &markdown(all));
    if name == "trouble" || name == "runs" {
        compare_file(&format!("compare/{name}"), "json", &json(all).unwrap());
    }
}
