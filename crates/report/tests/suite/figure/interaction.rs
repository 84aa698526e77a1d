//! Interaction of two factors.

use fireassay_report::figure::{Interaction, InteractionLine, interaction};

use super::data::{accuracy, scattered};
use super::paper::{check, sound, texts};

fn line(label: &str, means: &[f64], salt: u32) -> InteractionLine {
    let cell = |(i, mean): (u32, &f64)| scattered(*mean, 0.8, 7, salt + i);
    InteractionLine {
        label: label.into(),
        is_reference: salt == 0,
        cells: (0..).zip(means).map(cell).collect(),
    }
}

fn norm_by_rate() -> Interaction {
    Interaction {
        measure: accuracy(),
        along: ("optim.lr".into(), ["0.01", "0.05", "0.2"].map(String::from).to_vec()),
        across: "norm".into(),
        lines: vec![
            line("batch", &[84.1, 85.0, 85.9], 0),
            line("layer", &[83.2, 82.7, 80.9], 10),
            line("none", &[80.4, 78.7, 73.5], 20),
        ],
    }
}

#[test]
fn two_factors() {
    check("interaction", &interaction(&norm_by_rate()));
}

#[test]
fn an_excluded_combination_leaves_a_gap() {
    let mut gap = norm_by_rate();
    gap.lines[2].cells[2].clear();
    gap.lines[1].cells.truncate(1);
    let figure = interaction(&gap);
    sound(&figure);
    assert!(figure.alt.contains("norm=layer: 83.22 at 0.01 (n = 7)."), "{}", figure.alt);
    assert!(figure.alt.ends_with("and 78.89 at 0.05 (n = 7)."), "{}", figure.alt);
}

#[test]
fn limits_are_kept_and_told() {
    let mut wide = norm_by_rate();
    wide.along.1 = (0..20).map(|i| format!("a-long-level-{i}")).collect();
    wide.lines = (0..10).map(|i| line(&format!("l{i}"), &[80.0; 20], i)).collect();
    let figure = interaction(&wide);
    sound(&figure);
    assert!(figure.caption.contains("10 further levels"), "{}", figure.caption);
    assert!(!texts(&figure).contains(&"norm=l9".into()));
    wide.lines.clear();
    sound(&interaction(&wide));
}
