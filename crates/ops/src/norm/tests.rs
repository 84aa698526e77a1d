//! Fused norms against composed ones.

use super::*;
use crate::testing::{BOTH, assert_near, constant, leaf, numbers, values as of};
use burn::module::{Module, Param};
use burn::nn::{BatchNormConfig, GroupNormConfig, LayerNormConfig};
use burn::tensor::{Device, TensorData};

/// `[batch, channels, height, width]`.
const MAPS: [[usize; 4]; 5] =
    [[1, 1, 3, 3], [9, 8, 4, 4], [3, 20, 5, 3], [2, 32, 1, 1], [5, 6, 7, 2]];
const VECTORS: [[usize; 2]; 5] = [[2, 1], [9, 8], [3, 20], [17, 130], [1, 6]];

fn param(channels: usize, seed: u32, device: &Device) -> Param<Tensor<1>> {
    let values: Vec<f32> = numbers(channels, seed).iter().map(|x| 0.3 + x).collect();
    let values = Tensor::from_data(TensorData::new(values, [channels]), device);
    Param::from_tensor(values.require_grad())
}

fn batch(channels: usize, device: &Device) -> BatchNorm {
    let mut norm = BatchNormConfig::new(channels).init(device);
    norm.gamma = param(channels, 12, device);
    norm.beta = param(channels, 13, device);
    norm
}

fn group(groups: usize, channels: usize, device: &Device) -> GroupNorm {
    let mut norm = GroupNormConfig::new(groups, channels).init(device);
    norm.gamma = Some(param(channels, 12, device));
    norm.beta = Some(param(channels, 13, device));
    norm
}

fn layer(channels: usize, device: &Device) -> LayerNorm {
    let mut norm = LayerNormConfig::new(channels).with_epsilon(1e-5).init(device);
    norm.gamma = param(channels, 12, device);
    norm.beta = Some(param(channels, 13, device));
    norm
}

/// Output and gradients of input, scale and shift, under a loss that weighs every output
/// differently.
fn all<const D: usize>(
    x: &Tensor<D>,
    y: Tensor<D>,
    (gamma, beta): (&Param<Tensor<1>>, &Param<Tensor<1>>),
) -> [Vec<f32>; 4] {
    let mut grads = (y.clone() * constant(y.dims(), 4)).sum().backward();
    let vector = |param: &Param<Tensor<1>>, grads: &mut _| {
        of(param.val().grad_remove(grads).expect("of a parameter"))
    };
    [
        of(y.inner()),
        of(x.grad_remove(&mut grads).expect("of the input")),
        vector(gamma, &mut grads),
        vector(beta, &mut grads),
    ]
}

fn check<const N: usize>(what: &str, [composed, fused]: [[Vec<f32>; N]; 2]) {
    for (i, (fused, composed)) in fused.iter().zip(&composed).enumerate() {
        assert_near(fused, composed, 2e-5, &format!("{what}, {i}"));
    }
}

fn optional(norm: &GroupNorm) -> (&Param<Tensor<1>>, &Param<Tensor<1>>) {
    (norm.gamma.as_ref().expect("a scale"), norm.beta.as_ref().expect("a shift"))
}

#[test]
fn the_fused_group_norm_is_the_composed_one() {
    let device = Device::flex().autodiff();
    for (i, shape) in MAPS.into_iter().enumerate() {
        for groups in [1, 2, 4].into_iter().filter(|groups| shape[1].is_multiple_of(*groups)) {
            let activation = Activation::ALL[(i + groups) % Activation::ALL.len()];
            check(
                &format!("{shape:?} {groups} {activation:?}"),
                BOTH.map(|kernels| {
                    let (x, norm) = (leaf(shape, 1), group(groups, shape[1], &device));
                    let y = group_norm(kernels, x.clone(), &norm, activation);
                    all(&x, y, optional(&norm))
                }),
            );
        }
    }
    for shape in VECTORS.into_iter().filter(|shape| shape[1].is_multiple_of(2)) {
        check(
            &format!("{shape:?}"),
            BOTH.map(|kernels| {
                let (x, norm) = (leaf(shape, 1), group(2, shape[1], &device));
                let y = group_norm(kernels, x.clone(), &norm, Activation::Tanh);
                all(&x, y, optional(&norm))
            }),
        );
    }
}

