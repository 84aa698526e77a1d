//! The real `trial` program on real data, as xtask and people start it.

#[cfg(test)]
mod again;
#[cfg(test)]
mod determinism;
#[cfg(test)]
mod fingerprint;
#[cfg(test)]
mod full_disk;
#[cfg(test)]
mod identity;
#[cfg(test)]
mod kill;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod smoke;
#[cfg(test)]
mod sources;
#[cfg(test)]
mod support;
