"""Write sequence_reference.json: what numpy makes of every dataset of sequences.

    python3 crates/data/tests/make_sequence_reference.py [FETCHED]

FETCHED is a folder whose folders hold the files of the fetched ones; without it, what the file has
of these stays. Shares nothing with the Rust code or with datasets/cut_subsets.py. Needs Python 3.11
and numpy.
"""

import csv
import gzip
import hashlib
import io
import json
import pathlib
import re
import sys
import tomllib

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
DATASETS = HERE.parents[2] / "datasets"
OUTPUT = HERE / "sequence_reference.json"


def main():
    known = json.loads(OUTPUT.read_text()) if OUTPUT.exists() else {}
    reference = {}
    for path in sorted(DATASETS.glob("*/dataset.toml")):
        card = tomllib.loads(path.read_text())
        if "steps" not in card:
            continue
        folder = holder(card, path.parent)
        name = card["name"]
        reference[name] = describe(card, folder) if folder else known[name]
    OUTPUT.write_text(json.dumps(reference, indent=1) + "\n")


def holder(card, beside):
    folders = [beside]
    if len(sys.argv) == 2:
        folders += sorted(pathlib.Path(sys.argv[1]).iterdir())
    for folder in folders:
        if all((folder / file["path"]).is_file() for file in card["files"]):
            return folder
    return None


def describe(card, folder):
    ((kind, format),) = card["format"]["sequence"].items()
    parts = [READERS[kind](card, format, folder, part) for part in ("train", "test")]
    train, test = parts
    constants = card["normalise"]
    found = {
        "train": figures(train["inputs"]),
        "test": figures(test["inputs"]),
    }
    if isinstance(train["inputs"][0], str):
        unit = unit_of(format, "source")
        texts = train.get("whole", train["inputs"])
        vocabulary, found["vocabulary_sha256"] = tokens(texts, unit)
        found["vocabulary"] = 4 + len(vocabulary)
        encode = encoder(vocabulary, unit)
        inputs = [encode(text) for part in parts for text in part["inputs"]]
        found["train"] = figures(inputs[: len(train["inputs"])])
        found["test"] = figures(inputs[len(train["inputs"]) :])
        dtype = "<u4"
    else:
        steps = np.concatenate(train["inputs"]).astype(np.float64) / constants["divisor"]
        found["mean"], found["std"] = steps.mean(axis=0).tolist(), steps.std(axis=0).tolist()
        mean, std = np.array(constants["mean"]), np.array(constants["std"])
        scale = lambda steps: (steps.astype(np.float64) / constants["divisor"] - mean) / std
        inputs = [scale(steps) for part in parts for steps in part["inputs"]]
        dtype = "<f4"
    found["inputs_sha256"] = flat_hash(inputs, dtype)
    targets = train["targets"] + test["targets"]
    if "target" in format:
        unit = unit_of(format, "target")
        vocabulary, found["target_vocabulary_sha256"] = tokens(train["targets"], unit)
        found["target_vocabulary"] = 4 + len(vocabulary)
        encode = encoder(vocabulary, unit)
        targets = [encode(text) + [3] for text in targets]
        found["target_steps"] = figures(targets)
    elif kind == "text-windows":
        targets = [encode(text) for text in targets]
    if not isinstance(targets[0], list):
        targets = [targets]
    found["targets_sha256"] = flat_hash(targets, "<u4")
    groups = train.get("groups", []) + test.get("groups", [])
    if groups:
        order = {group: number for number, group in enumerate(dict.fromkeys(groups))}
        found["groups_sha256"] = flat_hash([[order[group] for group in groups]], "<u4")
    return found


def figures(sequences):
    lengths = [len(sequence) for sequence in sequences] or [0]
    return {
        "examples": len(sequences),
        "min": min(lengths),
        "max": max(lengths),
        "total": sum(lengths),
    }


def flat_hash(arrays, dtype):
    hasher = hashlib.sha256()
    for array in arrays:
        hasher.update(np.ascontiguousarray(array).astype(dtype).tobytes())
    return hasher.hexdigest()


def unit_of(format, side):
    return format[side if side in format else "vocabulary"]["unit"]


def cut(text, unit):
    return list(text) if unit == "character" else text.split()


def tokens(texts, unit):
    found = {token for text in texts for token in cut(text, unit)}
    ordered = sorted(found, key=lambda token: token.encode())
    return ordered, hashlib.sha256("".join(t + "\0" for t in ordered).encode()).hexdigest()


