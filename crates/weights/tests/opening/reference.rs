//! Every file of `files/` is what PyTorch finds in it (`make_files.py`).

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use fireassay_weights::{FileKind, WeightsFile, parse, read};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Expected {
    part: Option<String>,
    prefix: String,
    left_out: Vec<String>,
    tensors: BTreeMap<String, ExpectedTensor>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpectedTensor {
    shape: Vec<usize>,
    values: Vec<f32>,
}

pub(crate) fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/files");
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

#[test]
fn every_file_is_what_pytorch_finds_in_it() {
    let expected: BTreeMap<String, Expected> =
        serde_json::from_str(include_str!("../reference.json")).unwrap();
    let files = files();
    assert_eq!(files.len(), expected.len());
    for path in files {
        let name = path.file_name().unwrap().to_str().unwrap();
        let expected = &expected[name];
        let file = read(&path, None).unwrap();
        let kind = match path.extension().unwrap().to_str().unwrap() {
            "th" => FileKind::TorchLegacy,
            "pth" => FileKind::Torch,
            _ => FileKind::Safetensors,
        };
        assert_eq!((file.kind, &file.part, &file.prefix), (kind, &expected.part, &expected.prefix));
        let mut left_out: Vec<&str> = file.left_out.iter().map(|left| &left.name[..]).collect();
        left_out.sort_unstable();
        assert_eq!(left_out, expected.left_out, "{name}");
        assert!(file.tensors.keys().eq(expected.tensors.keys()), "{name}");
        for (key, tensor) in &file.tensors {
            let expected = &expected.tensors[key];
            assert_eq!(tensor.shape, expected.shape, "{name}, {key}");
            assert_eq!(bits(&tensor.values), bits(&expected.values), "{name}, {key}");
        }
        // Named, it is the same part.
        if let Some(part) = &file.part {
            assert_eq!(read(&path, Some(part)).unwrap(), file);
        }
    }
}

#[test]
fn what_is_left_out_is_told() {
    let left_out = |name: &str| {
        let file = open(name, None).unwrap();
        file.left_out.into_iter().map(|left| (left.name, left.what)).collect::<Vec<_>>()
    };
    let batches = ("bn1.num_batches_tracked".to_owned(), "i64 []".to_owned());
    assert_eq!(left_out("module.pth"), std::slice::from_ref(&batches));
    assert_eq!(left_out("legacy.th"), [batches]);
    assert_eq!(left_out("views.pth"), [("mask".to_owned(), "bool [2]".to_owned())]);
    assert_eq!(left_out("dtypes.safetensors"), [("byte".to_owned(), "u8 [2]".to_owned())]);
}

#[test]
fn a_part_that_is_not_there_is_told_with_those_that_are() {
    let error = |name: &str, part: &str| open(name, Some(part)).unwrap_err().to_string();
    assert_eq!(
        error("nested.pth", "ema"),
        "`nested.pth`: no tensors under `ema`; it holds `epoch` (3), `optimizer` (a dictionary of \
         2 entries), `model` (a dictionary of 8 entries)"
    );
    assert!(error("nested.pth", "epoch").contains("no tensors under `epoch`"));
    assert!(error("dtypes.safetensors", "model").contains("safetensors have no parts"));
}

fn open(name: &str, part: Option<&str>) -> Result<WeightsFile, fireassay_weights::WeightsError> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/files").join(name);
    parse(Path::new(name), &fs::read(path).unwrap(), part)
}
