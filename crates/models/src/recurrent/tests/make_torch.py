"""Writes torch.json: what PyTorch 2.9's nn.LSTM, nn.GRU and nn.RNN give, and their gradients.

usage: python make_torch.py

Two layers in both directions read packed sequences from given states. Parameters and inputs are
f32; all that follows from them is computed in double precision.
"""

import json
from pathlib import Path

import torch
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

BATCH, STEPS, FEATURES, HIDDEN, LAYERS, LENGTHS = 3, 4, 2, 3, 2, [4, 1, 3]
CELLS = {
    "Lstm": (torch.nn.LSTM, {}),
    "Gru": (torch.nn.GRU, {}),
    "Tanh": (torch.nn.RNN, {"nonlinearity": "tanh"}),
    "Relu": (torch.nn.RNN, {"nonlinearity": "relu"}),
}


def flat(tensor):
    return [float(f"{value:.9g}") for value in tensor.detach().flatten().tolist()]


def leaf(*shape):
    return torch.randn(*shape).double().requires_grad_()


def case(layer, options, has_cell_state):
    net = layer(FEATURES, HIDDEN, LAYERS, batch_first=True, bidirectional=True, **options).double()
    parameters = dict(net.named_parameters())
    with torch.no_grad():
        for parameter in parameters.values():
            parameter.copy_(parameter.float())
    x, h0, c0 = leaf(BATCH, STEPS, FEATURES), leaf(2 * LAYERS, BATCH, HIDDEN), leaf(2 * LAYERS, BATCH, HIDDEN)
    packed = pack_padded_sequence(x, LENGTHS, batch_first=True, enforce_sorted=False)
    out, last = net(packed, (h0, c0) if has_cell_state else h0)
    out = pad_packed_sequence(out, batch_first=True, total_length=STEPS)[0]
    outputs = {"out": out, "h": last[0], "c": last[1]} if has_cell_state else {"out": out, "h": last}
    leaves = {"x": x, "h0": h0, "c0": c0} if has_cell_state else {"x": x, "h0": h0}
    factors = {name: torch.randn(output.shape).double() for name, output in outputs.items()}
    sum((factors[name] * output).sum() for name, output in outputs.items()).backward()
    return {
        "factors": {name: flat(factor) for name, factor in factors.items()},
        "leaves": {name: flat(value) for name, value in (leaves | parameters).items()},
        "outputs": {name: flat(output) for name, output in outputs.items()},
        "grads": {name: flat(value.grad) for name, value in (leaves | parameters).items()},
    }


torch.manual_seed(0)
cases = {name: case(layer, options, name == "Lstm") for name, (layer, options) in CELLS.items()}
Path(__file__).with_name("torch.json").write_text(json.dumps(cases, separators=(",", ":")) + "\n")
