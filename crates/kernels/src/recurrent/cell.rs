//! What a cell does with its sums, and the way back, for sixteen hidden units.

use super::Cell;
use crate::lanes::{LANES, Lanes, Vector};
use crate::math::{sigmoid, tanh};

/// A block of sums per hidden unit, and the parameters that go into it.
#[derive(Debug)]
pub(super) struct Section {
    /// The gate whose rows of the weights it takes.
    pub(super) gate: usize,
    /// It sums over hidden units, and takes `b_hh`.
    pub(super) hidden: bool,
    /// It sums over features, and takes `b_ih`.
    pub(super) input: bool,
}

impl Section {
    const fn of(gate: usize) -> Self {
        Self { gate, hidden: true, input: true }
    }
}

/// The reset gate scales one part of n's sum only, so the parts are two sections. The one without
/// input is first and the one without hidden units last: either kind then lies side by side.
const GRU: [Section; 4] = [
    Section { gate: 2, hidden: true, input: false },
    Section::of(0),
    Section::of(1),
    Section { gate: 2, hidden: false, input: true },
];

const LSTM: [Section; 4] = [Section::of(0), Section::of(1), Section::of(2), Section::of(3)];

impl Cell {
    /// Gates: rows of the weights per hidden unit.
    pub fn gates(self) -> usize {
        match self {
            Self::Lstm => 4,
            Self::Gru => 3,
            Self::Tanh | Self::Relu => 1,
        }
    }

    /// Sums per hidden unit, in the order in which they lie.
    pub(super) fn sections(self) -> &'static [Section] {
        match self {
            Self::Lstm => &LSTM,
            Self::Gru => &GRU,
            Self::Tanh | Self::Relu => &LSTM[..1],
        }
    }

    /// Values beside the sections that the way back needs, per hidden unit.
    pub(super) fn kept(self) -> usize {
        match self {
            Self::Lstm => 2, // the cell state entering a step, and tanh of the one after it
            Self::Gru | Self::Tanh | Self::Relu => 0,
        }
    }
}

/// Sixteen hidden units of one example at one step.
pub(super) struct Units<'a> {
    /// The row's gates from this block on: section `s` is block `s * stride`.
    pub(super) gates: &'a mut [[f32; LANES]],
    /// From a section to the next, in blocks.
    pub(super) stride: usize,
    /// The hidden state before the step, these units first.
    pub(super) before: &'a [f32],
    /// The cell state, or on the way back its gradient: one block, or none.
    pub(super) cell: &'a mut [[f32; LANES]],
    /// What the way back needs: [`Cell::kept`] blocks. None when nothing is kept.
    pub(super) kept: &'a mut [[f32; LANES]],
}

impl Units<'_> {
    #[inline(always)]
    fn get<L: Lanes>(&self, lanes: L, section: usize) -> L::V {
        lanes.load(&self.gates[section * self.stride])
    }

    #[inline(always)]
    fn put(&mut self, section: usize, values: impl Vector) {
        values.store(&mut self.gates[section * self.stride]);
    }

    #[inline(always)]
    fn before<L: Lanes>(&self, lanes: L) -> L::V {
        load(lanes, self.before)
    }
}

/// The first sixteen values, with zeros behind fewer.
#[inline(always)]
pub(super) fn load<L: Lanes>(lanes: L, from: &[f32]) -> L::V {
    match from.first_chunk() {
        Some(block) => lanes.load(block),
        None => lanes.load_part(from, 0.0),
    }
}

/// The first sixteen values, or as many as there are.
#[inline(always)]
pub(super) fn store(values: impl Vector, to: &mut [f32]) {
    match to.first_chunk_mut() {
        Some(block) => values.store(block),
        None => values.store_part(to),
    }
}

