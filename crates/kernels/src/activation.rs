//! Activation functions and their slopes.

use crate::isa::{Isa, Kernel};
use crate::lanes::{LANES, Lanes, Vector};
use crate::math;

/// A function of each value by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// `x` times the normal distribution function of `x`.
    Gelu,
    /// The value itself.
    Identity,
    /// The value where it is positive or NaN, else 0.
    Relu,
    /// As [`Self::Relu`], and 6 where that is more (Krizhevsky 2010).
    Relu6,
    /// `1 / (1 + exp(-x))`.
    Sigmoid,
    /// `x` times its sigmoid.
    Silu,
    /// The hyperbolic tangent.
    Tanh,
}

impl Activation {
    /// Every one.
    pub const ALL: [Self; 7] = [
        Self::Gelu,
        Self::Identity,
        Self::Relu,
        Self::Relu6,
        Self::Sigmoid,
        Self::Silu,
        Self::Tanh,
    ];

    /// The function at `x`.
    #[inline(always)]
    pub fn value<L: Lanes>(self, lanes: L, x: L::V) -> L::V {
        match self {
            Self::Gelu => x * math::normal_cdf(lanes, x),
            Self::Identity => x,
            Self::Relu => lanes.splat(0.0).max(x),
            Self::Relu6 => lanes.splat(6.0).min(lanes.splat(0.0).max(x)),
            Self::Sigmoid => math::sigmoid(lanes, x),
            Self::Silu => x * math::sigmoid(lanes, x),
            Self::Tanh => math::tanh(lanes, x),
        }
    }

    /// The function at `x` and its derivative there.
    #[inline(always)]
    pub fn value_and_slope<L: Lanes>(self, lanes: L, x: L::V) -> (L::V, L::V) {
        let (zero, one) = (lanes.splat(0.0), lanes.splat(1.0));
        match self {
            Self::Gelu => math::gelu(lanes, x),
            Self::Identity => (x, one),
            // At NaN the slope is 1, so that the gradient is not cut off there.
            Self::Relu => (zero.max(x), x.if_gt(zero, one, x.if_eq(x, zero, one))),
            Self::Relu6 => (self.value(lanes, x), self.back(lanes, x, one)),
            Self::Sigmoid => {
                let y = math::sigmoid(lanes, x);
                (y, y * (one - y))
            }
            Self::Silu => math::silu(lanes, x),
            Self::Tanh => {
                let y = math::tanh(lanes, x);
                (y, (-y).mul_add(y, one))
            }
        }
    }

    /// The gradient at `x`, of the one of the function's value there. ReLU and ReLU6 cut it off where
    /// they are flat, also a gradient that is not finite.
    #[inline(always)]
    pub(crate) fn back<L: Lanes>(self, lanes: L, x: L::V, grad: L::V) -> L::V {
        match self {
            Self::Identity => grad,
            Self::Relu => {
                let zero = lanes.splat(0.0);
                let cut = x.if_eq(x, zero, grad);
                x.if_gt(zero, grad, cut)
            }
            Self::Relu6 => {
                let (zero, six) = (lanes.splat(0.0), lanes.splat(6.0));
                let cut = x.if_eq(x, zero, grad);
                x.if_gt(zero, six.if_gt(x, grad, cut), cut)
            }
            Self::Gelu | Self::Sigmoid | Self::Silu | Self::Tanh => {
                self.value_and_slope(lanes, x).1 * grad
            }
        }
    }
}

/// Replaces each value by its function, times its `mask` if there is one. Where `slopes` is given,
/// the derivative of that goes there: what a gradient is multiplied with on its way back.
///
/// # Panics
///
/// If the lengths differ.
pub fn activate(
    isa: Isa,
    activation: Activation,
    values: &mut [f32],
    mask: Option<&[f32]>,
    slopes: Option<&mut [f32]>,
) {
    assert!(mask.is_none_or(|mask| mask.len() == values.len()), "a mask of another length");
    let slopes_len = slopes.as_ref().map(|slopes| slopes.len());
    assert!(slopes_len.is_none_or(|len| len == values.len()), "slopes of another length");
    if activation == Activation::Identity && mask.is_none() && slopes.is_none() {
        return;
    }
    isa.run(Activate { activation, values, mask, slopes });
}

struct Activate<'a> {
    activation: Activation,
    values: &'a mut [f32],
    mask: Option<&'a [f32]>,
    slopes: Option<&'a mut [f32]>,
}

impl Kernel for Activate<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let Self { activation, values, mask, mut slopes } = self;
        let one = lanes.splat(1.0);
        let mut start = 0;
        while start < values.len() {
            let end = values.len().min(start + LANES);
            let x = lanes.load_part(&values[start..end], 0.0);
            let scale = match mask {
                Some(mask) => lanes.load_part(&mask[start..end], 0.0),
                None => one,
            };
            let y = match &mut slopes {
                Some(slopes) => {
                    let (y, slope) = activation.value_and_slope(lanes, x);
                    (slope * scale).store_part(&mut slopes[start..end]);
                    y
                }
                None => activation.value(lanes, x),
            };
            (y * scale).store_part(&mut values[start..end]);
            start = end;
        }
    }
}

/// The gradient of a function's argument `x`, into `to`, of the one of its value.
///
/// # Panics
///
/// If the lengths differ.
pub fn gradient(isa: Isa, activation: Activation, (x, grad): (&[f32], &[f32]), to: &mut [f32]) {
    assert!(x.len() == to.len() && grad.len() == to.len(), "gradients of other lengths");
    isa.run(Gradient { activation, x, grad, to });
}

struct Gradient<'a> {
    activation: Activation,
    x: &'a [f32],
    grad: &'a [f32],
    to: &'a mut [f32],
}

