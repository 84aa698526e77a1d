//! Lengths of all slices, checked before any work.

use super::{Grads, Layer, OutputGrads, Outputs, Sequences, Weights};
use crate::lanes::LANES;
use crate::sizes::product;

pub(super) fn forward(
    layer: Layer,
    sequences: &Sequences<'_>,
    weights: &Weights<'_>,
    outputs: &Outputs<'_>,
) {
    let shape = layer.shape;
    let state = product([shape.batch, shape.hidden]);
    assert!(shape.hidden > 0, "a recurrent layer has at least one hidden unit");
    let input = product([shape.batch, shape.steps, shape.features]);
    length("input", sequences.input.len(), input);
    optional("h0", sequences.h0, state);
    optional("c0", sequences.c0, state);
    if let Some(lengths) = sequences.lengths {
        length("lengths", lengths.len(), shape.batch);
        let longest = lengths.iter().max().copied().unwrap_or(0);
        assert!(longest <= shape.steps, "a length is {longest}, more than {} steps", shape.steps);
    }
    parameters(layer, weights);
    // All that is kept can be counted, so that all other products are plain ones.
    let blocks = layer.width() + layer.gates_width() + layer.kept_width();
    product([shape.batch, shape.steps.max(2), blocks, LANES]);
    optional("the output", outputs.all.as_deref(), product([state, shape.steps]));
    optional("the final h", outputs.h.as_deref(), state);
    optional("the final c", outputs.c.as_deref(), state);
    cell_state(layer, sequences.c0.is_some() || outputs.c.is_some());
}

pub(super) fn backward(
    layer: Layer,
    weights: &Weights<'_>,
    given: &OutputGrads<'_>,
    wanted: &Grads<'_>,
) {
    let shape = layer.shape;
    let state = shape.batch * shape.hidden; // counted on the way forward
    parameters(layer, weights);
    optional("the output's gradient", given.all, state * shape.steps);
    optional("the gradient of the final h", given.h, state);
    optional("the gradient of the final c", given.c, state);
    let input = shape.batch * shape.steps * shape.features;
    optional("the input's gradient", wanted.input.as_deref(), input);
    optional("the gradient of h0", wanted.h0.as_deref(), state);
    optional("the gradient of c0", wanted.c0.as_deref(), state);
    cell_state(layer, given.c.is_some() || wanted.c0.is_some());
    if let Some(grads) = &wanted.weights {
        let bias = grads.bias.as_ref().map(|[input, hidden]| [&**input, &**hidden]);
        parameters(layer, &Weights { input: grads.input, hidden: grads.hidden, bias });
    }
}

fn parameters(layer: Layer, weights: &Weights<'_>) {
    let rows = product([layer.cell.gates(), layer.shape.hidden]);
    length("w_ih", weights.input.len(), product([rows, layer.shape.features]));
    length("w_hh", weights.hidden.len(), product([rows, layer.shape.hidden]));
    if let Some([input, hidden]) = weights.bias {
        length("b_ih", input.len(), rows);
        length("b_hh", hidden.len(), rows);
    }
}

fn cell_state(layer: Layer, there: bool) {
    let cell = layer.cell;
    assert!(!there || cell == super::Cell::Lstm, "a layer of {cell:?} has no cell state");
}

fn optional(name: &str, slice: Option<&[f32]>, expected: usize) {
    if let Some(slice) = slice {
        length(name, slice.len(), expected);
    }
}

fn length(name: &str, found: usize, expected: usize) {
    assert!(found == expected, "{name} has {found} values, not {expected}");
}
