//! Statistics of each group, and what they make of the values.

use super::slots::{Place, Slots, Terms};
use super::{GroupSizes, GroupStats};
use crate::buffer::Buffer;
use crate::isa::{Isa, Kernel};
use crate::lanes::{LANES, Lanes, Vector};
use crate::norm::{Affine, inverse_deviation};
use crate::threads::{self, GROUP};

/// Normalises `x` by the statistics of its groups, into `y`.
///
/// The second pass sums squared deviations from the mean, so a large mean costs no more digits than
/// its own rounding.
///
/// # Panics
///
/// If a length is not that of its shape.
pub fn group_forward(
    isa: Isa,
    sizes: GroupSizes,
    x: &[f32],
    affine: Affine<'_>,
    y: &mut [f32],
) -> GroupStats {
    sizes.check(x, y);
    affine.check(sizes.channels);
    let groups = sizes.groups;
    let count = sizes.examples * groups;
    let mut stats = GroupStats { mean: vec![0.0; count], inverse: vec![0.0; count] };
    let slots = Slots::new(sizes);
    let mut tables = Buffer::stale(2 * slots.count * LANES);
    let (gamma, beta) = tables.blocks_mut().split_at_mut(slots.count);
    slots.of_channels(affine.gamma, gamma);
    slots.of_channels(affine.beta, beta);
    let (gamma, beta, slots) = (&*gamma, &*beta, &slots);
    let rows = GROUP * sizes.len();
    let means = stats.mean.chunks_mut(GROUP * groups);
    let stats_of = means.zip(stats.inverse.chunks_mut(GROUP * groups));
    threads::each(x.chunks(rows).zip(y.chunks_mut(rows)).zip(stats_of), |((x, y), stats)| {
        isa.run(Forward { sizes, slots, x, affine, gamma, beta, y, stats });
    });
    stats
}

/// Up to [`GROUP`] examples.
struct Forward<'a> {
    sizes: GroupSizes,
    slots: &'a Slots,
    x: &'a [f32],
    affine: Affine<'a>,
    /// Per slot.
    gamma: &'a [[f32; LANES]],
    beta: &'a [[f32; LANES]],
    y: &'a mut [f32],
    /// Mean and inverse deviation.
    stats: (&'a mut [f32], &'a mut [f32]),
}

impl Kernel for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let Self { sizes, slots, x, affine, gamma, beta, y, stats } = self;
        let (len, groups, count) = (sizes.len(), sizes.groups, sizes.count());
        let mut tables = Buffer::stale(3 * slots.count * LANES);
        let (sums, tables) = tables.blocks_mut().split_at_mut(slots.count);
        let (center, factor) = tables.split_at_mut(slots.count);
        let mut totals = vec![0.0; groups];
        let stats = stats.0.chunks_exact_mut(groups).zip(stats.1.chunks_exact_mut(groups));
        for ((x, y), (mean, inverse)) in x.chunks(len).zip(y.chunks_mut(len)).zip(stats) {
            slots.add_up(lanes, &mut [sums], &mut Values(x));
            slots.to_groups(lanes, sums, &mut totals);
            for (mean, total) in mean.iter_mut().zip(&totals) {
                *mean = (total / count) as f32;
            }
            slots.of_groups(lanes, mean, center);
            slots.add_up(lanes, &mut [sums], &mut Squares { x, center });
            slots.to_groups(lanes, sums, &mut totals);
            for (inverse, total) in inverse.iter_mut().zip(&totals) {
                *inverse = inverse_deviation(total / count, affine.epsilon);
            }
            slots.of_groups(lanes, inverse, factor);
            for (factor, gamma) in factor.iter_mut().zip(gamma) {
                (lanes.load(factor) * lanes.load(gamma)).store(factor);
            }
            for place in slots.places() {
                let part = |table: &[[f32; LANES]]| lanes.load(&table[place.slot]);
                let t = (place.load(lanes, x) - part(center)).mul_add(part(factor), part(beta));
                place.store(affine.activation.value(lanes, t), y);
            }
        }
    }
}

struct Values<'a>(&'a [f32]);

impl<L: Lanes> Terms<L, 1> for Values<'_> {
    #[inline(always)]
    fn at(&mut self, lanes: L, place: Place) -> [L::V; 1] {
        [place.load(lanes, self.0)]
    }
}

struct Squares<'a> {
    x: &'a [f32],
    center: &'a [[f32; LANES]],
}

impl<L: Lanes> Terms<L, 1> for Squares<'_> {
    #[inline(always)]
    fn at(&mut self, lanes: L, place: Place) -> [L::V; 1] {
        let deviation = place.load(lanes, self.x) - lanes.load(&self.center[place.slot]);
        [deviation * deviation]
    }
}
