//! The fused shortcut against the composed one.

use super::*;
use crate::testing::{BOTH, constant, leaf, values as of};

#[test]
fn the_fused_shortcut_is_the_composed_one_to_the_bit() {
    for (shape, stride, channels) in [
        ([2, 3, 4, 4], 2, 6),
        ([1, 1, 1, 1], 2, 2),
        ([3, 8, 5, 7], 2, 17),
        ([2, 4, 3, 3], 1, 4),
        ([2, 4, 6, 5], 3, 4),
    ] {
        let [composed, fused] = BOTH.map(|kernels| {
            let x = leaf(shape, 1);
            let y = shortcut(kernels, Shortcut { stride, channels }, x.clone());
            let mut grads = (y.clone() * constant(y.dims(), 4)).sum().backward();
            (y.dims(), of(y.inner()), of(x.grad_remove(&mut grads).expect("a gradient")))
        });
        assert_eq!(fused, composed, "{shape:?} {stride} {channels}");
    }
}