def encoder(vocabulary, unit):
    ids = {token: 4 + number for number, token in enumerate(vocabulary)}
    return lambda text: [ids.get(token, 1) for token in cut(text, unit)]


def read_text(path):
    data = path.read_bytes()
    data = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
    return data.decode("utf-8-sig")


def read_lines(path):
    return [line.removesuffix("\r") for line in read_text(path).split("\n")]


def read_ts(card, format, folder, part):
    inputs, targets = [], []
    if part in format:
        data = re.split("(?mi)^@data$", read_text(folder / format[part]))[1]
        for line in data.split():
            *dimensions, label = line.split(":")
            steps = np.array([dimension.split(",") for dimension in dimensions], np.float32).T
            inputs.append(steps)
            targets.append(card["classes"].index(label))
    return {"inputs": inputs, "targets": targets}


def read_step_table(card, format, folder, part):
    inputs, targets, groups = [], [], []
    labels = format.get("labels", card["classes"])
    length, stride = format["windows"]["length"], format["windows"]["stride"]
    for name in format.get(part, []):
        rows = list(csv.DictReader(io.StringIO(read_text(folder / name))))
        key = format.get("recording")
        for recording in dict.fromkeys(row[key] if key else "" for row in rows):
            mine = [row for row in rows if not key or row[key] == recording]
            values = [[float(row[channel]) for channel in format["channels"]] for row in mine]
            classes = [labels.index(row[format["label"]]) for row in mine]
            for start in range(0, len(mine) - length + 1, stride):
                inputs.append(np.array(values[start : start + length], np.float32))
                targets.append(classes[start : start + length])
                groups.append((part, name, recording))
    return {"inputs": inputs, "targets": targets, "groups": groups}


def read_arrays(card, format, folder, part):
    if part not in format:
        return {"inputs": [], "targets": []}
    load = lambda place: np.load(folder / place["file"])[place["key"]]
    places = format[part]
    values = load(places["values"])
    if "lengths" in places:
        inputs = np.split(values, np.cumsum(load(places["lengths"]))[:-1])
    else:
        inputs = list(values)
    found = {"inputs": inputs, "targets": load(places["labels"]).tolist()}
    if "groups" in places:
        found["groups"] = load(places["groups"]).tolist()
    return found


def read_text_classes(card, format, folder, part):
    inputs, targets = [], []
    for label, name in enumerate(card["classes"]):
        if part in format:
            texts = [line for line in read_lines(folder / format[part][name]) if line]
            inputs += texts
            targets += [label] * len(texts)
    return {"inputs": inputs, "targets": targets}


def read_text_pairs(card, format, folder, part):
    if part not in format:
        return {"inputs": [], "targets": []}
    rows = [line.split("\t") for line in read_lines(folder / format[part]) if line]
    column = lambda key: [row[format[key] - 1] for row in rows]
    return {"inputs": column("source-column"), "targets": column("target-column")}


def read_lexicon(card, format, folder, part):
    inputs, targets = [], []
    for line in read_lines(folder / format[part]) if part in format else []:
        line = line.partition("#")[0].strip()
        if not line:
            continue
        entry, phonemes = line.split(maxsplit=1)
        inputs.append(re.sub(r"(?<=.)\(\d+\)$", "", entry))
        targets.append(phonemes)
    if format["pronunciations"] == "all":
        return {"inputs": inputs, "targets": targets, "groups": list(inputs)}
    first = {word: row for row, word in reversed(list(enumerate(inputs)))}
    rows = sorted(first.values())
    return {"inputs": [inputs[row] for row in rows], "targets": [targets[row] for row in rows]}


def read_text_windows(card, format, folder, part):
    if part not in format:
        return {"inputs": [], "targets": []}
    text = read_text(folder / format[part])
    length, stride = format["windows"]["length"], format["windows"]["stride"]
    starts = range(0, len(text) - length, stride)
    inputs = [text[start : start + length] for start in starts]
    targets = [text[start + 1 : start + length + 1] for start in starts]
    return {"inputs": inputs, "targets": targets, "whole": [text]}


READERS = {
    "arrays": read_arrays,
    "lexicon": read_lexicon,
    "step-table": read_step_table,
    "text-classes": read_text_classes,
    "text-pairs": read_text_pairs,
    "text-windows": read_text_windows,
    "ts": read_ts,
}


if __name__ == "__main__":
    main()
