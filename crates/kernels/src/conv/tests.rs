//! Against a plain form in f64, its differences, PyTorch, and itself on other processors.

mod backward;
mod bits;
mod edges;
mod forward;
mod pool;
mod reference;
mod torch;
mod values;

use super::{Activation, Block, Conv, Gradients, Input, Norm, Pool, Running, Saved, Seen};
use super::{backward as gradients, evaluate, forward as train};
use crate::Isa;
use crate::testing::numbers;

/// What a block has beside its convolution.
#[derive(Clone, Copy, Debug)]
struct With {
    bias: bool,
    norm: bool,
    residual: bool,
}

const NOTHING: With = With { bias: false, norm: false, residual: false };
const BIAS: With = With { bias: true, ..NOTHING };
const NORM: With = With { norm: true, ..BIAS };

#[derive(Clone, Copy, Debug)]
struct Case {
    block: Block,
    with: With,
}

/// Everything that a block reads.
#[derive(Clone, Debug)]
struct Data {
    x: Vec<f32>,
    weight: Vec<f32>,
    bias: Vec<f32>,
    gamma: Vec<f32>,
    beta: Vec<f32>,
    residual: Vec<f32>,
    /// The gradient of the output.
    grad: Vec<f32>,
}

const EPSILON: f64 = 1e-3;

/// `[images, height, width, channels]`, filters, kernel, stride, padding.
fn conv(x: [usize; 4], filters: usize, kernel: [usize; 2], [s, p]: [[usize; 2]; 2]) -> Conv {
    let [images, height, width, channels] = x;
    let size = [height, width];
    let padding = p.map(|zeros| [zeros; 2]);
    Conv { images, size, channels, filters, kernel, stride: s, padding, depthwise: false }
}

/// With zeros above, below, left and right.
fn uneven(x: [usize; 4], filters: usize, kernel: [usize; 2], padding: [[usize; 2]; 2]) -> Conv {
    Conv { padding, ..conv(x, filters, kernel, [[1, 1], [0, 0]]) }
}

/// Each channel by itself, with zeros above, below, left and right.
fn depthwise(x: [usize; 4], kernel: [usize; 2], s: [usize; 2], p: [[usize; 2]; 2]) -> Conv {
    Conv { padding: p, depthwise: true, ..conv(x, x[3], kernel, [s, [0, 0]]) }
}

