"""Write the data files of this folder from their originals, byte for byte.

    python3 datasets/cut_subsets.py ORIGINALS [OUTPUT]

ORIGINALS holds the folders `mnist` and `fashion-mnist` (the four gzip files each, as published),
`digits` (digits.csv.gz) and `tabular` (iris.csv, wine_data.csv, breast_cancer.csv), the last four
as scikit-learn ships them, and `japanese-vowels` (the two .ts files, as aeon ships them). OUTPUT is this folder unless given. Every original is checked against
its sha256 first. What the cards state of the files (sha256, counts, mean and standard deviation)
is printed.

Needs Python 3.9 or later and numpy. Compressed bytes depend on the deflate of zlib 1.2 or 1.3; with
another one the sha256 of the payload, printed too, is what must agree.
"""

import gzip
import hashlib
import pathlib
import struct
import sys
import zlib

import numpy as np

NUM_CLASSES = 10
TRAIN_PER_CLASS = 1000
TEST_PER_CLASS = 200
IMAGES_MAGIC = 0x00000803
LABELS_MAGIC = 0x00000801

# sha256 of each original.
IMAGE_SETS = {
    "mnist": {
        "train-images-idx3-ubyte.gz":
            "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        "train-labels-idx1-ubyte.gz":
            "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        "t10k-images-idx3-ubyte.gz":
            "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        "t10k-labels-idx1-ubyte.gz":
            "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
    },
    "fashion-mnist": {
        "train-images-idx3-ubyte.gz":
            "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        "train-labels-idx1-ubyte.gz":
            "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
        "t10k-images-idx3-ubyte.gz":
            "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
        "t10k-labels-idx1-ubyte.gz":
            "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
    },
}
# (folder here, original, sha256, lines to skip, divisor, one mean for all or one per feature)
TABLES = [
    ("digits", "digits/digits.csv.gz",
     "09f66e6debdee2cd2b5ae59e0d6abbb73fc2b0e0185d2e1957e9ebb51e23aa22", 0, 16, "one"),
    ("iris", "tabular/iris.csv",
     "f13ffa8fdd56fd8e6c8d16d4081a3fbd3114bcd0aae4256c43205169cd9d1449", 1, 1, "each"),
    ("wine", "tabular/wine_data.csv",
     "10e8a802908b34f86e5da8ce962f3c806694bc98450a18f61851af59f324bede", 1, 1, "each"),
    ("breast-cancer", "tabular/breast_cancer.csv",
     "fed3eb72d0575ef6192293f5093c6e801b1476b577d0386bf4455504522172ed", 1, 1, "each"),
]
# (folder here, part, sha256)
SERIES = [
    ("japanese-vowels", "JapaneseVowels_TRAIN.ts",
     "68a430eabd919cc77f40b1f5f3bc0dcafacc1486bca9260785aeb7d262cc78cd"),
    ("japanese-vowels", "JapaneseVowels_TEST.ts",
     "b3d41d6a0ca3bcad3afb9ca7d4365382aa51341e2e58bae2a574babdda5b9462"),
]


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    originals = pathlib.Path(sys.argv[1])
    here = pathlib.Path(__file__).resolve().parent
    output = pathlib.Path(sys.argv[2]) if len(sys.argv) == 3 else here
    for name in IMAGE_SETS:
        cut_images(originals / name, output / f"{name}-subset", IMAGE_SETS[name])
    for table in TABLES:
        copy_table(originals, output, table)
    for folder, name, sha256 in SERIES:
        pack_series(originals, output, folder, name, sha256)


def cut_images(source, target, hashes):
    """An equal number of each class, spread evenly over the file, in the file's order."""
    print(f"== {target.name}")
    target.mkdir(parents=True, exist_ok=True)
    for part, per_class in [("train", TRAIN_PER_CLASS), ("t10k", TEST_PER_CLASS)]:
        images_name = f"{part}-images-idx3-ubyte.gz"
        labels_name = f"{part}-labels-idx1-ubyte.gz"
        images = read_images(read_checked(source / images_name, hashes[images_name]))
        labels = read_labels(read_checked(source / labels_name, hashes[labels_name]))
        assert len(images) == len(labels)
        rows = spread_rows(labels, per_class)
        header = struct.pack(">IIII", IMAGES_MAGIC, len(rows), *images.shape[1:])
        write_gzip(target / images_name, header + images[rows].tobytes())
        header = struct.pack(">II", LABELS_MAGIC, len(rows))
        write_gzip(target / labels_name, header + labels[rows].tobytes())
        print(f"  {part}: {np.bincount(labels[rows], minlength=NUM_CLASSES).tolist()}")
        if part == "train":
            print_normalise(images[rows].reshape(-1, 1), 255)


