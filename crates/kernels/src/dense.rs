//! Dense layers: `z = x w + bias` and its gradients.
//!
//! Every output is one chain of multiply-adds: over inputs after the bias, in the gradient of the
//! inputs over outputs, in that of the weights over examples.

use crate::buffer::Buffer;
use crate::isa::{Isa, Kernel};
use crate::lanes::{LANES, Lanes, Vector};
use crate::sizes::product;
use crate::threads;
use crate::tile::{Panels, Tiles, Walk, cover, multiply};

/// The sizes of one product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dense {
    /// Rows of `x`.
    pub examples: usize,
    /// Columns of `x`, rows of the weights.
    pub inputs: usize,
    /// Columns of the weights.
    pub outputs: usize,
}

/// `z = x w + bias`: `x [examples, inputs]`, `w [inputs, outputs]`, `bias [outputs]`,
/// `z [examples, outputs]`.
///
/// # Panics
///
/// If a length is not that of its shape.
pub fn forward(
    isa: Isa,
    sizes: Dense,
    x: &[f32],
    (w, bias): (&[f32], Option<&[f32]>),
    z: &mut [f32],
) {
    let Dense { inputs, outputs, .. } = sizes;
    sizes.check(x, w, z);
    assert!(bias.is_none_or(|bias| bias.len() == outputs), "a bias of another length");
    let panels = pack(w, inputs, outputs);
    let mut start = vec![[0.0; LANES]; outputs.div_ceil(LANES)];
    if let Some(bias) = bias {
        start.as_flattened_mut()[..outputs].copy_from_slice(bias);
    }
    rows(isa, (x, inputs), (&panels, &start), (z, outputs));
}

/// `dx = dz w^T`.
///
/// # Panics
///
/// If a length is not that of its shape.
pub fn input_gradient(isa: Isa, sizes: Dense, dz: &[f32], w: &[f32], dx: &mut [f32]) {
    let Dense { inputs, outputs, .. } = sizes;
    sizes.check(dx, w, dz);
    let panels = pack_transposed(w, inputs, outputs);
    let start = vec![[0.0; LANES]; inputs.div_ceil(LANES)];
    rows(isa, (dz, outputs), (&panels, &start), (dx, inputs));
}

/// `dw = x^T dz`, and `db` the sums of the columns of `dz`.
///
/// # Panics
///
/// If a length is not that of its shape.
pub fn weight_gradient(
    isa: Isa,
    sizes: Dense,
    (x, dz): (&[f32], &[f32]),
    dw: &mut [f32],
    db: Option<&mut [f32]>,
) {
    let Dense { examples, inputs, outputs } = sizes;
    sizes.check(x, dw, dz);
    if let Some(db) = db {
        assert_eq!(db.len(), outputs, "a gradient of the bias of another length");
        db.fill(0.0);
        for row in dz.chunks_exact(outputs.max(1)) {
            for (sum, value) in db.iter_mut().zip(row) {
                *sum += value;
            }
        }
    }
    if inputs == 0 || outputs == 0 {
        return;
    }
    let blocks = outputs.div_ceil(LANES);
    let padded;
    let dz = if outputs.is_multiple_of(LANES) {
        dz.as_chunks().0
    } else {
        padded = pad_rows(dz, outputs);
        padded.blocks()
    };
    // The walk of position i: x[i], x[i + inputs], ...
    let walk = Walk { rows: 1, run: examples, row: 0, step: inputs };
    let share = share(inputs);
    threads::each(dw.chunks_mut(share * outputs).enumerate(), |(i, out)| {
        let panels = Panels { blocks: dz, step: blocks, panel: 1 };
        let first = i * share;
        isa.run(Product { x, first, stride: 1, walk, panels, start: &[], out, columns: outputs });
    });
}

impl Dense {
    fn check(self, x: &[f32], w: &[f32], z: &[f32]) {
        let Self { examples, inputs, outputs } = self;
        assert_eq!(x.len(), product([examples, inputs]), "inputs of another length");
        assert_eq!(w.len(), product([inputs, outputs]), "weights of another length");
        assert_eq!(z.len(), product([examples, outputs]), "outputs of another length");
    }
}

/// `out [n, columns] = start + x [n, terms] panels`, rows shared among threads.
fn rows(
    isa: Isa,
    (x, terms): (&[f32], usize),
    (panels, start): (&Buffer, &[[f32; LANES]]),
    (out, columns): (&mut [f32], usize),
) {
    if columns == 0 {
        return;
    }
    let share = share(out.len() / columns);
    threads::each(out.chunks_mut(share * columns).enumerate(), |(i, out)| {
        let panels = Panels { blocks: panels.blocks(), step: 1, panel: terms };
        let (first, stride, walk) = (i * share, terms, Walk::line(terms));
        isa.run(Product { x, first, stride, walk, panels, start, out, columns });
    });
}

