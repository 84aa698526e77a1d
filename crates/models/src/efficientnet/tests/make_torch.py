"""Reference values for efficientnet/tests.rs, from PyTorch on the CPU.

    pip install torch==2.9.1
    python make_torch.py > torch.json

A small net of inverted bottlenecks, in f64: its features in training, the gradients of their sum
times given factors, running statistics after that, and features in evaluation. Its maps have odd and
even sides where strides are 2, and its norms are wide enough that ReLU6 cuts at both ends.

Running variances are the biased ones (Burn's rule; PyTorch's own are unbiased), so they are
computed here from the batch.
"""

import json
import math

import torch
import torch.nn.functional as F

torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)

CHANNELS, SIZE, BATCH = 3, (13, 10), 3
STEM, TOP = 4, 6
# Inputs, inner, outputs, kernel, stride.
BOTTLENECKS = [(4, 4, 3, 3, 1), (3, 18, 5, 5, 2), (5, 30, 5, 3, 1), (5, 30, 4, 3, 2)]
MOMENTUM, EPSILON = 0.01, 1e-3

params, buffers, cut = {}, {}, set()


def fill(shape, start, scale):
    """Values without symmetry: scale * sin of an irrational walk. Each is an f32."""
    n = math.prod(shape)
    values = [scale * math.sin(start + 1.7320508 * i + 0.01 * i * i) for i in range(n)]
    return torch.tensor(values).float().double().reshape(shape)


def param(path, shape, scale, offset=0.0):
    if path not in params:
        params[path] = (fill(shape, len(params) + 1.0, scale) + offset).float().double()
        params[path].requires_grad_(True)
    return params[path]


def same(size, kernel, stride):
    """TensorFlow's padding."""
    zeros = max((math.ceil(size / stride) - 1) * stride + kernel - size, 0)
    return zeros // 2, zeros - zeros // 2


def conv_norm(path, x, outputs, kernel, stride, train, groups=1):
    inputs = x.shape[1] // groups
    weight = param(f"{path}.conv.weight", [outputs, inputs, kernel, kernel], 0.5)
    gamma = param(f"{path}.norm.gamma", [outputs], 1.0, 3.0)
    beta = param(f"{path}.norm.beta", [outputs], 1.0, 0.5)
    top, bottom = same(x.shape[2], kernel, stride)
    left, right = same(x.shape[3], kernel, stride)
    x = F.conv2d(F.pad(x, (left, right, top, bottom)), weight, stride=stride, groups=groups)
    names = f"{path}.norm.running_mean", f"{path}.norm.running_var"
    mean = buffers.setdefault(names[0], torch.zeros(outputs))
    var = buffers.setdefault(names[1], torch.ones(outputs))
    if not train:
        return F.batch_norm(x, mean, var, gamma, beta, False, eps=EPSILON)
    with torch.no_grad():
        of_batch = x.mean([0, 2, 3]), x.var([0, 2, 3], unbiased=False)
        buffers[names[0]] = (1 - MOMENTUM) * mean + MOMENTUM * of_batch[0]
        buffers[names[1]] = (1 - MOMENTUM) * var + MOMENTUM * of_batch[1]
    return F.batch_norm(x, None, None, gamma, beta, True, eps=EPSILON)


def relu6(x):
    cut.update(["above"] if (x > 6).any() else [], ["below"] if (x < 0).any() else [])
    return F.relu6(x)


def features(x, train):
    x = relu6(conv_norm("stem", x, STEM, 3, 2, train))
    for i, (inputs, inner, outputs, kernel, stride) in enumerate(BOTTLENECKS):
        y = x
        if inner != inputs:
            y = relu6(conv_norm(f"blocks.{i}.expand", y, inner, 1, 1, train))
        y = relu6(conv_norm(f"blocks.{i}.depthwise", y, inner, kernel, stride, train, groups=inner))
        y = conv_norm(f"blocks.{i}.project", y, outputs, 1, 1, train)
        x = x + y if stride == 1 and inputs == outputs else y
    return relu6(conv_norm("top", x, TOP, 1, 1, train)).mean([2, 3])


def told(tensors):
    def one(tensor):
        values = [float(f"{value:.9g}") for value in tensor.detach().flatten().tolist()]
        return {"shape": list(tensor.shape), "values": values}

    return {name: one(tensor) for name, tensor in tensors.items()}


def main():
    x = fill([BATCH, CHANNELS, *SIZE], 0.5, 1.0).requires_grad_(True)
    factors = fill([BATCH, TOP], 0.25, 1.0)
    trained = features(x, True)
    initial = {name: tensor.clone() for name, tensor in params.items()}
    (trained * factors).sum().backward()
    assert cut == {"above", "below"}
    grads = {name: tensor.grad for name, tensor in params.items()} | {"input": x.grad}
    evaluated = features(x, False)
    tensors = {"input": x, "factors": factors, "trained": trained, "evaluated": evaluated}
    print(json.dumps({
        "tensors": told(tensors), "params": told(initial), "grads": told(grads),
        "buffers": told(buffers),
    }))


main()
