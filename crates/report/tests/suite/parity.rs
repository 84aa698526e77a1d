//! Statistics against values computed with scipy (`tests/parity/make.py`).

use std::path::Path;

use fireassay_report::stats::{
    benjamini_hochberg, describe, effect_size, holm, paired_t, pairing, power, prob_better,
    sign_flip, student, tost,
};
use serde_json::Value;

/// Relative, with an absolute floor for values near 0; for f64.
const TOLERANCE: f64 = 1e-9;

#[test]
fn contrasts() {
    for (i, row) in rows("contrasts.json").iter().enumerate() {
        let (ours, theirs) = (numbers(&row["ours"]), numbers(&row["theirs"]));
        let d: Vec<f64> = ours.iter().zip(&theirs).map(|(a, b)| a - b).collect();
        let check = |key: &str, found: Option<f64>| near(&format!("{key} {i}"), found, &row[key]);
        check("mean", describe::mean(&d));
        check("sd", describe::sd(&d));
        check("t-test-p", paired_t::p_value(&d));
        check("sign-flip-p", sign_flip::p_value(&d, 0));
        check("tost-p", tost::p_value(&d, row["rope"].as_f64().unwrap()));
        check("d-z", effect_size::effect_size(&d).map(|size| size.d_z));
        check("g-z", effect_size::effect_size(&d).map(|size| size.g_z));
        check("correlation", pairing::correlation(&ours, &theirs));
        check("variance-ratio", pairing::variance_ratio(&ours, &theirs));
        for (key, level) in [("interval-95", 0.95), ("interval-90", 0.90)] {
            let found = paired_t::interval(&d, level).unwrap();
            near(&format!("{key} low {i}"), Some(found.low), &row[key][0]);
            near(&format!("{key} high {i}"), Some(found.high), &row[key][1]);
        }
    }
}

#[test]
fn families() {
    for row in rows("families.json") {
        let ps: Vec<Option<f64>> = numbers(&row["p"]).into_iter().map(Some).collect();
        for (key, found) in
            [("holm", holm::adjust(&ps)), ("benjamini-hochberg", benjamini_hochberg::adjust(&ps))]
        {
            for (i, p) in found.into_iter().enumerate() {
                near(key, p, &row[key][i]);
            }
        }
    }
}

#[test]
fn student_distribution() {
    for row in rows("student.json") {
        let df = usize::try_from(row["df"].as_u64().unwrap()).unwrap();
        if let Some(p) = row["p"].as_f64() {
            near(&format!("quantile {p} {df}"), Some(student::quantile(p, df)), &row["quantile"]);
        }
        let t = row["t"].as_f64().or(row["quantile"].as_f64()).unwrap();
        near(&format!("tail {t} {df}"), Some(student::upper_tail(t, df)), &row["upper-tail"]);
    }
}

#[test]
fn wilson_intervals() {
    for row in rows("wilson.json") {
        let n = usize::try_from(row["n"].as_u64().unwrap()).unwrap();
        let found = prob_better::wilson(row["wins"].as_f64().unwrap(), n);
        near("wilson low", Some(found.low), &row["interval"][0]);
        near("wilson high", Some(found.high), &row["interval"][1]);
    }
}

/// The approximation stays within what its documentation promises of the non-central t.
#[test]
fn detectable_effects() {
    for row in rows("power.json") {
        let n = usize::try_from(row["n"].as_u64().unwrap()).unwrap();
        let m = usize::try_from(row["contrasts"].as_u64().unwrap()).unwrap();
        let exact = row["detectable-d"].as_f64().unwrap();
        let found = power::detectable(n, m, 0.05).unwrap();
        let off = (exact - found).abs() / exact;
        let limit = if n >= power::fewest_seeds(m, 0.05) { 0.04 } else { 0.20 };
        assert!(off < limit, "n {n}, m {m}: {found} against {exact}");
        assert!(m > 1 || n < 5 || (exact - found).abs() < 0.03, "n {n}: {found} against {exact}");
    }
}

fn near(what: &str, found: Option<f64>, expected: &Value) {
    let expected = expected.as_f64().unwrap();
    let found = found.unwrap_or_else(|| panic!("{what} is not defined"));
    let off = (found - expected).abs();
    assert!(off <= TOLERANCE * expected.abs().max(1e-6), "{what}: {found} against {expected}");
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

fn rows(name: &str) -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/parity").join(name);
    let text = std::fs::read_to_string(path).unwrap();
    let rows: Vec<Value> = serde_json::from_str(&text).unwrap();
    assert!(!rows.is_empty());
    rows
}
