//! Confusion matrices.

use fireassay_report::figure::{Confusion, ConfusionMatrix, confusion};

use super::paper::{check, count, sound, texts};

const CLOTHES: [&str; 10] = [
    "T-shirt",
    "trouser",
    "pullover",
    "dress",
    "coat",
    "sandal",
    "shirt",
    "sneaker",
    "bag",
    "ankle boot",
];

/// Most examples right; wrong ones near the diagonal and, as shirts do, in one column.
fn matrix(name: &str, classes: usize, rows: u64, wrong: u64) -> ConfusionMatrix {
    let row = |truth: usize| {
        let mut row: Vec<u64> = (0..classes)
            .map(|predicted| {
                let near = truth.abs_diff(predicted);
                if near == 0 {
                    0
                } else {
                    wrong * (predicted == 6) as u64 * 4 + wrong / near as u64
                }
            })
            .collect();
        row[truth] = rows.saturating_sub(row.iter().sum());
        row
    };
    ConfusionMatrix { name: name.into(), seeds: 7, counts: (0..classes).map(row).collect() }
}

fn clothes() -> Confusion {
    Confusion {
        classes: CLOTHES.map(String::from).to_vec(),
        reference: matrix("reference (norm=batch)", 10, 1400, 32),
        best: Some(matrix("channels=double", 10, 1400, 17)),
    }
}

#[test]
fn ten_classes() {
    check("confusion", &confusion(&clothes()));
}

#[test]
fn two_classes_and_only_the_reference() {
    let figure = confusion(&Confusion {
        classes: vec!["cat".into(), "dog".into()],
        reference: ConfusionMatrix {
            name: "reference".into(),
            seeds: 3,
            counts: vec![vec![260, 40], vec![75, 225]],
        },
        best: None,
    });
    check("confusion-two", &figure);
    assert!(figure.alt.contains("accuracy 80.8 % over 3 seeds"), "{}", figure.alt);
    assert!(figure.alt.contains("dog taken for cat 75 of 300 times (25 %)"), "{}", figure.alt);
}

#[test]
fn twenty_classes_stand_below_each_other() {
    let mut twenty = clothes();
    twenty.classes = (0..20).map(|i| format!("class {i} with a name")).collect();
    twenty.reference = matrix("reference", 20, 700, 11);
    twenty.best = Some(matrix("width=64", 20, 700, 7));
    check("confusion-twenty", &confusion(&twenty));
}

#[test]
fn more_classes_have_shades_only() {
    let mut many = clothes();
    many.classes.clear();
    many.reference = matrix("reference", 100, 5000, 40);
    many.best = Some(matrix("width=64", 100, 5000, 20));
    let figure = confusion(&many);
    check("confusion-hundred", &figure);
    // The paper, and in both matrices the diagonal and the 400 most frequent confusions.
    assert_eq!(count(&figure, "rect"), 1 + 2 * (100 + 400));
    assert!(!texts(&figure).iter().any(|text| text.contains("5000")));
}

#[test]
fn ragged_and_empty_matrices_are_drawn() {
    let mut odd = clothes();
    odd.reference.counts = vec![vec![3], vec![], vec![1, 2, 3, u64::MAX]];
    odd.best = None;
    odd.classes.truncate(1);
    sound(&confusion(&odd));
    odd.classes.clear();
    odd.reference.counts.clear();
    let figure = confusion(&odd);
    sound(&figure);
    assert!(figure.alt.contains("accuracy 0.0 %"), "{}", figure.alt);
}
