//! A pool by itself, of windows side by side.

use super::dense;
use super::shape::{Cells, Pool};
use crate::lanes::{Lanes, Vector};
use crate::{Isa, Kernel, threads};

/// Images `[height][width][channels]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Maps {
    /// How many images.
    pub images: usize,
    /// Height and width of one.
    pub size: [usize; 2],
    /// Of each pixel.
    pub channels: usize,
}

impl Maps {
    /// Values of all images.
    pub fn values(&self) -> usize {
        self.images * self.len()
    }

    /// Behind a pool. What is left over at the right and at the bottom is dropped.
    ///
    /// # Panics
    ///
    /// If a window is empty.
    pub fn pooled(&self, pool: Pool) -> Self {
        let window = window(pool);
        assert!(window[0] > 0 && window[1] > 0, "a window is empty: {pool:?}");
        Self { size: [0, 1].map(|axis| self.size[axis] / window[axis]), ..*self }
    }

    fn len(&self) -> usize {
        self.size[0] * self.size[1] * self.channels
    }
}

/// Pools `x` into `out`. A maximum is NaN if there is one in its window.
///
/// # Panics
///
/// If a length is not what the shapes say, or nothing is left.
pub fn pool(isa: Isa, maps: Maps, pool: Pool, x: &[f32], out: &mut [f32]) {
    check(maps, pool, x, out);
    let images = x.chunks_exact(maps.len()).zip(out.chunks_exact_mut(maps.pooled(pool).len()));
    threads::each(images, |(x, out)| isa.run(Forward { maps, pool, x, out }));
}

/// The gradient of [`pool`]: into `to`, of what it read (`x`) and wrote (`out`) and the gradient of
/// that. That of a maximum goes to the first value that is equal to it.
///
/// # Panics
///
/// As [`pool`].
pub fn pool_backward(
    isa: Isa,
    (maps, pool): (Maps, Pool),
    (x, out): (&[f32], &[f32]),
    grad: &[f32],
    to: &mut [f32],
) {
    check(maps, pool, x, out);
    assert_eq!(grad.len(), out.len(), "values of the output's gradient");
    assert_eq!(to.len(), x.len(), "values of the input's gradient");
    let pooled = maps.pooled(pool).len();
    let images = x.chunks_exact(maps.len()).zip(to.chunks_exact_mut(maps.len()));
    let pooled = out.chunks_exact(pooled).zip(grad.chunks_exact(pooled));
    threads::each(images.zip(pooled), |((x, to), (out, grad))| {
        isa.run(Backward { maps, pool, x, out, grad, to });
    });
}

fn window(pool: Pool) -> [usize; 2] {
    match pool {
        Pool::None => [1, 1],
        Pool::Max(window) | Pool::Average(window) => window,
    }
}

fn check(maps: Maps, pool: Pool, x: &[f32], out: &[f32]) {
    let pooled = maps.pooled(pool);
    assert!(pooled.len() > 0, "a window is larger than what it pools: {maps:?} {pool:?}");
    assert_eq!(x.len(), maps.values(), "values of the images");
    assert_eq!(out.len(), pooled.values(), "values of the output");
}

/// One image.
struct Forward<'a> {
    maps: Maps,
    pool: Pool,
    x: &'a [f32],
    out: &'a mut [f32],
}

impl Kernel for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let Self { maps, pool, x, out } = self;
        let (channels, width, [down, across]) = (maps.channels, maps.size[1], window(pool));
        let count = lanes.splat((down * across) as f32);
        let mut cells = Cells::new(width, [down, across]);
        for out in out.chunks_exact_mut(channels) {
            let first = cells.next() * channels;
            for block in 0..channels.div_ceil(crate::LANES) {
                let at = |place: usize| dense::load(lanes, &x[place..][..channels], block);
                let mut found = at(first);
                for row in 0..down {
                    for column in 0..across {
                        if row + column == 0 {
                            continue;
                        }
                        let value = at(first + (row * width + column) * channels);
                        found = match pool {
                            Pool::None | Pool::Average(_) => found + value,
                            Pool::Max(_) => larger::<L>(found, value),
                        };
                    }
                }
                let found = if let Pool::Average(_) = pool { found / count } else { found };
                dense::store(found, out, block);
            }
        }
    }
}

/// `new` where it is greater than what was found before, or NaN; not where that is NaN.
#[inline(always)]
fn larger<L: Lanes>(found: L::V, new: L::V) -> L::V {
    let found = new.if_gt(found, new, found);
    new.if_eq(new, found, new)
}

/// One image.
struct Backward<'a> {
    maps: Maps,
    pool: Pool,
    x: &'a [f32],
    out: &'a [f32],
    grad: &'a [f32],
    to: &'a mut [f32],
}

impl Kernel for Backward<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let Self { maps, pool, x, out, grad, to } = self;
        let (channels, width, [down, across]) = (maps.channels, maps.size[1], window(pool));
        let (count, zero) = (lanes.splat((down * across) as f32), lanes.splat(0.0));
        if !maps.size[0].is_multiple_of(down) || !width.is_multiple_of(across) {
            to.fill(0.0); // what no window reaches
        }
        let mut cells = Cells::new(width, [down, across]);
        for (out, grad) in out.chunks_exact(channels).zip(grad.chunks_exact(channels)) {
            let first = cells.next() * channels;
            for block in 0..channels.div_ceil(crate::LANES) {
                let largest = dense::load(lanes, out, block);
                let mut left = dense::load(lanes, grad, block);
                let share = left / count;
                for row in 0..down {
                    for column in 0..across {
                        let at = first + (row * width + column) * channels;
                        let part = match pool {
                            Pool::None | Pool::Average(_) => share,
                            Pool::Max(_) => {
                                let value = dense::load(lanes, &x[at..][..channels], block);
                                let part = value.if_eq(largest, left, zero);
                                left = value.if_eq(largest, zero, left);
                                part
                            }
                        };
                        dense::store(part, &mut to[at..][..channels], block);
                    }
                }
            }
        }
    }
}
