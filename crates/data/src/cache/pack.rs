//! Packed files: values, labels, and groups if there are any.
//!
//! All numbers are little-endian. Whatever else a file says, it must be as long as the card and its
//! flags imply.

use std::io;

use fireassay_kept::{Contents, Floats, Form, Key, Shelf, Unusable};
use fireassay_spec::DatasetCard;

use super::DECODERS;
use crate::card::Sizes;
use crate::prepared::{Kept, Prepared};

pub(super) const FORM: Form = Form { magic: *b"fireasy\n", layout: 2 };
const FLOATS: u32 = 1;
const GROUPS: u32 = 2;

/// Names the decoded arrays of a card.
pub(super) fn key(card: &DatasetCard) -> Key {
    let layout = FORM.layout;
    Key::of(&format!("fireassay packed dataset {layout}, {DECODERS}: {}", card.hash()))
}

/// What is packed of a card.
pub(super) fn read(shelf: &Shelf, card: &DatasetCard, sizes: Sizes) -> Result<Prepared, Unusable> {
    let contents = shelf.open(&key(card))?;
    let examples = card.examples.train + card.examples.test;
    let prepared = parse(contents, (examples, sizes.item)).ok_or(Unusable::Damaged)?;
    let num_classes = card.classes.len();
    let is_right = prepared.labels.iter().all(|&label| (label as usize) < num_classes);
    if is_right { Ok(prepared) } else { Err(Unusable::Damaged) }
}

/// What is in a file; none unless it is one of a dataset of this size.
pub(super) fn parse(contents: Contents, (examples, item): (usize, usize)) -> Option<Prepared> {
    let Contents { flags, counts, payload, mapped } = contents;
    let is_expected = counts == [examples as u64, item as u64];
    if !is_expected || payload_len(flags, counts)? != payload.len() as u64 {
        return None;
    }
    let is_bytes = flags & FLOATS == 0;
    let values_end = examples * item * if is_bytes { 1 } else { 4 };
    let values = payload.slice(..values_end);
    let (labels, groups) = payload[values_end..].split_at(4 * examples);
    Some(Prepared {
        values: if is_bytes { Kept::Bytes(values) } else { Kept::Floats(Floats::packed(values)) },
        labels: numbers(labels),
        groups: (flags & GROUPS != 0).then(|| numbers(groups)),
        mapped,
    })
}

/// None if there is a flag that we do not know.
fn payload_len(flags: u32, [examples, item]: [u64; 2]) -> Option<u64> {
    if flags & !(FLOATS | GROUPS) != 0 {
        return None;
    }
    let size = if flags & FLOATS == 0 { 1 } else { 4 };
    let values = examples.checked_mul(item)?.checked_mul(size)?;
    let lists = if flags & GROUPS == 0 { 1 } else { 2 };
    values.checked_add(examples.checked_mul(4 * lists)?)
}

fn numbers(bytes: &[u8]) -> Vec<u32> {
    bytes.as_chunks().0.iter().map(|&bytes| u32::from_le_bytes(bytes)).collect()
}

/// Writes the packed file of a card, for who has its lock.
pub(super) fn write(shelf: &Shelf, key: &Key, prepared: &Prepared) -> io::Result<()> {
    let Prepared { values, labels, groups, .. } = prepared;
    let (len, kind) = match values {
        Kept::Bytes(values) => (values.len(), 0),
        Kept::Floats(values) => (values.len(), FLOATS),
    };
    let flags = kind | if groups.is_some() { GROUPS } else { 0 };
    let (examples, item) = (labels.len(), len / labels.len().max(1));
    let mut writer = shelf.write(key, flags, [examples as u64, item as u64])?;
    match values {
        Kept::Bytes(values) => writer.bytes(values)?,
        Kept::Floats(values) => writer.numbers(values, f32::to_le_bytes)?,
    }
    writer.numbers(labels, u32::to_le_bytes)?;
    if let Some(groups) = groups {
        writer.numbers(groups, u32::to_le_bytes)?;
    }
    writer.finish()
}
