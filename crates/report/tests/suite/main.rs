//! Tests of the whole crate through its public functions.

#[cfg(test)]
mod case;
#[cfg(test)]
mod classes;
#[cfg(test)]
mod compare;
#[cfg(test)]
mod compare_facts;
#[cfg(test)]
mod compare_golden;
#[cfg(test)]
mod context;
#[cfg(test)]
mod damage;
#[cfg(test)]
mod design;
#[cfg(test)]
mod draw;
#[cfg(test)]
mod edge;
#[cfg(test)]
mod figure;
#[cfg(test)]
mod format;
#[cfg(test)]
mod golden;
#[cfg(test)]
mod hypothesis;
#[cfg(test)]
mod interaction;
#[cfg(test)]
mod interval;
#[cfg(test)]
mod many;
#[cfg(test)]
mod parity;
#[cfg(test)]
mod property;
#[cfg(test)]
mod reproduce;
#[cfg(test)]
mod simulation;
#[cfg(test)]
mod standing;
#[cfg(test)]
mod statistics;
#[cfg(test)]
mod store;
