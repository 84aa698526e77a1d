//! Properties of the statistics on arbitrary numbers.

use fireassay_report::stats::paired_t::Interval;
use fireassay_report::stats::{
    benjamini_hochberg, bootstrap, describe, effect_size, holm, improvement, iqm, page_trend,
    paired_t, pairing, performance_profile, prob_better, shapley, sign_flip, skew, tost,
    variance_components,
};
use proptest::prelude::*;

/// Relative to the size of what is compared.
const ROUNDING: f64 = 1e-9;

/// Differences in thousandths, with ties and zeros, over 3 to 12 seeds; not all equal, since
/// without spread the t statistics are defined by cases of their own.
fn deltas() -> impl Strategy<Value = Vec<f64>> {
    let thousandths = |d: Vec<i16>| d.into_iter().map(|d| f64::from(d) / 1000.0).collect();
    prop::collection::vec(-300_i16..500, 3..13)
        .prop_map(thousandths)
        .prop_filter("spread", |d: &Vec<f64>| !describe::all_equal(d))
}

/// Values and the same values in another order.
fn shuffled() -> impl Strategy<Value = (Vec<f64>, Vec<f64>)> {
    deltas().prop_flat_map(|d| (Just(d.clone()), Just(d).prop_shuffle()))
}

/// Blocks of 3 to 5 levels with ties.
fn blocks() -> impl Strategy<Value = Vec<Vec<f64>>> {
    let value = (0_u8..6).prop_map(f64::from);
    (3_usize..6).prop_flat_map(move |k| {
        prop::collection::vec(prop::collection::vec(value.clone(), k), 1..7)
    })
}

/// A crossing of two or three streams and its values.
fn crossing() -> impl Strategy<Value = (Vec<Vec<usize>>, Vec<f64>)> {
    prop::collection::vec(1_usize..5, 1..3).prop_flat_map(|mut sizes| {
        sizes.extend([3]);
        sizes[0] = sizes[0].max(2);
        let cells: usize = sizes.iter().product();
        let row = |mut cell: usize| -> Vec<usize> {
            let digit = |size: &usize| {
                let digit = cell % size;
                cell /= size;
                digit
            };
            sizes.iter().map(digit).collect()
        };
        let levels: Vec<Vec<usize>> = (0..cells).map(row).collect();
        (Just(levels), prop::collection::vec((-200_i16..200).prop_map(f64::from), cells))
    })
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() <= ROUNDING * a.abs().max(b.abs()).max(1e-3)
}

/// Every number that a contrast shows: mean, sd, ends of intervals, p values, sizes.
fn numbers(d: &[f64], rope: f64) -> Vec<f64> {
    let t = paired_t::interval(d, 0.95).unwrap();
    let size = effect_size::effect_size(d).unwrap();
    let (share, wilson) = prob_better::prob_better(d).unwrap();
    vec![
        describe::mean(d).unwrap(),
        describe::sd(d).unwrap(),
        t.low,
        t.high,
        paired_t::p_value(d).unwrap(),
        sign_flip::p_value(d, 0).unwrap(),
        tost::p_value(d, rope).unwrap(),
        tost::non_inferiority(d, rope).unwrap(),
        size.d_z,
        size.g_z,
        share,
        wilson.low,
        wilson.high,
        iqm::iqm(d).unwrap(),
        f64::from(u8::from(skew::skewed(d))),
    ]
}

