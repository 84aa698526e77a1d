//! Renderings as a person reads them, one folder entry per case in `tests/golden`.
//! `INSTA_UPDATE=always` writes them anew.

use std::fs;
use std::path::{Path, PathBuf};

use fireassay_report::{html, json, latex, markdown, tables, terminal};
use fireassay_spec::{Claim, Design, FailedTrial};
use fireassay_tracking::{Build, FailureKind};

use crate::case::{Case, finished, hostile as hostile_case};
use crate::format;

const WIDTH: usize = 100;
const NORM: &[(&str, &str)] = &[("norm", "batch")];

const REFERENCE: [f64; 7] = [91.20, 90.85, 91.45, 91.10, 90.70, 91.35, 91.05];
const LAYER: [f64; 7] = [92.00, 91.75, 92.10, 91.95, 91.70, 92.05, 92.00];
const NONE: [f64; 7] = [88.90, 88.10, 89.40, 88.75, 88.20, 89.20, 88.55];

fn three() -> Case {
    finished(NORM, &[("reference", &REFERENCE), ("norm=layer", &LAYER), ("norm=none", &NONE)])
}

#[test]
fn four_verdicts() {
    let reference = [91.20, 90.85, 91.45, 91.10, 90.70, 91.35, 91.05, 91.30];
    let case = finished(
        NORM,
        &[
            ("reference", &reference),
            ("norm=layer", &[92.00, 91.75, 92.10, 91.95, 91.70, 92.05, 92.00, 92.20]),
            ("norm=none", &[88.90, 88.10, 89.40, 88.75, 88.20, 89.20, 88.55, 89.05]),
            ("norm=group-2", &[91.25, 90.75, 91.50, 91.20, 90.65, 91.30, 91.10, 91.25]),
            ("norm=group-4", &[91.80, 90.55, 92.05, 90.95, 91.25, 91.20, 91.75, 91.05]),
        ],
    );
    check("four-verdicts", &case.rope(0.005));
}

#[test]
fn partial() {
    let mut case = three();
    case.forget("norm=none", 5);
    case.forget("norm=none", 6);
    case.record("norm=layer", 6).summary = None;
    check("partial", &case);
}

#[test]
fn diverged_under_exclude_pair() {
    check("diverged-exclude-pair", &diverged().policy(FailedTrial::ExcludePair));
}

#[test]
fn diverged_under_worst() {
    check("diverged-worst", &diverged().policy(FailedTrial::Worst));
}

#[test]
fn diverged_under_abort() {
    check("diverged-abort", &diverged().policy(FailedTrial::Abort));
}

fn diverged() -> Case {
    let mut case = three();
    case.diverge("norm=none", 3, 41);
    case
}

#[test]
fn failures_of_every_kind() {
    let shift = |by: f64, stride: usize| -> Vec<f64> {
        (0..12).map(|i| REFERENCE[i % 7] + by + (i * stride % 5) as f64 * 0.05).collect()
    };
    let (reference, layer, none) = (shift(0.0, 1), shift(0.9, 2), shift(-2.0, 3));
    let points: [(&str, &[f64]); 3] =
        [("reference", &reference), ("norm=layer", &layer), ("norm=none", &none)];
    let mut case = finished(NORM, &points);
    case.fail("norm=none", 1, FailureKind::Oom, "killed at 2.1 GiB");
    case.fail("norm=none", 4, FailureKind::Timeout, "stopped after 60 s");
    case.fail("norm=layer", 2, FailureKind::Crashed, "index out of bounds:\nthe len is 10");
    case.diverge("norm=none", 7, 12);
    check("failures-of-every-kind", &case);
}

#[test]
fn failed_reference() {
    let mut case = three();
    case.diverge("reference", 2, 9);
    check("failed-reference", &case);
}

#[test]
fn one_seed() {
    check("one-seed", &finished(NORM, &[("reference", &[91.2]), ("norm=none", &[88.9])]));
}

#[test]
fn two_seeds() {
    let points: [(&str, &[f64]); 2] = [("reference", &[91.2, 90.85]), ("norm=none", &[88.9, 88.1])];
    check("two-seeds", &finished(NORM, &points));
}

#[test]
fn three_seeds_are_below_what_a_verdict_needs() {
    let points: [(&str, &[f64]); 2] = [("reference", &REFERENCE[..3]), ("norm=none", &NONE[..3])];
    check("three-seeds", &finished(NORM, &points));
}

#[test]
fn ties() {
    let none = [91.20, 90.35, 91.45, 90.60, 90.70, 90.85, 90.75];
    check("ties", &finished(NORM, &[("reference", &REFERENCE), ("norm=none", &none)]));
}

#[test]
fn all_zero_with_the_same_weights() {
    let mut case = three();
    for seed in 0..7 {
        let digest = case.record("reference", seed).summary.clone().unwrap().state_digest;
        let accuracy = REFERENCE[seed as usize] / 100.0;
        let summary = case.record("norm=layer", seed).summary.as_mut().unwrap();
        summary.state_digest = digest;
        summary.metrics.insert("test.accuracy".parse().unwrap(), accuracy);
    }
    check("no-op", &case);
}

