//! Small networks of all operations in random order: gradients of both forms against those of the
//! composed one in f64, and these against differences of the loss.

use burn::module::{Param, RunningState};
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::{BatchNorm, BatchNormConfig, GroupNormConfig, LayerNormConfig, PaddingConfig2d};
use burn::tensor::{DType, Device, Int, Tensor, TensorData};
use fireassay_kernels::activation::Activation;
use fireassay_kernels::conv::Pool;
use fireassay_spec::Kernels;
use proptest::prelude::{ProptestConfig, any, prop, proptest};
use proptest::test_runner::RngSeed;

use crate::testing::numbers;
use crate::{
    ConvBlock, Dense, Shortcut, activate, batch_norm, conv_block, cross_entropy, dense,
    global_average, group_norm, layer_norm, pool, shortcut, squared_error,
};

const BATCH: usize = 3;
const CLASSES: usize = 4;
/// How far parameters are moved, in f64.
const STEP: f64 = 1e-6;

/// Makes parameters, always the same ones in the same order.
struct Params {
    device: Device,
    dtype: DType,
    /// How far each is moved along its direction.
    moved: f64,
    leaves: Vec<Leaf>,
}

enum Leaf {
    Vector(Tensor<1>),
    Matrix(Tensor<2>),
    Maps(Tensor<4>),
}

fn direction(len: usize, seed: u32) -> Vec<f64> {
    numbers(len, 1000 + seed).into_iter().map(f64::from).collect()
}

impl Params {
    fn of<const D: usize>(&mut self, shape: [usize; D], center: f64) -> Tensor<D> {
        let seed = self.leaves.len() as u32 + 1;
        let len = shape.iter().product();
        let values = numbers(len, seed).into_iter().zip(direction(len, seed));
        let values: Vec<f64> = values
            .map(|(value, toward)| center + 0.5 * f64::from(value) + self.moved * toward)
            .collect();
        let data = TensorData::new(values, shape);
        Tensor::from_data(data, (&self.device, self.dtype)).require_grad()
    }

    fn vector(&mut self, len: usize, center: f64) -> Param<Tensor<1>> {
        let param = Param::from_tensor(self.of([len], center));
        self.leaves.push(Leaf::Vector(param.val()));
        param
    }

    fn matrix(&mut self, shape: [usize; 2]) -> Tensor<2> {
        let tensor = self.of(shape, 0.0);
        self.leaves.push(Leaf::Matrix(tensor.clone()));
        tensor
    }

    fn maps(&mut self, shape: [usize; 4]) -> Tensor<4> {
        let tensor = self.of(shape, 0.0);
        self.leaves.push(Leaf::Maps(tensor.clone()));
        tensor
    }

    /// Dense or depthwise, with zeros on both sides, or below and at the right only.
    fn conv(&mut self, channels: usize, filters: usize, word: u32) -> Conv2d {
        let side = [1, 3][bit(word, 4)];
        let (pad, groups) = (side / 2, if filters == channels { channels } else { 1 });
        let before = if bit(word, 20) == 1 { 0 } else { pad };
        let behind = 2 * pad - before;
        let mut conv = Conv2dConfig::new([channels, filters], [side; 2])
            .with_stride([1 + bit(word, 5); 2])
            .with_padding(PaddingConfig2d::Explicit(before, before, behind, behind))
            .with_groups(groups)
            .init(&self.device);
        conv.weight = Param::from_tensor(self.maps([filters, channels / groups, side, side]));
        conv.bias = (bit(word, 6) == 1).then(|| self.vector(filters, 0.0));
        conv
    }

    fn batch_norm(&mut self, channels: usize) -> BatchNorm {
        let mut norm = BatchNormConfig::new(channels).init(&self.device);
        norm.gamma = self.vector(channels, 1.0);
        norm.beta = self.vector(channels, 0.0);
        let state = |value| Tensor::full([channels], value, (&self.device, self.dtype));
        norm.running_mean = RunningState::new(state(0.0));
        norm.running_var = RunningState::new(state(1.0));
        norm
    }
}

fn bit(word: u32, place: u32) -> usize {
    ((word >> place) & 1) as usize
}

