"""The files in files/ and what is in them, by PyTorch.

    pip install torch==2.9.0 numpy safetensors
    python make_files.py

Legacy files name their storages by addresses, so their bytes differ from run to run; what is in them
does not. `reference.json` holds, for each file, what torch.load finds: which part of it, the prefix of
its names, every tensor of floats as 32-bit floats, and the names of all else.
"""

import collections
import io
import json
import pathlib
import zipfile

import safetensors.torch
import torch

HERE = pathlib.Path(__file__).parent
FILES = HERE / "files"
PREFIX = "module."


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = torch.nn.Conv2d(1, 2, 2, bias=False)
        self.bn1 = torch.nn.BatchNorm2d(2)
        self.linear = torch.nn.Linear(2, 3)


def net():
    torch.manual_seed(1)
    net = Net()
    net.bn1(torch.randn(4, 2, 3, 3))
    return net


def big_endian(data):
    """The same archive as a big-endian machine writes it."""
    old, out = zipfile.ZipFile(io.BytesIO(data)), io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as new:
        for name in old.namelist():
            content = old.read(name)
            if name.endswith("/byteorder"):
                content = b"big"
            elif "/data/" in name:  # all of them have 4 bytes per number
                content = b"".join(content[i : i + 4][::-1] for i in range(0, len(content), 4))
            new.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content)
    return out.getvalue()


def views():
    base = torch.arange(24, dtype=torch.float32) / 8
    square = base.view(2, 3, 4)
    return {
        "transposed": square.permute(2, 0, 1),
        "slice": square[1, 1:, ::2],
        "same": square,
        "expanded": base[5:6].expand(3, 2),
        "number": base[7],
        "empty": torch.zeros(0, 3),
        "mask": torch.tensor([True, False]),
    }


def dtypes():
    values = torch.tensor([0.1, -2.5, 65504.0, 1e-7])
    return {
        "half": values.half(),
        "brain": values.bfloat16(),
        "double": values.double(),
        "single": values,
        "byte": torch.tensor([1, 2], dtype=torch.uint8),
    }


def saved(thing, legacy=False):
    out = io.BytesIO()
    torch.save(thing, out, _use_new_zipfile_serialization=not legacy)
    return out.getvalue()


def parallel(state):
    return collections.OrderedDict((PREFIX + name, value) for name, value in state.items())


def main():
    FILES.mkdir(exist_ok=True)
    state = net().state_dict()
    optimizer = torch.optim.SGD(net().parameters(), lr=0.1).state_dict()
    parameters = {name: value for name, value in net().named_parameters()}
    # Name, bytes, key of the part, prefix, what it holds.
    files = [
        ("module.pth", saved(state), None, "", state),
        ("legacy.th", saved({"best_prec1": 91.5, "state_dict": parallel(state)}, True), "state_dict", PREFIX, state),
        ("nested.pth", saved({"epoch": 3, "optimizer": optimizer, "model": parallel(state)}), "model", PREFIX, state),
        ("odd-key.pth", saved({"epoch": 3, "ema": state}), "ema", "", state),
        ("views.pth", saved(views()), None, "", views()),
        ("views-legacy.th", saved(views(), True), None, "", views()),
        ("dtypes.pth", saved(dtypes()), None, "", dtypes()),
        ("dtypes-legacy.th", saved(dtypes(), True), None, "", dtypes()),
        ("parameters.pth", saved(parameters), None, "", parameters),
        ("big-endian.pth", big_endian(saved(views() | {"mask": torch.zeros(1)})), None, "", views() | {"mask": torch.zeros(1)}),
        ("dtypes.safetensors", safetensors.torch.save(dtypes(), {"format": "pt"}), None, "", dtypes()),
    ]
    reference = {}
    for name, data, part, prefix, state in files:
        (FILES / name).write_bytes(data)
        floats = {key: value for key, value in state.items() if value.is_floating_point()}
        if not name.endswith(".safetensors"):
            found = torch.load(FILES / name, weights_only=True)
            found = found if part is None else found[part]
            assert all(torch.equal(found[prefix + key], value) for key, value in state.items()), name
        reference[name] = {
            "part": part,
            "prefix": prefix,
            "left-out": sorted(set(state) - set(floats)),
            "tensors": {
                key: {"shape": list(value.shape), "values": value.detach().float().flatten().tolist()}
                for key, value in floats.items()
            },
        }
    (HERE / "reference.json").write_text(json.dumps(reference) + "\n")


main()
