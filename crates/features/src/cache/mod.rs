//! `FeatureCache`: what a frozen backbone made of examples, kept for every trial of this machine.
//!
//! A file holds the features at one cut and is named by everything that decides them. It is trusted
//! only after all of it was hashed, so features are the same with and without a cache, whatever
//! happened to it. It is mapped, so that processes share it; whoever uses features has to ask
//! [`Features::check_unchanged`] in the end.

mod cut;
mod emit;
mod features;
#[cfg(test)]
mod tests;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use fireassay_kept::{Form, Key, Lock, Shelf, Unusable};

pub use self::cut::{Cut, Precision, Source};
pub use self::emit::Emit;
use self::emit::Sink;
pub use self::features::Features;
use crate::FeatureError;

const FORM: Form = Form { magic: *b"fireasf\n", layout: 1 };
/// What files of features are called after their key.
const KIND: &str = "features";
/// What all features of a machine may take, unless it is said otherwise: 8 GiB, 280 times those of
/// 60,000 examples with 128 numbers each.
pub const LIMIT: u64 = 8 << 30;
/// Of a file without its features.
const FRAME_LEN: u64 = 96;

/// A folder of features. It may be removed at any time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeatureCache {
    shelf: Shelf,
    limit: u64,
}

/// Why features had to be computed although they should have been kept. The features are right.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CacheProblem {
    /// A file is not as it was written; it was made again.
    #[error("`{}` was damaged, so its features were computed once more", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// Nothing can be kept there.
    #[error("`{}` cannot be kept, so its features are computed each time", path.display())]
    Unkept {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// There is no room, also without everything else.
    #[error(
        "features of {bytes} bytes are not kept: there may be {limit} in `{}`",
        folder.display()
    )]
    TooLarge {
        /// What all features that are missing take.
        bytes: u64,
        /// What all that is kept may take.
        limit: u64,
        /// The folder.
        folder: PathBuf,
    },
}

/// Features as they were asked for, and what kept them from being kept.
#[derive(Debug)]
pub struct Found {
    /// In the order of the cuts.
    pub features: Vec<Arc<Features>>,
    /// Each is worth a warning.
    pub problems: Vec<CacheProblem>,
}

impl FeatureCache {
    /// In this folder, which is made when something is first kept. All that is kept takes `limit`
    /// bytes at most; for more room, what was not used for the longest time is removed.
    pub fn new(folder: PathBuf, limit: u64) -> Self {
        Self { shelf: Shelf::new(folder, KIND, FORM), limit }
    }

    /// In a folder of the one that decoded datasets are kept in, with [`LIMIT`] bytes.
    pub fn within(datasets: &Path) -> Self {
        Self::new(datasets.join(KIND), LIMIT)
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        self.shelf.folder()
    }

    /// What is kept: files, one for each cut, and their bytes.
    pub fn usage(&self) -> io::Result<(usize, u64)> {
        self.shelf.usage().map(|usage| (usage.files, usage.bytes))
    }

    /// Removes what is kept, except what another process is making just now. Whoever uses features
    /// goes on with them.
    pub fn clear(&self) -> io::Result<(usize, u64)> {
        self.shelf.clear().map(|usage| (usage.files, usage.bytes))
    }

