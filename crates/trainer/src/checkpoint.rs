//! `Checkpoints`: a trial's state as one atomic set.
//!
//! One safetensors file holds weights, running statistics, optimizer state and the best weights so
//! far; its metadata holds every counter. The manifest that names the file and its hash is replaced
//! after it, so a kill at any moment leaves the set before. The last two sets are kept. Equal state
//! gives equal bytes.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use fireassay_tracking::{
    CheckpointManifest, CheckpointSet, TrackingError, open_weights, write_atomic,
};
use safetensors::tensor::{Dtype, TensorView};
use safetensors::{SafeTensors, serialize};
use serde::{Deserialize, Serialize};

use crate::TrainError;
use crate::optim_state::Scalars;
use crate::progress::Progress;
use crate::state::{Blob, Tensors};

const SELECTED: &str = "selected.safetensors";

/// Everything that the next step depends on, besides spec, seed, data and code.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// Counters.
    pub progress: Progress,
    /// Weights and running statistics.
    pub model: Tensors,
    /// Moments of the optimizer.
    pub optim: Tensors,
    /// Counters of the optimizer.
    pub optim_scalars: Scalars,
    /// Weights of the best evaluation, if the spec selects by it.
    pub best: Option<Tensors>,
}

/// The checkpoints of one run directory.
pub struct Checkpoints {
    dir: PathBuf,
    /// Of the executable: state of other code is not resumed.
    binary_hash: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Counters {
    progress: Progress,
    optim: Scalars,
}

impl Checkpoints {
    /// Makes the folder and removes what a killed writer left behind.
    pub fn open(dir: &Path, binary_hash: &str) -> Result<Self, TrainError> {
        let fail = |source| TrainError::WriteCheckpoint { path: dir.to_owned(), source };
        fs::create_dir_all(dir).map_err(fail)?;
        let store = Self { dir: dir.to_owned(), binary_hash: binary_hash.to_owned() };
        let named = store.named();
        for entry in fs::read_dir(dir).map_err(fail)? {
            let path = entry.map_err(fail)?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let is_set = name.starts_with("step-") && name.ends_with(".safetensors");
            let is_stray = is_set && named.as_ref().is_some_and(|named| !named.contains(name));
            if is_stray || path.extension().is_some_and(|extension| extension == "tmp") {
                fs::remove_file(&path).map_err(fail)?;
            }
        }
        Ok(store)
    }

    /// Files of the sets that can be resumed from. A kill between a set and its manifest leaves a
    /// file that is none of them. None if the manifest is damaged: then nothing is thrown away.
    fn named(&self) -> Option<BTreeSet<String>> {
        let manifest = CheckpointManifest::read(&self.dir).ok()?;
        let sets = manifest.map_or_else(Vec::new, |manifest| manifest.sets);
        Some(sets.into_iter().map(|set| set.file).collect())
    }

    /// Writes a set and forgets all but the one before.
    pub fn save(&self, snapshot: &Snapshot) -> Result<(), TrainError> {
        let bytes = encode(snapshot)?;
        let step = snapshot.progress.step;
        let file = format!("step-{step:08}.safetensors");
        self.put(&file, &bytes)?;
        let old = self.manifest().map_or_else(Vec::new, |manifest| manifest.sets);
        let set = CheckpointSet { step, blake3: blake3::hash(&bytes).to_hex().to_string(), file };
        let kept = old.iter().filter(|old| old.file != set.file).take(1).cloned();
        let sets: Vec<CheckpointSet> = std::iter::once(set.clone()).chain(kept).collect();
        let (schema, binary_hash) = (CheckpointManifest::SCHEMA, self.binary_hash.clone());
        let manifest = CheckpointManifest { schema, binary_hash, sets };
        manifest.write(&self.dir)?;
        for gone in old.iter().filter(|old| manifest.sets.iter().all(|set| set.file != old.file)) {
            // What cannot be removed costs disk, not correctness.
            let _ = fs::remove_file(self.dir.join(&gone.file));
        }
        Ok(())
    }

