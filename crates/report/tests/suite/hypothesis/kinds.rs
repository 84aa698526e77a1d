//! Every kind of test, with numbers that can be told by hand.

use fireassay_report::{Detail, IntervalMethod, Open, Reason};

use super::case::{FACTORS, SIZES, TEN, case, check, finding, hypothesis, one, open, word};
use crate::design::case::{Settings, at, is, noise};

/// What a seed does to a condition besides what it does to all.
fn wobble(settings: &Settings, seed: u64) -> f64 {
    let key = settings.values().map(|level| level.len() as u64).sum::<u64>();
    0.1 * noise(7 * seed + key)
}

/// Probe is best with few, full with many.
fn regimes(settings: &Settings, seed: u64) -> f64 {
    let few = is(settings, "size", "small");
    let probe = at(settings, "regime", "probe") * if few { 3.0 } else { -2.0 };
    let scratch = at(settings, "regime", "scratch") * -6.0;
    80.0 + probe + scratch + noise(seed) + wobble(settings, seed)
}

#[test]
fn regret_of_the_right_choice_is_none_and_of_a_wrong_one_is_what_it_costs() {
    let regret = |best: &str, size: &str| {
        let test = format!(
            "regret = {{ factor = 'regime', best = ['{best}'], in = {{ size = '{size}' }}, \
             margin = 0.01 }}"
        );
        case(TEN, FACTORS, &hypothesis("H1", &test), &regimes).results()
    };
    let right = regret("probe", "small");
    assert_eq!(word(&right), "supported");
    let found = finding(&right);
    assert_eq!(
        (found.estimate, found.n, found.method),
        (0.0, 10, IntervalMethod::ClusterBootstrap)
    );
    assert_eq!(found.p, Some(2.0 / 1024.0), "every unit lies below the margin");
    let chosen = [["regime=probe+size=small"; 2]; 2].map(|pair| pair.map(String::from));
    assert_eq!(found.detail, Detail::Chosen(chosen.to_vec()));
    let wrong = regret("full", "small");
    assert_eq!(word(&wrong), "refuted");
    assert!((finding(&wrong).estimate - 0.03).abs() < 1e-3, "{:?}", finding(&wrong));
    let interval = finding(&wrong).interval.unwrap();
    assert!(interval.low > 0.01 && interval.high < 0.05, "{interval:?}");
}

#[test]
fn an_even_choice_is_made_at_odd_seeds() {
    // Full is better at odd seeds only, and by far: whoever chose on all seeds would take it.
    let percent = |settings: &Settings, seed: u64| {
        80.0 + at(settings, "regime", "full") * if seed % 2 == 1 { 4.0 } else { -2.0 }
    };
    let test = "regret = { factor = 'regime', best = ['probe'], among = ['full', 'probe'], \
                margin = 0.01 }";
    let results = case(TEN, FACTORS, &hypothesis("H1", test), &percent).results();
    let found = finding(&results);
    // At odd seeds the choice of the even ones (probe), at even seeds that of the odd ones (full).
    check(&found.values, &[-2.0, 0.0, -2.0, 0.0, -2.0, 0.0, -2.0, 0.0, -2.0, 0.0]);
}

#[test]
fn an_interaction_is_a_difference_of_differences() {
    let test = "interaction = { of = { regime = 'probe' }, minus = { regime = 'full' }, \
                in = { size = 'small' }, than = { in = { size = 'large' } } }";
    let results = case(TEN, FACTORS, &hypothesis("H5", test), &regimes).results();
    assert_eq!(word(&results), "supported");
    assert!((finding(&results).estimate - 0.05).abs() < 1e-3);
    assert_eq!(finding(&results).p, Some(2.0 / 1024.0));
    let negative = test.replace("} } }", "} }, expect = 'negative' }");
    let results = case(TEN, FACTORS, &hypothesis("H5", &negative), &regimes).results();
    assert_eq!(word(&results), "refuted");
}

