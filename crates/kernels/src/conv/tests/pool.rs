//! A pool by itself against its definition.

use crate::Isa;
use crate::conv::{Maps, Pool, pool, pool_backward};
use crate::testing::{assert_same_bits, numbers, on_every_machine};

const CASES: [(Maps, Pool); 5] = [
    (Maps { images: 1, size: [2, 2], channels: 1 }, Pool::Max([2, 2])),
    (Maps { images: 3, size: [7, 5], channels: 8 }, Pool::Max([2, 2])),
    (Maps { images: 2, size: [4, 6], channels: 17 }, Pool::Average([2, 3])),
    (Maps { images: 2, size: [9, 4], channels: 32 }, Pool::Max([3, 1])),
    (Maps { images: 2, size: [3, 3], channels: 3 }, Pool::None),
];

/// Output and gradient in plain loops. Values have few sizes, so that some are equal.
fn exact((maps, kind): (Maps, Pool), x: &[f32], grad: &[f32]) -> Vec<f32> {
    let Maps { images, size: [height, width], channels } = maps;
    let [down, across] = match kind {
        Pool::None => [1, 1],
        Pool::Max(window) | Pool::Average(window) => window,
    };
    let [rows, columns] = [height / down, width / across];
    let (mut out, mut to) = (vec![0.0; grad.len()], vec![0.0; x.len()]);
    for cell in 0..images * rows * columns * channels {
        let (channel, place) = (cell % channels, cell / channels);
        let (column, row, image) =
            (place % columns, place / columns % rows, place / columns / rows);
        let window: Vec<usize> = (0..down * across)
            .map(|i| (row * down + i / across, column * across + i % across))
            .map(|(y, x)| ((image * height + y) * width + x) * channels + channel)
            .collect();
        if let Pool::Max(_) = kind {
            let mut best = window[0];
            for &i in &window {
                best = if x[i] > x[best] { i } else { best };
            }
            out[cell] = x[best];
            to[best] = grad[cell];
        } else {
            let count = window.len() as f32;
            out[cell] = window.iter().map(|&i| x[i]).sum::<f32>() / count;
            window.iter().for_each(|&i| to[i] = grad[cell] / count);
        }
    }
    [out, to].concat()
}

fn all(isa: Isa, (maps, kind): (Maps, Pool), x: &[f32], grad: &[f32]) -> Vec<f32> {
    let (mut out, mut to) = (vec![f32::NAN; grad.len()], vec![f32::NAN; x.len()]);
    pool(isa, maps, kind, x, &mut out);
    pool_backward(isa, (maps, kind), (x, &out), grad, &mut to);
    [out, to].concat()
}

#[test]
fn a_pool_and_its_gradient_are_their_definition() {
    for case in CASES {
        let x: Vec<f32> = numbers(case.0.values(), 1).iter().map(|x| (4.0 * x).round()).collect();
        let grad = numbers(case.0.pooled(case.1).values(), 2);
        let expected = exact(case, &x, &grad);
        let found = on_every_machine(|isa| all(isa, case, &x, &grad));
        assert_same_bits(&found);
        for (found, expected) in found[0].1.iter().zip(&expected) {
            assert!((found - expected).abs() <= 1e-6, "{case:?}: {found} not {expected}");
        }
    }
}

#[test]
fn a_maximum_is_nan_if_one_value_is() {
    let maps = Maps { images: 1, size: [2, 2], channels: 1 };
    for place in 0..4 {
        let mut x = [1.0, f32::INFINITY, -1.0, 2.0];
        x[place] = f32::NAN;
        let mut out = [0.0];
        pool(Isa::best(), maps, Pool::Max([2, 2]), &x, &mut out);
        assert!(out[0].is_nan(), "{place}");
    }
    let mut out = [0.0];
    let x = [f32::NEG_INFINITY; 4];
    pool(Isa::best(), maps, Pool::Max([2, 2]), &x, &mut out);
    assert_eq!(out, [f32::NEG_INFINITY]);
}