#[test]
fn exploratory() {
    let mut case = three();
    case.experiment.claim = Claim::Exploratory;
    check("exploratory", &case);
}

#[test]
fn mixed_provenance() {
    let mut case = three();
    case.record("norm=none", 4).provenance.as_mut().unwrap().binary_hash = "b2".repeat(32);
    check("mixed-provenance", &case);
}

/// A pull in the middle of an experiment that claims nothing.
#[test]
fn trials_of_two_builds_are_told_apart_where_nothing_is_claimed() {
    let mut case = three();
    case.experiment.claim = Claim::Exploratory;
    case.record("norm=none", 4).provenance.as_mut().unwrap().binary_hash = "b2".repeat(32);
    let text = terminal(&case.results(), WIDTH, "runs/batch-norm");
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let sentence = "norm=none against the reference (norm=batch), exploratory: no difference, \
                    because trials of different binaries or backends are not pairs";
    assert!(text.contains(sentence), "{text}");
    let warning = "trials of different binaries or backends are not pairs: norm=none against the \
                   reference";
    assert!(text.contains(warning), "{text}");
}

/// Half by one program and half by another is used, and told.
#[test]
fn begun_by_another_program() {
    let mut case = three();
    for seed in [2, 4] {
        let provenance = case.record("norm=none", seed).provenance.as_mut().unwrap();
        let code = provenance.code.clone();
        let build = Build { binary_hash: "a0".repeat(32), code, until_step: 40 };
        provenance.earlier.push(build);
    }
    check("begun-by-another", &case);
    let (plain, marked) = (three().results(), case.results());
    assert_eq!(json(&plain).unwrap(), json(&marked).unwrap(), "it changes no number");
}

#[test]
fn lower_is_better() {
    check("loss", &three().by_loss().rope(0.012));
}

#[test]
fn ceiling() {
    let points: [(&str, &[f64]); 2] = [
        ("reference", &[99.95, 99.95, 99.9, 100.0, 99.95, 100.0]),
        ("norm=none", &[99.4, 99.45, 99.45, 99.5, 99.45, 99.4]),
    ];
    check("ceiling", &finished(NORM, &points));
}

#[test]
fn hostile() {
    check("hostile", &hostile_case());
}

#[test]
fn factorial() {
    let base = [("norm", "batch"), ("lr", "0.1")];
    let mut case = finished(
        &base,
        &[
            ("reference", &REFERENCE),
            ("norm=none", &NONE),
            ("lr=0.01", &[90.95, 90.50, 91.25, 90.80, 90.30, 91.20, 90.75]),
            ("norm=none+lr=0.01", &[90.05, 89.60, 90.40, 89.80, 89.55, 90.25, 89.70]),
        ],
    );
    case.experiment.design = Design::FullFactorial;
    check("factorial", &case);
}

/// Cases whose `results.json` is kept too: one of each shape that it can take.
const WITH_JSON: &[&str] = &[
    "bootstrap",
    "declared-interaction",
    "diverged-worst",
    "exploratory",
    "four-verdicts",
    "hypotheses",
    "mixed-provenance",
    "no-op",
    "partial",
];

/// Cases that are kept in every format.
const WITH_PAGES: &[&str] =
    &["declared-interaction", "failures-of-every-kind", "four-verdicts", "hostile"];

/// Compares the renderings of a case with their files.
pub(crate) fn check(name: &str, case: &Case) {
    let results = case.results();
    compare_file(name, "txt", &terminal(&results, WIDTH, "runs/batch-norm"));
    compare_file(name, "md", &markdown(&results));
    if WITH_JSON.contains(&name) {
        compare_file(name, "json", &json(&results).unwrap());
    }
    let (page, article, tables) = (html(&results), latex(&results), tables(&results).unwrap());
    format::page(name, &page);
    format::article(name, &article);
    format::tidy(name, &tables);
    if WITH_PAGES.contains(&name) {
        compare_file(name, "html", &page);
        compare_file(name, "tex", &article);
        for (file, table) in &tables {
            compare_file(name, file, table);
        }
    }
}

pub(crate) fn compare_file(name: &str, extension: &str, found: &str) {
    for banned in ["NaN", "no effect", "not significant", "p = 0.0000", "-0.00 ", "\u{a0}"] {
        let allowed = banned == "NaN" && found.contains("NaN at step");
        let allowed = allowed || (banned == "NaN" && found.contains("\"value\": \"NaN\""));
        // A page breaks its own lines, and is told where not to.
        let allowed = allowed || (banned == "\u{a0}" && extension == "html");
        assert!(allowed || !found.contains(banned), "{name}.{extension} says `{banned}`");
    }
    let path = golden_dir().join(format!("{name}.{extension}"));
    if std::env::var("INSTA_UPDATE").is_ok_and(|mode| mode == "always") {
        fs::write(&path, found).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    let differs = expected.lines().zip(found.lines()).position(|(a, b)| a != b);
    assert!(
        expected == found,
        "{} differs from line {:?} on; cargo xtask bless accepts what is rendered now:\n{found}",
        path.display(),
        differs.map(|line| line + 1),
    );
}

fn golden_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}
