"""Write fetched_reference.json: what numpy, pandas and Pillow make of a folder of datasets.

    python3 crates/data/tests/make_fetched_reference.py FETCHED

FETCHED holds a folder for each; one that is new to this script is an error. Values are as they lie in
the files, in the order and the shape that the card states; hashes are of them as 32-bit floats (or
token ids), little-endian. Needs Python 3.11, numpy, pandas and Pillow.
"""

import gzip
import hashlib
import io
import json
import pathlib
import sys
import tarfile
import tomllib

import numpy as np
import pandas as pd
from PIL import Image, ImageOps

import make_sequence_reference as sequences

HERE = pathlib.Path(__file__).resolve().parent
DATASETS = HERE.parents[2] / "datasets"


def main():
    root = pathlib.Path(sys.argv[1])
    reference = {}
    for folder in sorted(path for path in root.iterdir() if path.is_dir()):
        print(folder.name, file=sys.stderr)
        reference[folder.name] = FOLDERS[folder.name](folder)
    output = HERE / "fetched_reference.json"
    output.write_text(json.dumps(reference, indent=1) + "\n")


def card_of(name):
    return tomllib.loads((DATASETS / name / "dataset.toml").read_text())


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def hash_of(values, dtype):
    return sha256(np.ascontiguousarray(values).astype(dtype).tobytes())


def entry(shape, classes, train, test, **more):
    """Parts are pairs of values [examples, ..], or none, and labels."""
    labels = [np.asarray(part[1], dtype=np.int64) for part in (train, test)]
    found = {"shape": list(shape)}
    for part, of in zip(("train", "test"), labels):
        found[part] = np.bincount(of, minlength=classes).tolist()
    found["targets_sha256"] = hash_of(np.concatenate(labels), "<u4")
    if train[0] is not None:
        parts = [part[0] for part in (train, test) if len(part[1])]
        found["inputs_sha256"] = hash_of(np.concatenate(parts), "<f4")
    return {**found, **more}


def idx(name):
    def read(path):
        data = gzip.decompress(path.read_bytes())
        shape = np.frombuffer(data, ">u4", data[3], 4)
        return np.frombuffer(data, np.uint8, offset=4 + 4 * data[3]).reshape(shape)

    def of(folder):
        pair = lambda part: [
            read(folder / f"{part}-{kind}-ubyte.gz") for kind in ("images-idx3", "labels-idx1")
        ]
        train, test = pair("train"), pair("t10k")
        return [entry([1, *train[0].shape[1:]], 10, train, test, card=name)]

    return of


def rows(folder, card, file, classes, skip, shape=None):
    table = pd.read_csv(folder / file, header=None, skiprows=skip, dtype=np.float64).to_numpy()
    train = table[:, :-1], table[:, -1]
    return entry(shape or [table.shape[1] - 1], classes, train, (None, []), card=card)


def tabular(folder):
    return [
        rows(folder, "breast-cancer", "breast_cancer.csv", 2, 1),
        rows(folder, "iris", "iris.csv", 3, 1),
        rows(folder, "wine", "wine_data.csv", 3, 1),
        # Of its targets there are as many as examples: no classes.
        {"refused": "diabetes_data_raw.csv.gz", "says": "features and a class are expected"},
        {"refused": "diabetes_target.csv.gz", "says": "features and a class are expected"},
    ]


def images(folder, name, parts, shape, **more):
    """Each part is an archive and the folder in it; Pillow decodes other bytes than we do, so that
    only means are kept, over the train part."""
    classes = card_of(name)["classes"]
    found = []
    for archive, prefix in parts:
        members = []
        with tarfile.open(folder / archive) as tar:
            for member in tar:
                if member.isfile() and member.name.startswith(f"{prefix}/"):
                    members.append((member.name, tar.extractfile(member).read()))
        members.sort(key=lambda member: member[0].encode())
        labels = [classes.index(path.split("/")[1]) for path, _ in members]
        found.append((members, labels))
    total = np.zeros(3)
    for _, data in found[0][0]:
        image = ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB")
        if image.size != (shape[2], shape[1]):
            image = image.resize((shape[2], shape[1]), Image.Resampling.BILINEAR)
        total += np.asarray(image, np.float64).mean(axis=(0, 1)) / 255
    train = (None, found[0][1])
    test = (None, found[1][1] if len(found) > 1 else [])
    mean = (total / len(train[1])).tolist()
    return [entry(shape, len(classes), train, test, mean=mean, card=name)]


