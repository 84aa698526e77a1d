//! Confusions: which classes are taken for which, by the reference and by the best condition.

use crate::draw;
use crate::results::Results;
use crate::section::Block;

pub(crate) fn render(results: &Results) -> Vec<Block> {
    let Some(figure) = draw::confusion(results) else { return Vec::new() };
    let intro = "Counts of test examples, summed over the finished trials. The best other condition \
                 is the one with the best mean, which says nothing about whether it is better.";
    vec![Block::Text(intro.into()), Block::Figure(figure)]
}
