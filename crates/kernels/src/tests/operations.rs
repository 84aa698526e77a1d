//! One call of everything, large enough that sixteen threads have something to do.

use crate::activation::{self, Activation, activate};
use crate::conv::{self, Block, Conv, Gradients, Input, Pool, Seen};
use crate::dense::{self, Dense};
use crate::norm::{self, Affine, AffineGradient, GroupSizes};
use crate::recurrent::{
    self, Cell, Direction, Grads, OutputGrads, Outputs, Sequences, WeightGrads,
};
use crate::{Isa, loss, update};

/// What an operation reads: so many values, of a seed.
pub(super) type Numbers = fn(usize, u32) -> Vec<f32>;

/// All that an operation gives for such numbers.
pub(super) type Operation = fn(Isa, Numbers) -> Vec<f32>;

pub(super) const OPERATIONS: [(&str, Operation); 14] = [
    ("activations", activations),
    ("relu6", relu6),
    ("block that slides", block_that_slides),
    ("block with a residual", block_with_a_residual),
    ("block with means", block_with_means),
    ("depthwise block", depthwise_block),
    ("global average", global_average),
    ("dense", dense),
    ("losses", losses),
    ("batch norm", batch_norm),
    ("group norm", group_norm),
    ("lstm", lstm),
    ("gru", gru),
    ("updates", updates),
];

/// All but those that came later.
fn activations(isa: Isa, numbers: Numbers) -> Vec<f32> {
    let mut all = Activation::ALL.to_vec();
    all.retain(|activation| *activation != Activation::Relu6);
    activated(isa, numbers, &all)
}

fn relu6(isa: Isa, numbers: Numbers) -> Vec<f32> {
    activated(isa, numbers, &[Activation::Relu6])
}

fn activated(isa: Isa, numbers: Numbers, activations: &[Activation]) -> Vec<f32> {
    let mut all = vec![];
    for &activation in activations {
        let mut values: Vec<f32> = numbers(203, 1).iter().map(|x| 9.0 * x).collect();
        let (mask, mut slopes) = (numbers(203, 2), vec![f32::NAN; 203]);
        activate(isa, activation, &mut values, Some(&mask), Some(&mut slopes));
        let mut product = vec![f32::NAN; 203];
        activation::multiply(isa, &values, &slopes, &mut product);
        all.extend([values, slopes, product].concat());
    }
    all
}

fn block_that_slides(isa: Isa, numbers: Numbers) -> Vec<f32> {
    let conv = of([133, 8, 9, 2], 5, [3, 3], [[1, 1], [1, 1]]);
    block(isa, numbers, Block { conv, activation: conv::Activation::Relu, pool: Pool::Max([2, 2]) })
}

fn block_with_a_residual(isa: Isa, numbers: Numbers) -> Vec<f32> {
    let conv = of([133, 3, 4, 17], 34, [2, 2], [[2, 1], [1, 0]]);
    block(isa, numbers, Block { conv, activation: conv::Activation::Tanh, pool: Pool::None })
}

fn block_with_means(isa: Isa, numbers: Numbers) -> Vec<f32> {
    let conv = of([37, 5, 5, 3], 16, [1, 1], [[1, 1], [0, 0]]);
    let pool = Pool::Average([2, 3]);
    block(isa, numbers, Block { conv, activation: conv::Activation::Sigmoid, pool })
}

fn depthwise_block(isa: Isa, numbers: Numbers) -> Vec<f32> {
    let strided = of([37, 6, 5, 21], 21, [3, 3], [[2, 2], [0, 0]]);
    let strided = Conv { padding: [[0, 1], [0, 1]], depthwise: true, ..strided };
    let plain = of([37, 5, 7, 18], 18, [5, 5], [[1, 1], [2, 2]]);
    let plain = Conv { depthwise: true, ..plain };
    let of = |conv| {
        block(isa, numbers, Block { conv, activation: conv::Activation::Relu6, pool: Pool::None })
    };
    [of(strided), of(plain)].concat()
}

fn of(
    x: [usize; 4],
    filters: usize,
    kernel: [usize; 2],
    [stride, padding]: [[usize; 2]; 2],
) -> Conv {
    let [images, height, width, channels] = x;
    let padding = padding.map(|zeros| [zeros; 2]);
    let size = [height, width];
    Conv { images, size, channels, filters, kernel, stride, padding, depthwise: false }
}

