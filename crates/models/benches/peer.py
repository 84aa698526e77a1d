"""What PyTorch takes for the training steps that `sequence.rs` times, on one thread.

    python3 peer.py

Whole steps: forward, backward, Adam. Run it in turns with the other side of the comparison,
`cargo bench -p fireassay-models --bench sequence`.
"""

import statistics
import time

import torch
import torch.nn.functional as F
from torch import nn

WARM_UP, BATCH, FEATURES, CLASSES = 10, 32, 12, 9
# Name, layer, steps of a sequence, hidden units, training steps.
CASES = [
    ("Lstm", nn.LSTM, 28, 64, 100),
    ("Lstm", nn.LSTM, 100, 128, 30),
    ("Gru", nn.GRU, 28, 64, 100),
    ("Tanh", nn.RNN, 28, 64, 100),
]


class Classifier(nn.Module):
    def __init__(self, layer, hidden):
        super().__init__()
        self.recurrent = layer(FEATURES, hidden, batch_first=True)
        self.head = nn.Linear(hidden, CLASSES)

    def forward(self, x):
        return self.head(self.recurrent(x)[0][:, -1])


def step_ms(model, steps, count):
    optimizer = torch.optim.Adam(model.parameters(), 1e-3)
    inputs, labels = torch.randn(BATCH, steps, FEATURES), torch.arange(BATCH) % CLASSES
    times = []
    for _ in range(WARM_UP + count):
        start = time.perf_counter()
        optimizer.zero_grad()
        F.cross_entropy(model(inputs), labels).backward()
        optimizer.step()
        times.append(1e3 * (time.perf_counter() - start))
    return times[WARM_UP:]


torch.set_num_threads(1)
torch.manual_seed(0)
for name, layer, steps, hidden, count in CASES:
    times = step_ms(Classifier(layer, hidden), steps, count)
    shape = f"{name} {BATCH}x{steps}x{FEATURES} to {hidden}"
    print(f"{shape}  median {statistics.median(times):.2f} ms, fastest {min(times):.2f} ms, torch {torch.__version__}")
