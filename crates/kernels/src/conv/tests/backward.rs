//! Gradients against differences in f64.

use super::reference::{Wide, output};
use super::*;

/// What a gradient is the gradient of: the output times `grad`, summed.
fn loss(case: &Case, data: &Wide, grad: &[f32]) -> f64 {
    let output = output(case, data);
    output.iter().zip(grad).map(|(y, &grad)| y * f64::from(grad)).sum()
}

/// Central differences at a few places of one of the inputs: the place and the slope.
fn differences(
    case: &Case,
    data: &Data,
    of: impl Fn(&mut Wide) -> &mut Vec<f64>,
) -> Vec<(usize, f64)> {
    let mut wide = Wide::of(data);
    let len = of(&mut wide).len();
    let step = 1e-5;
    let places = (0..len).step_by((len / 3).max(1));
    let slope = |place: usize| {
        let value = of(&mut wide)[place];
        let mut at = |value: f64| {
            of(&mut wide)[place] = value;
            loss(case, &wide, &data.grad)
        };
        let slope = (at(value + step) - at(value - step)) / (2.0 * step);
        of(&mut wide)[place] = value;
        slope
    };
    let places: Vec<usize> = places.collect();
    places.iter().copied().zip(places.iter().copied().map(slope)).collect()
}

/// Compares with differences at a few places, relative to the largest gradient.
fn check(case: &Case, name: &str, actual: &[f32], differences: Vec<(usize, f64)>) {
    let largest = actual.iter().fold(1e-3, |largest: f32, value| largest.max(value.abs()));
    for (place, slope) in differences {
        let error = (f64::from(actual[place]) - slope).abs() / f64::from(largest);
        assert!(error < 1e-5, "{name}[{place}] {} {slope} {case:?}", actual[place]);
    }
}

#[test]
fn gradients_of_inputs_and_weights_are_the_differences_of_the_plain_form() {
    for case in &cases() {
        let data = Data::of(case);
        let results = run(Isa::best(), case, &data);
        check(case, "x", &results.x, differences(case, &data, |wide| &mut wide.x));
        check(case, "weight", &results.weight, differences(case, &data, |wide| &mut wide.weight));
        if case.with.residual {
            let differences = differences(case, &data, |wide| &mut wide.residual);
            check(case, "residual", &results.residual, differences);
        }
    }
}

#[test]
fn gradients_of_channels_are_the_differences_of_the_plain_form() {
    for case in &cases() {
        let data = Data::of(case);
        let results = run(Isa::best(), case, &data);
        if case.with.bias {
            check(case, "bias", &results.bias, differences(case, &data, |wide| &mut wide.bias));
        }
        if case.with.norm {
            check(case, "gamma", &results.gamma, differences(case, &data, |wide| &mut wide.gamma));
            check(case, "beta", &results.beta, differences(case, &data, |wide| &mut wide.beta));
        }
    }
}

#[test]
fn what_is_not_wanted_changes_nothing_about_the_rest() {
    let case = cases()[2];
    let data = Data::of(&case);
    let all = run(Isa::best(), &case, &data);
    let mut y = vec![0.0; case.block.output_len()];
    let saved = train(Isa::best(), &case.block, &data.input(case.with), &mut y);
    let seen = Seen {
        x: &data.x,
        weight: &data.weight,
        gamma: Some(&data.gamma),
        y: &y,
        grad: &data.grad,
    };
    let mut weight = vec![f32::NAN; data.weight.len()];
    let into = Gradients { weight: Some(&mut weight), ..Gradients::default() };
    gradients(Isa::best(), &saved, &seen, into);
    assert_eq!(weight, all.weight);
    let mut x = vec![f32::NAN; data.x.len()];
    gradients(
        Isa::best(),
        &saved.clone(),
        &seen,
        Gradients { x: Some(&mut x), ..Gradients::default() },
    );
    assert_eq!(x, all.x);
}
