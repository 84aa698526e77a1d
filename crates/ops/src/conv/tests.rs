//! Fused blocks against composed ones.

use super::*;
use crate::testing::{BOTH, assert_near, constant, leaf, numbers, values as of};
use burn::module::Module;
use burn::nn::BatchNormConfig;
use burn::nn::conv::Conv2dConfig;
use burn::tensor::{Device, TensorData};

/// Sizes of one case.
#[derive(Clone, Copy, Debug)]
struct Case {
    /// `[batch, in, height, width]`.
    x: [usize; 4],
    filters: usize,
    kernel: usize,
    stride: usize,
    /// Above and left, below and right.
    padding: [usize; 2],
    groups: usize,
}

const CASES: [Case; 10] = [
    Case { x: [1, 1, 6, 6], filters: 1, kernel: 3, stride: 1, padding: [0; 2], groups: 1 },
    Case { x: [9, 1, 8, 8], filters: 8, kernel: 3, stride: 1, padding: [1; 2], groups: 1 },
    Case { x: [5, 8, 8, 8], filters: 16, kernel: 3, stride: 1, padding: [1; 2], groups: 1 },
    Case { x: [3, 5, 9, 7], filters: 20, kernel: 3, stride: 2, padding: [1; 2], groups: 1 },
    Case { x: [2, 16, 7, 9], filters: 32, kernel: 5, stride: 1, padding: [2; 2], groups: 1 },
    Case { x: [4, 3, 6, 6], filters: 17, kernel: 1, stride: 1, padding: [0; 2], groups: 1 },
    Case { x: [3, 3, 8, 6], filters: 5, kernel: 3, stride: 2, padding: [0, 1], groups: 1 },
    Case { x: [3, 18, 8, 6], filters: 18, kernel: 3, stride: 2, padding: [0, 1], groups: 18 },
    Case { x: [9, 5, 7, 9], filters: 5, kernel: 5, stride: 1, padding: [2, 2], groups: 5 },
    // Composed.
    Case { x: [2, 4, 5, 5], filters: 8, kernel: 3, stride: 1, padding: [1, 1], groups: 4 },
];

fn layers(case: Case, device: &Device) -> (Conv2d, BatchNorm) {
    let Case { x, filters, kernel, stride, padding: [before, behind], groups } = case;
    let conv = Conv2dConfig::new([x[1], filters], [kernel; 2])
        .with_stride([stride; 2])
        .with_padding(PaddingConfig2d::Explicit(before, before, behind, behind))
        .with_groups(groups)
        .init(device);
    let fill = |len: usize, seed: u32| {
        let numbers = numbers(len, seed);
        TensorData::new(numbers.iter().map(|x| 0.3 + x).collect::<Vec<f32>>(), [len])
    };
    let mut conv = conv;
    let shape = conv.weight.dims();
    let weights = TensorData::new(numbers(shape.iter().product(), 11), shape);
    conv.weight = conv.weight.map(|_| Tensor::from_data(weights, device).require_grad());
    let bias = conv.bias.take().expect("a bias");
    conv.bias = Some(bias.map(|_| Tensor::from_data(fill(filters, 12), device).require_grad()));
    let mut norm = BatchNormConfig::new(filters).init(device);
    norm.gamma = norm.gamma.map(|_| Tensor::from_data(fill(filters, 13), device).require_grad());
    norm.beta = norm.beta.map(|_| Tensor::from_data(fill(filters, 14), device).require_grad());
    (conv, norm)
}