fn turned(interval: Interval) -> Interval {
    Interval { low: -interval.high, high: -interval.low }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..Default::default() })]

    #[test]
    fn the_order_of_seeds_does_not_matter((d, other) in shuffled()) {
        for (a, b) in numbers(&d, 0.1).into_iter().zip(numbers(&other, 0.1)) {
            prop_assert!(near(a, b), "{a} and {b}");
        }
        let taus = [-0.1, 0.0, 0.2];
        let profile = |d: &[f64]| performance_profile::performance_profile(d, &taus);
        prop_assert_eq!(profile(&d), profile(&other));
    }

    #[test]
    fn pairs_may_come_in_any_order(pairs in prop::collection::vec((0_u16..99, 0_u16..99), 3..9),
                                   by in 0_usize..9) {
        let mut other = pairs.clone();
        other.rotate_left(by % pairs.len());
        let both = |pairs: &[(u16, u16)]| {
            let (a, b): (Vec<f64>, Vec<f64>) =
                pairs.iter().map(|(a, b)| (f64::from(*a), f64::from(*b))).unzip();
            let ratio = pairing::variance_ratio(&a, &b);
            (pairing::correlation(&a, &b), pairing::correlation(&b, &a), ratio)
        };
        let ((r, swapped, ratio), (other_r, _, other_ratio)) = (both(&pairs), both(&other));
        for (a, b) in [(r, other_r), (r, swapped), (ratio, other_ratio)] {
            prop_assert_eq!(a.is_some(), b.is_some());
            prop_assert!(a.zip(b).is_none_or(|(a, b)| near(a, b)), "{a:?} and {b:?}");
        }
        prop_assert!(r.is_none_or(|r| (-1.0..=1.0).contains(&r)));
        prop_assert!(ratio.is_none_or(|ratio| (0.0..=2.0 + ROUNDING).contains(&ratio)));
    }

    #[test]
    fn the_other_sign_mirrors_every_number(d in deltas()) {
        let minus: Vec<f64> = d.iter().map(|d| -d).collect();
        let interval = |d: &[f64]| paired_t::interval(d, 0.95).unwrap();
        prop_assert_eq!(interval(&minus), turned(interval(&d)));
        prop_assert_eq!(paired_t::p_value(&minus), paired_t::p_value(&d));
        prop_assert_eq!(sign_flip::p_value(&minus, 0), sign_flip::p_value(&d, 0));
        prop_assert_eq!(tost::p_value(&minus, 0.1), tost::p_value(&d, 0.1));
        prop_assert!(near(iqm::iqm(&minus).unwrap(), -iqm::iqm(&d).unwrap()));
        let (ours, theirs) = (effect_size::effect_size(&d), effect_size::effect_size(&minus));
        prop_assert_eq!(ours.unwrap().g_z, -theirs.unwrap().g_z);
        let wins = |d: &[f64]| prob_better::prob_better(d).unwrap();
        let ((share, ours), (other, theirs)) = (wins(&d), wins(&minus));
        prop_assert!(near(share, 1.0 - other) && near(ours.low, 1.0 - theirs.high));
    }

    #[test]
    fn shift_and_scale_go_through(d in deltas(), shift in -40_i8..40, exponent in -4_i32..5) {
        let (shift, scale) = (f64::from(shift) / 8.0, 10_f64.powi(exponent));
        let moved: Vec<f64> = d.iter().map(|d| (d + shift) * scale).collect();
        let image = |value: f64| (value + shift) * scale;
        let close = |a: f64, b: f64| (a - b).abs() <= ROUNDING * (1.0 + shift.abs()) * scale;
        prop_assert!(close(describe::sd(&moved).unwrap(), describe::sd(&d).unwrap() * scale));
        prop_assert!(close(iqm::iqm(&moved).unwrap(), image(iqm::iqm(&d).unwrap())));
        let interval = |d: &[f64]| paired_t::interval(d, 0.9).unwrap();
        prop_assert!(close(interval(&moved).low, image(interval(&d).low)));
        prop_assert!(close(interval(&moved).high, image(interval(&d).high)));
        // Scaled alone, together with the rope, no p changes.
        let scaled: Vec<f64> = d.iter().map(|d| d * scale).collect();
        prop_assert_eq!(sign_flip::p_value(&scaled, 0), sign_flip::p_value(&d, 0));
        let ps = |d: &[f64], rope| [paired_t::p_value(d), tost::p_value(d, rope)];
        for (a, b) in ps(&scaled, 0.1 * scale).into_iter().zip(ps(&d, 0.1)) {
            prop_assert!(near(a.unwrap(), b.unwrap()));
        }
    }

    #[test]
    fn interval_and_test_agree(d in deltas(), rope in 1_u16..600) {
        let (t95, t90) = (paired_t::interval(&d, 0.95), paired_t::interval(&d, 0.90));
        let (t95, t90) = (t95.unwrap(), t90.unwrap());
        // The borders are irrational, so numbers of three decimals are never on them.
        let outside = t95.low > 0.0 || t95.high < 0.0;
        prop_assert_eq!(outside, paired_t::p_value(&d).unwrap() < 0.05);
        let rope = f64::from(rope) / 1000.0;
        let inside = -rope < t90.low && t90.high < rope;
        prop_assert_eq!(inside, tost::p_value(&d, rope).unwrap() < 0.05);
        prop_assert_eq!(-rope < t90.low, tost::non_inferiority(&d, rope).unwrap() < 0.05);
    }

    #[test]
    fn a_p_is_never_below_what_the_seeds_allow(d in deltas()) {
        let p = sign_flip::p_value(&d, 0).unwrap();
        let vectors = 2_f64.powi(i32::try_from(d.len()).unwrap());
        prop_assert!(p >= 2.0 / vectors && p <= 1.0);
        prop_assert_eq!((p * vectors).fract(), 0.0, "a share of the sign vectors");
    }

    #[test]
    fn adjusted_ps_are_ordered(raw in prop::collection::vec(0.0..1.0_f64, 1..20)) {
        let some: Vec<Option<f64>> = raw.iter().copied().map(Some).collect();
        let (by_holm, by_bh) = (holm::adjust(&some), benjamini_hochberg::adjust(&some));
        let all = raw.iter().zip(by_holm.iter().flatten().zip(by_bh.iter().flatten()));
        let mut rows: Vec<(f64, f64, f64)> = all.map(|(p, (h, b))| (*p, *h, *b)).collect();
        rows.sort_by(|a, b| a.0.total_cmp(&b.0));
        for (p, h, b) in &rows {
            // The factor m / m of the largest p is 1 only up to rounding.
            let up = 1.0 + ROUNDING;
            prop_assert!(*p <= b * up && *b <= h * up && *h <= 1.0, "{p} {b} {h}");
        }
        prop_assert!(rows.is_sorted_by(|a, b| a.1 <= b.1 && a.2 <= b.2));
        let bonferroni = |p: f64| (p * rows.len() as f64).min(1.0);
        prop_assert!(rows.iter().all(|(p, h, _)| *h <= bonferroni(*p) * (1.0 + ROUNDING)));
    }

    #[test]
    fn page_mirrors_when_levels_are_turned_round(blocks in blocks(), by in 0_usize..6) {
        let found = page_trend::page(&blocks).unwrap();
        let reversed: Vec<Vec<f64>> =
            blocks.iter().map(|block| block.iter().rev().copied().collect()).collect();
        let other = page_trend::page(&reversed).unwrap();
        prop_assert!(near(found.l - found.expected, other.expected - other.l));
        prop_assert!(near(found.p_increasing, other.p_decreasing));
        prop_assert!(near(found.p_two_sided, other.p_two_sided));
        let mut turned = blocks.clone();
        turned.rotate_left(by % blocks.len());
        // Only ranks within a block count.
        for (i, block) in turned.iter_mut().enumerate() {
            block.iter_mut().for_each(|value| *value = (*value + i as f64).exp());
        }
        let same = page_trend::page(&turned).unwrap();
        prop_assert_eq!(same.l, found.l);
        prop_assert!(near(same.p_increasing, found.p_increasing));
        for p in [found.p_increasing, found.p_decreasing, found.p_two_sided] {
            prop_assert!(p > 0.0 && p <= 1.0, "{found:?}");
        }
    }

    #[test]
    fn shapley_shares_out_everything_fairly(worth in prop::collection::vec(-99_i8..99, 32),
                                            dummy in -99_i8..99) {
        let value = |s: u32| f64::from(worth[s as usize]);
        let phi = shapley::shapley(5, &value).unwrap();
        prop_assert!((phi.iter().sum::<f64>() - (value(31) - value(0))).abs() < 1e-11);
        // Components 0 and 1 exchanged: their shares are, and the others keep theirs.
        let swap = |s: u32| s & !3 | (s & 1) << 1 | s >> 1 & 1;
        let swapped = shapley::shapley(5, &|s| value(swap(s))).unwrap();
        for (a, b) in [(0, 1), (1, 0), (2, 2), (3, 3), (4, 4)] {
            prop_assert!((phi[a] - swapped[b]).abs() < 1e-11, "{phi:?} {swapped:?}");
        }
        // A sixth component that always adds the same gets just that.
        let adds = f64::from(dummy);
        let more = |s: u32| value(s & 31) + if s & 32 == 0 { 0.0 } else { adds };
        let with = shapley::shapley(6, &more).unwrap();
        prop_assert!((with[5] - adds).abs() < 1e-11);
        prop_assert!(phi.iter().zip(&with).all(|(a, b)| (a - b).abs() < 1e-11));
    }

    #[test]
    fn components_are_shares_of_a_whole((levels, values) in crossing(), by in 0_usize..80,
                                        shift in -40_i8..40) {
        let found = variance_components::components(&levels, &values).unwrap();
        let all: Vec<_> = found.streams.iter().flatten().chain([&found.residual]).collect();
        prop_assert!(all.iter().all(|part| part.variance >= 0.0));
        prop_assert!(all.iter().all(|part| !part.negative || part.variance == 0.0));
        let shares: Option<Vec<f64>> = all.iter().map(|part| part.share).collect();
        if let Some(shares) = shares {
            prop_assert!((shares.iter().sum::<f64>() - 1.0).abs() < ROUNDING, "{shares:?}");
        }
        // Another order of the trials, other names of the levels, another origin and unit.
        let (mut rows, mut moved) = (levels.clone(), values.clone());
        rows.rotate_left(by % levels.len());
        moved.rotate_left(by % levels.len());
        rows.iter_mut().flatten().for_each(|level| *level = 100 - 7 * *level);
        moved.iter_mut().for_each(|value| *value = 2.0 * (*value + f64::from(shift)));
        let other = variance_components::components(&rows, &moved).unwrap();
        let scale = 4.0 * values.iter().map(|v| v * v).sum::<f64>().max(1.0);
        let parts = |c: &variance_components::Components| -> Vec<Option<f64>> {
            let streams = c.streams.iter().map(|part| part.map(|part| part.variance));
            streams.chain([Some(c.residual.variance)]).collect()
        };
        for (a, b) in parts(&found).into_iter().zip(parts(&other)) {
            prop_assert_eq!(a.is_some(), b.is_some());
            prop_assert!(a.zip(b).is_none_or(|(a, b)| (4.0 * a - b).abs() < ROUNDING * scale));
        }
    }
}

