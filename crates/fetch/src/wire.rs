//! `Wire`: one request, answered piece by piece, that can be left at any moment.
//!
//! A thread of its own reads from the socket, so that a stop and a server that falls silent are
//! noticed while it waits. It ends by itself once nobody listens to it any more.

use std::io::Read;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use ureq::http::{HeaderMap, Response};
use ureq::{Agent, Body};

use crate::checker::CHUNK;
use crate::error::{FetchError, Trouble};
use crate::fetch::{How, Patience, Route};

/// Pieces that may wait to be written.
const PIECES: usize = 8;
/// How often the user is asked whether to go on.
const POLL: Duration = Duration::from_millis(100);
/// A server that sends less than this within the patience for a stall has stalled.
const LEAST_BYTES: usize = 16 * 1024;
/// The usual length of a chain is 1 or 2.
const MAX_REDIRECTS: u32 = 8;
const USER_AGENT: &str = concat!("fireassay/", env!("CARGO_PKG_VERSION"));

/// What is asked of a server.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) url: String,
    /// The first byte that is wanted.
    pub(crate) from: u64,
    /// The version of the file that the bytes before came from, if it is known.
    pub(crate) tag: Option<String>,
    pub(crate) route: Route,
    pub(crate) patience: Patience,
}

/// What comes before the bytes.
#[derive(Debug)]
pub(crate) struct Head {
    pub(crate) status: u16,
    /// Bytes that follow, if the server says so.
    pub(crate) length: Option<u64>,
    /// First byte, and bytes of the whole file, of a part.
    pub(crate) range: Option<(u64, u64)>,
    /// Names this version of the file.
    pub(crate) tag: Option<String>,
}

/// Why an answer ends early.
#[derive(Debug)]
pub(crate) enum Halt {
    /// This address does not do it.
    Trouble(Trouble),
    /// No address would.
    Fatal(FetchError),
}

/// An answer that is on its way.
pub(crate) struct Wire {
    pieces: Receiver<Result<Piece, Trouble>>,
    patience: Patience,
    deadline: Instant,
    /// Bytes since the deadline was last moved.
    arrived: usize,
}

enum Piece {
    Head(Head),
    Bytes(Vec<u8>),
    End,
}

impl Wire {
    /// Sends the request.
    pub(crate) fn open(request: Request) -> Self {
        let patience = request.patience;
        let (sender, pieces) = sync_channel(PIECES);
        thread::spawn(move || {
            if let Err(trouble) = answer(&request, &sender) {
                // Nobody listens any more: then nobody misses it.
                drop(sender.send(Err(trouble)));
            }
        });
        let deadline = Instant::now() + patience.connect + patience.stall;
        Self { pieces, patience, deadline, arrived: 0 }
    }

    /// The first piece.
    pub(crate) fn head(&mut self, how: &How<'_>) -> Result<Head, Halt> {
        match self.next(how)? {
            Piece::Head(head) => {
                self.deadline = Instant::now() + self.patience.stall;
                Ok(head)
            }
            Piece::Bytes(_) | Piece::End => {
                Err(Halt::Trouble(Trouble::Protocol("an answer without a head".to_owned())))
            }
        }
    }

    /// The bytes that follow, until there are none.
    pub(crate) fn bytes(&mut self, how: &How<'_>) -> Result<Option<Vec<u8>>, Halt> {
        match self.next(how)? {
            Piece::Bytes(bytes) => {
                self.arrived += bytes.len();
                if self.arrived >= LEAST_BYTES {
                    self.arrived = 0;
                    self.deadline = Instant::now() + self.patience.stall;
                }
                Ok(Some(bytes))
            }
            Piece::End => Ok(None),
            Piece::Head(_) => {
                Err(Halt::Trouble(Trouble::Protocol("an answer with two heads".to_owned())))
            }
        }
    }

    fn next(&self, how: &How<'_>) -> Result<Piece, Halt> {
        loop {
            if (how.stop)() {
                return Err(Halt::Fatal(FetchError::Stopped));
            }
            let left = self.deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(Halt::Trouble(Trouble::Stalled(self.patience.stall)));
            }
            match self.pieces.recv_timeout(left.min(POLL)) {
                Ok(piece) => return piece.map_err(Halt::Trouble),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    let text = "the connection ended without a word".to_owned();
                    return Err(Halt::Trouble(Trouble::Connection(text)));
                }
            }
        }
    }
}

