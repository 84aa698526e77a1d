//! Learning curves.

use fireassay_report::figure::{Curve, CurvePoint, Curves, Spread, curves};

use super::data::accuracy;
use super::paper::{check, coordinates, count, sound, texts};

/// Rises to a level, faster or slower, with a band that narrows.
fn curve((place, name): (usize, &str), level: f64, steps: u32, speed: f64) -> Curve {
    let point = |i: u32| {
        let at = f64::from(i) * 56.0;
        let mean = level - 60.0 / (1.0 + speed * f64::from(i));
        let half = 4.0 / (1.0 + f64::from(i)) + 0.6;
        CurvePoint { at, mean, low: mean - half, high: mean + 0.8 * half }
    };
    let points = (1..=steps).map(point).collect();
    Curve { name: name.into(), place, seeds: 7, points }
}

fn three() -> Curves {
    Curves {
        measure: accuracy(),
        along: "step".into(),
        spread: Spread::Range,
        lines: vec![
            curve((0, "reference"), 91.0, 12, 1.6),
            curve((1, "norm=layer"), 88.0, 12, 1.2),
            curve((2, "norm=none"), 87.2, 12, 0.7),
        ],
    }
}

#[test]
fn three_conditions() {
    check("curves", &curves(&three()));
}

#[test]
fn twelve_conditions_of_which_eight_have_names() {
    let mut many = three();
    for i in 0..9_u32 {
        let name = format!("width={}", 8 << i);
        let place = many.lines.len();
        many.lines.push(curve((place, &name), 84.0 + 0.9 * f64::from(i), 40, 0.5));
    }
    many.spread = Spread::Sd;
    let figure = curves(&many);
    check("curves-many", &figure);
    assert_eq!(count(&figure, "polygon") % 2, 0, "no bands: markers have a rim and a face each");
    let shown = texts(&figure);
    assert!(shown.contains(&"width=128".into()) && !shown.contains(&"width=256".into()));
    assert!(figure.caption.contains("4 further conditions"), "{}", figure.caption);
}

#[test]
fn a_higher_mean_stands_higher() {
    let mut two = three();
    two.lines.truncate(1);
    let figure = curves(&two);
    let (xs, ys) = (coordinates(&figure, "circle", "cx"), coordinates(&figure, "circle", "cy"));
    // Markers are drawn from the end of a line on, rim and face at the same place; the last is
    // that of the name.
    let places = xs.len() - 2;
    assert_eq!(places, 2 * 12);
    assert!(xs[..places].is_sorted_by(|a, b| a >= b) && ys[..places].is_sorted());
}

#[test]
fn one_point_and_no_point_are_drawn() {
    let mut few = three();
    few.lines[0].points.truncate(1);
    few.lines[1].points.clear();
    few.lines[2].points[3].mean = f64::NAN;
    let figure = curves(&few);
    sound(&figure);
    assert!(figure.alt.contains("norm=layer: no evaluation."), "{}", figure.alt);
    few.lines.clear();
    let figure = curves(&few);
    sound(&figure);
    assert!(texts(&figure).contains(&"no evaluation".into()));
}
