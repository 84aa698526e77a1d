//! The way back: per step one pass that turns gates into gradients of their sums, then one product.

use super::cell::{Arithmetic, Gru, Lstm, Relu, Tanh, Units, load, store};
use super::pack::{self, Of};
use super::schedule::{Active, Keep, Schedule, cut, share};
use super::{Cell, Grads, Layer, OutputGrads, Saved, Weights, weights};
use crate::buffer::Buffer;
use crate::isa::{Isa, Kernel};
use crate::lanes::{LANES, Lanes, Vector};
use crate::threads;
use crate::tile::{Panels, Tiles, Walk, cover, multiply};

pub(super) fn run(
    isa: Isa,
    mut saved: Saved,
    weights: Weights<'_>,
    given: OutputGrads<'_>,
    wanted: Grads<'_>,
) {
    let layer = saved.layer;
    let shape = layer.shape;
    let (lengths, direction) = (saved.lengths.as_deref(), saved.direction);
    let schedules: Vec<Schedule> = share(shape.batch)
        .into_iter()
        .map(|examples| Schedule::new(examples, shape.steps, lengths, direction, Keep::All))
        .collect();
    let slots = |width: usize| schedules.iter().map(move |s| s.slots() * width);
    let states = |width: usize| schedules.iter().map(move |s| s.members().len() * width);
    let rows = cut(Some(saved.rows.blocks_mut()), slots(layer.width()));
    let gates = cut(Some(saved.gates.blocks_mut()), slots(layer.gates_width()));
    let kept = cut(Some(saved.kept.blocks_mut()), slots(layer.kept_width()));
    let to_state = pack::by_unit(layer, weights, Of::Hidden);
    let to_input = wanted.input.as_ref().map(|_| pack::by_unit(layer, weights, Of::Input));
    let input = cut(wanted.input, states(shape.steps * shape.features));
    let h0 = cut(wanted.h0, states(shape.hidden));
    let c0 = cut(wanted.c0, states(shape.hidden));
    let memories = rows.into_iter().zip(gates).zip(kept);
    let parts = input.into_iter().zip(h0).zip(c0);
    let passes = schedules.iter().zip(memories).zip(parts).map(|((schedule, memory), part)| {
        let (((rows, gates), kept), ((input, h0), c0)) = (memory, part);
        Pass {
            layer,
            to_state: to_state.blocks(),
            to_input: to_input.as_ref().map_or(&[], |weights| weights.blocks()),
            schedule,
            rows: rows.unwrap_or_default(),
            gates: gates.unwrap_or_default(),
            kept: kept.unwrap_or_default(),
            given,
            wanted: Grads { input, h0, c0, weights: None },
        }
    });
    threads::each(passes, |pass| isa.run(pass));
    if let Some(wanted) = wanted.weights {
        weights::gradients(isa, layer, (&saved.rows, &saved.gates), wanted);
    }
}

/// One share of the examples, from the last step to the first.
struct Pass<'a> {
    layer: Layer,
    to_state: &'a [[f32; LANES]],
    to_input: &'a [[f32; LANES]],
    schedule: &'a Schedule,
    rows: &'a [[f32; LANES]],
    gates: &'a mut [[f32; LANES]],
    kept: &'a mut [[f32; LANES]],
    given: OutputGrads<'a>,
    wanted: Grads<'a>,
}

