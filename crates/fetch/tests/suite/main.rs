//! Fetching from servers that keep, bend and break the rules, and from folders.

#[cfg(test)]
mod content;
#[cfg(test)]
mod folder;
#[cfg(test)]
mod place;
#[cfg(test)]
mod resume;
#[cfg(test)]
mod server;
#[cfg(test)]
mod told;
#[cfg(test)]
mod web;
