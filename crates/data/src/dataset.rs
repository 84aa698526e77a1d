//! `Dataset`: every example in one contiguous array, and batches gathered out of it.

use std::hash::Hasher;
use std::sync::Arc;

use fireassay_spec::DatasetCard;

use crate::DataError;
use crate::card::{self, Sizes};
use crate::format::{Decoded, RawValues};

/// A dataset in memory. Rows `0..num_train()` are the train examples of the card, the rest its
/// own test examples, each in the order of its file.
#[derive(Clone, Debug)]
pub struct Dataset {
    name: String,
    shape: Vec<usize>,
    classes: Vec<String>,
    num_train: usize,
    /// Shared by copies that differ in their labels only.
    values: Arc<Values>,
    labels: Vec<u32>,
    groups: Option<Vec<u32>>,
    /// A raw 0 in each channel, normalised.
    black: Vec<f32>,
}

/// Bytes stay bytes (a quarter of the memory, and a table is as fast as a copy), with one table per
/// channel for each `plane` bytes; floats are normalised once.
#[derive(Clone, Debug)]
enum Values {
    Bytes { raw: Vec<u8>, tables: Vec<[f32; 256]>, plane: usize },
    Floats(Vec<f32>),
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
        let normalise = |raw: f64, channel: usize| {
            let constants = &card.normalise;
            let scaled = raw / constants.divisor;
            ((scaled - constants.mean[channel]) / constants.std[channel]) as f32
        };
        let values = match decoded.values {
            RawValues::Bytes(raw) => {
                let table = |channel| std::array::from_fn(|byte| normalise(byte as f64, channel));
                let tables = (0..sizes.channels).map(table).collect();
                Values::Bytes { raw, tables, plane: sizes.plane }
            }
            RawValues::Floats(mut values) => {
                for (plane, index) in values.chunks_exact_mut(sizes.plane).zip(0..) {
                    let channel = index % sizes.channels;
                    plane.iter_mut().for_each(|v| *v = normalise(f64::from(*v), channel));
                }
                Values::Floats(values)
            }
        };
        let finite = match &values {
            Values::Bytes { tables, .. } => tables.as_flattened().iter().all(|v| v.is_finite()),
            Values::Floats(values) => values.iter().all(|v| v.is_finite()),
        };
        if !finite {
            let problem = "a value is not finite after normalise".to_owned();
            return Err(DataError::Card { dataset: card.name.clone(), problem });
        }
        Ok(Self {
            name: card.name.clone(),
            shape: card.shape.clone(),
            classes: card.classes.clone(),
            num_train: card.examples.train,
            values: Arc::new(values),
            labels: decoded.labels,
            groups: decoded.groups,
            black: (0..card.shape[0])
                .map(|channel| normalise(0.0, channel % sizes.channels))
                .collect(),
        })
    }

    /// One example, normalised, `[shape..]`.
    pub(crate) fn item(&self, row: u32) -> Vec<f32> {
        let (mut inputs, mut labels) = (Vec::new(), Vec::new());
        self.gather(&[row], &mut inputs, &mut labels);
        inputs
    }

    /// Replaces one example by normalised values. The first time, bytes become floats.
    pub(crate) fn set_item(&mut self, row: u32, item: &[f32]) {
        let start = row as usize * item.len();
        self.floats()[start..start + item.len()].copy_from_slice(item);
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
        let at = self.place(row);
        match &*self.values {
            Values::Bytes { raw, .. } => hasher.write(&raw[at]),
            Values::Floats(values) => {
                values[at].iter().for_each(|v| hasher.write_u32(without_sign_of_0(*v).to_bits()));
            }
        }
    }

    /// Whether two examples have the same values.
    pub(crate) fn is_same_item(&self, a: u32, b: u32) -> bool {
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

    fn floats(&mut self) -> &mut [f32] {
        if let Values::Bytes { raw, tables, plane } = &*self.values {
            let planes = raw.chunks_exact(*plane).zip(tables.iter().cycle());
            let floats = planes
                .flat_map(|(plane, table)| plane.iter().map(|&byte| table[usize::from(byte)]));
            self.values = Arc::new(Values::Floats(floats.collect()));
        }
        match Arc::make_mut(&mut self.values) {
            Values::Floats(values) => values,
            Values::Bytes { .. } => unreachable!("invariant: they have just become floats"),
        }
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
            let start = row as usize * item;
            match &*self.values {
                Values::Bytes { raw, tables, plane } => {
                    let planes = raw[start..start + item].chunks_exact(*plane);
                    for (plane, table) in planes.zip(tables) {
                        inputs.extend(plane.iter().map(|&byte| table[usize::from(byte)]));
                    }
                }
                Values::Floats(values) => inputs.extend_from_slice(&values[start..start + item]),
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
