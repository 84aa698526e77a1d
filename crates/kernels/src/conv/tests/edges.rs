//! Awkward shapes and values.

use super::super::{global_average, global_average_backward};
use super::*;

/// A block of one channel that leaves its images as they are.
fn pass_through(images: usize, size: [usize; 2], activation: Activation, pool: Pool) -> Case {
    let one = [[1, 1], [0, 0]];
    let conv = conv([images, size[0], size[1], 1], 1, [1, 1], one);
    Case { block: Block { conv, activation, pool }, with: NOTHING }
}

fn through(case: &Case, x: &[f32], grad: &[f32]) -> (Vec<f32>, Vec<f32>) {
    let mut data = Data::of(case);
    data.weight = vec![1.0];
    data.x = x.to_vec();
    data.grad = grad.to_vec();
    let results = Isa::all().into_iter().map(|isa| run(isa, case, &data));
    let results: Vec<_> = results.collect();
    for other in &results[1..] {
        assert_eq!(format!("{:?}", other.all()), format!("{:?}", results[0].all()));
    }
    (results[0].y.clone(), results[0].x.clone())
}

#[test]
fn the_first_of_equal_values_wins() {
    let case = pass_through(1, [2, 4], Activation::Identity, Pool::Max([2, 2]));
    let (y, x) = through(&case, &[1.0, 5.0, 3.0, 3.0, 5.0, 5.0, 3.0, 3.0], &[2.0, 7.0]);
    assert_eq!(y, [5.0, 3.0]);
    assert_eq!(x, [0.0, 2.0, 7.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
}

#[test]
fn what_no_window_reaches_is_dropped() {
    for pool in [Pool::Max([2, 2]), Pool::Average([2, 2])] {
        let case = pass_through(1, [3, 3], Activation::Identity, pool);
        let x = [4.0, 4.0, 9.0, 4.0, 4.0, 9.0, 9.0, 9.0, 9.0];
        let (y, x) = through(&case, &x, &[8.0]);
        assert_eq!(y, [4.0]);
        assert_eq!(x.iter().sum::<f32>(), 8.0);
        assert!([2, 5, 6, 7, 8].iter().all(|&dropped| x[dropped] == 0.0));
    }
}

#[test]
fn nan_wins_a_pool_and_infinity_comes_next() {
    let (nan, inf) = (f32::NAN, f32::INFINITY);
    let case = pass_through(1, [1, 8], Activation::Identity, Pool::Max([1, 2]));
    let (y, _) = through(&case, &[nan, 1.0, 2.0, nan, inf, 3.0, -inf, -inf], &[1.0; 4]);
    assert!(y[0].is_nan() && y[1].is_nan());
    assert_eq!(y[2..], [inf, -inf]);
}

#[test]
fn nan_infinity_and_denormals_pass_through_activations() {
    let (nan, inf, tiny) = (f32::NAN, f32::INFINITY, 1e-40);
    let expected = [
        (Activation::Identity, [inf, -inf, tiny]),
        (Activation::Relu, [inf, 0.0, tiny]),
        (Activation::Relu6, [6.0, 0.0, tiny]),
        (Activation::Sigmoid, [1.0, 0.0, 0.5]),
        (Activation::Tanh, [1.0, -1.0, tiny]),
    ];
    for (activation, expected) in expected {
        let case = pass_through(1, [1, 4], activation, Pool::None);
        let (y, _) = through(&case, &[inf, -inf, tiny, nan], &[1.0; 4]);
        assert_eq!(y[..3], expected, "{activation:?}");
        assert!(y[3].is_nan(), "{activation:?}");
    }
}

#[test]
fn relu6_passes_gradients_between_0_and_6_only() {
    for pool in [Pool::None, Pool::Average([1, 1])] {
        let case = pass_through(1, [1, 5], Activation::Relu6, pool);
        let (y, x) = through(&case, &[-1.0, 0.0, 3.0, 6.0, 7.0], &[2.0; 5]);
        assert_eq!(y, [0.0, 0.0, 3.0, 6.0, 6.0]);
        assert_eq!(x, [0.0, 0.0, 2.0, 0.0, 0.0]);
    }
}

#[test]
fn no_images_have_no_gradient() {
    for case in cases() {
        let mut case = case;
        case.block.conv.images = 0;
        let data = Data::of(&case);
        let results = run(Isa::best(), &case, &data);
        assert!(results.y.is_empty() && results.x.is_empty());
        assert!(results.weight.iter().all(|&weight| weight == 0.0));
    }
}

#[test]
fn wrong_lengths_are_refused() {
    let case = cases()[1];
    let data = Data::of(&case);
    let refused = |change: &dyn Fn(&mut Case, &mut Data)| {
        let (mut case, mut data) = (case, data.clone());
        change(&mut case, &mut data);
        let outcome = std::panic::catch_unwind(|| {
            let mut y = vec![0.0; Data::of(&cases()[1]).grad.len()];
            train(Isa::best(), &case.block, &data.input(case.with), &mut y);
        });
        outcome.is_err()
    };
    assert!(!refused(&|_, _| ()));
    assert!(refused(&|_, data| data.x.truncate(5)));
    assert!(refused(&|_, data| data.weight.truncate(5)));
    assert!(refused(&|_, data| data.bias.truncate(1)));
    assert!(refused(&|_, data| data.gamma.truncate(1)));
    assert!(refused(&|case, _| case.with.residual = true));
    assert!(refused(&|case, _| case.block.pool = Pool::Max([0, 2])));
    assert!(refused(&|case, _| case.block.pool = Pool::Max([9, 9])));
    assert!(refused(&|case, _| case.block.conv.kernel = [99, 1]));
    assert!(refused(&|case, _| case.block.conv.stride = [0, 1]));
}

#[test]
fn a_global_average_is_the_mean_of_each_channel() {
    for [images, positions, channels] in [[2, 6, 3], [1, 1, 16], [3, 49, 40], [0, 4, 4]] {
        let x = numbers(images * positions * channels, 1);
        let grad = numbers(images * channels, 2);
        let mut means = vec![0.0; images * channels];
        for (i, mean) in means.iter_mut().enumerate() {
            let (image, channel) = (i / channels, i % channels);
            let values = x[image * positions * channels..].iter().skip(channel).step_by(channels);
            *mean = values.take(positions).map(|&x| f64::from(x)).sum::<f64>() / positions as f64;
        }
        let mut every = vec![];
        for isa in Isa::all() {
            let mut out = vec![f32::NAN; grad.len()];
            global_average(isa, [images, positions, channels], &x, &mut out);
            assert!(error(&out, &means) < 1e-6);
            let mut back = vec![f32::NAN; x.len()];
            global_average_backward(isa, [images, positions, channels], &grad, &mut back);
            for (i, &back) in back.iter().enumerate() {
                let image = i / (positions * channels);
                assert_eq!(back, grad[image * channels + i % channels] / positions as f32);
            }
            every.push(out);
        }
        assert!(every.iter().all(|out| *out == every[0]));
    }
}
