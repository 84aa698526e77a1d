//! Updates of parameters by their gradients, in place.
//!
//! Factors that are the same for all values are computed in f64 and rounded once.

use crate::isa::{Isa, Kernel};
use crate::lanes::{LANES, Lanes, Vector};

/// Adam (Kingma & Ba 2015, algorithm 1), with either form of weight decay.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adam {
    /// Learning rate of this step.
    pub lr: f64,
    /// Decay of the first moment, in [0, 1).
    pub beta1: f64,
    /// Decay of the second moment, in [0, 1).
    pub beta2: f64,
    /// Added to the root of the second moment.
    pub epsilon: f64,
    /// Added to the gradient, times the parameter (L2 penalty).
    pub penalty: f64,
    /// Taken off the parameter before the update, times `lr` (Loshchilov & Hutter 2019).
    pub decay: f64,
}

/// Gradient descent with momentum (Polyak 1964, or Nesterov's form as Sutskever et al. 2013 have
/// it), and either form of weight decay.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sgd {
    /// Learning rate of this step.
    pub lr: f64,
    /// Decay of the velocity, in [0, 1).
    pub momentum: f64,
    /// Whether the step looks ahead.
    pub nesterov: bool,
    /// Added to the gradient, times the parameter (L2 penalty).
    pub penalty: f64,
    /// Taken off the parameter before the update, times `lr`.
    pub decay: f64,
}

/// One update by Adam. `step` counts from 1; `first` and `second` hold the moments, zero before the
/// first step. `scale` multiplies the gradient (1, or what clipping by the global norm asks for).
///
/// # Panics
///
/// If the lengths differ or `step` is 0.
pub fn adam(
    isa: Isa,
    rule: Adam,
    (step, scale): (u64, f64),
    (param, gradient): (&mut [f32], &[f32]),
    [first, second]: [&mut [f32]; 2],
) {
    assert!(step > 0, "steps count from 1");
    let len = param.len();
    assert!(
        gradient.len() == len && first.len() == len && second.len() == len,
        "a gradient or a moment of another length"
    );
    let corrections = [1.0 - power(rule.beta1, step), 1.0 - power(rule.beta2, step)];
    isa.run(AdamUpdate { rule, corrections, scale, param, gradient, first, second });
}

/// By squaring. The standard library leaves open how its powers are rounded.
fn power(mut base: f64, mut exponent: u64) -> f64 {
    let mut power = 1.0;
    while exponent > 0 {
        if exponent % 2 == 1 {
            power *= base;
        }
        base *= base;
        exponent /= 2;
    }
    power
}

struct AdamUpdate<'a> {
    rule: Adam,
    /// `1 - beta^step` of each moment.
    corrections: [f64; 2],
    scale: f64,
    param: &'a mut [f32],
    gradient: &'a [f32],
    first: &'a mut [f32],
    second: &'a mut [f32],
}

impl Kernel for AdamUpdate<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let Adam { lr, beta1, beta2, epsilon, penalty, decay } = self.rule;
        let constant = |value: f64| lanes.splat(value as f32);
        let (beta1, rest1) = (constant(beta1), constant(1.0 - beta1));
        let (beta2, rest2) = (constant(beta2), constant(1.0 - beta2));
        let (scale, penalty) = (constant(self.scale), constant(penalty));
        let keep = constant(1.0 - lr * decay);
        let step = constant(-lr / self.corrections[0]);
        let (root, epsilon) = (constant(1.0 / self.corrections[1].sqrt()), constant(epsilon));
        let moments = self.first.chunks_mut(LANES).zip(self.second.chunks_mut(LANES));
        let values = self.param.chunks_mut(LANES).zip(self.gradient.chunks(LANES));
        for ((to_param, gradient), (to_first, to_second)) in values.zip(moments) {
            let param = lanes.load_part(to_param, 0.0);
            let gradient = penalty.mul_add(param, lanes.load_part(gradient, 0.0) * scale);
            let first = lanes.load_part(to_first, 0.0).mul_add(beta1, gradient * rest1);
            let square = gradient * gradient;
            let second = lanes.load_part(to_second, 0.0).mul_add(beta2, square * rest2);
            first.store_part(to_first);
            second.store_part(to_second);
            let direction = first / second.sqrt().mul_add(root, epsilon);
            direction.mul_add(step, param * keep).store_part(to_param);
        }
    }
}

