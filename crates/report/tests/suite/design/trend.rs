//! Trends along ordered factors, by hand.

use fireassay_report::{Slope, Withheld};
use fireassay_spec::FailedTrial;

use super::case::{DROPOUT, FACTORIAL, NORM, Settings, analysis, check, designed, is, noise};

#[test]
fn a_trend_ranks_the_levels_within_each_seed() {
    let percent = |settings: &Settings, seed: u64| {
        let step = ["0", "0.2", "0.5", "0.8"].iter().position(|d| is(settings, "dropout", d));
        // Seed 0 has its best level before the last; the others rise all the way.
        let steps = if seed == 0 { [0.0, 1.0, 3.0, 2.0] } else { [0.0, 1.0, 2.0, 3.0] };
        90.0 + 10.0 * noise(seed) + steps[step.unwrap()]
    };
    let head = "seeds = [0, 1, 2]\ndesign = 'one-factor-at-a-time'";
    let mut case = designed(head, &[DROPOUT, NORM].concat(), &percent);
    let found = analysis(&case);
    assert_eq!(found.trends.len(), 1, "norm has no order");
    let trend = &found.trends[0];
    let conditions: Vec<&str> =
        trend.response.doses.iter().map(|dose| dose.condition.as_str()).collect();
    assert_eq!(conditions, ["reference", "dropout=0.2", "dropout=0.5", "dropout=0.8"]);
    let test = trend.test.as_ref().unwrap();
    // 1·1 + 2·2 + 3·4 + 4·3 = 29, and twice 30.
    let page = test.page.unwrap();
    assert_eq!((page.l, page.expected, test.slope), (89.0, 75.0, Slope::Rising));
    check(&Ok(test.change.clone()), &[2.0, 3.0, 3.0]);
    assert_eq!((found.family, test.adjusted_p), (1, Some(page.p_two_sided)));
    case.diverge("dropout=0.5", 2, 40);
    let found = analysis(&case);
    let test = found.trends[0].test.as_ref().unwrap();
    assert_eq!((test.change.seeds.as_slice(), test.page.unwrap().l), ([0, 1].as_slice(), 59.0));
    let (seed, scores) = &found.trends[0].response.scores[2];
    assert_eq!((*seed, scores[2], scores.iter().flatten().count()), (2, None, 3));
    let found = analysis(&case.policy(FailedTrial::Abort));
    assert_eq!(found.trends[0].test, Err(Withheld::FailedTrials));
}

#[test]
fn a_factorial_shows_the_trend_at_the_reference_of_the_others() {
    let percent = |settings: &Settings, seed: u64| {
        let dropout: f64 = settings["dropout"].parse().unwrap();
        let sign = if is(settings, "norm", "none") { 1.0 } else { -1.0 };
        90.0 + noise(seed) + sign * 4.0 * dropout
    };
    let found = analysis(&designed(FACTORIAL, &[NORM, DROPOUT].concat(), &percent));
    let test = found.trends[0].test.as_ref().unwrap();
    assert_eq!((test.page.unwrap().l, test.slope), (60.0, Slope::Falling));
    check(&Ok(test.change.clone()), &[-3.2; 3]);
}