#[test]
fn the_fused_layer_norm_is_the_composed_one() {
    let device = Device::flex().autodiff();
    // Of one channel only the shift is left, and rounding of a gradient that is 0.
    for (i, shape) in VECTORS.into_iter().enumerate().filter(|(_, shape)| shape[1] > 1) {
        let activation = Activation::ALL[i % Activation::ALL.len()];
        check(
            &format!("{shape:?} {activation:?}"),
            BOTH.map(|kernels| {
                let (x, norm) = (leaf(shape, 1), layer(shape[1], &device));
                let y = layer_norm(kernels, x.clone(), (&norm, 1e-5), activation);
                all(&x, y, (&norm.gamma, norm.beta.as_ref().expect("a shift")))
            }),
        );
    }
}

#[test]
fn the_fused_batch_norm_is_the_composed_one_and_moves_the_same_statistics() {
    let device = Device::flex().autodiff();
    for (i, shape) in VECTORS.into_iter().enumerate().filter(|(_, shape)| shape[0] > 2) {
        let activation = Activation::ALL[i % Activation::ALL.len()];
        check(
            &format!("{shape:?} {activation:?}"),
            BOTH.map(|kernels| {
                let (x, norm) = (leaf(shape, 1), batch(shape[1], &device));
                let y = batch_norm(kernels, x.clone(), &norm, activation);
                let [y, dx, gamma, beta] = all(&x, y, (&norm.gamma, &norm.beta));
                let running = [&norm.running_mean, &norm.running_var];
                let [mean, variance] = running.map(|state| of(state.value_sync()));
                [y, dx, gamma, beta, mean, variance]
            }),
        );
    }
}

#[test]
fn evaluation_takes_the_running_statistics() {
    let norm = batch(20, &Device::flex().autodiff());
    // A step of training moves them from 0 and 1.
    let _ = batch_norm(Kernels::On, leaf([3, 20], 1), &norm, Activation::Relu);
    let norm = norm.valid();
    let [composed, fused] = BOTH.map(|kernels| {
        of(batch_norm(kernels, constant([5, 20], 2).inner(), &norm, Activation::Silu))
    });
    assert_near(&fused, &composed, 2e-6, "evaluation");
}

#[test]
fn a_frozen_norm_among_layers_in_training_stays_as_it_is() {
    let norm = batch(8, &Device::flex().autodiff()).freeze();
    let before = of(norm.running_mean.value_sync());
    let [composed, fused] = BOTH.map(|kernels| {
        let x = leaf([9, 8], 1);
        let mut grads = batch_norm(kernels, x.clone(), &norm, Activation::Tanh).sum().backward();
        of(x.grad_remove(&mut grads).expect("of the input"))
    });
    assert_near(&fused, &composed, 2e-6, "before a frozen norm");
    assert_eq!(of(norm.running_mean.value_sync()), before);
}

#[test]
fn channels_that_lie_last_are_read_and_written_without_a_copy() {
    let norm = group(1, 8, &Device::flex().autodiff()).valid();
    let x = constant([2, 4, 4, 8], 1).inner().permute([0, 3, 1, 2]);
    let read = x.clone().try_into_primitive::<Flex>().expect("on flex");
    assert_eq!(rows(&read).bytes().as_ptr(), read.bytes().as_ptr());
    let y = group_norm(Kernels::On, x, &norm, Activation::Relu);
    let y = y.try_into_primitive::<Flex>().expect("on flex");
    assert_eq!(rows(&y).bytes().as_ptr(), y.bytes().as_ptr());
}

#[test]
fn what_is_not_finite_comes_out_as_it_does_composed() {
    let device = Device::flex();
    let odd = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1e-42, -0.0];
    for value in odd {
        let mut x = numbers(4 * 6, 1);
        x[7] = value;
        let x = || Tensor::<2>::from_data(TensorData::new(x.clone(), [4, 6]), &device);
        let [composed, fused] = BOTH.map(|kernels| {
            let norm = layer(6, &device.clone().autodiff()).valid();
            of(layer_norm(kernels, x(), (&norm, 1e-5), Activation::Relu))
        });
        assert_near(&fused, &composed, 2e-6, &format!("a vector with {value}"));
    }
}
