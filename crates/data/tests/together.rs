//! What a split keeps together: groups, and examples with the same input; and class subsets.

use std::collections::{BTreeMap, BTreeSet};

use fireassay_data::{DataError, Dataset, Examples, Splits};
use fireassay_spec::{
    ClassRef, CorruptSpec, Corruption, DataFormat, DataSpec, DatasetCard, Duplicates,
    ExampleCounts, FileCard, Normalise, SplitRule, TrainSize,
};
use proptest::prelude::*;

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
    let across = rule(SplitRule::StratifiedAcrossGroups, None);
    let stratified = Examples { groups: None, ..own }.split(&spec(0.3, None), 0).unwrap();
    assert_eq!(own.split(&across, 0).unwrap(), stratified);
    let few = Examples { groups: Some(&[0; 12]), ..examples(&two, &labels, None) };
    let error = few.split(&rule(SplitRule::Grouped, Some(0.3)), 0).unwrap_err();
    assert!(matches!(error, DataError::EmptyClass { split: "test", .. }), "{error}");
}

#[test]
fn equal_inputs_are_found_whatever_their_labels() {
    let values = [1.0, 2.0, 1.0, -0.0, 2.0, 0.0, 5.0, 1.0];
    let dataset = dataset(2, &values, &[0, 0, 1, 0, 1, 1, 0, 1], 0);
    assert_eq!(dataset.duplicates(), [vec![0, 2, 7], vec![1, 4], vec![3, 5]]);
}

#[test]
fn equal_examples_stay_together_or_are_dropped_or_may_leak() {
    // Values 0 to 9 twice, with both labels, and twenty that are there once.
    let values: Vec<f32> =
        (0..40u8).map(|row| f32::from(if row < 20 { row % 10 } else { row })).collect();
    let labels: Vec<u32> = (0..40).map(|row| u32::from(row >= 10) ^ (row % 2)).collect();
    let dataset = dataset(2, &values, &labels, 0);
    let mut torn_at_some_seed = false;
    for seed in 0..10 {
        let with = |duplicates| DataSpec { duplicates, ..spec(0.25, Some(0.25)) };
        let twins: Vec<u32> = (0..40).map(|row| values[row as usize] as u32).collect();
        let splits = dataset.split(&with(Duplicates::KeepTogether), seed).unwrap();
        check_whole(&splits, &twins);
        let sizes = |splits: &Splits| [&splits.train, &splits.val, &splits.test].map(Vec::len);
        assert_eq!(sizes(&splits).iter().sum::<usize>(), 40);
        assert!(splits.test.len().abs_diff(10) <= 1 && splits.val.len().abs_diff(8) <= 1);

        let splits = dataset.split(&with(Duplicates::Drop), seed).unwrap();
        let kept: BTreeSet<u32> =
            [splits.train, splits.val, splits.test].concat().into_iter().collect();
        assert_eq!(kept, (0..10).chain(20..40).collect(), "the first of each pair");

        let splits = dataset.split(&with(Duplicates::Allow), seed).unwrap();
        assert_eq!(sizes(&splits), [22, 8, 10]);
        torn_at_some_seed |= is_torn(&splits, &twins);
    }
    assert!(torn_at_some_seed);
}

#[test]
fn an_official_test_example_that_is_a_train_example_is_an_error() {
    let values = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 3.0, 8.0, 8.0, 1.0];
    let dataset = dataset(2, &values, &[0, 1, 1, 1, 0, 1, 0, 0, 0, 1], 4);
    let with = |duplicates| DataSpec { duplicates, ..spec(0.4, None) };
    assert_eq!(
        dataset.split(&with(Duplicates::KeepTogether), 0).unwrap_err().to_string(),
        "dataset `made`: 2 of its test examples are also train examples, 1 with another label (the \
         first is example 3 of test, example 1 of train, `c1`); set `duplicates` to \"drop\" to \
         leave them out of train, or to \"allow\"",
    );
    let splits = dataset.split(&with(Duplicates::Drop), 0).unwrap();
    assert_eq!(splits.test, [6, 7, 8, 9]);
    let learned: BTreeSet<u32> = [splits.train, splits.val].concat().into_iter().collect();
    assert_eq!(learned, [0, 2, 4, 5].into());
    let splits = dataset.split(&with(Duplicates::Allow), 0).unwrap();
    assert_eq!(splits.train.len() + splits.val.len(), 6);
}