#[test]
fn a_contrast_has_a_rule() {
    let contrast = |expect: &str, percent: &dyn Fn(&Settings, u64) -> f64| {
        let test =
            format!("contrast = {{ of = 'regime=probe', minus = 'reference', expect = {expect} }}");
        let results = case(TEN, FACTORS, &hypothesis("H8", &test), percent).results();
        (word(&results), finding(&results).p.unwrap())
    };
    assert_eq!(contrast("'worse'", &regimes).0, "supported");
    assert_eq!(contrast("'better'", &regimes).0, "refuted");
    assert_eq!(contrast("'different'", &regimes).0, "supported");
    assert_eq!(contrast("{ not-worse = 0.01 }", &regimes).0, "refuted");
    assert_eq!(contrast("{ not-worse = 0.05 }", &regimes).0, "supported");
    assert_eq!(contrast("{ equivalent = 0.01 }", &regimes).0, "refuted");
    assert_eq!(contrast("{ equivalent = 0.05 }", &regimes).0, "supported");
    // Differences 0.1, -0.1, 0.1, ...: mean 0, and t tests alone decide.
    let even = |settings: &Settings, seed: u64| {
        80.0 + at(settings, "regime", "probe") * if seed.is_multiple_of(2) { 0.1 } else { -0.1 }
    };
    let (answer, p) = contrast("{ equivalent = 0.01 }", &even);
    assert_eq!(answer, "supported");
    // t = 1 / (0.1054 / sqrt 10) = 30 with 9 degrees of freedom.
    assert!((p - 1.2e-10).abs() < 2e-11, "{p}");
    assert_eq!(contrast("'better'", &even).0, "undecided");
}

/// Full gains a point per tenfold where probe does not, and starts behind; elsewhere later.
fn curves(settings: &Settings, seed: u64) -> f64 {
    let n: f64 = settings["n"].parse().unwrap();
    let lead = if is(settings, "data", "similar") { 3.0 } else { 2.5 };
    let full = at(settings, "regime", "full") * (2.0 * n.log10() - 2.0 * lead + 1.0);
    70.0 + full + noise(seed) + wobble(settings, seed)
}

#[test]
fn one_curve_overtakes_another_and_earlier_in_one_cell_than_in_another() {
    let one_cell = "crossover = { factor = 'n', of = { regime = 'full' }, \
                    minus = { regime = 'probe' }, in = { data = 'similar' } }";
    let results = case(TEN, SIZES, &hypothesis("H7", one_cell), &curves).results();
    assert_eq!(word(&results), "supported");
    // 2 log n = 5, so at 316.
    let at = finding(&results).estimate;
    assert!((at / 10f64.powf(2.5)).ln().abs() < 0.1, "{at}");
    let two = one_cell
        .replace("'similar'", "'different'")
        .replace("} }", "}, than = { in = { data = 'similar' } } }");
    let results = case(TEN, SIZES, &hypothesis("H7", &two), &curves).results();
    assert_eq!(word(&results), "supported", "{:?}", one(&results).finding);
    let ratio = finding(&results).estimate;
    assert!((ratio / 10f64.sqrt()).ln().abs() < 0.15, "{ratio}");
    let swapped = two.replace("'different'", "'x'").replace("'similar'", "'different'");
    let swapped = swapped.replace("'x'", "'similar'");
    let results = case(TEN, SIZES, &hypothesis("H7", &swapped), &curves).results();
    assert_eq!(word(&results), "refuted");
}

#[test]
fn without_a_crossing_it_is_censored() {
    let never = |settings: &Settings, seed: u64| {
        70.0 - at(settings, "regime", "full") + wobble(settings, seed)
    };
    let test =
        "crossover = { factor = 'n', of = { regime = 'full' }, minus = { regime = 'probe' } }";
    let results = case(TEN, SIZES, &hypothesis("H7", test), &never).results();
    assert_eq!(open(&results), &Open::Censored);
    assert_eq!(finding(&results).estimate, f64::INFINITY);
}

#[test]
fn a_slope_is_per_tenfold_and_has_a_second_cell() {
    let test = "slope = { factor = 'n', of = { regime = 'full' }, minus = { regime = 'probe' }, \
                in = { data = 'similar' }, expect = 'rising' }";
    let results = case(TEN, SIZES, &hypothesis("H10", test), &curves).results();
    assert_eq!(word(&results), "supported");
    assert!((finding(&results).estimate - 0.02).abs() < 1e-3, "{:?}", finding(&results));
    let Detail::Along { series, page_p } = &finding(&results).detail else { panic!() };
    assert_eq!(series[0].points.len(), 4);
    assert!(page_p.unwrap() < 1e-6);
    let falling = test.replace("rising", "falling");
    let results = case(TEN, SIZES, &hypothesis("H10", &falling), &curves).results();
    assert_eq!(word(&results), "refuted");
    let two = test.replace(", expect", ", than = { in = { data = 'different' } }, expect");
    let results = case(TEN, SIZES, &hypothesis("H12", &two), &curves).results();
    assert!(finding(&results).estimate.abs() < 1e-3, "both have the same slope");
    assert_eq!(open(&results), &Open::Reason(Reason::Undecided));
}

