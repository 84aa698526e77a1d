//! Fused pools against composed ones.

use super::*;
use crate::testing::{BOTH, assert_near, constant, leaf, values as of};
use burn::tensor::{Device, TensorData};

/// `[batch, channels, height, width]`.
const SHAPES: [[usize; 4]; 4] = [[1, 1, 2, 2], [3, 8, 7, 5], [2, 17, 4, 6], [9, 32, 2, 3]];

#[test]
fn fused_pools_are_the_composed_ones() {
    for shape in SHAPES {
        for kind in [Pool::None, Pool::Max([2, 2]), Pool::Average([2, 2]), Pool::Max([1, 2])] {
            let [composed, fused] = BOTH.map(|kernels| {
                let x = leaf(shape, 1);
                let y = pool(kernels, kind, x.clone());
                let mut grads = (y.clone() * constant(y.dims(), 4)).sum().backward();
                [of(y.inner()), of(x.grad_remove(&mut grads).expect("a gradient"))]
            });
            for (fused, composed) in fused.iter().zip(&composed) {
                assert_near(fused, composed, 1e-6, &format!("{shape:?} {kind:?}"));
            }
        }
    }
}

#[test]
fn the_fused_global_average_is_the_composed_one() {
    for shape in SHAPES {
        let [composed, fused] = BOTH.map(|kernels| {
            let x = leaf(shape, 1);
            let y = global_average(kernels, x.clone());
            let mut grads = (y.clone() * constant(y.dims(), 4)).sum().backward();
            [of(y.inner()), of(x.grad_remove(&mut grads).expect("a gradient"))]
        });
        for (fused, composed) in fused.iter().zip(&composed) {
            assert_near(fused, composed, 1e-6, &format!("{shape:?}"));
        }
    }
}

#[test]
fn a_maximum_is_nan_in_both_forms_if_one_value_is() {
    for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1e-42] {
        let data = TensorData::new(vec![-1.0, value, -2.0, -3.0], [1, 1, 2, 2]);
        let [composed, fused] = BOTH.map(|kernels| {
            let x = Tensor::from_data(data.clone(), &Device::flex());
            of(pool(kernels, Pool::Max([2, 2]), x))
        });
        assert_near(&fused, &composed, 0.0, &format!("{value}"));
    }
}
