//! The fused loss against the composed one.

use super::*;
use crate::testing::{BOTH, assert_near, constant, leaf, values as of};

#[test]
fn the_fused_loss_is_the_composed_one() {
    for shape in [[1, 1], [3, 17], [64, 40]] {
        let found = leaf(shape, 1);
        let [composed, fused] = BOTH.map(|kernels| {
            let loss = squared_error(kernels, found.clone(), constant(shape, 2));
            let mut grads = (loss.clone() * 3.0).backward();
            let gradient = of(found.grad_remove(&mut grads).expect("a gradient"));
            [of(loss.inner()), gradient].concat()
        });
        assert_near(&fused, &composed, 1e-6, &format!("{shape:?}"));
    }
}

#[test]
fn a_target_gets_no_gradient() {
    for kernels in BOTH {
        let (found, target) = (leaf([2, 3], 1), leaf([2, 3], 2));
        let mut grads = squared_error(kernels, found.clone(), target.clone()).backward();
        assert!(found.grad_remove(&mut grads).is_some());
        assert!(target.grad_remove(&mut grads).is_none());
    }
}