fn activation(word: u32) -> Activation {
    Activation::ALL[(word >> 8) as usize % Activation::ALL.len()]
}

fn pool_of(word: u32, size: [usize; 2]) -> Pool {
    match (word >> 12) % 3 {
        _ if size.contains(&1) => Pool::None,
        0 => Pool::None,
        1 => Pool::Max([2, 2]),
        _ => Pool::Average([2, 2]),
    }
}

/// One layer of maps, as the bits of `word` say.
fn maps_layer(kernels: Kernels, params: &mut Params, word: u32, x: Tensor<4>) -> Tensor<4> {
    let channels = x.dims()[1];
    let filters = 2 + (word >> 16) as usize % 7;
    match word % 5 {
        0 | 1 => {
            let filters = if bit(word, 21) == 1 { channels } else { filters };
            let conv = params.conv(channels, filters, word);
            let norm = (bit(word, 7) == 1).then(|| params.batch_norm(filters));
            let has_residual = word % 5 == 1;
            let [batch, _, height, width] = x.dims();
            let size = [height, width].map(|side| side.div_ceil(conv.stride[0]));
            let residual = has_residual.then(|| params.maps([batch, filters, size[0], size[1]]));
            let pool = if has_residual { Pool::None } else { pool_of(word, size) };
            let block = ConvBlock {
                conv: &conv,
                norm: norm.as_ref(),
                residual: residual.as_ref(),
                activation: activation(word),
                pool,
            };
            conv_block(kernels, x, block)
        }
        2 => {
            let groups = if channels.is_multiple_of(2) { 2 } else { 1 };
            let mut norm = GroupNormConfig::new(groups, channels).init(&params.device);
            norm.gamma = Some(params.vector(channels, 1.0));
            norm.beta = Some(params.vector(channels, 0.0));
            let x = group_norm(kernels, x, &norm, activation(word));
            let [.., height, width] = x.dims();
            let windows = pool_of(word, [height, width]);
            pool(kernels, windows, x)
        }
        3 => {
            let kind = Shortcut { stride: 1 + bit(word, 5), channels: channels + filters };
            shortcut(kernels, kind, x)
        }
        _ => {
            let [.., height, width] = x.dims();
            let windows = pool_of(word, [height, width]);
            activate(kernels, activation(word), pool(kernels, windows, x))
        }
    }
}

/// One layer of vectors.
fn vectors_layer(kernels: Kernels, params: &mut Params, word: u32, x: Tensor<2>) -> Tensor<2> {
    let (inputs, outputs) = (x.dims()[1], 3 + (word >> 16) as usize % 17);
    match word % 3 {
        0 => {
            let w = params.matrix([inputs, outputs]);
            let bias = params.vector(outputs, 0.0).val();
            dense(kernels, x, (w, bias), Dense { activation: activation(word), mask: None })
        }
        1 => {
            let norm = params.batch_norm(inputs);
            batch_norm(kernels, x, &norm, activation(word))
        }
        _ => {
            let mut norm = LayerNormConfig::new(inputs).with_epsilon(1e-5).init(&params.device);
            norm.gamma = params.vector(inputs, 1.0);
            norm.beta = Some(params.vector(inputs, 0.0));
            layer_norm(kernels, x, (&norm, 1e-5), activation(word))
        }
    }
}

/// The loss of a network, and its parameters; the input is the first of them.
fn network(
    kernels: Kernels,
    (dtype, moved): (DType, f64),
    maps: &[u32],
    vectors: &[u32],
) -> (Tensor<1>, Vec<Leaf>) {
    let device = Device::flex().autodiff();
    let mut params = Params { device: device.clone(), dtype, moved, leaves: Vec::new() };
    let x = params.maps([BATCH, 3, 6, 5]);
    let x = maps.iter().fold(x, |x, &word| maps_layer(kernels, &mut params, word, x));
    let x = match maps.first() {
        Some(word) if word % 2 == 1 => global_average(kernels, x),
        _ => x.flatten(1, 3),
    };
    let x = vectors.iter().fold(x, |x, &word| vectors_layer(kernels, &mut params, word, x));
    let w = params.matrix([x.dims()[1], CLASSES]);
    let bias = params.vector(CLASSES, 0.0).val();
    let head = Dense { activation: Activation::Identity, mask: None };
    let logits = dense(kernels, x, (w, bias), head);
    let loss = if vectors.len() == 1 {
        let target = TensorData::new(vec![0.5f64; BATCH * CLASSES], [BATCH, CLASSES]);
        squared_error(kernels, logits, Tensor::from_data(target, (&device, dtype)))
    } else {
        let labels = TensorData::new(vec![0i32, 3, 1], [BATCH]);
        cross_entropy(kernels, logits, Tensor::<1, Int>::from_data(labels, &device))
    };
    (loss, params.leaves)
}

