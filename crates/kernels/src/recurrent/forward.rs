//! The way forward: per step one product, then one pass over its sums.

use std::ops::Range;

use super::cell::{Arithmetic, Gru, Lstm, Relu, Section, Tanh, Units, load, store};
use super::schedule::{Active, Keep, Schedule, cut, share};
use super::{Cell, Layer, Outputs, Saved, Sequences, Weights, pack};
use crate::buffer::Buffer;
use crate::isa::{Isa, Kernel};
use crate::lanes::{LANES, Lanes, Vector};
use crate::threads;
use crate::tile::{Panels, Tiles, Walk, cover, multiply};

pub(super) fn training(
    isa: Isa,
    layer: Layer,
    sequences: Sequences<'_>,
    weights: Weights<'_>,
    outputs: Outputs<'_>,
) -> Saved {
    let memory = read(isa, layer, (sequences, weights), outputs, Keep::All);
    let [rows, gates, kept] = memory;
    let lengths = sequences.lengths.map(<[usize]>::to_vec);
    Saved { layer, lengths, direction: sequences.direction, rows, gates, kept }
}

pub(super) fn inference(
    isa: Isa,
    layer: Layer,
    sequences: Sequences<'_>,
    weights: Weights<'_>,
    outputs: Outputs<'_>,
) {
    read(isa, layer, (sequences, weights), outputs, Keep::Two);
}

/// Gives the rows, the gates and what else is kept.
fn read(
    isa: Isa,
    layer: Layer,
    (sequences, weights): (Sequences<'_>, Weights<'_>),
    outputs: Outputs<'_>,
    keep: Keep,
) -> [Buffer; 3] {
    let shape = layer.shape;
    let Sequences { lengths, direction, .. } = sequences;
    let schedules: Vec<Schedule> = share(shape.batch)
        .into_iter()
        .map(|examples| Schedule::new(examples, shape.steps, lengths, direction, keep))
        .collect();
    let kept_width = if keep == Keep::All { layer.kept_width() } else { 0 };
    let rows = |width: usize| schedules.iter().map(move |s| s.rows() * width);
    let slots = |width: usize| schedules.iter().map(move |s| s.slots() * width);
    let states = |width: usize| schedules.iter().map(move |s| s.members().len() * width);
    let buffer = |blocks: usize| Buffer::stale(blocks * LANES);
    let mut memory = [
        buffer(rows(layer.width()).sum()),
        buffer(slots(layer.gates_width()).sum()),
        buffer(slots(kept_width).sum()),
    ];
    let [all_rows, all_gates, all_kept] = memory.each_mut();
    let all_rows = cut(Some(all_rows.blocks_mut()), rows(layer.width()));
    let all_gates = cut(Some(all_gates.blocks_mut()), slots(layer.gates_width()));
    let all_kept = cut(Some(all_kept.blocks_mut()), slots(kept_width));
    let all = cut(outputs.all, states(shape.steps * shape.hidden));
    let h = cut(outputs.h, states(shape.hidden));
    let c = cut(outputs.c, states(shape.hidden));
    let packed = pack::by_term(layer, weights);
    let memories = all_rows.into_iter().zip(all_gates).zip(all_kept);
    let parts = all.into_iter().zip(h).zip(c);
    let passes = schedules.iter().zip(memories).zip(parts).map(|((schedule, memory), part)| {
        let (((rows, gates), kept), ((all, h), c)) = (memory, part);
        Pass {
            layer,
            weights: packed.blocks(),
            sequences,
            schedule,
            rows: rows.unwrap_or_default(),
            gates: gates.unwrap_or_default(),
            kept: kept.unwrap_or_default(),
            outputs: Outputs { all, h, c },
        }
    });
    threads::each(passes, |pass| isa.run(pass));
    memory
}

/// One share of the examples, from the first step to the last.
struct Pass<'a> {
    layer: Layer,
    weights: &'a [[f32; LANES]],
    sequences: Sequences<'a>,
    schedule: &'a Schedule,
    rows: &'a mut [[f32; LANES]],
    gates: &'a mut [[f32; LANES]],
    kept: &'a mut [[f32; LANES]],
    outputs: Outputs<'a>,
}

impl Kernel for Pass<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        self.steps(lanes);
    }
}

