//! Checkpoints put together by hand, in both formats.

use std::io::{Cursor, Write};

use fireassay_weights::{WeightsError, WeightsFile, parse};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// A zip archive of these files, stored.
pub(crate) fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
    zipped_by(files, CompressionMethod::Stored)
}

pub(crate) fn zipped_by(files: &[(&str, &[u8])], method: CompressionMethod) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(method);
    for (name, content) in files {
        writer.start_file(*name, options).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// A checkpoint whose pickle is this and whose only storage, `0`, holds these bytes.
pub(crate) fn checkpoint(pickle: &[u8], storage: &[u8]) -> Vec<u8> {
    zipped(&[("a/data.pkl", pickle), ("a/byteorder", b"little"), ("a/data/0", storage)])
}

/// The same in the legacy format. `len` is how many numbers the storage says it has.
pub(crate) fn legacy(pickle: &[u8], len: u64, storage: &[u8]) -> Vec<u8> {
    let magic = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.";
    let machine = [b"\x80\x02}", &text("little_endian")[..], b"\x88s."].concat();
    let keys = [b"\x80\x02](", &text("0")[..], b"e."].concat();
    [magic, &machine[..], pickle, &keys, &len.to_le_bytes(), storage].concat()
}

pub(crate) fn text(text: &str) -> Vec<u8> {
    [b"X", &(text.len() as u32).to_le_bytes()[..], text.as_bytes()].concat()
}

pub(crate) fn int(value: i64) -> Vec<u8> {
    [b"\x8a\x08", &value.to_le_bytes()[..]].concat()
}

/// A view of storage `0`, which has `numel` numbers of 32 bits.
pub(crate) fn view(numel: i64, offset: i64, shape: &[i64], strides: &[i64]) -> Vec<u8> {
    let tuple = |items: &[i64]| {
        let items: Vec<u8> = items.iter().flat_map(|&item| int(item)).collect();
        [b"(", &items[..], b"t"].concat()
    };
    let id = [text("storage"), b"ctorch\nFloatStorage\n".to_vec(), text("0"), text("cpu")].concat();
    [
        b"ctorch._utils\n_rebuild_tensor_v2\n((",
        &id[..],
        &int(numel),
        b"tQ",
        &int(offset),
        &tuple(shape),
        &tuple(strides),
        b"\x89NtR",
    ]
    .concat()
}

/// A dictionary of these.
pub(crate) fn dict(entries: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let entries = entries.iter().flat_map(|(key, value)| [text(key), value.clone()].concat());
    [b"\x80\x02}(", &entries.collect::<Vec<u8>>()[..], b"u."].concat()
}

pub(crate) fn open(bytes: &[u8]) -> Result<WeightsFile, WeightsError> {
    parse(std::path::Path::new("x"), bytes, None)
}

pub(crate) fn problem(bytes: &[u8]) -> String {
    open(bytes).expect_err("it is refused").to_string()
}
