//! Pictures of an archive that are large beside their dataset are decoded before all others, one at
//! a time, in the memory that the dataset is going to fill. So a few photographs among thumbnails
//! do not add to what opening takes. The archive is read twice for that, unless the card says that
//! all images have one size, or the dataset is so large that no picture matters.

use std::ops::ControlFlow;

use fireassay_spec::Fit;

use super::{Batch, Found, MIN_ROOM, ROOM_PART, Source, picture, room};
use crate::DataError;

/// More than these are no outliers, and one at a time would take long.
const MOST: usize = 16;
/// What takes this part of the dataset is large: of smaller ones a thread each adds little.
const PART: usize = 64;

/// Decoded bytes from which on a picture is large.
pub(super) fn large_from(found: &Found) -> usize {
    (found.values.capacity() / PART).max(room::COUNTED_FROM)
}

/// Decodes the first large pictures of each source, and says how many these are.
pub(super) fn read(sources: &[Source<'_>], found: &mut Found) -> Result<Vec<usize>, DataError> {
    // What may be decoded at once is little beside a large dataset.
    if found.values.capacity() / ROOM_PART >= MIN_ROOM {
        return Ok(vec![0; sources.len()]);
    }
    let large = large_from(found);
    let mut batches = Vec::new();
    // Nothing is in there yet, and it comes back empty.
    let mut scratch = std::mem::take(&mut found.values);
    let result: Result<(), DataError> = sources.iter().try_for_each(|source| {
        let mut batch = Batch::default();
        source.read_large(large, &mut scratch, &mut batch)?;
        batches.push(batch);
        Ok(())
    });
    scratch.clear();
    found.values = scratch;
    result?;
    let counts = batches.iter().map(|batch| batch.keys.len()).collect();
    sources.iter().zip(batches).try_for_each(|(source, batch)| found.add(source, batch))?;
    Ok(counts)
}

impl Source<'_> {
    fn read_large(
        &self,
        large: usize,
        scratch: &mut Vec<u8>,
        batch: &mut Batch,
    ) -> Result<(), DataError> {
        let archive = match &self.archive {
            Some(archive) if self.rules.fit != Fit::Exact => archive,
            Some(_) | None => return Ok(()),
        };
        self.each_image(archive, &mut |task| {
            if picture::decoded_len(&task.bytes) < large {
                return Ok(ControlFlow::Continue(()));
            }
            let read = picture::read(&task.bytes, &self.rules, scratch, &mut batch.values);
            read.map_err(|problem| self.member(&task.key.place, problem))?;
            batch.keys.push((task.key, task.label));
            Ok(match batch.keys.len() {
                MOST => ControlFlow::Break(()),
                _ => ControlFlow::Continue(()),
            })
        })
    }
}