impl Pass<'_> {
    #[inline(always)]
    fn steps<L: Lanes>(mut self, lanes: L) {
        let mut active = Vec::with_capacity(self.schedule.members().len());
        let mut cells = self.begin(&mut active);
        for step in 0..self.schedule.steps() {
            self.schedule.list(step, &mut active);
            self.read_input(&active);
            self.sums(lanes, &active);
            let cells = cells.blocks_mut();
            match self.layer.cell {
                Cell::Lstm => self.activate::<L, Lstm>(lanes, &active, cells),
                Cell::Gru => self.activate::<L, Gru>(lanes, &active, cells),
                Cell::Tanh => self.activate::<L, Tanh>(lanes, &active, cells),
                Cell::Relu => self.activate::<L, Relu>(lanes, &active, cells),
            }
        }
    }

    /// Initial states, and what no step writes. Gives the cell states, `[member][block]`.
    fn begin(&mut self, active: &mut Vec<Active>) -> Buffer {
        let Layer { shape, cell } = self.layer;
        let (hidden, first) = (shape.hidden, self.schedule.first);
        let initial = |state: Option<&[f32]>, example: usize, to: &mut [f32]| match state {
            Some(state) => to.copy_from_slice(&state[(first + example) * hidden..][..hidden]),
            None => to.fill(0.0),
        };
        let width = if cell == Cell::Lstm { self.layer.blocks() * LANES } else { 0 };
        let mut cells = Buffer::zeroed(self.schedule.members().len() * width);
        for (i, member) in self.schedule.members().iter().enumerate() {
            if cell == Cell::Lstm {
                let state = &mut cells[i * width..][..hidden];
                initial(self.sequences.c0, member.example, state);
            }
            if let Some(all) = &mut self.outputs.all {
                let all = &mut all[member.example * shape.steps * hidden..];
                all[member.length * hidden..shape.steps * hidden].fill(0.0);
            }
            if member.length > 0 {
                continue;
            }
            let finals = [(&mut self.outputs.h, self.sequences.h0)];
            for (state, from) in
                finals.into_iter().chain([(&mut self.outputs.c, self.sequences.c0)])
            {
                if let Some(state) = state {
                    initial(from, member.example, &mut state[member.example * hidden..][..hidden]);
                }
            }
        }
        self.schedule.list(0, active);
        let width = self.layer.width() * LANES;
        for example in active.iter() {
            let row = &mut self.rows.as_flattened_mut()[example.row * width..];
            initial(self.sequences.h0, example.example, &mut row[..hidden]);
        }
        cells
    }

    fn read_input(&mut self, active: &[Active]) {
        let shape = self.layer.shape;
        let (hidden, features) = (shape.hidden, shape.features);
        let input = &self.sequences.input[self.schedule.first * shape.steps * features..];
        let width = self.layer.width() * LANES;
        for example in active {
            let row = &mut self.rows.as_flattened_mut()[example.row * width..][..width];
            row[hidden] = 1.0;
            let (values, padding) = row[hidden + 1..].split_at_mut(features);
            values.copy_from_slice(&input[example.place * features..][..features]);
            padding.fill(0.0);
        }
    }

    #[inline(always)]
    fn sums<L: Lanes>(&mut self, lanes: L, active: &[Active]) {
        let layer = self.layer;
        let sections = layer.cell.sections();
        let mut first = 0;
        while first < sections.len() {
            // Neighbours over the same terms are one product.
            let terms = layer.terms_of(&sections[first]);
            let mut end = first + 1;
            while end < sections.len() && layer.terms_of(&sections[end]) == terms {
                end += 1;
            }
            let mut sums = Sums {
                lanes,
                layer,
                active,
                rows: self.rows.as_flattened(),
                weights: self.weights,
                gates: self.gates,
                terms,
                first_block: first * layer.blocks(),
            };
            cover::<L>(active.len(), (end - first) * layer.blocks(), &mut sums);
            first = end;
        }
    }

    #[inline(always)]
    fn activate<L: Lanes, A: Arithmetic>(
        &mut self,
        lanes: L,
        active: &[Active],
        cells: &mut [[f32; LANES]],
    ) {
        let (hidden, blocks) = (self.layer.shape.hidden, self.layer.blocks());
        let (width, gates_width) = (self.layer.width() * LANES, self.layer.gates_width());
        let kept = if self.kept.is_empty() { 0 } else { self.layer.cell.kept() };
        let rows = self.rows.as_flattened_mut();
        let Outputs { all, h, c } = &mut self.outputs;
        for example in active {
            for block in 0..blocks {
                let unit = block * LANES;
                let state = example.member * blocks + block;
                let cell = cells.get_mut(state..=state).unwrap_or_default();
                let units = Units {
                    gates: &mut self.gates[example.slot * gates_width + block..],
                    stride: blocks,
                    before: &rows[example.row * width + unit..][..hidden - unit],
                    cell,
                    kept: &mut self.kept[(example.slot * blocks + block) * kept..][..kept],
                };
                let after = A::forward(lanes, units);
                if let Some(all) = all {
                    store(after, &mut all[example.place * hidden + unit..][..hidden - unit]);
                }
                if let Some(next) = example.next {
                    store(after, &mut rows[next * width + unit..][..hidden - unit]);
                    continue;
                }
                if let Some(h) = h {
                    store(after, &mut h[example.example * hidden + unit..][..hidden - unit]);
                }
                if let Some(c) = c {
                    let after = load(lanes, &cells[state]);
                    store(after, &mut c[example.example * hidden + unit..][..hidden - unit]);
                }
            }
        }
    }
}

/// Products of the rows of a step and of the weights of some sections.
struct Sums<'a, L> {
    lanes: L,
    layer: Layer,
    active: &'a [Active],
    rows: &'a [f32],
    weights: &'a [[f32; LANES]],
    gates: &'a mut [[f32; LANES]],
    terms: Range<usize>,
    first_block: usize,
}

impl<L: Lanes> Tiles<L> for Sums<'_, L> {
    #[inline(always)]
    fn tile<const P: usize, const C: usize>(&mut self, position: usize, block: usize) {
        let width = self.layer.width() * LANES;
        let block = self.first_block + block;
        let active = &self.active[position..position + P];
        let mut at = [0; P];
        for p in 0..P {
            at[p] = active[p].row * width + self.terms.start;
        }
        let panel = self.layer.terms();
        let blocks = &self.weights[block * panel + self.terms.start..];
        let mut sums = [[self.lanes.splat(0.0); C]; P];
        let panels = Panels { blocks, step: 1, panel };
        multiply(self.lanes, &mut sums, (self.rows, at), Walk::line(self.terms.len()), panels);
        for p in 0..P {
            for c in 0..C {
                let at = active[p].slot * self.layer.gates_width() + block + c;
                sums[p][c].store(&mut self.gates[at]);
            }
        }
    }
}

impl Layer {
    /// The terms of `[h, 1, x]` that a section sums over.
    pub(super) fn terms_of(self, section: &Section) -> Range<usize> {
        let hidden = self.shape.hidden;
        let start = if section.hidden { 0 } else { hidden };
        let end = if section.input { self.terms() } else { hidden + 1 };
        start..end
    }
}
