//! `FeatureError`: what cannot be solved or compared.

/// Every message names the culprit. Rows are counted from 0 in the whole matrix.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FeatureError {
    /// The values are no matrix of that width.
    #[error("{values} values are no rows of {width}")]
    Width {
        /// How many values there are.
        values: usize,
        /// Values of a row.
        width: usize,
    },
    /// A feature is NaN or infinite.
    #[error("feature {column} of row {row} is {value}; only finite features can be used")]
    NotFinite {
        /// Its row.
        row: usize,
        /// Its place in the row.
        column: usize,
        /// What it is.
        value: f32,
    },
    /// There is no such row.
    #[error("there is no row {row}; there are {rows}")]
    NoRow {
        /// What was asked for.
        row: u32,
        /// How many there are.
        rows: usize,
    },
    /// There is not one label for each row.
    #[error("{labels} labels do not fit {rows} rows")]
    Labels {
        /// How many labels there are.
        labels: usize,
        /// How many rows the matrix has.
        rows: usize,
    },
    /// A label is of no class.
    #[error("label {label} of row {row} is none of the {classes} classes")]
    Label {
        /// Its row.
        row: usize,
        /// What it is.
        label: u32,
        /// How many classes there are.
        classes: usize,
    },
    /// Too few rows for what is to be computed.
    #[error("{what} needs {needed} or more examples, and there are {found}")]
    TooFew {
        /// What is to be computed.
        what: &'static str,
        /// How many it takes.
        needed: usize,
        /// How many there are.
        found: usize,
    },
    /// A strength of decay that has no solution, or no list of them.
    #[error("strengths of decay are positive, finite and all different, at least one: not {found}")]
    Strengths {
        /// What they are.
        found: String,
    },
    /// Two things that are to be used together are of different sizes.
    #[error("{what}: {found} instead of {expected}")]
    Sizes {
        /// What is compared.
        what: &'static str,
        /// What it is.
        found: usize,
        /// What it should be.
        expected: usize,
    },
    /// A decomposition did not end.
    #[error("the eigenvalues of a matrix of {size} x {size} could not be found")]
    Eigenvalues {
        /// Its side.
        size: usize,
    },
    /// Two sets that do not differ at all, or a set without any variation.
    #[error("{what} is not defined: {why}")]
    Undefined {
        /// What is to be computed.
        what: &'static str,
        /// Why it cannot be.
        why: &'static str,
    },
}
