//! What a second thread gains: the convolution blocks of the CNN and the layers of the MLP that `cargo
//! xtask bench` trains, on one thread and on two. Of many samples the fastest is the one to read: the
//! others shared the machine.

use divan::Bencher;
use fireassay_kernels::Isa;
use fireassay_kernels::conv::{self, Block, Conv, Gradients, Input, Norm, Pool, Seen};
use fireassay_kernels::dense::{self, Dense};

fn main() {
    divan::main();
}

const THREADS: [usize; 2] = [1, 2];

const fn block(size: [usize; 2], channels: usize, filters: usize) -> Block {
    let conv = Conv {
        images: 64,
        size,
        channels,
        filters,
        kernel: [5; 2],
        stride: [1; 2],
        padding: [[0; 2]; 2],
        depthwise: false,
    };
    Block { conv, activation: conv::Activation::Relu, pool: Pool::Max([2, 2]) }
}

const BLOCKS: [Block; 2] = [block([28, 28], 1, 16), block([12, 12], 16, 32)];

fn pool(threads: usize) -> rayon::ThreadPool {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    pool.expect("a pool of threads")
}

#[divan::bench(args = THREADS, consts = [0, 1], sample_count = 300)]
fn conv_block<const BLOCK: usize>(bencher: Bencher<'_, '_>, threads: usize) {
    let (block, isa) = (BLOCKS[BLOCK], Isa::best());
    let conv = &block.conv;
    let [x, weight] = [conv.input_len(), conv.weight_len()].map(|len| vec![0.1; len]);
    let (channels, grad) = (vec![0.5; conv.filters], vec![0.1; block.output_len()]);
    let norm = Norm { gamma: &channels, beta: &channels, epsilon: 1e-5 };
    let bias = Some(&channels[..]);
    let input = Input { x: &x, weight: &weight, bias, norm: Some(norm), residual: None };
    let (mut y, mut dx, mut dweight) = (grad.clone(), x.clone(), weight.clone());
    let pool = pool(threads);
    bencher.bench_local(|| {
        pool.install(|| {
            let saved = conv::forward(isa, &block, &input, &mut y);
            let gamma = Some(&channels[..]);
            let seen = Seen { x: &x, weight: &weight, gamma, y: &y, grad: &grad };
            let (dx, dweight) = (Some(&mut dx[..]), Some(&mut dweight[..]));
            let gradients = Gradients { x: dx, weight: dweight, ..Gradients::default() };
            conv::backward(isa, &saved, &seen, gradients);
        });
    });
}

const LAYERS: [[usize; 3]; 3] = [[64, 784, 256], [64, 256, 128], [512, 512, 512]];

#[divan::bench(args = THREADS, consts = [0, 1, 2], sample_count = 300)]
fn layer<const LAYER: usize>(bencher: Bencher<'_, '_>, threads: usize) {
    let [examples, inputs, outputs] = LAYERS[LAYER];
    let (isa, sizes) = (Isa::best(), Dense { examples, inputs, outputs });
    let [x, w] = [examples * inputs, inputs * outputs].map(|len| vec![0.1f32; len]);
    let mut z = vec![0.1; examples * outputs];
    let (mut dx, mut dw) = (x.clone(), w.clone());
    let pool = pool(threads);
    bencher.bench_local(|| {
        pool.install(|| {
            dense::forward(isa, sizes, &x, (&w, None), &mut z);
            dense::input_gradient(isa, sizes, &z, &w, &mut dx);
            dense::weight_gradient(isa, sizes, (&x, &z), &mut dw, None);
        });
    });
}
