//! Dataset files that are broken or odd, each in a folder of its own.

mod archives;
mod arrays;
mod broken_card;
mod broken_csv;
mod broken_idx;
mod broken_images;
mod cifar;
#[cfg(test)]
mod fixture;
mod pictures;
