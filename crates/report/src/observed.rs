//! `Observed`: what a run store holds, as far as a report looks at it.

use std::collections::BTreeMap;

use fireassay_spec::TrialId;
use fireassay_tracking::{Registration, RunProblem, RunRecord};

/// Input of [`crate::analyse`], besides the experiment. The order of the lists does not matter.
#[derive(Clone, Debug, Default)]
pub struct Observed {
    /// Runs that could be read.
    pub records: Vec<RunRecord>,
    /// Runs that could not.
    pub problems: Vec<RunProblem>,
    /// Step and value of the primary metric's measure on `val`, per trial.
    pub curves: BTreeMap<TrialId, Vec<(u64, f64)>>,
    /// What was fixed before the first trial.
    pub registration: Option<Registration>,
}
