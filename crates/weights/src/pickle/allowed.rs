//! The functions and types that a pickle may name. Nothing else exists for it.

use crate::Number;

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Global {
    /// `collections.OrderedDict`.
    OrderedDict,
    /// `torch._utils._rebuild_parameter`: a tensor, whether it is trained, hooks.
    Parameter,
    /// `torch.Size`.
    Size,
    /// `torch.FloatStorage` and its like.
    Storage(Number),
    /// `torch._utils._rebuild_tensor`: storage, offset, shape, strides.
    Tensor,
    /// `torch._utils._rebuild_tensor_v2`: these, whether it is trained, hooks, perhaps metadata.
    TensorV2,
}

/// Alphabetical.
const ALLOWED: &[(&str, &str, Global)] = &[
    ("collections", "OrderedDict", Global::OrderedDict),
    ("torch", "BFloat16Storage", Global::Storage(Number::Bf16)),
    ("torch", "BoolStorage", Global::Storage(Number::Bool)),
    ("torch", "ByteStorage", Global::Storage(Number::U8)),
    ("torch", "CharStorage", Global::Storage(Number::I8)),
    ("torch", "DoubleStorage", Global::Storage(Number::F64)),
    ("torch", "FloatStorage", Global::Storage(Number::F32)),
    ("torch", "HalfStorage", Global::Storage(Number::F16)),
    ("torch", "IntStorage", Global::Storage(Number::I32)),
    ("torch", "LongStorage", Global::Storage(Number::I64)),
    ("torch", "ShortStorage", Global::Storage(Number::I16)),
    ("torch", "Size", Global::Size),
    ("torch._utils", "_rebuild_parameter", Global::Parameter),
    ("torch._utils", "_rebuild_tensor", Global::Tensor),
    ("torch._utils", "_rebuild_tensor_v2", Global::TensorV2),
];

impl Global {
    /// `None` for every other name.
    pub(super) fn find(module: &str, name: &str) -> Option<Self> {
        let found = ALLOWED.iter().find(|(m, n, _)| (*m, *n) == (module, name));
        found.map(|(_, _, global)| *global)
    }

    /// For messages.
    pub(crate) fn name(self) -> String {
        let known = ALLOWED.iter().find(|(_, _, global)| *global == self);
        known.map_or_else(String::new, |(module, name, _)| format!("{module}.{name}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_and_says_its_names() {
        let names = ALLOWED.iter().map(|(module, name, _)| (module, name));
        assert!(names.is_sorted());
        for (module, name, global) in ALLOWED {
            assert_eq!(global.name(), format!("{module}.{name}"));
            assert_eq!(Global::find(module, name), Some(*global));
        }
        assert_eq!(Global::find("os", "system"), None);
        assert_eq!(Global::find("torch", "_utils._rebuild_tensor"), None);
    }
}
