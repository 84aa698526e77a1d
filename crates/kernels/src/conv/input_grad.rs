//! The gradient of the input: what each output gives back to the patch that it was made of.

use super::dense;
use super::forward::Sums;
use super::rows::{Rows, Shape};
use super::shape::Conv;
use crate::buffer::Buffer;
use crate::lanes::{LANES, Lanes, Vector};
use crate::tile::{Panels, Tiles, Walk, cover, multiply};
use crate::{Isa, Kernel};

/// A convolution made ready.
pub(super) struct InputGrad<'a> {
    conv: &'a Conv,
    /// As [`super::pack::by_in`] makes them.
    panels: &'a [[f32; LANES]],
    /// Where the patch of each output begins, in pixels of the padded image.
    origins: Vec<usize>,
    /// The convolution of the gradients with the kernel turned around, if that is cheaper.
    turned: Option<Sums<'a>>,
}

impl<'a> InputGrad<'a> {
    pub(super) fn new(conv: &'a Conv, panels: &'a Buffer) -> Self {
        let turned = conv.turned().map(|turned| Sums::new(turned, panels, None));
        Self { conv, panels: panels.blocks(), origins: conv.origins(), turned }
    }

    /// The gradient `x` `[row][column][in]` of one image, of those of its sums
    /// `[pixel][block][16]`.
    pub(super) fn image(&self, isa: Isa, grads: &[[f32; LANES]], x: &mut [f32]) {
        if self.conv.slides_back() {
            return self.slide(isa, grads, x);
        }
        if let Some(turned) = &self.turned {
            return self.turn(isa, turned, grads, x);
        }
        let [height, width] = self.conv.padded();
        let mut sums = Buffer::zeroed(height * width * self.conv.in_blocks() * LANES);
        isa.run(Scatter { input: self, grads: grads.as_flattened(), sums: sums.blocks_mut() });
        isa.run(Crop { conv: self.conv, padding: self.conv.padding, sums: sums.blocks(), x });
    }

    fn turn(&self, isa: Isa, turned: &Sums<'_>, grads: &[[f32; LANES]], x: &mut [f32]) {
        let conv = self.conv;
        if conv.channels.is_multiple_of(LANES) {
            let (out, _) = x.as_chunks_mut();
            return turned.image(isa, grads.as_flattened(), out);
        }
        let mut out = Buffer::stale(conv.size[0] * conv.size[1] * conv.in_blocks() * LANES);
        turned.image(isa, grads.as_flattened(), out.blocks_mut());
        isa.run(Crop { conv, padding: [[0; 2]; 2], sums: out.blocks(), x });
    }

    /// As `turn`, row by row.
    fn slide(&self, isa: Isa, grads: &[[f32; LANES]], x: &mut [f32]) {
        let conv = self.conv;
        let [rows, width] = conv.output();
        let [[above, _], [left, right]] = conv.turned_padding();
        let pixel = conv.out_blocks();
        let across = left + width + right;
        let mut padded = Buffer::zeroed(rows * across * pixel * LANES);
        let lines = padded.blocks_mut().chunks_exact_mut(across * pixel);
        for (to, from) in lines.zip(grads.chunks_exact(width * pixel)) {
            to[left * pixel..][..width * pixel].copy_from_slice(from);
        }
        let shape = Shape {
            kernel: conv.kernel,
            stride: 1,
            rows,
            above,
            across,
            blocks: conv.in_blocks(),
            terms: conv.filters,
            pixel: pixel * LANES,
        };
        let (columns, bias) = (self.panels, None);
        if conv.channels.is_multiple_of(LANES) {
            let (out, _) = x.as_chunks_mut();
            return isa.run(Rows { x: &padded, columns, bias, shape, out });
        }
        let mut out = Buffer::stale(conv.size[0] * conv.size[1] * conv.in_blocks() * LANES);
        isa.run(Rows { x: &padded, columns, bias, shape, out: out.blocks_mut() });
        isa.run(Crop { conv, padding: [[0; 2]; 2], sums: out.blocks(), x });
    }
}

struct Scatter<'a> {
    input: &'a InputGrad<'a>,
    grads: &'a [f32],
    /// `[padded pixel][block][16]`.
    sums: &'a mut [[f32; LANES]],
}

/// Place `tap` of the kernel, which lies `behind` pixels behind the beginning of a patch.
struct Run<'a, 'b, L> {
    lanes: L,
    job: &'b mut Scatter<'a>,
    tap: usize,
    behind: usize,
}

impl Kernel for Scatter<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(mut self, lanes: L) {
        let conv = self.input.conv;
        let (positions, blocks) = (self.input.origins.len(), conv.in_blocks());
        let across = conv.padded()[1];
        for row in 0..conv.kernel[0] {
            for column in 0..conv.kernel[1] {
                let (tap, behind) = (row * conv.kernel[1] + column, row * across + column);
                let mut tiles = Run { lanes, job: &mut self, tap, behind };
                cover::<L>(positions, blocks, &mut tiles);
            }
        }
    }
}

impl<L: Lanes> Tiles<L> for Run<'_, '_, L> {
    #[inline(always)]
    fn tile<const P: usize, const C: usize>(&mut self, position: usize, block: usize) {
        let Self { lanes, job, tap, behind } = self;
        let conv = job.input.conv;
        let blocks = conv.in_blocks();
        let row = conv.out_blocks() * LANES;
        let origins = &job.input.origins[position..position + P];
        let mut sums = [[lanes.splat(0.0); C]; P];
        let mut at = [0; P];
        for p in 0..P {
            at[p] = (position + p) * row;
            for c in 0..C {
                let place = (origins[p] + *behind) * blocks + block + c;
                sums[p][c] = lanes.load(&job.sums[place]);
            }
        }
        let panel = conv.kernel[0] * conv.kernel[1] * conv.filters;
        let first = block * panel + *tap * conv.filters;
        let panels = Panels { blocks: &job.input.panels[first..], step: 1, panel };
        multiply(*lanes, &mut sums, (job.grads, at), Walk::line(conv.filters), panels);
        for p in 0..P {
            for c in 0..C {
                let place = (origins[p] + *behind) * blocks + block + c;
                sums[p][c].store(&mut job.sums[place]);
            }
        }
    }
}

/// Takes the padding off, of pixels and of channels.
struct Crop<'a> {
    conv: &'a Conv,
    padding: [[usize; 2]; 2],
    sums: &'a [[f32; LANES]],
    x: &'a mut [f32],
}

impl Kernel for Crop<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let (conv, blocks) = (self.conv, self.conv.in_blocks());
        let [[above, _], [left, right]] = self.padding;
        let across = left + conv.size[1] + right;
        for (row, x) in self.x.chunks_exact_mut(conv.size[1] * conv.channels).enumerate() {
            let sums = &self.sums[((above + row) * across + left) * blocks..];
            for (x, sums) in x.chunks_exact_mut(conv.channels).zip(sums.chunks_exact(blocks)) {
                for block in 0..blocks {
                    dense::store(lanes.load(&sums[block]), x, block);
                }
            }
        }
    }
}
