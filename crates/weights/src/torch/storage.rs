//! `Storages`: the numbers that tensors are views of.

use std::collections::BTreeMap;

use crate::Tensor;
use crate::number::ByteOrder;
use crate::pickle::TensorRef;

/// So that small files with shared storages are no trouble.
const MIN_VALUES: usize = 1 << 16;

/// Bytes of storages, by key.
pub(super) struct Storages<'a> {
    pub(super) bytes: BTreeMap<&'a str, &'a [u8]>,
    pub(super) order: ByteOrder,
    pub(super) file_len: usize,
}

impl Storages<'_> {
    /// Values that all tensors may have together. A number takes two bytes of the file at least, so
    /// this is four times what is there or more: enough for tied weights, and no way to make
    /// gigabytes of a few numbers by showing them over and over.
    pub(super) fn budget(&self) -> usize {
        self.file_len.saturating_mul(2).max(MIN_VALUES)
    }

    /// The tensor's numbers in the order of its indices. `left` is what is left of the budget.
    pub(super) fn tensor(&self, of: &TensorRef<'_>, left: &mut usize) -> Result<Tensor, String> {
        let TensorRef { storage, offset, shape, strides } = of;
        let bytes = self.bytes.get(storage.key).ok_or("its storage is not in the file")?;
        let count = of.count().ok_or_else(|| format!("shape {shape:?} is beyond all bounds"))?;
        let end = of.end().ok_or_else(|| format!("strides {strides:?} are beyond all bounds"))?;
        if end > storage.numel {
            return Err(format!(
                "shape {shape:?} with strides {strides:?} from {offset} on needs {end} numbers, \
                 its storage has {}",
                storage.numel
            ));
        }
        *left = left.checked_sub(count).ok_or_else(|| {
            format!("its {count} numbers and those before it are far more than the file holds")
        })?;
        let (number, size) = (storage.number, storage.number.size());
        let mut values = Vec::with_capacity(count);
        let mut places = Places { of, index: vec![0; shape.len()], place: *offset };
        for _ in 0..count {
            let start = places.place * size;
            let bytes = bytes.get(start..start + size).ok_or("its storage is cut short")?;
            let value = number.float(bytes, self.order).ok_or("its numbers are no floats")?;
            if value.is_infinite() && number.loses(bytes, self.order) {
                return Err("a number in it is too large for 32 bits".to_owned());
            }
            values.push(value);
            places.step();
        }
        Ok(Tensor { shape: shape.clone(), values, stored: number })
    }
}

/// Where in a storage the next number lies.
struct Places<'t> {
    of: &'t TensorRef<'t>,
    index: Vec<usize>,
    place: usize,
}

impl Places<'_> {
    /// The last index counts fastest. Behind the last number it starts over.
    fn step(&mut self) {
        let lengths = self.of.shape.iter().zip(&self.of.strides);
        for (index, (&len, &stride)) in self.index.iter_mut().zip(lengths).rev() {
            // Never beyond the last one: the stride of a length of 1 can be anything.
            if *index + 1 < len {
                *index += 1;
                self.place += stride;
                return;
            }
            self.place -= *index * stride;
            *index = 0;
        }
    }
}
