//! The fused loss against the composed one.

use super::*;
use crate::testing::{BOTH, assert_near, leaf, values as of};
use burn::tensor::{Device, TensorData};

fn labels(batch: usize, classes: usize) -> Tensor<1, Int> {
    let labels: Vec<i32> = (0..batch).map(|row| (row * 5 % classes) as i32).collect();
    Tensor::from_data(TensorData::new(labels, [batch]), &Device::flex().autodiff())
}

#[test]
fn the_fused_loss_is_the_composed_one() {
    for [batch, classes] in [[1, 1], [1, 2], [7, 10], [64, 10], [3, 40]] {
        let logits = leaf([batch, classes], 6);
        let [composed, fused] = BOTH.map(|kernels| {
            let scaled = logits.clone() * 8.0;
            let loss = cross_entropy(kernels, scaled, labels(batch, classes));
            let mut grads = (loss.clone() * 3.0).backward();
            let gradient = of(logits.grad_remove(&mut grads).expect("a gradient"));
            [of(loss.inner()), gradient].concat()
        });
        assert_near(&fused, &composed, 2e-6, &format!("{batch}x{classes}"));
    }
}

#[test]
fn a_loss_that_is_not_finite_is_so_in_both_forms() {
    let logits = || {
        let data = TensorData::new(vec![f32::NAN, 0.0, f32::INFINITY, 1.0], [2, 2]);
        Tensor::<2>::from_data(data, &Device::flex())
    };
    for row in 0..2 {
        for kernels in BOTH {
            let labels = Tensor::from_data(TensorData::new(vec![0i32], [1]), &Device::flex());
            let loss = cross_entropy(kernels, logits().slice([row..row + 1, 0..2]), labels);
            assert!(!of(loss)[0].is_finite(), "{kernels} {row}");
        }
    }
}