/// Runs in the thread. Ends early, and content, when nobody listens.
fn answer(request: &Request, sender: &SyncSender<Result<Piece, Trouble>>) -> Result<(), Trouble> {
    let say = |piece| sender.send(Ok(piece)).is_ok();
    let response = send(request).map_err(|error| trouble(request, &error))?;
    let head = head_of(&response);
    if !say(Piece::Head(head)) {
        return Ok(());
    }
    let mut reader = response.into_body().into_reader();
    loop {
        let mut bytes = vec![0; CHUNK];
        let n = reader.read(&mut bytes).map_err(|error| trouble(request, &error.into()))?;
        bytes.truncate(n);
        if n == 0 || !say(Piece::Bytes(bytes)) {
            break;
        }
    }
    say(Piece::End);
    Ok(())
}

fn send(request: &Request) -> Result<Response<Body>, ureq::Error> {
    let proxy = match request.route {
        Route::Direct => None,
        Route::Environment => ureq::Proxy::try_from_env(),
    };
    let Patience { connect, stall, .. } = request.patience;
    let is_encrypted = request.url.get(..6).is_some_and(|s| s.eq_ignore_ascii_case("https:"));
    let config = Agent::config_builder()
        .proxy(proxy)
        .http_status_as_error(false)
        // A chain that starts encrypted stays encrypted.
        .https_only(is_encrypted)
        .max_redirects(MAX_REDIRECTS)
        .user_agent(USER_AGENT)
        // The hash is that of the file itself, not of what a server makes of it on the way.
        .accept_encoding("identity")
        .timeout_connect(Some(connect))
        .timeout_per_read(Some(stall))
        .timeout_per_write(Some(stall))
        .build();
    let mut get = Agent::new_with_config(config).get(&request.url);
    if request.from > 0 {
        get = get.header("Range", format!("bytes={}-", request.from));
        if let Some(tag) = &request.tag {
            get = get.header("If-Range", tag);
        }
    }
    get.call()
}

fn head_of(response: &Response<Body>) -> Head {
    let headers = response.headers();
    let tag = text(headers, "etag").filter(|tag| !tag.starts_with("W/"));
    Head {
        status: response.status().as_u16(),
        length: text(headers, "content-length").and_then(|length| length.parse().ok()),
        range: text(headers, "content-range").and_then(range),
        tag: tag.map(str::to_owned),
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// (first byte, bytes of the whole file) of `bytes 5-9/10`.
fn range(text: &str) -> Option<(u64, u64)> {
    let (bounds, total) = text.trim().strip_prefix("bytes ")?.split_once('/')?;
    let (first, _last) = bounds.split_once('-')?;
    Some((first.trim().parse().ok()?, total.trim().parse().ok()?))
}

/// In words that hold no address: one that a server redirects to may be signed.
fn trouble(request: &Request, error: &ureq::Error) -> Trouble {
    use ureq::{Error, Timeout};
    match error {
        Error::StatusCode(code) => Trouble::Status(*code),
        Error::TooManyRedirects => Trouble::Redirects,
        Error::RequireHttpsOnly(_) => Trouble::Downgrade,
        Error::Timeout(Timeout::PerRead | Timeout::PerWrite) => {
            Trouble::Stalled(request.patience.stall)
        }
        Error::Timeout(_) => Trouble::Stalled(request.patience.connect),
        Error::HostNotFound => Trouble::Connection("the host is not known".to_owned()),
        Error::ConnectionFailed => Trouble::Connection("refused".to_owned()),
        Error::InvalidProxyUrl | Error::ConnectProxyFailed(_) => Trouble::Proxy,
        Error::Tls(text) => Trouble::Connection((*text).to_owned()),
        Error::Rustls(error) => Trouble::Connection(error.to_string()),
        Error::Io(error) => match error.get_ref().and_then(|e| e.downcast_ref::<Error>()) {
            Some(inner) => trouble(request, inner),
            None => Trouble::Connection(error.to_string()),
        },
        Error::BadUri(_) | Error::Http(_) => {
            Trouble::Protocol("it leads to something that is no web address".to_owned())
        }
        // Its own words may quote where it leads to.
        _ => Trouble::Protocol("the answer is no HTTP".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_range_of_an_answer_is_read_or_ignored() {
        assert_eq!(range("bytes 5-9/10"), Some((5, 10)));
        for text in ["bytes 5-9/*", "bytes */10", "5-9/10", "bytes 5-9", "bytes -1-9/10", ""] {
            assert_eq!(range(text), None, "{text}");
        }
    }
}
