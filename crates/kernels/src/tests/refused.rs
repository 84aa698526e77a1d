//! Lengths that do not fit are refused by the operation, with its own words: before any work, and
//! also where the product of sizes wraps around to the length that is there.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::activation::{self, Activation, activate};
use crate::conv::{self, Block, Conv, Gradients, Input, Norm, Pool, Running, Seen};
use crate::dense::{self, Dense};
use crate::norm::{self, Affine, AffineGradient, BatchStats, GroupSizes, GroupStats};
use crate::recurrent::{self, Cell, Direction, Grads, OutputGrads, Outputs, Sequences, Weights};
use crate::{Isa, loss, update};

/// Half of what can be counted, and one: twice of it wraps around to 0.
const HALF: usize = usize::MAX / 2 + 1;

fn refused(what: &str, operation: impl FnOnce()) {
    let panic = catch_unwind(AssertUnwindSafe(operation)).expect_err(what);
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or_default();
    // What the standard library says when a slice is too short.
    let by_accident = ["index out of", "range ", "copy_from_slice", "mid >", "source slice"];
    assert!(!by_accident.iter().any(|start| text.starts_with(start)), "{what}: {text}");
}

/// `len` values.
fn some(len: usize) -> Vec<f32> {
    vec![0.0; len]
}

#[test]
fn activations_of_other_lengths() {
    let isa = Isa::best();
    let relu = Activation::Relu;
    refused("mask", || activate(isa, relu, &mut some(3), Some(&some(4)), None));
    refused("slopes", || activate(isa, relu, &mut some(3), None, Some(&mut some(2))));
    refused("a", || activation::multiply(isa, &some(2), &some(3), &mut some(3)));
    refused("b", || activation::multiply(isa, &some(3), &some(4), &mut some(3)));
}

#[test]
fn dense_layers_of_other_sizes() {
    let isa = Isa::best();
    let sizes = Dense { examples: 2, inputs: 3, outputs: 4 };
    let all = |[x, w, bias, z]: [usize; 4], which: usize| {
        let ([mut x, mut w, bias, mut z], mut db) = ([x, w, bias, z].map(some), some(bias));
        match which {
            0 => dense::forward(isa, sizes, &x, (&w, Some(&bias)), &mut z),
            1 => dense::input_gradient(isa, sizes, &z, &w, &mut x),
            _ => dense::weight_gradient(isa, sizes, (&x, &z), &mut w, Some(&mut db)),
        }
    };
    for which in 0..3 {
        all([6, 12, 4, 8], which);
        for lens in [[5, 12, 4, 8], [6, 13, 4, 8], [6, 12, 4, 9]] {
            refused("a length", || all(lens, which));
        }
    }
    refused("bias", || all([6, 12, 3, 8], 0));
    refused("its gradient", || all([6, 12, 3, 8], 2));
    for [examples, inputs, outputs] in [[HALF, 2, 0], [HALF, 0, 2], [0, HALF, 2]] {
        let sizes = Dense { examples, inputs, outputs };
        refused("wrapped", || dense::forward(isa, sizes, &[], (&[], None), &mut []));
        refused("wrapped", || dense::input_gradient(isa, sizes, &[], &[], &mut []));
        refused("wrapped", || dense::weight_gradient(isa, sizes, (&[], &[]), &mut [], None));
    }
}

const CONV: Conv = Conv {
    images: 2,
    size: [4, 5],
    channels: 2,
    filters: 3,
    kernel: [3, 3],
    stride: [1, 1],
    padding: [[1, 1], [0, 0]],
    depthwise: false,
};

/// Runs forward and back, and evaluates. `lens`: x, weight, channels, output.
fn block(conv: Conv, pool: Pool, [x, weight, channels, y]: [usize; 4]) {
    let block = Block { conv, activation: conv::Activation::Relu, pool };
    let (x, weight, per_channel, mut y) = (some(x), some(weight), some(channels), some(y));
    let norm = Norm { gamma: &per_channel, beta: &per_channel, epsilon: 1e-5 };
    let input = Input {
        x: &x,
        weight: &weight,
        bias: Some(&per_channel),
        norm: Some(norm),
        residual: None,
    };
    conv::forward(Isa::best(), &block, &input, &mut y);
}

