//! Errors over all of f32, and the same bits everywhere.

use super::*;
use crate::lanes::LANES;
use crate::{Isa, Kernel};

#[derive(Clone, Copy, Debug)]
enum Function {
    Exp,
    Sigmoid,
    Tanh,
    NormalCdf,
    Gelu,
    GeluSlope,
    Silu,
    SiluSlope,
}

struct Apply<'a>(Function, &'a [f32], &'a mut [f32]);

impl Kernel for Apply<'_> {
    type Output = ();
    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        for (x, y) in self.1.chunks(LANES).zip(self.2.chunks_mut(LANES)) {
            let x = lanes.load_part(x, 0.0);
            let value = match self.0 {
                Function::Exp => exp(lanes, x),
                Function::Sigmoid => sigmoid(lanes, x),
                Function::Tanh => tanh(lanes, x),
                Function::NormalCdf => normal_cdf(lanes, x),
                Function::Gelu => gelu(lanes, x).0,
                Function::GeluSlope => gelu(lanes, x).1,
                Function::Silu => silu(lanes, x).0,
                Function::SiluSlope => silu(lanes, x).1,
            };
            value.store_part(y);
        }
    }
}

fn cdf(x: f64) -> f64 {
    0.5 * libm::erfc(-x / 2f64.sqrt())
}

impl Function {
    fn exact(self, x: f64) -> f64 {
        match self {
            Self::Exp => x.exp(),
            Self::Sigmoid if x < 0.0 => x.exp() / (1.0 + x.exp()),
            Self::Sigmoid => 1.0 / (1.0 + (-x).exp()),
            Self::Tanh => x.tanh(),
            Self::NormalCdf => cdf(x),
            Self::Gelu => x * cdf(x),
            Self::GeluSlope => cdf(x) + x * (-0.5 * x * x).exp() / std::f64::consts::TAU.sqrt(),
            Self::Silu => x * Self::Sigmoid.exact(x),
            Self::SiluSlope => {
                let s = Self::Sigmoid.exact(x);
                s + x * s * (1.0 - s)
            }
        }
    }

    fn on(self, isa: Isa, x: &[f32]) -> Vec<f32> {
        let mut y = vec![0.0; x.len()];
        isa.run(Apply(self, x, &mut y));
        y
    }
}

/// How many representable numbers lie between `value` and the exact one, in units of the last place
/// of the latter.
fn ulps(value: f32, exact: f64) -> f64 {
    if f64::from(value) == exact || (value.is_nan() && exact.is_nan()) {
        return 0.0;
    }
    let rounded = exact as f32;
    if rounded.is_infinite() || value.is_infinite() {
        return if rounded == value { 0.0 } else { f64::INFINITY };
    }
    let unit = f64::from(rounded.abs().next_up()) - f64::from(rounded.abs());
    (f64::from(value) - exact).abs() / unit
}

/// Each 1,009th float, and some with a meaning.
fn sample() -> Vec<f32> {
    let grid = (0..u32::MAX / 1009).map(|i| f32::from_bits(i * 1009));
    let special = [0.0, -0.0, 88.72, 88.73, -87.4, -103.97, -104.0, 0.625, f32::MAX, f32::MIN];
    let infinite = [f32::INFINITY, f32::NEG_INFINITY, f32::NAN];
    grid.chain(special).chain(infinite).collect()
}

#[test]
fn errors_stay_within_what_is_stated() {
    let x = sample();
    let bounds = [(Function::Exp, 0.94), (Function::Sigmoid, 2.41), (Function::Tanh, 1.38)];
    for (function, bound) in bounds {
        let y = function.on(Isa::best(), &x);
        let mut worst = (0.0, 0.0);
        for (&x, &y) in x.iter().zip(&y) {
            let error = ulps(y, function.exact(f64::from(x)));
            if error > worst.0 {
                worst = (error, x);
            }
        }
        assert!(worst.0 <= bound, "{function:?}({}) is {} ulp off", worst.1, worst.0);
    }
}

#[test]
fn the_distribution_function_is_near_in_relative_terms() {
    let x: Vec<f32> = (0..240_000i32).map(|i| (i - 112_000) as f32 * 5e-5).collect();
    let y = Function::NormalCdf.on(Isa::best(), &x);
    for (&x, &y) in x.iter().zip(&y) {
        let exact = cdf(f64::from(x));
        assert!((f64::from(y) / exact - 1.0).abs() < 3e-6, "{x}: {y} not {exact}");
    }
}

#[test]
fn gelu_and_silu_are_near_everywhere() {
    use Function::{Gelu, GeluSlope, NormalCdf, Silu, SiluSlope};
    let x: Vec<f32> = sample().into_iter().filter(|x| x.is_finite()).collect();
    for function in [NormalCdf, Gelu, GeluSlope, Silu, SiluSlope] {
        let y = function.on(Isa::best(), &x);
        for (&x, &y) in x.iter().zip(&y) {
            let exact = function.exact(f64::from(x));
            let error = (f64::from(y) - exact).abs() / f64::from(x.abs().max(1.0));
            assert!(error < 3e-7, "{function:?}({x}): {y} not {exact}");
        }
    }
}

#[test]
fn every_instruction_set_gives_the_same_bits() {
    let x: Vec<f32> = sample().into_iter().step_by(7).collect();
    use Function::{Exp, Gelu, GeluSlope, Sigmoid, Silu, SiluSlope, Tanh};
    for function in [Exp, Sigmoid, Tanh, Gelu, GeluSlope, Silu, SiluSlope] {
        let best = function.on(Isa::best(), &x);
        for isa in Isa::all() {
            let y = function.on(isa, &x);
            let differs = (0..x.len()).find(|&i| {
                y[i].to_bits() != best[i].to_bits() && !(y[i].is_nan() && best[i].is_nan())
            });
            assert_eq!(differs.map(|i| x[i]), None, "{function:?} on {}", isa.name());
        }
    }
}

#[test]
fn limits_are_exact() {
    let x = [f32::INFINITY, f32::NEG_INFINITY, 0.0, -0.0, 1e-45, f32::NAN];
    let isa = Isa::best();
    assert_eq!(Function::Exp.on(isa, &x)[..5], [f32::INFINITY, 0.0, 1.0, 1.0, 1.0]);
    assert_eq!(Function::Sigmoid.on(isa, &x)[..5], [1.0, 0.0, 0.5, 0.5, 0.5]);
    let y = Function::Tanh.on(isa, &x);
    assert_eq!(
        y[..5].iter().map(|y| y.to_bits()).collect::<Vec<_>>(),
        [1.0f32, -1.0, 0.0, -0.0, 1e-45].map(f32::to_bits)
    );
    let [gelu, silu] = [Function::Gelu.on(isa, &x), Function::Silu.on(isa, &x)];
    assert_eq!([gelu[0], silu[0]], [f32::INFINITY; 2]);
    for function in [Function::Exp, Function::Sigmoid, Function::Tanh, Function::Gelu] {
        assert!(function.on(isa, &x)[5].is_nan(), "{function:?}");
    }
}