/// The arithmetic of a kind of cell. All is `#[inline(always)]`.
pub(super) trait Arithmetic {
    /// Turns sums into gates, in place, and gives the hidden state after the step.
    fn forward<L: Lanes>(lanes: L, units: Units<'_>) -> L::V;

    /// Turns gates into gradients of the sums, in place, from the gradient `dh` of the state after
    /// the step. Gives the part of the gradient of the state before it that passes no sum.
    fn backward<L: Lanes>(lanes: L, units: Units<'_>, dh: L::V) -> L::V;
}

/// `c' = f c + i g`, `h' = o tanh(c')`.
pub(super) struct Lstm;

impl Arithmetic for Lstm {
    #[inline(always)]
    fn forward<L: Lanes>(lanes: L, mut units: Units<'_>) -> L::V {
        let i = sigmoid(lanes, units.get(lanes, 0));
        let f = sigmoid(lanes, units.get(lanes, 1));
        let g = tanh(lanes, units.get(lanes, 2));
        let o = sigmoid(lanes, units.get(lanes, 3));
        let before = lanes.load(&units.cell[0]);
        let c = f.mul_add(before, i * g);
        let squashed = tanh(lanes, c);
        c.store(&mut units.cell[0]);
        if let [cell, tanh] = units.kept {
            before.store(cell);
            squashed.store(tanh);
            units.put(0, i);
            units.put(1, f);
            units.put(2, g);
            units.put(3, o);
        }
        o * squashed
    }

    #[inline(always)]
    fn backward<L: Lanes>(lanes: L, mut units: Units<'_>, dh: L::V) -> L::V {
        let one = lanes.splat(1.0);
        let (i, f) = (units.get(lanes, 0), units.get(lanes, 1));
        let (g, o) = (units.get(lanes, 2), units.get(lanes, 3));
        let before = lanes.load(&units.kept[0]);
        let squashed = lanes.load(&units.kept[1]);
        let through = dh * o;
        let slope = (-squashed).mul_add(squashed, one);
        let dc = through.mul_add(slope, lanes.load(&units.cell[0]));
        units.put(0, dc * g * (i * (one - i)));
        units.put(1, dc * before * (f * (one - f)));
        units.put(2, dc * i * (-g).mul_add(g, one));
        units.put(3, through * squashed * (one - o));
        (dc * f).store(&mut units.cell[0]);
        lanes.splat(0.0)
    }
}

/// `h' = n + z (h - n)`, `n = tanh(x_n + r h_n)`. Sections h_n, r, z, x_n; the last one becomes n.
pub(super) struct Gru;

impl Arithmetic for Gru {
    #[inline(always)]
    fn forward<L: Lanes>(lanes: L, mut units: Units<'_>) -> L::V {
        let r = sigmoid(lanes, units.get(lanes, 1));
        let z = sigmoid(lanes, units.get(lanes, 2));
        let n = tanh(lanes, r.mul_add(units.get(lanes, 0), units.get(lanes, 3)));
        units.put(1, r);
        units.put(2, z);
        units.put(3, n);
        z.mul_add(units.before(lanes) - n, n)
    }

    #[inline(always)]
    fn backward<L: Lanes>(lanes: L, mut units: Units<'_>, dh: L::V) -> L::V {
        let one = lanes.splat(1.0);
        let (product, r) = (units.get(lanes, 0), units.get(lanes, 1));
        let (z, n) = (units.get(lanes, 2), units.get(lanes, 3));
        let dn = dh * (one - z) * (-n).mul_add(n, one);
        units.put(0, dn * r);
        units.put(1, dn * product * (r * (one - r)));
        units.put(2, dh * (units.before(lanes) - n) * (z * (one - z)));
        units.put(3, dn);
        dh * z
    }
}

/// `h' = tanh(sum)`.
pub(super) struct Tanh;

impl Arithmetic for Tanh {
    #[inline(always)]
    fn forward<L: Lanes>(lanes: L, mut units: Units<'_>) -> L::V {
        let h = tanh(lanes, units.get(lanes, 0));
        units.put(0, h);
        h
    }

    #[inline(always)]
    fn backward<L: Lanes>(lanes: L, mut units: Units<'_>, dh: L::V) -> L::V {
        let h = units.get(lanes, 0);
        units.put(0, dh * (-h).mul_add(h, lanes.splat(1.0)));
        lanes.splat(0.0)
    }
}

/// `h' = max(0, sum)`. NaN passes, and at 0 the gradient is 0.
pub(super) struct Relu;

impl Arithmetic for Relu {
    #[inline(always)]
    fn forward<L: Lanes>(lanes: L, mut units: Units<'_>) -> L::V {
        let h = lanes.splat(0.0).max(units.get(lanes, 0));
        units.put(0, h);
        h
    }

    #[inline(always)]
    fn backward<L: Lanes>(lanes: L, mut units: Units<'_>, dh: L::V) -> L::V {
        let zero = lanes.splat(0.0);
        let h = units.get(lanes, 0);
        units.put(0, h.if_eq(zero, zero, dh));
        zero
    }
}