/// One update by gradient descent. `velocity` is zero before the first step; without momentum it is
/// not needed. `scale` as for [`adam`].
///
/// # Panics
///
/// If the lengths differ, or there is momentum without velocity.
pub fn sgd(
    isa: Isa,
    rule: Sgd,
    scale: f64,
    (param, gradient): (&mut [f32], &[f32]),
    velocity: Option<&mut [f32]>,
) {
    assert_eq!(gradient.len(), param.len(), "a gradient of another length");
    let len = velocity.as_ref().map(|velocity| velocity.len());
    assert!(len.is_none_or(|len| len == param.len()), "a velocity of another length");
    assert!(rule.momentum == 0.0 || len.is_some(), "momentum without velocity");
    isa.run(SgdUpdate { rule, scale, param, gradient, velocity });
}

struct SgdUpdate<'a> {
    rule: Sgd,
    scale: f64,
    param: &'a mut [f32],
    gradient: &'a [f32],
    velocity: Option<&'a mut [f32]>,
}

impl Kernel for SgdUpdate<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(mut self, lanes: L) {
        let Sgd { lr, momentum, nesterov, penalty, decay } = self.rule;
        let constant = |value: f64| lanes.splat(value as f32);
        let (scale, penalty) = (constant(self.scale), constant(penalty));
        let (momentum, step) = (constant(momentum), constant(-lr));
        let keep = constant(1.0 - lr * decay);
        let mut start = 0;
        while start < self.param.len() {
            let end = self.param.len().min(start + LANES);
            let param = lanes.load_part(&self.param[start..end], 0.0);
            let gradient = lanes.load_part(&self.gradient[start..end], 0.0) * scale;
            let mut direction = penalty.mul_add(param, gradient);
            if let Some(velocity) = &mut self.velocity {
                let to_velocity = &mut velocity[start..end];
                let velocity = lanes.load_part(to_velocity, 0.0).mul_add(momentum, direction);
                velocity.store_part(to_velocity);
                direction = if nesterov { velocity.mul_add(momentum, direction) } else { velocity };
            }
            direction.mul_add(step, param * keep).store_part(&mut self.param[start..end]);
            start = end;
        }
    }
}

/// Values whose squares are summed in f32 before they go to an f64 sum.
const CHUNK: usize = 64 * LANES;

/// The sum of squares, for the global norm: the root of the sum over all gradients. Squares are those
/// of f32: 0 of values below 2^-75, infinite of values above 2^64.
pub fn squared_norm(isa: Isa, values: &[f32]) -> f64 {
    isa.run(SquaredNorm(values))
}

struct SquaredNorm<'a>(&'a [f32]);

