//! What stands at the end of a Parquet file, checked before the decoder reads it.

use super::thrift::{Met, walk};
use crate::file::PARQUET_MAGIC;

/// The length and the magic bytes.
const TAIL: usize = 8;
/// Structs and lists in a schema; it is read by recursion.
const MAX_GROUPS: usize = 256;

/// Fields of the footer: those of an element of the schema, and in it of an integer's type.
const SCHEMA: &[i16] = &[2];
const NUM_CHILDREN: &[i16] = &[2, 5];
const INTEGER_WIDTH: &[i16] = &[2, 10, 10, 1];

/// Refuses a file whose schema would take far more memory than it is long, or more stack than there
/// is, and integers of unheard-of widths, at which the decoder panics.
pub(super) fn check(bytes: &[u8]) -> Result<(), String> {
    let tail = bytes.last_chunk::<TAIL>().filter(|_| bytes.len() >= TAIL + PARQUET_MAGIC.len());
    let cut = || "no complete Parquet file: it ends early".to_owned();
    let [a, b, c, d, magic @ ..] = tail.ok_or_else(cut)?;
    if *magic != PARQUET_MAGIC {
        return Err(cut());
    }
    let end = bytes.len() - TAIL;
    let len = u32::from_le_bytes([*a, *b, *c, *d]) as usize;
    let start = end.checked_sub(len).ok_or_else(cut)?;
    let (mut num_elements, mut num_groups) = (0, 0);
    walk(&bytes[start..end], &mut |path, met| match (path, met) {
        (SCHEMA, Met::List(len)) => {
            num_elements = len;
            Ok(())
        }
        (NUM_CHILDREN, Met::Integer(children)) => {
            num_groups += usize::from(children > 0);
            if num_groups > MAX_GROUPS {
                return Err(format!("more than {MAX_GROUPS} nested columns"));
            }
            let fits = u64::try_from(children).is_ok_and(|n| n <= num_elements);
            if fits { Ok(()) } else { Err(odd("a schema with more children than elements")) }
        }
        (INTEGER_WIDTH, Met::Integer(width)) if !matches!(width, 8 | 16 | 32 | 64) => {
            Err(odd(&format!("integers of {width} bits")))
        }
        (_, Met::List(_) | Met::Integer(_)) => Ok(()),
    })?;
    Ok(())
}

fn odd(what: &str) -> String {
    format!("no sound Parquet file: {what}")
}