#[test]
fn blocks_of_other_sizes() {
    let fits = [80, 54, 3, 72];
    block(CONV, Pool::None, fits);
    for i in 0..4 {
        let mut lens = fits;
        lens[i] += 1;
        refused("one more", || block(CONV, Pool::None, lens));
        lens[i] -= 2;
        refused("one less", || block(CONV, Pool::None, lens));
    }
    refused("kernel", || block(Conv { kernel: [7, 1], ..CONV }, Pool::None, [80, 42, 3, 72]));
    refused("no kernel", || block(Conv { kernel: [0, 1], ..CONV }, Pool::None, [80, 0, 3, 72]));
    refused("no stride", || block(Conv { stride: [1, 0], ..CONV }, Pool::None, fits));
    refused("no channels", || block(Conv { channels: 0, ..CONV }, Pool::None, [0, 0, 3, 72]));
    refused("window", || block(CONV, Pool::Max([5, 1]), [80, 54, 3, 0]));
    refused("no window", || block(CONV, Pool::Average([1, 0]), fits));
    let large = Conv { images: HALF, ..CONV };
    refused("images", || block(large, Pool::None, [0, 54, 3, 0]));
    let large = Conv { size: [HALF, 4], images: 0, ..CONV };
    refused("rows", || block(large, Pool::None, [0, 54, 3, 0]));
    let large = Conv { padding: [[HALF, HALF], [0, 0]], images: 0, ..CONV };
    refused("padding", || block(large, Pool::None, [0, 54, 3, 0]));
    refused("a filter more", || {
        block(Conv { depthwise: true, ..CONV }, Pool::None, [80, 27, 3, 72]);
    });
    let large = Conv { filters: HALF, channels: 2, images: 0, ..CONV };
    refused("filters", || block(large, Pool::None, [0, 0, 3, 0]));
    let isa = Isa::best();
    refused("average", || conv::global_average(isa, [2, 0, 3], &[], &mut some(6)));
    refused("average", || conv::global_average(isa, [2, 2, 3], &some(11), &mut some(6)));
    refused("average", || conv::global_average(isa, [2, 2, 3], &some(12), &mut some(5)));
    refused("average", || conv::global_average(isa, [HALF, 2, 1], &[], &mut []));
    let back = || conv::global_average_backward(isa, [2, 2, 3], &some(6), &mut some(11));
    refused("average", back);
}

#[test]
fn gradients_of_blocks_of_other_sizes() {
    let isa = Isa::best();
    let block = Block { conv: CONV, activation: conv::Activation::Relu, pool: Pool::None };
    let (x, weight, channels, mut y) = (some(80), some(54), some(3), some(72));
    let norm = Norm { gamma: &channels, beta: &channels, epsilon: 1e-5 };
    let input =
        Input { x: &x, weight: &weight, bias: None, norm: Some(norm), residual: Some(&y.clone()) };
    let saved = conv::forward(isa, &block, &input, &mut y);
    // x, weight, gamma, y, grad; then gradients of x, weight, bias, gamma, beta, residual.
    let fits = [80, 54, 3, 72, 72, 80, 54, 3, 3, 3, 72];
    let run = |lens: [usize; 11]| {
        let [x, weight, gamma, y, grad] = [0, 1, 2, 3, 4].map(|i| some(lens[i]));
        let mut of = [5, 6, 7, 8, 9, 10].map(|i| some(lens[i]));
        let seen = Seen { x: &x, weight: &weight, gamma: Some(&gamma), y: &y, grad: &grad };
        let [x, weight, bias, gamma, beta, residual] = of.each_mut().map(|v| Some(&mut v[..]));
        let gradients = Gradients { x, weight, bias, gamma, beta, residual };
        conv::backward(isa, &saved, &seen, gradients);
    };
    run(fits);
    for i in 0..fits.len() {
        let mut lens = fits;
        lens[i] -= 1;
        refused(&format!("length {i}"), || run(lens));
    }
    let running = Running { mean: &channels, variance: &channels[..2] };
    refused("running", || conv::evaluate(isa, &block, &input, Some(&running), &mut some(72)));
    refused("no running", || conv::evaluate(isa, &block, &input, None, &mut some(72)));
}

