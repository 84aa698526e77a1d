//! What a split keeps together, and which classes it sees.

#[cfg(test)]
mod classes;
#[cfg(test)]
mod duplicates;
#[cfg(test)]
mod groups;
#[cfg(test)]
mod made;
