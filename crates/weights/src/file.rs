//! `read`: the tensors of a file, whatever wrote it.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use crate::{Number, WeightsError, tensors, torch};

/// What was in a file, as far as it can be weights.
#[derive(Clone, Debug, PartialEq)]
pub struct WeightsFile {
    /// Which format it has.
    pub kind: FileKind,
    /// The key of the dictionary that was taken, for example `state_dict`; none if the file holds
    /// nothing but tensors.
    pub part: Option<String>,
    /// What stood before every name and was taken off: `module.` of PyTorch's `DataParallel`.
    pub prefix: String,
    /// By name, without the prefix.
    pub tensors: BTreeMap<String, Tensor>,
    /// What the file holds beside them, by name.
    pub left_out: Vec<LeftOut>,
}

/// A format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// A header of JSON, then the numbers. What a run writes, too, with the paths of its modules.
    Safetensors,
    /// What `torch.save` has written since PyTorch 1.6: a zip archive.
    Torch,
    /// What it wrote before: pickles, then the numbers.
    TorchLegacy,
}

/// Numbers of one name.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    /// Lengths, the slowest index first. Empty for a single number.
    pub shape: Vec<usize>,
    /// In the order of the indices, the last one fastest.
    pub values: Vec<f32>,
    /// What they were in the file.
    pub stored: Number,
}

/// Something in a file that is no weight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Its name, or its key in the dictionary.
    pub name: String,
    /// What it is: `i64 []`, or `a number`.
    pub what: String,
}

impl FileKind {
    /// For messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Safetensors => "safetensors",
            Self::Torch => "a zip checkpoint of PyTorch",
            Self::TorchLegacy => "a legacy checkpoint of PyTorch",
        }
    }
}

impl WeightsFile {
    /// How many numbers there are.
    pub fn num_values(&self) -> usize {
        self.tensors.values().map(|tensor| tensor.values.len()).sum()
    }
}

/// Reads safetensors, or what `torch.save` writes (zip and legacy), as the first bytes say. Floats
/// of 16 and 64 bits become 32 bits; integers (`num_batches_tracked`) are left out and listed.
///
/// Of a checkpoint, `part` names the dictionary to take. Without, it is `state_dict` or another
/// usual name, else the file itself, else the only dictionary of tensors in it;
/// [`WeightsFile::part`] says which one it was.
///
/// # Errors
///
/// If the file cannot be read, is of another format, cut short or damaged, asks for more than
/// tensors, or holds none; if a finite number exceeds 32 bits. See [`WeightsError`].
pub fn read(path: &Path, part: Option<&str>) -> Result<WeightsFile, WeightsError> {
    let fail = |source| WeightsError::Read { path: path.to_owned(), source };
    if !fs::metadata(path).map_err(fail)?.is_file() {
        return Err(fail(io::Error::new(io::ErrorKind::InvalidInput, "it is not a file")));
    }
    parse(path, &fs::read(path).map_err(fail)?, part)
}

/// [`read`] of the bytes of a file. `path` is what errors call it.
///
/// # Errors
///
/// As [`read`].
pub fn parse(path: &Path, bytes: &[u8], part: Option<&str>) -> Result<WeightsFile, WeightsError> {
    match bytes {
        // The length of a header, then the header. It comes first because the length can begin as
        // the other formats do, and neither of them has a brace there.
        [_, _, _, _, _, _, _, _, b'{', ..] => tensors::parse(path, bytes, part),
        [b'P', b'K', 3, 4, ..] => torch::zipped::parse(path, bytes, part),
        [0x80, ..] => torch::legacy::parse(path, bytes, part),
        _ => Err(WeightsError::Format { path: path.to_owned(), found: guess(bytes).to_owned() }),
    }
}

/// What somebody may have given instead.
fn guess(bytes: &[u8]) -> &'static str {
    /// Where tar says what it is.
    const TAR: usize = 257;
    match bytes {
        [] => "empty",
        [0x89, b'H', b'D', b'F', ..] => "HDF5, which Keras writes",
        [b'G', b'G', b'U', b'F', ..] => "GGUF",
        [0x93, b'N', b'U', b'M', b'P', b'Y', ..] => "an array of numpy",
        [0x1f, 0x8b, ..] => "compressed with gzip",
        // JSON and XML, or a page that says why there was nothing to download.
        [b'{' | b'<', ..] => "a text",
        _ if bytes.starts_with(b"version https://git-lfs") => {
            "a pointer of Git LFS, not the file itself"
        }
        _ if bytes.get(TAR..).is_some_and(|rest| rest.starts_with(b"ustar")) => {
            "a tar archive, as PyTorch wrote them before 0.1.10"
        }
        _ => "of an unknown format",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_other_formats_are_named() {
        let mut tar = vec![0; 512];
        tar[257..262].copy_from_slice(b"ustar");
        for (bytes, expected) in [
            (&b""[..], "is empty;"),
            (b"\x89HDF\r\n\x1a\n", "is HDF5"),
            (b"GGUF\x03\0\0\0", "is GGUF"),
            (b"<!DOCTYPE html>", "is a text"),
            (b"version https://git-lfs.github.com/spec/v1\n", "is a pointer of Git LFS"),
            (&tar, "is a tar archive"),
            (b"\x08\x01\x12\x0b", "is of an unknown format"),
        ] {
            let error = parse(Path::new("x.pth"), bytes, None).unwrap_err().to_string();
            assert!(error.starts_with(&format!("`x.pth` {expected}")), "{error}");
            assert!(error.ends_with("from safetensors and from what `torch.save` writes"));
        }
    }

    #[test]
    fn what_is_no_file_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        for path in [folder.path(), &folder.path().join("none.pth")] {
            let error = read(path, None).unwrap_err();
            assert!(matches!(error, WeightsError::Read { .. }), "{error}");
        }
    }
}
