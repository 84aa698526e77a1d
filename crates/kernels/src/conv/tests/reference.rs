//! The plain form, in f64 and one loop per axis.

use super::super::{Activation, Pool};
use super::{Case, Data, EPSILON};

/// A block's numbers in f64.
#[derive(Clone)]
pub(super) struct Wide {
    pub(super) x: Vec<f64>,
    pub(super) weight: Vec<f64>,
    pub(super) bias: Vec<f64>,
    pub(super) gamma: Vec<f64>,
    pub(super) beta: Vec<f64>,
    pub(super) residual: Vec<f64>,
}

impl Wide {
    pub(super) fn of(data: &Data) -> Self {
        let wide = |values: &[f32]| values.iter().map(|&value| f64::from(value)).collect();
        Self {
            x: wide(&data.x),
            weight: wide(&data.weight),
            bias: wide(&data.bias),
            gamma: wide(&data.gamma),
            beta: wide(&data.beta),
            residual: wide(&data.residual),
        }
    }
}

/// The output of a block in training.
pub(super) fn output(case: &Case, data: &Wide) -> Vec<f64> {
    let mut z = sums(case, data);
    if case.with.norm {
        let (mean, variance) = statistics(case, data);
        let filters = case.block.conv.filters;
        for (i, z) in z.iter_mut().enumerate() {
            let channel = i % filters;
            let normed = (*z - mean[channel]) / (variance[channel] + EPSILON).sqrt();
            *z = normed * data.gamma[channel] + data.beta[channel];
        }
    }
    if case.with.residual {
        z.iter_mut().zip(&data.residual).for_each(|(z, residual)| *z += residual);
    }
    let activated: Vec<f64> = z.into_iter().map(|z| activation(case, z)).collect();
    pool(case, &activated)
}

/// The mean and the mean squared deviation of each channel.
pub(super) fn statistics(case: &Case, data: &Wide) -> (Vec<f64>, Vec<f64>) {
    let filters = case.block.conv.filters;
    let z = sums(case, data);
    let count = (z.len() / filters) as f64;
    let of = |channel: usize| z.iter().skip(channel).step_by(filters);
    let mean: Vec<f64> = (0..filters).map(|c| of(c).sum::<f64>() / count).collect();
    let square = |c: usize| of(c).map(|z| (z - mean[c]).powi(2)).sum::<f64>() / count;
    let variance = (0..filters).map(square).collect();
    (mean, variance)
}

fn sums(case: &Case, data: &Wide) -> Vec<f64> {
    let conv = &case.block.conv;
    let [height, width] = conv.size;
    let [out_height, out_width] = conv.output();
    let inside =
        |at: usize, padding: usize, size: usize| at.checked_sub(padding).filter(|&at| at < size);
    let mut z = vec![];
    for image in 0..conv.images {
        for (y, x) in (0..out_height).flat_map(|y| (0..out_width).map(move |x| (y, x))) {
            for filter in 0..conv.filters {
                let mut sum = if case.with.bias { data.bias[filter] } else { 0.0 };
                let alone = filter..filter + 1;
                let channels = if conv.depthwise { alone } else { 0..conv.channels };
                for channel in channels {
                    for down in 0..conv.kernel[0] {
                        for right in 0..conv.kernel[1] {
                            let row = inside(y * conv.stride[0] + down, conv.padding[0][0], height);
                            let column =
                                inside(x * conv.stride[1] + right, conv.padding[1][0], width);
                            let (Some(row), Some(column)) = (row, column) else { continue };
                            let from = ((image * height + row) * width + column) * conv.channels;
                            let place = if conv.depthwise { 0 } else { channel };
                            let weight = filter * conv.depth() + place;
                            let weight = (weight * conv.kernel[0] + down) * conv.kernel[1] + right;
                            sum += data.x[from + channel] * data.weight[weight];
                        }
                    }
                }
                z.push(sum);
            }
        }
    }
    z
}

/// NaN if there is one.
fn largest(a: f64, b: f64) -> f64 {
    if b.is_nan() || b > a { b } else { a }
}

fn activation(case: &Case, z: f64) -> f64 {
    match case.block.activation {
        Activation::Identity => z,
        Activation::Relu | Activation::Relu6 if z.is_nan() => z,
        Activation::Relu => z.max(0.0),
        Activation::Relu6 => z.clamp(0.0, 6.0),
        Activation::Sigmoid => 1.0 / (1.0 + (-z).exp()),
        Activation::Tanh => z.tanh(),
    }
}

fn pool(case: &Case, values: &[f64]) -> Vec<f64> {
    let (Pool::Max(window) | Pool::Average(window)) = case.block.pool else {
        return values.to_vec();
    };
    let conv = &case.block.conv;
    let ([height, width], filters) = (conv.output(), conv.filters);
    let mut out = vec![];
    for image in 0..conv.images {
        for (y, x) in
            (0..height / window[0]).flat_map(|y| (0..width / window[1]).map(move |x| (y, x)))
        {
            for filter in 0..filters {
                let places = (0..window[0] * window[1]).map(|place| {
                    let row = y * window[0] + place / window[1];
                    let column = x * window[1] + place % window[1];
                    values[((image * height + row) * width + column) * filters + filter]
                });
                out.push(match case.block.pool {
                    Pool::Max(_) => places.fold(f64::NEG_INFINITY, largest),
                    _ => places.sum::<f64>() / (window[0] * window[1]) as f64,
                });
            }
        }
    }
    out
}