#[test]
fn classes_that_are_not_seen_are_in_no_split_and_inputs_stay_in_place() {
    let labels: Vec<u32> = (0..60).map(|row| row % 5).collect();
    let values: Vec<f32> = (0..60u8).map(f32::from).collect();
    let whole = dataset(5, &values, &labels, 10);
    let named =
        |texts: &[&str]| texts.iter().map(|text| ClassRef::Name((*text).to_owned())).collect();
    let spec = DataSpec {
        classes: named(&["c4", "c1", "c2"]),
        relabel: BTreeMap::from([("c2".to_owned(), "c4".to_owned())]),
        ..spec(0.25, None)
    };
    let seen = whole.of_classes(&spec).unwrap();
    assert_eq!((seen.classes(), seen.num_classes()), (&["c4".to_owned(), "c1".to_owned()][..], 2));
    let splits = seen.split(&spec, 0).unwrap();
    assert_eq!(splits.test, [51, 52, 54, 56, 57, 59]);
    let rows = [&splits.train[..], &splits.val, &splits.test].concat();
    assert_eq!(rows.len(), 36);
    let (mut inputs, mut found) = (Vec::new(), Vec::new());
    seen.gather(&rows, &mut inputs, &mut found);
    for ((row, input), label) in rows.iter().zip(inputs).zip(found) {
        assert_eq!(input, values[*row as usize]);
        let expected = [None, Some(1), Some(0), None, Some(0)][(row % 5) as usize];
        assert_eq!(Some(label), expected, "row {row}");
    }
    // Of 24 examples to learn from, a quarter gets another of the two labels that are left.
    let noise = Corruption { label_noise: 0.25, ..Corruption::default() };
    let corrupt = CorruptSpec { train: noise, test: Corruption::default() };
    let spoiled = seen.clone().into_owned().corrupted(&corrupt, &splits, 0);
    assert_eq!(spoiled.flipped.len(), 6 + 2);
    for flipped in spoiled.flipped {
        assert_eq!(flipped.from, seen.labels()[flipped.row as usize]);
        assert_eq!(flipped.to, 1 - flipped.from);
    }
    let absent = DataSpec { classes: vec![ClassRef::Index(3), ClassRef::Index(4)], ..spec.clone() };
    let absent = DataSpec { relabel: BTreeMap::new(), ..absent };
    let without_test = dataset(5, &values[..52], &labels[..52], 2);
    let error = without_test.of_classes(&absent).unwrap().split(&absent, 0).unwrap_err();
    assert_eq!(
        error.to_string(),
        "dataset `made` has no test examples of these classes; choose others",
    );
    let wrong = DataSpec { classes: named(&["c1", "d", "c1"]), ..spec };
    assert_eq!(
        whole.of_classes(&wrong).unwrap_err().to_string(),
        "the classes of dataset `made`: dataset `made` has no class `d`; class `c1` is listed \
         twice; class `c2` is not among `classes`",
    );
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

    /// Classes that are left out might as well not be in the files.
    #[test]
    fn a_subset_is_the_dataset_without_the_others(
        labels in prop::collection::vec(0u32..4, 40..90),
        seed: u64,
        (first, other) in (0usize..4, 1usize..4),
    ) {
        let chosen = [first, (first + other) % 4];
        let values: Vec<f32> = (0..labels.len() as u16).map(f32::from).collect();
        let spec = DataSpec {
            classes: chosen.map(ClassRef::Index).to_vec(),
            ..spec(0.3, Some(0.3))
        };
        let dataset = dataset(4, &values, &labels, 0);
        let seen = dataset.of_classes(&spec).unwrap();
        let of = |label: u32| chosen.iter().position(|&class| class == label as usize);
        let kept: Vec<u32> = (0..).zip(&labels).filter(|(_, l)| of(**l).is_some()).map(|(r, _)| r).collect();
        let kept_labels: Vec<u32> =
            kept.iter().map(|&row| of(labels[row as usize]).unwrap() as u32).collect();
        let kept_values: Vec<f32> = kept.iter().map(|&row| values[row as usize]).collect();
        let (Ok(found), Ok(expected)) = (
            seen.split(&spec, seed),
            self::dataset(2, &kept_values, &kept_labels, 0).split(&spec, seed),
        ) else {
            return Ok(()); // too few for every split
        };
        let back = |rows: &[u32]| -> Vec<u32> { rows.iter().map(|&row| kept[row as usize]).collect() };
        prop_assert_eq!(found.train, back(&expected.train));
        prop_assert_eq!(found.val, back(&expected.val));
        prop_assert_eq!(found.test, back(&expected.test));
        for row in kept {
            prop_assert_eq!(Some(seen.labels()[row as usize] as usize), of(labels[row as usize]));
        }
    }
}

