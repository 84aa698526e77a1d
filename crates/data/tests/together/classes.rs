//! Classes that are chosen and renamed.

use std::collections::BTreeMap;

use fireassay_spec::{ClassRef, CorruptSpec, Corruption, DataSpec};
use proptest::prelude::*;

use crate::made::{dataset, spec};

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
            crate::made::dataset(2, &kept_values, &kept_labels, 0).split(&spec, seed),
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

    #[test]
    fn new_names_are_a_function_of_the_old(
        labels in prop::collection::vec(0u32..5, 1..60),
        chosen in Just(vec![0usize, 1, 2, 3, 4]).prop_shuffle(),
        count in 2usize..6,
        renamed in prop::collection::btree_map(0usize..5, 0usize..7, 0..5),
    ) {
        let chosen = &chosen[..count];
        let renamed = renamed.into_iter().filter(|(old, _)| chosen.contains(old));
        let relabel: BTreeMap<String, String> =
            renamed.map(|(old, new)| (format!("c{old}"), format!("c{new}"))).collect();
        let classes = chosen.iter().copied().map(ClassRef::Index).collect();
        let spec = DataSpec { classes, relabel: relabel.clone(), ..spec(0.3, Some(0.3)) };
        let new_name = |old: usize| {
            let own = format!("c{old}");
            relabel.get(&own).cloned().unwrap_or(own)
        };
        let mut order: Vec<String> = Vec::new();
        for &old in chosen {
            if !order.contains(&new_name(old)) {
                order.push(new_name(old));
            }
        }
        let values: Vec<f32> = (0..labels.len() as u16).map(f32::from).collect();
        let whole = dataset(5, &values, &labels, 0);
        let Ok(seen) = whole.of_classes(&spec) else {
            prop_assert_eq!(order.len(), 1);
            return Ok(());
        };
        prop_assert_eq!(seen.classes(), order);
        for (&old, &new) in labels.iter().zip(seen.labels()) {
            let name = seen.classes().get(new as usize).cloned();
            prop_assert_eq!(name, chosen.contains(&(old as usize)).then(|| new_name(old as usize)));
        }
    }
}
