//! The backward pass: back to the sums of the convolution, then to weights and input.

use super::dense;
use super::depthwise;
use super::depthwise_grad::DepthwiseGrad;
use super::forward::Saved;
use super::input_grad::InputGrad;
use super::norm::Affine;
use super::pack;
use super::shape::{Block, Conv};
use super::sums_grad::{Slopes, SumsGrad, View};
use super::weight_grad::WeightGrad;
use crate::buffer::Buffer;
use crate::lanes::LANES;
use crate::{Isa, threads};

/// What the forward pass read and wrote, and the gradient of what it wrote.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// `[image][row][column][in]`.
    pub x: &'a [f32],
    /// `[out][in][row][column]`.
    pub weight: &'a [f32],
    /// The factor of each channel, if there is a norm.
    pub gamma: Option<&'a [f32]>,
    /// The output `[image][row][column][out]`.
    pub y: &'a [f32],
    /// Its gradient.
    pub grad: &'a [f32],
}

/// Where gradients go. What is not wanted is not computed.
#[derive(Debug, Default)]
pub struct Gradients<'a> {
    /// Of `x`.
    pub x: Option<&'a mut [f32]>,
    /// Of the weights `[out][in][row][column]`.
    pub weight: Option<&'a mut [f32]>,
    /// Of the bias. Before a norm it is exactly 0.
    pub bias: Option<&'a mut [f32]>,
    /// Of the norm's factors.
    pub gamma: Option<&'a mut [f32]>,
    /// Of the norm's offsets.
    pub beta: Option<&'a mut [f32]>,
    /// Of the residual, as long as the output.
    pub residual: Option<&'a mut [f32]>,
}

/// How much of scratch memory a few small images may fill together, in values: about half of a
/// first-level cache.
const SCRATCH: usize = 6144;

/// All gradients of a block, overwritten and not added to.
///
/// # Panics
///
/// If a length is not what the shapes of the forward pass say.
pub fn backward(isa: Isa, saved: &Saved, seen: &Seen<'_>, gradients: Gradients<'_>) {
    check(saved, seen, &gradients);
    let Gradients { x, weight, bias, gamma, beta, residual } = gradients;
    let view = View { saved, seen };
    let sums = (bias.is_some() || saved.fitted.is_some()).then(|| channel_sums(isa, &view));
    let coefficients = coefficients(&view, sums.as_ref());
    if let Some(sums) = &sums {
        let inverse = |channel: usize| saved.fitted.as_ref().map_or(1.0, |f| f.inverse[channel]);
        for (channel, gamma) in gamma.into_iter().flatten().enumerate() {
            *gamma = (sums.deviations[channel] * inverse(channel)) as f32;
        }
        for (channel, beta) in beta.into_iter().flatten().enumerate() {
            *beta = sums.grads[channel] as f32;
        }
        for (channel, bias) in bias.into_iter().flatten().enumerate() {
            *bias = if saved.fitted.is_some() { 0.0 } else { sums.grads[channel] as f32 };
        }
    }
    convolution(isa, &view, &coefficients, Wanted { x, weight, residual });
}

fn check(saved: &Saved, seen: &Seen<'_>, gradients: &Gradients<'_>) {
    let block = &saved.block;
    let conv = &block.conv;
    assert_eq!(seen.x.len(), conv.input_len(), "values of the images");
    assert_eq!(seen.weight.len(), conv.weight_len(), "weights");
    assert_eq!(seen.y.len(), block.output_len(), "values of the output");
    assert_eq!(seen.grad.len(), block.output_len(), "values of the output's gradient");
    let is_normed = saved.fitted.is_some();
    let factors = seen.gamma.map(<[f32]>::len);
    let expected = is_normed.then_some(conv.filters);
    assert_eq!(factors, expected, "a factor for each channel if there was a norm");
    let of = |values: &Option<&mut [f32]>| values.as_ref().map(|values| values.len());
    let expected = [
        ("x", of(&gradients.x), conv.input_len()),
        ("weights", of(&gradients.weight), conv.weight_len()),
        ("bias", of(&gradients.bias), conv.filters),
        ("gamma", of(&gradients.gamma), conv.filters),
        ("beta", of(&gradients.beta), conv.filters),
        ("residual", of(&gradients.residual), block.output_len()),
    ];
    for (name, len, expected) in expected {
        assert!(len.is_none_or(|len| len == expected), "the gradient of {name} has another length");
    }
    let norm_wanted = gradients.gamma.is_some() || gradients.beta.is_some();
    assert!(is_normed || !norm_wanted, "gradients of a norm, but there was none");
    assert!(saved.has_residual || gradients.residual.is_none(), "there was no residual");
}

