//! Declared hypotheses on stores made by hand.

mod case;
mod golden;
mod kinds;
mod shared;
mod standing;
