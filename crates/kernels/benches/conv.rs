//! Convolution blocks, forward and backward, at the shapes of the speed table. One thread.

use divan::Bencher;
use divan::counter::ItemsCount;
use fireassay_kernels::Isa;
use fireassay_kernels::conv::{
    Activation, Block, Conv, Gradients, Input, Norm, Pool, Saved, Seen, backward, evaluate, forward,
};

fn main() {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build_global();
    pool.expect("the first pool of threads");
    divan::main();
}

const ISAS: [&str; 2] = ["avx512", "avx2"];

/// A block with batch norm, and whether its input has a gradient.
#[derive(Clone, Copy)]
struct Shape {
    name: &'static str,
    block: Block,
    is_first: bool,
}

const fn conv(x: [usize; 4], filters: usize, kernel: usize, [s, p]: [usize; 2]) -> Conv {
    let [images, height, width, channels] = x;
    Conv {
        images,
        size: [height, width],
        channels,
        filters,
        kernel: [kernel; 2],
        stride: [s; 2],
        padding: [[p; 2]; 2],
        depthwise: false,
    }
}

const fn relu(name: &'static str, conv: Conv, pool: Pool) -> Shape {
    let block = Block { conv, activation: Activation::Relu, pool };
    Shape { name, block, is_first: conv.channels == 1 }
}

const fn depthwise(name: &'static str, x: [usize; 4], kernel: usize, stride: usize) -> Shape {
    let conv = conv(x, x[3], kernel, [stride, kernel / 2]);
    relu(name, Conv { depthwise: true, ..conv }, Pool::None)
}

const MAX: Pool = Pool::Max([2, 2]);

const SHAPES: [Shape; 17] = [
    relu("cnn-1", conv([64, 28, 28, 1], 16, 5, [1, 0]), MAX),
    relu("cnn-2", conv([64, 12, 12, 16], 32, 5, [1, 0]), MAX),
    relu("resnet-16", conv([64, 32, 32, 16], 16, 3, [1, 1]), Pool::None),
    relu("resnet-16-32", conv([64, 32, 32, 16], 32, 3, [2, 1]), Pool::None),
    relu("resnet-16-32-short", conv([64, 32, 32, 16], 32, 1, [2, 0]), Pool::None),
    relu("resnet-32", conv([64, 16, 16, 32], 32, 3, [1, 1]), Pool::None),
    relu("resnet-32-64", conv([64, 16, 16, 32], 64, 3, [2, 1]), Pool::None),
    relu("resnet-64", conv([64, 8, 8, 64], 64, 3, [1, 1]), Pool::None),
    relu("rgb", conv([64, 32, 32, 3], 16, 3, [1, 1]), Pool::None),
    relu("digits-1", conv([32, 8, 8, 1], 8, 3, [1, 1]), Pool::None),
    relu("digits-2", conv([32, 8, 8, 8], 16, 3, [1, 1]), MAX),
    relu("digits-3", conv([32, 4, 4, 16], 32, 3, [1, 1]), Pool::None),
    relu("digits-4", conv([32, 4, 4, 32], 32, 3, [1, 1]), MAX),
    relu("lenet", conv([64, 28, 28, 1], 6, 5, [1, 2]), Pool::Average([2, 2])),
    depthwise("depthwise-112", [4, 112, 112, 96], 3, 2),
    depthwise("depthwise-28", [16, 28, 28, 240], 5, 1),
    depthwise("depthwise-7", [16, 7, 7, 1152], 3, 1),
];

impl std::fmt::Display for Shape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

struct Data {
    isa: Isa,
    block: Block,
    x: Vec<f32>,
    weight: Vec<f32>,
    channels: Vec<f32>,
    y: Vec<f32>,
    grad: Vec<f32>,
}

impl Data {
    fn new(isa: Isa, block: Block) -> Self {
        let numbers = |len: usize| (0..len as u32).map(number).collect();
        Self {
            isa,
            block,
            x: numbers(block.conv.input_len()),
            weight: numbers(block.conv.weight_len()),
            channels: vec![1.0; block.conv.filters],
            y: vec![0.0; block.output_len()],
            grad: numbers(block.output_len()),
        }
    }

    /// Multiply-adds of the convolution.
    fn products(&self) -> usize {
        let [height, width] = self.block.conv.output();
        self.block.conv.images * height * width * self.block.conv.weight_len()
    }

    fn forward(&mut self) -> Saved {
        let channels = &self.channels;
        let norm = Norm { gamma: channels, beta: channels, epsilon: 1e-5 };
        let (x, weight) = (&self.x, &self.weight);
        let input = Input { x, weight, bias: Some(channels), norm: Some(norm), residual: None };
        forward(self.isa, &self.block, &input, &mut self.y)
    }
}

/// Without structure, from -1 to 1.
fn number(i: u32) -> f32 {
    let mixed = i.wrapping_mul(2_654_435_761) ^ 0x1234_5678;
    (mixed.wrapping_mul(0x9E37_79B1) >> 8) as f32 / 8_388_608.0 - 1.0
}

#[divan::bench(args = SHAPES, consts = [0, 1])]
fn train_forward<const ISA: usize>(bencher: Bencher<'_, '_>, shape: Shape) {
    let Some(isa) = Isa::named(ISAS[ISA]) else { return };
    let mut data = Data::new(isa, shape.block);
    bencher.counter(ItemsCount::new(data.products())).bench_local(|| data.forward());
}

#[divan::bench(args = SHAPES, consts = [0, 1])]
fn train_backward<const ISA: usize>(bencher: Bencher<'_, '_>, shape: Shape) {
    let Some(isa) = Isa::named(ISAS[ISA]) else { return };
    let mut data = Data::new(isa, shape.block);
    let saved = data.forward();
    let mut x = vec![0.0; data.x.len()];
    let mut weight = vec![0.0; data.weight.len()];
    let [mut bias, mut gamma, mut beta] = [(); 3].map(|()| data.channels.clone());
    let products = data.products() * if shape.is_first { 1 } else { 2 };
    bencher.counter(ItemsCount::new(products)).bench_local(|| {
        let seen = Seen {
            x: &data.x,
            weight: &data.weight,
            gamma: Some(&data.channels),
            y: &data.y,
            grad: &data.grad,
        };
        let gradients = Gradients {
            x: (!shape.is_first).then_some(&mut x),
            weight: Some(&mut weight),
            bias: Some(&mut bias),
            gamma: Some(&mut gamma),
            beta: Some(&mut beta),
            residual: None,
        };
        backward(isa, &saved, &seen, gradients);
    });
}

#[divan::bench(args = SHAPES)]
fn without_norm(bencher: Bencher<'_, '_>, shape: Shape) {
    let mut data = Data::new(Isa::best(), shape.block);
    let products = data.products();
    bencher.counter(ItemsCount::new(products)).bench_local(|| {
        let (x, weight, bias) = (&data.x, &data.weight, Some(&data.channels[..]));
        let input = Input { x, weight, bias, norm: None, residual: None };
        evaluate(data.isa, &data.block, &input, None, &mut data.y);
    });
}
