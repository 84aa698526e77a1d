//! What the designs promise: which conditions there are, and what an analysis may read from them.

use std::collections::{BTreeMap, BTreeSet};

use crate::common::{cards, experiment, parse, text};
use fireassay_spec::{
    Condition, Design, Experiment, Kernels, Plan, Purpose, StreamSeeds, TrialId, TrialSpec, aliases,
};

const SWITCHES: [(&str, &str, &str); 5] = [
    ("model.cnn.norm", "\"batch\"", "\"none\""),
    ("optim.lr", "0.05", "0.1"),
    ("model.cnn.dropout", "0.0", "0.5"),
    ("model.cnn.pool", "\"max\"", "\"average\""),
    ("train.batch-size", "32", "16"),
];

/// The first `k` switches, as factors with two levels. The reference is not always the first.
fn levels(k: usize) -> String {
    let factor = |(index, (key, base, other)): (usize, &(&str, &str, &str))| {
        let (first, second) = if index % 2 == 0 { (base, other) } else { (other, base) };
        format!("[[factor]]\nkey = \"{key}\"\nlevels = [{first}, {second}]\n")
    };
    SWITCHES.iter().take(k).enumerate().map(factor).collect()
}

/// The first `k` switches, as components with a replacement.
fn components(k: usize) -> String {
    let factor = |(key, _, other): &(&str, &str, &str)| {
        format!("[[factor]]\nkey = \"{key}\"\nwithout = {other}\n")
    };
    SWITCHES.iter().take(k).map(factor).collect()
}

fn crossed(seeds: &str) -> Experiment {
    let text = text("one-factor-at-a-time", seeds, &levels(1));
    parse(&text.replace("\"confirmatory\"", "\"exploratory\"")).unwrap()
}

fn fraction(k: usize, generators: &str) -> Experiment {
    let text = text("fractional-factorial", "[0]", &levels(k));
    parse(&format!("generators = {generators}\n{text}")).unwrap()
}

fn subsets(experiment: &Experiment) -> Vec<(String, Option<BTreeSet<String>>)> {
    let plan = experiment.plan(&cards());
    let subset = |c: &Condition| (c.name.clone(), experiment.subset(c));
    plan.conditions.iter().map(subset).collect()
}

fn set(names: &[&str]) -> Option<BTreeSet<String>> {
    Some(names.iter().map(|name| (*name).to_owned()).collect())
}

#[test]
fn crossed_replicates_run_through_every_combination_once() {
    // Written in another order than the streams have.
    let experiment = crossed("{ dropout = 2, split = 1, init = 3 }");
    assert_eq!(
        experiment.crossed,
        [(Purpose::Init, 3), (Purpose::Dropout, 2), (Purpose::Split, 1)]
    );
    assert_eq!(experiment.seeds, [0, 1, 2, 3, 4, 5]);
    let index = |purpose: Purpose| -> Vec<Option<u64>> {
        experiment.seeds.iter().map(|seed| experiment.stream_index(*seed, purpose)).collect()
    };
    assert_eq!(index(Purpose::Init), [0, 0, 1, 1, 2, 2].map(Some));
    assert_eq!(index(Purpose::Dropout), [0, 1, 0, 1, 0, 1].map(Some));
    assert_eq!(index(Purpose::Split), [Some(0); 6]);
    assert_eq!(index(Purpose::Order), [None; 6]);
}

#[test]
fn crossed_trials_have_the_streams_in_their_spec_and_identity() {
    let experiment = crossed("{ init = 2, order = 3 }");
    let plan = experiment.plan(&cards());
    assert!(plan.conditions.iter().all(|condition| condition.spec.streams.is_empty()));
    let trial = &plan.trials[4];
    let streams = StreamSeeds { init: Some(1), order: Some(1), ..StreamSeeds::default() };
    assert_eq!((trial.seed, trial.spec.streams), (4, streams));
    assert_eq!(trial.spec.streams.of(Purpose::Dropout, trial.seed), 4);
    let spec = TrialSpec { streams, ..plan.conditions[0].spec.clone() };
    assert_eq!(trial.id, TrialId::new(&spec, 4, &trial.dataset_hash, Kernels::USUAL));
    let ids: BTreeSet<&TrialId> = plan.trials.iter().map(|trial| &trial.id).collect();
    assert_eq!(ids.len(), 12);
}

#[test]
fn a_list_of_seeds_crosses_nothing() {
    let experiment = experiment("one-factor-at-a-time", "[4, 2]", &levels(1));
    assert!(experiment.crossed.is_empty());
    assert_eq!(experiment.stream_index(2, Purpose::Init), None);
    assert!(experiment.plan(&cards()).trials.iter().all(|trial| trial.spec.streams.is_empty()));
}

