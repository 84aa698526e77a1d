//! `Committed`: the trials of a `results.json`, whose runs need not be kept.

use fireassay_spec::TrialId;
use fireassay_tracking::Outcome;
use serde_json::Value;

use super::ending::Ending;
use crate::RESULTS_SCHEMA;
use crate::error::ReportError;

/// What can be run again of a `results.json`.
#[derive(Clone, Debug)]
pub struct Committed {
    /// Name of the experiment.
    pub experiment: String,
    /// [`fireassay_tracking::Registration::hash`], if the experiment was registered.
    pub registration: Option<String>,
    /// Trials that are done or diverged, in the order of the file.
    pub trials: Vec<CommittedTrial>,
}

/// One finished trial.
#[derive(Clone, Debug)]
pub struct CommittedTrial {
    /// Name of its condition.
    pub condition: String,
    /// Replicate.
    pub seed: u64,
    /// What it is.
    pub id: TrialId,
    /// What it came to.
    pub ending: Ending<'static>,
}

impl Committed {
    /// Reads the text of a `results.json`.
    pub fn parse(text: &str) -> Result<Self, ReportError> {
        let document: Value = serde_json::from_str(text).map_err(ReportError::NoResults)?;
        let found = document["schema"].as_u64();
        if found != Some(RESULTS_SCHEMA.into()) {
            return Err(ReportError::ResultsSchema { found, expected: RESULTS_SCHEMA });
        }
        let experiment = text_at(&document, "experiment")?;
        let mut trials = Vec::new();
        for condition in list_at(&document, "conditions")? {
            let name = text_at(condition, "name")?;
            for trial in list_at(condition, "trials")? {
                trials.extend(finished(&name, trial)?);
            }
        }
        let registration = document["registration"]["hash"].as_str().map(ToOwned::to_owned);
        Ok(Self { experiment, registration, trials })
    }
}

/// None for a trial without a result.
fn finished(condition: &str, trial: &Value) -> Result<Option<CommittedTrial>, ReportError> {
    let outcome = match text_at(trial, "outcome")?.as_str() {
        "done" => Outcome::Done,
        "diverged" => {
            let at = &trial["diverged-at"];
            Outcome::Diverged { step: number_at(at, "step")?, value: text_at(at, "value")? }
        }
        _ => return Ok(None),
    };
    let read = |key: &str| trial.get(key).cloned().ok_or_else(|| missing(key));
    let ending = Ending {
        outcome,
        metrics: serde_json::from_value(read("metrics")?).map_err(ReportError::NoResults)?,
        steps: number_at(trial, "steps")?,
        selected_step: number_at(trial, "selected-step")?,
        state_digest: text_at(trial, "state-digest")?,
        events: None,
        record: None,
    };
    let id = serde_json::from_value(read("id")?).map_err(ReportError::NoResults)?;
    let (condition, seed) = (condition.to_owned(), number_at(trial, "seed")?);
    Ok(Some(CommittedTrial { condition, seed, id, ending }))
}

fn text_at(value: &Value, key: &str) -> Result<String, ReportError> {
    value[key].as_str().map(ToOwned::to_owned).ok_or_else(|| missing(key))
}

fn number_at(value: &Value, key: &str) -> Result<u64, ReportError> {
    value[key].as_u64().ok_or_else(|| missing(key))
}

fn list_at<'v>(value: &'v Value, key: &str) -> Result<&'v Vec<Value>, ReportError> {
    value[key].as_array().ok_or_else(|| missing(key))
}

fn missing(key: &str) -> ReportError {
    ReportError::ResultsKey { key: key.to_owned() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn document() -> Value {
        let trial = |seed: u64, outcome: &str| {
            json!({
                "seed": seed, "id": format!("{seed:064}"), "outcome": outcome,
                "diverged-at": { "step": 7, "value": "NaN" }, "steps": 9, "selected-step": 8,
                "metrics": { "test.accuracy": 0.1 }, "state-digest": "ab", "score": 0.1,
            })
        };
        let trials = [trial(0, "done"), trial(1, "diverged"), trial(2, "crashed")];
        json!({
            "schema": RESULTS_SCHEMA, "experiment": "demo", "registration": { "hash": "cd" },
            "conditions": [{ "name": "reference", "trials": trials }],
        })
    }

    #[test]
    fn finished_trials_are_read_and_others_are_not() {
        let found = Committed::parse(&document().to_string()).unwrap();
        assert_eq!(
            (found.experiment.as_str(), found.registration.as_deref()),
            ("demo", Some("cd"))
        );
        let [done, diverged] = found.trials.as_slice() else { panic!("{found:?}") };
        assert_eq!((done.condition.as_str(), done.seed), ("reference", 0));
        assert_eq!(done.id.to_string(), "0".repeat(64));
        assert_eq!((done.ending.steps, done.ending.selected_step), (9, 8));
        assert_eq!(done.ending.score("test.accuracy".parse().unwrap()), Some(0.1));
        assert_eq!(diverged.ending.outcome, Outcome::Diverged { step: 7, value: "NaN".into() });
    }

    #[test]
    fn what_is_missing_is_named() {
        let check = |edit: &dyn Fn(&mut Value), said: &str| {
            let mut document = document();
            edit(&mut document);
            let error = Committed::parse(&document.to_string()).unwrap_err();
            assert_eq!(error.to_string(), said);
        };
        let of_trial = "/conditions/0/trials/0";
        check(
            &|d| d["schema"] = json!(1),
            "results.json has schema 1, this version reads schema 2",
        );
        check(&|d| d["schema"] = Value::Null, "results.json has no schema");
        check(&|d| d["conditions"] = json!(3), "results.json has no usable `conditions`");
        for key in ["id", "steps", "state-digest", "outcome", "metrics"] {
            let remove = |d: &mut Value| {
                d.pointer_mut(of_trial).unwrap().as_object_mut().unwrap().remove(key);
            };
            check(&remove, &format!("results.json has no usable `{key}`"));
        }
        assert_eq!(Committed::parse("{").unwrap_err().to_string(), "results.json cannot be read");
        let odd = document().to_string().replace("test.accuracy", "test.speed");
        assert_eq!(Committed::parse(&odd).unwrap_err().to_string(), "results.json cannot be read");
    }
}
