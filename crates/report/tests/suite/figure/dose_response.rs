//! Dose and response.

use fireassay_report::figure::{Dose, DoseResponse, dose_response};

use super::data::{accuracy, scattered};
use super::paper::{check, sound, texts};

fn response(factor: &str, levels: &[(f64, &str, f64)]) -> DoseResponse {
    let dose = |(i, (value, label, mean)): (u32, &(f64, &str, f64))| Dose {
        value: *value,
        label: (*label).into(),
        is_reference: i == 0,
        scores: scattered(*mean, 0.9, 7, i + 1),
        half_width: (i > 0).then_some(0.35 + 0.1 * f64::from(i)),
    };
    DoseResponse {
        measure: accuracy(),
        factor: factor.into(),
        doses: (0..).zip(levels).map(dose).collect(),
    }
}

fn dropout() -> DoseResponse {
    let levels = [(0.0, "0", 90.1), (0.2, "0.2", 90.5), (0.5, "0.5", 91.0), (0.8, "0.8", 89.7)];
    response("model.mlp.dropout", &levels)
}

#[test]
fn linear() {
    check("dose-response", &dose_response(&dropout()));
}

#[test]
fn logarithmic_with_a_place_for_zero() {
    let levels = [
        (0.0, "0", 89.9),
        (1e-4, "1e-4", 90.0),
        (1e-3, "1e-3", 90.6),
        (1e-2, "1e-2", 91.4),
        (1e-1, "1e-1", 86.0),
    ];
    let figure = dose_response(&response("optim.weight-decay", &levels));
    check("dose-response-log", &figure);
    assert!(figure.caption.contains("0 stands left of it"), "{}", figure.caption);
}

#[test]
fn levels_too_close_for_their_labels_keep_some() {
    let labels: Vec<String> =
        (0..60).map(|i| format!("{:.2}", 0.5 + f64::from(i) * 0.01)).collect();
    let levels: Vec<(f64, &str, f64)> =
        labels.iter().map(|label| (label.parse().unwrap(), label.as_str(), 90.0)).collect();
    let figure = dose_response(&response("dropout", &levels));
    sound(&figure);
    let shown = labels.iter().filter(|label| texts(&figure).contains(label)).count();
    assert!((5..30).contains(&shown), "{shown}");
    assert!(figure.alt.contains("48 further levels"), "{}", figure.alt);
}

#[test]
fn a_thousand_levels_are_lines() {
    let labels: Vec<String> = (0..1000).map(|i| i.to_string()).collect();
    let levels: Vec<(f64, &str, f64)> =
        labels.iter().map(|label| (label.parse().unwrap(), label.as_str(), 90.0)).collect();
    let figure = dose_response(&response("width", &levels));
    sound(&figure);
    assert!(figure.svg.len() < 200_000, "{}", figure.svg.len());
    assert!(figure.caption.contains("Too many levels"), "{}", figure.caption);
}

#[test]
fn missing_scores_leave_gaps() {
    let mut gaps = dropout();
    gaps.doses[1].scores.clear();
    gaps.doses[2].scores.truncate(1);
    gaps.doses[3].value = f64::INFINITY;
    let figure = dose_response(&gaps);
    sound(&figure);
    assert!(figure.alt.contains("0.2: no score") && !figure.alt.contains("0.8"), "{}", figure.alt);
    sound(&dose_response(&DoseResponse { doses: Vec::new(), ..gaps }));
}
