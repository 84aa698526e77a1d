"""What PyTorch takes for the training steps that `cargo xtask bench` times, on one thread.

    python3 steps.py

Whole steps: forward, backward, Adam. Run it in turns with the other side of the comparison,
`FIREASSAY_KERNELS=on cargo xtask bench`.
"""

import statistics
import time

import torch
import torch.nn.functional as F
from torch import nn

WARM_UP, STEPS = 20, 100


def cnn():
    """1-16-32 filters of 5x5 with batch norm and pooling, 512-128-10 with dropout."""
    blocks = [
        layer
        for channels, filters in [(1, 16), (16, 32)]
        for layer in [nn.Conv2d(channels, filters, 5), nn.BatchNorm2d(filters), nn.ReLU(), nn.MaxPool2d(2)]
    ]
    head = [nn.Flatten(), nn.Linear(512, 128), nn.ReLU(), nn.Dropout(0.5), nn.Linear(128, 10)]
    return nn.Sequential(*blocks, *head)


def mlp():
    """784-256-128-10."""
    return nn.Sequential(
        nn.Flatten(), nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 10)
    )


def step_ms(model):
    optimizer = torch.optim.Adam(model.parameters(), 1e-3)
    inputs, labels = torch.randn(64, 1, 28, 28), torch.randint(0, 10, (64,))
    times = []
    for _ in range(WARM_UP + STEPS):
        start = time.perf_counter()
        optimizer.zero_grad()
        F.cross_entropy(model(inputs), labels).backward()
        optimizer.step()
        times.append(1e3 * (time.perf_counter() - start))
    return times[WARM_UP:]


torch.set_num_threads(1)
torch.manual_seed(0)
for name, model in [("mlp", mlp()), ("cnn", cnn())]:
    times = step_ms(model)
    print(f"{name}  median {statistics.median(times):.2f} ms, fastest {min(times):.2f} ms, torch {torch.__version__}")
