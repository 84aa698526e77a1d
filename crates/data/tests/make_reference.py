"""Write reference.json: what numpy makes of every committed dataset.

    python3 crates/data/tests/make_reference.py

Shares nothing with the Rust code or with datasets/cut_subsets.py. Needs Python 3.11 and numpy.
"""

import gzip
import hashlib
import json
import pathlib
import tomllib

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
DATASETS = HERE.parents[2] / "datasets"
STRIDE = 17  # the inputs of every 17th row are hashed: enough to see any shift, and fast


def main():
    reference = {}
    for path in sorted(DATASETS.glob("*/dataset.toml")):
        card = tomllib.loads(path.read_text())
        if all("bytes" in file for file in card["files"]):
            continue  # it is fetched, not committed
        if "steps" in card:
            continue  # make_sequence_reference.py has these
        reference[card["name"]] = describe(card, path.parent)
    text = json.dumps(reference, indent=1) + "\n"
    (HERE / "reference.json").write_text(text)


def describe(card, folder):
    parts = [read_part(card["format"], folder, part) for part in ("train", "test")]
    values = np.concatenate([values for values, _ in parts])
    labels = np.concatenate([labels for _, labels in parts])
    num_train = len(parts[0][1])
    shape, constants = card["shape"], card["normalise"]
    channels = len(constants["mean"])
    planes = values.astype(np.float64).reshape(len(labels), channels, -1) / constants["divisor"]
    mean = np.array(constants["mean"])[:, None]
    std = np.array(constants["std"])[:, None]
    inputs = ((planes - mean) / std).astype("<f4").reshape(len(labels), *shape)
    rows = np.arange(0, len(labels), STRIDE)
    counts = [np.bincount(labels, minlength=len(card["classes"])).tolist() for _, labels in parts]
    last = inputs[-1].reshape(-1)
    return {
        "train": {"examples": num_train, "per_class": counts[0]},
        "test": {"examples": len(labels) - num_train, "per_class": counts[1]},
        "mean": planes[:num_train].mean(axis=(0, 2)).tolist(),
        "std": planes[:num_train].std(axis=(0, 2)).tolist(),
        "stride": STRIDE,
        "inputs_sha256": hashlib.sha256(inputs[rows].tobytes()).hexdigest(),
        "labels_sha256": hashlib.sha256(labels.astype("<u4").tobytes()).hexdigest(),
        "last_input": [float(v) for v in last[len(last) // 2 :][:2]],
    }


def read_part(format, folder, part):
    """(values [n, ..], labels [n]); empty when there is no such part."""
    if "idx" in format:
        images = read_idx(folder / format["idx"][f"{part}-images"])
        return images, read_idx(folder / format["idx"][f"{part}-labels"])
    name = format["csv"].get(part)
    if name is None:
        width = np.loadtxt(read_lines(format, folder, "train")[:1], delimiter=",", ndmin=2).shape[1]
        return np.empty((0, width - 1), np.float32), np.empty(0, np.int64)
    rows = np.loadtxt(read_lines(format, folder, part), delimiter=",", ndmin=2)
    return rows[:, :-1].astype(np.float32), rows[:, -1].astype(np.int64)


def read_lines(format, folder, part):
    data = (folder / format["csv"][part]).read_bytes()
    text = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
    return text.decode().splitlines()[format["csv"].get("skip-lines", 0) :]


def read_idx(path):
    raw = gzip.decompress(path.read_bytes())
    rank = raw[3]
    shape = np.frombuffer(raw, ">u4", count=rank, offset=4)
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * rank).reshape(shape)


if __name__ == "__main__":
    main()
