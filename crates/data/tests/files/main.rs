//! Dataset files that are broken or odd, each in a folder of its own.

mod broken_card;
mod broken_csv;
mod broken_idx;
#[cfg(test)]
mod fixture;
