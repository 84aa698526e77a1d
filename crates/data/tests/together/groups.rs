//! Groups: a subject or a speaker is in one split only.

use std::collections::BTreeSet;

use fireassay_data::{DataError, Dataset, Examples, Splits};
use fireassay_spec::{DataSpec, Purpose, SplitRule, Stream, TrainSize};
use proptest::prelude::*;

use crate::made::{check_partition, check_whole, examples, is_torn, names, spec};

/// Six people with two examples of each of two classes.
#[test]
fn a_group_is_in_one_split_only() {
    let people: Vec<u32> = (0..24).map(|row| row / 4).collect();
    let labels: Vec<u32> = (0..24).map(|row| row % 2).collect();
    let spec = DataSpec { split: SplitRule::Grouped, ..spec(0.25, Some(1.0 / 3.0)) };
    let mut tested_on = BTreeSet::new();
    for seed in 0..40 {
        let splits = examples(&names(2), &labels, Some(&people)).split(&spec, seed).unwrap();
        assert_eq!((splits.train.len(), splits.val.len(), splits.test.len()), (12, 4, 8));
        check_whole(&splits, &people);
        tested_on.insert(splits.test);
    }
    assert!(tested_on.len() > 10, "of 15 pairs of people, chance chose {}", tested_on.len());
}

/// Published results stand on these rows: changing them is a change of results.
#[test]
fn the_grouped_rows_of_a_seed_stay_what_they_are() {
    let people = [0, 0, 1, 1, 1, 2, 3, 3, 4, 4, 4, 5, 5, 6, 6, 7];
    let labels = [0, 1, 0, 0, 1, 1, 0, 1, 0, 0, 0, 1, 1, 0, 1, 0];
    let spec = DataSpec { split: SplitRule::Grouped, ..spec(0.3, Some(0.25)) };
    let splits = examples(&names(2), &labels, Some(&people)).split(&spec, 11).unwrap();
    assert_eq!(splits.test, [6, 7, 13, 14]);
    assert_eq!(splits.val, [2, 3, 4, 5]);
    assert_eq!(splits.train, [0, 1, 8, 9, 10, 11, 12, 15]);
}

#[test]
fn people_of_one_class_each_are_dealt_out_in_proportion() {
    // Class 0: twelve people with five examples each, class 1: four.
    let people: Vec<u32> = (0..80).map(|row| row / 5).collect();
    let labels: Vec<u32> = people.iter().map(|&person| u32::from(person >= 12)).collect();
    let spec = DataSpec { split: SplitRule::Grouped, ..spec(0.25, Some(0.25)) };
    for seed in 0..20 {
        let splits = examples(&names(2), &labels, Some(&people)).split(&spec, seed).unwrap();
        check_whole(&splits, &people);
        let ones = |rows: &[u32]| rows.iter().filter(|&&row| labels[row as usize] == 1).count();
        assert_eq!((splits.test.len(), ones(&splits.test)), (20, 5));
        assert_eq!((splits.val.len(), ones(&splits.val)), (15, 5));
    }
}

/// Thirty people with eight examples each, of classes that each prefers in its own way.
#[test]
fn uneven_people_are_dealt_out_better_than_by_chance() {
    const PEOPLE: u32 = 30;
    let words = Stream::new(0, Purpose::Init, 0, 0).words(8 * PEOPLE as usize);
    let people: Vec<u32> = (0..8 * PEOPLE).map(|row| row / 8).collect();
    let label = |(word, person): (u32, &u32)| {
        let is_own = word % 4 != 0;
        if is_own { person % 3 } else { word / 4 % 3 }
    };
    let labels: Vec<u32> = words.into_iter().zip(&people).map(label).collect();
    let three = names(3);
    let examples = examples(&three, &labels, Some(&people));
    let counts = |rows: &mut dyn Iterator<Item = u32>| {
        let mut counts = [0.0; 3];
        rows.for_each(|row| counts[labels[row as usize] as usize] += 1.0);
        counts
    };
    let all = counts(&mut (0..8 * PEOPLE));
    // Of 48 examples, how many would have to change their class.
    let off = |counts: [f64; 3]| -> f64 {
        counts.iter().zip(all).map(|(count, all)| (count - 48.0 * all / 240.0).abs()).sum::<f64>()
            / 2.0
    };
    let (mut ours, mut chance) = (0.0, 0.0);
    for seed in 0..50 {
        let spec = DataSpec { split: SplitRule::Grouped, ..spec(0.25, Some(0.2)) };
        let splits = examples.split(&spec, seed).unwrap();
        assert_eq!(splits.test.len(), 48);
        ours += off(counts(&mut splits.test.into_iter()));
        let drawn = Stream::new(seed, Purpose::Order, 0, 0).permutation(PEOPLE as usize);
        chance += off(counts(&mut drawn[..6].iter().flat_map(|person| 8 * person..8 * person + 8)));
    }
    assert!(ours < 0.6 * chance, "{} against {} of 48", ours / 50.0, chance / 50.0);
}