/// Positions of a thread: equal shares of whole tiles. It changes no bits, as each output is a
/// chain of its own.
fn share(positions: usize) -> usize {
    positions.div_ceil(rayon::current_num_threads()).max(1).next_multiple_of(24)
}

/// Panels `[block of outputs][input]` of `w [inputs, outputs]`, filled up with zeros.
fn pack(w: &[f32], inputs: usize, outputs: usize) -> Buffer {
    let blocks = outputs.div_ceil(LANES);
    let mut panels = Buffer::stale(blocks * inputs * LANES);
    let to = panels.blocks_mut();
    // A few rows at a time: they stay in the first cache while every panel takes its part.
    for (i, rows) in w.chunks(PACKED_ROWS * outputs.max(1)).enumerate() {
        for block in 0..blocks {
            let to = to[block * inputs + i * PACKED_ROWS..].iter_mut();
            for (row, to) in rows.chunks_exact(outputs).zip(to) {
                match row[block * LANES..].first_chunk() {
                    Some(full) => *to = *full,
                    None => fill(to, &row[block * LANES..]),
                }
            }
        }
    }
    panels
}

/// Rows of weights that are packed before the next ones.
const PACKED_ROWS: usize = 8;

/// Panels `[block of inputs][output]` of the transposed weights, filled up with zeros.
fn pack_transposed(w: &[f32], inputs: usize, outputs: usize) -> Buffer {
    let blocks = inputs.div_ceil(LANES);
    let mut panels = Buffer::stale(blocks * outputs * LANES);
    for (block, panel) in panels.blocks_mut().chunks_mut(outputs.max(1)).enumerate() {
        for lane in 0..LANES {
            let input = block * LANES + lane;
            let Some(row) = w.get(input * outputs..(input + 1) * outputs) else {
                panel.iter_mut().for_each(|to| to[lane] = 0.0);
                continue;
            };
            for (to, value) in panel.iter_mut().zip(row) {
                to[lane] = *value;
            }
        }
    }
    panels
}

/// Rows of whole blocks, filled up with zeros.
fn pad_rows(rows: &[f32], columns: usize) -> Buffer {
    let width = columns.next_multiple_of(LANES);
    let mut padded = Buffer::stale(rows.len() / columns * width);
    for (row, to) in rows.chunks_exact(columns).zip(padded.chunks_exact_mut(width)) {
        to[..columns].copy_from_slice(row);
        to[columns..].fill(0.0);
    }
    padded
}

fn fill(to: &mut [f32; LANES], from: &[f32]) {
    to[..from.len()].copy_from_slice(from);
    to[from.len()..].fill(0.0);
}

/// Rows `first ..` of `out`: `start` and the walk's products with `panels`.
struct Product<'a> {
    x: &'a [f32],
    first: usize,
    /// From a position to the next in `x`.
    stride: usize,
    walk: Walk,
    panels: Panels<'a>,
    /// Where sums begin, a block of columns each; empty for zero.
    start: &'a [[f32; LANES]],
    out: &'a mut [f32],
    columns: usize,
}

struct Running<'a, L>(L, Product<'a>);

impl Kernel for Product<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let positions = self.out.len() / self.columns;
        cover::<L>(positions, self.columns.div_ceil(LANES), &mut Running(lanes, self));
    }
}

impl<L: Lanes> Tiles<L> for Running<'_, L> {
    #[inline(always)]
    fn tile<const P: usize, const C: usize>(&mut self, position: usize, block: usize) {
        let Self(lanes, job) = self;
        let mut sums = [[lanes.splat(0.0); C]; P];
        if !job.start.is_empty() {
            for c in 0..C {
                let start = lanes.load(&job.start[block + c]);
                for p in 0..P {
                    sums[p][c] = start;
                }
            }
        }
        let mut at = [0; P];
        for p in 0..P {
            at[p] = (job.first + position + p) * job.stride;
        }
        let skipped = (block * job.panels.panel).min(job.panels.blocks.len());
        let panels = Panels { blocks: &job.panels.blocks[skipped..], ..job.panels };
        multiply(*lanes, &mut sums, (job.x, at), job.walk, panels);
        for p in 0..P {
            let row = &mut job.out[(position + p) * job.columns..][..job.columns];
            for c in 0..C {
                let to = &mut row[(block + c) * LANES..];
                match to.first_chunk_mut() {
                    Some(to) => sums[p][c].store(to),
                    None => sums[p][c].store_part(to),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
