"""What PyTorch takes for one training step of a model that `trial steps` times, on one thread.

    python3 steps.py CASE

Whole steps, eager: forward, backward, Adam, on made-up inputs. Prints one line of JSON. `cargo xtask
bench --peer PYTHON` runs it in turns with the other side.
"""

import json
import statistics
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

CLASSES = 10


def cnn(side, padding):
    """1-16-32 filters of 5x5 with batch norm and pooling, then 128-10 with dropout."""
    blocks = [
        layer
        for channels, filters in [(1, 16), (16, 32)]
        for layer in [
            nn.Conv2d(channels, filters, 5, padding=padding),
            nn.BatchNorm2d(filters),
            nn.ReLU(),
            nn.MaxPool2d(2),
        ]
    ]
    head = [nn.Flatten(), nn.LazyLinear(128), nn.ReLU(), nn.Dropout(0.5), nn.Linear(128, CLASSES)]
    return nn.Sequential(*blocks, *head)


def mlp():
    """784-256-128-10."""
    widths = [784, 256, 128]
    hidden = [
        layer for pair in zip(widths, widths[1:]) for layer in [nn.Linear(*pair), nn.ReLU()]
    ]
    return nn.Sequential(nn.Flatten(), *hidden, nn.Linear(widths[-1], CLASSES))


class Residual(nn.Module):
    """Two 3x3 convolutions around a shortcut that drops pixels and adds channels of zeros."""

    def __init__(self, channels, filters):
        super().__init__()
        self.stride = filters // channels
        self.filters = filters
        self.conv1 = nn.Conv2d(channels, filters, 3, self.stride, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(filters)
        self.conv2 = nn.Conv2d(filters, filters, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(filters)

    def forward(self, x):
        y = F.relu(self.norm1(self.conv1(x)))
        y = self.norm2(self.conv2(y))
        if self.stride > 1:
            quarter = self.filters // 4
            x = F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, quarter, quarter))
        return F.relu(y + x)


def resnet20():
    """16-32-64 channels, three blocks each (He et al. 2016, section 4.2)."""
    stem = [nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU()]
    widths = [16, 16, 16, 16, 32, 32, 32, 64, 64, 64]
    blocks = [Residual(*pair) for pair in zip(widths, widths[1:])]
    head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, CLASSES)]
    return nn.Sequential(*stem, *blocks, *head)


class ConvNorm(nn.Module):
    """A convolution with zeros where TensorFlow puts them, and batch norm."""

    def __init__(self, channels, filters, kernel, stride, size, groups=1):
        super().__init__()
        zeros = max((-(-size // stride) - 1) * stride + kernel - size, 0)
        before, behind = zeros // 2, zeros - zeros // 2
        self.pad = (before, behind, before, behind) if before != behind else None
        padding = 0 if self.pad else before
        self.conv = nn.Conv2d(
            channels, filters, kernel, stride, padding, groups=groups, bias=False
        )
        self.norm = nn.BatchNorm2d(filters, eps=1e-3, momentum=0.01)

    def forward(self, x):
        return self.norm(self.conv(F.pad(x, self.pad) if self.pad else x))


class Bottleneck(nn.Module):
    """Narrow, wide, narrow (Sandler et al. 2018)."""

    def __init__(self, channels, expansion, filters, kernel, stride, size):
        super().__init__()
        inner = channels * expansion
        self.expand = ConvNorm(channels, inner, 1, 1, size) if expansion > 1 else None
        self.depthwise = ConvNorm(inner, inner, kernel, stride, size, inner)
        self.project = ConvNorm(inner, filters, 1, 1, size)
        self.adds_input = stride == 1 and channels == filters

    def forward(self, x):
        y = F.relu6(self.expand(x)) if self.expand else x
        y = self.project(F.relu6(self.depthwise(y)))
        return x + y if self.adds_input else y


class Relu6(nn.Module):
    """In a sequence."""

    def forward(self, x):
        return F.relu6(x)


def lite0(size):
    """EfficientNet-Lite0 (Liu 2020)."""
    layers = [ConvNorm(3, 32, 3, 2, size), Relu6()]
    channels, size = 32, -(-size // 2)
    stages = [
        (1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (2, 5, 2, 6, 40), (3, 3, 2, 6, 80),
        (3, 5, 1, 6, 112), (4, 5, 2, 6, 192), (1, 3, 1, 6, 320),
    ]
    for repeats, kernel, first, expansion, filters in stages:
        for repeat in range(repeats):
            stride = first if repeat == 0 else 1
            layers.append(Bottleneck(channels, expansion, filters, kernel, stride, size))
            channels, size = filters, -(-size // stride)
    head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(1280, CLASSES)]
    return nn.Sequential(*layers, ConvNorm(channels, 1280, 1, 1, size), Relu6(), *head)


class Recurrent(nn.Module):
    """The last hidden state of a recurrent layer, and a linear classifier."""

    def __init__(self, layer):
        super().__init__()
        self.layer = layer
        self.head = nn.Linear(layer.hidden_size, CLASSES)

    def forward(self, x):
        outputs, _ = self.layer(x)
        return self.head(outputs[:, -1])


def recurrent(kind, features, hidden):
    return Recurrent(kind(features, hidden, batch_first=True))


# Of each: the model, the shape of a batch, steps.
CASES = {
    "mlp": (mlp, [64, 1, 28, 28], 300),
    "cnn": (lambda: cnn(28, 0), [64, 1, 28, 28], 60),
    "digits-cnn": (lambda: cnn(8, 2), [32, 1, 8, 8], 300),
    "resnet-20": (resnet20, [128, 3, 32, 32], 8),
    "lite0-64": (lambda: lite0(64), [64, 3, 64, 64], 3),
    "lite0-224": (lambda: lite0(224), [16, 3, 224, 224], 2),
    "lstm-64": (lambda: recurrent(nn.LSTM, 12, 64), [32, 28, 12], 300),
    "lstm-128": (lambda: recurrent(nn.LSTM, 12, 128), [32, 100, 12], 40),
    "gru-64": (lambda: recurrent(nn.GRU, 12, 64), [32, 28, 12], 300),
    "rnn-64": (lambda: recurrent(nn.RNN, 12, 64), [32, 28, 12], 300),
}


def step_secs(model, shape, steps):
    inputs, labels = torch.randn(*shape), torch.randint(0, CLASSES, (shape[0],))
    model(inputs)  # gives lazy layers their size
    optimizer = torch.optim.Adam(model.parameters(), 1e-3)
    times = []
    for _ in range(2 * steps):
        start = time.perf_counter()
        optimizer.zero_grad()
        F.cross_entropy(model(inputs), labels).backward()
        optimizer.step()
        times.append(time.perf_counter() - start)
    return times[steps:]


if len(sys.argv) != 2 or sys.argv[1] not in CASES:
    sys.exit(f"usage: python3 steps.py CASE, where CASE is one of {', '.join(CASES)}")
torch.set_num_threads(1)
torch.manual_seed(0)
build, shape, steps = CASES[sys.argv[1]]
times = step_secs(build(), shape, steps)
found = {
    "case": sys.argv[1],
    "median_ms": 1e3 * statistics.median(times),
    "fastest_ms": 1e3 * min(times),
    "version": torch.__version__.partition("+")[0],
}
print(json.dumps(found))
