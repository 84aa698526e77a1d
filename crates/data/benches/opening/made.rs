//! A dataset of each format, with values that do not compress.

use std::fmt::Write as _;
use std::fs;
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};

use fireassay_spec::{DataFormat, DatasetCard};
use flate2::{Compression, write::GzEncoder};
use sha2::{Digest, Sha256};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// So many images of 3x32x32, or as many bytes otherwise: 31 MB.
const IMAGES: usize = 10_000;
const ITEM: usize = 3072;

/// Bytes of one value in memory.
pub(crate) fn value_size(card: &DatasetCard) -> usize {
    let is_bytes = match &card.format {
        DataFormat::Arrays { .. } => !card.name.ends_with("floats"),
        DataFormat::Cifar { .. }
        | DataFormat::Idx { .. }
        | DataFormat::Images { .. }
        | DataFormat::ImageTable { .. } => true,
        DataFormat::Csv { .. } | DataFormat::Sequence(_) | DataFormat::Table(_) => false,
    };
    if is_bytes { 1 } else { 4 }
}

/// Card and folder of each.
pub(crate) fn sets(root: &Path) -> Vec<(PathBuf, PathBuf)> {
    let values = noise(IMAGES * ITEM);
    let labels: Vec<u8> = (0..IMAGES).map(|index| (index % 10) as u8).collect();
    let image_shape = "[3, 32, 32]";
    let mut sets = Vec::new();
    let mut add = |name: &str, shape: &str, format: &str, files: &[(&str, Vec<u8>)]| {
        sets.push(write(root, (name, shape, format), files));
    };

    let idx = idx(3, &[IMAGES as u32, 32, 96], &values);
    let idx_labels = idx_labels(&labels);
    let format = "format.idx = { train-images = 'images', train-labels = 'labels' }";
    let shape = "[1, 32, 96]";
    add("idx", shape, format, &[("images", idx.clone()), ("labels", idx_labels.clone())]);
    add("idx-gz", shape, format, &[("images", gzip(&idx)), ("labels", idx_labels)]);
    drop(idx);

    let records: Vec<u8> = values
        .chunks(ITEM)
        .zip(&labels)
        .flat_map(|(item, label)| [&[*label], item].concat())
        .collect();
    let format = "format.cifar = { train = ['records'], label = 'only' }";
    add("cifar", image_shape, format, &[("records", records.clone())]);
    let format = "format.cifar = { train = ['records'], archive = 'tar', label = 'only' }";
    let tar = tar("records", &records);
    drop(records);
    add("cifar-tar-gz", image_shape, format, &[("tar", gzip(&tar))]);
    add("cifar-tar", image_shape, format, &[("tar", tar)]);

    let npy_labels = npy("|u1", &[IMAGES], &labels);
    let files = |values: Vec<u8>| [("values.npy", values), ("labels.npy", npy_labels.clone())];
    let plain = "train-values = { file = 'values.npy' }, train-labels = { file = 'labels.npy' }";
    let format = format!("format.arrays = {{ {plain} }}");
    let bytes = npy("|u1", &[IMAGES, 3, 32, 32], &values);
    add("npy-bytes", image_shape, &format, &files(bytes.clone()));
    let floats: Vec<u8> =
        values[..IMAGES * ITEM / 4].iter().flat_map(|v| f32::from(*v).to_le_bytes()).collect();
    let floats = npy("<f4", &[IMAGES, ITEM / 4], &floats);
    add("npy-floats", "[768]", &format, &files(floats));
    let format = format!("format.arrays = {{ {plain}, channels = 'last' }}");
    let last = npy("|u1", &[IMAGES, 32, 32, 3], &values);
    add("npy-channels-last", image_shape, &format, &files(last));
    let format = "format.arrays = { train-values = { file = 'set.npz', key = 'x' }, train-labels \
                  = { file = 'set.npz', key = 'y' } }";
    let npz = npz(&[("x.npy", &bytes), ("y.npy", &npy_labels)]);
    add("npz", image_shape, format, &[("set.npz", npz)]);

    let mut text = String::new();
    for (row, label) in values.chunks(100).zip(&labels) {
        row.iter()
            .for_each(|value| write!(text, "{:.3},", f32::from(*value) / 255.0).expect("text"));
        writeln!(text, "{label}").expect("text");
    }
    add("csv", "[100]", "format.csv = { train = 'table' }", &[("table", text.into_bytes())]);
    sets
}

fn write(
    root: &Path,
    (name, shape, format): (&str, &str, &str),
    files: &[(&str, Vec<u8>)],
) -> (PathBuf, PathBuf) {
    let name = format!("made-{name}");
    let folder = root.join(&name);
    fs::create_dir_all(&folder).expect("writable");
    let mut text = format!(
        "schema = 1\nname = '{name}'\ntitle = ''\nlicence = ''\nsource = ''\nshape = {shape}\n\
         classes = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']\n\
         examples = {{ train = {IMAGES}, test = 0 }}\n\
         normalise = {{ divisor = 255, mean = [0.5], std = [0.5] }}\n{format}\n"
    );
    for (path, bytes) in files {
        fs::write(folder.join(path), bytes).expect("writable");
        let digest = Sha256::digest(bytes);
        write!(text, "[[files]]\npath = '{path}'\nsha256 = '").expect("text");
        digest.iter().for_each(|byte| write!(text, "{byte:02x}").expect("text"));
        text.push_str("'\n");
    }
    let card = folder.join("dataset.toml");
    fs::write(&card, text).expect("writable");
    (card, folder)
}

/// By the xorshift of Marsaglia (2003).
fn noise(len: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    (0..len / 8).flat_map(|_| next()).collect()
}

fn idx(rank: u8, dimensions: &[u32], body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, rank];
    bytes.extend(dimensions.iter().flat_map(|n| n.to_be_bytes()));
    bytes.extend(body);
    bytes
}

fn idx_labels(labels: &[u8]) -> Vec<u8> {
    idx(1, &[labels.len() as u32], labels)
}

fn npy(descr: &str, shape: &[usize], body: &[u8]) -> Vec<u8> {
    let lens: Vec<String> = shape.iter().map(|n| format!("{n},")).collect();
    let header = format!(
        "{{'descr': '{descr}', 'fortran_order': False, 'shape': ({}), }}\n",
        lens.join(" ")
    );
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(body);
    bytes
}

/// Stored, as numpy's `savez` does.
fn npz(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (name, bytes) in members {
        zip.start_file(*name, options).expect("a member");
        zip.write_all(bytes).expect("memory");
    }
    zip.finish().expect("memory").into_inner()
}

fn tar(name: &str, bytes: &[u8]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(bytes.len() as u64);
    header.set_mode(0o644);
    tar.append_data(&mut header, name, bytes).expect("memory");
    tar.into_inner().expect("memory")
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}
