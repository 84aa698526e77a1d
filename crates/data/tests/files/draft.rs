//! First cards: written for files of every kind, and refused for what is none.

use std::fs;
use std::io::{Cursor, Write};
use std::path::Path;

use fireassay_data::{Draft, draft, verify};
use fireassay_spec::{Alpha, Channels, Colour, DataFormat, Fit};
use tempfile::TempDir;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::fixture::gzip;

fn folder(files: &[(&str, Vec<u8>)]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (name, bytes) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    folder
}

/// The card of these files, which the reader and every check agree with.
fn drafted(files: &[(&str, Vec<u8>)], from: &str) -> Draft {
    let folder = folder(files);
    let draft =
        draft("mine", &folder.path().join(from), None).unwrap_or_else(|error| panic!("{error}"));
    verify(&draft.card, &draft.folder).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(draft.card.not_stated(), ["title", "licence", "source"]);
    draft
}

/// What is said of these files, without the folder.
fn refused(files: &[(&str, Vec<u8>)], from: &str) -> String {
    let folder = folder(files);
    let error = draft("mine", &folder.path().join(from), None).expect_err("this is no dataset");
    let root = fs::canonicalize(folder.path()).unwrap();
    error.to_string().replace(&root.display().to_string(), "<root>")
}

fn png(size: (u32, u32), colour: png::ColorType, grey: u8) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, size.0, size.1);
    encoder.set_color(colour);
    let pixels = vec![grey; (size.0 * size.1) as usize * colour.samples()];
    encoder.write_header().unwrap().write_image_data(&pixels).unwrap();
    out
}

fn grey(value: u8) -> Vec<u8> {
    png((4, 4), png::ColorType::Grayscale, value)
}

fn idx_images(n: u8) -> Vec<u8> {
    let header = [0, 0, 8, 3, 0, 0, 0, n, 0, 0, 0, 2, 0, 0, 0, 3];
    header.into_iter().chain((0..n * 6).map(|value| value * 3)).collect()
}

fn idx_labels(labels: &[u8]) -> Vec<u8> {
    [&[0, 0, 8, 1, 0, 0, 0, labels.len() as u8], labels].concat()
}

#[test]
fn four_idx_files_are_told_apart_by_their_headers_and_names() {
    let files = [
        ("README.md", b"text".to_vec()),
        ("t10k-images-idx3-ubyte.gz", gzip(&idx_images(2))),
        ("t10k-labels-idx1-ubyte.gz", gzip(&idx_labels(&[0, 3]))),
        ("train-images-idx3-ubyte.gz", gzip(&idx_images(5))),
        ("train-labels-idx1-ubyte.gz", gzip(&idx_labels(&[0, 1, 2, 1, 0]))),
    ];
    let card = drafted(&files, "").card;
    assert_eq!((card.examples.train, card.examples.test), (5, 2));
    assert_eq!(card.shape, [1, 2, 3]);
    assert_eq!(card.classes, ["0", "1", "2", "3"]);
    assert_eq!(card.normalise.divisor, 255.0);
    let only = &files[3..];
    assert_eq!(drafted(only, "").card.examples.test, 0);
    let message = refused(&files[2..], "");
    assert!(message.contains("idx files come as images and labels"), "{message}");
}

#[test]
fn tables_of_numbers_are_read_with_and_without_a_header() {
    let card = drafted(&[("a.csv", b"1,2.5,0\n3,4,1\n5,6,2\n".to_vec())], "a.csv").card;
    assert_eq!((card.shape[0], card.examples.train, card.classes.len()), (2, 3, 3));
    let header = b"\xef\xbb\xbfwidth,height,kind\r\n1,2.5,0\r\n3,4,1\r\n".to_vec();
    let card = drafted(&[("my table.csv", header)], "").card;
    let DataFormat::Csv { train, skip_lines, .. } = card.format else { panic!("a table") };
    assert_eq!((train.as_str(), skip_lines), ("my table.csv", 1));
    let sized = b"2,2,setosa,virginica\n1,2.5,0\n3,4,1\n".to_vec();
    assert_eq!(drafted(&[("iris.csv", sized)], "").card.classes, ["setosa", "virginica"]);
    let files = [("train.csv", b"1,0\n2,1\n".to_vec()), ("test.csv", b"3,1\n".to_vec())];
    assert_eq!(drafted(&files, "").card.examples.test, 1);
}