/// With a bias and a norm, and with a residual where there is no pool.
fn block(isa: Isa, numbers: Numbers, block: Block) -> Vec<f32> {
    let conv = &block.conv;
    let [x, weight] = [numbers(conv.input_len(), 1), numbers(conv.weight_len(), 2)];
    let [bias, gamma, beta] = [3, 4, 5].map(|seed| numbers(conv.filters, seed));
    let has_residual = block.pool == Pool::None;
    let residual = numbers(if has_residual { block.output_len() } else { 0 }, 6);
    let grad = numbers(block.output_len(), 7);
    let input = Input {
        x: &x,
        weight: &weight,
        bias: Some(&bias),
        norm: Some(conv::Norm { gamma: &gamma, beta: &beta, epsilon: 1e-5 }),
        residual: has_residual.then_some(&residual),
    };
    let empty = |like: &[f32]| vec![f32::NAN; like.len()];
    let (mut y, mut evaluated) = (empty(&grad), empty(&grad));
    let saved = conv::forward(isa, &block, &input, &mut y);
    let variance: Vec<f32> = beta.iter().map(|x| x.abs() + 0.1).collect();
    let running = conv::Running { mean: &gamma, variance: &variance };
    conv::evaluate(isa, &block, &input, Some(&running), &mut evaluated);
    let seen = Seen { x: &x, weight: &weight, gamma: Some(&gamma), y: &y, grad: &grad };
    let (mut dx, mut dweight, mut dresidual) = (empty(&x), empty(&weight), empty(&residual));
    let [mut dbias, mut dgamma, mut dbeta] = [(); 3].map(|()| empty(&bias));
    let gradients = Gradients {
        x: Some(&mut dx),
        weight: Some(&mut dweight),
        bias: Some(&mut dbias),
        gamma: Some(&mut dgamma),
        beta: Some(&mut dbeta),
        residual: has_residual.then_some(&mut dresidual),
    };
    conv::backward(isa, &saved, &seen, gradients);
    [y, evaluated, dx, dweight, dbias, dgamma, dbeta, dresidual].concat()
}

fn global_average(isa: Isa, numbers: Numbers) -> Vec<f32> {
    let (x, grad) = (numbers(37 * 6 * 21, 1), numbers(37 * 21, 2));
    let (mut y, mut dx) = (vec![f32::NAN; grad.len()], vec![f32::NAN; x.len()]);
    conv::global_average(isa, [37, 6, 21], &x, &mut y);
    conv::global_average_backward(isa, [37, 6, 21], &grad, &mut dx);
    [y, dx].concat()
}

fn dense(isa: Isa, numbers: Numbers) -> Vec<f32> {
    let sizes = Dense { examples: 403, inputs: 390, outputs: 19 };
    let [x, w] = [numbers(403 * 390, 1), numbers(390 * 19, 2)];
    let [bias, dz] = [numbers(19, 3), numbers(403 * 19, 4)];
    let empty = |like: &[f32]| vec![f32::NAN; like.len()];
    let (mut z, mut dx, mut dw, mut db) = (empty(&dz), empty(&x), empty(&w), empty(&bias));
    dense::forward(isa, sizes, &x, (&w, Some(&bias)), &mut z);
    dense::input_gradient(isa, sizes, &dz, &w, &mut dx);
    dense::weight_gradient(isa, sizes, (&x, &dz), &mut dw, Some(&mut db));
    [z, dx, dw, db].concat()
}

fn losses(isa: Isa, numbers: Numbers) -> Vec<f32> {
    let (values, targets) = (numbers(37 * 21, 1), numbers(37 * 21, 2));
    let labels: Vec<usize> = (0..37).map(|row| row % 21).collect();
    let [mut first, mut second] = [(); 2].map(|()| vec![f32::NAN; values.len()]);
    let entropy = loss::cross_entropy(isa, &values, &labels, &mut first);
    let error = loss::squared_error(isa, &values, &targets, &mut second);
    [first, second, vec![entropy, error]].concat()
}

fn batch_norm(isa: Isa, numbers: Numbers) -> Vec<f32> {
    let (x, dy) = (numbers(37 * 21, 1), numbers(37 * 21, 2));
    let (gamma, beta) = (numbers(21, 3), numbers(21, 4));
    let affine =
        Affine { gamma: &gamma, beta: &beta, epsilon: 1e-5, activation: Activation::Identity };
    let [mut y, mut evaluated, mut dx] = [(); 3].map(|()| vec![f32::NAN; x.len()]);
    let [mut dgamma, mut dbeta] = [(); 2].map(|()| vec![f32::NAN; 21]);
    let stats = norm::batch_forward(isa, &x, affine, &mut y);
    let given = (&stats.mean[..], &stats.variance[..]);
    norm::batch_inference(isa, &x, affine, given, &mut evaluated);
    let gradient = AffineGradient { gamma: &mut dgamma, beta: &mut dbeta };
    norm::batch_backward(isa, (&x, &dy), (affine, &stats), (&mut dx, gradient));
    [y, evaluated, dx, dgamma, dbeta].concat()
}

