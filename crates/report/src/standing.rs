//! `Standing`: whether a contrast is a claim made beforehand or something found afterwards.

use fireassay_spec::{Claim, Experiment};

use crate::registration::Registered;

/// Which family a contrast belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Declared and registered before the first trial: gets a verdict, Holm-adjusted.
    Confirmatory,
    /// Described only, Benjamini-Hochberg-adjusted.
    Exploratory(Cause),
}

/// Why a contrast is exploratory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The experiment says `claim = "exploratory"`.
    Claimed,
    /// `analysis.contrasts` does not name it.
    Undeclared,
    /// Trials were finished before the design was registered, or it never was.
    Unregistered,
    /// Keys that were changed after registration.
    Edited(Vec<String>),
}

impl Standing {
    /// Of the contrast of a condition with the reference.
    pub(crate) fn of(
        condition: &str,
        experiment: &Experiment,
        registered: Option<&Registered>,
    ) -> Self {
        if experiment.claim == Claim::Exploratory {
            return Self::Exploratory(Cause::Claimed);
        }
        let declared = experiment.analysis.contrasts.as_ref();
        if declared.is_some_and(|names| !names.iter().any(|name| name == condition)) {
            return Self::Exploratory(Cause::Undeclared);
        }
        match registered {
            Some(registered) if registered.holds_for(condition) => Self::Confirmatory,
            Some(registered) if registered.finished_before == 0 => {
                Self::Exploratory(Cause::Edited(registered.changed_keys(condition)))
            }
            Some(_) | None => Self::Exploratory(Cause::Unregistered),
        }
    }

    /// Whether it gets a verdict.
    pub fn is_confirmatory(&self) -> bool {
        *self == Self::Confirmatory
    }
}

impl Cause {
    /// A stable name for files.
    pub fn key(&self) -> &'static str {
        match self {
            Self::Claimed => "claimed",
            Self::Undeclared => "undeclared",
            Self::Unregistered => "unregistered",
            Self::Edited(_) => "edited-after-registration",
        }
    }
}