#[test]
fn added_seeds_leave_what_was_planned_as_it_is() {
    let experiment = experiment("one-factor-at-a-time", "[4, 2]", &levels(2));
    let more = experiment.with_seeds(&[9, 4, 2, 9]);
    assert_eq!(more.seeds, [2, 4, 9]);
    let ids = |e: &Experiment| -> BTreeSet<TrialId> {
        e.plan(&cards()).trials.into_iter().map(|trial| trial.id).collect()
    };
    assert!(ids(&more).is_superset(&ids(&experiment)));
    let crossed = crossed("{ init = 3 }");
    assert_eq!(crossed.with_seeds(&[7]).seeds, [0, 1, 2]);
}

/// A fraction is balanced, holds the reference, and aliases exactly what [`aliases`] says: two
/// effects are confounded if and only if their columns agree in every condition.
#[test]
fn a_fraction_confounds_what_its_alias_table_says() {
    let check = |k: usize, generators: &str, size: usize| {
        let experiment = fraction(k, generators);
        let subsets = subsets(&experiment);
        assert_eq!(subsets.len(), size);
        assert_eq!(subsets[0].0, Plan::REFERENCE);
        assert_eq!(subsets[0].1.as_ref().unwrap().len(), k);
        // +1 where an even number of the effect's factors is off.
        let column = |effect: &[String]| -> Vec<bool> {
            let off = |present: &BTreeSet<String>| {
                effect.iter().filter(|factor| !present.contains(*factor)).count()
            };
            subsets.iter().map(|(_, present)| off(present.as_ref().unwrap()) % 2 == 0).collect()
        };
        let names: Vec<String> = experiment.factors.iter().map(|f| f.name.clone()).collect();
        let table = aliases(&names, &experiment.generators);
        assert_eq!(table.effects.len(), k * (k + 1) / 2);
        for effect in &table.effects {
            let own = column(&effect.effect);
            assert_eq!(own.iter().filter(|plus| **plus).count(), size / 2, "{effect}");
            let others = table.effects.iter().map(|other| &other.effect);
            let same: Vec<&Vec<String>> =
                others.filter(|other| **other != effect.effect && column(other) == own).collect();
            assert_eq!(same, effect.with.iter().collect::<Vec<_>>(), "{effect}");
        }
        for word in &table.words {
            assert!(column(word).iter().all(|plus| *plus), "{word:?}");
        }
    };
    check(3, "[\"dropout = norm * lr\"]", 4);
    check(4, "[\"pool=norm*lr*dropout\"]", 8);
    check(5, "[\"pool = norm*lr\", \"batch-size = norm*dropout\"]", 8);
    check(5, "[\"norm = lr*dropout*pool*batch-size\"]", 16);
}

#[test]
fn a_fraction_is_part_of_the_full_factorial() {
    let full = experiment("full-factorial", "[0]", &levels(4)).plan(&cards());
    let half = fraction(4, "[\"pool = norm * lr * dropout\"]").plan(&cards());
    assert_eq!((full.conditions.len(), half.conditions.len()), (16, 8));
    assert!(half.conditions.iter().all(|condition| full.conditions.contains(condition)));
}

#[test]
fn add_one_in_keeps_one_component_and_leave_one_out_all_but_one() {
    let experiment = experiment("leave-one-out-add-one-in", "[0]", &components(3));
    let expected = [
        ("reference", set(&["norm", "lr", "dropout"])),
        ("without-norm", set(&["lr", "dropout"])),
        ("without-lr", set(&["norm", "dropout"])),
        ("without-dropout", set(&["norm", "lr"])),
        ("none", set(&[])),
        ("only-norm", set(&["norm"])),
        ("only-lr", set(&["lr"])),
        ("only-dropout", set(&["dropout"])),
    ];
    assert_eq!(subsets(&experiment), expected.map(|(name, subset)| (name.to_owned(), subset)));
}

#[test]
fn the_same_subset_is_the_same_trial_in_every_design_of_switches() {
    let by_subset = |design: &str, factors: &str| -> BTreeMap<BTreeSet<String>, TrialSpec> {
        let experiment = experiment(design, "[0]", factors);
        let conditions = experiment.plan(&cards()).conditions;
        conditions.into_iter().map(|c| (experiment.subset(&c).unwrap(), c.spec)).collect()
    };
    let full = by_subset("full-factorial", &levels(3));
    assert_eq!(full.len(), 8);
    let both = by_subset("leave-one-out-add-one-in", &components(3));
    assert_eq!(both, full, "with three components, both designs have all subsets");
    for (subset, spec) in by_subset("leave-one-out", &components(3)) {
        assert_eq!(full[&subset], spec);
    }
}

