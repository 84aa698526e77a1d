//! A batch norm that goes by stored statistics, folded into the convolution before it.
//!
//! gamma (conv(x) - mean) / deviation + beta is a convolution with other weights and another bias
//! (Jacob et al. 2018, section 3.2). Those are small tensors, made by Burn's own operations, so
//! gradients reach weights, bias, scale and shift through them, and the block itself stays one
//! operation.

use burn::module::{Param, ParamId};
use burn::nn::BatchNorm;
use burn::nn::conv::Conv2d;
use burn::tensor::Tensor;

/// The convolution that does what both do.
pub(crate) fn folded(conv: &Conv2d, norm: &BatchNorm) -> Conv2d {
    let device = conv.weight.device();
    let [mean, variance] = [&norm.running_mean, &norm.running_var]
        .map(|state| state.value().detach().to_device(&device));
    let scale = norm.gamma.val() / (variance + norm.epsilon).sqrt(); // [filters]
    let [filters, ..] = conv.weight.dims();
    let weight: Tensor<4> = conv.weight.val() * scale.clone().reshape([filters, 1, 1, 1]);
    let shifted = match &conv.bias {
        Some(bias) => bias.val() - mean,
        None => -mean,
    };
    let bias = shifted * scale + norm.beta.val();
    Conv2d {
        weight: Param::initialized(ParamId::new(), weight),
        bias: Some(Param::initialized(ParamId::new(), bias)),
        ..conv.clone()
    }
}

/// Whether a norm goes by stored statistics among layers in training.
pub(crate) fn is_fixed(norm: Option<&BatchNorm>) -> bool {
    norm.is_some_and(|norm| !norm.training.is_enabled())
}
