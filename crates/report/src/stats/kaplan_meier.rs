//! Kaplan-Meier estimate of the share that has not got there yet (Kaplan & Meier 1958), with
//! Greenwood's variance on the log(-log) scale (Kalbfleisch & Prentice 1980, section 1.4).

use crate::stats::normal;

/// A time, and whether it is that of the event; otherwise nothing is known beyond it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Time {
    /// Above or equal to 0, finite.
    pub at: f64,
    /// The event happened then; otherwise the time is right-censored.
    pub reached: bool,
}

/// The estimate after one time of an event.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Survival {
    /// Of the event.
    pub at: f64,
    /// Share without the event just after it.
    pub share: f64,
    /// Interval of the share at the level that was asked for.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

/// A median with its interval; an end that lies beyond the last time is none.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Median {
    /// Where the share falls to 1/2; none if it never does.
    pub at: Option<f64>,
    /// Where the lower bound of the share does.
    pub low: Option<f64>,
    /// Where the upper bound of the share does.
    pub high: Option<f64>,
}

/// The estimate at every time of an event, ascending; `level` in (0, 1).
pub fn survival(times: &[Time], level: f64) -> Vec<Survival> {
    let z = normal::quantile(0.5 + 0.5 * level);
    let mut sorted = times.to_vec();
    sorted.sort_by(|a, b| a.at.total_cmp(&b.at));
    let (mut share, mut spread) = (1.0, 0.0);
    let mut found = Vec::new();
    let mut start = 0;
    while let Some(first) = sorted.get(start) {
        let tied = sorted[start..].iter().take_while(|time| time.at == first.at).count();
        let events = sorted[start..start + tied].iter().filter(|time| time.reached).count() as f64;
        let at_risk = (sorted.len() - start) as f64;
        start += tied;
        if events == 0.0 {
            continue;
        }
        share *= 1.0 - events / at_risk;
        spread += events / (at_risk * (at_risk - events));
        let (low, high) = bounds(share, spread, z);
        found.push(Survival { at: first.at, share, low, high });
    }
    found
}

/// exp(-exp(log(-log S) ± z · sd)); without width where S is 0 or 1.
fn bounds(share: f64, spread: f64, z: f64) -> (f64, f64) {
    if share <= 0.0 || share >= 1.0 {
        return (share, share);
    }
    let log = share.ln();
    let sd = (spread / (log * log)).sqrt();
    let centre = (-log).ln();
    ((-(centre + z * sd).exp()).exp(), (-(centre - z * sd).exp()).exp())
}

/// The median and its interval by inverting the bounds (Brookmeyer & Crowley 1982).
pub fn median(times: &[Time], level: f64) -> Median {
    let curve = survival(times, level);
    let first = |of: fn(&Survival) -> f64| {
        curve.iter().find(|point| of(point) <= 0.5).map(|point| point.at)
    };
    Median { at: first(|p| p.share), low: first(|p| p.low), high: first(|p| p.high) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(of: &[(f64, bool)]) -> Vec<Time> {
        of.iter().map(|&(at, reached)| Time { at, reached }).collect()
    }

    #[test]
    fn a_censored_time_leaves_without_a_step() {
        let found = survival(&times(&[(1.0, true), (2.0, false), (3.0, true)]), 0.95);
        let shares: Vec<(f64, f64)> = found.iter().map(|p| (p.at, p.share)).collect();
        assert_eq!(shares, [(1.0, 1.0 - 1.0 / 3.0), (3.0, 0.0)]);
    }

    #[test]
    fn a_median_that_is_not_reached_is_none() {
        let found = median(&times(&[(1.0, true), (5.0, false), (5.0, false)]), 0.95);
        assert_eq!(found.at, None);
        assert_eq!(median(&[], 0.95), Median::default());
        let all = median(&times(&[(2.0, true), (2.0, true)]), 0.95);
        assert_eq!(all, Median { at: Some(2.0), low: Some(2.0), high: Some(2.0) });
    }
}
