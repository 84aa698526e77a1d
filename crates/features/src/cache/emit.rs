//! `Emit`: takes features batch after batch, to files or to memory.

use std::io;

use fireassay_kept::{Floats, Writer};
use half::f16;

use super::{Cut, Features, Precision};
use crate::FeatureError;

/// What computes features hands them to it.
#[derive(Debug)]
pub struct Emit<'a> {
    sinks: &'a mut [Sink],
    rows: usize,
    taken: usize,
}

impl<'a> Emit<'a> {
    pub(super) fn new(sinks: &'a mut [Sink], rows: usize) -> Self {
        Self { sinks, rows, taken: 0 }
    }

    /// The features of the next examples: for each cut that was wanted, in that order, all of their
    /// values, [examples, width].
    pub fn batch(&mut self, cuts: &[&[f32]]) -> Result<(), FeatureError> {
        let sizes = |what, found, expected| FeatureError::Sizes { what, found, expected };
        if cuts.len() != self.sinks.len() {
            return Err(sizes("cuts of a batch of features", cuts.len(), self.sinks.len()));
        }
        // The first cut says how many examples there are.
        let first = self.sinks.first().zip(cuts.first());
        let rows = first.map_or(0, |(sink, values)| values.len() / sink.width);
        for (sink, values) in self.sinks.iter().zip(cuts) {
            if values.len() != rows * sink.width {
                let what = "features of a batch at one cut";
                return Err(sizes(what, values.len(), rows * sink.width));
            }
        }
        if rows > self.rows - self.taken {
            return Err(sizes("examples with features", self.taken + rows, self.rows));
        }
        for (sink, values) in self.sinks.iter_mut().zip(cuts) {
            sink.take(values, self.taken)?;
        }
        self.taken += rows;
        Ok(())
    }

    pub(super) fn end(self) -> Result<(), FeatureError> {
        match self.taken {
            found if found == self.rows => Ok(()),
            found => {
                let (what, expected) = ("examples with features", self.rows);
                Err(FeatureError::Sizes { what, found, expected })
            }
        }
    }
}

/// Where the features of one cut go.
#[derive(Debug)]
pub(super) struct Sink {
    width: usize,
    precision: Precision,
    place: Place,
}

#[derive(Debug)]
enum Place {
    File(Box<Writer>),
    /// As they will be read.
    Memory(Vec<f32>),
    /// A file that could not be written on; what comes is dropped.
    Broken(io::Error),
}

impl Sink {
    pub(super) fn file(cut: &Cut<'_>, writer: Writer) -> Self {
        Self { width: cut.width, precision: cut.precision, place: Place::File(Box::new(writer)) }
    }

    pub(super) fn memory(cut: &Cut<'_>, rows: usize) -> Self {
        let place = Place::Memory(Vec::with_capacity(rows * cut.width));
        Self { width: cut.width, precision: cut.precision, place }
    }

    /// `before` rows have been taken.
    fn take(&mut self, values: &[f32], before: usize) -> Result<(), FeatureError> {
        let rounded: Vec<f16> = match self.precision {
            Precision::Exact => Vec::new(),
            Precision::Rounded => values.iter().map(|&value| f16::from_f32(value)).collect(),
        };
        let overflows = |(rounded, value): (&f16, &f32)| rounded.is_infinite() && value.is_finite();
        if let Some(at) = rounded.iter().zip(values).position(overflows) {
            let (row, column) = (before + at / self.width, at % self.width);
            return Err(FeatureError::TooLarge { row, column, value: values[at] });
        }
        let is_exact = self.precision == Precision::Exact;
        match &mut self.place {
            Place::Memory(kept) if is_exact => kept.extend(values),
            Place::Memory(kept) => kept.extend(rounded.iter().map(|value| value.to_f32())),
            Place::File(writer) => {
                let written = if is_exact {
                    writer.numbers(values, f32::to_le_bytes)
                } else {
                    writer.numbers(&rounded, f16::to_le_bytes)
                };
                if let Err(error) = written {
                    self.place = Place::Broken(error); // and the unfinished file is removed
                }
            }
            Place::Broken(_) => {}
        }
        Ok(())
    }

    /// Puts a file at its place.
    pub(super) fn finish(self) -> io::Result<()> {
        match self.place {
            Place::File(writer) => writer.finish(),
            Place::Memory(_) => Ok(()),
            Place::Broken(error) => Err(error),
        }
    }

    /// What was taken into memory.
    pub(super) fn into_features(self, cut: &Cut<'_>, rows: usize) -> Option<Features> {
        match self.place {
            Place::Memory(values) => Some(Features::computed(cut, rows, Floats::Own(values))),
            Place::File(_) | Place::Broken(_) => None,
        }
    }
}