    /// The features of `source` at each cut: what is kept, and in one pass what is not.
    ///
    /// `compute` is given the places in `cuts` that are missing, in their order, and emits batch after batch of them,
    /// all rows of the source in their order. It is called again from the start if a file could not
    /// be written to its end. One process computes, while others that ask for the same wait.
    pub fn features<E: From<FeatureError>>(
        &self,
        source: Source<'_>,
        cuts: &[Cut<'_>],
        mut compute: impl FnMut(&[usize], &mut Emit<'_>) -> Result<(), E>,
    ) -> Result<Found, E> {
        let mut work = Work::new(source, cuts)?;
        for at in 0..cuts.len() {
            let _ = self.read(&mut work, at);
        }
        // Locks are taken in the order of the keys, so that nobody waits for who waits for him.
        let mut locks: Vec<(usize, Lock)> = Vec::new();
        for at in work.missing_by_key() {
            let lock = self.shelf.lock(&work.keys[at]);
            match (self.read(&mut work, at), lock) {
                (Ok(()), _) => {}
                (Err(why), Ok(lock)) => {
                    let path = self.shelf.path(&work.keys[at]);
                    let damage =
                        (why == Unusable::Damaged).then_some(CacheProblem::Damaged { path });
                    work.problems.extend(damage);
                    locks.push((at, lock));
                }
                (Err(_), Err(error)) => work.unkept(&self.shelf, at, error),
            }
        }
        self.make(&mut work, &locks, &mut compute)?;
        drop(locks);
        // What could not be kept stays in memory.
        let missing = work.missing();
        if !missing.is_empty() {
            let sinks =
                missing.iter().map(|&at| Sink::memory(&work.cuts[at], source.rows)).collect();
            for (at, sink) in missing.iter().zip(pass(&work, &missing, sinks, &mut compute)?) {
                work.found[*at] = sink.into_features(&cuts[*at], source.rows).map(Arc::new);
            }
        }
        for key in &work.keys {
            self.shelf.used(key);
        }
        let features: Vec<Arc<Features>> = work.found.into_iter().flatten().collect();
        Ok(Found { features, problems: work.problems })
    }

    /// Computes what is locked, keeps it and reads it back.
    fn make<E: From<FeatureError>>(
        &self,
        work: &mut Work<'_>,
        locks: &[(usize, Lock)],
        compute: &mut impl FnMut(&[usize], &mut Emit<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        if !self.has_room(work, locks) {
            return Ok(());
        }
        let (mut wanted, mut sinks) = (Vec::new(), Vec::new());
        let mut places: Vec<usize> = locks.iter().map(|(at, _)| *at).collect();
        places.sort_unstable(); // as the caller knows them
        for at in places {
            let cut = &work.cuts[at];
            let counts = [work.source.rows as u64, cut.width as u64];
            match self.shelf.write(&work.keys[at], cut.precision.flag(), counts) {
                Ok(writer) => {
                    wanted.push(at);
                    sinks.push(Sink::file(cut, writer));
                }
                Err(error) => work.unkept(&self.shelf, at, error),
            }
        }
        if wanted.is_empty() {
            return Ok(());
        }
        // With the sinks go their unfinished files, if `compute` fails.
        for (&at, sink) in wanted.iter().zip(pass(work, &wanted, sinks, compute)?) {
            let kept = sink.finish().and_then(|()| {
                let unread = || io::Error::other("what was written is not what is read");
                self.read(work, at).map_err(|_| unread())
            });
            if let Err(error) = kept {
                work.unkept(&self.shelf, at, error);
            }
        }
        Ok(())
    }

    fn has_room(&self, work: &mut Work<'_>, locks: &[(usize, Lock)]) -> bool {
        let len = |(at, _): &(usize, Lock)| work.cuts[*at].bytes(work.source.rows) + FRAME_LEN;
        let bytes = locks.iter().map(len).fold(0_u64, u64::saturating_add);
        if bytes == 0 {
            return true;
        }
        if bytes <= self.limit {
            // A folder that cannot be listed may still be written to.
            let room = self.shelf.make_room(bytes, self.limit, &work.keys);
            if room.unwrap_or(true) {
                return true;
            }
        }
        let folder = self.shelf.folder().to_owned();
        work.problems.push(CacheProblem::TooLarge { bytes, limit: self.limit, folder });
        false
    }

    fn read(&self, work: &mut Work<'_>, at: usize) -> Result<(), Unusable> {
        let contents = self.shelf.open(&work.keys[at])?;
        let features = Features::kept(&work.cuts[at], work.source.rows, contents);
        work.found[at] = Some(Arc::new(features.ok_or(Unusable::Damaged)?));
        Ok(())
    }
}

/// What was asked for, and how far it is.
struct Work<'a> {
    source: Source<'a>,
    cuts: &'a [Cut<'a>],
    keys: Vec<Key>,
    found: Vec<Option<Arc<Features>>>,
    problems: Vec<CacheProblem>,
}

impl<'a> Work<'a> {
    fn new(source: Source<'a>, cuts: &'a [Cut<'a>]) -> Result<Self, FeatureError> {
        let keys: Vec<Key> = cuts.iter().map(|cut| cut.key(&source)).collect();
        let mut sorted = keys.clone();
        sorted.sort();
        let refuse = |why| Err(FeatureError::Undefined { what: "a list of cuts", why });
        if sorted.windows(2).any(|pair| pair[0] == pair[1]) {
            return refuse("one comes twice");
        }
        if cuts.iter().any(|cut| cut.width == 0) || source.rows == 0 {
            return refuse("there is nothing to keep of one");
        }
        let found = vec![None; cuts.len()];
        Ok(Self { source, cuts, keys, found, problems: Vec::new() })
    }

    fn missing(&self) -> Vec<usize> {
        (0..self.cuts.len()).filter(|&at| self.found[at].is_none()).collect()
    }

    fn missing_by_key(&self) -> Vec<usize> {
        let mut missing = self.missing();
        missing.sort_by_key(|&at| self.keys[at]);
        missing
    }

    fn unkept(&mut self, shelf: &Shelf, at: usize, source: io::Error) {
        let path = shelf.path(&self.keys[at]);
        self.problems.push(CacheProblem::Unkept { path, source });
    }
}

/// Computes the wanted cuts into their sinks.
fn pass<E: From<FeatureError>>(
    work: &Work<'_>,
    wanted: &[usize],
    mut sinks: Vec<Sink>,
    compute: &mut impl FnMut(&[usize], &mut Emit<'_>) -> Result<(), E>,
) -> Result<Vec<Sink>, E> {
    let mut emit = Emit::new(&mut sinks, work.source.rows);
    compute(wanted, &mut emit)?;
    emit.end()?;
    Ok(sinks)
}