#[test]
fn an_empty_table_is_told() {
    assert!(refused(&[("a.csv", Vec::new())], "").contains("it is empty"));
}

#[test]
fn image_folders_give_classes_size_and_colour() {
    let files = [
        ("pets/cat/1.png", grey(9)),
        ("pets/cat/2.png", grey(90)),
        ("pets/hot dog é/1.png", grey(200)),
        ("pets/.hidden/x.png", b"left behind".to_vec()),
    ];
    let draft = drafted(&files, "pets");
    assert_eq!(draft.card.classes, ["cat", "hot dog é"]);
    assert_eq!(draft.card.shape, [1, 4, 4]);
    let DataFormat::Images { train, colour, fit, .. } = draft.card.format else { panic!("images") };
    assert_eq!((train.from.as_str(), train.prefix.as_str()), ("pets", ""));
    assert_eq!((colour, fit), (Colour::Grey, Fit::Exact));
    assert_eq!(draft.notes, Vec::<String>::new());
}

#[test]
fn parts_are_found_and_val_is_left_out() {
    let mut files = Vec::new();
    for path in ["train/a/1", "train/b/1", "train/b/2", "test/a/1", "test/b/1", "valid/a/1"] {
        files.push((format!("set/{path}.png"), grey(files.len() as u8 * 40)));
    }
    let files: Vec<(&str, Vec<u8>)> = files.iter().map(|(n, b)| (n.as_str(), b.clone())).collect();
    let draft = drafted(&files, "set");
    assert_eq!((draft.card.examples.train, draft.card.examples.test), (3, 2));
    assert!(draft.notes[0].contains("`valid` is left out"), "{:?}", draft.notes);
}

#[test]
fn odd_sizes_and_colours_are_noted_and_settled() {
    let wide = png((8, 8), png::ColorType::Rgb, 50);
    let files = [("s/a/1.png", grey(1)), ("s/a/2.png", grey(2)), ("s/b/big.png", wide)];
    let draft = drafted(&files, "s");
    assert_eq!(draft.card.shape, [3, 4, 4]);
    let DataFormat::Images { fit, .. } = draft.card.format else { panic!("images") };
    assert_eq!(fit, Fit::Resize);
    let expected = "1 of 3 images are not 4x4: `b/big.png` is 8x8; they have the same proportions \
                    and are resized";
    assert_eq!(draft.notes, [expected]);
    let long = png((12, 4), png::ColorType::Rgba, 50);
    let files = [("s/a/1.png", grey(1)), ("s/a/2.png", grey(2)), ("s/b/big.png", long)];
    let draft = drafted(&files, "s");
    let DataFormat::Images { fit, alpha, .. } = draft.card.format else { panic!("images") };
    assert_eq!((fit, alpha), (Fit::CenterCrop, Alpha::White));
}

#[test]
fn archives_of_images_are_not_unpacked() {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, value) in [("top/a/1.png", 3), ("top/b/1.png", 30), ("top/b/2.png", 90)] {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(&grey(value)).unwrap();
    }
    let bytes = zip.finish().unwrap().into_inner();
    let card = drafted(&[("set.zip", bytes)], "set.zip").card;
    let DataFormat::Images { train, .. } = &card.format else { panic!("images") };
    assert_eq!((train.from.as_str(), train.prefix.as_str()), ("set.zip", "top"));
    let mut tar = tar::Builder::new(Vec::new());
    for (name, value) in [("a/1.png", 3), ("b/1.png", 30)] {
        let bytes = grey(value);
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        tar.append_data(&mut header, name, bytes.as_slice()).unwrap();
    }
    let bytes = gzip(&tar.into_inner().unwrap());
    assert_eq!(drafted(&[("set.tar.gz", bytes)], "set.tar.gz").card.classes, ["a", "b"]);
}

