//! Tests through the public interface, in one binary.

// `cfg(test)` holds anyway; it tells the linter that these are tests, helpers included.
#[cfg(test)]
mod common;
#[cfg(test)]
mod designs;
#[cfg(test)]
mod every_experiment;
#[cfg(test)]
mod filter;
#[cfg(test)]
mod golden;
#[cfg(test)]
mod plan;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod registered;
