//! The pool's rules on a scripted launcher, and real processes on the local one.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod failures;
mod local;
mod pool;
mod sources;
mod support;
