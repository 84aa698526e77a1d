//! `Signal`: what goes from block to block.

use burn::tensor::Tensor;

/// Maps stay maps until a layer wants a vector: they need not lie in the order of their dimensions.
#[derive(Clone, Debug)]
pub(crate) enum Signal {
    /// `[batch, channels, height, width]`.
    Maps(Tensor<4>),
    /// `[batch, values]`.
    Vector(Tensor<2>),
}

impl Signal {
    /// Rows of values as examples of this shape.
    pub(crate) fn of(x: Tensor<2>, shape: &[usize]) -> Self {
        match *shape {
            [channels, height, width] => {
                let [batch, _] = x.dims();
                Self::Maps(x.reshape([batch, channels, height, width]))
            }
            _ => Self::Vector(x),
        }
    }

    /// Examples as rows of values.
    pub(crate) fn flat(self) -> Tensor<2> {
        match self {
            Self::Maps(maps) => maps.flatten(1, 3),
            Self::Vector(x) => x,
        }
    }

    pub(crate) fn maps(self) -> Tensor<4> {
        match self {
            Self::Maps(maps) => maps,
            Self::Vector(_) => unreachable!("invariant: no block of maps follows one of vectors"),
        }
    }

    pub(crate) fn vector(self) -> Tensor<2> {
        match self {
            Self::Vector(x) => x,
            Self::Maps(_) => unreachable!("invariant: a block of vectors is given vectors"),
        }
    }
}
