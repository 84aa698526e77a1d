//! Spoiled and varied examples: exact shares, nested sets, and ways that do not move each other.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use fireassay_data::{Augment, Corrupted, Dataset, Mixed, Splits};
use fireassay_spec::{
    AugmentSpec, CorruptSpec, Corruption, DataFormat, DatasetCard, ExampleCounts, FileCard,
    Normalise,
};

const ROWS: usize = 400;
const CLASSES: usize = 4;

/// Images of `[2, 4, 5]` whose values say where they are, normalised by 2.
fn dataset() -> Dataset {
    let card = DatasetCard {
        normalise: Normalise { divisor: 1.0, mean: vec![1.0, 3.0], std: vec![2.0, 2.0] },
        files: ["a", "b"].map(|path| FileCard { path: path.into(), ..FileCard::default() }).into(),
        ..DatasetCard::new(
            "made",
            vec![2, 4, 5],
            (0..CLASSES).map(|class| class.to_string()).collect(),
            ExampleCounts { train: 300, test: 100 },
            DataFormat::Csv { train: "a".into(), test: Some("b".into()), skip_lines: 0 },
        )
    };
    let values = (0..ROWS * 40).map(|index| (index % 997) as f32 / 100.0).collect();
    let labels = (0..ROWS).map(|row| (row % CLASSES) as u32).collect();
    Dataset::from_values(&card, values, labels).unwrap()
}

fn splits() -> Splits {
    Splits { train: (0..200).collect(), val: (200..280).collect(), test: (300..400).collect() }
}

fn spoiled(train: Corruption) -> Corrupted {
    let spec = CorruptSpec { train, ..CorruptSpec::default() };
    dataset().corrupted(&spec, &splits(), 3)
}

fn item(dataset: &Dataset, row: u32) -> Vec<f32> {
    let (mut inputs, mut labels) = (Vec::new(), Vec::new());
    dataset.gather(&[row], &mut inputs, &mut labels);
    inputs
}

/// Rows whose values are not those of the files.
fn moved(dataset: &Dataset) -> BTreeSet<u32> {
    let before = self::dataset();
    (0..ROWS as u32).filter(|&row| item(dataset, row) != item(&before, row)).collect()
}

fn none() -> Corruption {
    Corruption::default()
}

#[test]
fn labels_flip_in_exact_shares_to_any_other_class() {
    let before = dataset();
    let found = spoiled(Corruption { label_noise: 0.25, ..none() });
    let rows: Vec<u32> = found.flipped.iter().map(|flipped| flipped.row).collect();
    let count = |range: std::ops::Range<u32>| rows.iter().filter(|row| range.contains(row)).count();
    assert_eq!((count(0..200), count(200..280), rows.len()), (50, 20, 70));
    for flipped in &found.flipped {
        assert_eq!(flipped.from, before.labels()[flipped.row as usize]);
        assert_ne!(flipped.from, flipped.to);
    }
    let changed = (0..ROWS).filter(|&row| found.dataset.labels()[row] != before.labels()[row]);
    assert_eq!(changed.map(|row| row as u32).collect::<Vec<_>>(), rows);
    let all = spoiled(Corruption { label_noise: 1.0, ..none() });
    for class in 0..CLASSES as u32 {
        let to =
            |other: u32| all.flipped.iter().filter(|f| f.from == class && f.to == other).count();
        let counts: Vec<usize> = (0..CLASSES as u32).map(to).collect();
        assert_eq!(counts[class as usize], 0);
        // 70 of a class, a third to each other one: 4 standard deviations are 16.
        assert!(counts.iter().filter(|count| (8..=39).contains(*count)).count() == 3, "{counts:?}");
    }
    assert!(moved(&found.dataset).is_empty());
}

#[test]
fn a_larger_share_spoils_what_a_smaller_one_does() {
    let rows = |share: f64| -> BTreeSet<(u32, u32)> {
        let found = spoiled(Corruption { label_noise: share, ..none() });
        found.flipped.into_iter().map(|flipped| (flipped.row, flipped.to)).collect()
    };
    let outliers = |share: f64| -> BTreeSet<u32> {
        spoiled(Corruption { outliers: share, ..none() }).outliers.into_iter().collect()
    };
    for (less, more) in [(0.0, 0.1), (0.1, 0.3), (0.3, 1.0)] {
        assert!(rows(less).is_subset(&rows(more)));
        assert!(outliers(less).is_subset(&outliers(more)));
    }
    assert_eq!((rows(0.0).len(), rows(1.0).len(), outliers(0.1).len()), (0, 280, 28));
}

#[test]
fn one_way_of_spoiling_does_not_move_another() {
    let alone = spoiled(Corruption { label_noise: 0.2, ..none() });
    let both = spoiled(Corruption { label_noise: 0.2, noise: 0.5, outliers: 0.1, ..none() });
    assert_eq!(alone.flipped, both.flipped);
    let outliers = spoiled(Corruption { outliers: 0.1, ..none() });
    assert_eq!(outliers.outliers, both.outliers);
    for &row in &both.outliers {
        assert_eq!(item(&outliers.dataset, row), item(&both.dataset, row));
    }
    let other = dataset().corrupted(
        &CorruptSpec { train: Corruption { label_noise: 0.2, ..none() }, test: none() },
        &splits(),
        4,
    );
    assert_ne!(alone.flipped, other.flipped);
}

