//! The forward pass, for training and for evaluation.

use super::dense;
use super::depthwise::{self, Depthwise};
use super::finish::{Finish, Winners};
use super::norm::{Affine, Fitted, Measure, Moments, Norm, Running, Statistics};
use super::pack;
use super::rows::{Rows, Shape};
use super::shape::{Block, Conv, Pool};
use crate::buffer::Buffer;
use crate::lanes::{LANES, Lanes, Vector};
use crate::tile::{Panels, Tiles, Walk, cover, multiply};
use crate::{Isa, Kernel, threads};

/// What a block reads.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// `[image][row][column][in]`.
    pub x: &'a [f32],
    /// `[out][in][row][column]`.
    pub weight: &'a [f32],
    /// `[out]`.
    pub bias: Option<&'a [f32]>,
    /// Behind the bias.
    pub norm: Option<Norm<'a>>,
    /// `[image][row][column][out]`, added before the activation. Not with a pool.
    pub residual: Option<&'a [f32]>,
}

/// What [`super::backward`] needs of a forward pass, beside its input and output.
#[derive(Clone, Debug)]
pub struct Saved {
    pub(super) block: Block,
    pub(super) has_residual: bool,
    /// The sums `[image][pixel][block][16]`, where a norm or an average needs them.
    pub(super) z: Option<Buffer>,
    /// `[image][pixel][block][16]`: the index and the sum of each maximum.
    pub(super) winners: Option<[Buffer; 2]>,
    pub(super) affine: Affine,
    pub(super) fitted: Option<Fitted>,
    statistics: Option<Statistics>,
}

impl Saved {
    /// Of the batch, if there is a norm.
    pub fn statistics(&self) -> Option<&Statistics> {
        self.statistics.as_ref()
    }
}

/// The output `[image][row][column][out]`, normed by the statistics of this batch if there is a
/// norm.
///
/// # Panics
///
/// If a length is not what the shapes say, or there are a residual and a pool.
pub fn forward(isa: Isa, block: &Block, input: &Input<'_>, out: &mut [f32]) -> Saved {
    check(block, input, out);
    let conv = &block.conv;
    let blocks = conv.out_blocks();
    let z_len = conv.images * conv.pixels() * blocks * LANES;
    let pooled_len = conv.images * block.pooled() * blocks * LANES;
    let keeps_z = input.norm.is_some() || matches!(block.pool, Pool::Average(_));
    let keeps_winners = matches!(block.pool, Pool::Max(_));
    let mut saved = Saved {
        block: *block,
        has_residual: input.residual.is_some(),
        z: keeps_z.then(|| Buffer::stale(z_len)),
        winners: keeps_winners.then(|| [Buffer::stale(pooled_len), Buffer::stale(pooled_len)]),
        affine: Affine::identity(conv.filters),
        fitted: None,
        statistics: None,
    };
    let panels = pack::by_out(conv, input.weight, None);
    let Some(norm) = &input.norm else {
        let sums = Sums::new(*conv, &panels, input.bias);
        plain(isa, &sums, input, (block, out), Some(&mut saved));
        return saved;
    };
    let sums = Sums::new(*conv, &panels, None);
    normed(isa, &sums, (input, norm), out, &mut saved);
    saved
}

/// The output `[image][row][column][out]`, normed by `running` if there is a norm. The norm becomes
/// part of the weights.
///
/// # Panics
///
/// As [`forward`], and if there is a norm but not `running`.
pub fn evaluate(
    isa: Isa,
    block: &Block,
    input: &Input<'_>,
    running: Option<&Running<'_>>,
    out: &mut [f32],
) {
    check(block, input, out);
    let conv = &block.conv;
    let Some(norm) = &input.norm else {
        let panels = pack::by_out(conv, input.weight, None);
        return plain(isa, &Sums::new(*conv, &panels, input.bias), input, (block, out), None);
    };
    let running = running.expect("a norm is evaluated with a running mean and variance");
    assert_eq!(running.mean.len(), conv.filters, "a running mean for each channel");
    assert_eq!(running.variance.len(), conv.filters, "a running variance for each channel");
    let bias = |channel: usize| input.bias.map_or(0.0, |bias| f64::from(bias[channel]));
    let means = running.mean.iter().enumerate();
    let mean: Vec<f64> = means.map(|(i, &mean)| f64::from(mean) - bias(i)).collect();
    let inverse = |&variance: &f32| 1.0 / (f64::from(variance) + norm.epsilon).sqrt();
    let inverse: Vec<f64> = running.variance.iter().map(inverse).collect();
    let (scale, shift) = Affine::of(norm, &mean, &inverse);
    let panels = pack::by_out(conv, input.weight, Some(&scale));
    plain(isa, &Sums::new(*conv, &panels, Some(&shift)), input, (block, out), None);
}