    /// The newest intact set whose events are on disk, which `holds` says of a number of their
    /// first bytes. Damage is logged and the set before is taken; with none left the trial starts over, which costs time and changes nothing. Whether
    /// a set of another program may be gone on from is for the caller to decide.
    pub fn load(&self, holds: impl Fn(u64) -> bool) -> Option<Snapshot> {
        let manifest = self.manifest()?;
        for set in &manifest.sets {
            match self.read(set) {
                Ok(snapshot) if holds(snapshot.progress.event_bytes) => return Some(snapshot),
                Ok(_) => tracing::warn!("events of checkpoint {} are lost or damaged", set.file),
                Err(problem) => tracing::warn!("checkpoint {} is damaged: {problem}", set.file),
            }
        }
        tracing::warn!("no intact checkpoint; starting over");
        None
    }

    /// Writes the selected weights, beside the sets.
    pub fn save_selected(&self, selected: &Tensors) -> Result<(), TrainError> {
        let views = views("", selected)?;
        let bytes = serialize(views, None).map_err(state_error)?;
        self.put(SELECTED, &bytes)
    }

    /// Removes the sets: the trial is finished, and its summary is on disk.
    pub fn forget_sets(&self) {
        if let Some(manifest) = self.manifest() {
            // The manifest goes first: a kill in between leaves files without a name, not a name
            // without files. What cannot be removed costs disk, not correctness.
            let _ = fs::remove_file(self.dir.join(CheckpointManifest::FILE));
            for set in manifest.sets {
                let _ = fs::remove_file(self.dir.join(set.file));
            }
        }
    }

    fn manifest(&self) -> Option<CheckpointManifest> {
        CheckpointManifest::read(&self.dir).unwrap_or_else(|problem| {
            tracing::warn!("the checkpoints cannot be used: {}", with_cause(&problem));
            None
        })
    }

    fn read(&self, set: &CheckpointSet) -> Result<Snapshot, String> {
        let bytes = fs::read(self.dir.join(&set.file)).map_err(|e| e.to_string())?;
        if blake3::hash(&bytes).to_hex().as_str() != set.blake3 {
            return Err(format!("its hash is not the manifest's ({} bytes)", bytes.len()));
        }
        decode(&set.file, &bytes)
    }

    fn put(&self, name: &str, bytes: &[u8]) -> Result<(), TrainError> {
        let path = self.dir.join(name);
        write_atomic(&path, bytes).map_err(|source| TrainError::WriteCheckpoint { path, source })
    }
}

fn encode(snapshot: &Snapshot) -> Result<Vec<u8>, TrainError> {
    let mut all = views("model/", &snapshot.model)?;
    all.extend(views("optim/", &snapshot.optim)?);
    if let Some(best) = &snapshot.best {
        all.extend(views("best/", best)?);
    }
    let counters =
        Counters { progress: snapshot.progress.clone(), optim: snapshot.optim_scalars.clone() };
    let text = serde_json::to_string(&counters).map_err(state_error)?;
    #[expect(clippy::disallowed_types, reason = "the library's type; one entry has one order")]
    let metadata = std::collections::HashMap::from([("fireassay".to_owned(), text)]);
    serialize(all, Some(metadata)).map_err(state_error)
}

fn views<'a>(
    prefix: &str,
    tensors: &'a Tensors,
) -> Result<BTreeMap<String, TensorView<'a>>, TrainError> {
    let view = |(name, blob): (&String, &'a Blob)| {
        let view = TensorView::new(Dtype::F32, blob.shape.clone(), &blob.bytes);
        Ok((format!("{prefix}{name}"), view.map_err(state_error)?))
    };
    tensors.iter().map(view).collect()
}

fn decode(name: &str, bytes: &[u8]) -> Result<Snapshot, String> {
    let file = open_weights(Path::new(name), bytes).map_err(|e| e.to_string())?;
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(|e| e.to_string())?;
    let text = header.metadata().as_ref().and_then(|map| map.get("fireassay"));
    let text = text.ok_or("it has no counters")?;
    let counters: Counters = serde_json::from_str(text).map_err(|e| e.to_string())?;
    let mut parts: BTreeMap<String, Tensors> = BTreeMap::new();
    for (name, view) in file.tensors() {
        let (part, path) = name.split_once('/').ok_or_else(|| format!("odd name `{name}`"))?;
        let blob = Blob { shape: view.shape().to_vec(), bytes: view.data().to_vec() };
        parts.entry(part.to_owned()).or_default().insert(path.to_owned(), blob);
    }
    Ok(Snapshot {
        progress: counters.progress,
        optim_scalars: counters.optim,
        model: parts.remove("model").unwrap_or_default(),
        optim: parts.remove("optim").unwrap_or_default(),
        best: parts.remove("best"),
    })
}

