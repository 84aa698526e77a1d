//! `FetchError`: why a file is still not here, address by address.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// Why a file could not be fetched.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// The card names a file outside its folder. Cards that were loaded do not.
    #[error("the card of `{card}` names `{name}`, which is no path inside its folder")]
    Name {
        /// Name in the card.
        card: String,
        /// Of the file, or of the card itself.
        name: String,
    },
    /// There is no address to fetch from.
    #[error("the card of `{card}` has no address for `{file}`")]
    NoAddress {
        /// Name in the card.
        card: String,
        /// Path in the card.
        file: String,
    },
    /// Every address was tried.
    #[error("cannot fetch `{file}` of `{card}`{}", lines(attempts))]
    EveryAddress {
        /// Name in the card.
        card: String,
        /// Path in the card.
        file: String,
        /// What the last try at each address came to.
        attempts: Vec<Attempt>,
    },
    /// A folder was searched in vain.
    #[error(
        "`{file}` of `{card}` is not in `{}`, nor one level down{}",
        dir.display(),
        lines(wrong)
    )]
    NotInFolder {
        /// Name in the card.
        card: String,
        /// Path in the card.
        file: String,
        /// The folder.
        dir: PathBuf,
        /// Files of that name with other content.
        wrong: Vec<Attempt>,
    },
    /// The file system refuses.
    #[error("cannot {action} `{}`", path.display())]
    Io {
        /// `write`, `read`, ...
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// [`crate::How::stop`] said so.
    #[error("stopped; what has arrived is kept, and the next fetch goes on from there")]
    Stopped,
}

/// One place, and what was wrong with it.
#[derive(Debug)]
pub struct Attempt {
    /// The address without its query, which may hold a secret; or a path.
    pub place: String,
    /// What happened there.
    pub trouble: Trouble,
}

/// What can go wrong with one address or file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Trouble {
    /// An answer other than the file.
    #[error("the server answers {0}")]
    Status(u16),
    /// Name lookup, connection, encryption.
    #[error("no connection: {0}")]
    Connection(String),
    /// The proxy that the environment names does not pass us on.
    #[error("the proxy of this machine refuses")]
    Proxy,
    /// Hardly a byte for that long.
    #[error("it sent next to nothing for {:.0} s", .0.as_secs_f64().ceil())]
    Stalled(Duration),
    /// The connection ended early.
    #[error("the connection broke off after {found} of {expected} bytes")]
    BrokenOff {
        /// That have arrived.
        found: u64,
        /// Of the card.
        expected: u64,
    },
    /// Redirect after redirect.
    #[error("it leads from one address to the next without end")]
    Redirects,
    /// From https to something else.
    #[error("it leads from https to an address without encryption")]
    Downgrade,
    /// The server speaks no HTTP, or not as it should.
    #[error("not understood: {0}")]
    Protocol(String),
    /// The wrong file.
    #[error(transparent)]
    Content(#[from] Mismatch),
}

/// How a file differs from what its card says.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Mismatch {
    /// Another length.
    #[error("it is {found} bytes long, the card says {expected}")]
    Length {
        /// Of the file.
        found: u64,
        /// Of the card.
        expected: u64,
    },
    /// It does not end where it should.
    #[error("it goes on after byte {0}, where the card says it ends")]
    Longer(u64),
    /// Another hash.
    #[error("its sha256 is {found}, the card says {expected}")]
    Hash {
        /// Of the file.
        found: String,
        /// Of the card.
        expected: String,
    },
    /// What it compresses has another hash.
    #[error("the sha256 of what it holds is {found}, the card says {expected}")]
    Payload {
        /// Of the content.
        found: String,
        /// Of the card.
        expected: String,
    },
    /// It inflates without end.
    #[error("it inflates to more than {0} bytes")]
    Bomb(u64),
    /// It is not compressed, or damaged.
    #[error("it is no complete gzip file, but the card states a `payload-sha256`")]
    Gzip,
}

impl Trouble {
    /// Whether the same address may do better next time.
    pub(crate) fn may_pass(&self) -> bool {
        const REQUEST_TIMEOUT: u16 = 408;
        const TOO_MANY_REQUESTS: u16 = 429;
        match self {
            Self::Status(code) => {
                *code >= 500 || *code == REQUEST_TIMEOUT || *code == TOO_MANY_REQUESTS
            }
            Self::Connection(_) | Self::Stalled(_) | Self::BrokenOff { .. } => true,
            Self::Proxy
            | Self::Redirects
            | Self::Downgrade
            | Self::Protocol(_)
            | Self::Content(_) => false,
        }
    }
}

fn lines(attempts: &[Attempt]) -> String {
    let line = |attempt: &Attempt| format!("\n{}: {}", attempt.place, attempt.trouble);
    attempts.iter().map(line).collect()
}
