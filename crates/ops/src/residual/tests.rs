//! Fused residual blocks against composed ones.

use super::*;
use crate::testing::{BOTH, assert_near, constant, leaf, numbers, values as of};
use burn::module::{Module, Param};
use burn::nn::conv::Conv2dConfig;
use burn::nn::{BatchNormConfig, PaddingConfig2d};
use burn::tensor::{Device, TensorData};

/// `[batch, in, height, width]`, filters, stride.
const CASES: [([usize; 4], usize, usize); 4] =
    [([1, 3, 4, 4], 3, 1), ([9, 8, 6, 5], 16, 2), ([2, 16, 7, 7], 16, 1), ([3, 5, 5, 3], 20, 2)];

fn filled<const D: usize>(shape: [usize; D], seed: u32, device: &Device) -> Param<Tensor<D>> {
    let values: Vec<f32> = numbers(shape.iter().product(), seed).iter().map(|x| x + 0.1).collect();
    Param::from_tensor(Tensor::from_data(TensorData::new(values, shape), device).require_grad())
}

fn layer(
    [inputs, filters, side, stride]: [usize; 4],
    (normed, seed): (bool, u32),
    device: &Device,
) -> (Conv2d, Option<BatchNorm>) {
    let pad = side / 2;
    let mut conv = Conv2dConfig::new([inputs, filters], [side; 2])
        .with_stride([stride; 2])
        .with_padding(PaddingConfig2d::Explicit(pad, pad, pad, pad))
        .init(device);
    conv.weight = filled([filters, inputs, side, side], seed, device);
    conv.bias = (!normed).then(|| filled([filters], seed + 1, device));
    let mut norm = BatchNormConfig::new(filters).init(device);
    norm.gamma = filled([filters], seed + 2, device);
    (conv, normed.then_some(norm))
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Bare,
    Projected,
}

/// Output, gradients and running statistics.
fn all(
    kernels: Kernels,
    case: ([usize; 4], usize, usize),
    kind: Kind,
    [normed, fixed]: [bool; 2],
) -> Vec<Vec<f32>> {
    let (shape, filters, stride) = case;
    let device = Device::flex().autodiff();
    let inputs = shape[1];
    let first = layer([inputs, filters, 3, stride], (normed, 10), &device);
    let second = layer([filters, filters, 3, 1], (normed, 20), &device);
    let way = layer([inputs, filters, 1, stride], (normed, 30), &device);
    let fix = |(conv, norm): (Conv2d, Option<BatchNorm>)| {
        let norm = norm.map(|norm| {
            let training = norm.training.clone().with_value(!fixed);
            BatchNorm { training, ..norm }
        });
        (conv, norm)
    };
    let [first, second, way] = [first, second, way].map(fix);
    let around = match kind {
        Kind::Projected => Around::Projected(&way.0, way.1.as_ref()),
        Kind::Bare if stride == 1 && inputs == filters => Around::Identity,
        Kind::Bare => Around::Padded(Shortcut { stride, channels: filters }),
    };
    let block = ResidualBlock {
        first: (&first.0, first.1.as_ref()),
        second: (&second.0, second.1.as_ref()),
        around,
        activation: Activation::Relu,
    };
    let x = leaf(shape, 1);
    let y = residual_block(kernels, x.clone(), block);
    let mut grads = (y.clone() * constant(y.dims(), 4)).sum().backward();
    let mut found = vec![of(y.inner()), of(x.grad_remove(&mut grads).expect("of the input"))];
    for (conv, norm) in [&first, &second, &way] {
        found.extend(conv.weight.val().grad_remove(&mut grads).map(of));
        let vectors = [conv.bias.as_ref(), norm.as_ref().map(|norm| &norm.gamma)];
        for vector in vectors.into_iter().flatten() {
            found.extend(vector.val().grad_remove(&mut grads).map(of));
        }
        let states = norm.as_ref().map(|norm| [&norm.running_mean, &norm.running_var]);
        found.extend(states.into_iter().flatten().map(|state| of(state.value_sync())));
    }
    found
}

#[test]
fn the_fused_block_is_the_composed_one() {
    for case in CASES {
        for kind in [Kind::Bare, Kind::Projected] {
            for norms in [[false, false], [true, false], [true, true]] {
                let [composed, fused] = BOTH.map(|kernels| all(kernels, case, kind, norms));
                assert_eq!(fused.len(), composed.len(), "{case:?} {kind:?}");
                for (i, (fused, composed)) in fused.iter().zip(&composed).enumerate() {
                    let what = format!("{case:?} {kind:?} normed, fixed {norms:?}, {i}");
                    assert_near(fused, composed, 5e-5, &what);
                }
            }
        }
    }
}

#[test]
fn evaluation_takes_the_running_statistics() {
    for kind in [Kind::Bare, Kind::Projected] {
        let device = Device::flex().autodiff();
        let layers = [([3, 6, 3, 2], 10), ([6, 6, 3, 1], 20), ([3, 6, 1, 2], 30)];
        let layers = layers.map(|(shape, seed)| layer(shape, (true, seed), &device));
        let block = |layers: &[(Conv2d, Option<BatchNorm>); 3], kernels, x| {
            let [first, second, way] = layers.each_ref().map(|(conv, norm)| (conv, norm.as_ref()));
            let around = match kind {
                Kind::Projected => Around::Projected(way.0, way.1),
                Kind::Bare => Around::Padded(Shortcut { stride: 2, channels: 6 }),
            };
            let block = ResidualBlock { first, second, around, activation: Activation::Tanh };
            residual_block(kernels, x, block)
        };
        // A step of training moves them from 0 and 1.
        let _ = block(&layers, Kernels::On, leaf([4, 3, 6, 6], 1));
        let layers = layers.map(|(conv, norm)| (conv.valid(), norm.map(|norm| norm.valid())));
        let [composed, fused] =
            BOTH.map(|kernels| of(block(&layers, kernels, constant([2, 3, 6, 6], 2).inner())));
        assert_near(&fused, &composed, 2e-5, &format!("{kind:?}"));
    }
}
