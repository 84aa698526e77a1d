"""What scikit-learn takes for the paths of decay that `--bench solvers` times, on one thread.

    python3 solvers.py

The same made-up features, 10,000 x 64 of ten classes, standardised; ten strengths from 1 to 1e-5 with
warm starts, each until no entry of the gradient is above 1e-6, as the Rust side stops. Prints one
line of JSON, with processor time instead of time on the clock, so that others on the machine count
less.
"""

import os

for name in ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"]:
    os.environ[name] = "1"

import json
import sys
import time
import warnings

import numpy as np
import sklearn
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.preprocessing import StandardScaler

ROWS, WIDTH, CLASSES, SEEDS = 10_000, 64, 10, 5
STRENGTHS = np.geomspace(1.0, 1e-5, 10)


def noise(index, stream):
    state = (index.astype(np.uint64) << np.uint64(8) | np.uint64(stream)) * np.uint64(0x9E3779B97F4A7C15)
    state = (state ^ state >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ state >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
    state ^= state >> np.uint64(31)
    parts = [(state >> np.uint64(16 * part) & np.uint64(0xFFFF)).astype(float) / 65536 - 0.5
             for part in range(4)]
    return sum(parts) * 1.732


def made():
    labels = np.arange(ROWS) % CLASSES
    centres = noise(np.arange(CLASSES)[:, None] * 97 + np.arange(WIDTH), 1)
    features = 0.25 * centres[labels] + noise(np.arange(ROWS * WIDTH).reshape(ROWS, WIDTH), 2)
    return np.maximum(features, 0).astype(np.float32), labels


def logistic(features, labels):
    x = StandardScaler().fit_transform(features.astype(np.float64))
    model = LogisticRegression(solver="lbfgs", tol=1e-6, max_iter=1000, warm_start=True)
    steps = 0
    for strength in STRENGTHS:
        model.C = 1 / (len(x) * strength)
        steps += int(model.fit(x, labels).n_iter_[0])
    return steps


def ridge(features, labels):
    x = StandardScaler().fit_transform(features.astype(np.float64))
    for strength in STRENGTHS:
        Ridge(alpha=len(x) * strength, solver="svd").fit(x, np.eye(CLASSES)[labels])
    return 0


def seconds(work, samples):
    times = []
    for _ in range(samples):
        start = time.process_time()
        steps = work()
        times.append(time.process_time() - start)
    return {"fastest_s": min(times), "median_s": sorted(times)[samples // 2], "steps": steps}


def main():
    warnings.simplefilter("ignore")
    features, labels = made()
    rows = np.arange(ROWS)
    parts = [(rows * 7 + seed * 3) % 10 < 8 for seed in range(SEEDS)]
    samples = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    found = {
        "logistic_path": seconds(lambda: logistic(features, labels), samples),
        "logistic_path_5_seeds": seconds(
            lambda: sum(logistic(features[part], labels[part]) for part in parts), samples),
        "ridge_path": seconds(lambda: ridge(features, labels), samples),
        "version": sklearn.__version__,
    }
    print(json.dumps(found))


main()
