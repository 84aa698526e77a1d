"""What numpy and gzip take to read an IDX dataset that was compressed with gzip.

    python3 mnist.py FOLDER

FOLDER holds the four files of MNIST. The files are hashed first, as ours are. The other side of the
comparison is `cargo bench -p fireassay-data --bench opening`.
"""

import gzip
import hashlib
import pathlib
import sys
import time

import numpy as np

FILES = ["train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"]
RUNS = 5


def main():
    folder = pathlib.Path(sys.argv[1])
    times = {with_hash: [] for with_hash in (True, False)}
    for _ in range(RUNS):
        for with_hash, found in times.items():
            start = time.perf_counter()
            arrays = [read(folder / f"{name}-ubyte.gz", with_hash) for name in FILES]
            found.append(time.perf_counter() - start)
    shapes = [array.shape for array in arrays]
    hashed, plain = (min(times[with_hash]) * 1e3 for with_hash in (True, False))
    print(f"numpy {np.__version__}: {shapes}")
    print(f"{hashed:.1f} ms, {plain:.1f} ms without the hash")


def read(path, with_hash):
    content = path.read_bytes()
    if with_hash:
        hashlib.sha256(content).hexdigest()
    raw = gzip.decompress(content)
    rank = raw[3]
    shape = np.frombuffer(raw, ">u4", rank, offset=4)
    # Copied, since what frombuffer gives cannot be written to.
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * rank).reshape(shape).copy()


if __name__ == "__main__":
    main()
