//! The forest plot.

use fireassay_report::figure::{EffectRow, Effects, effects};

use super::data::{difference, scattered, seeds};
use super::paper::{check, coordinates, count, sound, texts};

fn row(name: &str, verdict: &str, differences: &[f64], interval: Option<(f64, f64)>) -> EffectRow {
    EffectRow {
        name: name.into(),
        verdict: verdict.into(),
        differences: seeds(differences),
        interval,
    }
}

pub(super) fn four() -> Effects {
    let better = [0.8, 0.9, 0.65, 0.85, 1.0, 0.7, 0.95, 0.9];
    let worse = [-2.3, -2.75, -2.05, -2.35, -2.5, -2.15, -2.5, -2.25];
    let same = [0.05, -0.1, 0.05, 0.1, -0.05, -0.05, 0.05, -0.05];
    let open = [0.6, -0.3, 0.6, -0.15, 0.55, -0.15, 0.7, -0.25];
    Effects {
        interval: "95 % interval".into(),
        measure: difference(),
        reference: "reference (norm=batch)".into(),
        rope: Some(0.5),
        rows: vec![
            row("norm=layer", "better", &better, Some((0.75, 0.94))),
            row("norm=none", "worse", &worse, Some((-2.55, -2.16))),
            row("norm=group-2", "equivalent", &same, Some((-0.06, 0.06))),
            row("norm=group-4", "inconclusive", &open, Some((-0.16, 0.56))),
        ],
    }
}

#[test]
fn four_verdicts() {
    check("effects", &effects(&four()));
}

#[test]
fn one_seed_has_a_point_and_a_mean_but_no_bar() {
    let mut one = four();
    one.rope = None;
    one.rows = vec![row("norm=none", "inconclusive", &[-2.3], None)];
    check("effects-one-seed", &effects(&one));
}

#[test]
fn every_seed_is_a_point() {
    let figure = effects(&four());
    // Besides the seeds, the inconclusive verdict and its mean are two circles each.
    assert_eq!(count(&figure, "circle"), 4 * 8 + 2 * 2);
}

#[test]
fn points_stand_where_their_differences_are() {
    let mut one = four();
    one.rope = None;
    one.rows = vec![row("x=a", "worse", &[-3.0, 1.0, -1.0], Some((-2.0, 0.0)))];
    let xs = coordinates(&effects(&one), "circle", "cx");
    let [low, high, middle] = xs[..] else { panic!("{xs:?}") };
    assert!((high - low - 2.0 * (high - middle)).abs() < 0.3, "{xs:?}");
    // The axis has most of the width that names and verdicts leave.
    assert!(high - low > 290.0, "{xs:?}");
}

#[test]
fn hostile_and_empty_rows_are_drawn() {
    let mut hostile = four();
    let long = "a very long name of a condition ".repeat(9);
    hostile.rows = vec![
        row("<script>alert('x')</script>\n]]>&amp;", "better", &[1.0, 2.0, 3.0], Some((0.0, 4.0))),
        row(&long, "inconclusive (n = 2, needs 7)", &[f64::NAN, 0.5], None),
        row("nothing", "inconclusive", &[], None),
        row("all equal", "worse", &[-1.0; 12], Some((-1.0, -1.0))),
    ];
    let figure = effects(&hostile);
    check("effects-hostile", &figure);
    assert!(figure.svg.contains(&format!("<title>{}</title>", long.trim())));
}

#[test]
fn many_rows_are_cut_and_counted() {
    let mut many = four();
    let name = |i: u32| format!("model.cnn.width={i}");
    many.rows = (0..70)
        .map(|i| EffectRow {
            name: name(i),
            verdict: "inconclusive".into(),
            differences: scattered(f64::from(i % 9) * 0.1 - 0.4, 1.0, 10, i),
            interval: Some((f64::from(i % 9) * 0.1 - 0.6, f64::from(i % 9) * 0.1 - 0.2)),
        })
        .collect();
    let figure = effects(&many);
    sound(&figure);
    let shown = texts(&figure);
    assert!(shown.contains(&name(59)) && !shown.contains(&name(60)));
    assert!(figure.caption.contains("10 further contrasts"), "{}", figure.caption);
    assert!(figure.alt.contains("58 contrasts more"), "{}", figure.alt);
}

#[test]
fn no_contrast_is_a_figure_too() {
    let figure = effects(&Effects { rows: Vec::new(), ..four() });
    sound(&figure);
    assert!(texts(&figure).contains(&"no contrast".into()));
}
