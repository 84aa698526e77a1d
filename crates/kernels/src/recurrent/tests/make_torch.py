"""Writes torch.txt: outputs and gradients of PyTorch 2.9's recurrent layers in double precision.

usage: python make_torch.py > torch.txt

The numbers that go in are made by the same function as in ../tests.rs. Lengths are those of packed
sequences, and a reversed layer is the second direction of a bidirectional one.
"""
import numpy as np
import torch
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

BATCH, STEPS, FEATURES, HIDDEN, LENGTHS = 3, 4, 3, 5, [2, 4, 3]
LAYERS = {
    "Lstm": (torch.nn.LSTM, 4, {}),
    "Gru": (torch.nn.GRU, 3, {}),
    "Tanh": (torch.nn.RNN, 1, {"nonlinearity": "tanh"}),
    "Relu": (torch.nn.RNN, 1, {"nonlinearity": "relu"}),
}


def numbers(shape, seed):
    i = np.arange(np.prod(shape), dtype=np.uint64)
    x = i * 0x9E3779B9 + seed * 0x85EBCA6B & 0xFFFFFFFF
    x = (x ^ x >> 16) * 0x7FEB352D & 0xFFFFFFFF
    x = (x ^ x >> 15) * 0x846CA68B & 0xFFFFFFFF
    return torch.tensor(((x ^ x >> 16) >> 8).reshape(shape) / 8388608.0 - 1.0, requires_grad=True)


for name, (layer, gates, options) in LAYERS.items():
    for direction in ["Forward", "Reverse"]:
        suffix, index = ("", 0) if direction == "Forward" else ("_reverse", 1)
        net = layer(FEATURES, HIDDEN, batch_first=True, bidirectional=index == 1, **options).double()
        rows, state = gates * HIDDEN, (BATCH, HIDDEN)
        parameters = {"weight_ih": ((rows, FEATURES), 4), "weight_hh": ((rows, HIDDEN), 5),
                      "bias_ih": ((rows,), 6), "bias_hh": ((rows,), 7)}
        with torch.no_grad():
            for key, (shape, seed) in parameters.items():
                getattr(net, f"{key}_l0{suffix}").copy_(numbers(shape, seed) * (0.25 if key == "weight_hh" else 1))
        x, h0, c0 = numbers((BATCH, STEPS, FEATURES), 1), numbers(state, 2), numbers(state, 3)
        stacked = [torch.stack([s] * (index + 1)) for s in (h0, c0)]
        packed = pack_padded_sequence(x, LENGTHS, batch_first=True, enforce_sorted=False)
        out, final = net(packed, tuple(stacked) if name == "Lstm" else stacked[0])
        out = pad_packed_sequence(out, batch_first=True, total_length=STEPS)[0]
        out = out[..., index * HIDDEN:]
        h, c = final if name == "Lstm" else (final, None)
        loss = (out * numbers((BATCH, STEPS, HIDDEN), 8)).sum() + (h[index] * numbers(state, 9)).sum()
        if name == "Lstm":
            loss = loss + (c[index] * numbers(state, 10)).sum()
        loss.backward()
        values = {"all": out, "h": h[index], "input": x.grad, "h0": h0.grad}
        if name == "Lstm":
            values |= {"c": c[index], "c0": c0.grad}
        for key, short in zip(parameters, ["w_ih", "w_hh", "b_ih", "b_hh"]):
            values[short] = getattr(net, f"{key}_l0{suffix}").grad
        for key, value in values.items():
            print(name, direction, key, *(f"{v:.9g}" for v in value.flatten().tolist()))
