//! Every rung that a rerun can stand on, with exact numbers.

use std::collections::BTreeMap;

use fireassay_report::reproduce::{
    About, Again, Basis, Ending, Ground, Likeness, Reproduction, Rung, TOLERANCE, Twice, json,
    reproduce, terminal,
};
use fireassay_spec::MetricName;
use fireassay_tracking::{Event, Outcome, RunRecord};

use crate::case::{Case, finished};
use crate::golden::compare_file;

/// The reference's SD is 0.0025820, the limit of two of its seven seeds 0.89349 pp.
const POINTS: &[(&str, &[f64])] = &[
    ("reference", &[91.2, 90.8, 91.4, 91.1, 90.7, 91.3, 91.2]),
    ("norm=none", &[88.9, 88.1, 89.4, 88.7, 88.2, 89.2, 88.5]),
];

fn originals() -> Case {
    finished(&[("norm", "batch")], POINTS)
}

fn accuracy() -> MetricName {
    "test.accuracy".parse().unwrap()
}

/// Losses of steps 10, 20 and 30, and digests of the state at 0, 15 and 30.
fn events(loss: [f64; 3], weights: [&str; 3]) -> Vec<Event> {
    let train = |step, loss| Event::Train { step, loss, lr: 0.1 };
    let state = |step, digest: &str| {
        let names = ["conv.weight", "conv.weight/optim", "a.bias/optim"];
        let digests = [digest, digest, "fixed"];
        let tensors = names.into_iter().zip(digests).map(|(name, d)| (name.into(), d.into()));
        Event::State { step, tensors: tensors.collect() }
    };
    vec![
        state(0, weights[0]),
        train(10, loss[0]),
        state(15, weights[1]),
        train(20, loss[1]),
        train(30, loss[2]),
        state(30, weights[2]),
    ]
}

fn usual() -> Vec<Event> {
    events([1.5, 1.25, 1.0], ["w0", "w15", "w30"])
}