/// Gradients of all parameters, one list each.
fn gradients(kernels: Kernels, dtype: DType, maps: &[u32], vectors: &[u32]) -> Vec<Vec<f64>> {
    let (loss, leaves) = network(kernels, (dtype, 0.0), maps, vectors);
    let mut grads = loss.backward();
    let gradient = |leaf: &Leaf| match leaf {
        Leaf::Vector(leaf) => leaf.grad_remove(&mut grads).map(|grad| grad.into_data()),
        Leaf::Matrix(leaf) => leaf.grad_remove(&mut grads).map(|grad| grad.into_data()),
        Leaf::Maps(leaf) => leaf.grad_remove(&mut grads).map(|grad| grad.into_data()),
    };
    let grads: Vec<TensorData> =
        leaves.iter().map(gradient).map(|grad| grad.expect("a gradient")).collect();
    grads.into_iter().map(|grad| grad.iter::<f64>().collect()).collect()
}

fn loss_in_f64(moved: f64, maps: &[u32], vectors: &[u32]) -> f64 {
    let (loss, _) = network(Kernels::Off, (DType::F64, moved), maps, vectors);
    loss.into_data().try_to_vec::<f64>().expect("f64 values")[0]
}

fn largest(values: impl Iterator<Item = f64>) -> f64 {
    values.fold(0.0, |size, x| size.max(x.abs()))
}

/// What f32 makes of a gradient depends on the network: a norm over a batch of three that hardly
/// differ multiplies rounding by hundreds. So both forms are held against f64, and the fused one may
/// be off by little more than the composed one.
fn check(maps: &[u32], vectors: &[u32]) {
    let exact = gradients(Kernels::Off, DType::F64, maps, vectors);
    let [composed, fused, again] = [Kernels::Off, Kernels::On, Kernels::On]
        .map(|kernels| gradients(kernels, DType::F32, maps, vectors));
    assert_eq!(fused, again, "another result the second time");
    let apart = |found: &[Vec<f64>]| -> f64 {
        let pairs = found.iter().flatten().zip(exact.iter().flatten());
        largest(pairs.map(|(found, exact)| found - exact))
    };
    let size = largest(exact.iter().flatten().copied());
    let bound = 4.0 * apart(&composed) + 2e-6 * size;
    let off = apart(&fused);
    assert!(off <= bound, "off by {off}, may be by {bound}, of {size}");
    assert!(bound <= 1e-3 * size.max(0.1), "too coarse a bound: {bound} of {size}");
    let rise = loss_in_f64(STEP, maps, vectors) - loss_in_f64(-STEP, maps, vectors);
    let (mut along, mut length) = (0.0, 0.0);
    for (seed, gradient) in (1..).zip(&exact) {
        for (slope, toward) in gradient.iter().zip(direction(gradient.len(), seed)) {
            along += slope * toward;
            length += (slope * toward).abs();
        }
    }
    let slope = rise / (2.0 * STEP);
    assert!((along - slope).abs() <= 1e-5 * (0.01 + length), "{along}, by difference {slope}");
}

proptest! {
    // Always the same networks: bounds on rounding would not hold for one in a million.
    #![proptest_config(ProptestConfig {
        cases: 60,
        rng_seed: RngSeed::Fixed(1),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn gradients_of_any_network_are_those_of_its_composed_form_and_of_differences(
        maps in prop::collection::vec(any::<u32>(), 1..4),
        vectors in prop::collection::vec(any::<u32>(), 0..3),
    ) {
        check(&maps, &vectors);
    }
}