#[test]
fn train_and_test_are_spoiled_apart() {
    let brighter = Corruption { brightness: 0.5, ..none() };
    let train = spoiled(brighter.clone());
    assert_eq!(moved(&train.dataset), (0..280).collect());
    let spec = CorruptSpec { test: brighter, ..CorruptSpec::default() };
    let test = dataset().corrupted(&spec, &splits(), 3);
    assert_eq!(moved(&test.dataset), (300..400).collect());
    let untouched = dataset().corrupted(&CorruptSpec::default(), &splits(), 3);
    assert!(moved(&untouched.dataset).is_empty() && untouched.flipped.is_empty());
}

#[test]
fn contrast_and_brightness_follow_their_formulas() {
    let found = spoiled(Corruption { contrast: 0.5, brightness: 0.25, ..none() });
    let before = item(&dataset(), 7);
    let mean = before.iter().map(|&v| f64::from(v)).sum::<f64>() / 40.0;
    for (after, before) in item(&found.dataset, 7).into_iter().zip(before) {
        let expected = mean + 0.5 * (f64::from(before) - mean) + 0.25;
        assert!((f64::from(after) - expected).abs() < 1e-6, "{after} {expected}");
    }
}

#[test]
fn noise_has_its_deviation_and_is_another_for_each_example() {
    let found = spoiled(Corruption { noise: 0.3, ..none() });
    let before = dataset();
    let noise: Vec<f64> = (0..280)
        .flat_map(|row| {
            let pairs = item(&found.dataset, row).into_iter().zip(item(&before, row));
            pairs.map(|(after, before)| f64::from(after - before)).collect::<Vec<_>>()
        })
        .collect();
    let n = noise.len() as f64;
    let mean = noise.iter().sum::<f64>() / n;
    let sd = (noise.iter().map(|x| x * x).sum::<f64>() / n).sqrt();
    assert!(mean.abs() < 4.0 * 0.3 / n.sqrt(), "{mean}");
    assert!((sd / 0.3 - 1.0).abs() < 4.0 / (2.0 * n).sqrt(), "{sd}");
    assert!((noise[0] - noise[40]).abs() > 1e-6, "two examples, one noise");
}

#[test]
fn a_permutation_is_the_same_for_all_and_keeps_every_value() {
    let permuted = Corruption { permute: true, ..none() };
    let spec = CorruptSpec { train: permuted.clone(), test: permuted };
    let found = dataset().corrupted(&spec, &splits(), 3).dataset;
    let places = |row: u32| -> Vec<usize> {
        let before = item(&dataset(), row);
        let find = |value: f32| before.iter().position(|&v| v == value).unwrap();
        item(&found, row).into_iter().map(find).collect()
    };
    let first = places(0);
    assert_eq!(first.iter().collect::<BTreeSet<_>>().len(), 40);
    assert_ne!(first, (0..40).collect::<Vec<_>>());
    assert!([1, 250, 399].into_iter().all(|row| places(row) == first));
    assert_eq!(item(&found, 290), item(&dataset(), 290), "in no split");
}

#[test]
fn images_are_turned_shifted_and_occluded_each_in_its_own_way() {
    let outside = [(0.0 - 1.0) / 2.0, (0.0 - 3.0) / 2.0]; // a raw 0 in both channels
    let shifted = spoiled(Corruption { translate: 2, ..none() }).dataset;
    let before = dataset();
    let mut seen = BTreeSet::new();
    for row in 0..280 {
        let (after, before) = (item(&shifted, row), item(&before, row));
        let all = (-2..=2).flat_map(|down| (-2..=2).map(move |right| (down, right)));
        let fits = |&(down, right): &(isize, isize)| {
            (0..40).all(|at: usize| {
                let (channel, y, x) = (at / 20, at / 5 % 4, at % 5);
                let (y, x) = (y.checked_add_signed(-down), x.checked_add_signed(-right));
                let expected = match (y.filter(|y| *y < 4), x.filter(|x| *x < 5)) {
                    (Some(y), Some(x)) => before[channel * 20 + y * 5 + x],
                    _ => outside[channel],
                };
                after[at] == expected
            })
        };
        seen.insert(all.into_iter().find(fits).expect("a shift by at most two pixels"));
    }
    assert_eq!(seen.len(), 25, "every shift comes up among 280");
    let occluded = spoiled(Corruption { occlude: 3, ..none() }).dataset;
    let zeros = |row| item(&occluded, row).iter().filter(|v| **v == 0.0).count();
    assert!((0..280).all(|row| (8..=20).contains(&zeros(row))), "a square of 3, cut at edges");
    let turned = spoiled(Corruption { rotate: 20.0, ..none() }).dataset;
    assert_eq!(moved(&turned).len(), 280);
}

