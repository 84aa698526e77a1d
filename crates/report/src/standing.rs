//! `Standing`: whether something is a claim made beforehand or was found afterwards.

use fireassay_spec::{Claim, Experiment, Hypothesis};

use crate::number::listed;
use crate::registration::Registered;

/// Which family a contrast or a declared interaction belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Declared and registered before the first trial: gets a verdict, Holm-adjusted.
    Confirmatory,
    /// Described only, Benjamini-Hochberg-adjusted.
    Exploratory(Cause),
}

/// Why it is exploratory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The experiment says `claim = "exploratory"`.
    Claimed,
    /// Replicates share streams, and only hypotheses block on those.
    Shared,
    /// `analysis.contrasts` does not name it.
    Undeclared,
    /// Trials were finished before the design was registered, or it never was.
    Unregistered,
    /// Keys that were changed after registration.
    Edited(Vec<String>),
}

impl Standing {
    /// Of the contrast of a condition with the reference.
    pub fn of_contrast(
        condition: &str,
        experiment: &Experiment,
        registered: Option<&Registered>,
    ) -> Self {
        let declared = experiment.analysis.contrasts.as_ref();
        let is_declared = declared.is_none_or(|names| names.iter().any(|name| name == condition));
        if is_declared || experiment.claim == Claim::Exploratory {
            Self::of_declared(&[condition], experiment, registered)
        } else {
            Self::Exploratory(Cause::Undeclared)
        }
    }

    /// Of something that is declared and rests on these conditions.
    pub fn of_declared(
        conditions: &[&str],
        experiment: &Experiment,
        registered: Option<&Registered>,
    ) -> Self {
        if experiment.claim == Claim::Exploratory {
            return Self::Exploratory(Cause::Claimed);
        }
        let Some(registered) = registered.filter(|registered| registered.finished_before == 0)
        else {
            return Self::Exploratory(Cause::Unregistered);
        };
        if !experiment.crossed.is_empty() {
            return Self::Exploratory(Cause::Shared);
        }
        Self::unless(registered.changed_keys(conditions))
    }

    /// Of a declared hypothesis.
    pub fn of_hypothesis(
        hypothesis: &Hypothesis,
        experiment: &Experiment,
        registered: Option<&Registered>,
    ) -> Self {
        if experiment.claim == Claim::Exploratory {
            return Self::Exploratory(Cause::Claimed);
        }
        let conditions: Vec<&str> = hypothesis.conditions().into_iter().collect();
        match registered.filter(|registered| registered.finished_before == 0) {
            None => Self::Exploratory(Cause::Unregistered),
            Some(registered) => {
                let mut changed = registered.changed_keys(&conditions);
                changed.extend(registered.changed_keys_of(&hypothesis.name));
                Self::unless(changed)
            }
        }
    }

    fn unless(changed: Vec<String>) -> Self {
        match changed.is_empty() {
            true => Self::Confirmatory,
            false => Self::Exploratory(Cause::Edited(changed)),
        }
    }

    /// Whether it gets a verdict.
    pub fn is_confirmatory(&self) -> bool {
        *self == Self::Confirmatory
    }

    /// `exploratory (changed after the first trial: analysis.rope)`; nothing if confirmatory.
    pub(crate) fn exploratory(&self) -> String {
        match self {
            Self::Confirmatory => String::new(),
            Self::Exploratory(cause) if cause.words().is_empty() => "exploratory".into(),
            Self::Exploratory(cause) => format!("exploratory ({})", cause.words()),
        }
    }
}

impl Cause {
    /// For people; nothing where the experiment says it itself.
    pub fn words(&self) -> String {
        match self {
            Self::Claimed => String::new(),
            Self::Shared => {
                "replicates share streams, and a contrast does not block on them".into()
            }
            Self::Undeclared => "not among the declared contrasts".into(),
            Self::Unregistered => "no sound registration from before the first trial".into(),
            Self::Edited(keys) => format!("changed after the first trial: {}", listed(keys)),
        }
    }

    /// A stable name for files.
    pub fn key(&self) -> &'static str {
        match self {
            Self::Claimed => "claimed",
            Self::Shared => "shared-streams",
            Self::Undeclared => "undeclared",
            Self::Unregistered => "unregistered",
            Self::Edited(_) => "edited-after-registration",
        }
    }
}
