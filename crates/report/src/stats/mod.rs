//! Statistics: pure functions on `&[f64]`, one idea per file.
//!
//! Differences come in seed order and point in favour of the condition. A value that is not
//! defined for its input is `None`, never `NaN`. Nothing here rounds or prints.

pub mod benjamini_hochberg;
pub mod bootstrap;
pub mod crossing;
pub mod describe;
pub mod effect_size;
pub mod holm;
pub mod improvement;
pub mod iqm;
pub mod kaplan_meier;
pub mod log_rank;
pub mod noether;
pub mod normal;
pub mod page_trend;
pub mod paired_t;
pub mod pairing;
pub mod performance_profile;
pub mod power;
pub mod prob_better;
pub mod shapley;
pub mod sign_flip;
pub mod skew;
pub mod student;
pub mod tost;
pub mod variance_components;