/// Shapes where something does not come out even.
fn cases() -> Vec<Case> {
    use Activation::{Identity, Relu, Relu6, Sigmoid, Tanh};
    let case =
        |conv, activation, pool, with| Case { block: Block { conv, activation, pool }, with };
    let residual = With { residual: true, ..NORM };
    let plain_residual = With { residual: true, ..BIAS };
    let one = [[1, 1], [0, 0]];
    let same = [[1, 1], [1, 1]];
    vec![
        case(conv([1, 1, 1, 1], 1, [1, 1], one), Identity, Pool::None, NOTHING),
        case(conv([2, 5, 7, 3], 5, [3, 2], [[1, 2], [1, 0]]), Relu, Pool::Max([2, 2]), NORM),
        case(conv([9, 2, 3, 17], 18, [3, 3], same), Tanh, Pool::None, residual),
        case(conv([3, 6, 7, 2], 33, [2, 3], one), Sigmoid, Pool::Average([2, 3]), BIAS),
        case(conv([2, 8, 8, 1], 16, [5, 5], one), Relu, Pool::Max([2, 2]), NORM),
        case(conv([2, 7, 5, 20], 3, [2, 2], [[3, 3], [0, 1]]), Relu, Pool::None, NOTHING),
        case(conv([3, 5, 5, 8], 8, [3, 3], [[2, 2], [1, 1]]), Relu, Pool::None, plain_residual),
        case(conv([2, 6, 6, 16], 32, [1, 1], [[2, 2], [0, 0]]), Identity, Pool::None, NORM),
        case(conv([2, 9, 6, 4], 6, [3, 3], same), Tanh, Pool::Average([2, 2]), NORM),
        case(conv([2, 7, 7, 3], 4, [3, 3], same), Sigmoid, Pool::Max([3, 2]), BIAS),
        case(conv([2, 6, 5, 20], 32, [3, 3], same), Relu, Pool::None, NORM),
        case(conv([1, 3, 4, 20], 48, [3, 3], same), Relu, Pool::None, BIAS),
        case(conv([1, 6, 12, 3], 20, [5, 5], one), Relu, Pool::None, NORM),
        case(conv([1, 3, 31, 2], 4, [3, 3], same), Tanh, Pool::None, BIAS),
        case(conv([2, 5, 4, 32], 16, [1, 1], one), Tanh, Pool::None, NORM),
        case(conv([1, 2, 3, 18], 48, [3, 3], [[1, 1], [2, 2]]), Relu, Pool::None, NORM),
        case(conv([2, 7, 6, 2], 3, [1, 3], [[3, 1], [0, 0]]), Tanh, Pool::None, BIAS),
        case(conv([2, 2, 3, 3], 4, [1, 1], [[1, 1], [2, 1]]), Sigmoid, Pool::None, BIAS),
        case(conv([1, 3, 2, 2], 3, [1, 3], [[1, 1], [0, 4]]), Tanh, Pool::None, NOTHING),
        case(conv([3, 4, 5, 17], 17, [2, 2], [[9, 9], [1, 0]]), Identity, Pool::None, BIAS),
        case(uneven([2, 6, 7, 3], 20, [3, 3], [[0, 1], [1, 2]]), Relu6, Pool::None, NORM),
        case(uneven([2, 8, 6, 5], 4, [5, 5], [[1, 2], [2, 1]]), Tanh, Pool::None, BIAS),
        case(
            Conv { stride: [2, 2], ..uneven([2, 6, 8, 3], 20, [3, 3], [[0, 1], [0, 1]]) },
            Relu6,
            Pool::None,
            NORM,
        ),
        case(depthwise([3, 6, 5, 21], [3, 3], [1, 1], [[1, 1], [1, 1]]), Relu6, Pool::None, NORM),
        case(depthwise([2, 8, 17, 16], [3, 3], [2, 2], [[0, 1], [0, 1]]), Relu6, Pool::None, NORM),
        case(depthwise([2, 9, 7, 5], [5, 5], [2, 2], [[2, 2], [2, 2]]), Tanh, Pool::None, residual),
        case(
            depthwise([9, 3, 14, 33], [5, 5], [1, 1], [[2, 2], [2, 2]]),
            Relu,
            Pool::None,
            NOTHING,
        ),
        case(
            depthwise([2, 6, 7, 18], [2, 4], [1, 2], [[0, 0], [3, 0]]),
            Identity,
            Pool::None,
            BIAS,
        ),
        case(
            depthwise([2, 7, 9, 3], [3, 3], [1, 1], [[0, 2], [1, 0]]),
            Tanh,
            Pool::Max([2, 2]),
            NORM,
        ),
        case(depthwise([2, 3, 4, 2], [2, 3], [1, 1], [[2, 3], [0, 1]]), Tanh, Pool::None, BIAS),
        case(depthwise([2, 5, 4, 17], [1, 1], [1, 1], [[0, 0], [0, 0]]), Tanh, Pool::None, NORM),
        case(
            depthwise([1, 9, 9, 4], [3, 3], [3, 4], [[1, 0], [0, 0]]),
            Sigmoid,
            Pool::Average([2, 2]),
            NORM,
        ),
    ]
}

impl Data {
    fn of(case: &Case) -> Self {
        let conv = &case.block.conv;
        let filters = conv.filters;
        let out = case.block.output_len();
        let small = 1.0 / (conv.terms() as f32).sqrt();
        let mut weight = numbers(conv.weight_len(), 2);
        weight.iter_mut().for_each(|weight| *weight *= small);
        Self {
            x: numbers(conv.input_len(), 1),
            weight,
            bias: numbers(filters, 3),
            gamma: numbers(filters, 4),
            beta: numbers(filters, 5),
            residual: numbers(out, 6),
            grad: numbers(out, 7),
        }
    }

