"""Writes the tables of this folder, and what pandas finds in them (reference.json).

    python make_reference.py        # needs numpy, pandas, pyarrow and Pillow

`people.*` hold the same 60 rows; the tests read them with the card in `people.toml`. `pictures*`
hold the files of ../images/pictures in the layout of Hugging Face.
"""

import csv
import gzip
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

HERE = Path(__file__).parent
MISSING = ["", "NA", "?"]
CITIES = ["Oslo", "Le Mans", "São Paulo"]
SIZES = ["S", "M", "L"]
ANSWERS = ["no", "yes"]
NUM_ROWS = 60


def frame():
    """None is a missing value."""
    random = np.random.default_rng(7)

    def sometimes(values, share):
        return [None if random.random() < share else value for value in values]

    return {
        "note": [f'He said "{i}",\nthen; left|{i}' for i in range(NUM_ROWS)],
        "age": sometimes(random.integers(1, 99, NUM_ROWS).tolist(), 0.1),
        "height": sometimes(random.normal(1.7, 0.1, NUM_ROWS).tolist(), 0.2),
        "city": sometimes(random.choice(CITIES, NUM_ROWS).tolist(), 0.2),
        "smoker": random.choice([True, False], NUM_ROWS).tolist(),
        "size": sometimes(random.choice(SIZES, NUM_ROWS).tolist(), 0.15),
        "steps": (random.integers(-(2**52), 2**52, NUM_ROWS)).tolist(),
        "answer": random.choice(ANSWERS, NUM_ROWS).tolist(),
        "family": random.integers(100, 110, NUM_ROWS).tolist(),
    }


def write_texts(data):
    """A BOM, CRLF and quotes; a TSV of another column order; one without names."""
    random = np.random.default_rng(8)

    def field(value):
        if value is None:
            return random.choice(MISSING)
        return str(value).lower() if isinstance(value, bool) else value

    rows = [[field(data[name][i]) for name in data] for i in range(NUM_ROWS)]
    with open(HERE / "people.csv", "w", newline="", encoding="utf-8-sig") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow(data)
        writer.writerows(rows)
    with open(HERE / "people.tsv.gz", "wb") as raw:
        with gzip.GzipFile("", "wb", 9, raw, mtime=0) as file:
            order = list(reversed(range(len(data))))
            names = list(data)
            lines = [[names[i] for i in order]] + [[row[i] for i in order] for row in rows]
            text = []
            for line in lines:
                quoted = [f'"{str(f).replace(chr(34), chr(34) * 2)}"' for f in line]
                text.append("\t".join(quoted))
            file.write("\n".join(text).encode())
    with open(HERE / "people-nameless.csv", "w", newline="") as file:
        csv.writer(file, delimiter=";", lineterminator="\n").writerows(rows)


def write_parquet(data):
    table = pa.table(data)
    pq.write_table(table, HERE / "people-snappy.parquet", row_group_size=25, compression="snappy")
    pq.write_table(
        table,
        HERE / "people-zstd.parquet",
        compression="zstd",
        use_dictionary=False,
        data_page_version="2.0",
        data_page_size=100,
        write_page_checksum=True,
    )
    types = {
        "note": pa.large_string(),
        "age": pa.uint8(),
        "height": pa.float64(),
        "city": pa.dictionary(pa.int8(), pa.string()),
        "smoker": pa.bool_(),
        "size": pa.string(),
        "steps": pa.int64(),
        "answer": pa.string(),
        "family": pa.uint64(),
    }
    schema = pa.schema([(name, types[name]) for name in reversed(types)])
    typed = pa.table({name: data[name] for name in reversed(data)}, schema=schema)
    pq.write_table(typed, HERE / "people-gzip.parquet", compression="gzip", version="1.0")


def one_hot(column, values):
    return [(column == value).astype("float32") for value in values]


def expected(people):
    """What the card in people.toml makes of it."""
    people = people[people["size"].notna()]
    features = [people["age"].fillna(-1).astype("float32")]
    features += [people["height"].fillna(0).astype("float32"), people["height"].isna()]
    features += one_hot(people["city"], CITIES) + [people["city"].isna()]
    features += one_hot(people["smoker"], [True, False])
    features += one_hot(people["size"], SIZES)
    features += [people["steps"].astype("float32")]
    inputs = np.stack([np.asarray(feature, "float32") for feature in features], 1)
    codes, _ = pd.factorize(people["family"])
    return {
        "inputs": [float(value) for value in inputs.ravel()],
        "labels": [ANSWERS.index(answer) for answer in people["answer"]],
        "groups": codes.tolist(),
    }


def read_back():
    options = {"na_values": MISSING, "keep_default_na": False}
    return {
        "people.csv": pd.read_csv(HERE / "people.csv", **options),
        "people.tsv.gz": pd.read_csv(HERE / "people.tsv.gz", sep="\t", **options),
        **{
            name: pd.read_parquet(HERE / name)
            for name in ["people-snappy.parquet", "people-zstd.parquet", "people-gzip.parquet"]
        },
    }


def write_pictures():
    """Twice: as a struct with the index of the class, and as bytes with its name."""
    folder = HERE.parent / "images" / "pictures"
    names = ["half.jpg", "grey.jpg", "interlaced.png", "progressive.jpg", "rgb16.png"]
    files = [(folder / name).read_bytes() for name in names]
    label = [i % 2 for i in range(len(names))]
    image = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    structs = [{"bytes": data, "path": name} for name, data in zip(names, files)]
    table = pa.table({"image": pa.array(structs, image), "label": pa.array(label, pa.int64())})
    pq.write_table(table, HERE / "pictures.parquet", row_group_size=2)
    structs[1] = {"bytes": None, "path": names[1]}
    table = pa.table({"image": pa.array(structs[:2], image), "label": pa.array(label[:2])})
    pq.write_table(table, HERE / "pictures-null.parquet")
    table = pa.table({"img": pa.array(files, pa.binary()), "kind": [["a", "b"][i] for i in label]})
    pq.write_table(table, HERE / "pictures-plain.parquet", compression="none")


def main():
    data = frame()
    write_texts(data)
    write_parquet(data)
    write_pictures()
    found = {name: expected(people) for name, people in read_back().items()}
    first = found["people.csv"]
    assert all(other == first for other in found.values()), "the files differ"
    (HERE / "reference.json").write_text(json.dumps(first) + "\n")


if __name__ == "__main__":
    main()