fn check(block: &Block, input: &Input<'_>, out: &[f32]) {
    let conv = &block.conv;
    conv.check();
    let [height, width] = block.output();
    assert!(height > 0 && width > 0, "a window is larger than what it pools: {block:?}");
    assert_eq!(input.x.len(), conv.input_len(), "values of the images");
    assert_eq!(input.weight.len(), conv.weight_len(), "weights");
    assert_eq!(out.len(), block.output_len(), "values of the output");
    let gamma = input.norm.map(|norm| norm.gamma);
    let beta = input.norm.map(|norm| norm.beta);
    for values in [input.bias, gamma, beta].into_iter().flatten() {
        assert_eq!(values.len(), conv.filters, "a value for each channel");
    }
    if let Some(residual) = input.residual {
        assert_eq!(block.pool, Pool::None, "no residual before a pool");
        assert_eq!(residual.len(), out.len(), "values of the residual");
    }
}

/// Without a norm: the sums of an image are finished while they are in the cache.
fn plain(
    isa: Isa,
    sums: &Sums<'_>,
    input: &Input<'_>,
    (block, out): (&Block, &mut [f32]),
    saved: Option<&mut Saved>,
) {
    let conv = &block.conv;
    let image_len = conv.pixels() * conv.out_blocks();
    let affine = Affine::identity(conv.filters);
    let (z, winners) =
        saved.map_or((None, None), |saved| (saved.z.as_mut(), saved.winners.as_mut()));
    let mut z = z.map(|z| z.blocks_mut().chunks_exact_mut(image_len));
    let winners = winners_of(winners, block);
    let images = input.x.chunks_exact(conv.image_len());
    let images = images.zip(out.chunks_exact_mut(block.image_len())).zip(winners).enumerate();
    let tasks = images.map(|(i, task)| (i, task, z.as_mut().and_then(Iterator::next)));
    threads::each(tasks, |(image, ((x, out), winners), z)| {
        let mut scratch = Buffer::stale(if z.is_none() { image_len * LANES } else { 0 });
        let z = z.unwrap_or_else(|| scratch.blocks_mut());
        sums.image(isa, x, z);
        let residual = residual_of(input, block, image);
        isa.run(Finish { block, affine: &affine, z, residual, out, winners });
    });
}

/// With a norm: the sums of all images and their statistics, then the rest.
fn normed(
    isa: Isa,
    sums: &Sums<'_>,
    (input, norm): (&Input<'_>, &Norm<'_>),
    out: &mut [f32],
    saved: &mut Saved,
) {
    let block = saved.block;
    let conv = &block.conv;
    let blocks = conv.out_blocks();
    let image_len = conv.pixels() * blocks;
    let z = saved.z.as_mut().expect("a norm keeps its sums").blocks_mut();
    let mut moments = Moments::stale(conv.images, blocks);
    let means = moments.mean.blocks_mut().chunks_exact_mut(blocks);
    let moments_of = means.zip(moments.squares.blocks_mut().chunks_exact_mut(blocks));
    let images = input.x.chunks_exact(conv.image_len()).zip(z.chunks_exact_mut(image_len));
    threads::each(images.zip(moments_of), |((x, z), (mean, squares))| {
        sums.image(isa, x, z);
        isa.run(Measure { z, mean, squares });
    });
    let fitted = moments.merge(conv.filters, conv.pixels(), norm.epsilon);
    let (scale, shift) = Affine::of(norm, &fitted.mean, &fitted.inverse);
    let affine = Affine { scale: dense::blocks(&scale, 0.0), shift: dense::blocks(&shift, 0.0) };
    let winners = winners_of(saved.winners.as_mut(), &block);
    let images = z.chunks_exact(image_len).zip(out.chunks_exact_mut(block.image_len()));
    threads::each(images.zip(winners).enumerate(), |(image, ((z, out), winners))| {
        let residual = residual_of(input, &block, image);
        isa.run(Finish { block: &block, affine: &affine, z, residual, out, winners });
    });
    saved.statistics = Some(fitted.statistics(input.bias));
    saved.affine = affine;
    saved.fitted = Some(fitted);
}

