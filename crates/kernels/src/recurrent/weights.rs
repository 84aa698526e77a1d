//! Gradients of all parameters: one product over the rows of all steps.

use std::ops::Range;

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
    let (hidden, width) = (layer.shape.hidden, layer.width());
    let sections = layer.cell.sections().len();
    let mut sums = Buffer::zeroed(sections * hidden * width * LANES);
    let threads = rayon::current_num_threads();
    let strip = (sections * hidden).div_ceil(threads).next_multiple_of(LANES).min(hidden);
    let (rows, gates) = (rows.blocks(), &gates[..]);
    let strips =
        sums.blocks_mut().chunks_mut(hidden * width).enumerate().flat_map(|(section, out)| {
            out.chunks_mut(strip * width).enumerate().map(move |(i, sums)| Strip {
                layer,
                rows,
                gates,
                section,
                first_unit: i * strip,
                sums,
            })
        });
    threads::each(strips, |strip| isa.run(strip));
    unpack(layer, &sums, wanted);
}

/// Some hidden units of one section.
struct Strip<'a> {
    layer: Layer,
    rows: &'a [[f32; LANES]],
    gates: &'a [f32],
    section: usize,
    first_unit: usize,
    /// `[unit][Layer::width]`: a row `[hidden, bias, input]` of gradients for each unit.
    sums: &'a mut [[f32; LANES]],
}

impl Kernel for Strip<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let width = self.layer.width();
        let units = self.sums.len() / width;
        let terms = self.layer.terms_of(&self.layer.cell.sections()[self.section]);
        let (first_block, end) = (terms.start / LANES, terms.end.div_ceil(LANES));
        let rows = self.rows.len() / width;
        let mut tiles = Part { lanes, strip: self, rows: 0..0, first_block };
        for first in (0..rows).step_by(SUMMED) {
            tiles.rows = first..(first + SUMMED).min(rows);
            cover::<L>(units, end - first_block, &mut tiles);
        }
    }
}

/// The sum over some rows.
struct Part<'a, L> {
    lanes: L,
    strip: Strip<'a>,
    rows: Range<usize>,
    first_block: usize,
}

impl<L: Lanes> Tiles<L> for Part<'_, L> {
    #[inline(always)]
    fn tile<const P: usize, const C: usize>(&mut self, position: usize, block: usize) {
        let strip = &mut self.strip;
        let (layer, block) = (strip.layer, self.first_block + block);
        let (width, step) = (layer.width(), layer.gates_width() * LANES);
        let unit = strip.section * layer.blocks() * LANES + strip.first_unit + position;
        let mut at = [0; P];
        for p in 0..P {
            at[p] = self.rows.start * step + unit + p;
        }
        let walk = Walk { rows: 1, run: self.rows.len(), row: 0, step };
        let blocks = &strip.rows[self.rows.start * width + block..];
        let mut sums = [[self.lanes.splat(0.0); C]; P];
        let panels = Panels { blocks, step: width, panel: 1 };
        multiply(self.lanes, &mut sums, (strip.gates, at), walk, panels);
        for p in 0..P {
            for c in 0..C {
                let total = &mut strip.sums[(position + p) * width + block + c];
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
