"""What PyTorch finds in weights that are fetched, for opening/fetched.rs.

    pip install torch==2.9.0 safetensors
    python make_fetched_reference.py FOLDER > fetched_reference.json

Names, shapes, and two sums in 64 bits over all numbers, in the order of the names: of the numbers and
of their squares. Whatever is not there is left out.
"""

import json
import pathlib
import sys

import safetensors.torch
import torch

FILES = ["efficientnet-lite0-57934424.pth", "resnet20-12fca82f.th", "resnet20-cifar10.safetensors"]


def load(path):
    if path.suffix == ".safetensors":
        return safetensors.torch.load_file(path)
    found = torch.load(path, map_location="cpu", weights_only=True)
    found = found.get("state_dict", found)
    return {name.removeprefix("module."): value for name, value in found.items()}


def main():
    reference = {}
    for name in FILES:
        tensors = load(pathlib.Path(sys.argv[1]) / name)
        floats = {key: tensors[key] for key in sorted(tensors) if tensors[key].is_floating_point()}
        total = squares = 0.0
        for tensor in floats.values():
            for value in tensor.flatten().double().tolist():
                total += value
                squares += value * value
        reference[name] = {
            "left-out": len(tensors) - len(floats),
            "sum": total,
            "squares": squares,
            "shapes": {key: list(value.shape) for key, value in floats.items()},
        }
    print(json.dumps(reference))


main()