#[test]
fn train_size_is_exact_whosever_examples_are_left_out() {
    let people: Vec<u32> = (0..120).map(|row| row / 12).collect();
    let labels: Vec<u32> = (0..120).map(|row| row % 3).collect();
    let spec = DataSpec { split: SplitRule::Grouped, ..spec(0.3, Some(0.3)) };
    let split = |train_size| {
        let spec = DataSpec { train_size, ..spec.clone() };
        examples(&names(3), &labels, Some(&people)).split(&spec, 2).unwrap()
    };
    let chosen = |splits: &Splits| -> BTreeSet<u32> {
        splits.train.iter().chain(&splits.val).copied().collect()
    };
    let all = split(TrainSize::All);
    let sizes = [TrainSize::Count(50), TrainSize::PerClass(11), TrainSize::Count(20)].map(split);
    assert_eq!(sizes.each_ref().map(|splits| chosen(splits).len()), [50, 33, 20]);
    for splits in &sizes {
        check_whole(splits, &people);
        assert_eq!(splits.test, all.test);
        assert!(chosen(splits).is_subset(&chosen(&all)));
    }
    assert!(chosen(&sizes[2]).is_subset(&chosen(&sizes[0])));
}

#[test]
fn leaks_are_named_and_need_to_be_asked_for() {
    let labels: Vec<u32> = (0..12).map(|row| row % 2).collect();
    let people: Vec<u32> = [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 2, 5].to_vec();
    let two = names(2);
    let check = |examples: Examples<'_>, spec: &DataSpec, expected: &str| {
        let error = examples.split(spec, 0).unwrap_err();
        assert!(matches!(error, DataError::Leak { .. }));
        assert_eq!(error.to_string(), format!("dataset `made`: {expected}"));
    };
    let rule = |split, fraction| DataSpec { split, ..spec(0.3, fraction) };
    check(
        examples(&two, &labels, Some(&people)),
        &rule(SplitRule::Stratified, Some(0.3)),
        "it says whose each example is, and a split that ignores it leaks; set `split` to \
         \"grouped\" or to \"stratified-across-groups\"",
    );
    check(
        examples(&two, &labels, None),
        &rule(SplitRule::Grouped, Some(0.3)),
        "it does not say whose each example is, so nothing can be grouped",
    );
    let own = Examples { num_train: 10, ..examples(&two, &labels, Some(&people)) };
    check(
        own,
        &rule(SplitRule::Grouped, None),
        "its test examples are not of others than its train examples: example 0 of test and \
         example 4 of train are of one group",
    );
    // Person 2 is of one class in train and of another in test, which is not seen.
    let seen: Vec<u32> =
        (0..12).map(|row| if row == 10 { Dataset::NO_CLASS } else { labels[row] }).collect();
    let grouped = rule(SplitRule::Grouped, None);
    assert_eq!(Examples { labels: &seen, ..own }.split(&grouped, 0).unwrap().test, [11]);
    let across = rule(SplitRule::StratifiedAcrossGroups, None);
    let stratified = Examples { groups: None, ..own }.split(&spec(0.3, None), 0).unwrap();
    assert_eq!(own.split(&across, 0).unwrap(), stratified);
    let few = Examples { groups: Some(&[0; 12]), ..examples(&two, &labels, None) };
    let error = few.split(&rule(SplitRule::Grouped, Some(0.3)), 0).unwrap_err();
    assert!(matches!(error, DataError::EmptyClass { split: "test", .. }), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn groups_are_whole_and_sizes_within_one_group(
        people in prop::collection::vec((1usize..9, 0u32..3, any::<bool>()), 6..30),
        seed: u64,
        (val, test) in (0.1f64..0.6, 0.1f64..0.6),
    ) {
        // A person has one class, or all in turn.
        let (mut labels, mut groups) = (Vec::new(), Vec::new());
        for ((size, class, is_mixed), person) in people.iter().copied().zip(0..) {
            for example in 0..size as u32 {
                labels.push(if is_mixed { (class + example) % 3 } else { class });
                groups.push(person);
            }
        }
        let spec = DataSpec { split: SplitRule::Grouped, ..spec(val, Some(test)) };
        let three = names(3);
        let examples = examples(&three, &labels, Some(&groups));
        let Ok(splits) = examples.split(&spec, seed) else {
            return Ok(()); // some class is in too few groups
        };
        check_partition(&splits, labels.len());
        prop_assert!(!is_torn(&splits, &groups));
        let largest = people.iter().map(|(size, _, _)| *size).max().unwrap();
        let within = |found: usize, of: usize, share: f64| {
            (found as f64 - of as f64 * share).abs() <= largest as f64
        };
        let rest = labels.len() - splits.test.len();
        prop_assert!(within(splits.test.len(), labels.len(), test));
        prop_assert!(within(splits.val.len(), rest, val));
        prop_assert_eq!(examples.split(&spec, seed).unwrap(), splits);
    }
}
