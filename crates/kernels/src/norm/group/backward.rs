//! Back through activation and norm.

use super::slots::{Place, Slots, Terms};
use super::{GroupSizes, GroupStats};
use crate::activation::Activation;
use crate::buffer::Buffer;
use crate::isa::{Isa, Kernel};
use crate::lanes::{LANES, Lanes, Vector};
use crate::norm::{Affine, AffineGradient};
use crate::threads::{self, GROUP};

/// The gradients, given that of the output: of the input into `dx`, of scale and shift into
/// `gradient`. Those are summed per group of [`GROUP`] examples, then over these groups in order.
///
/// # Panics
///
/// If a length is not that of its shape.
pub fn group_backward(
    isa: Isa,
    sizes: GroupSizes,
    (x, dy): (&[f32], &[f32]),
    (affine, stats): (Affine<'_>, &GroupStats),
    (dx, gradient): (&mut [f32], AffineGradient<'_>),
) {
    sizes.check(x, dx);
    affine.check(sizes.channels);
    gradient.check(sizes.channels);
    assert_eq!(dy.len(), x.len(), "a gradient of another length");
    let GroupSizes { examples, groups, .. } = sizes;
    let lens = [stats.mean.len(), stats.inverse.len()];
    assert_eq!(lens, [examples * groups; 2], "statistics of another length");
    let slots = Slots::new(sizes);
    let mut tables = Buffer::stale(2 * slots.count * LANES);
    let (gamma, beta) = tables.blocks_mut().split_at_mut(slots.count);
    slots.of_channels(affine.gamma, gamma);
    slots.of_channels(affine.beta, beta);
    let mut partial = Buffer::zeroed(examples.div_ceil(GROUP).max(1) * 2 * slots.count * LANES);
    let rows = GROUP * sizes.len();
    let job = Job { sizes, slots: &slots, gamma, beta, activation: affine.activation };
    let tasks = (x.chunks(rows).zip(dy.chunks(rows)))
        .zip(dx.chunks_mut(rows).zip(partial.blocks_mut().chunks_exact_mut(2 * slots.count)))
        .zip(stats.mean.chunks(GROUP * groups).zip(stats.inverse.chunks(GROUP * groups)));
    threads::each(tasks, |(((x, dy), (dx, partial)), (mean, inverse))| {
        isa.run(Backward { job, x, dy, mean, inverse, dx, partial });
    });
    let (sum, rest) = partial.blocks_mut().split_at_mut(2 * slots.count);
    for part in rest.chunks_exact(2 * slots.count) {
        for (sum, part) in sum.as_flattened_mut().iter_mut().zip(part.as_flattened()) {
            *sum += part;
        }
    }
    let (products, sums) = sum.split_at(sum.len() / 2);
    gradient.gamma.fill(0.0);
    gradient.beta.fill(0.0);
    slots.to_channels(products, gradient.gamma);
    slots.to_channels(sums, gradient.beta);
}

/// What all examples have in common.
#[derive(Clone, Copy)]
struct Job<'a> {
    sizes: GroupSizes,
    slots: &'a Slots,
    /// Per slot.
    gamma: &'a [[f32; LANES]],
    beta: &'a [[f32; LANES]],
    activation: Activation,
}

/// Up to [`GROUP`] examples.
struct Backward<'a> {
    job: Job<'a>,
    x: &'a [f32],
    dy: &'a [f32],
    mean: &'a [f32],
    inverse: &'a [f32],
    dx: &'a mut [f32],
    /// Gradients of all scales, then of all shifts, per slot.
    partial: &'a mut [[f32; LANES]],
}

impl Kernel for Backward<'_> {
    type Output = ();

    /// With `dz` the gradient behind the norm, `g = dz * gamma`, `h = (x - mean) * inverse` and,
    /// over the `n` values of a group, `s = sum g` and `p = sum g * h`:
    /// `dx = inverse * (g - s / n - h * p / n)`.
    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let Self { job, x, dy, mean, inverse, dx, partial } = self;
        let Job { sizes, slots, gamma, .. } = job;
        let (len, groups) = (sizes.len(), sizes.groups);
        let mut tables = Buffer::stale(4 * slots.count * LANES);
        let (first, second) = tables.blocks_mut().split_at_mut(2 * slots.count);
        let (center, scale) = first.split_at_mut(slots.count);
        let (products, sums) = second.split_at_mut(slots.count);
        let (mut totals, mut means) = (vec![0.0; groups], vec![0.0; groups]);
        let stats = mean.chunks_exact(groups).zip(inverse.chunks_exact(groups));
        let examples = x.chunks(len).zip(dy.chunks(len)).zip(dx.chunks_mut(len));
        for (((x, dy), dx), (mean, inverse)) in examples.zip(stats) {
            slots.of_groups(lanes, mean, center);
            slots.of_groups(lanes, inverse, scale);
            let mut terms = Slopes { job, x, dy, center, inverse: scale, dz: dx };
            slots.add_up(lanes, &mut [products, sums], &mut terms);
            for (partial, found) in partial.iter_mut().zip(products.iter().chain(sums.iter())) {
                (lanes.load(partial) + lanes.load(found)).store(partial);
            }
            for table in [&mut *products, &mut *sums] {
                for (sum, gamma) in table.iter_mut().zip(gamma) {
                    (lanes.load(sum) * lanes.load(gamma)).store(sum);
                }
                slots.to_groups(lanes, table, &mut totals);
                for (mean, total) in means.iter_mut().zip(&totals) {
                    *mean = (total / sizes.count()) as f32;
                }
                slots.of_groups(lanes, &means, table);
            }
            for (product, inverse) in products.iter_mut().zip(&*scale) {
                (lanes.load(product) * lanes.load(inverse)).store(product);
            }
            for place in slots.places() {
                let part = |table: &[[f32; LANES]]| lanes.load(&table[place.slot]);
                let rest = place.load(lanes, dx).mul_add(part(gamma), -part(sums));
                let slope = (place.load(lanes, x) - part(center)) * part(products);
                place.store((rest - slope) * part(scale), dx);
            }
        }
    }
}

/// Puts the gradients behind the norm down, and sums them and their products with the normalised
/// values.
struct Slopes<'a> {
    job: Job<'a>,
    x: &'a [f32],
    dy: &'a [f32],
    center: &'a [[f32; LANES]],
    inverse: &'a [[f32; LANES]],
    dz: &'a mut [f32],
}

impl<L: Lanes> Terms<L, 2> for Slopes<'_> {
    #[inline(always)]
    fn at(&mut self, lanes: L, place: Place) -> [L::V; 2] {
        let part = |table: &[[f32; LANES]]| lanes.load(&table[place.slot]);
        let deviation = place.load(lanes, self.x) - part(self.center);
        let inverse = part(self.inverse);
        let t = deviation.mul_add(inverse * part(self.job.gamma), part(self.job.beta));
        let dz = self.job.activation.back(lanes, t, place.load(lanes, self.dy));
        place.store(dz, self.dz);
        [dz * (deviation * inverse), dz]
    }
}
