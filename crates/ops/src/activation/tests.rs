//! Fused activations against composed ones.

use super::*;
use crate::testing::{BOTH, assert_near, constant, leaf, values as of};
use burn::tensor::{Device, TensorData};

#[test]
fn fused_activations_are_the_composed_ones() {
    for kind in Activation::ALL {
        let [composed, fused] = BOTH.map(|kernels| {
            let x = leaf([3, 5, 2, 3], 1);
            let y = activate(kernels, kind, x.clone() * 9.0);
            let mut grads = (y.clone() * constant(y.dims(), 4)).sum().backward();
            [of(y.inner()), of(x.grad_remove(&mut grads).expect("a gradient"))]
        });
        for (fused, composed) in fused.iter().zip(&composed) {
            assert_near(fused, composed, 2e-6, &format!("{kind:?}"));
        }
    }
}

#[test]
fn other_ranks_and_views_are_read_in_their_order() {
    for kind in Activation::ALL {
        let [composed, fused] = BOTH.map(|kernels| {
            let three = activate(kernels, kind, constant([2, 3, 5], 1)).inner();
            let view = constant([4, 3, 2, 5], 2).swap_dims(1, 3);
            [of(three), of(activate(kernels, kind, view).inner())].concat()
        });
        assert_near(&fused, &composed, 2e-6, &format!("{kind:?}"));
    }
}

#[test]
fn what_is_not_finite_comes_out_as_it_does_composed() {
    let values = vec![f32::NAN, f32::INFINITY, 1e-42, -1e-42, -0.0, 80.0, -80.0];
    for kind in [Activation::Relu, Activation::Relu6, Activation::Sigmoid, Activation::Tanh] {
        let [composed, fused] = BOTH.map(|kernels| {
            let data = TensorData::new(values.clone(), [values.len()]);
            of(activate(kernels, kind, Tensor::<1>::from_data(data, &Device::flex())))
        });
        assert_near(&fused, &composed, 2e-6, &format!("{kind:?}"));
    }
}