/// Gradients of the states between two steps, `[member][block]`.
struct States {
    h: Buffer,
    /// Empty if there is no cell state.
    c: Buffer,
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
        let layer = self.layer;
        let mut states = self.begin();
        let mut active = Vec::with_capacity(self.schedule.members().len());
        for step in (0..self.schedule.steps()).rev() {
            self.schedule.list(step, &mut active);
            match layer.cell {
                Cell::Lstm => self.pass::<L, Lstm>(lanes, &active, &mut states),
                Cell::Gru => self.pass::<L, Gru>(lanes, &active, &mut states),
                Cell::Tanh => self.pass::<L, Tanh>(lanes, &active, &mut states),
                Cell::Relu => self.pass::<L, Relu>(lanes, &active, &mut states),
            }
            let (active, gates) = (&active[..], self.gates.as_flattened());
            if step > 0 || self.wanted.h0.is_some() {
                let weights = self.to_state;
                let out = Out::State(states.h.blocks_mut());
                let mut product = Product { lanes, layer, active, gates, weights, out };
                cover::<L>(active.len(), layer.blocks(), &mut product);
            }
            if let Some(input) = &mut self.wanted.input {
                let (weights, out) = (self.to_input, Out::Input(input));
                let mut product = Product { lanes, layer, active, gates, weights, out };
                cover::<L>(active.len(), layer.shape.features.div_ceil(LANES), &mut product);
            }
        }
        self.end(&states);
    }

    /// The gradients of the final states, and zeros where no step writes.
    fn begin(&mut self) -> States {
        let Layer { shape, cell } = self.layer;
        let (hidden, first) = (shape.hidden, self.schedule.first);
        let width = self.layer.blocks() * LANES;
        let members = self.schedule.members();
        let mut h = Buffer::zeroed(members.len() * width);
        let mut c = Buffer::zeroed(if cell == Cell::Lstm { members.len() * width } else { 0 });
        for (i, member) in members.iter().enumerate() {
            for (from, to) in [(self.given.h, &mut h), (self.given.c, &mut c)] {
                if let Some(from) = from {
                    let from = &from[(first + member.example) * hidden..][..hidden];
                    to[i * width..][..hidden].copy_from_slice(from);
                }
            }
            if let Some(input) = &mut self.wanted.input {
                let input = &mut input[member.example * shape.steps * shape.features..];
                input[member.length * shape.features..shape.steps * shape.features].fill(0.0);
            }
        }
        States { h, c }
    }

    #[inline(always)]
    fn pass<L: Lanes, A: Arithmetic>(&mut self, lanes: L, active: &[Active], states: &mut States) {
        let shape = self.layer.shape;
        let (hidden, blocks) = (shape.hidden, self.layer.blocks());
        let (width, gates_width) = (self.layer.width() * LANES, self.layer.gates_width());
        let kept = self.layer.cell.kept();
        let rows = self.rows.as_flattened();
        let (h, c) = (states.h.blocks_mut(), states.c.blocks_mut());
        let all = self.given.all.map(|all| &all[self.schedule.first * shape.steps * hidden..]);
        for example in active {
            for block in 0..blocks {
                let unit = block * LANES;
                let state = example.member * blocks + block;
                let mut dh = lanes.load(&h[state]);
                if let Some(all) = all {
                    let given = &all[example.place * hidden + unit..][..hidden - unit];
                    dh = dh + load(lanes, given);
                }
                let units = Units {
                    gates: &mut self.gates[example.slot * gates_width + block..],
                    stride: blocks,
                    before: &rows[example.row * width + unit..][..hidden - unit],
                    cell: c.get_mut(state..=state).unwrap_or_default(),
                    kept: &mut self.kept[(example.slot * blocks + block) * kept..][..kept],
                };
                A::backward(lanes, units, dh).store(&mut h[state]);
            }
        }
    }

    /// The gradients of the initial states.
    fn end(&mut self, states: &States) {
        let hidden = self.layer.shape.hidden;
        let width = self.layer.blocks() * LANES;
        let wanted = [(&states.h, &mut self.wanted.h0), (&states.c, &mut self.wanted.c0)];
        for (from, to) in wanted {
            let Some(to) = to else { continue };
            for (i, member) in self.schedule.members().iter().enumerate() {
                let from = &from[i * width..][..hidden];
                to[member.example * hidden..][..hidden].copy_from_slice(from);
            }
        }
    }
}

/// Products of the gradients of sums and the weights that the sums were made with.
struct Product<'a, L> {
    lanes: L,
    layer: Layer,
    active: &'a [Active],
    gates: &'a [f32],
    weights: &'a [[f32; LANES]],
    out: Out<'a>,
}

/// What the weights lead to.
enum Out<'a> {
    /// To the state before the step: `[member][block]`, added to.
    State(&'a mut [[f32; LANES]]),
    /// To the input of the step: `[batch][steps][features]`.
    Input(&'a mut [f32]),
}

impl<L: Lanes> Tiles<L> for Product<'_, L> {
    #[inline(always)]
    fn tile<const P: usize, const C: usize>(&mut self, position: usize, block: usize) {
        let Layer { shape, cell } = self.layer;
        let blocks = self.layer.blocks();
        let of = if matches!(self.out, Out::State(_)) { Of::Hidden } else { Of::Input };
        let sections = || cell.sections().iter().filter(|section| section.is(of));
        let skipped = cell.sections().iter().take_while(|section| !section.is(of)).count();
        let walk =
            Walk { rows: sections().count(), run: shape.hidden, row: blocks * LANES, step: 1 };
        let active = &self.active[position..position + P];
        let mut at = [0; P];
        let mut sums = [[self.lanes.splat(0.0); C]; P];
        for p in 0..P {
            at[p] = (active[p].slot * self.layer.gates_width() + skipped * blocks) * LANES;
            if let Out::State(states) = &self.out {
                for c in 0..C {
                    sums[p][c] = self.lanes.load(&states[active[p].member * blocks + block + c]);
                }
            }
        }
        let panel = walk.terms();
        let panels = Panels { blocks: &self.weights[block * panel..], step: 1, panel };
        multiply(self.lanes, &mut sums, (self.gates, at), walk, panels);
        for p in 0..P {
            for c in 0..C {
                match &mut self.out {
                    Out::State(states) => {
                        sums[p][c].store(&mut states[active[p].member * blocks + block + c]);
                    }
                    Out::Input(input) => {
                        let unit = (block + c) * LANES;
                        let input = &mut input[active[p].place * shape.features + unit..];
                        store(sums[p][c], &mut input[..shape.features - unit]);
                    }
                }
            }
        }
    }
}