/// Whose logs are not the usual ones, by condition and seed.
type Logs = BTreeMap<(&'static str, u64), Vec<Event>>;

/// Judges all reruns of a case in which the originals have a partner.
fn judged(a: &Case, b: &Case, logs: &Logs, rope: Option<f64>) -> Reproduction {
    let ending = |record| Ending::of_record(record, usual()).unwrap();
    let mut scores: BTreeMap<String, BTreeMap<u64, f64>> = BTreeMap::new();
    for record in &a.records {
        let of_condition = scores.entry(record.trial.condition.clone()).or_default();
        of_condition.extend(ending(record).score(accuracy()).map(|x| (record.trial.seed, x)));
    }
    let partner = |record: &&RunRecord| b.records.iter().find(|b| b.trial.id == record.trial.id);
    let twice = a.records.iter().filter_map(|record| {
        let other = partner(&record)?;
        let place = (record.trial.condition.as_str(), record.trial.seed);
        let log = logs.iter().find(|((name, seed), _)| (*name, *seed) == place);
        let log = log.map_or_else(usual, |(_, events)| events.clone());
        let rerun = Ending::of_record(other, log).ok_or_else(|| "out of memory".to_owned());
        Some(Twice { trial: &record.trial, original: ending(record), rerun })
    });
    let basis = Basis {
        metric: accuracy(),
        rope,
        alpha: 0.05,
        tolerance: TOLERANCE,
        scores,
        origin: "experiments/batch-norm/experiment.toml".into(),
    };
    reproduce(&twice.collect::<Vec<_>>(), basis)
}

/// The reruns of some seeds of a condition, each off by so much.
fn moved(condition: &str, by: &[(u64, f64)]) -> Case {
    let mut case = originals();
    let seeds: Vec<u64> = by.iter().map(|(seed, _)| *seed).collect();
    case.records.retain(|r| r.trial.condition == condition && seeds.contains(&r.trial.seed));
    for (seed, by) in by.iter().filter(|(_, by)| *by != 0.0) {
        let summary = case.record(condition, *seed).summary.as_mut().unwrap();
        *summary.metrics.get_mut(&accuracy()).unwrap() += by;
        summary.state_digest = "other weights".into();
    }
    case
}

fn only(reproduction: &Reproduction) -> &Again {
    let [trial] = reproduction.trials.as_slice() else { panic!("{reproduction:?}") };
    trial.rerun.as_ref().unwrap()
}

#[test]
fn the_same_bits_are_the_first_rung() {
    let found = judged(&originals(), &originals(), &Logs::new(), None);
    assert_eq!(found.rung, Some(Rung::Identical));
    assert_eq!(found.trials.len(), 14);
    for trial in &found.trials {
        let again = trial.rerun.as_ref().unwrap();
        assert_eq!((&again.ground, again.gap), (&Ground::Bits, None));
        let trail = again.trail.as_ref().unwrap();
        assert_eq!((trail.shared, trail.states, trail.only_original), (6, 3, 0));
    }
}

#[test]
fn any_bit_of_a_result_or_of_its_way_ends_the_first_rung() {
    let check = |spoil: &dyn Fn(&mut RunRecord), expected: Likeness| {
        let mut b = moved("reference", &[(0, 0.0)]);
        spoil(&mut b.records[0]);
        assert_eq!(only(&judged(&originals(), &b, &Logs::new(), None)).likeness, expected);
    };
    check(&|_| (), Likeness::Identical);
    check(&|r| r.summary.as_mut().unwrap().state_digest.push('0'), Likeness::Near);
    check(&|r| r.summary.as_mut().unwrap().steps -= 1, Likeness::Apart);
    check(&|r| r.summary.as_mut().unwrap().selected_step -= 1, Likeness::Apart);
    let add = |by: f64| {
        move |r: &mut RunRecord| {
            let metrics = &mut r.summary.as_mut().unwrap().metrics;
            *metrics.get_mut(&"val.loss".parse().unwrap()).unwrap() += by;
        }
    };
    check(&add(1e-16), Likeness::Near);
    check(&add(9.9e-6), Likeness::Near);
    check(&add(1.01e-5), Likeness::Apart);
    // Not recorded is not different.
    check(&|r| r.summary.as_mut().unwrap().metrics.clear(), Likeness::Identical);
    check(
        &|r| {
            r.summary.as_mut().unwrap().outcome = Outcome::Diverged { step: 1, value: "inf".into() }
        },
        Likeness::OtherOutcome,
    );
    let logs = Logs::from([(("reference", 0), events([1.5, 1.25, 1.0], ["w0", "w15", "x"]))]);
    let found = judged(&originals(), &moved("reference", &[(0, 0.0)]), &logs, None);
    assert_eq!(
        (only(&found).likeness, only(&found).rung()),
        (Likeness::Near, Rung::WithinTolerance)
    );
}

#[test]
fn a_rerun_may_be_off_as_far_as_two_seeds_are() {
    let check = |by: f64, expected: Rung| {
        let found = judged(&originals(), &moved("reference", &[(3, by)]), &Logs::new(), None);
        assert_eq!(found.rung, Some(expected), "{by}");
        let Ground::Spread { difference, limit, n: 7 } = only(&found).ground else {
            panic!("{found:?}")
        };
        assert!((difference - by).abs() < 1e-12);
        // t_.975 with 6 degrees of freedom, times the root of 2, times the SD.
        assert!((limit - 2.446_912 * 2.0_f64.sqrt() * 0.002_581_989).abs() < 1e-8, "{limit}");
    };
    check(0.0089, Rung::Compatible);
    check(-0.0089, Rung::Compatible);
    check(0.0090, Rung::Different);
    check(-0.0090, Rung::Different);
}

#[test]
fn several_reruns_share_the_error() {
    let by = [(0, 0.0108), (1, -0.0108)];
    let found = judged(&originals(), &moved("reference", &by), &Logs::new(), None);
    let first = found.trials[0].rerun.as_ref().unwrap();
    let Ground::Spread { limit, .. } = first.ground else { panic!("{found:?}") };
    // t_.9875 with 6 degrees of freedom is 2.9687.
    assert!((limit - 2.968_687 * 2.0_f64.sqrt() * 0.002_581_989).abs() < 1e-8, "{limit}");
    assert_eq!(found.rung, Some(Rung::Compatible));
}

#[test]
fn what_cannot_be_judged_is_undecided() {
    let check = |a: &Case, b: &Case, ground: &Ground| {
        let found = judged(a, b, &Logs::new(), Some(0.005));
        assert_eq!(only(&found).ground, *ground);
        assert_eq!(found.rung, Some(Rung::Undecided));
        assert!(!found.is_reproduced());
    };
    let mut few = originals();
    few.records.retain(|record| record.trial.seed < 3);
    check(&few, &moved("reference", &[(0, 0.001)]), &Ground::FewSeeds(3));
    let flat = finished(&[("norm", "batch")], &[("reference", &[91.2; 7])]);
    check(&flat, &moved("reference", &[(1, 0.001)]), &Ground::NoSpread);
    let diverged = |step| {
        let mut case = moved("reference", &[(0, 0.0)]);
        case.diverge("reference", 0, step);
        case
    };
    let mut a = originals();
    a.diverge("reference", 0, 41);
    check(&a, &diverged(43), &Ground::NoScore);
    let found = judged(&a, &diverged(41), &Logs::new(), None);
    assert_eq!(found.rung, Some(Rung::Identical), "the same end is the same result");
}

#[test]
fn another_outcome_is_different_whatever_the_numbers() {
    let mut b = moved("reference", &[(0, 0.0)]);
    b.diverge("reference", 0, 41);
    let found = judged(&originals(), &b, &Logs::new(), Some(0.5));
    assert_eq!((only(&found).ground.clone(), found.rung), (Ground::Outcome, Some(Rung::Different)));
}

/// Seven seeds are enough for one condition (6) and for two (7).
#[test]
fn a_condition_with_enough_reruns_is_tested_as_one() {
    let by = [0.001, -0.001, 0.002, 0.0, -0.002, 0.001, -0.0005];
    let by: Vec<(u64, f64)> = (0..).zip(by).collect();
    let b = moved("reference", &by);
    let ground = |rope| {
        let found = judged(&originals(), &b, &Logs::new(), rope);
        let apart = found.trials.iter().find(|trial| trial.seed == 0).unwrap();
        (apart.rerun.as_ref().unwrap().ground.clone(), found.rung.unwrap())
    };
    let (found, rung) = ground(Some(0.005));
    let Ground::Equivalent(effect) = found else { panic!("{found:?}") };
    assert_eq!((effect.n(), rung), (7, Rung::Compatible));
    assert!((effect.mean.unwrap() - 0.000_071_428_57).abs() < 1e-10);
    // Without a rope nothing can be called equivalent, and seeds lie further apart than that.
    let (found, rung) = ground(None);
    assert!(matches!(found, Ground::Spread { .. }), "{found:?}");
    assert_eq!(rung, Rung::Compatible);
}

#[test]
fn a_shift_of_all_seeds_is_different_though_each_lies_within_the_spread() {
    let by: Vec<(u64, f64)> = (0..7).map(|seed| (seed, 0.004 + 0.0001 * seed as f64)).collect();
    let found = judged(&originals(), &moved("reference", &by), &Logs::new(), None);
    let again = found.trials[0].rerun.as_ref().unwrap();
    let Ground::Shift(effect) = &again.ground else { panic!("{again:?}") };
    assert_eq!(effect.adjusted_p, Some(0.015625));
    assert_eq!(found.rung, Some(Rung::Different));
    // Five of them are too few for a test, and none is further off than two seeds are.
    let found = judged(&originals(), &moved("reference", &by[..5]), &Logs::new(), None);
    assert_eq!(found.rung, Some(Rung::Compatible));
    // Inside a rope of 0.5 points the very same shift does not matter.
    let found = judged(&originals(), &moved("reference", &by), &Logs::new(), Some(0.005));
    assert_eq!(found.rung, Some(Rung::Compatible));
}

#[test]
fn a_rerun_without_a_result_is_on_no_rung() {
    let mut b = moved("reference", &[(0, 0.0), (1, 0.0)]);
    b.records[1].summary = None;
    let found = judged(&originals(), &b, &Logs::new(), None);
    assert_eq!(found.trials[1].rerun, Err("out of memory".to_owned()));
    assert_eq!((found.rung, found.is_reproduced()), (Some(Rung::Identical), false));
    b.records.remove(0);
    assert_eq!(judged(&originals(), &b, &Logs::new(), None).rung, None);
}

#[test]
fn the_first_step_value_and_tensor_that_part_are_found() {
    let parting = |log: Vec<Event>| {
        let logs = Logs::from([(("reference", 0), log)]);
        let found = judged(&originals(), &moved("reference", &[(0, 0.001)]), &logs, None);
        only(&found).trail.clone().unwrap()
    };
    let whole = ["w0", "w15", "w30"];
    let found = parting(events([1.5, 1.375, 1.0], ["w0", "w15", "x"])).parting.unwrap();
    assert_eq!((found.step, found.same_until), (20, Some(15)));
    let value = found.value.unwrap();
    assert_eq!((value.step, value.original, value.rerun), (20, 1.25, 1.375));
    let state = found.state.unwrap();
    assert_eq!((state.step, state.same_at, state.first.as_str()), (30, Some(15), "conv.weight"));
    assert_eq!((state.differing, state.tensors), (2, 3));

    let found = parting(events([1.5, 1.25, 1.0], ["x", "w15", "w30"])).parting.unwrap();
    assert_eq!((found.step, found.same_until, found.state.unwrap().step), (0, None, 0));

    // A version that records less is not another result.
    let mut short = events([1.5, 1.25, 1.0], whole);
    short.remove(2);
    short.remove(0);
    let trail = parting(short);
    assert_eq!((trail.shared, trail.states, trail.only_original, trail.only_rerun), (4, 1, 2, 0));
    assert_eq!(trail.parting, None);
    // A loss that is not a number is the same as itself.
    let nan = [f64::NAN, 1.25, 1.0];
    let found = parting(events(nan, whole)).parting.unwrap();
    assert_eq!((found.step, found.state), (10, None));
}

fn about(again: usize) -> About {
    About {
        label: "runs/batch-norm".into(),
        again,
        of: 14,
        drawn_with: Some(1),
        notes: vec!["`norm=layer.seed-3.0badcafe` is left out (edited): it was changed".into()],
    }
}

fn check(name: &str, reproduction: &Reproduction) {
    let about = about(reproduction.trials.len());
    let text = terminal(reproduction, &about, 100);
    compare_file(&format!("reproduce/{name}"), "txt", &text);
    compare_file(&format!("reproduce/{name}"), "json", &json(reproduction, &about).unwrap());
}

#[test]
fn identical_golden() {
    check("identical", &judged(&originals(), &moved("reference", &[(2, 0.0)]), &Logs::new(), None));
}

/// One of each rung, and one without a result.
#[test]
fn every_rung_golden() {
    let mut b =
        moved("reference", &[(0, 0.0), (1, 1e-6), (2, 0.003), (3, 0.05), (4, 0.0), (5, 0.0)]);
    b.diverge("reference", 4, 41);
    b.record("reference", 5).summary = None;
    for record in &mut b.records {
        let provenance = record.provenance.as_mut().unwrap();
        provenance.cpu = "another processor".into();
        provenance.binary_hash = "cd".repeat(32);
    }
    let logs = Logs::from([
        (("reference", 2), events([1.5, 1.375, 1.0], ["w0", "w15", "x"])),
        (("reference", 3), events([2.5, 2.375, 2.0], ["y", "y", "y"])),
    ]);
    check("every-rung", &judged(&originals(), &b, &logs, Some(0.005)));
}

#[test]
fn a_whole_condition_golden() {
    let by: Vec<(u64, f64)> = (0..7).map(|seed| (seed, 0.01 + 0.0001 * seed as f64)).collect();
    check("shift", &judged(&originals(), &moved("reference", &by), &Logs::new(), Some(0.005)));
}