/// Sums over images and positions of the gradient behind the norm, for each channel.
struct ChannelSums {
    grads: Vec<f64>,
    /// Each times the deviation of its sum from the mean. Without a norm they mean nothing.
    deviations: Vec<f64>,
}

/// Sums of each image, added in f64 in the order of the images.
fn channel_sums(isa: Isa, view: &View<'_>) -> ChannelSums {
    let conv = &view.saved.block.conv;
    let blocks = conv.out_blocks();
    let mean = match &view.saved.fitted {
        Some(fitted) => fitted.mean.iter().map(|&mean| mean as f32).collect(),
        None => vec![0.0; conv.filters],
    };
    let mean = dense::blocks(&mean, 0.0);
    let mut sums = [(); 2].map(|()| Buffer::stale(conv.images * blocks * LANES));
    let [grads, deviations] = &mut sums;
    let grads = grads.blocks_mut().chunks_exact_mut(blocks);
    let images = grads.zip(deviations.blocks_mut().chunks_exact_mut(blocks)).enumerate();
    threads::each(images, |(image, (grads, deviations))| {
        isa.run(Slopes { image: view.image(image), mean: &mean, grads, deviations });
    });
    let [grads, deviations] = sums.map(|sums| {
        let mut totals = vec![0.0; conv.filters];
        for image in sums.chunks_exact(blocks * LANES) {
            for (total, &sum) in totals.iter_mut().zip(image) {
                *total += f64::from(sum);
            }
        }
        totals
    });
    ChannelSums { grads, deviations }
}

/// How the gradient of a sum `z` follows from the one behind the norm: `by_grad g + by_z z +
/// constant`.
pub(super) struct Coefficients {
    pub(super) by_grad: Vec<[f32; LANES]>,
    /// Of `z` (`scale`), and the constant (`shift`), if there is a norm.
    pub(super) by_z: Option<Affine>,
}

/// With `d` one over the deviation, `n` values and the normed value `(z - mean) d`, the gradient is
/// `gamma d (g - sum(g) / n - (z - mean) d^2 sum(g (z - mean)) / n)`.
fn coefficients(view: &View<'_>, sums: Option<&ChannelSums>) -> Coefficients {
    let filters = view.saved.block.conv.filters;
    let (Some(fitted), Some(gamma), Some(sums)) = (&view.saved.fitted, view.seen.gamma, sums)
    else {
        return Coefficients { by_grad: dense::blocks(&vec![1.0; filters], 0.0), by_z: None };
    };
    let count = fitted.count as f64;
    let (mut by_grad, mut by_z, mut constant) = (vec![], vec![], vec![]);
    for channel in 0..filters {
        let inverse = fitted.inverse[channel];
        let scale = f64::from(gamma[channel]) * inverse;
        let slope = -scale * inverse * inverse * sums.deviations[channel] / count;
        by_grad.push(scale as f32);
        by_z.push(slope as f32);
        constant.push((-scale * sums.grads[channel] / count - slope * fitted.mean[channel]) as f32);
    }
    let [by_z, constant] = [by_z, constant].map(|values| dense::blocks(&values, 0.0));
    let by_z = Affine { scale: by_z, shift: constant };
    Coefficients { by_grad: dense::blocks(&by_grad, 0.0), by_z: Some(by_z) }
}

struct Wanted<'a> {
    x: Option<&'a mut [f32]>,
    weight: Option<&'a mut [f32]>,
    residual: Option<&'a mut [f32]>,
}

/// Groups of images, each with its own share of the weights' gradient.
fn convolution(isa: Isa, view: &View<'_>, coefficients: &Coefficients, wanted: Wanted<'_>) {
    let block = &view.saved.block;
    let conv = &block.conv;
    let groups = conv.images.div_ceil(threads::GROUP);
    let part_len = conv.out_blocks() * conv.terms();
    let mut parts = wanted.weight.as_ref().map(|_| Buffer::stale(groups.max(1) * part_len * LANES));
    let panels = wanted.x.as_ref().map(|_| match conv.depthwise {
        true => pack::by_out(conv, view.seen.weight, None),
        false => pack::by_in(conv, view.seen.weight),
    });
    let dense = panels.as_ref().filter(|_| !conv.depthwise);
    let back = Back {
        taps: panels.as_ref().filter(|_| conv.depthwise),
        inputs: dense.map(|panels| InputGrad::new(conv, panels)),
        weights: parts.as_ref().map(|_| WeightGrad::new(conv)),
    };
    {
        let mut parts = parts.as_mut().map(|parts| parts.blocks_mut().chunks_exact_mut(part_len));
        let mut x = wanted.x.map(|x| x.chunks_mut(threads::GROUP * conv.image_len()));
        let mut residual =
            wanted.residual.map(|all| all.chunks_mut(threads::GROUP * block.image_len()));
        let tasks = (0..groups).map(|group| Group {
            view,
            coefficients,
            first: group * threads::GROUP,
            part: parts.as_mut().and_then(Iterator::next),
            x: x.as_mut().and_then(Iterator::next),
            residual: residual.as_mut().and_then(Iterator::next),
        });
        threads::each(tasks, |group| group.run(isa, &back));
    }
    if let (Some(parts), Some(weight)) = (&mut parts, wanted.weight) {
        if groups == 0 {
            parts.fill(0.0);
        }
        pack::sum_back(isa, conv, parts, weight);
    }
}

