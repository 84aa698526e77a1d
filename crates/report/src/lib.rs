//! Numbers to words: statistics, verdicts and rendering of a run store.