fn with_cause(error: &TrackingError) -> String {
    let cause = std::error::Error::source(error).map(|cause| format!(": {cause}"));
    format!("{error}{}", cause.unwrap_or_default())
}

fn state_error(error: impl std::fmt::Display) -> TrainError {
    TrainError::State(format!("checkpoint: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot(step: u64, best: bool) -> Snapshot {
        let blob = |x: f32| Blob {
            shape: vec![1, 2],
            bytes: [x, f32::NAN].map(f32::to_le_bytes).concat(),
        };
        let tensors =
            |x| Tensors::from([("a.weight".into(), blob(x)), ("b.weight".into(), blob(-x))]);
        let mut progress = Progress { step, event_bytes: 10 * step, ..Progress::default() };
        progress.add_loss(0.1);
        Snapshot {
            progress,
            model: tensors(1.0),
            optim: Tensors::from([("a.weight/moment".into(), blob(2.0))]),
            optim_scalars: Scalars::from([("a.weight/time".into(), burn_pack::Scalar::UInt(7))]),
            best: best.then(|| tensors(3.0)),
        }
    }

    fn bits(snapshot: Option<Snapshot>) -> Option<Vec<u8>> {
        snapshot.map(|snapshot| encode(&snapshot).unwrap())
    }

    fn open(dir: &Path) -> Checkpoints {
        Checkpoints::open(dir, "code").unwrap()
    }

    #[test]
    fn the_newest_set_comes_back_bit_for_bit() {
        let dir = tempfile::tempdir().unwrap();
        for (step, best) in [(1, false), (2, true), (3, true)] {
            open(dir.path()).save(&snapshot(step, best)).unwrap();
            assert_eq!(
                bits(open(dir.path()).load(|bytes| bytes <= 1000)),
                bits(Some(snapshot(step, best)))
            );
        }
        let files = fs::read_dir(dir.path()).unwrap().count();
        assert_eq!(files, 3, "two sets and the manifest");
    }

    #[test]
    fn a_set_that_no_manifest_names_is_removed_unless_the_manifest_is_damaged() {
        let dir = tempfile::tempdir().unwrap();
        open(dir.path()).save(&snapshot(2, false)).unwrap();
        let stray = dir.path().join("step-00000009.safetensors");
        fs::write(&stray, "cut off by a kill").unwrap();
        assert_eq!(
            bits(open(dir.path()).load(|bytes| bytes <= 1000)),
            bits(Some(snapshot(2, false)))
        );
        assert!(!stray.exists());
        fs::write(&stray, "").unwrap();
        fs::write(dir.path().join(CheckpointManifest::FILE), "{").unwrap();
        open(dir.path());
        assert!(stray.exists() && dir.path().join("step-00000002.safetensors").exists());
        fs::remove_file(dir.path().join(CheckpointManifest::FILE)).unwrap();
        open(dir.path());
        assert!(!stray.exists());
    }

    #[test]
    fn a_damaged_set_gives_way_to_the_one_before() {
        let dir = tempfile::tempdir().unwrap();
        let store = open(dir.path());
        store.save(&snapshot(1, false)).unwrap();
        store.save(&snapshot(2, false)).unwrap();
        let newest = dir.path().join("step-00000002.safetensors");
        let whole = fs::read(&newest).unwrap();
        for cut in [0, 1, 8, whole.len() / 2, whole.len() - 1] {
            fs::write(&newest, &whole[..cut]).unwrap();
            assert_eq!(
                bits(store.load(|bytes| bytes <= 1000)),
                bits(Some(snapshot(1, false))),
                "cut at {cut}"
            );
        }
        fs::write(dir.path().join("step-00000001.safetensors"), b"").unwrap();
        assert_eq!(store.load(|bytes| bytes <= 1000), None);
    }

    #[test]
    fn no_bit_flip_gives_a_state_that_was_not_saved() {
        let dir = tempfile::tempdir().unwrap();
        let store = open(dir.path());
        store.save(&snapshot(1, false)).unwrap();
        store.save(&snapshot(2, true)).unwrap();
        let saved = [bits(Some(snapshot(2, true))), bits(Some(snapshot(1, false))), None];
        let mut found = [0; 3];
        for entry in fs::read_dir(dir.path()).unwrap() {
            let path = entry.unwrap().path();
            let whole = fs::read(&path).unwrap();
            for bit in 0..8 * whole.len() {
                let mut bytes = whole.clone();
                bytes[bit / 8] ^= 1 << (bit % 8);
                fs::write(&path, bytes).unwrap();
                let loaded = bits(store.load(|_| true));
                let which = saved.iter().position(|saved| *saved == loaded);
                found[which.unwrap_or_else(|| panic!("bit {bit} of {}", path.display()))] += 1;
            }
            fs::write(&path, whole).unwrap();
        }
        // A flip in the older set, in the newer one, and nearly everywhere in the manifest.
        assert!(found.iter().all(|count| *count > 3000), "{found:?}");
    }

    #[test]
    fn absurd_headers_are_refused() {
        let header = |text: &str| [&(text.len() as u64).to_le_bytes(), text.as_bytes()].concat();
        let tensor = |shape: &str, offsets: &str| {
            let entry = format!(r#"{{"dtype":"F32","shape":{shape},"data_offsets":{offsets}}}"#);
            header(&format!(r#"{{"model/a":{entry}}}"#))
        };
        for bytes in [
            vec![],
            u64::MAX.to_le_bytes().to_vec(),
            (u64::MAX / 2).to_le_bytes().to_vec(),
            header("{"),
            header("{}"),
            tensor("[1]", "[0,4]"),
            tensor("[1]", "[0,18446744073709551615]"),
            tensor("[18446744073709551615,2]", "[0,4]"),
            tensor("[4294967296,4294967296]", "[0,0]"),
            [tensor("[2]", "[0,4]"), vec![0; 4]].concat(),
            [tensor("[1]", "[4,0]"), vec![0; 4]].concat(),
        ] {
            assert!(decode("x", &bytes).is_err(), "{:?}", String::from_utf8_lossy(&bytes));
        }
    }

    #[test]
    fn a_set_whose_events_are_lost_is_not_taken() {
        let dir = tempfile::tempdir().unwrap();
        let store = open(dir.path());
        store.save(&snapshot(1, false)).unwrap();
        store.save(&snapshot(2, false)).unwrap();
        assert_eq!(bits(store.load(|bytes| bytes <= 19)), bits(Some(snapshot(1, false))));
        assert_eq!(store.load(|bytes| bytes <= 9), None);
    }

    #[test]
    fn a_damaged_manifest_starts_over_and_can_be_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let store = open(dir.path());
        store.save(&snapshot(1, false)).unwrap();
        fs::write(dir.path().join(CheckpointManifest::FILE), b"{\"schema\":1,").unwrap();
        assert_eq!(store.load(|bytes| bytes <= 1000), None);
        store.save(&snapshot(2, false)).unwrap();
        assert_eq!(bits(store.load(|bytes| bytes <= 1000)), bits(Some(snapshot(2, false))));
    }

    #[test]
    fn a_finished_trial_keeps_the_selected_weights_only() {
        let dir = tempfile::tempdir().unwrap();
        let store = open(dir.path());
        store.save(&snapshot(1, true)).unwrap();
        fs::write(dir.path().join("x.tmp"), b"left by a killed writer").unwrap();
        let store = open(dir.path());
        store.save_selected(&snapshot(1, true).model).unwrap();
        assert_eq!(
            bits(store.load(|bytes| bytes <= 1000)),
            bits(Some(snapshot(1, true))),
            "not finished yet"
        );
        store.forget_sets();
        let names: Vec<_> =
            fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(names, [SELECTED]);
    }
}
