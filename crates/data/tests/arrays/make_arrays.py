"""Write arrays.npz and fortran.npy: the same four examples in every way that numpy writes them.

    python3 crates/data/tests/arrays/make_arrays.py

Example n has the values n * 12 + 0, 1, .. 11, of shape [3, 2, 2]; its label is n % 2.
"""

import pathlib

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent


def main():
    values = np.arange(48).reshape(4, 3, 2, 2)
    last = values.transpose(0, 2, 3, 1)
    labels = np.arange(4) % 2
    half = values / 2 - 3
    arrays = {
        "f4": half.astype("<f4"),
        "f8": half.astype("<f8"),
        "f4_big": half.astype(">f4"),
        "f8_big_fortran": np.asfortranarray(half.astype(">f8")),
        "f4_last": np.ascontiguousarray(last / 2 - 3).astype("<f4"),
        "f4_last_fortran": np.asfortranarray(last / 2 - 3).astype("<f4", order="F"),
        "u1": values.astype("u1"),
        "u1_fortran": np.asfortranarray(values.astype("u1")),
        "u1_last": np.ascontiguousarray(last).astype("u1"),
        "i2": values.astype("<i2"),
        "i8_big": values.astype(">i8"),
        "y_i8": labels.astype("<i8"),
        "y_u1": labels.astype("u1"),
        "y_i4_big": labels.astype(">i4"),
        "y_bad": (labels - 1).astype("<i8"),
        "y_float": labels.astype("<f4"),
        "nan": np.where(values == 17, np.nan, values).astype("<f4"),
        "large": np.where(values == 17, 1e300, values),
        "complex": values.astype("<c8"),
        "bool": values.astype(bool),
        "objects": np.array([{"a": 1}, None, 2, "x"], dtype=object),
        "records": np.zeros(4, dtype=[("x", "<f4"), ("y", "<i4")]),
    }
    np.savez_compressed(HERE / "arrays.npz", **arrays)
    np.save(HERE / "fortran.npy", arrays["f8_big_fortran"])


if __name__ == "__main__":
    main()
