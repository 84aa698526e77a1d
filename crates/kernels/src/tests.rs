//! All operations in situations that none of them is made for: awkward shapes and values, wrong
//! lengths, other instructions and threads, memory that something else was left in.
//!
//! Which test covers which shape (`conv`: `cases` of `conv/tests.rs`, against a plain form in f64, its
//! differences and on every machine; `dense`, `norm`, `recurrent`: their own lists of sizes):
//!
//! | shape                               | covered by                                             |
//! |-------------------------------------|--------------------------------------------------------|
//! | kernel larger than the padded image | `refused::blocks_of_other_sizes`                       |
//! | stride beyond the kernel            | `conv` 5 (both axes), 16 (sliding), 19 (and the image) |
//! | kernel 1x1                          | `conv` 0, 7, 14, 17                                    |
//! | padding as wide as the kernel       | `conv` 17, 18 (sliding)                                |
//! | one image, channel, filter, pixel   | `conv` 0                                               |
//! | odd sizes, windows that leave rows  | `conv` 1, 3, 5, 9                                      |
//! | window larger than the output       | `refused::blocks_of_other_sizes`                       |
//! | no images                           | `conv::tests::edges::no_images_have_no_gradient`       |
//! | no examples, inputs or outputs      | `dense::tests::SIZES`, `shapes::layers_of_nothing`     |
//! | one row, one channel                | `norm::batch::tests::SHAPES`                           |
//! | no rows                             | `refused::norms_of_other_sizes`, `shapes`              |
//! | one group, as many as channels      | `norm::group::tests::SIZES`                            |
//! | one class; no rows of a loss        | `shapes`; `refused::losses_of_other_sizes`             |
//! | sequences of no steps, some or all  | `recurrent::tests::{edges, bits}`                      |
//! | no sequences, no features           | `recurrent::tests::edges`                              |
//! | parameters of no values             | `shapes::layers_of_nothing`                            |
//! | sizes whose product wraps around    | `refused`                                              |

mod bits;
mod operations;
mod refused;
mod shapes;
mod values;
