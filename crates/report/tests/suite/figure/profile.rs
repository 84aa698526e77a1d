//! Performance profiles.

use fireassay_report::figure::{Profile, Profiles, profile};

use super::data::accuracy;
use super::paper::{check, sound, texts};

/// Shares above 0, 0.5, ..., 100 per cent of scores that spread evenly between two values.
fn line(place: usize, name: &str, from: f64, to: f64) -> Profile {
    let scores: Vec<f64> = (0..21).map(|i| from + (to - from) * f64::from(i) / 20.0).collect();
    let above = |tau: &f64| scores.iter().filter(|score| *score > tau).count() as f64 / 21.0;
    Profile { name: name.into(), place, n: 21, shares: grid().iter().map(above).collect() }
}

fn grid() -> Vec<f64> {
    (0..=200_u32).map(|step| f64::from(step) / 2.0).collect()
}

fn three() -> Profiles {
    Profiles {
        measure: accuracy(),
        datasets: 3,
        thresholds: grid(),
        lines: vec![
            line(0, "reference", 83.3, 90.2),
            line(1, "norm=layer", 83.9, 90.8),
            line(2, "norm=none", 78.1, 86.4),
        ],
    }
}

#[test]
fn three_methods_over_the_thresholds_that_tell_them_apart() {
    let figure = profile(&three());
    check("performance-profile", &figure);
    let shown = texts(&figure);
    assert!(shown.contains(&"80".into()) && !shown.contains(&"70".into()), "{shown:?}");
    assert!(figure.alt.contains("norm=none: all of 21 above 78 and half of 21 above 82."));
}

#[test]
fn limits_are_kept_and_told() {
    let mut many = three();
    many.lines = (0..120_u32)
        .map(|i| line(i as usize, &format!("l{i}"), 70.0 + f64::from(i) / 10.0, 90.0))
        .collect();
    let figure = profile(&many);
    sound(&figure);
    assert!(texts(&figure).contains(&"l7".into()) && !texts(&figure).contains(&"l8".into()));
    assert!(figure.caption.contains("Grey: 92 further methods, not named. 20 methods not drawn."));
}

#[test]
fn nothing_above_everything_above_and_no_numbers_are_drawn() {
    let mut odd = three();
    odd.lines[0].shares = vec![0.0; 201];
    odd.lines[1].shares = vec![1.0; 201];
    odd.lines[2].shares = vec![f64::NAN; 3];
    let figure = profile(&odd);
    sound(&figure);
    assert!(figure.alt.contains("norm=none: no score."), "{}", figure.alt);
    odd.thresholds.clear();
    sound(&profile(&odd));
    odd.lines.clear();
    sound(&profile(&odd));
}
