//! Drawings, one file per case in `tests/golden/figure`, and what holds for every drawing.

mod confusion;
mod curves;
mod data;
mod dose_response;
mod effects;
mod interaction;
mod paper;
mod paths;
mod profile;
mod property;
mod scatter;
mod slopes;
