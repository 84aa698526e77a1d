//! Properties that hold for every experiment.

use fireassay_report::stats::holm;
use fireassay_report::{Contrast, Verdict, json};
use fireassay_spec::{Direction, Metric, MetricName, Split};
use proptest::prelude::*;

use crate::case::{Case, finished};

const LOSS: MetricName = MetricName::Of(Split::Test, Metric::Loss);

/// Scores of a reference and two conditions, in ten-thousandths, over 6 to 9 seeds.
fn scores() -> impl Strategy<Value = Vec<[u16; 3]>> {
    prop::collection::vec([8000_u16..9900, 8000..9900, 8800..9100], 6..10)
}

/// The same numbers as a loss, so that any real scale and shift is allowed.
fn case(seeds: &[[u16; 3]], scale: f64, shift: f64) -> Case {
    let column = |i: usize| -> Vec<f64> { seeds.iter().map(|s| f64::from(s[i])).collect() };
    let (reference, a, b) = (column(0), column(1), column(2));
    let mut case = finished(&[], &[("reference", &reference), ("x=a", &a), ("x=b", &b)]).by_loss();
    for record in &mut case.records {
        let metrics = &mut record.summary.as_mut().unwrap().metrics;
        let value = metrics[&LOSS] / 100.0;
        metrics.insert(LOSS, value * scale + shift);
    }
    case.rope(0.04 * scale)
}

fn ps(contrast: &Contrast) -> [Option<f64>; 3] {
    let effect = contrast.effect.as_ref().unwrap();
    [effect.adjusted_p, effect.adjusted_tost_p, effect.t_test_p]
}

/// Equal verdicts and p values; t-based p values up to rounding.
fn same(left: &Case, right: &Case) -> Result<(), TestCaseError> {
    for (a, b) in left.results().contrasts.iter().zip(&right.results().contrasts) {
        prop_assert_eq!(&a.verdict, &b.verdict);
        prop_assert_eq!(ps(a)[0], ps(b)[0]);
        for (p, q) in ps(a).iter().zip(&ps(b)).skip(1) {
            let near = |p: f64, q: f64| (p - q).abs() <= 1e-6 * p.max(q).max(1e-9);
            prop_assert!(p.zip(*q).is_none_or(|(p, q)| near(p, q)), "{:?} {:?}", p, q);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..Default::default() })]

    #[test]
    fn the_order_of_seeds_changes_nothing(seeds in scores(), by in 0_usize..9) {
        let mut turned = seeds.clone();
        turned.rotate_left(by % seeds.len());
        same(&case(&seeds, 1.0, 0.0), &case(&turned, 1.0, 0.0))?;
    }

    #[test]
    fn a_constant_added_to_every_score_changes_nothing(seeds in scores(), shift in 0_u8..40) {
        same(&case(&seeds, 1.0, 0.0), &case(&seeds, 1.0, f64::from(shift) / 8.0))?;
    }

    #[test]
    fn another_unit_changes_nothing(seeds in scores(), exponent in -3_i32..4) {
        same(&case(&seeds, 1.0, 0.0), &case(&seeds, 10_f64.powi(exponent), 0.0))?;
    }

    #[test]
    fn the_other_direction_swaps_better_and_worse(seeds in scores()) {
        let lower = case(&seeds, 1.0, 0.0);
        let mut higher = lower.clone();
        higher.experiment.analysis.direction = Direction::Higher;
        for (a, b) in lower.results().contrasts.iter().zip(&higher.results().contrasts) {
            let swapped = match &b.verdict {
                Verdict::Better => Verdict::Worse,
                Verdict::Worse => Verdict::Better,
                other => other.clone(),
            };
            prop_assert_eq!(&a.verdict, &swapped);
            prop_assert_eq!(ps(a), ps(b));
        }
    }

    #[test]
    fn the_order_of_records_changes_no_byte(seeds in scores(), by in 0_usize..27) {
        let case = case(&seeds, 1.0, 0.0);
        let mut turned = case.clone();
        let len = turned.records.len();
        turned.records.rotate_left(by % len);
        prop_assert_eq!(json(&case.results()).unwrap(), json(&turned.results()).unwrap());
    }

    #[test]
    fn holm_is_at_least_raw_and_keeps_the_order(raw in prop::collection::vec(0.0..1.0_f64, 1..20)) {
        let adjusted = holm::adjust(&raw.iter().copied().map(Some).collect::<Vec<_>>());
        let mut pairs: Vec<(f64, f64)> =
            raw.iter().zip(&adjusted).map(|(p, q)| (*p, q.unwrap())).collect();
        pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
        prop_assert!(pairs.iter().all(|(p, q)| q >= p && *q <= 1.0));
        prop_assert!(pairs.is_sorted_by(|a, b| a.1 <= b.1));
    }
}
