//! What the command line prints and how it exits, byte for byte.

#[cfg(test)]
mod archives;
#[cfg(test)]
mod bad_input;
#[cfg(test)]
mod compare;
#[cfg(test)]
mod failing;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod fetching;
#[cfg(test)]
mod golden;
#[cfg(test)]
mod identity;
#[cfg(test)]
mod interruption;
#[cfg(test)]
mod keeping;
#[cfg(test)]
mod locks;
#[cfg(test)]
mod own_data;
#[cfg(test)]
mod pretraining;
#[cfg(test)]
mod registering;
#[cfg(test)]
mod reproducing;
#[cfg(test)]
mod running;
#[cfg(test)]
mod runs;
#[cfg(test)]
mod sandbox;
#[cfg(test)]
mod verifying;
#[cfg(test)]
mod views;
