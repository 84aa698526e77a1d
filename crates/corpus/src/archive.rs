//! Archives of runs: accepted means that the folder holds what the manifest names and nothing else;
//! refused means that nothing lies outside of it either.
//!
//! The bytes are an archive as it lies on disk, or a tar without its compression. Of the latter,
//! checksums of headers, hashes of files and the seal of the manifest are put right first.

use std::fs;
use std::io::Cursor;
use std::path::Path;

use fireassay_tracking::archive::{Manifest, pack, peek, unpack};
use serde_json::Value;

use crate::resealed::{object, resealed};
use crate::tarred::{Entry, append, entries};
use crate::{arrays, told};

/// What may be unpacked; more than any input holds.
const ROOM: u64 = 1 << 24;

pub(crate) fn check(bytes: &[u8]) -> String {
    match arrays::is_compressed(bytes) {
        true => read(bytes),
        false => read(&arrays::gzip(&mended(bytes))),
    }
}

fn read(bytes: &[u8]) -> String {
    let around = tempfile::tempdir().expect("there is a folder for temporary files");
    let folder = around.path().join("folder");
    fs::create_dir(&folder).expect("a new folder is empty");
    let unpacked = unpack(Cursor::new(bytes), &folder, ROOM);
    let beside: Vec<_> = fs::read_dir(around.path()).expect("it is there").collect();
    assert_eq!(beside.len(), 1, "something was written outside of the folder");
    let manifest = match unpacked {
        // The folder has another name each time.
        Err(error) => return told(&error).replace(&*folder.to_string_lossy(), "<folder>"),
        Ok(manifest) => manifest,
    };
    assert_eq!(peek(Cursor::new(bytes)).expect("it was read before"), manifest);
    let mut listed: Vec<&str> = manifest.files.iter().map(|file| file.path.as_str()).collect();
    listed.sort_unstable();
    assert_eq!(files_below(&folder, ""), listed);
    for file in &manifest.files {
        let content = fs::read(folder.join(&file.path)).expect("it was listed");
        assert_eq!(content.len() as u64, file.bytes);
        assert_eq!(blake3::hash(&content).to_hex().as_str(), file.blake3);
    }
    let packed = around.path().join("again.tar.gz");
    pack(&packed, &manifest, &|path| folder.join(path)).expect("what was unpacked can be packed");
    let again = fs::read(&packed).expect("it was written");
    assert_eq!(peek(Cursor::new(again.as_slice())).expect("it was packed"), manifest);
    format!("accepted, {} files", listed.len())
}

/// Paths of all files, sorted. Nothing but files and folders may be there.
fn files_below(folder: &Path, prefix: &str) -> Vec<String> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder that was unpacked") {
        let entry = entry.expect("a folder that was unpacked");
        let name = entry.file_name().into_string().expect("names in a manifest are UTF-8");
        let kind = entry.file_type().expect("a folder that was unpacked");
        if kind.is_dir() {
            files.extend(files_below(&entry.path(), &format!("{prefix}{name}/")));
        } else {
            assert!(kind.is_file(), "{prefix}{name} is no file");
            files.push(format!("{prefix}{name}"));
        }
    }
    files.sort_unstable();
    files
}

/// A tar whose headers are sound and whose manifest knows the files. What the fuzzer chose (names,
/// kinds, sizes, the order) stays as it is.
fn mended(bytes: &[u8]) -> Vec<u8> {
    let (mut entries, rest) = entries(bytes);
    let files = entries.split_off(entries.len().min(1));
    let mut tar = Vec::new();
    if let Some((header, content)) = entries.pop() {
        let manifest = with_hashes(&content, &files);
        append(&mut tar, &header, manifest.as_deref().unwrap_or(&content), manifest.is_some());
    }
    files.iter().for_each(|(header, content)| append(&mut tar, header, content, false));
    tar.extend(rest);
    tar
}

/// The manifest with a hash wherever it has an empty one, and with its seal.
fn with_hashes(manifest: &[u8], files: &[Entry]) -> Option<Vec<u8>> {
    let mut fields = object(manifest)?;
    let listed = fields.get_mut("files").and_then(Value::as_array_mut);
    for (entry, (_, content)) in listed.into_iter().flatten().zip(files) {
        if let Some(hash) = entry.get_mut("blake3").filter(|hash| **hash == "") {
            *hash = blake3::hash(content).to_hex().as_str().into();
        }
    }
    Some(resealed(Path::new(Manifest::FILE), &fields))
}
