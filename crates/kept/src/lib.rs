//! Files that are named by what they hold, and may be removed at any time.
//!
//! * A [`Key`] is the hash of everything that decides the contents.
//! * A [`Shelf`] is a folder of such files of one kind. [`Shelf::lock`] lets one process make a file
//!   while others wait; who dies loses the lock.
//! * A [`Writer`] writes a file beside its place, hashes it on the way, makes it read-only and
//!   renames it: it is whole, or not there.
//! * [`Shelf::open`] maps a file and hashes all of it before anything in it counts.

mod floats;
mod key;
mod sealed;
mod shelf;

pub use floats::Floats;
pub use key::Key;
pub use sealed::{Contents, Form, Unusable, Writer, check};
pub use shelf::{Lock, Shelf, Usage};
