//! Which instructions the kernels run on, found out at run time.

#![expect(unsafe_code, reason = "calling a function compiled for more than the baseline")]

use std::sync::OnceLock;

use crate::lanes::{Lanes, Portable};

#[cfg(target_arch = "aarch64")]
use crate::lanes::Neon;
#[cfg(target_arch = "x86_64")]
use crate::lanes::{Avx2, Avx512};

/// An operation, as the slices it reads and writes.
///
/// `run` and everything it calls in an inner loop is `#[inline(always)]`, so that it is compiled for
/// the instructions of `lanes`; one that is not is slow, not wrong.
pub trait Kernel {
    /// What comes back beside the slices written to.
    type Output;

    /// Runs the operation.
    fn run<L: Lanes>(self, lanes: L) -> Self::Output;
}

/// An instruction set that this machine has. There is no value of any other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Isa(Set);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Set {
    #[cfg(target_arch = "x86_64")]
    Avx512,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "aarch64")]
    Neon,
    Portable,
}

/// What [`Isa::best`] is in this process.
static BEST: OnceLock<Isa> = OnceLock::new();

impl Isa {
    /// The fastest one, or the one that was chosen for this process.
    pub fn best() -> Self {
        *BEST.get_or_init(Self::fastest)
    }

    /// Makes this the best one, for a process that is to show that all give the same bits. Fails if
    /// another one was used already.
    pub fn choose(self) -> Result<(), Self> {
        match *BEST.get_or_init(|| self) {
            used if used == self => Ok(()),
            used => Err(used),
        }
    }

    fn fastest() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            // The compiler takes AVX2 and FMA to be part of AVX-512, so all three are asked for.
            if has_avx2() && is_x86_feature_detected!("avx512f") {
                return Self(Set::Avx512);
            }
            if has_avx2() {
                return Self(Set::Avx2);
            }
        }
        #[cfg(target_arch = "aarch64")]
        if std::arch::is_aarch64_feature_detected!("neon") {
            return Self(Set::Neon);
        }
        Self(Set::Portable)
    }

    /// All that this machine has, the fastest first. `portable` is always the last.
    pub fn all() -> Vec<Self> {
        let mut all = vec![Self::fastest()];
        #[cfg(target_arch = "x86_64")]
        if all[0].0 == Set::Avx512 {
            all.push(Self(Set::Avx2));
        }
        if all[0].0 != Set::Portable {
            all.push(Self(Set::Portable));
        }
        all
    }

    /// By its name, if this machine has it.
    pub fn named(name: &str) -> Option<Self> {
        Self::all().into_iter().find(|isa| isa.name() == name)
    }

    /// `avx512`, `avx2`, `neon` or `portable`.
    pub fn name(self) -> &'static str {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            Set::Avx512 => "avx512",
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 => "avx2",
            #[cfg(target_arch = "aarch64")]
            Set::Neon => "neon",
            Set::Portable => "portable",
        }
    }

    /// Runs `kernel` on these instructions.
    pub fn run<K: Kernel>(self, kernel: K) -> K::Output {
        match self.0 {
            // SAFETY: a value of `Set::Avx512` is made only where the processor was asked.
            #[cfg(target_arch = "x86_64")]
            Set::Avx512 => unsafe { avx512(kernel) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 => unsafe { avx2(kernel) },
            // SAFETY: as above.
            #[cfg(target_arch = "aarch64")]
            Set::Neon => unsafe { neon(kernel) },
            Set::Portable => kernel.run(Portable),
        }
    }
}

#[cfg(target_arch = "x86_64")]
fn has_avx2() -> bool {
    is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma")
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
fn avx512<K: Kernel>(kernel: K) -> K::Output {
    // SAFETY: this function is entered only where there is AVX-512.
    kernel.run(unsafe { Avx512::new() })
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn avx2<K: Kernel>(kernel: K) -> K::Output {
    // SAFETY: this function is entered only where there are AVX2 and FMA.
    kernel.run(unsafe { Avx2::new() })
}

#[cfg(target_arch = "aarch64")]
#[target_feature(enable = "neon")]
fn neon<K: Kernel>(kernel: K) -> K::Output {
    // SAFETY: this function is entered only where there is NEON.
    kernel.run(unsafe { Neon::new() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_set_is_found_by_its_name() {
        for isa in Isa::all() {
            assert_eq!(Isa::named(isa.name()), Some(isa));
        }
        assert_eq!(Isa::named("sse9"), None);
    }

    #[test]
    fn the_best_set_is_first_and_the_portable_one_last() {
        let all = Isa::all();
        assert_eq!(all.first(), Some(&Isa::best()));
        assert_eq!(Isa::best().choose(), Ok(()));
        assert!(all[1..].iter().all(|isa| isa.choose() == Err(Isa::best())));
        assert_eq!(all.last().map(|isa| isa.name()), Some("portable"));
    }
}
