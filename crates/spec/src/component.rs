//! On and off: which components a condition has.

use std::collections::BTreeSet;

use crate::design::get;
use crate::{Condition, Design, Experiment, Factor};

impl Experiment {
    /// The factors that a condition leaves at the reference: the components that are present.
    /// In coded levels, these are at +1 and the others at -1.
    ///
    /// Only where every factor is on or off: in both leave-one-out designs, and in factorials (full
    /// or fractional) whose factors have two levels, neither of them a deliberate duplicate. None
    /// otherwise.
    pub fn subset(&self, condition: &Condition) -> Option<BTreeSet<String>> {
        let is_present: Box<dyn Fn(&Factor) -> bool> = match self.design {
            Design::LeaveOneOut | Design::LeaveOneOutAddOneIn => Box::new(|factor| {
                let label = condition.settings.get(&factor.name);
                !factor.levels.iter().any(|level| Some(&level.label) == label)
            }),
            Design::FractionalFactorial | Design::FullFactorial => {
                let is_switch = |factor: &Factor| {
                    factor.levels.len() == 2 && factor.levels.iter().all(|level| !level.duplicate)
                };
                if !self.factors.iter().all(is_switch) {
                    return None;
                }
                let reference = self.base.spelled_out().ok()?;
                let own = condition.spec.spelled_out().ok()?;
                Box::new(move |factor| {
                    factor.keys.iter().all(|key| get(&own, key) == get(&reference, key))
                })
            }
            Design::Explicit | Design::OneFactorAtATime => return None,
        };
        let present = self.factors.iter().filter(|factor| is_present(factor));
        Some(present.map(|factor| factor.name.clone()).collect())
    }
}
