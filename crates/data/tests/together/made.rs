//! Made-up examples, and what every split of them must hold.

use std::collections::{BTreeMap, BTreeSet};

use fireassay_data::{Dataset, Examples, Splits};
use fireassay_spec::{
    DataFormat, DataSpec, DatasetCard, Duplicates, ExampleCounts, FileCard, SplitRule, TrainSize,
};

#[track_caller]
pub(crate) fn check_whole(splits: &Splits, groups: &[u32]) {
    assert!(!is_torn(splits, groups), "{splits:?}");
    check_partition(splits, groups.len());
}

pub(crate) fn is_torn(splits: &Splits, groups: &[u32]) -> bool {
    let sets = [&splits.train, &splits.val, &splits.test]
        .map(|rows| rows.iter().map(|&row| groups[row as usize]).collect::<BTreeSet<u32>>());
    let [train, val, test] = &sets;
    !(train.is_disjoint(val) && train.is_disjoint(test) && val.is_disjoint(test))
}

/// No row twice, none out of range, every list sorted.
#[track_caller]
pub(crate) fn check_partition(splits: &Splits, num_rows: usize) {
    let lists = [&splits.train, &splits.val, &splits.test];
    assert!(lists.iter().all(|rows| rows.is_sorted()));
    let rows: BTreeSet<u32> = lists.into_iter().flatten().copied().collect();
    assert_eq!(rows.len(), lists.iter().map(|rows| rows.len()).sum::<usize>());
    assert!(rows.iter().all(|&row| (row as usize) < num_rows));
}

pub(crate) fn spec(val_fraction: f64, test_fraction: Option<f64>) -> DataSpec {
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

pub(crate) fn names(num_classes: usize) -> Vec<String> {
    (0..num_classes).map(|class| format!("c{class}")).collect()
}

/// Without test examples of its own.
pub(crate) fn examples<'a>(
    classes: &'a [String],
    labels: &'a [u32],
    groups: Option<&'a [u32]>,
) -> Examples<'a> {
    let num_train = labels.len();
    Examples { dataset: "made", classes, labels, num_train, groups, duplicates: &[] }
}

/// One value per example, the last `num_test` of them for the test.
pub(crate) fn dataset(
    num_classes: usize,
    values: &[f32],
    labels: &[u32],
    num_test: usize,
) -> Dataset {
    let named = ["train", "test"].map(str::to_owned);
    let card = DatasetCard {
        files: named[..if num_test > 0 { 2 } else { 1 }]
            .iter()
            .map(|path| FileCard { path: path.clone(), ..FileCard::default() })
            .collect(),
        ..DatasetCard::new(
            "made",
            vec![1],
            names(num_classes),
            ExampleCounts { train: labels.len() - num_test, test: num_test },
            DataFormat::Csv {
                train: named[0].clone(),
                test: (num_test > 0).then(|| named[1].clone()),
                skip_lines: 0,
            },
        )
    };
    Dataset::from_values(&card, values.to_vec(), labels.to_vec()).expect("it fits the card")
}
