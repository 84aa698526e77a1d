//! Gradients of all parameters: one product over the rows of all steps.

use super::{Layer, SUMMED, WeightGrads};
use crate::buffer::Buffer;
use crate::isa::{Isa, Kernel};
use crate::lanes::{LANES, Lanes, Vector};
use crate::threads;
use crate::tile::{Panels, Tiles, Walk, cover, multiply};

/// From the rows `[h, 1, x]` and the gradients of their sums. Threads share hidden units: what a unit
/// gets does not depend on how they are shared.
pub(super) fn gradients(
    isa: Isa,
    layer: Layer,
    (rows, gates): (&Buffer, &Buffer),
    wanted: WeightGrads<'_>,
) {
    let units = layer.cell.sections().len() * layer.shape.hidden;
    let mut sums = Buffer::zeroed(units * layer.width() * LANES);
    let share = units.div_ceil(rayon::current_num_threads());
    let (rows, gates) = (rows.blocks(), gates.blocks());
    let parts = sums.blocks_mut().chunks_mut(share * layer.width());
    let strips =
        parts.enumerate().map(|(i, sums)| Strip { layer, rows, gates, first: i * share, sums });
    threads::each(strips, |strip| isa.run(strip));
    unpack(layer, &sums, wanted);
}

/// Some hidden units, those of all sections counted through.
struct Strip<'a> {
    layer: Layer,
    rows: &'a [[f32; LANES]],
    gates: &'a [[f32; LANES]],
    first: usize,
    /// `[unit][Layer::width]`: a row `[hidden, bias, input]` of gradients for each unit.
    sums: &'a mut [[f32; LANES]],
}

impl Kernel for Strip<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let layer = self.layer;
        let hidden = layer.shape.hidden;
        let (width, gates_width) = (layer.width(), layer.gates_width());
        let (first, end) = (self.first, self.first + self.sums.len() / width);
        let mut rows = Buffer::stale(width * COLUMN * LANES);
        let mut gates = Buffer::stale(layer.blocks() * COLUMN * LANES);
        let parts = self.rows.chunks(SUMMED * width).zip(self.gates.chunks(SUMMED * gates_width));
        for (some_rows, some_gates) in parts {
            by_column(some_rows, width, 0, rows.blocks_mut());
            for (s, section) in layer.cell.sections().iter().enumerate() {
                let units = first.max(s * hidden)..end.min((s + 1) * hidden);
                if units.is_empty() {
                    continue;
                }
                by_column(some_gates, gates_width, s * layer.blocks(), gates.blocks_mut());
                let terms = layer.terms_of(section);
                let blocks = terms.start / LANES..terms.end.div_ceil(LANES);
                let mut part = Part {
                    lanes,
                    count: some_rows.len() / width,
                    rows: rows.blocks(),
                    gates: &gates,
                    width,
                    first_unit: units.start - s * hidden,
                    first_block: blocks.start,
                    sums: &mut self.sums[(units.start - first) * width..],
                };
                cover::<L>(units.len(), blocks.len(), &mut part);
            }
        }
    }
}

/// Blocks from a column of some rows to the next one. An odd number, like the widths of rows.
const COLUMN: usize = SUMMED | 1;

/// Copies a column of blocks after the other: a product that reads a few columns of many rows then
/// reads memory in its order. Columns are counted from `first` on, as many as fit into `to`.
#[inline(always)]
fn by_column(rows: &[[f32; LANES]], width: usize, first: usize, to: &mut [[f32; LANES]]) {
    let columns = to.len() / COLUMN;
    for (r, row) in rows.chunks(width).enumerate() {
        for (column, &block) in row[first..][..columns].iter().enumerate() {
            to[column * COLUMN + r] = block;
        }
    }
}

/// The sum over some rows, for some units of one section.
struct Part<'a, L> {
    lanes: L,
    count: usize,
    rows: &'a [[f32; LANES]],
    gates: &'a [f32],
    width: usize,
    first_unit: usize,
    first_block: usize,
    sums: &'a mut [[f32; LANES]],
}

impl<L: Lanes> Tiles<L> for Part<'_, L> {
    #[inline(always)]
    fn tile<const P: usize, const C: usize>(&mut self, position: usize, block: usize) {
        let block = self.first_block + block;
        let mut at = [0; P];
        for p in 0..P {
            let unit = self.first_unit + position + p;
            at[p] = unit / LANES * COLUMN * LANES + unit % LANES;
        }
        let walk = Walk { rows: 1, run: self.count, row: 0, step: LANES };
        let mut sums = [[self.lanes.splat(0.0); C]; P];
        let panels = Panels { blocks: &self.rows[block * COLUMN..], step: 1, panel: COLUMN };
        multiply(self.lanes, &mut sums, (self.gates, at), walk, panels);
        for p in 0..P {
            for c in 0..C {
                let total = &mut self.sums[(position + p) * self.width + block + c];
                (self.lanes.load(total) + sums[p][c]).store(total);
            }
        }
    }
}

/// From rows `[hidden, bias, input]` of each unit of each section to the parameters.
fn unpack(layer: Layer, sums: &[f32], mut wanted: WeightGrads<'_>) {
    let (hidden, features) = (layer.shape.hidden, layer.shape.features);
    let mut rows = sums.chunks(layer.width() * LANES);
    for section in layer.cell.sections() {
        for (unit, row) in rows.by_ref().take(hidden).enumerate() {
            let at = section.gate * hidden + unit;
            if section.hidden {
                wanted.hidden[at * hidden..][..hidden].copy_from_slice(&row[..hidden]);
            }
            if section.input {
                let from = &row[hidden + 1..][..features];
                wanted.input[at * features..][..features].copy_from_slice(from);
            }
            if let Some([input, state]) = &mut wanted.bias {
                if section.input {
                    input[at] = row[hidden];
                }
                if section.hidden {
                    state[at] = row[hidden];
                }
            }
        }
    }
}
