//! Score against cost.

use fireassay_report::figure::{Against, Scatter, ScatterPoint, scatter};

use super::data::accuracy;
use super::paper::{check, sound, texts};

fn point(place: usize, name: &str, cost: f64, mean: f64) -> ScatterPoint {
    ScatterPoint { name: name.into(), place, cost, mean, sd: Some(0.5), n: 7 }
}

fn sizes() -> Scatter {
    Scatter {
        measure: accuracy(),
        against: Against::Parameters,
        points: vec![
            point(0, "reference", 18074.0, 85.0),
            point(1, "norm=layer", 18074.0, 82.7),
            point(2, "norm=none", 17898.0, 78.7),
            point(3, "channels=half", 5600.0, 81.9),
            point(4, "channels=double", 68100.0, 86.8),
            point(5, "dense=256", 95300.0, 86.9),
            point(6, "dense=512", 172_000.0, 86.7),
        ],
    }
}

#[test]
fn parameters() {
    check("score-by-parameters", &scatter(&sizes()));
}

#[test]
fn time_is_linear_if_conditions_take_about_as_long() {
    let mut times = sizes();
    times.against = Against::Time;
    for (point, secs) in times.points.iter_mut().zip([7.6, 7.3, 6.2, 5.1, 11.9, 8.1, 8.4]) {
        point.cost = secs;
    }
    let figure = scatter(&times);
    check("score-by-time", &figure);
    assert_eq!(figure.name, "score-by-time");
    assert!(!figure.svg.contains("log scale"));
}

#[test]
fn many_conditions_have_numbers_and_a_key() {
    let mut many = sizes();
    let name = |i: u32| format!("model.cnn.channels={i}+model.cnn.norm=layer");
    let more = (0..64_u32).zip(7..).map(|(i, place)| {
        let cost = 2000.0 * 1.09_f64.powi(i.try_into().unwrap());
        point(place, &name(i), cost, 80.0 + f64::from(i * 7 % 11) * 0.6)
    });
    many.points.extend(more);
    let figure = scatter(&many);
    check("score-by-parameters-many", &figure);
    let shown = texts(&figure);
    assert!(shown.contains(&"60".into()) && !shown.contains(&"61".into()));
    assert!(figure.caption.contains("11 conditions not drawn"), "{}", figure.caption);
}

#[test]
fn unusable_points_are_left_out() {
    let mut bad = sizes();
    bad.points[1].cost = f64::NAN;
    bad.points[2].mean = f64::INFINITY;
    bad.points[3].sd = Some(f64::NAN);
    bad.points[4].cost = -5.0;
    let figure = scatter(&bad);
    sound(&figure);
    let shown = texts(&figure);
    assert!(!shown.contains(&"norm=layer".into()) && shown.contains(&"channels=half".into()));
    assert!(figure.caption.contains("2 conditions not drawn"), "{}", figure.caption);
    sound(&scatter(&Scatter { points: Vec::new(), ..bad }));
}