fn winners_of<'a>(
    winners: Option<&'a mut [Buffer; 2]>,
    block: &Block,
) -> impl Iterator<Item = Option<Winners<'a>>> {
    let len = block.pooled() * block.conv.out_blocks();
    let mut pieces = winners.map(|[index, z]| {
        let index = index.blocks_mut().chunks_exact_mut(len);
        index.zip(z.blocks_mut().chunks_exact_mut(len))
    });
    std::iter::repeat_with(move || {
        let (index, z) = pieces.as_mut()?.next()?;
        Some(Winners { index, z })
    })
}

fn residual_of<'a>(input: &Input<'a>, block: &Block, image: usize) -> Option<&'a [f32]> {
    let len = block.image_len();
    input.residual.map(|residual| &residual[image * len..][..len])
}

/// A convolution made ready.
pub(super) struct Sums<'a> {
    conv: Conv,
    /// Where the patch of each output begins, in values of the padded image.
    origins: Vec<usize>,
    panels: &'a [[f32; LANES]],
    bias: Option<Vec<[f32; LANES]>>,
}

impl<'a> Sums<'a> {
    pub(super) fn new(conv: Conv, panels: &'a Buffer, bias: Option<&[f32]>) -> Self {
        let origins = conv.origins().into_iter().map(|pixel| pixel * conv.channels).collect();
        let bias = bias.map(|bias| dense::blocks(bias, 0.0));
        Self { conv, origins, panels: panels.blocks(), bias }
    }

    /// The sums `[pixel][block][16]` of one image.
    pub(super) fn image(&self, isa: Isa, x: &[f32], z: &mut [[f32; LANES]]) {
        if self.conv.depthwise {
            let (conv, taps, bias) = (&self.conv, self.panels, self.bias.as_deref());
            let plane = &mut Buffer::stale(depthwise::plane_len(conv));
            return isa.run(Depthwise { conv, taps, bias, x, plane: plane.blocks_mut(), z });
        }
        let [height, width] = self.conv.padded();
        let len = if self.conv.is_padded() { height * width * self.conv.channels } else { 0 };
        let mut padded = Buffer::stale(len);
        let x = if self.conv.is_padded() {
            dense::pad(&self.conv, x, &mut padded);
            &padded
        } else {
            x
        };
        if self.conv.slides() {
            isa.run(self.rows(x, z));
        } else {
            isa.run(Image { sums: self, x, z });
        }
    }

    fn rows<'b>(&'b self, x: &'b [f32], z: &'b mut [[f32; LANES]]) -> Rows<'b> {
        let [rows, across] = self.conv.padded();
        let channels = self.conv.channels;
        let shape = Shape {
            kernel: self.conv.kernel,
            stride: self.conv.stride[0],
            rows,
            above: 0,
            across,
            blocks: self.conv.out_blocks(),
            terms: channels,
            pixel: channels,
        };
        Rows { x, columns: self.panels, bias: self.bias.as_deref(), shape, out: z }
    }
}

/// One padded image.
struct Image<'a> {
    sums: &'a Sums<'a>,
    x: &'a [f32],
    z: &'a mut [[f32; LANES]],
}

struct Run<'a, L>(L, Image<'a>);

impl Kernel for Image<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let (positions, blocks) = (self.sums.origins.len(), self.sums.conv.out_blocks());
        cover::<L>(positions, blocks, &mut Run(lanes, self));
    }
}

impl<L: Lanes> Tiles<L> for Run<'_, L> {
    #[inline(always)]
    fn tile<const P: usize, const C: usize>(&mut self, position: usize, block: usize) {
        let Self(lanes, job) = self;
        let conv = &job.sums.conv;
        let (terms, blocks) = (conv.terms(), conv.out_blocks());
        let mut sums = [[lanes.splat(0.0); C]; P];
        if let Some(bias) = &job.sums.bias {
            for c in 0..C {
                let bias = lanes.load(&bias[block + c]);
                for p in 0..P {
                    sums[p][c] = bias;
                }
            }
        }
        let walk = Walk {
            rows: conv.kernel[0],
            run: conv.kernel[1] * conv.channels,
            row: conv.padded()[1] * conv.channels,
            step: 1,
        };
        let origins = &job.sums.origins[position..position + P];
        let mut at = [0; P];
        at.copy_from_slice(origins);
        let panels = Panels { blocks: &job.sums.panels[block * terms..], step: 1, panel: terms };
        multiply(*lanes, &mut sums, (job.x, at), walk, panels);
        for p in 0..P {
            for c in 0..C {
                sums[p][c].store(&mut job.z[(position + p) * blocks + block + c]);
            }
        }
    }
}
