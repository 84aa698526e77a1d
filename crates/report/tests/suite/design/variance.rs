//! Variance of crossed streams, by hand.

use fireassay_report::Withheld;
use fireassay_spec::Purpose;

use super::case::{NORM, analysis, at, designed, noise};
use crate::case::Case;

fn crossed() -> Case {
    let head = "seeds = { init = 3, order = 3 }\ndesign = 'one-factor-at-a-time'";
    designed(head, NORM, &|settings, seed| {
        let (init, order) = (seed / 3, seed % 3);
        90.0 + 2.0 * init as f64 + at(settings, "norm", "batch") * order as f64
    })
}

#[test]
fn variance_divides_among_crossed_streams() {
    let found = analysis(&crossed());
    // Without interaction the components are the variances of 0, 2, 4 and of 0, 1, 2.
    let check = |condition: usize, expected: [f64; 3]| {
        let shares = found.variance[condition].shares.as_ref().unwrap();
        for (share, variance) in shares.iter().zip(expected) {
            assert!((share.variance.unwrap() - 1e-4 * variance).abs() < 1e-15, "{share:?}");
            assert!((share.share.unwrap() - variance / 5.0).abs() < 1e-9 || condition == 1);
        }
    };
    check(0, [4.0, 1.0, 0.0]);
    check(1, [4.0, 0.0, 0.0]);
    let streams: Vec<Option<Purpose>> =
        found.variance[0].shares.as_ref().unwrap().iter().map(|share| share.stream).collect();
    assert_eq!(streams, [Some(Purpose::Init), Some(Purpose::Order), None]);
    assert_eq!((found.variance[0].n, found.family), (9, 0));
}

#[test]
fn a_replicate_without_a_score_leaves_no_variance_to_divide() {
    let mut case = crossed();
    case.forget("norm=none", 4);
    let found = analysis(&case);
    assert_eq!(found.variance[1].shares, Err(Withheld::Incomplete));
    assert!(found.variance[0].shares.is_ok());
    // What is left without one init would be a whole, smaller crossing; it was not planned.
    let mut case = crossed();
    (6..9).for_each(|seed| case.forget("norm=none", seed));
    assert_eq!(analysis(&case).variance[1].shares, Err(Withheld::Incomplete));
}

#[test]
fn two_seeds_of_a_stream_tell_no_variance() {
    let head = "seeds = { init = 2, order = 3 }\ndesign = 'one-factor-at-a-time'";
    let case = designed(head, NORM, &|_, seed| 90.0 + noise(seed));
    let found = analysis(&case);
    let shares = found.variance[0].shares.as_ref().unwrap();
    assert_eq!((shares[0].variance, shares[0].share, shares[0].levels), (None, None, 2));
    assert!(shares[1].variance.is_some() && shares[2].variance.is_some());
}
