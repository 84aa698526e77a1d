//! Brings the files of a card here: from the web or from a folder, checked, or not at all.
//!
//! [`fetch`] makes one folder hold every file of a card. A file is written beside its place as
//! `<name>.part`, checked while it is written (length, hash, hash of what it compresses), made
//! durable and only then renamed. So a file under its own name is whole; a partial one stays for
//! the next fetch to go on with, and one that turned out wrong is removed.
//!
//! Nothing here knows arrays, prints, or reads the environment except for proxies, and that only
//! when [`Route::Environment`] says so. The trial program does not use this crate.

mod checker;
mod download;
mod error;
mod fetch;
mod folder;
mod lock;
mod part;
mod wire;

pub use error::{Attempt, FetchError, Mismatch, Trouble};
pub use fetch::{Event, How, Origin, Patience, Route, fetch, is_right};