/// A convolution made ready for the gradients that are wanted.
struct Back<'a> {
    /// Of a depthwise one's input, the weights as [`pack::by_out`] makes them.
    taps: Option<&'a Buffer>,
    inputs: Option<InputGrad<'a>>,
    weights: Option<WeightGrad<'a>>,
}

struct Group<'a> {
    view: &'a View<'a>,
    coefficients: &'a Coefficients,
    first: usize,
    part: Option<&'a mut [[f32; LANES]]>,
    x: Option<&'a mut [f32]>,
    residual: Option<&'a mut [f32]>,
}

impl Group<'_> {
    fn run(mut self, isa: Isa, back: &Back<'_>) {
        let block = &self.view.saved.block;
        let conv = &block.conv;
        let grad_len = conv.pixels() * conv.out_blocks();
        let [height, width] = conv.padded();
        let x_len = height * width * conv.channels;
        let images = threads::GROUP.min(conv.images - self.first);
        let at_once = (SCRATCH / (grad_len * LANES + x_len)).clamp(1, images);
        let mut grads = Buffer::stale(at_once * grad_len * LANES);
        let lays = conv.is_padded() && !conv.depthwise;
        let mut padded = Buffer::stale(if lays { at_once * x_len } else { 0 });
        if let Some(part) = &mut self.part {
            part.as_flattened_mut().fill(0.0);
        }
        for start in (0..images).step_by(at_once) {
            let count = at_once.min(images - start);
            let grads = &mut grads.blocks_mut()[..count * grad_len];
            for (i, sums) in grads.chunks_exact_mut(grad_len).enumerate() {
                let residual = self.residual.as_deref_mut().map(|all| piece(all, start + i, block));
                let image = self.view.image(self.first + start + i);
                isa.run(SumsGrad { image, coefficients: self.coefficients, sums, residual });
            }
            if conv.depthwise {
                self.depthwise(isa, back.taps, start, grads);
                continue;
            }
            if let (Some(weights), Some(part)) = (&back.weights, &mut self.part) {
                let images = self.view.images(self.first + start, count);
                let x = if lays { pad_all(conv, images, &mut padded) } else { images };
                weights.add(isa, x, grads, part);
            }
            if let (Some(inputs), Some(x)) = (&back.inputs, &mut self.x) {
                let len = conv.image_len();
                let x = x[start * len..].chunks_exact_mut(len);
                for (sums, x) in grads.chunks_exact(grad_len).zip(x) {
                    inputs.image(isa, sums, x);
                }
            }
        }
    }

    /// Of images from `start` of the group on: the gradients of their sums `[pixel][block][16]`.
    fn depthwise(&mut self, isa: Isa, taps: Option<&Buffer>, start: usize, grads: &[[f32; LANES]]) {
        let conv = &self.view.saved.block.conv;
        let len = conv.image_len();
        let mut plane = Buffer::stale(depthwise::plane_len(conv));
        for (i, grads) in grads.chunks_exact(conv.pixels() * conv.out_blocks()).enumerate() {
            let image = start + i;
            isa.run(DepthwiseGrad {
                conv,
                x: self.view.images(self.first + image, 1),
                grads,
                taps: taps.map(Buffer::blocks),
                part: self.part.as_deref_mut(),
                to: self.x.as_deref_mut().map(|x| &mut x[image * len..][..len]),
                plane: plane.blocks_mut(),
            });
        }
    }
}

fn piece<'a>(all: &'a mut [f32], image: usize, block: &Block) -> &'a mut [f32] {
    let len = block.image_len();
    &mut all[image * len..][..len]
}

fn pad_all<'a>(conv: &Conv, images: &[f32], padded: &'a mut [f32]) -> &'a [f32] {
    let [height, width] = conv.padded();
    let len = height * width * conv.channels;
    let images = images.chunks_exact(conv.image_len());
    let count = images.len();
    for (image, padded) in images.zip(padded.chunks_exact_mut(len)) {
        dense::pad(conv, image, padded);
    }
    &padded[..count * len]
}

impl<'a> View<'a> {
    /// Values of `count` images from `first` on.
    fn images(&self, first: usize, count: usize) -> &'a [f32] {
        let len = self.saved.block.conv.image_len();
        &self.seen.x[first * len..][..count * len]
    }
}