def spread_rows(labels, per_class):
    """Of a class with m members, those numbered floor(i * m / per_class), i = 0 .. per_class - 1."""
    rows = []
    for label in range(NUM_CLASSES):
        members = np.flatnonzero(labels == label)
        rows.extend(members[i * len(members) // per_class] for i in range(per_class))
    return np.sort(np.array(rows))


def copy_table(originals, output, table):
    folder, path, sha256, skip_lines, divisor, normalise = table
    print(f"== {folder}")
    source = originals / path
    data = read_checked(source, sha256)
    (output / folder).mkdir(parents=True, exist_ok=True)
    (output / folder / source.name).write_bytes(data)
    print(f"  {source.name}  sha256 {sha256}")
    text = gzip.decompress(data) if source.suffix == ".gz" else data
    rows = np.loadtxt(text.decode().splitlines()[skip_lines:], delimiter=",", ndmin=2)
    values, labels = rows[:, :-1], rows[:, -1].astype(np.int64)
    print(f"  train: {np.bincount(labels).tolist()}")
    print_normalise(values.reshape(-1, 1) if normalise == "one" else values, divisor)


def pack_series(originals, output, folder, name, sha256):
    """The file, compressed; mean and standard deviation are those of each dimension's steps."""
    print(f"== {folder}")
    data = read_checked(originals / folder / name, sha256)
    (output / folder).mkdir(parents=True, exist_ok=True)
    write_gzip(output / folder / f"{name}.gz", data)
    lines = data.decode().split("@data")[1].strip().splitlines()
    steps = [np.loadtxt(line.split(":")[:-1], delimiter=",", ndmin=2).T for line in lines]
    lengths = [len(step) for step in steps]
    print(f"  {len(steps)} sequences of {min(lengths)} to {max(lengths)} steps")
    print_normalise(np.concatenate(steps), 1)


def read_checked(path, sha256):
    data = path.read_bytes()
    found = hashlib.sha256(data).hexdigest()
    if found != sha256:
        sys.exit(f"{path}: sha256 is {found}, expected {sha256}")
    return data


def read_images(data):
    raw = gzip.decompress(data)
    magic, count, height, width = struct.unpack(">IIII", raw[:16])
    assert magic == IMAGES_MAGIC
    return np.frombuffer(raw, np.uint8, offset=16).reshape(count, height, width)


def read_labels(data):
    raw = gzip.decompress(data)
    magic, count = struct.unpack(">II", raw[:8])
    assert magic == LABELS_MAGIC
    return np.frombuffer(raw, np.uint8, offset=8).reshape(count)


def write_gzip(path, payload):
    """A gzip file without time, name or system in its header, so that only the data decides it."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS, 9)
    body = deflate.compress(payload) + deflate.flush()
    header = b"\x1f\x8b\x08\x00" + struct.pack("<I", 0) + b"\x02\xff"
    trailer = struct.pack("<II", zlib.crc32(payload), len(payload) & 0xFFFFFFFF)
    data = header + body + trailer
    path.write_bytes(data)
    print(f"  {path.name}  sha256 {hashlib.sha256(data).hexdigest()}  {len(data)} bytes")
    print(f"  {' ' * len(path.name)}  payload {hashlib.sha256(payload).hexdigest()}")


def print_normalise(values, divisor):
    """`values` is [examples, columns]; the standard deviation is that of the population."""
    scaled = values.astype(np.float64) / divisor
    print(f"  mean = {[float(f'{v:.6g}') for v in scaled.mean(axis=0)]}")
    print(f"  std = {[float(f'{v:.6g}') for v in scaled.std(axis=0)]}")


if __name__ == "__main__":
    main()
