//! Entries of a tar archive, and headers with the right checksum.

use tar::Header;

/// Tar is written in blocks of this many bytes.
const BLOCK: usize = 512;

/// An entry of a tar: its header and its content, without the padding.
pub(crate) type Entry = (Box<[u8; BLOCK]>, Vec<u8>);

/// A tar whose headers are sound. What the fuzzer chose (names, kinds, sizes) stays as it is.
pub(crate) fn mended(bytes: &[u8]) -> Vec<u8> {
    let (entries, rest) = entries(bytes);
    let mut tar = Vec::new();
    entries.iter().for_each(|(header, content)| append(&mut tar, header, content, false));
    tar.extend(rest);
    tar
}

/// The entries, and what follows them.
pub(crate) fn entries(mut bytes: &[u8]) -> (Vec<Entry>, &[u8]) {
    let mut entries = Vec::new();
    while let Some((header, rest)) = bytes.split_first_chunk::<BLOCK>() {
        let size = Header::from_byte_slice(header).entry_size();
        let Some(size) = size.ok().and_then(|size| usize::try_from(size).ok()) else { break };
        if header.iter().all(|&byte| byte == 0) {
            break;
        }
        let content = rest.get(..size).unwrap_or(rest);
        entries.push((Box::new(*header), content.to_vec()));
        let padded = size.checked_next_multiple_of(BLOCK).unwrap_or(size);
        bytes = rest.get(padded..).unwrap_or_default();
    }
    (entries, bytes)
}

pub(crate) fn append(tar: &mut Vec<u8>, header: &[u8; BLOCK], content: &[u8], resize: bool) {
    let mut header = Header::from_byte_slice(header).clone();
    if resize {
        header.set_size(content.len() as u64);
    }
    header.set_cksum();
    tar.extend(header.as_bytes());
    tar.extend(content);
    tar.resize(tar.len().next_multiple_of(BLOCK), 0);
}
