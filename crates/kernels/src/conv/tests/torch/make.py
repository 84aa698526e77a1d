"""Blocks in training on PyTorch 2.9, for `torch.rs`. Writes `blocks.txt` beside this script.

A case begins with a line of shape; then a line a tensor: its name and its values. Images are
channels last, weights [out][in][row][column].
"""

import os

import torch
import torch.nn.functional as F

torch.manual_seed(5)
CASES = [
    # images, height, width, channels, filters, kernel, stride, padding, activation, pool, residual
    (2, 6, 7, 2, 5, 3, 1, 1, "relu", "max", 0),
    (2, 5, 5, 3, 17, 3, 2, 1, "relu", "none", 1),
    (2, 6, 7, 3, 4, 5, 1, 2, "tanh", "average", 0),
]
ACTIVATIONS = {"relu": torch.relu, "tanh": torch.tanh}
POOLS = {
    "none": lambda y: y,
    "max": lambda y: F.max_pool2d(y, 2),
    "average": lambda y: F.avg_pool2d(y, 2),
}


def last(tensor):
    return tensor.permute(0, 2, 3, 1) if tensor.dim() == 4 else tensor


def line(name, tensor):
    values = tensor.detach().contiguous().flatten().tolist()
    return " ".join([name, *(f"{value:.8g}" for value in values)]) + "\n"


with open(os.path.join(os.path.dirname(__file__), "blocks.txt"), "w") as out:
    for case in CASES:
        n, h, w, c, f, k, s, p, activation, pool, has_residual = case
        x = torch.randn(n, c, h, w, requires_grad=True)
        weight = (torch.randn(f, c, k, k) / (c * k * k) ** 0.5).requires_grad_()
        bias, gamma, beta = (torch.randn(f, requires_grad=True) for _ in range(3))
        z = F.conv2d(x, weight, bias, s, p)
        residual = torch.randn_like(z, requires_grad=True)
        t = F.batch_norm(z, None, None, gamma, beta, training=True, eps=1e-3)
        y = POOLS[pool](ACTIVATIONS[activation](t + residual if has_residual else t))
        grad = torch.randn_like(y)
        y.backward(grad)
        out.write("case " + " ".join(map(str, case)) + "\n")
        for name, tensor in [("x", last(x)), ("weight", weight), ("bias", bias)]:
            out.write(line(name, tensor))
        for name, tensor in [("gamma", gamma), ("beta", beta), ("grad", last(grad))]:
            out.write(line(name, tensor))
        out.write(line("y", last(y)))
        out.write(line("mean", z.mean((0, 2, 3))))
        out.write(line("variance", z.var((0, 2, 3), unbiased=False)))
        out.write(line("dx", last(x.grad)))
        for name, tensor in [("dweight", weight), ("dgamma", gamma), ("dbeta", beta)]:
            out.write(line(name, tensor.grad))
        if has_residual:
            out.write(line("residual", last(residual)))
            out.write(line("dresidual", last(residual.grad)))
