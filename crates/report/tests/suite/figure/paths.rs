//! Lines over steps or levels, with places that matter.

use fireassay_report::figure::{CurvePoint, PathLine, PathMark, Paths, paths};
use fireassay_spec::Direction;

use super::data::accuracy;
use super::paper::{check, sound};

fn line(name: &str, points: &[(f64, f64)], half: f64) -> PathLine {
    let point =
        |&(at, mean): &(f64, f64)| CurvePoint { at, mean, low: mean - half, high: mean + half };
    PathLine { name: name.into(), points: points.iter().map(point).collect() }
}

fn overtaking() -> Paths {
    Paths {
        measure: accuracy(),
        along: "n".into(),
        reading: "Where the lines cross.".into(),
        stepped: false,
        by_ratio: true,
        lines: vec![
            line("regime=full", &[(10.0, 40.0), (100.0, 60.0), (1000.0, 75.0)], 0.0),
            line("regime=probe", &[(10.0, 55.0), (100.0, 62.0), (1000.0, 66.0)], 0.0),
        ],
        marks: vec![PathMark {
            name: "n* = 150".into(),
            at: 150.0,
            interval: Some((90.0, f64::INFINITY)),
        }],
    }
}

#[test]
fn one_line_overtakes_another() {
    check("paths-overtaking", &paths(&overtaking()));
}

#[test]
fn steps_with_bands() {
    let steps = Paths {
        stepped: true,
        by_ratio: false,
        measure: fireassay_report::figure::Measure {
            name: "trials below 90 %".into(),
            unit: "%".into(),
            better: Direction::Lower,
        },
        along: "step".into(),
        lines: vec![
            line("probe", &[(0.0, 100.0), (100.0, 60.0), (200.0, 20.0), (400.0, 20.0)], 8.0),
            line("full", &[(0.0, 100.0), (300.0, 70.0), (400.0, 70.0)], 8.0),
        ],
        marks: vec![
            PathMark { name: "median of probe: 200 steps".into(), at: 200.0, interval: None },
            PathMark {
                name: "median of full: > 400 steps".into(),
                at: f64::INFINITY,
                interval: None,
            },
        ],
        ..overtaking()
    };
    check("paths-steps", &paths(&steps));
}

#[test]
fn nothing_to_draw_is_said() {
    let empty = Paths { lines: Vec::new(), ..overtaking() };
    let figure = paths(&empty);
    sound(&figure);
    assert!(figure.svg.contains("nothing measured"));
}
