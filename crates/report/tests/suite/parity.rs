//! Statistics against values computed with scipy and statsmodels (`tests/parity/make.py`).

use std::path::Path;

use fireassay_report::stats::{
    benjamini_hochberg, bootstrap, crossing, describe, effect_size, holm, improvement, iqm,
    kaplan_meier, log_rank, noether, normal, page_trend, paired_t, pairing, performance_profile,
    power, prob_better, shapley, sign_flip, student, tost, variance_components,
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
        let rope = row["rope"].as_f64().unwrap();
        check("tost-p", tost::p_value(&d, rope));
        check("non-inferiority-p", tost::non_inferiority(&d, rope));
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
        let df = whole(&row["df"]);
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
        let n = whole(&row["n"]);
        let found = prob_better::wilson(row["wins"].as_f64().unwrap(), n);
        near("wilson low", Some(found.low), &row["interval"][0]);
        near("wilson high", Some(found.high), &row["interval"][1]);
    }
}

/// The approximation stays within what its documentation promises of the non-central t.
#[test]
fn detectable_effects() {
    for row in rows("power.json") {
        let n = whole(&row["n"]);
        let m = whole(&row["contrasts"]);
        let exact = row["detectable-d"].as_f64().unwrap();
        let found = power::detectable(n, m, 0.05).unwrap();
        let off = (exact - found).abs() / exact;
        let limit = if n >= power::fewest_seeds(m, 0.05) { 0.04 } else { 0.20 };
        assert!(off < limit, "n {n}, m {m}: {found} against {exact}");
        assert!(m > 1 || n < 5 || (exact - found).abs() < 0.03, "n {n}: {found} against {exact}");
    }
}

#[test]
fn normal_distribution() {
    for row in rows("normal.json") {
        let z = row["z"].as_f64().unwrap();
        near(&format!("tail {z}"), Some(normal::upper_tail(z)), &row["upper-tail"]);
        if let Some(p) = row["p"].as_f64() {
            near(&format!("quantile {p}"), Some(normal::quantile(p)), &row["z"]);
        }
    }
}

#[test]
fn pairs_that_a_probability_needs() {
    for row in rows("noether.json") {
        let of = |key: &str| row[key].as_f64().unwrap();
        let found = noether::pairs_needed(of("share"), of("alpha"), of("beta"));
        assert_eq!(found, Some(whole(&row["pairs"])), "{row}");
    }
}

#[test]
fn trends() {
    for (i, row) in rows("trends.json").iter().enumerate() {
        let found = page_trend::page(&lists(&row["blocks"])).unwrap();
        near(&format!("L {i}"), Some(found.l), &row["l"]);
        near(&format!("increasing {i}"), Some(found.p_increasing), &row["increasing"]);
        near(&format!("decreasing {i}"), Some(found.p_decreasing), &row["decreasing"]);
        let sides = found.p_increasing.min(found.p_decreasing);
        assert_eq!(found.p_two_sided, (2.0 * sides).min(1.0), "{i}");
    }
}

/// The ends lie where 400,000 resamples of scipy say that those of 10,000 may lie.
#[test]
fn bootstrap_intervals() {
    for (i, row) in rows("bootstrap.json").iter().enumerate() {
        let (groups, key) = (lists(&row["groups"]), 11);
        let found = match row["statistic"].as_str().unwrap() {
            "mean" => bootstrap::interval(&groups[0], 0.95, key),
            "iqm" => iqm::interval(&groups, 0.95, key),
            "improvement" => improvement::improvement(&groups, 0.95, key).map(|(_, i)| i),
            other => panic!("unknown statistic {other}"),
        };
        let found = found.unwrap();
        for (key, end) in [("low", found.low), ("high", found.high)] {
            let allowed = numbers(&row[key]);
            let inside = allowed[0] - 1e-12 <= end && end <= allowed[1] + 1e-12;
            assert!(inside, "{key} of row {i}: {end} not in {allowed:?}");
        }
    }
}

#[test]
fn scores_of_many_datasets() {
    for row in rows("many-datasets.json") {
        let (scores, thresholds) = (numbers(&row["scores"]), numbers(&row["thresholds"]));
        near("interquartile mean", iqm::iqm(&scores), &row["iqm"]);
        let profile = performance_profile::performance_profile(&scores, &thresholds).unwrap();
        assert_eq!(profile.len(), thresholds.len());
        for (i, share) in profile.into_iter().enumerate() {
            near("profile", Some(share), &row["profile"][i]);
        }
    }
}

