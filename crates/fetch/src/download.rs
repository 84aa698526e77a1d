//! `download`: one file from the first of its addresses that has it.

use std::time::Duration;

use crate::error::{Attempt, FetchError, Mismatch, Trouble};
use crate::fetch::{Event, How, Order, Route, Tell};
use crate::part::{Part, Refused};
use crate::wire::{Halt, Head, Request, Wire};

/// A try that brings this much is no try in vain: a large file may take many connections.
const WORTHWHILE: u64 = 256 * 1024;
/// Waiting longer than this between two tries helps nobody.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// Brings the file to its place.
pub(crate) fn download(
    order: &Order<'_>,
    route: Route,
    how: &How<'_>,
    tell: &mut Tell<'_>,
) -> Result<(), FetchError> {
    let (card, file) = (order.card.to_owned(), order.file.path.clone());
    let length = order.file.bytes.filter(|_| !order.file.urls.is_empty());
    let Some(length) = length else { return Err(FetchError::NoAddress { card, file }) };
    let mut part = Part::open(&order.target, order.file, length)?;
    let mut attempts = Vec::new();
    for url in &order.file.urls {
        let place = shown(url);
        let mut mirror = Mirror { order, url, place: &place, route, tag: None };
        match mirror.fetch(&mut part, how, tell) {
            Ok(()) => return part.place(&order.target),
            Err(Halt::Fatal(error)) => {
                part.leave()?;
                return Err(error);
            }
            Err(Halt::Trouble(trouble)) => {
                tell(&Event::GaveUp { place: &place, trouble: &trouble });
                attempts.push(Attempt { place, trouble });
            }
        }
    }
    part.leave()?;
    Err(FetchError::EveryAddress { card, file, attempts })
}

/// One address.
struct Mirror<'a> {
    order: &'a Order<'a>,
    url: &'a str,
    place: &'a str,
    route: Route,
    /// The version of the file that it gave us last.
    tag: Option<String>,
}

/// What has arrived.
enum Received {
    /// The file from its first byte.
    Whole,
    /// What was missing after the bytes that were here.
    Rest,
    /// Nothing that fits these bytes.
    Nothing,
}

/// What to do with an answer.
enum Use {
    Append,
    /// It holds the file from its first byte.
    Afresh,
    /// It holds no part that fits; ask for the whole.
    AskAgain,
}

impl Mirror<'_> {
    /// Tries until it has the file, or there is no sense in another try.
    fn fetch(
        &mut self,
        part: &mut Part<'_>,
        how: &How<'_>,
        tell: &mut Tell<'_>,
    ) -> Result<(), Halt> {
        let (mut tries, mut wait) = (how.patience.tries, how.patience.first_wait);
        loop {
            let before = part.len();
            let trouble = match self.attempt(part, how, tell) {
                Err(Halt::Trouble(trouble)) if trouble.may_pass() => trouble,
                ended => return ended,
            };
            if part.len() >= before.saturating_add(WORTHWHILE) {
                (tries, wait) = (how.patience.tries, how.patience.first_wait);
            }
            tries = tries.saturating_sub(1);
            if tries == 0 {
                return Err(Halt::Trouble(trouble));
            }
            tell(&Event::Retry { place: self.place, trouble: &trouble, wait });
            (how.wait)(wait);
            wait = wait.saturating_mul(2).min(LONGEST_WAIT);
        }
    }

    /// One try. What was here already is used if the whole turns out right, and only then.
    fn attempt(
        &mut self,
        part: &mut Part<'_>,
        how: &How<'_>,
        tell: &mut Tell<'_>,
    ) -> Result<(), Halt> {
        match self.receive(part, how, tell)? {
            Received::Whole => return part.check().map_err(halt),
            Received::Rest => match part.check() {
                Err(Refused::Wrong(_)) => {}
                ended => return ended.map_err(halt),
            },
            Received::Nothing => {}
        }
        part.clear().map_err(Halt::Fatal)?;
        match self.receive(part, how, tell)? {
            Received::Whole | Received::Rest => part.check().map_err(halt),
            Received::Nothing => Err(Halt::Trouble(Trouble::Protocol("no whole file".to_owned()))),
        }
    }

    /// Asks for what is missing.
    fn receive(
        &mut self,
        part: &mut Part<'_>,
        how: &How<'_>,
        tell: &mut Tell<'_>,
    ) -> Result<Received, Halt> {
        let (from, length) = (part.len(), part.length());
        if from == length {
            return Ok(Received::Rest);
        }
        let (url, tag) = (self.url.to_owned(), self.tag.clone());
        let request = Request { url, from, tag, route: self.route, patience: how.patience };
        let mut wire = Wire::open(request);
        let head = wire.head(how)?;
        let received = match self.judge(&head, from, length)? {
            Use::AskAgain => return Ok(Received::Nothing),
            Use::Append => Received::Rest,
            Use::Afresh => {
                part.clear().map_err(Halt::Fatal)?;
                self.tag = head.tag;
                Received::Whole
            }
        };
        let (file, place) = (&self.order.file.path, self.place);
        tell(&Event::Started { file, place, resumed: part.len(), total: length });
        while let Some(bytes) = next(&mut wire, part, how)? {
            if let Err(refused) = part.append(&bytes) {
                let halt = halt(refused);
                part.clear().map_err(Halt::Fatal)?;
                return Err(halt);
            }
            tell(&Event::Arrived { bytes: part.len() });
        }
        if part.len() < length {
            return Err(broken_off(part));
        }
        Ok(received)
    }

    fn judge(&self, head: &Head, from: u64, length: u64) -> Result<Use, Halt> {
        const WHOLE: u16 = 200;
        const PART: u16 = 206;
        const NO_SUCH_PART: u16 = 416;
        match head.status {
            WHOLE => match head.length {
                Some(found) if found != length => {
                    Err(wrong(Mismatch::Length { found, expected: length }))
                }
                Some(_) | None => Ok(Use::Afresh),
            },
            PART if from > 0 => {
                let is_same = self.tag.is_none() || head.tag.is_none() || self.tag == head.tag;
                let fits = head.range == Some((from, length));
                Ok(if is_same && fits { Use::Append } else { Use::AskAgain })
            }
            NO_SUCH_PART if from > 0 => Ok(Use::AskAgain),
            status => Err(Halt::Trouble(Trouble::Status(status))),
        }
    }
}

/// A connection that ends within the file is told by how far it came.
fn next(wire: &mut Wire, part: &Part<'_>, how: &How<'_>) -> Result<Option<Vec<u8>>, Halt> {
    wire.bytes(how).map_err(|halt| match halt {
        Halt::Trouble(Trouble::Connection(_)) => broken_off(part),
        other => other,
    })
}

fn broken_off(part: &Part<'_>) -> Halt {
    Halt::Trouble(Trouble::BrokenOff { found: part.len(), expected: part.length() })
}

fn halt(refused: Refused) -> Halt {
    match refused {
        Refused::Wrong(mismatch) => wrong(mismatch),
        Refused::Failed(error) => Halt::Fatal(error),
    }
}

fn wrong(mismatch: Mismatch) -> Halt {
    Halt::Trouble(Trouble::Content(mismatch))
}

/// Without what follows `?`, which may hold a secret.
fn shown(url: &str) -> String {
    url.split(['?', '#']).next().unwrap_or_default().to_owned()
}
