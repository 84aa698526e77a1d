//! Activations and their slopes.

use super::shape::Activation;
use crate::activation;
use crate::lanes::{Lanes, Vector};

impl Activation {
    /// The activation of `x`. NaN stays NaN.
    #[inline(always)]
    pub(super) fn of<L: Lanes>(self, lanes: L, x: L::V) -> L::V {
        let function = match self {
            Self::Identity => activation::Activation::Identity,
            Self::Relu => activation::Activation::Relu,
            Self::Relu6 => activation::Activation::Relu6,
            Self::Sigmoid => activation::Activation::Sigmoid,
            Self::Tanh => activation::Activation::Tanh,
        };
        function.value(lanes, x)
    }

    /// The gradient before the activation, of the one behind it and of the activation's value `y`.
    #[inline(always)]
    pub(super) fn back<L: Lanes>(self, lanes: L, y: L::V, grad: L::V) -> L::V {
        let one = lanes.splat(1.0);
        match self {
            Self::Identity => grad,
            Self::Relu => {
                let zero = lanes.splat(0.0);
                y.if_eq(zero, zero, grad)
            }
            Self::Relu6 => {
                let (zero, six) = (lanes.splat(0.0), lanes.splat(6.0));
                y.if_eq(zero, zero, y.if_eq(six, zero, grad))
            }
            Self::Sigmoid => y * (one - y) * grad,
            Self::Tanh => (-y).mul_add(y, one) * grad,
        }
    }
}
