//! `experiment.lock.json`: what was going to be asked, frozen before there was an answer.

use std::path::Path;

use fireassay_spec::Until;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{TrackingError, json, seal};

/// The design and analysis of an experiment as they were at its first trial, and what has become
/// of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Registration {
    /// Version of this format.
    pub schema: u32,
    /// [`Registration::hash_of`] the design.
    pub hash: String,
    /// What was declared.
    pub design: Value,
    /// Trials that were finished before; 0, unless the runs are older than the registration.
    pub finished_before: u64,
    /// A stopping rule that was asked for by flag rather than in the design.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Stopping>,
    /// Seeds that the stopping rule has added to those of the design, in order.
    pub added_seeds: Vec<u64>,
    /// Hashes of designs that were registered before and replaced, oldest first.
    pub earlier: Vec<String>,
}

/// A stopping rule, and when it was made.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Stopping {
    /// Until when seeds are added.
    pub rule: Until,
    /// Trials that were finished by then.
    pub finished_before: u64,
}

impl Registration {
    /// Its file in the experiment's folder, beside the run directories.
    pub const FILE: &str = "experiment.lock.json";
    /// Version of its format. It outlives those of the runs: claims must not be lost to a version
    /// that only keeps more of a run.
    pub const SCHEMA: u32 = 2;

    /// The registration of the experiment whose runs lie in `experiment_dir`; none before its first
    /// trial.
    pub fn read(experiment_dir: &Path) -> Result<Option<Self>, TrackingError> {
        json::read(&experiment_dir.join(Self::FILE), Self::SCHEMA)
    }

    /// Replaces the registration. The folder has to be there.
    pub fn write(&self, experiment_dir: &Path) -> Result<(), TrackingError> {
        json::write(&experiment_dir.join(Self::FILE), self, Self::SCHEMA)
    }

    /// blake3 of a design in its one canonical form (compact JSON, keys sorted), 64 hex digits.
    pub fn hash_of(design: &Value) -> String {
        seal::canonical_hash(design)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use serde_json::json;

    use super::*;
    use crate::Store;

    fn registration() -> Registration {
        let design = json!({ "seeds": [0, 1], "alpha": 0.05, "rope": null });
        Registration {
            schema: Registration::SCHEMA,
            hash: Registration::hash_of(&design),
            design,
            finished_before: 4,
            until: Some(Stopping {
                rule: Until { halfwidth: 0.003, max_seeds: 20 },
                finished_before: 0,
            }),
            added_seeds: vec![2],
            earlier: vec!["of the first design".into()],
        }
    }

    #[test]
    fn a_registration_is_kept_beside_the_runs() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(Registration::read(dir.path()).unwrap(), None);
        for until in [registration().until, None] {
            let written = Registration { until, ..registration() };
            written.write(dir.path()).unwrap();
            assert_eq!(Registration::read(dir.path()).unwrap(), Some(written));
        }
        assert_eq!(Store::scan(dir.path()).unwrap(), []);
    }

    #[test]
    fn an_edit_and_another_schema_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        registration().write(dir.path()).unwrap();
        let path = dir.path().join(Registration::FILE);
        let text = fs::read_to_string(&path).unwrap();
        let check = |from: &str, to: &str| {
            assert!(text.contains(from), "{text}");
            fs::write(&path, text.replace(from, to)).unwrap();
            Registration::read(dir.path()).unwrap_err()
        };
        let error = check("0.05", "0.1");
        assert!(matches!(error, TrackingError::Edited { .. }), "{error}");
        let error = check("\"schema\": 2", "\"schema\": 1");
        assert!(matches!(error, TrackingError::Schema { found: 1, expected: 2, .. }), "{error}");
    }

    #[test]
    fn the_hash_is_of_the_content_and_not_of_its_layout() {
        let hash = |text: &str| Registration::hash_of(&serde_json::from_str(text).unwrap());
        let expected = blake3::hash(br#"{"alpha":0.05,"seeds":[0,1]}"#).to_hex().to_string();
        assert_eq!(hash(r#"{"alpha":0.05,"seeds":[0,1]}"#), expected);
        assert_eq!(hash("{ \"seeds\": [0, 1],\n \"alpha\": 5e-2 }"), expected);
        assert_ne!(hash(r#"{"alpha":0.05,"seeds":[1,0]}"#), expected);
    }
}