proptest! {
    // Each case draws tens of thousands of values.
    #![proptest_config(ProptestConfig { cases: 4, failure_persistence: None, ..Default::default() })]

    #[test]
    fn the_bootstrap_stays_inside_the_values((d, other) in shuffled(), key in 0_u64..1000) {
        let found = bootstrap::interval(&d, 0.95, key).unwrap();
        prop_assert_eq!(Some(found), bootstrap::interval(&other, 0.95, key));
        let (low, high) = describe::range(&d);
        let mean = describe::mean(&d).unwrap();
        prop_assert!(low - ROUNDING <= found.low && found.low <= mean);
        prop_assert!(mean <= found.high && found.high <= high + ROUNDING);
        let doubled: Vec<f64> = d.iter().map(|d| 2.0 * d).collect();
        let twice = Interval { low: 2.0 * found.low, high: 2.0 * found.high };
        prop_assert_eq!(bootstrap::interval(&doubled, 0.95, key), Some(twice));
    }

    #[test]
    fn seeds_of_a_dataset_may_come_in_any_order((d, other) in shuffled(), shift in 1_u8..9) {
        let shifted: Vec<f64> = d.iter().map(|d| d + f64::from(shift) / 50.0).collect();
        let (ours, theirs) = ([d, shifted.clone()], [other, shifted]);
        prop_assert_eq!(iqm::interval(&ours, 0.9, 7), iqm::interval(&theirs, 0.9, 7));
        let found = improvement::improvement(&ours, 0.9, 7).unwrap();
        prop_assert_eq!(Some(found), improvement::improvement(&theirs, 0.9, 7));
        prop_assert!(0.0 <= found.1.low && found.1.high <= 1.0);
    }
}