def of_steps(folder, name, **place):
    card = card_of(name)
    ((kind, format),) = card["format"]["sequence"].items()
    for part in ("train", "test"):
        # The committed copy is compressed.
        if kind == "ts":
            format[part] = format[part].removesuffix(".gz")
    of_constants = {"divisor": 1, "mean": [0], "std": [1]}
    found = sequences.describe({**card, "normalise": of_constants}, folder)
    parts = [sequences.READERS[kind](card, format, folder, part) for part in ("train", "test")]
    result = {
        "shape": card["shape"],
        "steps": [card["steps"]["min"], card["steps"]["max"]],
        "inputs_sha256": found["inputs_sha256"],
        "targets_sha256": found["targets_sha256"],
        **place,
    }
    for part, of in zip(("train", "test"), parts):
        result[f"{part}_examples"] = len(of["inputs"])
        targets = of["targets"] if card["classes"] else []
        targets = np.concatenate([np.atleast_1d(target) for target in targets] or [[]])
        result[part] = np.bincount(targets.astype(int), minlength=len(card["classes"])).tolist()
    if "groups_sha256" in found:
        result["groups_sha256"] = found["groups_sha256"]
    return result


def card_of_steps(name):
    return lambda folder: [of_steps(folder, name, card=name)]


def weights(folder):
    """Their files, and the images that they were tried on."""
    load = lambda name: np.load(folder / "golden" / f"resnet20_{name}.npy")
    values, labels = load("images_u8_nhwc").transpose(0, 3, 1, 2), load("labels")
    names = ["golden/resnet20_images_u8_nhwc.npy", "golden/resnet20_labels.npy"]
    files = [{"path": name, "sha256": sha256((folder / name).read_bytes())} for name in names]
    made = {
        "schema": 1,
        "name": "golden",
        "title": "images that weights were tried on",
        "licence": "not stated",
        "source": "CIFAR-10",
        "shape": list(values.shape[1:]),
        "classes": [str(number) for number in range(10)],
        "examples": {"train": len(labels), "test": 0},
        "normalise": {
            "divisor": 255,
            "mean": [float((values / 255).mean())],
            "std": [float((values / 255).std())],
        },
        "format": {
            "arrays": {
                "train-values": {"file": names[0]},
                "train-labels": {"file": names[1]},
                "channels": "last",
            }
        },
        "files": files,
    }
    hashes = {
        path.name: sha256(path.read_bytes())
        for path in sorted(folder.iterdir())
        if path.suffix in (".pth", ".safetensors", ".th")
    }
    golden = entry(values.shape[1:], 10, (values, labels), (None, []), made=made)
    return [golden, {"files": hashes}]


FOLDERS = {
    "basic-motions": card_of_steps("basic-motions"),
    "cifar10": lambda folder: images(
        folder,
        "cifar10-jpeg",
        [("cifar10-jpeg-train.tar.gz", "train"), ("cifar10-jpeg-test.tar.gz", "test")],
        [3, 32, 32],
    ),
    "cmudict": card_of_steps("cmudict"),
    "daphnet": card_of_steps("daphnet"),
    "digits": lambda folder: [rows(folder, "digits", "digits.csv.gz", 10, 0, [1, 8, 8])],
    "eng-kor": card_of_steps("eng-kor"),
    "fashion-mnist": idx("fashion-mnist"),
    "japanese-vowels": lambda folder: [of_steps(folder, "japanese-vowels", draft="")],
    "mnist": idx("mnist"),
    "names": card_of_steps("names"),
    "sign-digits": lambda folder: images(
        folder, "sign-digits", [("sign-digits.tar.gz", "Dataset")], [3, 100, 100]
    ),
    "tabular": tabular,
    "tinyshakespeare": card_of_steps("tinyshakespeare"),
    "usps": idx("usps"),
    "watch": card_of_steps("watch"),
    "weights": weights,
}


if __name__ == "__main__":
    main()
