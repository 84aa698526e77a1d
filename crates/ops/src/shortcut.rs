//! The shortcut without parameters around a block that halves its maps (He et al. 2016, option A).

use burn::tensor::{Shape, Tensor, s};
use fireassay_kernels::Buffer;
use fireassay_spec::Kernels;

use crate::kernels::fuse;
use crate::single::{Single, single};

/// What becomes of the maps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shortcut {
    /// Every such row and column is kept, from the first on.
    pub stride: usize,
    /// Channels out, not fewer than in. The new ones are zero: as many before the old ones as behind,
    /// one more behind if the number is odd.
    pub channels: usize,
}

/// `[batch, in, height, width]` to `[batch, out, height', width']`.
pub fn shortcut(kernels: Kernels, kind: Shortcut, x: Tensor<4>) -> Tensor<4> {
    if fuse(kernels, &x.device()) {
        return single(Single::Shortcut(kind), x);
    }
    let [batch, channels, ..] = x.dims();
    let options = (x.device(), x.dtype());
    let step = kind.stride as isize;
    let x = x.slice(s![.., .., ..;step, ..;step]);
    let [_, _, height, width] = x.dims();
    let zeros =
        |channels| Tensor::<4>::zeros([batch, channels, height, width], (&options.0, options.1));
    let [before, behind] = kind.added(channels);
    let parts = [zeros(before), x, zeros(behind)];
    Tensor::cat(parts.into_iter().filter(|part| part.dims()[1] > 0).collect(), 1)
}

impl Shortcut {
    /// Channels of zeros before and behind those that are there.
    fn added(self, channels: usize) -> [usize; 2] {
        assert!(self.stride > 0, "a stride of 0");
        assert!(self.channels >= channels, "a shortcut that drops channels");
        let added = self.channels - channels;
        [added / 2, added - added / 2]
    }

    fn size(self, [height, width]: [usize; 2]) -> [usize; 2] {
        [height, width].map(|side| side.div_ceil(self.stride))
    }
}

pub(crate) fn forward(kind: Shortcut, x: &[f32], shape: [usize; 4]) -> (Buffer, Shape) {
    let [batch, channels, height, width] = shape;
    let [before, _] = kind.added(channels);
    let [rows, columns] = kind.size([height, width]);
    let mut y = Buffer::zeroed(batch * rows * columns * kind.channels);
    for (to, from) in y.chunks_exact_mut(kind.channels).zip(kept(kind, shape)) {
        to[before..before + channels].copy_from_slice(&x[from..from + channels]);
    }
    (y, Shape::from([batch, kind.channels, rows, columns]))
}

pub(crate) fn backward(kind: Shortcut, grad: &[f32], shape: [usize; 4], to: &mut [f32]) {
    to.fill(0.0);
    add_backward(kind, grad, shape, to);
}

/// As [`backward`], on top of what is there.
pub(crate) fn add_backward(kind: Shortcut, grad: &[f32], shape: [usize; 4], to: &mut [f32]) {
    let channels = shape[1];
    let [before, _] = kind.added(channels);
    for (from, place) in grad.chunks_exact(kind.channels).zip(kept(kind, shape)) {
        let pixel = to[place..place + channels].iter_mut();
        pixel.zip(&from[before..before + channels]).for_each(|(to, from)| *to += from);
    }
}

/// Where the pixels that are kept begin.
fn kept(
    kind: Shortcut,
    [batch, channels, height, width]: [usize; 4],
) -> impl Iterator<Item = usize> {
    (0..batch).flat_map(move |image| {
        (0..height).step_by(kind.stride).flat_map(move |row| {
            let row = (image * height + row) * width;
            (0..width).step_by(kind.stride).map(move |column| (row + column) * channels)
        })
    })
}

#[cfg(test)]
mod tests;