fn group_norm(isa: Isa, numbers: Numbers) -> Vec<f32> {
    let sizes = GroupSizes { examples: 133, positions: 3, channels: 21, groups: 7 };
    let (x, dy) = (numbers(133 * 3 * 21, 1), numbers(133 * 3 * 21, 2));
    let (gamma, beta) = (numbers(21, 3), numbers(21, 4));
    let affine =
        Affine { gamma: &gamma, beta: &beta, epsilon: 1e-5, activation: Activation::Identity };
    let [mut y, mut dx] = [(); 2].map(|()| vec![f32::NAN; x.len()]);
    let [mut dgamma, mut dbeta] = [(); 2].map(|()| vec![f32::NAN; 21]);
    let stats = norm::group_forward(isa, sizes, &x, affine, &mut y);
    let gradient = AffineGradient { gamma: &mut dgamma, beta: &mut dbeta };
    norm::group_backward(isa, sizes, (&x, &dy), (affine, &stats), (&mut dx, gradient));
    [y, dx, dgamma, dbeta].concat()
}

fn lstm(isa: Isa, numbers: Numbers) -> Vec<f32> {
    sequences(isa, numbers, Cell::Lstm)
}

fn gru(isa: Isa, numbers: Numbers) -> Vec<f32> {
    sequences(isa, numbers, Cell::Gru)
}

fn sequences(isa: Isa, numbers: Numbers, cell: Cell) -> Vec<f32> {
    let (batch, steps, features, hidden) = (133, 4, 3, 18);
    let shape = recurrent::Shape { batch, steps, features, hidden };
    let (rows, state) = (cell.gates() * hidden, batch * hidden);
    let lengths: Vec<usize> = (0..batch).map(|i| (i * 7 + 1) % (steps + 1)).collect();
    let [input, h0] = [numbers(batch * steps * features, 1), numbers(state, 2)];
    let [w_ih, w_hh] = [numbers(rows * features, 3), numbers(rows * hidden, 4)];
    let [b_ih, b_hh, given] = [numbers(rows, 5), numbers(rows, 6), numbers(state * steps, 7)];
    let read = Sequences {
        shape,
        input: &input,
        h0: Some(&h0),
        c0: None,
        lengths: Some(&lengths),
        direction: Direction::Reverse,
    };
    let weights = recurrent::Weights { input: &w_ih, hidden: &w_hh, bias: Some([&b_ih, &b_hh]) };
    let empty = |like: &[f32]| vec![f32::NAN; like.len()];
    let (mut all, mut h) = (empty(&given), empty(&h0));
    let outputs = Outputs { all: Some(&mut all), h: Some(&mut h), c: None };
    let saved = recurrent::forward(isa, cell, read, weights, outputs);
    let (mut input, mut h0) = (empty(&input), empty(&h0));
    let (mut d_ih, mut d_hh, mut bias) = (empty(&w_ih), empty(&w_hh), [empty(&b_ih), empty(&b_hh)]);
    let [input_bias, hidden_bias] = bias.each_mut();
    let wanted = Grads {
        input: Some(&mut input),
        h0: Some(&mut h0),
        c0: None,
        weights: Some(WeightGrads {
            input: &mut d_ih,
            hidden: &mut d_hh,
            bias: Some([input_bias, hidden_bias]),
        }),
    };
    let given = OutputGrads { all: Some(&given), ..OutputGrads::default() };
    recurrent::backward(isa, saved, weights, given, wanted);
    [all, h, input, h0, d_ih, d_hh, bias.concat()].concat()
}

fn updates(isa: Isa, numbers: Numbers) -> Vec<f32> {
    let [mut first, mut second] = [(); 2].map(|()| numbers(203, 1));
    let [mut m, mut v, mut velocity] = [(); 3].map(|()| vec![0.0; 203]);
    let rule = update::Adam {
        lr: 0.01,
        beta1: 0.9,
        beta2: 0.999,
        epsilon: 1e-8,
        penalty: 0.1,
        decay: 0.2,
    };
    let plain = update::Sgd { lr: 0.1, momentum: 0.9, nesterov: true, penalty: 0.1, decay: 0.2 };
    for step in 1..=3 {
        let grad = numbers(203, 1 + step as u32);
        update::adam(isa, rule, (step, 0.5), (&mut first, &grad), [&mut m, &mut v]);
        update::sgd(isa, plain, 0.5, (&mut second, &grad), Some(&mut velocity));
    }
    first.push(update::squared_norm(isa, &second) as f32);
    [first, second, m, v, velocity].concat()
}
