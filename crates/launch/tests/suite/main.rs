//! The pool's rules on a scripted launcher, and real processes on the local one.

#[cfg(test)]
mod failures;
#[cfg(test)]
mod local;
#[cfg(test)]
mod pool;
#[cfg(test)]
mod sources;
mod support;
