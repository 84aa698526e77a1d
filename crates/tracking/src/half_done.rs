//! `HalfDone`: how far a trial came, and by which program. Half of a trial by one program and half
//! by another is a result of neither.

use crate::{Build, CheckpointManifest, CodeFacts, Provenance, RunDir, TrackingError};

/// A trial that has a checkpoint to go on from.
#[derive(Clone, Debug, PartialEq)]
pub struct HalfDone {
    /// Updates made by its last checkpoint.
    pub step: u64,
    /// blake3 of the executable that wrote it.
    pub program: String,
    /// Of the last session, which may be later than the checkpoint.
    provenance: Option<Provenance>,
}

impl HalfDone {
    /// None for a trial that would start anew.
    pub fn of(run: &RunDir) -> Result<Option<Self>, TrackingError> {
        // A damaged manifest is one that nobody goes on from.
        let manifest = CheckpointManifest::read(&run.checkpoints()).ok().flatten();
        let Some((step, program)) =
            manifest.and_then(|found| Some((found.sets.first()?.step, found.binary_hash)))
        else {
            return Ok(None);
        };
        Ok(Some(Self { step, program, provenance: run.provenance()? }))
    }

    /// Whether this program may go on without a word: its own work, or another's that it was
    /// already let go on from, in a session that ended before its first checkpoint.
    pub fn belongs_to(&self, program: &str) -> bool {
        let was_allowed = self.provenance.as_ref().is_some_and(|last| {
            let before = last.earlier.last();
            last.binary_hash == program
                && before.is_some_and(|before| before.binary_hash == self.program)
        });
        self.program == program || was_allowed
    }

    /// The programs that worked on it before this one goes on, oldest first.
    pub fn earlier_builds(&self, program: &str) -> Vec<Build> {
        let marked = self.provenance.as_ref().map_or_else(Vec::new, |last| last.earlier.clone());
        if self.belongs_to(program) {
            return marked;
        }
        let code = self.provenance.as_ref().map_or_else(CodeFacts::default, |p| p.code.clone());
        let build = Build { binary_hash: self.program.clone(), code, until_step: self.step };
        marked.into_iter().chain([build]).collect()
    }

    /// What is another than before, as far as it was recorded, for people.
    pub fn changes(&self, code: &CodeFacts, program: &str) -> Vec<String> {
        let mut changes = Vec::new();
        let mut note = |what: &str, old: &str, new: &str| {
            if old != new {
                changes.push(format!("{what} was {} and is {}", known(old), known(new)));
            }
        };
        let of_checkpoint = |last: &&Provenance| last.binary_hash == self.program;
        if let Some(Provenance { code: old, .. }) = self.provenance.as_ref().filter(of_checkpoint) {
            note("the source", &revision(old), &revision(code));
            note("Cargo.lock", short(&old.lockfile_hash), short(&code.lockfile_hash));
            note("the toolchain", &old.toolchain, &code.toolchain);
        }
        note("the program", short(&self.program), short(program));
        changes
    }
}

fn revision(code: &CodeFacts) -> String {
    let revision = code.git_revision.as_deref().map_or("unknown", short);
    let changed = if code.git_dirty { " with changes" } else { "" };
    format!("{revision}{changed}")
}

fn known(text: &str) -> &str {
    if text.is_empty() { "unknown" } else { text }
}

/// Digits that tell two hashes apart.
fn short(hash: &str) -> &str {
    hash.get(..8).unwrap_or(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(revision: &str) -> CodeFacts {
        CodeFacts { git_revision: Some(revision.into()), ..CodeFacts::default() }
    }

    fn build(program: &str, until_step: u64) -> Build {
        Build { binary_hash: program.into(), code: code("r1"), until_step }
    }

    /// A checkpoint of step 7 by program `a`; the last session was that of `last`.
    fn half(last: &str, earlier: &[Build]) -> HalfDone {
        let provenance = Provenance {
            schema: crate::SCHEMA,
            code: code("r1"),
            binary_hash: last.into(),
            dataset_hash: String::new(),
            backend: "flex".into(),
            burn: String::new(),
            instructions: None,
            threads: 1,
            cpu: String::new(),
            platform: String::new(),
            earlier: earlier.to_vec(),
            source: None,
        };
        HalfDone { step: 7, program: "a".into(), provenance: Some(provenance) }
    }

    #[test]
    fn a_program_goes_on_with_its_own_work_and_with_what_it_was_let() {
        assert!(half("a", &[]).belongs_to("a") && !half("a", &[]).belongs_to("b"));
        assert_eq!(half("a", &[]).earlier_builds("a"), []);
        assert_eq!(half("a", &[]).earlier_builds("b"), [build("a", 7)]);
        // `b` was let, and ended before it wrote a checkpoint.
        let let_once = half("b", &[build("a", 7)]);
        assert!(let_once.belongs_to("b") && !let_once.belongs_to("c"));
        assert_eq!(let_once.earlier_builds("b"), [build("a", 7)]);
        // `z` before `a` stays on record, whoever goes on.
        assert_eq!(half("a", &[build("z", 3)]).earlier_builds("a"), [build("z", 3)]);
        let both = [build("z", 3), build("a", 7)];
        assert_eq!(half("a", &[build("z", 3)]).earlier_builds("b"), both);
    }

    #[test]
    fn changes_name_what_differs_and_nothing_else() {
        let dirty = CodeFacts { git_dirty: true, toolchain: "rustc 9".into(), ..code("r1") };
        assert_eq!(half("a", &[]).changes(&code("r1"), "b"), ["the program was a and is b"]);
        let expected = [
            "the source was r1 and is r1 with changes",
            "the toolchain was unknown and is rustc 9",
            "the program was a and is b",
        ];
        assert_eq!(half("a", &[]).changes(&dirty, "b"), expected);
        // Whose code that was is not known: the provenance is of a later program.
        assert_eq!(half("c", &[]).changes(&dirty, "b"), ["the program was a and is b"]);
    }

    #[test]
    fn without_a_whole_set_a_trial_starts_anew() {
        let dir = tempfile::tempdir().unwrap();
        let run = RunDir::create(dir.path(), &crate::sample::trial("a", 1)).unwrap();
        assert_eq!(HalfDone::of(&run).unwrap(), None);
        std::fs::create_dir(run.checkpoints()).unwrap();
        let set = crate::CheckpointSet { step: 7, file: "step-7".into(), blake3: String::new() };
        let schema = CheckpointManifest::SCHEMA;
        let manifest = |sets| CheckpointManifest { schema, binary_hash: "a".into(), sets };
        manifest(vec![]).write(&run.checkpoints()).unwrap();
        assert_eq!(HalfDone::of(&run).unwrap(), None);
        manifest(vec![set]).write(&run.checkpoints()).unwrap();
        let half = HalfDone::of(&run).unwrap().unwrap();
        assert_eq!((half.step, half.program.as_str()), (7, "a"));
        std::fs::write(run.checkpoints().join(CheckpointManifest::FILE), "{").unwrap();
        assert_eq!(HalfDone::of(&run).unwrap(), None);
    }
}
