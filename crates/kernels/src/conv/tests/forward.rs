//! Values against naive sums in f64.

use super::reference::{Wide, output, statistics};
use super::*;

#[test]
fn outputs_and_statistics_are_those_of_the_plain_form() {
    for case in cases() {
        let data = Data::of(&case);
        let wide = Wide::of(&data);
        let expected = output(&case, &wide);
        for isa in Isa::all() {
            let results = run(isa, &case, &data);
            let name = isa.name();
            assert!(error(&results.y, &expected) < 1e-5, "{name} {case:?}");
            // The statistics of the batch stand in for running ones.
            assert!(error(&results.evaluated, &expected) < 1e-5, "{name} {case:?}");
            if case.with.norm {
                let (mean, variance) = statistics(&case, &wide);
                assert!(error(&results.mean, &mean) < 1e-5, "{name} {case:?}");
                assert!(error(&results.variance, &variance) < 1e-5, "{name} {case:?}");
            }
        }
    }
}

#[test]
fn a_mean_far_from_zero_leaves_the_variance_its_digits() {
    let conv = conv([4, 6, 6, 1], 1, [1, 1], [[1, 1], [0, 0]]);
    let block = Block { conv, activation: Activation::Identity, pool: Pool::None };
    let case = Case { block, with: NORM };
    let mut data = Data::of(&case);
    data.weight = vec![1.0];
    data.x.iter_mut().for_each(|x| *x += 1000.0);
    let (_, variance) = statistics(&case, &Wide::of(&data));
    // The mean of an image is rounded to 1000 * 2^-24. A sum of squares would keep no digit at all.
    assert!(error(&run(Isa::best(), &case, &data).variance, &variance) < 2e-4);
}

#[test]
fn the_bias_before_a_norm_moves_the_mean_and_nothing_else() {
    let case = cases()[1];
    let data = Data::of(&case);
    let with = run(Isa::best(), &case, &data);
    let bare = Case { with: With { bias: false, ..case.with }, ..case };
    let without = run(Isa::best(), &bare, &data);
    assert_eq!(with.y, without.y);
    assert_eq!(with.variance, without.variance);
    assert_ne!(with.mean, without.mean);
    assert!(with.bias.iter().all(|bias| bias.to_bits() == 0));
}