#[test]
fn components_of_variance() {
    for (i, row) in rows("components.json").iter().enumerate() {
        let levels = row["levels"].as_array().unwrap();
        let levels: Vec<Vec<usize>> =
            levels.iter().map(|l| l.as_array().unwrap().iter().map(whole).collect()).collect();
        let found = variance_components::components(&levels, &numbers(&row["values"])).unwrap();
        let streams = row["streams"].as_array().unwrap();
        assert_eq!(found.streams.len(), streams.len());
        let expected = streams.iter().chain([&row["residual"]]).map(Value::as_f64);
        let total: f64 = expected.clone().flatten().map(|variance| variance.max(0.0)).sum();
        let both = found.streams.iter().copied().chain([Some(found.residual)]).zip(expected);
        for (found, expected) in both {
            let Some((found, expected)) = found.zip(expected) else {
                assert_eq!(found.is_none(), expected.is_none(), "row {i}");
                continue;
            };
            let variance = expected.max(0.0);
            assert!((found.variance - variance).abs() <= TOLERANCE * total, "row {i}");
            assert!((found.share.unwrap() - variance / total).abs() <= TOLERANCE, "row {i}");
            assert_eq!(found.negative, expected < 0.0, "row {i}");
        }
    }
}

#[test]
fn shapley_values() {
    for row in rows("shapley.json") {
        let (values, expected) = (numbers(&row["values"]), numbers(&row["shapley"]));
        let found = shapley::shapley(expected.len(), &|subset| values[subset as usize]).unwrap();
        assert_eq!(found.len(), expected.len());
        let near = |(a, b): (&f64, &f64)| (a - b).abs() < 1e-12;
        assert!(found.iter().zip(&expected).all(near), "{found:?} against {expected:?}");
    }
}

fn near(what: &str, found: Option<f64>, expected: &Value) {
    let expected = expected.as_f64().unwrap();
    let found = found.unwrap_or_else(|| panic!("{what} is not defined"));
    let off = (found - expected).abs();
    assert!(off <= TOLERANCE * expected.abs().max(1e-6), "{what}: {found} against {expected}");
}

fn whole(value: &Value) -> usize {
    usize::try_from(value.as_u64().unwrap()).unwrap()
}

fn lists(value: &Value) -> Vec<Vec<f64>> {
    value.as_array().unwrap().iter().map(numbers).collect()
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

/// Times in steps, as lifelines and statsmodels got them.
fn times(row: &Value) -> Vec<kaplan_meier::Time> {
    let reached = row["reached"].as_array().unwrap().iter().map(|v| v.as_bool().unwrap());
    let times = numbers(&row["at"]).into_iter().zip(reached);
    times.map(|(at, reached)| kaplan_meier::Time { at, reached }).collect()
}

#[test]
fn shares_that_have_not_got_there() {
    for (i, row) in rows("kaplan-meier.json").iter().enumerate() {
        let found = kaplan_meier::survival(&times(row), 0.95);
        let moments: Vec<f64> = found.iter().map(|point| point.at).collect();
        assert_eq!(moments, numbers(&row["moments"]), "{i}");
        for (point, (share, bounds)) in found
            .iter()
            .zip(row["share"].as_array().unwrap().iter().zip(row["bounds"].as_array().unwrap()))
        {
            near(&format!("share {i}"), Some(point.share), share);
            near(&format!("low {i}"), Some(point.low), &bounds[0]);
            near(&format!("high {i}"), Some(point.high), &bounds[1]);
        }
        let median = kaplan_meier::median(&times(row), 0.95);
        let expected = [&row["median"], &row["median-95"][0], &row["median-95"][1]];
        let ends = [median.at, median.low, median.high];
        assert_eq!(ends, expected.map(Value::as_f64), "row {i}");
    }
}

#[test]
fn stratified_log_rank_tests() {
    for (i, row) in rows("log-rank.json").iter().enumerate() {
        let arm = |key: &str| row[key].as_array().unwrap().iter().map(times).collect::<Vec<_>>();
        let strata: Vec<log_rank::Stratum> =
            arm("first").into_iter().zip(arm("second")).map(|(a, b)| [a, b]).collect();
        let found = log_rank::log_rank(&strata).unwrap();
        near(&format!("chi-squared {i}"), Some(found.chi_squared), &row["chi-squared"]);
        near(&format!("p {i}"), Some(found.p), &row["p"]);
    }
}

#[test]
fn crossings_of_isotonic_fits() {
    for (i, row) in rows("crossings.json").iter().enumerate() {
        let (xs, values) = (numbers(&row["xs"]), numbers(&row["values"]));
        for (found, expected) in crossing::isotonic(&values).iter().zip(numbers(&row["isotonic"])) {
            assert!((found - expected).abs() < 1e-12, "row {i}");
        }
        let found = crossing::crossing(&xs, &values);
        match row["crossing"].as_str() {
            Some("before") => assert_eq!(found, f64::NEG_INFINITY),
            Some(_) => assert_eq!(found, f64::INFINITY),
            None => near(&format!("crossing {i}"), Some(found), &row["crossing"]),
        }
        near(&format!("slope {i}"), Some(crossing::slope(&xs, &values)), &row["slope"]);
    }
}