/// Output, gradients and running statistics, under a loss that weighs every output differently.
fn all(
    kernels: Kernels,
    case: Case,
    (activation, pool): (Activation, Pool),
    normed: bool,
) -> Vec<Vec<f32>> {
    let device = Device::flex().autodiff();
    let (conv, norm) = layers(case, &device);
    let x = leaf(case.x, 1);
    let block =
        ConvBlock { conv: &conv, norm: normed.then_some(&norm), residual: None, activation, pool };
    let y = conv_block(kernels, x.clone(), block);
    let mut grads = (y.clone() * constant(y.dims(), 4)).sum().backward();
    let bias = conv.bias.as_ref().expect("a bias").val();
    let mut found = vec![
        of(y.inner()),
        of(x.grad_remove(&mut grads).expect("of the input")),
        of(conv.weight.val().grad_remove(&mut grads).expect("of the weights")),
    ];
    let of_bias = bias.grad_remove(&mut grads).expect("of the bias");
    if normed {
        // That of the bias is 0, and rounding where it is summed.
        found.push(of(norm.gamma.val().grad_remove(&mut grads).expect("of the scale")));
        found.push(of(norm.beta.val().grad_remove(&mut grads).expect("of the shift")));
        found.extend([&norm.running_mean, &norm.running_var].map(|state| of(state.value_sync())));
    } else {
        found.push(of(of_bias));
    }
    found
}

#[test]
fn the_fused_block_is_the_composed_one() {
    let ends = [
        (Activation::Relu, Pool::Max([2, 2])),
        (Activation::Tanh, Pool::Average([2, 2])),
        (Activation::Sigmoid, Pool::None),
        (Activation::Identity, Pool::Max([2, 2])),
        (Activation::Gelu, Pool::Max([2, 2])),
        (Activation::Silu, Pool::None),
        (Activation::Relu6, Pool::Max([2, 2])),
        (Activation::Relu6, Pool::Average([2, 2])),
    ];
    for case in CASES {
        for end in ends {
            for normed in [false, true] {
                let [composed, fused] = BOTH.map(|kernels| all(kernels, case, end, normed));
                for (i, (fused, composed)) in fused.iter().zip(&composed).enumerate() {
                    let what = format!("{case:?} {end:?} normed {normed}, {i}");
                    assert_near(fused, composed, 2e-5, &what);
                }
            }
        }
    }
}

#[test]
fn evaluation_takes_the_running_statistics() {
    for case in CASES {
        let device = Device::flex().autodiff();
        let (conv, norm) = layers(case, &device);
        let end = (Activation::Relu, Pool::Max([2, 2]));
        let block =
            |norm| ConvBlock { conv: &conv, norm, residual: None, activation: end.0, pool: end.1 };
        // A step of training moves them from 0 and 1.
        let _ = conv_block(Kernels::On, leaf(case.x, 1), block(Some(&norm)));
        let (conv, norm) = (conv.clone().valid(), norm.clone().valid());
        let [composed, fused] = BOTH.map(|kernels| {
            let x = constant(case.x, 2).inner();
            let block = ConvBlock {
                conv: &conv,
                norm: Some(&norm),
                residual: None,
                activation: end.0,
                pool: end.1,
            };
            of(conv_block(kernels, x, block))
        });
        assert_near(&fused, &composed, 2e-5, &format!("{case:?}"));
    }
}

