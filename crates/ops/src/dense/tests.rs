//! Fused layers against composed ones.

use super::*;
use crate::testing::{BOTH, assert_near, constant, leaf, numbers};
use burn::tensor::Device;

fn layer(activation: Activation, mask: Option<usize>) -> Dense {
    let drop = |(i, _): (usize, f32)| if i % 3 == 1 { 0.0 } else { 2.0 };
    let draw = |len| Arc::new(numbers(len, 9).into_iter().enumerate().map(drop).collect());
    Dense { activation, mask: mask.map(draw) }
}

/// Output and the three gradients, under a loss that weighs every output differently.
fn all(kernels: Kernels, [batch, inputs, outputs]: [usize; 3], layer: Dense) -> [Vec<f32>; 4] {
    let (x, w, bias) = (leaf([batch, inputs], 1), leaf([inputs, outputs], 2), leaf([outputs], 3));
    let y = dense(kernels, x.clone(), (w.clone(), bias.clone()), layer);
    let mut grads = (y.clone() * constant([batch, outputs], 4)).sum().backward();
    let grad = |found: Option<Tensor<2>>| crate::testing::values(found.expect("a gradient"));
    let of_bias = bias.grad_remove(&mut grads).expect("a gradient");
    [
        crate::testing::values(y.inner()),
        grad(x.grad_remove(&mut grads)),
        grad(w.grad_remove(&mut grads)),
        crate::testing::values(of_bias),
    ]
}

#[test]
fn the_fused_layer_is_the_composed_one() {
    for shape in [[1, 1, 1], [3, 5, 17], [32, 40, 10], [9, 64, 48]] {
        for activation in Activation::ALL {
            for mask in [None, Some(shape[0] * shape[2])] {
                let [composed, fused] =
                    BOTH.map(|kernels| all(kernels, shape, layer(activation, mask)));
                for (i, (fused, composed)) in fused.iter().zip(&composed).enumerate() {
                    assert_near(fused, composed, 2e-6, &format!("{activation:?} {shape:?} {i}"));
                }
            }
        }
    }
}

#[test]
fn a_view_is_read_in_its_order() {
    let x = leaf([5, 3], 1);
    let bias = constant([4], 3);
    let w = constant([4, 5], 2);
    let [composed, fused] = BOTH.map(|kernels| {
        let layer = layer(Activation::Tanh, None);
        let y = dense(kernels, x.clone().transpose(), (w.clone().transpose(), bias.clone()), layer);
        let mut grads = y.clone().sum().backward(); // a gradient that is one value, broadcast
        let dx: Tensor<2> = x.grad_remove(&mut grads).expect("a gradient");
        [crate::testing::values(y.inner()), crate::testing::values(dx)].concat()
    });
    assert_near(&fused, &composed, 2e-6, "a transposed input");
}

#[test]
fn what_needs_no_gradient_gets_none() {
    let (x, w, bias) = (constant([4, 3], 1), leaf([3, 2], 2), constant([2], 3));
    let layer = layer(Activation::Relu, None);
    let y = dense(Kernels::On, x.clone(), (w.clone(), bias.clone()), layer);
    let mut grads = y.sum().backward();
    assert!(w.grad_remove(&mut grads).is_some());
    assert!(x.grad_remove(&mut grads).is_none() && bias.grad_remove(&mut grads).is_none());
}

#[test]
fn without_autodiff_values_are_the_same_bits() {
    let layer = || layer(Activation::Sigmoid, Some(12));
    let (x, w, bias) = (constant([4, 7], 1), leaf([7, 3], 2), constant([3], 3));
    let tracked = dense(Kernels::On, x.clone(), (w.clone(), bias.clone()), layer());
    let plain = dense(Kernels::On, x.inner(), (w.inner(), bias.inner()), layer());
    assert_eq!(plain.device(), Device::flex());
    assert_eq!(crate::testing::values(tracked.inner()), crate::testing::values(plain));
}

#[test]
fn two_uses_of_one_weight_add_up() {
    let w = leaf([3, 3], 2);
    let bias = constant([3], 3);
    let [composed, fused] = BOTH.map(|kernels| {
        let layer = || layer(Activation::Tanh, None);
        let once = dense(kernels, constant([2, 3], 1), (w.clone(), bias.clone()), layer());
        let twice = dense(kernels, once, (w.clone(), bias.clone()), layer());
        let mut grads = twice.sum().backward();
        crate::testing::values(w.grad_remove(&mut grads).expect("a gradient"))
    });
    assert_near(&fused, &composed, 2e-6, "a weight used twice");
}
