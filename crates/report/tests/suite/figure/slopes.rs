//! Slopes per seed.

use fireassay_report::figure::{SlopePanel, Slopes, slopes};

use super::data::{accuracy, scattered};
use super::paper::{check, count, sound, texts};

fn panel(name: &str, change: f64, salt: u32) -> SlopePanel {
    let (from, to) = (scattered(85.0, 1.5, 7, 1), scattered(85.0 + change, 1.5, 7, salt));
    let pair = |(a, b): (&fireassay_report::figure::Score, &fireassay_report::figure::Score)| {
        (a.seed, a.value, b.value)
    };
    SlopePanel { name: name.into(), pairs: from.iter().zip(&to).map(pair).collect() }
}

fn three() -> Slopes {
    Slopes {
        measure: accuracy(),
        reference: "reference".into(),
        panels: vec![
            panel("norm=layer", -2.3, 2),
            panel("norm=none", -6.4, 3),
            panel("channels=double", 0.9, 4),
        ],
    }
}

#[test]
fn three_conditions() {
    check("slopes", &slopes(&three()));
}

#[test]
fn a_single_condition() {
    let mut one = three();
    one.panels.truncate(1);
    check("slopes-one", &slopes(&one));
}

#[test]
fn six_conditions_with_long_names_take_two_rows() {
    let mut six = three();
    for i in 0..3 {
        six.panels.push(panel(&format!("model.cnn.norm=none+optim.lr=0.0{i}"), -1.0, 5 + i));
    }
    let figure = slopes(&six);
    check("slopes-six", &figure);
    // Seven seeds each: a point at either end.
    assert_eq!(count(&figure, "circle"), 6 * 7 * 2);
}

#[test]
fn what_has_no_pair_says_so() {
    let mut odd = three();
    odd.panels[0].pairs.clear();
    odd.panels[1].pairs = vec![(0, 1.0, 1.0), (1, f64::NAN, 2.0)];
    let figure = slopes(&odd);
    sound(&figure);
    let shown = texts(&figure);
    assert!(shown.contains(&"no pairs".into()));
    assert!(shown.contains(&"0 up, 0 down, 1 flat".into()));
    odd.panels = (0..40).map(|i| panel(&format!("x={i}"), 0.1, i)).collect();
    let figure = slopes(&odd);
    sound(&figure);
    assert!(figure.caption.contains("16 further conditions"), "{}", figure.caption);
    odd.panels.clear();
    sound(&slopes(&odd));
}
