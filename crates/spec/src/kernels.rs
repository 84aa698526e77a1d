//! `Kernels`: in which form operations are computed.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Whether operations are fused where they can be. Part of a trial's identity, because the last bits
/// of a result differ; not of an experiment, because its meaning does not. A trial that does not say
/// is of the time when nothing was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kernels {
    /// Burn's own operations everywhere.
    #[default]
    Off,
    /// Fused operations where there are any.
    On,
}

impl Kernels {
    /// What is taken where nobody asks for another form.
    pub const USUAL: Self = Self::On;

    /// The environment variable that asks for another form.
    pub const VARIABLE: &'static str = "FIREASSAY_KERNELS";

    /// What the environment asks for, if it asks.
    pub fn asked() -> Result<Option<Self>, KernelsError> {
        let value = std::env::var_os(Self::VARIABLE);
        value.map(|value| value.to_string_lossy().parse()).transpose()
    }

    /// Whether nothing is fused.
    pub fn is_off(&self) -> bool {
        *self == Self::Off
    }
}

impl fmt::Display for Kernels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Off => "off",
            Self::On => "on",
        })
    }
}

impl FromStr for Kernels {
    type Err = KernelsError;

    fn from_str(text: &str) -> Result<Self, KernelsError> {
        match text {
            "off" => Ok(Self::Off),
            "on" => Ok(Self::On),
            other => Err(KernelsError(other.to_owned())),
        }
    }
}

/// Neither `on` nor `off`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("FIREASSAY_KERNELS is `on` or `off`, not `{0}`")]
pub struct KernelsError(String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_switch_reads_back() {
        for kernels in [Kernels::Off, Kernels::On] {
            assert_eq!(kernels.to_string().parse(), Ok(kernels));
        }
        let error = "of".parse::<Kernels>().expect_err("neither");
        assert_eq!(error.to_string(), "FIREASSAY_KERNELS is `on` or `off`, not `of`");
    }
}
