//! The largest errors of the functions of `math`, over all 2^32 floats against f64.
//!
//! `cargo run --release -p fireassay-kernels --example errors -- exp avx512 1` takes each float (a
//! last argument of 1009 each 1,009th), in a few minutes. The documentation of `math` says what it
//! found.

use std::io::Write;

use fireassay_kernels::{Isa, Kernel, LANES, Lanes, Vector, math};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let usage = "usage: errors FUNCTION [ISA] [STEP]";
    let mut args = std::env::args().skip(1);
    let name = args.next().ok_or(usage)?;
    let function = Function::named(&name).ok_or(usage)?;
    let isa = match args.next() {
        Some(name) => Isa::named(&name).ok_or("this machine has no such instruction set")?,
        None => Isa::best(),
    };
    let step: usize = args.next().map_or(Ok(1), |step| step.parse())?;
    let mut worst = [Worst::default(); 3];
    let mut count = 0u64;
    let (mut x, mut y) = (vec![0.0; CHUNK], vec![0.0; CHUNK]);
    for first in (0..=u64::from(u32::MAX)).step_by(CHUNK * step) {
        let bits = (first..=u64::from(u32::MAX)).step_by(step).take(CHUNK);
        let mut len = 0;
        for (x, bits) in x.iter_mut().zip(bits) {
            *x = f32::from_bits(bits as u32);
            len += 1;
        }
        isa.run(Apply { function, x: &x[..len], y: &mut y[..len] });
        count += len as u64;
        for (&x, &y) in x[..len].iter().zip(&y[..len]) {
            compare(function, x, y, &mut worst);
        }
    }
    let [ulp, above, scaled] = worst;
    let name = isa.name();
    writeln!(std::io::stdout(), "{function:?} on {name}, {count} floats")?;
    writeln!(std::io::stdout(), "  {:.4} ulp at {:e}", ulp.error, ulp.x)?;
    writeln!(std::io::stdout(), "  {:.4} ulp at {:e} from -5.6 on", above.error, above.x)?;
    writeln!(std::io::stdout(), "  {:.4e} of max(1, |x|) at {:e}", scaled.error, scaled.x)?;
    Ok(())
}

/// Floats at once.
const CHUNK: usize = 4096 * LANES;

#[derive(Clone, Copy, Debug, Default)]
struct Worst {
    error: f64,
    x: f32,
}

impl Worst {
    fn or(&mut self, error: f64, x: f32) {
        if error > self.error || error.is_nan() {
            *self = Self { error, x };
        }
    }
}

fn compare(function: Function, x: f32, y: f32, [ulp, above, scaled]: &mut [Worst; 3]) {
    let exact = function.exact(f64::from(x));
    if f64::from(y) == exact || (y.is_nan() && exact.is_nan()) {
        return;
    }
    let rounded = exact as f32;
    if rounded.is_infinite() && rounded == y {
        return;
    }
    let error = (f64::from(y) - exact).abs();
    let unit = f64::from(rounded.abs().next_up()) - f64::from(rounded.abs());
    ulp.or(error / unit, x);
    if x >= -5.6 {
        above.or(error / unit, x);
    }
    scaled.or(error / f64::from(x.abs().max(1.0)), x);
}

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

impl Function {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "exp" => Self::Exp,
            "sigmoid" => Self::Sigmoid,
            "tanh" => Self::Tanh,
            "normal_cdf" => Self::NormalCdf,
            "gelu" => Self::Gelu,
            "gelu_slope" => Self::GeluSlope,
            "silu" => Self::Silu,
            "silu_slope" => Self::SiluSlope,
            _ => return None,
        })
    }

    fn exact(self, x: f64) -> f64 {
        match self {
            Self::Exp => x.exp(),
            Self::Sigmoid => sigmoid(x),
            Self::Tanh => x.tanh(),
            Self::NormalCdf => cdf(x),
            Self::Gelu => x * cdf(x),
            Self::GeluSlope => cdf(x) + x * (-0.5 * x * x).exp() / std::f64::consts::TAU.sqrt(),
            Self::Silu => x * sigmoid(x),
            Self::SiluSlope => {
                let s = sigmoid(x);
                s + x * s * (1.0 - s)
            }
        }
    }
}

/// `1 - s` of the other side, so that no digits are lost where `s` is near 1.
fn sigmoid(x: f64) -> f64 {
    let e = (-x.abs()).exp();
    if x < 0.0 { e / (1.0 + e) } else { 1.0 / (1.0 + e) }
}

fn cdf(x: f64) -> f64 {
    0.5 * libm::erfc(-x / 2f64.sqrt())
}

struct Apply<'a> {
    function: Function,
    x: &'a [f32],
    y: &'a mut [f32],
}

impl Kernel for Apply<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        for (x, y) in self.x.chunks(LANES).zip(self.y.chunks_mut(LANES)) {
            let x = lanes.load_part(x, 0.0);
            let value = match self.function {
                Function::Exp => math::exp(lanes, x),
                Function::Sigmoid => math::sigmoid(lanes, x),
                Function::Tanh => math::tanh(lanes, x),
                Function::NormalCdf => math::normal_cdf(lanes, x),
                Function::Gelu => math::gelu(lanes, x).0,
                Function::GeluSlope => math::gelu(lanes, x).1,
                Function::Silu => math::silu(lanes, x).0,
                Function::SiluSlope => math::silu(lanes, x).1,
            };
            value.store_part(y);
        }
    }
}