fn varied(spec: &AugmentSpec, step: u64) -> (Vec<f32>, Option<Mixed>) {
    let dataset = dataset();
    let (mut inputs, mut labels) = (Vec::new(), Vec::new());
    dataset.gather(&(0..64).collect::<Vec<_>>(), &mut inputs, &mut labels);
    let mixed = Augment::new(spec, &dataset, 5).apply(step, &mut inputs, &labels);
    (inputs, mixed)
}

fn plain() -> Vec<f32> {
    varied(&AugmentSpec::default(), 0).0
}

/// Which of the 64 examples are not as they were.
fn touched(inputs: &[f32]) -> Vec<bool> {
    inputs.chunks_exact(40).zip(plain().chunks_exact(40)).map(|(a, b)| a != b).collect()
}

#[test]
fn a_batch_is_varied_by_its_step_and_nothing_else() {
    let spec = AugmentSpec { flip: true, rotate: 10.0, crop_padding: 2, cutout: 2, mixup: 0.4 };
    assert_eq!(varied(&spec, 9), varied(&spec, 9));
    assert_ne!(varied(&spec, 9), varied(&spec, 10));
    assert_eq!(varied(&AugmentSpec::default(), 9), (plain(), None));
}

#[test]
fn half_of_the_images_flip_whatever_else_is_done() {
    let flip = AugmentSpec { flip: true, ..AugmentSpec::default() };
    let flipped: usize =
        (0..50).map(|step| touched(&varied(&flip, step).0).iter().filter(|t| **t).count()).sum();
    // Of 3,200; four standard deviations are 113.
    assert!((1487..=1713).contains(&flipped), "{flipped}");
    let mut twice = varied(&flip, 3).0;
    let which = touched(&twice);
    for (image, flipped) in twice.chunks_exact_mut(40).zip(&which) {
        if *flipped {
            image.chunks_exact_mut(5).for_each(<[f32]>::reverse);
        }
    }
    assert_eq!(twice, plain());
    // A crop without a flip and one after a flip take the same place.
    let crop = AugmentSpec { crop_padding: 2, ..AugmentSpec::default() };
    let both = AugmentSpec { flip: true, ..crop.clone() };
    let (crop, both) = (varied(&crop, 3).0, varied(&both, 3).0);
    let pairs = crop.chunks_exact(40).zip(both.chunks_exact(40)).zip(&which);
    assert!(pairs.filter(|(_, flipped)| !**flipped).all(|((crop, both), _)| crop == both));
}

#[test]
fn cutout_blanks_a_square() {
    let cut = AugmentSpec { cutout: 2, ..AugmentSpec::default() };
    let inputs = varied(&cut, 1).0;
    for (after, before) in inputs.chunks_exact(40).zip(plain().chunks_exact(40)) {
        let blank: Vec<usize> = (0..40).filter(|&at| after[at] != before[at]).collect();
        assert!(blank.iter().all(|&at| after[at] == 0.0));
        assert!((1..=8).contains(&blank.len()), "up to 2x2 in two channels: {blank:?}");
    }
}

#[test]
fn mixup_mixes_inputs_as_it_says_of_labels() {
    let spec = |mixup| AugmentSpec { mixup, ..AugmentSpec::default() };
    let before = plain();
    let (inputs, mixed) = varied(&spec(1.0), 2);
    let Mixed { share, labels } = mixed.unwrap();
    assert_eq!(labels.len(), 64);
    let mut partners = BTreeSet::new();
    for (index, example) in inputs.chunks_exact(40).enumerate() {
        let own = &before[index * 40..][..40];
        let is_partner = |other: &usize| {
            let other = &before[other * 40..][..40];
            let mix = |(a, b): (&f32, &f32)| share * f64::from(*a) + (1.0 - share) * f64::from(*b);
            let expected = own.iter().zip(other).map(mix);
            example.iter().zip(expected).all(|(&a, b)| (f64::from(a) - b).abs() < 1e-6)
        };
        let partner = (0..64).find(is_partner).expect("another example of the batch");
        assert_eq!(labels[index], (partner % CLASSES) as u32);
        partners.insert(partner);
    }
    assert_eq!(partners.len(), 64, "each is a partner once");
    // Beta(a, a): mean 1/2, variance 1 / (4 (2 a + 1)).
    for alpha in [0.2, 1.0, 8.0] {
        let shares: Vec<f64> =
            (0..400).map(|step| varied(&spec(alpha), step).1.unwrap().share).collect();
        let mean = shares.iter().sum::<f64>() / 400.0;
        let variance = shares.iter().map(|s| (s - mean) * (s - mean)).sum::<f64>() / 400.0;
        let expected: f64 = 1.0 / (4.0 * (2.0 * alpha + 1.0));
        assert!((mean - 0.5).abs() < 4.0 * expected.sqrt() / 20.0, "{alpha}: {mean}");
        assert!((variance / expected - 1.0).abs() < 0.3, "{alpha}: {variance} {expected}");
    }
    assert!((0.0..=1.0).contains(&varied(&spec(1e-6), 0).1.unwrap().share));
}
