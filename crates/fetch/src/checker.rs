//! `Checker`: what a card says of a file, checked while its bytes go by.

use std::io::{self, Write};

use fireassay_spec::FileCard;
use flate2::write::MultiGzDecoder;
use sha2::{Digest, Sha256};

use crate::error::Mismatch;

/// Bytes that are read, checked and written at once.
pub(crate) const CHUNK: usize = 64 * 1024;

/// A file that inflates to more than this many times its length is not inflated any further.
/// Images shrink to a fifth, masks and one-hot tables to a fiftieth; gzip ends at a thousandth.
const MAX_RATIO: u64 = 200;

/// Takes the bytes of one file in their order.
pub(crate) struct Checker<'a> {
    file: &'a FileCard,
    /// Bytes that the file must have.
    length: u64,
    taken: u64,
    hash: Sha256,
    payload: Option<Payload<'a>>,
}

/// What a gzip file holds.
struct Payload<'a> {
    expected: &'a str,
    /// Bytes that it may inflate to.
    limit: u64,
    /// None once it turned out not to be gzip.
    decoder: Option<MultiGzDecoder<Sink>>,
}

/// Hashes what comes out, and refuses what is too much.
struct Sink {
    hash: Sha256,
    left: u64,
    is_full: bool,
}

impl<'a> Checker<'a> {
    /// For a file of this length.
    pub(crate) fn new(file: &'a FileCard, length: u64) -> Self {
        let limit = length.saturating_mul(MAX_RATIO);
        let payload = file.payload_sha256.as_deref().map(|expected| {
            let sink = Sink { hash: Sha256::new(), left: limit, is_full: false };
            Payload { expected, limit, decoder: Some(MultiGzDecoder::new(sink)) }
        });
        Self { file, length, taken: 0, hash: Sha256::new(), payload }
    }

    /// Bytes so far.
    pub(crate) fn taken(&self) -> u64 {
        self.taken
    }

    /// Bytes that the file must have.
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// The next bytes, unless they cannot be the file's.
    pub(crate) fn take(&mut self, bytes: &[u8]) -> Result<(), Mismatch> {
        if bytes.len() as u64 > self.length - self.taken {
            return Err(Mismatch::Longer(self.length));
        }
        self.taken += bytes.len() as u64;
        self.hash.update(bytes);
        self.payload.as_mut().map_or(Ok(()), |payload| payload.take(bytes))
    }

    /// Whether all bytes together are the file that the card describes.
    pub(crate) fn verdict(self) -> Result<(), Mismatch> {
        let expected = self.file.bytes.unwrap_or(self.length);
        if self.taken != expected {
            return Err(Mismatch::Length { found: self.taken, expected });
        }
        let found = hex(&self.hash.finalize());
        if found != self.file.sha256 {
            return Err(Mismatch::Hash { found, expected: self.file.sha256.clone() });
        }
        self.payload.map_or(Ok(()), Payload::verdict)
    }
}

impl Payload<'_> {
    /// A damaged file is told at its end, where its own hash has told more already.
    fn take(&mut self, bytes: &[u8]) -> Result<(), Mismatch> {
        let Some(decoder) = &mut self.decoder else { return Ok(()) };
        match decoder.write_all(bytes) {
            Ok(()) => Ok(()),
            Err(_) if decoder.get_ref().is_full => Err(Mismatch::Bomb(self.limit)),
            Err(_) => {
                self.decoder = None;
                Ok(())
            }
        }
    }

    fn verdict(self) -> Result<(), Mismatch> {
        let mut decoder = self.decoder.ok_or(Mismatch::Gzip)?;
        // What the decoder still holds back may be what is too much.
        let ended = decoder.try_finish();
        if decoder.get_ref().is_full {
            return Err(Mismatch::Bomb(self.limit));
        }
        let sink = ended.and_then(|()| decoder.finish()).map_err(|_| Mismatch::Gzip)?;
        let found = hex(&sink.hash.finalize());
        let expected = self.expected.to_owned();
        if found == expected { Ok(()) } else { Err(Mismatch::Payload { found, expected }) }
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.len() as u64 > self.left {
            self.is_full = true;
            return Err(io::Error::other("the sink is full"));
        }
        self.left -= bytes.len() as u64;
        self.hash.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}