impl Kernel for SquaredNorm<'_> {
    type Output = f64;

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) -> f64 {
        let mut total = 0.0;
        for chunk in self.0.chunks(CHUNK) {
            let mut sums = lanes.splat(0.0);
            for values in chunk.chunks(LANES) {
                let values = lanes.load_part(values, 0.0);
                sums = values.mul_add(values, sums);
            }
            total += f64::from(sums.sum());
        }
        total
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{assert_same_bits, numbers, on_every_machine};

    const ADAM: Adam =
        Adam { lr: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, penalty: 0.1, decay: 0.2 };
    const SGD: Sgd = Sgd { lr: 0.1, momentum: 0.9, nesterov: true, penalty: 0.1, decay: 0.2 };

    /// Five steps of Adam on numbers; the parameters and both moments.
    fn five_steps_of_adam(isa: Isa, rule: Adam, len: usize) -> [Vec<f32>; 3] {
        let (mut p, mut m, mut v) = (numbers(len, 1), vec![0.0; len], vec![0.0; len]);
        for step in 1..=5 {
            let g = numbers(len, 10 + step as u32);
            adam(isa, rule, (step, 0.5), (&mut p, &g), [&mut m, &mut v]);
        }
        [p, m, v]
    }

    fn five_steps_of_sgd(isa: Isa, rule: Sgd, len: usize) -> [Vec<f32>; 2] {
        let (mut p, mut v) = (numbers(len, 1), vec![0.0; len]);
        for step in 1..=5 {
            let g = numbers(len, 10 + step);
            let velocity = (rule.momentum > 0.0).then_some(&mut v[..]);
            sgd(isa, rule, 0.5, (&mut p, &g), velocity);
        }
        [p, v]
    }

    #[test]
    fn adam_is_its_definition_in_f64() {
        for len in [1, 16, 37] {
            let [p, m, v] = five_steps_of_adam(Isa::best(), ADAM, len);
            for i in 0..len {
                let (mut param, mut first, mut second) = (f64::from(numbers(len, 1)[i]), 0.0, 0.0);
                for step in 1..=5 {
                    let g = 0.5 * f64::from(numbers(len, 10 + step as u32)[i]) + 0.1 * param;
                    param *= 1.0 - 0.01 * 0.2;
                    first = 0.9 * first + 0.1 * g;
                    second = 0.999 * second + 0.001 * g * g;
                    let (m_hat, v_hat) =
                        (first / (1.0 - 0.9f64.powi(step)), second / (1.0 - 0.999f64.powi(step)));
                    param -= 0.01 * m_hat / (v_hat.sqrt() + 1e-8);
                }
                for (found, expected) in [(p[i], param), (m[i], first), (v[i], second)] {
                    let error = (f64::from(found) - expected).abs();
                    assert!(error < 1e-6 * (0.1 + expected.abs()), "{found} not {expected}");
                }
            }
        }
    }

    #[test]
    fn gradient_descent_is_its_definition_in_f64() {
        let rules = [
            SGD,
            Sgd { nesterov: false, ..SGD },
            Sgd { momentum: 0.0, nesterov: false, ..SGD },
            Sgd { penalty: 0.0, decay: 0.0, ..SGD },
        ];
        for rule in rules {
            let len = 21;
            let [p, _] = five_steps_of_sgd(Isa::best(), rule, len);
            for i in 0..len {
                let (mut param, mut velocity) = (f64::from(numbers(len, 1)[i]), 0.0);
                for step in 1..=5 {
                    let g = 0.5 * f64::from(numbers(len, 10 + step)[i]) + rule.penalty * param;
                    velocity = rule.momentum * velocity + g;
                    let ahead = if rule.nesterov { g + rule.momentum * velocity } else { velocity };
                    param = param * (1.0 - rule.lr * rule.decay) - rule.lr * ahead;
                }
                assert!((f64::from(p[i]) - param).abs() < 1e-6, "{rule:?}: {} not {param}", p[i]);
            }
        }
    }

    #[test]
    fn the_squared_norm_is_that_of_f64() {
        for len in [0, 1, 16, 1024, 5003] {
            let values = numbers(len, 4);
            let expected: f64 = values.iter().map(|&x| f64::from(x).powi(2)).sum();
            assert!((squared_norm(Isa::best(), &values) - expected).abs() <= 1e-6 * expected);
        }
    }

    #[test]
    fn a_gradient_that_is_not_finite_reaches_its_parameter_only() {
        let (mut p, mut m, mut v) = ([1.0; 3], [0.0; 3], [0.0; 3]);
        let g = [1.0, f32::NAN, 0.0];
        adam(Isa::best(), ADAM, (1, 1.0), (&mut p, &g), [&mut m, &mut v]);
        assert!(p[0].is_finite() && p[1].is_nan() && p[2].is_finite());
    }

    #[test]
    fn bits_do_not_depend_on_instructions_or_threads() {
        assert_same_bits(&on_every_machine(|isa| {
            let mut all = five_steps_of_adam(isa, ADAM, 203).concat();
            all.extend(five_steps_of_sgd(isa, SGD, 203).concat());
            all.push(squared_norm(isa, &all) as f32);
            all
        }));
    }
}
