//! `Path`: the heads of one problem, one for each strength of decay.

use std::fmt;

use crate::{Head, Loss, Problem};

/// What a solver found.
#[derive(Clone, Debug, PartialEq)]
pub struct Path {
    /// From the strongest decay to the weakest.
    pub fits: Vec<Fit>,
    /// What was made small on the examples.
    pub loss: Loss,
    /// What is to be known about the problem.
    pub notes: Vec<Note>,
}

/// The head of one strength.
#[derive(Clone, Debug, PartialEq)]
pub struct Fit {
    /// The weight of the decay.
    pub strength: f64,
    /// For features as they come.
    pub head: Head,
    /// How it was searched for; none if it was computed in closed form.
    pub search: Option<Search>,
}

/// What a search came to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Search {
    /// Steps that were made.
    pub iterations: usize,
    /// How often loss and gradient were computed.
    pub evaluations: usize,
    /// The loss per example and the decay.
    pub objective: f64,
    /// The largest entry of its gradient in the end.
    pub gradient: f64,
    /// Whether that is as small as was asked for.
    pub converged: bool,
}

/// Something that a result should not be read without.
#[derive(Clone, Debug, PartialEq)]
pub enum Note {
    /// A class has no example, so the head never predicts it.
    Absent {
        /// The class.
        class: usize,
    },
    /// Features that say nothing.
    Constant {
        /// How many.
        features: usize,
    },
    /// A search ended before its gradient was small enough.
    NotConverged {
        /// The weight of the decay.
        strength: f64,
        /// The largest entry of the gradient.
        gradient: f64,
        /// Steps that were made.
        iterations: usize,
    },
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent { class } => {
                write!(f, "class {class} has no example to learn from, so it is never predicted")
            }
            Self::Constant { features: 1 } => {
                f.write_str("1 feature is the same in all examples to learn from")
            }
            Self::Constant { features } => {
                write!(f, "{features} features are the same in all examples to learn from")
            }
            Self::NotConverged { strength, gradient, iterations } => write!(
                f,
                "the search at decay {strength:e} stopped after {iterations} iterations with a \
                 gradient of {gradient:.1e}"
            ),
        }
    }
}

impl Path {
    /// With the notes that follow from the problem and the fits.
    pub(crate) fn of(problem: &Problem<'_>, fits: Vec<Fit>, loss: Loss) -> Self {
        let counts = problem.examples().counts();
        let absent = counts.iter().enumerate().filter(|(_, count)| **count == 0);
        let mut notes: Vec<Note> = absent.map(|(class, _)| Note::Absent { class }).collect();
        let features = problem.standardiser().constant().len();
        if features > 0 {
            notes.push(Note::Constant { features });
        }
        notes.extend(fits.iter().filter_map(Fit::note));
        Self { fits, loss, notes }
    }
}

impl Fit {
    fn note(&self) -> Option<Note> {
        let Search { iterations, gradient, converged, .. } = self.search?;
        let strength = self.strength;
        (!converged).then_some(Note::NotConverged { strength, gradient, iterations })
    }
}
