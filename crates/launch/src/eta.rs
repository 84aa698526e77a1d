//! `Eta`: how long the rest takes, from what trials took so far.

use std::collections::BTreeMap;
use std::time::Duration;

/// Mean seconds per condition, as measured.
#[derive(Clone, Debug, Default)]
pub struct Eta {
    of_condition: BTreeMap<String, Mean>,
    overall: Mean,
}

#[derive(Clone, Copy, Debug, Default)]
struct Mean {
    sum: f64,
    n: u32,
}

impl Eta {
    /// A trial of this condition took so long.
    pub fn record(&mut self, condition: &str, secs: f64) {
        if secs.is_finite() && secs >= 0.0 {
            self.of_condition.entry(condition.into()).or_default().add(secs);
            self.overall.add(secs);
        }
    }

    /// Expected seconds of one trial: the condition's mean, else the mean of all.
    pub fn trial_secs(&self, condition: &str) -> Option<f64> {
        let own = self.of_condition.get(condition).and_then(Mean::get);
        own.or_else(|| self.overall.get())
    }

    /// How long trials take that wait, named by condition, and trials that run, named by
    /// condition and seconds so far. None before anything was measured.
    pub fn remaining<'a>(
        &self,
        waiting: impl IntoIterator<Item = &'a str>,
        running: impl IntoIterator<Item = (&'a str, f64)>,
        slots: usize,
    ) -> Option<Duration> {
        let mut total = 0.0;
        let mut longest: f64 = 0.0;
        for condition in waiting {
            let secs = self.trial_secs(condition)?;
            total += secs;
            longest = longest.max(secs);
        }
        for (condition, so_far) in running {
            let rest = (self.trial_secs(condition)? - so_far).max(0.0);
            total += rest;
            longest = longest.max(rest);
        }
        // No schedule is shorter than its longest trial.
        Some(Duration::from_secs_f64((total / slots.max(1) as f64).max(longest)))
    }
}

impl Mean {
    fn add(&mut self, value: f64) {
        self.sum += value;
        self.n += 1;
    }

    fn get(&self) -> Option<f64> {
        (self.n > 0).then(|| self.sum / f64::from(self.n))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_measured_is_no_estimate() {
        assert_eq!(Eta::default().remaining(["a"], [], 1), None);
        assert_eq!(Eta::default().remaining([], [], 1), Some(Duration::ZERO));
    }

    #[test]
    fn a_condition_is_judged_by_its_own_trials_first() {
        let mut eta = Eta::default();
        eta.record("slow", 30.0);
        eta.record("fast", 10.0);
        assert_eq!(eta.trial_secs("slow"), Some(30.0));
        assert_eq!(eta.trial_secs("new"), Some(20.0));
        let rest = eta.remaining(["slow", "fast", "new"], [("slow", 10.0)], 2);
        assert_eq!(rest, Some(Duration::from_secs(40)));
    }

    #[test]
    fn the_longest_trial_is_a_lower_bound() {
        let mut eta = Eta::default();
        eta.record("a", 60.0);
        assert_eq!(eta.remaining(["a"], [], 8), Some(Duration::from_secs(60)));
    }

    #[test]
    fn a_trial_that_is_late_costs_nothing_more() {
        let mut eta = Eta::default();
        eta.record("a", 5.0);
        assert_eq!(eta.remaining([], [("a", 9.0)], 1), Some(Duration::ZERO));
    }
}