#[test]
fn the_best_level_lies_earlier_in_one_cell() {
    let percent = |settings: &Settings, seed: u64| {
        let best = if is(settings, "data", "similar") { "full" } else { "scratch" };
        80.0 + at(settings, "regime", best) + wobble(settings, seed)
    };
    let test = "depth = { factor = 'regime', in = { data = 'similar' }, \
                than = { in = { data = 'different' } } }";
    let results = case(TEN, FACTORS, &hypothesis("H14", test), &percent).results();
    assert_eq!(word(&results), "supported");
    assert_eq!(finding(&results).values, [-2.0; 10]);
    // Where all are equal, every level has the middle rank.
    let results = case(TEN, FACTORS, &hypothesis("H14", test), &|_, seed| noise(seed)).results();
    assert_eq!(finding(&results).values, [0.0; 10]);
    assert_eq!(word(&results), "undecided");
}

/// Probe reaches 70 % at step 100 + 10 · seed, full 100 steps later, and never from seed 8 on.
fn with_curves(test: &str) -> crate::case::Case {
    let mut case = case(TEN, FACTORS, &hypothesis("H9", test), &regimes);
    for record in &case.records {
        let trial = &record.trial;
        let late = is(&trial.settings, "regime", "full");
        let step = 100 + 10 * trial.seed + if late { 100 } else { 0 };
        let top = if late && trial.seed >= 8 { 0.65 } else { 0.75 };
        let points = vec![(50, 0.5), (step, top), (400, top)];
        case.observed.curves.insert(trial.id.clone(), points);
    }
    case
}

#[test]
fn a_time_that_is_not_reached_is_censored_and_not_dropped() {
    let test = "time = { of = 'regime=probe', against = 'reference', reach = { value = 0.7 } }";
    let results = with_curves(test).results();
    assert_eq!(word(&results), "supported");
    let found = finding(&results);
    assert_eq!((found.n, found.estimate), (10, 1.0));
    let Detail::Times(times) = &found.detail else { panic!() };
    assert_eq!(times.arms.each_ref().map(|arm| (arm.n, arm.reached)), [(10, 10), (10, 8)]);
    assert_eq!(times.arms[0].median.at, Some(140.0));
    assert_eq!(times.arms[1].median.at, Some(240.0));
    // Each pair gives 1/2 with variance 1/4: (10 / 2)^2 / (10 / 4).
    assert!((times.chi_squared - 10.0).abs() < 1e-12);
    assert_eq!(found.p, Some(2.0 / 1024.0));
    // The same threshold, as a share of where probe ends.
    let share = "{ share-of = { of = 'regime=probe', share = 0.9 } }";
    let results = with_curves(&test.replace("{ value = 0.7 }", share)).results();
    let Detail::Times(times) = &finding(&results).detail else { panic!() };
    assert!((times.threshold - 0.675).abs() < 1e-12);
}

#[test]
fn a_failed_trial_leaves_or_never_gets_there_as_the_policy_has_it() {
    use fireassay_spec::FailedTrial;
    let test = "time = { of = 'regime=probe', against = 'reference', reach = { value = 0.7 } }";
    let mut case = with_curves(test);
    case.diverge("regime=probe", 3, 120);
    let results = case.clone().results();
    assert_eq!((finding(&results).n, word(&results)), (9, "supported"));
    let results = case.policy(FailedTrial::Worst).results();
    assert_eq!(finding(&results).n, 10);
    assert_eq!(finding(&results).values[3], -0.5);
}

#[test]
fn of_several_conditions_the_best_counts() {
    let test = "contrast = { of = [{ regime = 'full' }, { regime = 'probe' }], \
                minus = { regime = 'scratch' }, in = { size = 'small' }, expect = 'better' }";
    let results = case(TEN, FACTORS, &hypothesis("H10", test), &regimes).results();
    assert!((finding(&results).estimate - 0.09).abs() < 1e-3);
    assert_eq!(word(&results), "supported");
}