impl Kernel for Gradient<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let chunks = self.x.chunks(LANES).zip(self.grad.chunks(LANES));
        for ((x, grad), to) in chunks.zip(self.to.chunks_mut(LANES)) {
            let (x, grad) = (lanes.load_part(x, 0.0), lanes.load_part(grad, 0.0));
            self.activation.back(lanes, x, grad).store_part(to);
        }
    }
}

/// `to = a * b`, each with its own.
///
/// # Panics
///
/// If the lengths differ.
pub fn multiply(isa: Isa, a: &[f32], b: &[f32], to: &mut [f32]) {
    assert!(a.len() == to.len() && b.len() == to.len(), "factors of other lengths");
    isa.run(Multiply { a, b, to });
}

struct Multiply<'a> {
    a: &'a [f32],
    b: &'a [f32],
    to: &'a mut [f32],
}

impl Kernel for Multiply<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let chunks = self.a.chunks(LANES).zip(self.b.chunks(LANES));
        for ((a, b), to) in chunks.zip(self.to.chunks_mut(LANES)) {
            (lanes.load_part(a, 0.0) * lanes.load_part(b, 0.0)).store_part(to);
        }
    }
}

/// `to += from`, each to its own.
///
/// # Panics
///
/// If the lengths differ.
pub fn add(isa: Isa, to: &mut [f32], from: &[f32]) {
    assert_eq!(from.len(), to.len(), "what is added has another length");
    isa.run(Add { to, from });
}

struct Add<'a> {
    to: &'a mut [f32],
    from: &'a [f32],
}

impl Kernel for Add<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        for (to, from) in self.to.chunks_mut(LANES).zip(self.from.chunks(LANES)) {
            (lanes.load_part(to, 0.0) + lanes.load_part(from, 0.0)).store_part(to);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::activated;

    const X: [f32; 19] = [
        -3.0,
        -0.5,
        -0.0,
        0.0,
        1e-40,
        0.25,
        0.7,
        2.0,
        9.0,
        f32::NAN,
        f32::INFINITY,
        f32::NEG_INFINITY,
        -20.0,
        20.0,
        -1e-3,
        1e-3,
        0.1,
        -0.1,
        4.0,
    ];

    #[test]
    fn values_and_slopes_are_those_of_the_function() {
        let mask: Vec<f32> = (0..X.len()).map(|i| if i % 3 == 0 { 0.0 } else { 1.25 }).collect();
        for isa in Isa::all() {
            for activation in Activation::ALL {
                let (mut y, mut slopes) = (X, [0.0; X.len()]);
                activate(isa, activation, &mut y, Some(&mask), Some(&mut slopes));
                let mut back = [f32::NAN; X.len()];
                gradient(isa, activation, (&X, &mask), &mut back);
                for (i, (back, slope)) in back.iter().zip(slopes).enumerate() {
                    let same = *back == slope || (back.is_nan() && slope.is_nan());
                    assert!(same, "{activation:?}'({}): {back} not {slope}", X[i]);
                }
                for i in 0..X.len() {
                    let (x, scale) = (f64::from(X[i]), f64::from(mask[i]));
                    let expected = activated(activation, x) * scale;
                    let near = |found: f32, expected: f64, bound: f64| {
                        let found = f64::from(found);
                        found == expected
                            || (found.is_nan() && expected.is_nan())
                            || (found - expected).abs() <= bound
                    };
                    // Near 0 of the last place of a denormal.
                    let bound = 1e-6 * expected.abs() + 1e-7 * x.abs().min(1.0) + 1e-44;
                    assert!(near(y[i], expected, bound), "{activation:?}({x}) * {scale}: {}", y[i]);
                    if x.is_finite() && x.abs() > 1e-6 {
                        let step = 1e-6;
                        let rise =
                            activated(activation, x + step) - activated(activation, x - step);
                        let slope = rise / (2.0 * step) * scale;
                        assert!(near(slopes[i], slope, 1e-6), "{activation:?}'({x}): {slope}");
                    }
                }
            }
        }
    }

    /// As PyTorch has it: at 0 and at 6 the slope is 0.
    #[test]
    fn relu6_is_flat_from_6_on() {
        let x = [-1.0, 0.0, 5.9999995, 6.0, 6.0000005, f32::INFINITY, f32::NAN];
        let slope = [0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0];
        for isa in Isa::all() {
            let (mut y, mut slopes, mut back) = (x, [f32::NAN; 7], [f32::NAN; 7]);
            activate(isa, Activation::Relu6, &mut y, None, Some(&mut slopes));
            assert_eq!(y[..6], [0.0, 0.0, 5.9999995, 6.0, 6.0, 6.0]);
            assert!(y[6].is_nan());
            assert_eq!(slopes, slope);
            gradient(isa, Activation::Relu6, (&x, &[f32::INFINITY; 7]), &mut back);
            assert_eq!(back, slope.map(|slope| if slope == 0.0 { 0.0 } else { f32::INFINITY }));
        }
    }

    #[test]
    fn without_a_mask_nothing_is_scaled() {
        let mut y = [-1.0, 2.0, f32::NAN];
        activate(Isa::best(), Activation::Relu, &mut y, None, None);
        assert_eq!(y[..2], [0.0, 2.0]);
        assert!(y[2].is_nan());
        let mut product = [0.0; 3];
        multiply(Isa::best(), &[1.0, 2.0, 3.0], &[4.0, 5.0, 6.0], &mut product);
        assert_eq!(product, [4.0, 10.0, 18.0]);
        add(Isa::best(), &mut product, &[1.0, -10.0, f32::INFINITY]);
        assert_eq!(product, [5.0, 0.0, f32::INFINITY]);
    }
}