#[test]
fn norms_of_other_sizes() {
    let isa = Isa::best();
    let (channels, other) = (some(3), some(2));
    let affine = Affine {
        gamma: &channels,
        beta: &channels,
        epsilon: 1e-5,
        activation: Activation::Identity,
    };
    let uneven = Affine { beta: &other, ..affine };
    let forward = |x: usize, affine, y: usize| {
        norm::batch_forward(isa, &some(x), affine, &mut some(y));
    };
    refused("x", || forward(7, affine, 7));
    refused("y", || forward(6, affine, 5));
    refused("no rows", || forward(0, affine, 0));
    refused("beta", || forward(6, uneven, 6));
    let none = Affine { gamma: &[], beta: &[], epsilon: 1e-5, activation: Activation::Identity };
    refused("no channels", || forward(6, none, 6));
    let given = (&channels[..], &other[..]);
    refused("variance", || norm::batch_inference(isa, &some(6), affine, given, &mut some(6)));
    let back = |[x, dy, dx, inverse, dgamma]: [usize; 5]| {
        let stats = BatchStats { mean: some(3), variance: some(3), inverse: some(inverse) };
        let (mut dgamma, mut dbeta) = (some(dgamma), some(3));
        let gradient = AffineGradient { gamma: &mut dgamma, beta: &mut dbeta };
        let given = (affine, &stats);
        norm::batch_backward(isa, (&some(x), &some(dy)), given, (&mut some(dx), gradient));
    };
    back([6, 6, 6, 3, 3]);
    for lens in
        [[7, 7, 7, 3, 3], [6, 5, 6, 3, 3], [6, 6, 5, 3, 3], [6, 6, 6, 2, 3], [6, 6, 6, 3, 4]]
    {
        refused("batch", || back(lens));
    }
}

#[test]
fn group_norms_of_other_sizes() {
    let isa = Isa::best();
    let channels = some(4);
    let affine = Affine {
        gamma: &channels,
        beta: &channels,
        epsilon: 1e-5,
        activation: Activation::Identity,
    };
    let sizes = GroupSizes { examples: 2, positions: 3, channels: 4, groups: 2 };
    let forward = |sizes, x: usize, y: usize| {
        norm::group_forward(isa, sizes, &some(x), affine, &mut some(y));
    };
    refused("x", || forward(sizes, 23, 23));
    refused("y", || forward(sizes, 24, 23));
    refused("groups", || forward(GroupSizes { groups: 3, ..sizes }, 24, 24));
    refused("no groups", || forward(GroupSizes { groups: 0, ..sizes }, 24, 24));
    refused("no positions", || forward(GroupSizes { positions: 0, ..sizes }, 0, 0));
    refused("wrapped", || forward(GroupSizes { examples: HALF, ..sizes }, 0, 0));
    refused("wrapped", || forward(GroupSizes { positions: HALF, ..sizes }, 0, 0));
    let back = |[dy, dx, mean, inverse, dgamma]: [usize; 5]| {
        let stats = GroupStats { mean: some(mean), inverse: some(inverse) };
        let (mut dgamma, mut dbeta) = (some(dgamma), some(4));
        let gradient = AffineGradient { gamma: &mut dgamma, beta: &mut dbeta };
        let (x, dy, mut dx) = (some(24), some(dy), some(dx));
        let given = (affine, &stats);
        norm::group_backward(isa, sizes, (&x, &dy), given, (&mut dx, gradient));
    };
    back([24, 24, 4, 4, 4]);
    for i in 0..5 {
        let mut lens = [24, 24, 4, 4, 4];
        lens[i] -= 1;
        refused("group", || back(lens));
    }
}

