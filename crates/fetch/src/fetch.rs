//! `fetch`: one folder gets every file of a card.

use std::fs;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use fireassay_spec::{FileCard, FilesCard};

use crate::checker::{CHUNK, Checker};
use crate::download::download;
use crate::error::{FetchError, Trouble};
use crate::folder::copy_from;
use crate::lock::Lock;

/// Where files come from, how long to wait, and whom to ask.
pub struct How<'a> {
    /// Where files come from.
    pub origin: Origin<'a>,
    /// When to give up.
    pub patience: Patience,
    /// Lets this much time pass.
    pub wait: &'a dyn Fn(Duration),
    /// Whether to stop; asked at least ten times a second.
    pub stop: &'a dyn Fn() -> bool,
}

/// Where files come from.
#[derive(Clone, Copy, Debug)]
pub enum Origin<'a> {
    /// The addresses of the card, in their order.
    Web(Route),
    /// A folder on this machine; files are copied out of it.
    Folder(&'a Path),
}

/// How servers are reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// Straight.
    Direct,
    /// By the proxy of `ALL_PROXY`, `HTTPS_PROXY` or `HTTP_PROXY`, except for hosts in `NO_PROXY`.
    Environment,
}

/// When to give up.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// To look up a name, connect and agree on encryption.
    pub connect: Duration,
    /// A server that sends next to nothing for that long has stalled.
    pub stall: Duration,
    /// Tries at one address, one after the other, that bring next to nothing.
    pub tries: u32,
    /// Before the second try; twice as long before each further one.
    pub first_wait: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(15),
            stall: Duration::from_secs(30),
            tries: 4,
            first_wait: Duration::from_secs(1),
        }
    }
}

/// What happens on the way.
#[derive(Debug)]
pub enum Event<'a> {
    /// Another process fetches into this folder; it comes first.
    Busy,
    /// The file was there already.
    Present {
        /// Path in the card.
        file: &'a str,
    },
    /// A file begins to arrive.
    Started {
        /// Path in the card.
        file: &'a str,
        /// Address or path.
        place: &'a str,
        /// Bytes that were here already.
        resumed: u64,
        /// Its length.
        total: u64,
    },
    /// So many bytes of the file are here.
    Arrived {
        /// From its start.
        bytes: u64,
    },
    /// The address is tried again.
    Retry {
        /// The address.
        place: &'a str,
        /// What happened.
        trouble: &'a Trouble,
        /// Until the next try.
        wait: Duration,
    },
    /// The address is given up; the next one is tried, if there is one.
    GaveUp {
        /// The address.
        place: &'a str,
        /// What happened.
        trouble: &'a Trouble,
    },
    /// The file is whole, checked and in its place.
    Placed {
        /// Path in the card.
        file: &'a str,
    },
}

/// Whoever listens on the way.
pub(crate) type Tell<'a> = dyn FnMut(&Event<'_>) + 'a;

/// Makes `folder` hold every file of the card, or says why it does not. Files that are right stay
/// as they are; what else lies there under their names is replaced.
pub fn fetch(
    card: &dyn FilesCard,
    folder: &Path,
    how: &How<'_>,
    tell: &mut Tell<'_>,
) -> Result<(), FetchError> {
    let paths = card.files().iter().map(|file| file.path.as_str());
    for name in [card.name()].into_iter().chain(paths) {
        if !is_inside(name) {
            return Err(FetchError::Name { card: card.name().into(), name: name.into() });
        }
    }
    let make = |path: &Path| {
        fs::create_dir_all(path).map_err(|source| io_error("make folder", path, source))
    };
    make(folder)?;
    let _lock = Lock::acquire(folder, how, tell)?;
    for file in card.files() {
        if (how.stop)() {
            return Err(FetchError::Stopped);
        }
        let target = folder.join(&file.path);
        if is_right(file, &target)? {
            tell(&Event::Present { file: &file.path });
            continue;
        }
        make(target.parent().unwrap_or(folder))?;
        let order = Order { card: card.name(), file, target };
        match how.origin {
            Origin::Web(route) => download(&order, route, how, tell)?,
            Origin::Folder(dir) => copy_from(&order, dir, how, tell)?,
        }
        tell(&Event::Placed { file: &file.path });
    }
    Ok(())
}

/// Whether the file is there and all that its card says of it.
pub fn is_right(file: &FileCard, path: &Path) -> Result<bool, FetchError> {
    let fail = |source| io_error("read", path, source);
    let mut reader = match fs::File::open(path) {
        Ok(reader) => reader,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(fail(error)),
    };
    let length = reader.metadata().map_err(fail)?.len();
    if file.bytes.is_some_and(|bytes| bytes != length) {
        return Ok(false);
    }
    let mut checker = Checker::new(file, length);
    let mut chunk = vec![0; CHUNK];
    loop {
        let n = reader.read(&mut chunk).map_err(fail)?;
        if n == 0 {
            return Ok(checker.verdict().is_ok());
        }
        if checker.take(&chunk[..n]).is_err() {
            return Ok(false);
        }
    }
}

/// One file to be brought.
pub(crate) struct Order<'a> {
    pub(crate) card: &'a str,
    pub(crate) file: &'a FileCard,
    pub(crate) target: PathBuf,
}

pub(crate) fn io_error(action: &'static str, path: &Path, source: io::Error) -> FetchError {
    FetchError::Io { action, path: path.to_owned(), source }
}

fn is_inside(name: &str) -> bool {
    let plain = |part| matches!(part, Component::Normal(_));
    !name.is_empty() && Path::new(name).components().all(plain)
}
