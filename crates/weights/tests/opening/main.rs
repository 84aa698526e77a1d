//! Files of weights, whole, damaged and hostile.

// `cfg(test)` holds anyway; it tells the linter that these are tests, helpers included.
#[cfg(test)]
mod archive;
#[cfg(test)]
mod damaged;
#[cfg(test)]
mod fetched;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod reference;
