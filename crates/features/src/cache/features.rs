//! `Features`: those of all examples at one cut, kept or just computed.

use std::path::PathBuf;

use fireassay_kept::{Contents, Floats};
use fireassay_mapped::Mapped;
use half::f16;

use super::{Cut, Precision};
use crate::{FeatureError, Rows};

/// The features of all examples at one cut, [rows, width].
#[derive(Clone, Debug)]
pub struct Features {
    cut: String,
    rows: usize,
    width: usize,
    precision: Precision,
    values: Floats,
    mapped: Option<Mapped>,
}

impl Features {
    pub(super) fn computed(cut: &Cut<'_>, rows: usize, values: Floats) -> Self {
        let Cut { name, width, precision } = *cut;
        Self { cut: name.to_owned(), rows, width, precision, values, mapped: None }
    }

    /// From a file; none if it is of another size or precision.
    pub(super) fn kept(cut: &Cut<'_>, rows: usize, contents: Contents) -> Option<Self> {
        let Contents { flags, counts, payload, mapped } = contents;
        let is_expected =
            flags == cut.precision.flag() && counts == [rows as u64, cut.width as u64];
        if !is_expected || payload.len() as u64 != cut.bytes(rows) {
            return None;
        }
        let mut features = match cut.precision {
            Precision::Exact => Self::computed(cut, rows, Floats::packed(payload)),
            Precision::Rounded => {
                let bytes = payload.as_chunks().0.iter();
                let values = bytes.map(|&bytes| f16::from_le_bytes(bytes).to_f32()).collect();
                Self::computed(cut, rows, Floats::Own(values))
            }
        };
        // What was copied cannot change any more.
        features.mapped = mapped.filter(|_| matches!(features.values, Floats::Packed(_)));
        Some(features)
    }

    /// Where in the network they are.
    pub fn cut(&self) -> &str {
        &self.cut
    }

    /// How many examples there are.
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether there is no example.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Features of an example.
    pub fn width(&self) -> usize {
        self.width
    }

    /// How exactly they were kept.
    pub fn precision(&self) -> Precision {
        self.precision
    }

    /// The exact features of the example `index`. An error if they were rounded.
    pub fn row(&self, index: usize) -> Result<&[f32], FeatureError> {
        let rows = self.rows;
        if index >= rows {
            return Err(FeatureError::NoRow { row: index.try_into().unwrap_or(u32::MAX), rows });
        }
        Ok(&self.exact()?[index * self.width..][..self.width])
    }

    /// The exact features. An error if they were rounded, or are not finite.
    pub fn rows(&self) -> Result<Rows<'_>, FeatureError> {
        Rows::new(self.exact()?, self.width)
    }

    /// The features, exact or not. An error if they are not finite.
    pub fn rows_exact_or_rounded(&self) -> Result<Rows<'_>, FeatureError> {
        Rows::new(&self.values, self.width)
    }

    /// Whether the file that they lie in was not written to since it was hashed. To be asked after the
    /// last use.
    pub fn check_unchanged(&self) -> Result<(), FeatureError> {
        let Some(mapped) = &self.mapped else {
            return Ok(());
        };
        match mapped.unchanged() {
            Ok(true) => Ok(()),
            Ok(false) | Err(_) => Err(FeatureError::Rewritten { path: mapped.path().to_owned() }),
        }
    }

    /// The file that they lie in, if they are mapped.
    pub fn file(&self) -> Option<PathBuf> {
        self.mapped.as_ref().map(|mapped| mapped.path().to_owned())
    }

    fn exact(&self) -> Result<&[f32], FeatureError> {
        match self.precision {
            Precision::Exact => Ok(&self.values),
            Precision::Rounded => Err(FeatureError::Rounded { cut: self.cut.clone() }),
        }
    }
}
