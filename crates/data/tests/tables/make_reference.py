"""Writes the tables of this folder, and what pandas finds in them (reference.json).

    python make_reference.py        # needs numpy, pandas, pyarrow and Pillow

`people.*` hold the same 60 rows; the tests read them with the card in `people.toml`. `pictures*`
hold the files of ../images/pictures in the layout of Hugging Face. The cases in
fuzz/corpus/parquet are from here too.
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
    structs[1] = {"bytes": files[1], "path": names[1]}
    names_of_classes = {"_type": "ClassLabel", "names": ["cat", "dog", "owl"]}
    features = {"image": {"_type": "Image"}, "label": names_of_classes}
    remark = json.dumps({"info": {"features": features}})
    table = pa.table(
        {
            "image": pa.array(structs, image),
            "label": pa.array(label, pa.int64()),
            "patient": ["p7", "p3", "p7", "p9", "p3"],
        }
    )
    table = table.replace_schema_metadata({"huggingface": remark})
    pq.write_table(table, HERE / "pictures-hub.parquet")
    rows = range(12)
    table = pa.table(
        {
            "image": pa.array([structs[i % len(structs)] for i in rows], image),
            "label": pa.array([i % 2 for i in rows], pa.int64()),
            "patient": pa.array([100 - i // 2 for i in rows], pa.int32()),
        }
    )
    pq.write_table(table, HERE / "pictures-patients.parquet", row_group_size=5)


def write_types():
    """What a first card is drafted from: a column of every kind, and an index of pandas."""
    day = pa.array([1, 2, 3, 4, 5, 6], pa.date32())
    columns = {
        "n": pa.array([1, 2, None, 4, 5, 6], pa.int32()),
        "x": pa.array([0.5, 1.5, 2.5, float("nan"), 4.5, 5.5], pa.float64()),
        "far": pa.array([1.0, float("inf"), 0.0, 1.0, 0.0, 1.0], pa.float32()),
        "flag": [True, False, True, None, False, True],
        "size": ["S", "M", None, "S", "M", "S"],
        "day": day,
        "story": ["once " * 400 + str(i) for i in range(6)],
        "kind": pa.array([2, 0, 2, 0, 1, 1], pa.int8()),
        "score": pa.array([0.0, 1.0, 0.0, 1.0, 0.0, 1.0]),
        "__index_level_0__": pa.array(range(6), pa.int64()),
    }
    pq.write_table(pa.table(columns), HERE / "types.parquet")


def write_numbers():
    """The ends of every type."""
    columns = {
        "u8": pa.array([255, 0], pa.uint8()),
        "u32": pa.array([2**32 - 1, 2**31], pa.uint32()),
        "u64": pa.array([2**64 - 1, 2**63], pa.uint64()),
        "i8": pa.array([-128, 127], pa.int8()),
        "i64": pa.array([-(2**63), 2**63 - 1], pa.int64()),
        "f32": pa.array([-0.1, 3.4028235e38], pa.float32()),
        "f64": pa.array([0.1, 1e-300], pa.float64()),
        "bool": pa.array([True, False]),
        "text": pa.array([" 1e3", "-7"]),
        "kind": pa.array([1, 0], pa.int16()),
    }
    pq.write_table(pa.table(columns), HERE / "numbers.parquet")


def write_corpus():
    """Cases for the fuzzer; it starts from these."""
    corpus = HERE.parents[3] / "fuzz" / "corpus" / "parquet"
    corpus.mkdir(exist_ok=True)
    data = {
        "x": [1.5, None, -1.0, float("nan"), 2.0],
        "y": [1, 2, None, 4, 5],
        "c": ["u", "v w", "u", None, "?"],
        "d": [1, 2, 1, 1, 2],
        "s": ["a", "b", "c", "d", "e"],
        "who": ["ann", "ben", "ann", "ann", "cy"],
        "kind": ["0", "1", "2", "0", "1"],
    }
    lean = {"store_schema": False, "write_statistics": False}

    def write(name, changes=(), **options):
        table = pa.table({**data, **dict(changes)})
        pq.write_table(table, corpus / name, **{**lean, "compression": "none", **options})

    write("plain", use_dictionary=False)
    write("snappy", compression="snappy", row_group_size=2)
    write("zstd", compression="zstd", data_page_version="2.0", write_page_checksum=True)
    write("gzip", compression="gzip")
    write("brotli", compression="brotli")
    numbers = {"y": "DELTA_BINARY_PACKED", "x": "BYTE_STREAM_SPLIT"}
    write("delta", use_dictionary=False, column_encoding=numbers)
    write("delta-lengths", use_dictionary=False, column_encoding={"c": "DELTA_LENGTH_BYTE_ARRAY"})
    write("delta-texts", use_dictionary=False, column_encoding={"who": "DELTA_BYTE_ARRAY"})
    write("no-rows", {name: values[:0] for name, values in data.items()}.items())
    write("unsigned", {"d": pa.array([1, 2, 1, 1, 2], pa.uint32())}.items())
    write("booleans", {"y": [True, False, None, True, True]}.items())
    write("texts-as-numbers", {"x": ["1", " 2", "?", "1e3", "x"]}.items())
    write("number-as-category", {"d": [1.0, 2.0, 1.0, 1.0, 2.0]}.items())
    write("another-category", {"c": ["u", "v", "u", "u", "u"]}.items())
    write("null-target", {"kind": [None, "1", "2", "0", "1"]}.items())
    write("dates", {"y": pa.array([1, 2, 3, 4, 5], pa.date32())}.items())
    write("decimals", {"y": pa.array([1, 2, 3, 4, 5], pa.decimal128(9, 2))}.items())
    write("times", {"y": pa.array([1, 2, 3, 4, 5], pa.timestamp("ns"))}.items())
    write("lists", {"y": [[1], [2, 3], [], None, [4]]}.items())
    write("nested", {"y": [{"z": 1}] * 5}.items())
    write("not-utf8", {"c": [b"\xff"] * 5}.items())
    write("another-column", {"t": [1] * 5}.items())
    whole = (corpus / "plain").read_bytes()
    (corpus / "cut").write_bytes(whole[:-100])
    (corpus / "only-magic").write_bytes(b"PAR1PAR1")
    # Of five rows, 2^60 in every place that counts them; the footer grows.
    end = len(whole) - 8
    start = end - int.from_bytes(whole[end : end + 4], "little")
    footer = whole[start:end].replace(b"\x16\x0a", b"\x16" + b"\x80" * 8 + b"\x20")
    length = len(footer).to_bytes(4, "little")
    (corpus / "rows-beyond-counting").write_bytes(whole[:start] + footer + length + b"PAR1")
    image = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    files = [(HERE.parent / "images" / "pictures" / name).read_bytes() for name in ["grey.jpg", "palette-alpha.png"]]
    structs = [{"bytes": data, "path": ""} for data in files]
    table = pa.table({"image": pa.array(structs, image), "label": [2, 0]})
    pq.write_table(table, corpus / "images", compression="none", use_dictionary=False, **lean)
    table = pa.table({"image": [b"\xff\xd8\xff"], "label": ["1"]})
    pq.write_table(table, corpus / "image-cut", compression="none", use_dictionary=False, **lean)


def main():
    data = frame()
    write_texts(data)
    write_parquet(data)
    write_pictures()
    write_numbers()
    write_types()
    write_corpus()
    found = {name: expected(people) for name, people in read_back().items()}
    first = found["people.csv"]
    assert all(other == first for other in found.values()), "the files differ"
    (HERE / "reference.json").write_text(json.dumps(first) + "\n")


if __name__ == "__main__":
    main()
