//! Designs beyond one factor at a time.

mod across;
pub(crate) mod case;
mod component;
mod factorial;
mod fraction;
mod golden;
mod property;
mod trend;
mod variance;
