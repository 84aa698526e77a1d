//! Splits of made-up class sizes and of a committed dataset.

use std::path::Path;

use fireassay_data::{DataError, Dataset, Splits, open};
use fireassay_spec::{DataFormat, DataSpec, DatasetCard, ExampleCounts, FileCard, TrainSize};
use proptest::prelude::*;

#[test]
fn sizes_are_exact_and_classes_in_proportion() {
    let dataset = with_classes(&[50, 30, 20], 0);
    let spec = spec(TrainSize::Count(40), 0.25, Some(0.2));
    let splits = dataset.split(&spec, 3).unwrap();
    assert_eq!(per_class(&dataset, &splits.test), [10, 6, 4]);
    assert_eq!(per_class(&dataset, &splits.val), [5, 3, 2]);
    assert_eq!(per_class(&dataset, &splits.train), [15, 9, 6]);
    check_partition(&dataset, &splits);

    let all = dataset.split(&DataSpec { train_size: TrainSize::All, ..spec.clone() }, 3).unwrap();
    assert_eq!((all.train.len(), all.val.len(), all.test.len()), (60, 20, 20));
    let each = DataSpec { train_size: TrainSize::PerClass(8), ..spec };
    let each = dataset.split(&each, 3).unwrap();
    assert_eq!(per_class(&dataset, &each.train), [6, 6, 6]);
    assert_eq!(per_class(&dataset, &each.val), [2, 2, 2]);
    assert_eq!(each.test, all.test);
}

#[test]
fn own_test_examples_are_taken_as_they_are() {
    let dataset = with_classes(&[10, 10], 7);
    let splits = dataset.split(&spec(TrainSize::All, 0.5, None), 0).unwrap();
    assert_eq!(splits.test, (20..27).collect::<Vec<u32>>());
    assert_eq!((splits.train.len(), splits.val.len()), (10, 10));
    check_partition(&dataset, &splits);
}

#[test]
fn a_seed_decides_everything_and_seeds_differ() {
    let dataset = with_classes(&[40, 40], 0);
    let spec = spec(TrainSize::Count(30), 0.2, Some(0.25));
    let splits = dataset.split(&spec, 1).unwrap();
    assert_eq!(dataset.split(&spec, 1).unwrap(), splits);
    let other = dataset.split(&spec, 2).unwrap();
    assert!(other.train != splits.train && other.val != splits.val && other.test != splits.test);
}

/// Published results stand on these rows: changing them is a change of results.
#[test]
fn the_rows_of_a_seed_stay_what_they_are() {
    let dataset = with_classes(&[8, 6], 0);
    let splits = dataset.split(&spec(TrainSize::Count(8), 0.25, Some(0.3)), 11).unwrap();
    assert_eq!(splits.test, [1, 3, 4, 8]);
    assert_eq!(splits.val, [0, 5]);
    assert_eq!(splits.train, [2, 7, 9, 10, 12, 13]);
}

#[test]
fn neither_val_nor_train_size_moves_the_test_rows() {
    let dataset = with_classes(&[30, 25], 0);
    let test = |size, val| dataset.split(&spec(size, val, Some(0.2)), 5).unwrap().test;
    let expected = test(TrainSize::All, 0.2);
    assert_eq!(test(TrainSize::Count(12), 0.2), expected);
    assert_eq!(test(TrainSize::PerClass(9), 0.4), expected);
}

#[test]
fn every_infeasible_split_is_named() {
    let check = |dataset: &Dataset, spec: DataSpec, expected: &str| {
        assert_eq!(dataset.split(&spec, 0).unwrap_err().to_string(), expected);
    };
    let all = TrainSize::All;
    let own = with_classes(&[10, 10], 5);
    let none = with_classes(&[10, 4], 0);
    check(
        &own,
        spec(all, 0.2, Some(0.2)),
        "dataset `made` has test examples of its own; remove `test-fraction`",
    );
    check(
        &none,
        spec(all, 0.2, None),
        "dataset `made` has no test examples of its own; set `test-fraction`",
    );
    for value in [0.0, 1.0, -0.5, f64::NAN, f64::INFINITY] {
        let message = format!("is {value}, expected a number above 0 and below 1");
        check(&own, spec(all, value, None), &format!("`val-fraction` {message}"));
        check(&none, spec(all, 0.2, Some(value)), &format!("`test-fraction` {message}"));
    }
    check(
        &none,
        spec(TrainSize::Count(12), 0.2, Some(0.2)),
        "`train-size` asks for 12 examples, dataset `made` has 11",
    );
    check(
        &none,
        spec(TrainSize::PerClass(4), 0.2, Some(0.2)),
        "`train-size` asks for 4 examples of class `c1`, dataset `made` has 3",
    );
    check(
        &none,
        spec(TrainSize::PerClass(2), 0.2, Some(0.2)),
        "class `c1` of dataset `made` gets no val example; raise `train-size` or `val-fraction`",
    );
    check(
        &none,
        spec(TrainSize::PerClass(1), 0.9, Some(0.2)),
        "class `c0` of dataset `made` gets no train example; raise `train-size` or lower \
         `val-fraction`",
    );
    check(
        &none,
        spec(all, 0.2, Some(0.05)),
        "class `c1` of dataset `made` gets no test example; raise `test-fraction`",
    );
    check(
        &own,
        spec(TrainSize::Count(0), 0.2, None),
        "class `c0` of dataset `made` gets no val example; raise `train-size` or `val-fraction`",
    );
}