#[test]
fn only_switches_have_subsets() {
    let three = "[[factor]]\nkey = \"model.cnn.norm\"\nlevels = [\"batch\", \"layer\", \"none\"]\n";
    let twin = "[[factor]]\nkey = \"optim.lr\"\nlevels = [0.05, 0.05]\nlabels = [\"a\", \"b\"]\n\
                duplicates = [\"b\"]\n";
    for (design, factors) in [
        ("full-factorial", three.to_owned()),
        ("full-factorial", levels(1) + twin),
        ("one-factor-at-a-time", levels(2)),
    ] {
        let subsets = subsets(&experiment(design, "[0]", &factors));
        assert!(subsets.iter().all(|(_, subset)| subset.is_none()), "{design}");
    }
}

#[test]
fn numbers_are_ordered_with_the_reference_among_them() {
    let check = |levels: &str, expected: Option<&[(&str, f64)]>| {
        let text = format!("[[factor]]\nkey = \"optim.lr\"\n{levels}\n");
        let experiment = experiment("one-factor-at-a-time", "[0]", &text);
        let found = experiment.numeric_levels(&experiment.factors[0]);
        let expected = expected
            .map(|levels| levels.iter().map(|(l, v)| ((*l).to_owned(), *v)).collect::<Vec<_>>());
        assert_eq!(found, expected, "{levels}");
    };
    // [base] has 0.05.
    check("levels = [1, 0.05, 0.1]", Some(&[("0.05", 0.05), ("0.1", 0.1), ("1", 1.0)]));
    check("levels = [1, 1e-4]", Some(&[("1e-4", 1e-4), ("0.05", 0.05), ("1", 1.0)]));
    check("levels = [1, 0.05]", None);
    check("levels = [1, 0.05, 0.05]\nlabels = [\"1\", \"a\", \"b\"]\nduplicates = [\"b\"]", None);
    check(
        "levels = [1, 2, 3]\nlabels = [\"low\", \"mid\", \"0.05\"]",
        Some(&[("base", 0.05), ("low", 1.0), ("mid", 2.0), ("0.05", 3.0)]),
    );
}

#[test]
fn words_and_linked_values_are_not_ordered() {
    for factor in [
        "key = \"model.cnn.norm\"\nlevels = [\"batch\", \"layer\", \"none\"]",
        "key = \"data.train-size\"\nlevels = [\"all\", 1000, 2000, 3000]",
        "key = \"optim.clip-norm\"\nlevels = [{ max = 1.0 }, { max = 2.0 }, \"off\"]",
        "name = \"both\"\nkeys = [\"optim.lr\", \"train.batch-size\"]\n\
         levels = [[0.1, 8], [0.2, 16], [0.3, 64]]",
    ] {
        let text = format!("[[factor]]\n{factor}\n");
        let experiment = experiment("one-factor-at-a-time", "[0]", &text);
        assert_eq!(experiment.numeric_levels(&experiment.factors[0]), None, "{factor}");
    }
}

#[test]
fn designs_are_named_as_files_write_them() {
    for design in [
        Design::Explicit,
        Design::FractionalFactorial,
        Design::FullFactorial,
        Design::LeaveOneOut,
        Design::LeaveOneOutAddOneIn,
        Design::OneFactorAtATime,
    ] {
        assert_eq!(serde_json::to_value(design).unwrap(), design.name());
    }
}

#[test]
fn what_is_spoiled_or_varied_can_be_a_factor() {
    let base = "[base.data.corrupt.train]\nlabel-noise = 0.0\n[base.data.augment]\nmixup = 0.0\n";
    let factors = "[[factor]]\nkey = \"data.corrupt.train.label-noise\"\nlevels = [0.0, 0.2]\n\
                   [[factor]]\nkey = \"data.augment.mixup\"\nlevels = [0.0, 0.4]\n";
    let varied = experiment("one-factor-at-a-time", "[0]", &format!("{base}{factors}"));
    let plan = varied.plan(&cards());
    let names: Vec<&str> = plan.conditions.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names, ["reference", "label-noise=0.2", "mixup=0.4"]);
    let data = |index: usize| &plan.conditions[index].spec.data;
    assert_eq!((data(1).corrupt.train.label_noise, data(1).augment.mixup), (0.2, 0.0));
    assert_eq!((data(2).corrupt.train.label_noise, data(2).augment.mixup), (0.0, 0.4));
    // None of it, spelled out or not, is one trial.
    let norm = "[[factor]]\nkey = \"model.cnn.norm\"\nlevels = [\"batch\", \"none\"]\n";
    let plain = experiment("one-factor-at-a-time", "[0]", norm);
    assert_eq!(plain.plan(&cards()).trials[0].id, plan.trials[0].id);
}
