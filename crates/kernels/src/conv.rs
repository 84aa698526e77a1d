//! Convolution, batch norm, activation and pool as one operation.
//!
//! Images are channels last, `[image][row][column][channel]`, and dense. The patch below one row of
//! the kernel is then one contiguous run, so a convolution is a matrix product that reads the image
//! itself. Weights come and go as `[out][in][row][column]`, as Burn and PyTorch have them.
//!
//! # Order of sums
//!
//! - An output is one chain over kernel row, kernel column, channel in. It starts at the bias, or
//!   at 0 before a batch norm, which adds the bias to its mean only. With 32 filters or fewer,
//!   a kernel 3 or 5 wide and a stride of 1 across, it is kernel row, channel in, kernel column.
//! - Statistics of a norm are sums per image (every fourth pixel is a chain), merged in f64 in the
//!   order of the images (Chan, Golub, LeVeque 1983).
//! - A weight's gradient is one chain over image, row, column for each group of
//!   [`threads::GROUP`](crate::threads::GROUP) images; groups are added in order.
//! - An input's gradient is one chain over kernel row, kernel column, channel out. Where the kernel
//!   lies outside of the output there is no term. With strides of 1, filters in full blocks and an
//!   output almost as large as the input it is kernel row and kernel column from the last to the
//!   first, channel out, with zeros around the output. With sixteen channels or fewer (32 if
//!   the output is almost as wide as the input), a kernel 3 or 5 wide, strides of 1 and less padding
//!   than kernel, it is kernel row from the last to the first,
//!   channel out, kernel column from the last to the first, with zeros left and right of the output.
//!
//! A depthwise convolution has a form of its own. An output is one chain over kernel row, kernel column.
//! A weight's gradient is one chain over image, row, column of each group, too; an input's is one over
//! the rows and columns of the output, with zeros around that where strides are 1 and no kernel lies
//! outside of the image as a whole.

mod backward;
mod dense;
mod depthwise;
mod depthwise_grad;
mod finish;
mod forward;
mod global;
mod input_grad;
mod norm;
mod pack;
mod pool;
mod rows;
mod shape;
mod slope;
mod sums_grad;
mod weight_grad;

pub use backward::{Gradients, Seen, backward};
pub use forward::{Input, Saved, evaluate, forward};
pub use global::{global_average, global_average_backward};
pub use norm::{Norm, Running, Statistics};
pub use pool::{Maps, pool, pool_backward};
pub use shape::{Activation, Block, Conv, Pool};

#[cfg(test)]
mod tests;
