//! NaN, infinity and denormal numbers in blocks of every shape.

use super::reference::{Wide, output};
use super::*;

const SPECIAL: [f32; 5] = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -0.0, 1e-40];

/// The same kind of value, and the same one if it is finite.
fn agree(found: f32, expected: f64) -> bool {
    let found = f64::from(found);
    found == expected
        || (found.is_nan() && expected.is_nan())
        || (found - expected).abs() < 1e-4 * (1.0 + expected.abs())
}

#[test]
fn what_comes_out_is_what_the_plain_form_gives() {
    for case in cases() {
        for special in SPECIAL {
            let mut data = Data::of(&case);
            let middle = data.x.len() / 2;
            data.x[middle] = special;
            let expected = output(&case, &Wide::of(&data));
            let mut y = vec![0.0; expected.len()];
            for isa in Isa::all() {
                train(isa, &case.block, &data.input(case.with), &mut y);
                for (i, (&found, &expected)) in y.iter().zip(&expected).enumerate() {
                    let name = isa.name();
                    assert!(
                        agree(found, expected),
                        "{name} {case:?} {special}: [{i}] {found} {expected}"
                    );
                }
            }
        }
    }
}

/// Bits of the images from `1` on.
fn rest(values: &[f32], images: usize) -> Vec<u32> {
    values[values.len() / images..].iter().map(|value| value.to_bits()).collect()
}

#[test]
fn without_a_norm_an_image_keeps_its_values_to_itself() {
    for case in cases() {
        let images = case.block.conv.images;
        if case.with.norm || images == 1 {
            continue;
        }
        let data = Data::of(&case);
        let clean = run(Isa::best(), &case, &data);
        for special in [f32::NAN, f32::INFINITY] {
            let (mut x, mut grad) = (data.clone(), data.clone());
            x.x[..data.x.len() / images].fill(special);
            grad.grad[..data.grad.len() / images].fill(special);
            for spoiled in [run(Isa::best(), &case, &x), run(Isa::best(), &case, &grad)] {
                assert_eq!(rest(&spoiled.y, images), rest(&clean.y, images), "{case:?}");
                assert_eq!(rest(&spoiled.x, images), rest(&clean.x, images), "{case:?}");
            }
        }
    }
}

#[test]
fn a_gradient_that_is_not_finite_reaches_weights_and_images() {
    for case in cases() {
        let mut data = Data::of(&case);
        let filters = case.block.conv.filters;
        data.grad.iter_mut().step_by(filters).for_each(|grad| *grad = f32::NAN); // of one filter
        let results = run(Isa::best(), &case, &data);
        let weights = case.block.conv.terms();
        let relus = [Activation::Relu, Activation::Relu6];
        let is_cut = relus.contains(&case.block.activation); // where all of it is cut off
        assert!(
            is_cut || results.weight[..weights].iter().any(|weight| weight.is_nan()),
            "{case:?}"
        );
        assert!(results.weight[weights..].iter().all(|weight| weight.is_finite()), "{case:?}");
        for values in [&results.gamma, &results.beta] {
            assert!(is_cut || values.is_empty() || values[0].is_nan(), "{case:?}");
            assert!(values.iter().skip(1).all(|value| value.is_finite()), "{case:?}");
        }
        assert!(is_cut || results.x.iter().any(|x| x.is_nan()), "{case:?}");
    }
}