/// Also of scale and shift, which may be trained while statistics are fixed.
#[test]
fn a_norm_with_fixed_statistics_passes_gradients_on_and_stays_as_it_is() {
    let device = Device::flex().autodiff();
    for case in CASES {
        for biased in [true, false] {
            let (mut conv, mut norm) = layers(case, &device);
            // A step of training moves statistics from 0 and 1.
            let end = (Activation::Identity, Pool::None);
            let block = ConvBlock {
                conv: &conv,
                norm: Some(&norm),
                residual: None,
                activation: end.0,
                pool: end.1,
            };
            let _ = conv_block(Kernels::On, leaf(case.x, 3), block);
            let _ = norm.valid();
            norm.training = norm.training.clone().with_value(false);
            conv.bias = conv.bias.filter(|_| biased);
            let before = of(norm.running_mean.value_sync());
            let [composed, fused] = BOTH.map(|kernels| {
                let x = leaf(case.x, 1);
                let block = ConvBlock {
                    conv: &conv,
                    norm: Some(&norm),
                    residual: None,
                    activation: Activation::Relu,
                    pool: Pool::Max([2, 2]),
                };
                let y = conv_block(kernels, x.clone(), block);
                let mut grads = (y.clone() * constant(y.dims(), 4)).sum().backward();
                let mut found = vec![
                    of(y.inner()),
                    of(x.grad_remove(&mut grads).expect("of the input")),
                    of(conv.weight.val().grad_remove(&mut grads).expect("of the weights")),
                    of(norm.gamma.val().grad_remove(&mut grads).expect("of the scale")),
                    of(norm.beta.val().grad_remove(&mut grads).expect("of the shift")),
                ];
                let bias = conv.bias.as_ref().map(|bias| bias.val());
                found.extend(
                    bias.map(|bias| of(bias.grad_remove(&mut grads).expect("of the bias"))),
                );
                found
            });
            for (i, (fused, composed)) in fused.iter().zip(&composed).enumerate() {
                assert_near(fused, composed, 5e-5, &format!("{case:?}, bias {biased}, {i}"));
            }
            assert_eq!(of(norm.running_mean.value_sync()), before);
        }
    }
}

#[test]
fn a_view_that_is_not_channels_last_is_read_in_its_order() {
    let device = Device::flex().autodiff();
    let (conv, _) = layers(CASES[2], &device);
    let [composed, fused] = BOTH.map(|kernels| {
        let x = leaf([5, 8, 8, 8], 1).swap_dims(2, 3);
        let block = ConvBlock {
            conv: &conv,
            norm: None,
            residual: None,
            activation: Activation::Identity,
            pool: Pool::None,
        };
        of(conv_block(kernels, x, block).inner())
    });
    assert_near(&fused, &composed, 2e-5, "a transposed image");
}

#[test]
fn the_next_block_reads_the_output_without_a_copy() {
    let (conv, _) = layers(CASES[2], &Device::flex().autodiff());
    let conv = conv.valid();
    let block = ConvBlock {
        conv: &conv,
        norm: None,
        residual: None,
        activation: Activation::Relu,
        pool: Pool::None,
    };
    let y = conv_block(Kernels::On, constant(CASES[2].x, 1).inner(), block);
    let y = y.try_into_primitive::<Flex>().expect("on flex");
    let bytes = y.bytes().as_ptr();
    assert_eq!(channels_last(&y).bytes().as_ptr(), bytes);
}

#[test]
fn a_residual_joins_before_the_activation_with_and_without_bias_and_norm() {
    let device = Device::flex().autodiff();
    for case in CASES {
        for (bias, normed) in [(true, true), (false, true), (false, false)] {
            let [composed, fused] = BOTH.map(|kernels| {
                let (mut conv, norm) = layers(case, &device);
                if !bias {
                    conv.bias = None;
                }
                let x = leaf(case.x, 1);
                let residual = leaf(conv.forward(x.clone()).dims(), 2);
                let block = ConvBlock {
                    conv: &conv,
                    norm: normed.then_some(&norm),
                    residual: Some(&residual),
                    activation: Activation::Relu,
                    pool: Pool::None,
                };
                let y = conv_block(kernels, x.clone(), block);
                let mut grads = (y.clone() * constant(y.dims(), 4)).sum().backward();
                let grad = |of_what: &Tensor<4>, grads: &mut _| {
                    of(of_what.grad_remove(grads).expect("a gradient"))
                };
                let weight = conv.weight.val();
                let [dx, dw, dr] = [&x, &weight, &residual].map(|tensor| grad(tensor, &mut grads));
                [of(y.inner()), dx, dw, dr]
            });
            for (i, (fused, composed)) in fused.iter().zip(&composed).enumerate() {
                let what = format!("{case:?} bias {bias} normed {normed}, {i}");
                assert_near(fused, composed, 2e-5, &what);
            }
        }
    }
}
