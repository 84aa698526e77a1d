//! `Dataset`: every example in one contiguous array, and batches gathered out of it.

use std::hash::Hasher;
use std::io;
use std::sync::Arc;

use bytes::Bytes;
use fireassay_kept::Floats;
use fireassay_mapped::Mapped;
use fireassay_spec::DatasetCard;

use crate::DataError;
use crate::card::{self, Sizes};
use crate::format::{Decoded, RawValues};
use crate::prepared::{Kept, Prepared, finite, normalise};

/// A dataset in memory. Rows `0..num_train()` are the train examples of the card, the rest its
/// own test examples, each in the order of its file.
#[derive(Clone, Debug)]
pub struct Dataset {
    name: String,
    shape: Vec<usize>,
    classes: Vec<String>,
    num_train: usize,
    /// Shared by all copies, and never written to.
    values: Arc<Values>,
    /// Rows that have other values than these, normalised. Empty while there are none.
    changed: Vec<Option<Arc<[f32]>>>,
    labels: Vec<u32>,
    groups: Option<Vec<u32>>,
    /// A raw 0 in each channel, normalised.
    black: Vec<f32>,
    /// The file that `values` lie in, if they lie in one.
    mapped: Option<Mapped>,
}

/// Bytes are normalised when they are gathered (a table is as fast as a copy), with one table per
/// channel for each `plane` bytes; floats are already.
#[derive(Debug)]
enum Values {
    Bytes { raw: Bytes, tables: Vec<[f32; 256]>, plane: usize },
    Floats(Floats),
}

impl Dataset {
    /// A dataset made in memory. `values` are raw: the card's normalisation is applied here. Of
    /// the card, format and files play no part, but must agree with each other.
    pub fn from_values(
        card: &DatasetCard,
        values: Vec<f32>,
        labels: Vec<u32>,
    ) -> Result<Self, DataError> {
        let sizes = card::check(card)?;
        let fail = |problem: String| Err(DataError::Card { dataset: card.name.clone(), problem });
        let examples = card.examples.train + card.examples.test;
        if values.len() != examples * sizes.item || labels.len() != examples {
            return fail(format!(
                "{examples} examples of shape {:?} expected, {} values and {} labels given",
                card.shape,
                values.len(),
                labels.len()
            ));
        }
        if let Some(label) = labels.iter().find(|&&label| label as usize >= card.classes.len()) {
            return fail(format!("label {label} given, there are {} classes", card.classes.len()));
        }
        Self::new(
            card,
            sizes,
            Decoded { values: RawValues::Floats(values), labels, groups: None, bytes_on_disk: 0 },
        )
    }

    /// From arrays that agree with the checked card.
    pub(crate) fn new(
        card: &DatasetCard,
        sizes: Sizes,
        decoded: Decoded,
    ) -> Result<Self, DataError> {
        Self::of(card, sizes, Prepared::new(card, sizes, decoded)?)
    }

    /// From what was made ready for the checked card, now or earlier.
    pub(crate) fn of(
        card: &DatasetCard,
        sizes: Sizes,
        prepared: Prepared,
    ) -> Result<Self, DataError> {
        let Prepared { values, labels, groups, mapped } = prepared;
        let values = match values {
            Kept::Bytes(raw) => {
                let table =
                    |channel| std::array::from_fn(|byte| normalise(card, byte as f64, channel));
                let tables: Vec<[f32; 256]> = (0..sizes.channels).map(table).collect();
                finite(card, tables.as_flattened())?;
                Values::Bytes { raw, tables, plane: sizes.plane }
            }
            Kept::Floats(values) => Values::Floats(values),
        };
        Ok(Self {
            name: card.name.clone(),
            shape: card.shape.clone(),
            classes: card.classes.clone(),
            num_train: card.examples.train,
            values: Arc::new(values),
            changed: Vec::new(),
            labels,
            groups,
            black: (0..card.shape[0])
                .map(|channel| normalise(card, 0.0, channel % sizes.channels))
                .collect(),
            mapped,
        })
    }

    /// The error if the file that this dataset lies in was written to since it was opened. To be
    /// asked before anything that was computed from the dataset counts. A file that was removed or
    /// replaced by another one is as it was.
    pub fn check_unchanged(&self) -> Result<(), DataError> {
        let Some(mapped) = &self.mapped else { return Ok(()) };
        let source = match mapped.unchanged() {
            Ok(true) => return Ok(()),
            Ok(false) => io::Error::other("its time or length is another"),
            Err(error) => error,
        };
        Err(DataError::Rewritten { path: mapped.path().to_owned(), source })
    }

    /// One example, normalised, `[shape..]`.
    pub(crate) fn item(&self, row: u32) -> Vec<f32> {
        let (mut inputs, mut labels) = (Vec::new(), Vec::new());
        self.gather(&[row], &mut inputs, &mut labels);
        inputs
    }

    /// Replaces one example by normalised values. The others are not copied.
    pub(crate) fn set_item(&mut self, row: u32, item: &[f32]) {
        self.changed.resize(self.labels.len(), None);
        self.changed[row as usize] = Some(item.into());
    }

    pub(crate) fn set_label(&mut self, row: u32, label: u32) {
        self.labels[row as usize] = label;
    }

    /// The same inputs under other labels.
    pub(crate) fn relabelled(&self, labels: Vec<u32>, classes: Vec<String>) -> Self {
        Self { labels, classes, ..self.clone() }
    }

    /// What is stored of an example.
    pub(crate) fn hash_item(&self, row: u32, hasher: &mut impl Hasher) {
        let mut write = |values: &[f32]| {
            values.iter().for_each(|v| hasher.write_u32(without_sign_of_0(*v).to_bits()));
        };
        if !self.changed.is_empty() {
            write(&self.item(row));
            return;
        }
        let at = self.place(row);
        match &*self.values {
            Values::Bytes { raw, .. } => hasher.write(&raw[at]),
            Values::Floats(values) => write(&values[at]),
        }
    }

