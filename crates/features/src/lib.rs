//! What a frozen backbone makes of examples: standardised, solved for a head, compared, kept.
//!
//! * [`Rows`] are features in memory, one row an example; [`Examples`] are rows with labels.
//! * [`logistic()`] and [`ridge()`] solve for a linear head, for each of some [`Strengths`] of decay.
//!   A [`Problem`] standardises by its own rows, and every [`Head`] takes features as they come.
//! * [`Path::choose`] picks a strength by examples that were not learnt from.
//! * [`proxy_a_distance`], [`mmd`] and [`cka`] say how far apart two sets of features are.
//!
//! Everything is computed in f64 in an order that follows from shapes alone: the same bits in
//! repeats, for any number of threads and on every instruction set.
//!
//! ```
//! use fireassay_features::{Examples, Problem, Rows, Stopping, Strengths, logistic};
//!
//! # fn main() -> Result<(), fireassay_features::FeatureError> {
//! let features = [0.0, 1.0, 0.2, 0.8, 1.0, 0.1, 0.9, 0.0]; // [4, 2]
//! let labels = [0, 0, 1, 1];
//! let examples = Examples::new(Rows::new(&features, 2)?, &labels, 2)?;
//! let (train, val) = (examples.only(&[0, 2])?, examples.only(&[1, 3])?);
//! let strengths = Strengths::geometric(1.0, 1e-4, 5)?;
//! let path = logistic(&Problem::standardised(train)?, &strengths, Stopping::default())?;
//! let choice = path.choose(&val)?;
//! assert_eq!(choice.score.accuracy, 1.0);
//! let head = &path.fits[choice.index].head; // for features as they came
//! # assert_eq!(head.weights().len(), 4);
//! # Ok(())
//! # }
//! ```

mod arithmetic;
mod choice;
mod error;
mod head;
mod logistic;
mod path;
mod problem;
mod ridge;
mod rows;
mod standardise;
mod strengths;

pub use choice::{Choice, Edge};
pub use error::FeatureError;
pub use head::{Head, Loss, Score};
pub use logistic::{Stopping, logistic, logistic_each};
pub use path::{Fit, Note, Path, Search};
pub use problem::Problem;
pub use ridge::{ridge, ridge_to};
pub use rows::{Examples, Rows};
pub use standardise::Standardiser;
pub use strengths::Strengths;