#[test]
fn losses_of_other_sizes() {
    let isa = Isa::best();
    let entropy = |logits: usize, labels: &[usize], gradient: usize| {
        loss::cross_entropy(isa, &some(logits), labels, &mut some(gradient));
    };
    refused("no rows", || entropy(0, &[], 0));
    refused("no classes", || entropy(0, &[0], 0));
    refused("logits", || entropy(5, &[0, 1], 5));
    refused("gradient", || entropy(6, &[0, 1], 5));
    refused("label", || entropy(6, &[0, 3], 6));
    let error = |[found, target, gradient]: [usize; 3]| {
        loss::squared_error(isa, &some(found), &some(target), &mut some(gradient));
    };
    for lens in [[0, 0, 0], [3, 2, 3], [3, 3, 4]] {
        refused("error", || error(lens));
    }
}

#[test]
fn updates_of_other_lengths() {
    let isa = Isa::best();
    let rule =
        update::Adam { lr: 0.1, beta1: 0.9, beta2: 0.99, epsilon: 1e-8, penalty: 0.0, decay: 0.0 };
    let adam = |step, [param, gradient, first, second]: [usize; 4]| {
        let mut values = [param, first, second].map(some);
        let [param, first, second] = values.each_mut();
        update::adam(isa, rule, (step, 1.0), (param, &some(gradient)), [first, second]);
    };
    for lens in [[2, 3, 3, 3], [3, 2, 3, 3], [3, 3, 2, 3], [3, 3, 3, 2]] {
        refused("adam", || adam(1, lens));
    }
    refused("step 0", || adam(0, [3; 4]));
    let rule = update::Sgd { lr: 0.1, momentum: 0.9, nesterov: false, penalty: 0.0, decay: 0.0 };
    let sgd = |gradient, velocity: Option<usize>| {
        let mut velocity = velocity.map(some);
        let velocity = velocity.as_deref_mut();
        update::sgd(isa, rule, 1.0, (&mut some(3), &some(gradient)), velocity);
    };
    refused("gradient", || sgd(2, Some(3)));
    refused("velocity", || sgd(3, Some(2)));
    refused("no velocity", || sgd(3, None));
}

/// A recurrent layer of the sizes, whose input and outputs are `values` and parameters `weights`.
fn layer(shape: recurrent::Shape, [input, w_ih, w_hh, all]: [usize; 4]) -> recurrent::Saved {
    let (input, w_ih, w_hh) = (some(input), some(w_ih), some(w_hh));
    let read = Sequences {
        shape,
        input: &input,
        h0: None,
        c0: None,
        lengths: None,
        direction: Direction::Forward,
    };
    let weights = Weights { input: &w_ih, hidden: &w_hh, bias: None };
    let outputs = Outputs { all: Some(&mut some(all)), ..Outputs::default() };
    recurrent::forward(Isa::best(), Cell::Tanh, read, weights, outputs)
}

#[test]
fn recurrent_layers_of_other_sizes() {
    let shape = recurrent::Shape { batch: 2, steps: 3, features: 4, hidden: 5 };
    let fits = [24, 20, 25, 30];
    let saved = layer(shape, fits);
    for i in 0..4 {
        let mut lens = fits;
        lens[i] -= 1;
        refused("one less", || drop(layer(shape, lens)));
    }
    refused("no units", || drop(layer(recurrent::Shape { hidden: 0, ..shape }, [24, 0, 0, 0])));
    let large = recurrent::Shape { batch: HALF, steps: 2, ..shape };
    refused("wrapped", || drop(layer(large, [0, 20, 25, 0])));
    let large = recurrent::Shape { batch: 1 << 40, steps: 1 << 20, features: 0, hidden: 1 };
    refused("wrapped", || drop(layer(large, [0, 0, 1, 0])));
    let back = |[all, h, input]: [usize; 3]| {
        let (all, h, mut input) = (some(all), some(h), some(input));
        let given = OutputGrads { all: Some(&all), h: Some(&h), c: None };
        let wanted = Grads { input: Some(&mut input), ..Grads::default() };
        let (w_ih, w_hh) = (some(20), some(25));
        let weights = Weights { input: &w_ih, hidden: &w_hh, bias: None };
        recurrent::backward(Isa::best(), saved.clone(), weights, given, wanted);
    };
    back([30, 10, 24]);
    for lens in [[29, 10, 24], [30, 9, 24], [30, 10, 23]] {
        refused("backward", || back(lens));
    }
}
