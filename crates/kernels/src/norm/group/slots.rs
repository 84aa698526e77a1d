//! An example as vectors of sixteen values, one behind the other, whatever its number of channels:
//! after some vectors the channels lie in them as in the first. So all lanes work, with 8 channels
//! as with 37.

use super::GroupSizes;
use crate::lanes::{LANES, Lanes, Vector};

/// Vectors whose sums are taken side by side, which hides the time that an addition takes.
const CHAINS: usize = 4;

/// Which channel and which group a lane holds. A slot is one of the vectors after which the channels
/// repeat.
pub(super) struct Slots {
    sizes: GroupSizes,
    /// How many there are: a multiple of [`CHAINS`].
    pub(super) count: usize,
    /// The group of each lane of each slot. Empty with one group.
    groups: Vec<u32>,
}

/// Sixteen values of an example or fewer.
#[derive(Clone, Copy)]
pub(super) struct Place {
    start: usize,
    len: usize,
    pub(super) slot: usize,
}

/// What is summed at a place.
pub(super) trait Terms<L: Lanes, const S: usize> {
    fn at(&mut self, lanes: L, place: Place) -> [L::V; S];
}

impl Slots {
    pub(super) fn new(sizes: GroupSizes) -> Self {
        let channels = sizes.channels;
        let repeat = channels / gcd(channels, LANES);
        let repeat = repeat * (CHAINS / gcd(repeat, CHAINS));
        // No more than one example has.
        let count = repeat.min(sizes.len().div_ceil(LANES).next_multiple_of(CHAINS));
        let width = channels / sizes.groups;
        let group = |place: usize| (place % channels / width) as u32;
        let lanes = if sizes.groups == 1 { 0 } else { count * LANES };
        Self { sizes, count, groups: (0..lanes).map(group).collect() }
    }

    /// Values per channel as values per slot.
    pub(super) fn of_channels(&self, values: &[f32], to: &mut [[f32; LANES]]) {
        for (to, &value) in to.as_flattened_mut().iter_mut().zip(values.iter().cycle()) {
            *to = value;
        }
    }

    /// Adds sums per slot to those per channel, in the order of the slots.
    pub(super) fn to_channels(&self, sums: &[[f32; LANES]], to: &mut [f32]) {
        for sums in sums.as_flattened().chunks(to.len()) {
            for (to, sum) in to.iter_mut().zip(sums) {
                *to += sum;
            }
        }
    }

    /// Values per group as values per slot.
    #[inline(always)]
    pub(super) fn of_groups<L: Lanes>(&self, lanes: L, values: &[f32], to: &mut [[f32; LANES]]) {
        if self.groups.is_empty() {
            let value = lanes.splat(values[0]);
            to.iter_mut().for_each(|to| value.store(to));
            return;
        }
        for (to, &group) in to.as_flattened_mut().iter_mut().zip(&self.groups) {
            *to = values[group as usize];
        }
    }

    /// Sums per slot as sums per group, handed over one by one: in f64 in the order of the slots, or
    /// with one group lane by lane.
    #[inline(always)]
    pub(super) fn to_groups<L: Lanes>(&self, lanes: L, sums: &[[f32; LANES]], to: &mut [f64]) {
        if self.groups.is_empty() {
            let mut total = lanes.splat(0.0);
            for sums in sums {
                total = total + lanes.load(sums);
            }
            to[0] = f64::from(total.sum());
            return;
        }
        to.fill(0.0);
        for (sum, &group) in sums.as_flattened().iter().zip(&self.groups) {
            to[group as usize] += f64::from(*sum);
        }
    }

    /// The sums per slot of the terms of one example, each one chain in the order of places.
    #[inline(always)]
    pub(super) fn add_up<L: Lanes, T: Terms<L, S>, const S: usize>(
        &self,
        lanes: L,
        sums: &mut [&mut [[f32; LANES]]; S],
        terms: &mut T,
    ) {
        let (len, row) = (self.sizes.len(), self.count * LANES);
        let rows = len / row;
        for first in (0..self.count).step_by(CHAINS) {
            let mut chains = [[lanes.splat(0.0); S]; CHAINS];
            for start in (0..rows).map(|i| i * row) {
                for c in 0..CHAINS {
                    let slot = first + c;
                    let place = Place { start: start + slot * LANES, len: LANES, slot };
                    let terms = terms.at(lanes, place);
                    for s in 0..S {
                        chains[c][s] = chains[c][s] + terms[s];
                    }
                }
            }
            for c in 0..CHAINS {
                for s in 0..S {
                    chains[c][s].store(&mut sums[s][first + c]);
                }
            }
        }
        for (slot, start) in (rows * row..len).step_by(LANES).enumerate() {
            let place = Place { start, len: LANES.min(len - start), slot };
            let terms = terms.at(lanes, place);
            for s in 0..S {
                let terms = lanes.load_part(&terms[s].to_array()[..place.len], 0.0);
                (lanes.load(&sums[s][slot]) + terms).store(&mut sums[s][slot]);
            }
        }
    }

    /// Every place of an example, in order.
    #[inline(always)]
    pub(super) fn places(&self) -> impl Iterator<Item = Place> {
        let (len, count) = (self.sizes.len(), self.count);
        let mut slot = count - 1;
        (0..len).step_by(LANES).map(move |start| {
            slot = if slot + 1 == count { 0 } else { slot + 1 };
            Place { start, len: LANES.min(len - start), slot }
        })
    }
}

impl Place {
    /// Of one example, with zeros behind its last value.
    #[inline(always)]
    pub(super) fn load<L: Lanes>(self, lanes: L, x: &[f32]) -> L::V {
        match x[self.start..].first_chunk() {
            Some(full) => lanes.load(full),
            None => lanes.load_part(&x[self.start..][..self.len], 0.0),
        }
    }

    #[inline(always)]
    pub(super) fn store<V: Vector>(self, value: V, x: &mut [f32]) {
        match x[self.start..].first_chunk_mut() {
            Some(full) => value.store(full),
            None => value.store_part(&mut x[self.start..][..self.len]),
        }
    }
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}
