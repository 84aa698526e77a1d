//! Sums over many rows in f64, the same bits on every instruction set.
//!
//! Rows lie in blocks of [`ROWS`], column by column, so that eight rows are a vector and any number
//! of columns or classes fills it. Each product is one fused multiply-add, which every processor
//! rounds alike, and what a sum is split into follows from its length alone.

mod blocks;
mod cross;
mod exp;
mod forward;
mod vector;

pub(crate) use blocks::{Blocks, Column, ROWS};
pub(crate) use cross::{Cross, cross};
pub(crate) use exp::exp;
pub(crate) use forward::forward;
pub(crate) use vector::{LANES, Vector};
