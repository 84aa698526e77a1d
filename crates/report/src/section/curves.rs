//! Learning curves: the primary metric's measure on `val` while training.

use crate::draw;
use crate::results::Results;
use crate::section::Block;

pub(crate) fn render(results: &Results) -> Vec<Block> {
    draw::curves(results).map(Block::Figure).into_iter().collect()
}
