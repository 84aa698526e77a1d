//! Weights in the order in which products read them.

use super::{Layer, Weights};
use crate::buffer::Buffer;
use crate::lanes::LANES;

/// For the way forward: sixteen hidden units of a section in the lanes, the terms `[h, 1, x]` one
/// behind the other: `[section][block][term][16]`, and 0 where a section has no such term.
pub(super) fn by_term(layer: Layer, weights: Weights<'_>) -> Buffer {
    let (hidden, features) = (layer.shape.hidden, layer.shape.features);
    let (blocks, terms) = (layer.blocks(), layer.terms());
    let mut packed = Buffer::zeroed(layer.cell.sections().len() * blocks * terms * LANES);
    let mut panels = packed.blocks_mut().chunks_mut(terms);
    for section in layer.cell.sections() {
        for block in 0..blocks {
            let panel = panels.next().expect("a panel per block of a section");
            let first = section.gate * hidden + block * LANES;
            let units = LANES.min(hidden - block * LANES);
            if section.hidden {
                transpose(&weights.hidden[first * hidden..], units, &mut panel[..hidden]);
            }
            if section.input {
                transpose(&weights.input[first * features..], units, &mut panel[hidden + 1..]);
            }
            let Some([input, state]) = weights.bias else { continue };
            for unit in 0..units {
                panel[hidden][unit] = match (section.input, section.hidden) {
                    (true, true) => input[first + unit] + state[first + unit],
                    (true, false) => input[first + unit],
                    (false, _) => state[first + unit],
                };
            }
        }
    }
    packed
}

/// Row `u` of `from` becomes lane `u` of `to`, for `units` rows as long as `to`.
fn transpose(from: &[f32], units: usize, to: &mut [[f32; LANES]]) {
    let terms = to.len();
    for (first, to) in (0..terms).step_by(LANES).zip(to.chunks_mut(LANES)) {
        for unit in 0..units {
            let from = &from[unit * terms + first..][..to.len()];
            for (to, &from) in to.iter_mut().zip(from) {
                to[unit] = from;
            }
        }
    }
}

/// Which weights a gradient passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Of {
    /// To the hidden state.
    Hidden,
    /// To the input.
    Input,
}

/// For the way back: sixteen columns of the weights in the lanes, the sections that have such
/// weights and their hidden units one behind the other: `[block][section][unit][16]`.
pub(super) fn by_unit(layer: Layer, weights: Weights<'_>, of: Of) -> Buffer {
    let hidden = layer.shape.hidden;
    let (matrix, columns) = match of {
        Of::Hidden => (weights.hidden, hidden),
        Of::Input => (weights.input, layer.shape.features),
    };
    let sections = || layer.cell.sections().iter().filter(|section| section.is(of));
    let panel = sections().count() * hidden;
    let blocks = columns.div_ceil(LANES);
    let mut packed = Buffer::zeroed(blocks * panel * LANES);
    for block in 0..blocks {
        let width = LANES.min(columns - block * LANES);
        let units = sections().flat_map(|section| (0..hidden).map(|u| section.gate * hidden + u));
        let panel = &mut packed.blocks_mut()[block * panel..][..panel];
        for (unit, to) in units.zip(panel) {
            to[..width].copy_from_slice(&matrix[unit * columns + block * LANES..][..width]);
        }
    }
    packed
}

impl super::cell::Section {
    /// Whether it has such weights.
    pub(super) fn is(&self, of: Of) -> bool {
        match of {
            Of::Hidden => self.hidden,
            Of::Input => self.input,
        }
    }
}