#[track_caller]
fn check_whole(splits: &Splits, groups: &[u32]) {
    assert!(!is_torn(splits, groups), "{splits:?}");
    check_partition(splits, groups.len());
}

fn is_torn(splits: &Splits, groups: &[u32]) -> bool {
    let sets = [&splits.train, &splits.val, &splits.test]
        .map(|rows| rows.iter().map(|&row| groups[row as usize]).collect::<BTreeSet<u32>>());
    let [train, val, test] = &sets;
    !(train.is_disjoint(val) && train.is_disjoint(test) && val.is_disjoint(test))
}

/// No row twice, none out of range, every list sorted.
#[track_caller]
fn check_partition(splits: &Splits, num_rows: usize) {
    let lists = [&splits.train, &splits.val, &splits.test];
    assert!(lists.iter().all(|rows| rows.is_sorted()));
    let rows: BTreeSet<u32> = lists.into_iter().flatten().copied().collect();
    assert_eq!(rows.len(), lists.iter().map(|rows| rows.len()).sum::<usize>());
    assert!(rows.iter().all(|&row| (row as usize) < num_rows));
}

fn spec(val_fraction: f64, test_fraction: Option<f64>) -> DataSpec {
    DataSpec {
        dataset: "made".to_owned(),
        train_size: TrainSize::All,
        val_fraction,
        test_fraction,
        classes: Vec::new(),
        relabel: BTreeMap::new(),
        split: SplitRule::Stratified,
        duplicates: Duplicates::KeepTogether,
        corrupt: Default::default(),
        augment: Default::default(),
    }
}

fn names(num_classes: usize) -> Vec<String> {
    (0..num_classes).map(|class| format!("c{class}")).collect()
}

/// Without test examples of its own.
fn examples<'a>(
    classes: &'a [String],
    labels: &'a [u32],
    groups: Option<&'a [u32]>,
) -> Examples<'a> {
    let num_train = labels.len();
    Examples { dataset: "made", classes, labels, num_train, groups, duplicates: &[] }
}

/// One value per example, the last `num_test` of them for the test.
fn dataset(num_classes: usize, values: &[f32], labels: &[u32], num_test: usize) -> Dataset {
    let named = ["train", "test"].map(str::to_owned);
    let card = DatasetCard {
        schema: 1,
        name: "made".to_owned(),
        title: String::new(),
        licence: String::new(),
        source: String::new(),
        selection: String::new(),
        citation: String::new(),
        shape: vec![1],
        classes: names(num_classes),
        examples: ExampleCounts { train: labels.len() - num_test, test: num_test },
        normalise: Normalise { divisor: 1.0, mean: vec![0.0], std: vec![1.0] },
        format: DataFormat::Csv {
            train: named[0].clone(),
            test: (num_test > 0).then(|| named[1].clone()),
            skip_lines: 0,
        },
        files: named[..if num_test > 0 { 2 } else { 1 }]
            .iter()
            .map(|path| FileCard { path: path.clone(), ..FileCard::default() })
            .collect(),
    };
    Dataset::from_values(&card, values.to_vec(), labels.to_vec()).unwrap()
}
