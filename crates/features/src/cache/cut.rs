//! What decides features: where they come from, the cut, and how they are kept.

use fireassay_kept::Key;

use super::FORM;

/// Of what features are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source<'a> {
    /// Everything that decides a feature, except the cut: digests of the tensors before the last
    /// cut, of the dataset, and of which examples; preprocessing, kernels, modes of layers, versions.
    pub text: &'a str,
    /// How many examples there are.
    pub rows: usize,
}

/// A place in a network, and how the features there are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut<'a> {
    /// The place. Two places of one source must not have the same name.
    pub name: &'a str,
    /// Features of an example there.
    pub width: usize,
    /// How they are kept.
    pub precision: Precision,
}

/// How exactly features are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// As they were computed.
    Exact,
    /// Rounded to 16 bits, in half the room: eleven binary digits, and nothing above 65,504. They are
    /// rounded whether they are kept or not.
    Rounded,
}

impl Precision {
    pub(super) fn flag(self) -> u32 {
        match self {
            Self::Exact => 0,
            Self::Rounded => 1,
        }
    }

    pub(super) fn size(self) -> usize {
        match self {
            Self::Exact => 4,
            Self::Rounded => 2,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Exact => "f32",
            Self::Rounded => "f16",
        }
    }
}

impl Cut<'_> {
    /// Lengths go before texts, so that no two lists of fields are one text.
    pub(super) fn key(&self, source: &Source<'_>) -> Key {
        let Source { text, rows } = source;
        let Self { name, width, precision } = self;
        let (layout, precision) = (FORM.layout, precision.name());
        Key::of(&format!(
            "fireassay features {layout}\n{precision}\n{rows} x {width}\n{}\n{name}\n{}\n{text}",
            name.len(),
            text.len()
        ))
    }

    /// What the features of so many examples take.
    pub(super) fn bytes(&self, rows: usize) -> u64 {
        let size = self.precision.size() as u64;
        (rows as u64).saturating_mul(self.width as u64).saturating_mul(size)
    }
}
