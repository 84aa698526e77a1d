//! The only place with backend features: a backend's name becomes a Burn device.
//!
//! Everything above works with [`Device`] values and never sees a feature.

use std::fmt;
use std::str::FromStr;

use burn::tensor::Device;

/// A backend that Fireassay can be built with. Adding one: a feature in `Cargo.toml`, a variant
/// here and the arms that the compiler asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Backend {
    /// CUDA through CubeCL.
    Cuda,
    /// Burn's own CPU backend, the default: the same bits on any number of threads.
    Flex,
    /// CPU through the ndarray crate.
    NdArray,
    /// libtorch on the CPU.
    Tch,
    /// Any GPU with Vulkan, Metal, DirectX 12 or WebGPU.
    Wgpu,
}

impl Backend {
    /// Every backend, compiled in or not, alphabetical.
    pub const ALL: &[Self] = &[Self::Cuda, Self::Flex, Self::NdArray, Self::Tch, Self::Wgpu];

    /// As written on the command line; also the cargo feature.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cuda => "cuda",
            Self::Flex => "flex",
            Self::NdArray => "ndarray",
            Self::Tch => "tch",
            Self::Wgpu => "wgpu",
        }
    }

    /// Whether this build has it.
    pub fn is_compiled(self) -> bool {
        match self {
            Self::Cuda => cfg!(feature = "cuda"),
            Self::Flex => cfg!(feature = "flex"),
            Self::NdArray => cfg!(feature = "ndarray"),
            Self::Tch => cfg!(feature = "tch"),
            Self::Wgpu => cfg!(feature = "wgpu"),
        }
    }

    /// Its first device, without autodiff.
    pub fn device(self) -> Result<Device, BackendError> {
        match self {
            #[cfg(feature = "cuda")]
            Self::Cuda => Ok(Device::cuda(0)),
            #[cfg(feature = "flex")]
            Self::Flex => Ok(Device::flex()),
            #[cfg(feature = "ndarray")]
            Self::NdArray => Ok(Device::ndarray()),
            #[cfg(feature = "tch")]
            Self::Tch => Ok(Device::libtorch()),
            #[cfg(feature = "wgpu")]
            Self::Wgpu => Ok(Device::wgpu(burn::tensor::DeviceKind::DefaultDevice)),
            #[cfg(not(all(
                feature = "cuda",
                feature = "flex",
                feature = "ndarray",
                feature = "tch",
                feature = "wgpu"
            )))]
            other => Err(BackendError::NotCompiled(other.name())),
        }
    }
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Backend {
    type Err = BackendError;

    fn from_str(text: &str) -> Result<Self, BackendError> {
        let found = Self::ALL.iter().copied().find(|backend| backend.name() == text);
        found.ok_or_else(|| BackendError::Unknown(text.to_owned()))
    }
}

/// The backends of this build.
pub fn compiled() -> Vec<Backend> {
    Backend::ALL.iter().copied().filter(|backend| backend.is_compiled()).collect()
}

/// A backend that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BackendError {
    /// The name is none of [`Backend::ALL`].
    #[error("no backend `{0}`, expected one of cuda, flex, ndarray, tch, wgpu")]
    Unknown(String),
    /// The feature is off in this build.
    #[error(
        "backend `{0}` is not compiled in; build with `cargo build --release -p fireassay-trial --features {0}`"
    )]
    NotCompiled(&'static str),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_reads_back_and_every_compiled_backend_has_a_device() {
        for &backend in Backend::ALL {
            assert_eq!(backend.name().parse(), Ok(backend));
            assert_eq!(backend.device().is_ok(), backend.is_compiled());
        }
        assert_eq!("flexx".parse::<Backend>(), Err(BackendError::Unknown("flexx".into())));
        assert!(compiled().contains(&Backend::Flex), "flex is the default feature");
    }
}