    /// Whether two examples have the same values.
    pub(crate) fn is_same_item(&self, a: u32, b: u32) -> bool {
        if !self.changed.is_empty() {
            return self.item(a) == self.item(b);
        }
        let (a, b) = (self.place(a), self.place(b));
        match &*self.values {
            Values::Bytes { raw, .. } => raw[a] == raw[b],
            Values::Floats(values) => values[a] == values[b],
        }
    }

    fn place(&self, row: u32) -> std::ops::Range<usize> {
        let item = self.item_len();
        row as usize * item..(row as usize + 1) * item
    }

    /// A raw 0 in each channel, normalised: what is outside of an image.
    pub(crate) fn black(&self) -> &[f32] {
        &self.black
    }

    /// Replaces both buffers by these rows, in this order: `inputs` becomes
    /// `[rows, shape..]` row by row, `labels` `[rows]`. Buffers that are reused stay where they are.
    ///
    /// # Panics
    ///
    /// If a row is not below [`Dataset::len`].
    pub fn gather(&self, rows: &[u32], inputs: &mut Vec<f32>, labels: &mut Vec<u32>) {
        let item = self.item_len();
        labels.clear();
        labels.extend(rows.iter().map(|&row| self.labels[row as usize]));
        inputs.clear();
        inputs.reserve(rows.len() * item);
        for &row in rows {
            if let Some(Some(item)) = self.changed.get(row as usize) {
                inputs.extend_from_slice(item);
                continue;
            }
            let at = self.place(row);
            match &*self.values {
                Values::Bytes { raw, tables, plane } => {
                    for (plane, table) in raw[at].chunks_exact(*plane).zip(tables) {
                        inputs.extend(plane.iter().map(|&byte| table[usize::from(byte)]));
                    }
                }
                Values::Floats(values) => inputs.extend_from_slice(&values[at]),
            }
        }
    }

    /// The name in the card.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Shape of one example: `[channels, height, width]`, or `[features]`.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Values of one example.
    pub fn item_len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Class names; a label is an index into this list.
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// How many classes there are.
    pub fn num_classes(&self) -> usize {
        self.classes.len()
    }

    /// Train and test examples together.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Never true: a card without train examples is an error.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Rows below this are not the dataset's own test examples.
    pub fn num_train(&self) -> usize {
        self.num_train
    }

    /// Who or what each row is of (a subject, a speaker): rows of one group have one number.
    /// `None` when the files do not say.
    pub fn groups(&self) -> Option<&[u32]> {
        self.groups.as_deref()
    }

    /// The label of every row; [`Dataset::NO_CLASS`] for those that [`Dataset::of_classes`] leaves out.
    pub fn labels(&self) -> &[u32] {
        &self.labels
    }
}

/// 0.0 and -0.0 are equal, and so must their hashes be.
fn without_sign_of_0(value: f32) -> f32 {
    value + 0.0
}

#[cfg(test)]
mod tests {
    use fireassay_spec::{CorruptSpec, Corruption, DataFormat, ExampleCounts};

    use super::*;
    use crate::Splits;

    /// Ten examples of two bytes.
    fn dataset() -> Dataset {
        let format = DataFormat::Csv { train: "a".into(), test: None, skip_lines: 0 };
        let counts = ExampleCounts { train: 10, test: 0 };
        let card = DatasetCard::new("made", vec![2], vec!["a".into(), "b".into()], counts, format);
        let sizes = Sizes { item: 2, channels: 1, plane: 2 };
        let values = RawValues::Bytes([0, 1].repeat(10));
        let decoded = Decoded { values, labels: vec![0; 10], groups: None, bytes_on_disk: 0 };
        Dataset::new(&card, sizes, decoded).unwrap()
    }

    #[test]
    fn only_what_is_spoiled_is_copied() {
        let before = dataset();
        let noise = |train| CorruptSpec { train, ..CorruptSpec::default() };
        let splits = Splits { train: vec![2, 3], val: vec![5], test: vec![7] };
        let spoil = |spec| before.clone().corrupted(&spec, &splits, 0).dataset;

        let flipped = spoil(noise(Corruption { label_noise: 1.0, ..Corruption::default() }));
        assert!(Arc::ptr_eq(&flipped.values, &before.values) && flipped.changed.is_empty());

        let noisy = spoil(noise(Corruption { noise: 0.5, ..Corruption::default() }));
        assert!(Arc::ptr_eq(&noisy.values, &before.values));
        let changed = (0..10).filter(|&row| noisy.changed[row].is_some());
        assert_eq!(changed.collect::<Vec<_>>(), [2, 3, 5]);
        for row in 0..10 {
            let is_changed = [2, 3, 5].contains(&row);
            assert_eq!(noisy.item(row) != before.item(row), is_changed, "{row}");
        }
    }

    #[test]
    fn a_changed_row_is_the_same_as_one_that_always_was_so() {
        let mut dataset = dataset();
        let other = [7.0, -0.0];
        dataset.set_item(4, &other);
        dataset.set_item(6, &[7.0, 0.0]);
        let as_before = dataset.item(0);
        dataset.set_item(9, &as_before);
        assert_eq!(dataset.duplicates(), [vec![0, 1, 2, 3, 5, 7, 8, 9], vec![4, 6]]);
        let (mut inputs, mut labels) = (Vec::new(), Vec::new());
        dataset.gather(&[4, 0, 9], &mut inputs, &mut labels);
        assert_eq!(inputs, [&other[..], &as_before, &as_before].concat());
    }
}
