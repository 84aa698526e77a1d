//! What two sides differ in besides their results, and what a single pair of runs can say.

use fireassay_report::compare::{Finding, Group, Side};
use fireassay_report::{Reason, compare};
use fireassay_spec::ClipNorm;
use fireassay_tracking::{Build, Provenance, RunRecord};

use crate::compare::{WORSE, criteria, inconclusive, stores, today, yesterday};

#[test]
fn what_differs_is_told_once_and_grouped() {
    let mut b = today(WORSE);
    for record in &mut b.records {
        let provenance = record.provenance.as_mut().unwrap();
        provenance.threads = 4;
        provenance.cpu = "another processor".into();
        record.trial.dataset_hash = "e6".repeat(32);
    }
    b.record("norm=none", 0).trial.spec.optim.clip_norm = ClipNorm::Max(1.0);
    let comparison = stores(&yesterday(), &b);
    let found: Vec<(Group, &str, bool)> = comparison
        .differences
        .changes
        .iter()
        .map(|change| (change.group, change.key.as_str(), change.conditions.is_none()))
        .collect();
    let expected = [
        (Group::Spec, "optim.clip-norm", false),
        (Group::Data, "dataset hash", true),
        (Group::Code, "revision", true),
        (Group::Code, "binary", true),
        (Group::Environment, "threads", true),
        (Group::Environment, "processor", true),
    ];
    assert_eq!(found, expected);
    assert_eq!(comparison.conditions[0].differs, [Group::Data, Group::Code, Group::Environment]);
    assert_eq!(comparison.conditions[1].differs, Group::ALL);
}

#[test]
fn only_what_can_move_a_result_counts_against_it() {
    let check = |spoil: &dyn Fn(&mut Provenance), expected: &[Group]| {
        let mut b = yesterday();
        b.records.iter_mut().for_each(|record| spoil(record.provenance.as_mut().unwrap()));
        let comparison = stores(&yesterday(), &b);
        assert!(!comparison.differences.changes.is_empty());
        assert_eq!(comparison.conditions[0].differs, expected);
    };
    check(&|p| p.threads = 8, &[]);
    check(&|p| p.code.git_dirty = true, &[]);
    check(&|p| p.binary_hash.push('0'), &[Group::Code]);
    let begun_by_another = |p: &mut Provenance| {
        let (binary_hash, code) = ("a0".repeat(32), p.code.clone());
        p.earlier.push(Build { binary_hash, code, until_step: 40 });
    };
    check(&begun_by_another, &[Group::Code]);
    check(&|p| p.platform.push('2'), &[Group::Environment]);
    let other_backend = |p: &mut Provenance| {
        p.backend = "ndarray".into();
        p.binary_hash.push('0');
    };
    check(&other_backend, &[Group::Environment]);
    check(
        &|p| {
            other_backend(p);
            p.code.lockfile_hash.push('0');
        },
        &[Group::Code, Group::Environment],
    );
}

#[test]
fn two_runs_are_a_pair_whatever_their_seeds_are() {
    let case = yesterday();
    let run = |condition: &str, seed| {
        let wanted = |r: &&_| {
            let record: &RunRecord = r;
            record.trial.condition == condition && record.trial.seed == seed
        };
        Side::run("a/run", case.records.iter().find(wanted).unwrap())
    };
    let check = |a, b, expected| {
        let comparison = compare(&a, &b, &criteria(&case), &case.cards).unwrap();
        assert_eq!(comparison.conditions[0].finding, expected);
        comparison
    };
    check(run("reference", 1), run("reference", 1), Finding::Identical { pairs: 1 });
    let comparison = check(run("reference", 1), run("norm=none", 2), inconclusive(Reason::OneSeed));
    let effect = comparison.conditions[0].effect.as_ref().unwrap();
    assert!((effect.mean.unwrap() - (0.8940 - 0.9085)).abs() < 1e-12);
    let keys: Vec<&str> =
        comparison.differences.changes.iter().map(|change| change.key.as_str()).collect();
    assert_eq!(keys, ["optim.lr", "seed"]);
}

#[test]
fn what_nobody_recorded_is_not_called_the_same() {
    let mut a = yesterday();
    for record in &mut a.records {
        record.provenance = None;
    }
    let comparison = stores(&a, &a);
    assert_eq!((comparison.differences.unrecorded, comparison.differences.pairs), (14, 14));
    let mut b = yesterday();
    b.record("reference", 0).provenance = None;
    let comparison = stores(&a, &b);
    assert_eq!(comparison.differences.unrecorded, 1);
    let binary = comparison.differences.group(Group::Code).find(|change| change.key == "binary");
    assert_eq!(binary.unwrap().a, None);
    assert_eq!(comparison.conditions[0].differs, [Group::Code, Group::Environment]);
}