    fn input(&self, with: With) -> Input<'_> {
        let norm = Norm { gamma: &self.gamma, beta: &self.beta, epsilon: EPSILON };
        Input {
            x: &self.x,
            weight: &self.weight,
            bias: with.bias.then_some(&self.bias),
            norm: with.norm.then_some(norm),
            residual: with.residual.then_some(&self.residual),
        }
    }
}

/// Everything that a block writes.
#[derive(Clone, Debug)]
struct Results {
    y: Vec<f32>,
    evaluated: Vec<f32>,
    mean: Vec<f32>,
    variance: Vec<f32>,
    x: Vec<f32>,
    weight: Vec<f32>,
    bias: Vec<f32>,
    gamma: Vec<f32>,
    beta: Vec<f32>,
    residual: Vec<f32>,
}

impl Results {
    /// Each with its name. What a block does not have is empty.
    fn all(&self) -> [(&'static str, &[f32]); 10] {
        [
            ("y", &self.y),
            ("evaluated", &self.evaluated),
            ("mean", &self.mean),
            ("variance", &self.variance),
            ("x", &self.x),
            ("weight", &self.weight),
            ("bias", &self.bias),
            ("gamma", &self.gamma),
            ("beta", &self.beta),
            ("residual", &self.residual),
        ]
    }
}

/// Trains and evaluates once. The evaluation takes the statistics of the batch.
fn run(isa: Isa, case: &Case, data: &Data) -> Results {
    let Case { block, with } = case;
    let input = data.input(*with);
    let filled = |len: usize, wanted: bool| vec![f32::NAN; if wanted { len } else { 0 }];
    let mut y = filled(block.output_len(), true);
    let saved = train(isa, block, &input, &mut y);
    let (mean, variance) = match saved.statistics() {
        Some(statistics) => (statistics.mean.clone(), statistics.variance.clone()),
        None => (vec![], vec![]),
    };
    let mut evaluated = filled(block.output_len(), true);
    let running = with.norm.then_some(Running { mean: &mean, variance: &variance });
    evaluate(isa, block, &input, running.as_ref(), &mut evaluated);
    let filters = block.conv.filters;
    let mut results = Results {
        x: filled(data.x.len(), true),
        weight: filled(data.weight.len(), true),
        bias: filled(filters, with.bias),
        gamma: filled(filters, with.norm),
        beta: filled(filters, with.norm),
        residual: filled(y.len(), with.residual),
        y,
        evaluated,
        mean,
        variance,
    };
    back(isa, &saved, data, &mut results);
    results
}

fn back(isa: Isa, saved: &Saved, data: &Data, results: &mut Results) {
    let seen = Seen {
        x: &data.x,
        weight: &data.weight,
        gamma: (!results.gamma.is_empty()).then_some(&data.gamma),
        y: &results.y,
        grad: &data.grad,
    };
    fn wanted(values: &mut [f32]) -> Option<&mut [f32]> {
        (!values.is_empty()).then_some(values)
    }
    let into = Gradients {
        x: wanted(&mut results.x),
        weight: wanted(&mut results.weight),
        bias: wanted(&mut results.bias),
        gamma: wanted(&mut results.gamma),
        beta: wanted(&mut results.beta),
        residual: wanted(&mut results.residual),
    };
    gradients(isa, saved, &seen, into);
}

/// The largest difference, over the largest value.
fn error(actual: &[f32], expected: &[f64]) -> f64 {
    assert_eq!(actual.len(), expected.len());
    let largest = expected.iter().fold(1e-30, |largest: f64, value| largest.max(value.abs()));
    let pairs = actual.iter().zip(expected);
    let difference = pairs.map(|(&actual, expected)| (f64::from(actual) - expected).abs());
    difference.fold(0.0, |worst: f64, d| if d.is_nan() { f64::NAN } else { worst.max(d) }) / largest
}
