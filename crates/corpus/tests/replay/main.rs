//! The corpus of `fuzz/`, as it is and a little damaged; what its cases come to lies in `outcomes/`.

// `cfg(test)` holds anyway; it tells the linter that these are tests, helpers included.
#[cfg(test)]
mod damage;
#[cfg(test)]
mod outcomes;