/// An array in numpy's own format.
fn npy(descr: &str, shape: &str, bytes: &[u8]) -> Vec<u8> {
    let header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({shape}), }}\n");
    let length = (header.len() as u16).to_le_bytes();
    [b"\x93NUMPY\x01\0", &length[..], header.as_bytes(), bytes].concat()
}

#[test]
fn arrays_are_paired_by_their_shapes() {
    let pixels: Vec<u8> = (0..36).collect();
    let files = [
        ("x_test.npy", npy("|u1", "1, 2, 2, 3", &pixels[..12])),
        ("x_train.npy", npy("|u1", "2, 2, 2, 3", &pixels[12..])),
        ("y_test.npy", npy("|u1", "1,", &[2])),
        ("y_train.npy", npy("<i2", "2,", &[0, 0, 1, 0])),
    ];
    let card = drafted(&files, "").card;
    assert_eq!((card.shape.as_slice(), card.classes.len()), (&[3, 2, 2][..], 3));
    let DataFormat::Arrays { channels, test_labels, .. } = card.format else { panic!("arrays") };
    assert_eq!(channels, Channels::Last);
    assert_eq!(test_labels.unwrap().file, "y_test.npy");
    let message = refused(&files[1..2], "");
    assert!(message.contains("there is `x_train.npy` [2, 2, 2, 3]"), "{message}");
}

#[test]
fn cifar_files_are_known_by_their_records() {
    let record = |label: u8| {
        let mut bytes = vec![label * 20; 3073];
        bytes[0] = label;
        bytes
    };
    let two = [record(1), record(9)].concat();
    let files = [("data_batch_1.bin", two), ("test_batch.bin", record(3))];
    let card = drafted(&files, "").card;
    assert_eq!((card.examples.train, card.examples.test, card.classes.len()), (2, 1, 10));
}

#[test]
fn what_is_no_dataset_is_told_with_what_was_seen() {
    let check = |files: &[(&str, Vec<u8>)], from: &str, expected: &str| {
        let message = refused(files, from);
        assert_eq!(message, expected);
    };
    let start = "is not recognised as a dataset:";
    check(
        &[("x/.keep", Vec::new())],
        "x",
        &format!("`<root>/x` {start} there is nothing in it that could be read\nseen: no file"),
    );
    check(
        &[("x/a.md", b"hello".to_vec())],
        "x",
        &format!(
            "`<root>/x` {start} there is nothing in it that could be read\nseen: 1 file of no kind that \
         is read"
        ),
    );
    check(
        &[("x/a.csv", b"1,0\n".to_vec()), ("x/c/1.png", grey(1))],
        "x",
        &format!(
            "`<root>/x` {start} it holds images and text tables; a dataset is of one kind, so name the \
         file or the folder that is it\nseen: images: `c/1.png`; text tables: `a.csv`"
        ),
    );
    check(
        &[("x/1.png", grey(1)), ("x/2.png", grey(1))],
        "x",
        &format!(
            "`<root>/x` {start} its images are not in folders; each class needs a folder, named as the \
         class\nseen: images: `1.png`, `2.png`"
        ),
    );
    check(
        &[("x/a/1.png", grey(1)), ("x/b/2.png", Vec::new())],
        "x",
        "`<root>/x/b/2.png`: the file is empty",
    );
    let cut = grey(1)[..40].to_vec();
    let message = refused(&[("x/a/1.png", grey(1)), ("x/b/2.png", cut)], "x");
    assert!(message.starts_with("`<root>/x/b/2.png`: no complete PNG file"), "{message}");
    let message =
        refused(&[("x/a/1.png", grey(1)), ("x/b/2.png", grey(2)), ("x/b/n.txt", vec![1])], "x");
    assert_eq!(message, "`<root>/x`, `b/n.txt`: neither a JPEG nor a PNG file");
    let nowhere = draft("mine", Path::new("nowhere/at/all"), None).expect_err("there is nothing");
    assert_eq!(nowhere.to_string(), "cannot read `nowhere/at/all`");
}