#[test]
fn values_made_in_memory_must_fit_their_card() {
    let card = card(&[2, 2], 0);
    let message = |values: usize, labels: &[u32]| {
        let error = Dataset::from_values(&card, vec![0.0; values], labels.to_vec()).unwrap_err();
        assert!(matches!(error, DataError::Card { .. }));
        error.to_string()
    };
    let wrong = "the card of dataset `made`: 4 examples of shape [1] expected";
    assert_eq!(message(3, &[0; 4]), format!("{wrong}, 3 values and 4 labels given"));
    assert_eq!(message(4, &[0; 5]), format!("{wrong}, 4 values and 5 labels given"));
    assert!(message(4, &[0, 1, 2, 0]).ends_with("label 2 given, there are 2 classes"));
}

/// The sizes that the `digits` experiments use: 10 classes of 174 to 183.
#[test]
fn digits_split_in_proportion() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../datasets/digits");
    let card = std::fs::read_to_string(folder.join("dataset.toml")).unwrap();
    let dataset = open(&toml::from_str(&card).unwrap(), &folder).unwrap();
    let splits = dataset.split(&spec(TrainSize::Count(200), 0.2, Some(0.3)), 0).unwrap();
    assert_eq!((splits.train.len(), splits.val.len(), splits.test.len()), (160, 40, 539));
    check_partition(&dataset, &splits);
    for (rows, share) in [(&splits.train, 16), (&splits.val, 4), (&splits.test, 54)] {
        let counts = per_class(&dataset, rows);
        assert!(counts.iter().all(|n| n.abs_diff(share) <= 2), "{counts:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn splits_partition_and_nest(
        classes in prop::collection::vec(6usize..40, 1..6),
        seed: u64,
        (small, large) in (0usize..=100, 0usize..=100),
        fractions in (0.05f64..0.6, 0.05f64..0.6),
    ) {
        let dataset = with_classes(&classes, 0);
        let total: usize = classes.iter().sum();
        let num_test = (total as f64 * fractions.1).round() as usize;
        let size = |percent: usize| (total - num_test) * percent / 100;
        let (small, large) = (size(small.min(large)), size(small.max(large)));
        let split = |n| dataset.split(&spec(TrainSize::Count(n), fractions.0, Some(fractions.1)), seed);
        let (Ok(small_split), Ok(large_split)) = (split(small), split(large)) else {
            return Ok(()); // too small for every class to be in every split
        };
        for (splits, n) in [(&small_split, small), (&large_split, large)] {
            check_partition(&dataset, splits);
            prop_assert_eq!(splits.test.len(), num_test);
            prop_assert_eq!(splits.val.len(), (n as f64 * fractions.0).round() as usize);
            prop_assert_eq!(splits.train.len() + splits.val.len(), n);
        }
        prop_assert_eq!(&small_split.test, &large_split.test);
        let chosen = |splits: &Splits| [&splits.train[..], &splits.val].concat();
        let larger = chosen(&large_split);
        prop_assert!(chosen(&small_split).iter().all(|row| larger.contains(row)));
    }
}

/// No row twice, none out of range, every list sorted.
fn check_partition(dataset: &Dataset, splits: &Splits) {
    let lists = [&splits.train, &splits.val, &splits.test];
    assert!(lists.iter().all(|rows| rows.is_sorted()));
    let mut rows: Vec<u32> = lists.into_iter().flatten().copied().collect();
    let n = rows.len();
    rows.sort_unstable();
    rows.dedup();
    assert_eq!(rows.len(), n);
    assert!(rows.iter().all(|&row| (row as usize) < dataset.len()));
}

fn per_class(dataset: &Dataset, rows: &[u32]) -> Vec<usize> {
    let mut counts = vec![0; dataset.num_classes()];
    rows.iter().for_each(|&row| counts[dataset.labels()[row as usize] as usize] += 1);
    counts
}

fn spec(train_size: TrainSize, val_fraction: f64, test_fraction: Option<f64>) -> DataSpec {
    DataSpec {
        dataset: "made".to_owned(),
        train_size,
        val_fraction,
        test_fraction,
        classes: Vec::new(),
        relabel: Default::default(),
        split: Default::default(),
        duplicates: Default::default(),
        corrupt: Default::default(),
        augment: Default::default(),
    }
}

/// One value per example, this many examples per class, mixed; then test examples of class 0.
fn with_classes(classes: &[usize], num_test: usize) -> Dataset {
    let card = card(classes, num_test);
    let mut left = classes.to_vec();
    let mut labels: Vec<u32> = Vec::new();
    while labels.len() < card.examples.train {
        for (class, left) in (0..).zip(&mut left) {
            if *left > 0 {
                *left -= 1;
                labels.push(class);
            }
        }
    }
    labels.resize(card.examples.train + num_test, 0);
    let values = (0..labels.len()).map(|row| row as f32).collect();
    Dataset::from_values(&card, values, labels).expect("one value and label per example")
}

fn card(classes: &[usize], num_test: usize) -> DatasetCard {
    let named = ["train", "test"].map(str::to_owned);
    let files = if num_test == 0 { &named[..1] } else { &named[..] };
    DatasetCard {
        files: files
            .iter()
            .map(|path| FileCard { path: path.clone(), ..FileCard::default() })
            .collect(),
        ..DatasetCard::new(
            "made",
            vec![1],
            (0..classes.len()).map(|class| format!("c{class}")).collect(),
            ExampleCounts { train: classes.iter().sum(), test: num_test },
            DataFormat::Csv {
                train: named[0].clone(),
                test: (num_test > 0).then(|| named[1].clone()),
                skip_lines: 0,
            },
        )
    }
}
