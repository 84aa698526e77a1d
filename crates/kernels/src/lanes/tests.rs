//! Every operation of every instruction set against the scalar one, bit by bit.

use super::{LANES, Lanes, Vector};
use crate::{Isa, Kernel};

const SPECIAL: [f32; LANES] = [
    0.0,
    -0.0,
    1.0,
    -1.5,
    f32::INFINITY,
    f32::NEG_INFINITY,
    f32::NAN,
    f32::MIN_POSITIVE,
    1e-45,
    -1e-45,
    f32::MAX,
    f32::MIN,
    0.1,
    -7.25,
    3.402_823e-38,
    1_234_567.9,
];

struct Binary<F>(F, [f32; LANES], [f32; LANES]);
trait Operation {
    fn apply<V: Vector>(&self, a: V, b: V) -> V;
}
impl<F: Operation> Kernel for Binary<F> {
    type Output = [f32; LANES];
    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) -> [f32; LANES] {
        self.0.apply(lanes.load(&self.1), lanes.load(&self.2)).to_array()
    }
}

#[derive(Clone, Copy, Debug)]
enum Op {
    Add,
    Sub,
    Mul,
    Div,
    Neg,
    MulAdd,
    Sqrt,
    Max,
    Min,
    Abs,
    Sign,
    IfGt,
    IfEq,
}

impl Operation for Op {
    #[inline(always)]
    fn apply<V: Vector>(&self, a: V, b: V) -> V {
        match self {
            Op::Add => a + b,
            Op::Sub => a - b,
            Op::Mul => a * b,
            Op::Div => a / b,
            Op::Neg => -a,
            Op::MulAdd => a.mul_add(b, a),
            Op::Sqrt => a.sqrt(),
            Op::Max => a.max(b),
            Op::Min => a.min(b),
            Op::Abs => a.abs(),
            Op::Sign => a.with_sign_of(b),
            Op::IfGt => a.if_gt(b, a, -b),
            Op::IfEq => a.if_eq(b, a, -b),
        }
    }
}

fn scalar(op: Op, a: f32, b: f32) -> f32 {
    match op {
        Op::Add => a + b,
        Op::Sub => a - b,
        Op::Mul => a * b,
        Op::Div => a / b,
        Op::Neg => -a,
        Op::MulAdd => a.mul_add(b, a),
        Op::Sqrt => a.sqrt(),
        Op::Max => {
            if a > b {
                a
            } else {
                b
            }
        }
        Op::Min => {
            if a < b {
                a
            } else {
                b
            }
        }
        Op::Abs => a.abs(),
        Op::Sign => a.copysign(b),
        Op::IfGt => {
            if a > b {
                a
            } else {
                -b
            }
        }
        #[expect(clippy::float_cmp, reason = "equality is what is tested")]
        Op::IfEq => {
            if a == b {
                a
            } else {
                -b
            }
        }
    }
}

/// Equal bits, or both NaN: which NaN is not specified.
fn same(a: f32, b: f32) -> bool {
    a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan())
}

#[test]
fn every_operation_gives_the_bits_of_the_scalar_one() {
    let operations = [
        Op::Add,
        Op::Sub,
        Op::Mul,
        Op::Div,
        Op::Neg,
        Op::MulAdd,
        Op::Sqrt,
        Op::Max,
        Op::Min,
        Op::Abs,
        Op::Sign,
        Op::IfGt,
        Op::IfEq,
    ];
    for isa in Isa::all() {
        for op in operations {
            for shift in 0..LANES {
                let mut other = SPECIAL;
                other.rotate_left(shift);
                let lanes = isa.run(Binary(op, SPECIAL, other));
                for i in 0..LANES {
                    let expected = scalar(op, SPECIAL[i], other[i]);
                    assert!(
                        same(lanes[i], expected),
                        "{} {op:?}({}, {}) = {}, not {expected}",
                        isa.name(),
                        SPECIAL[i],
                        other[i],
                        lanes[i],
                    );
                }
            }
        }
    }
}

struct Powers;
impl Kernel for Powers {
    type Output = Vec<f32>;
    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) -> Vec<f32> {
        (-126..=127i16).map(|n| lanes.splat(f32::from(n)).pow2().to_array()[5]).collect()
    }
}

#[test]
fn powers_of_two_are_exact() {
    for isa in Isa::all() {
        for (n, power) in (-126..=127).zip(isa.run(Powers)) {
            assert_eq!(power.to_bits(), ((n + 127) as u32) << 23, "{} 2^{n}", isa.name());
        }
    }
}

struct Parts<'a>(&'a [f32], &'a mut [f32]);
impl Kernel for Parts<'_> {
    type Output = f32;
    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) -> f32 {
        let values = lanes.load_part(self.0, 9.0);
        values.store_part(self.1);
        values.sum()
    }
}

#[test]
fn parts_touch_only_what_they_are_given() {
    let numbers: Vec<f32> = (1..=16u8).map(f32::from).collect();
    for isa in Isa::all() {
        for len in 0..=LANES {
            let mut out = [-1.0; LANES];
            let sum = isa.run(Parts(&numbers[..len], &mut out[..len]));
            assert_eq!(out[..len], numbers[..len], "{}", isa.name());
            assert!(out[len..].iter().all(|&value| value == -1.0), "{}", isa.name());
            let expected: f32 = numbers[..len].iter().sum::<f32>() + 9.0 * (LANES - len) as f32;
            assert_eq!(sum, expected, "{}", isa.name());
        }
    }
}
