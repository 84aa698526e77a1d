//! Partial files: kept, gone on with, and never believed.

use std::cell::Cell;
use std::fs::File;
use std::time::Duration;

use fireassay_fetch::{FetchError, Trouble};

use crate::place::{Place, content};
use crate::server::{Deed, Server, cut, rest, status, tagged, whole};

const LENGTH: usize = 100_000;
const HALF: usize = 40_000;

#[test]
fn a_connection_that_breaks_off_is_resumed() {
    let bytes = content(1, LENGTH);
    let answers = vec![cut("\"v1\"", &bytes, HALF), rest("\"v1\"", &bytes, HALF, LENGTH)];
    let server = Server::in_turn(answers);
    let place = Place::new(&bytes, &[server.url("a.bin")]);
    place.fetch().unwrap();
    place.holds(&[("a.bin", &bytes)]);
    let asked = server.asked();
    assert!(asked[1].contains("\r\nrange: bytes=40000-\r\n"), "{}", asked[1]);
    assert!(asked[1].contains("\r\nif-range: \"v1\"\r\n"), "{}", asked[1]);
    let told = ["started 0/100000", "retry", "started 40000/100000", "placed a.bin"];
    assert_eq!(*place.told.borrow(), told);
    assert_eq!(*place.waits.borrow(), [Duration::from_secs(1)]);
}

#[test]
fn what_arrived_is_kept_for_the_next_fetch() {
    let bytes = content(1, LENGTH);
    let first = Server::in_turn(vec![
        cut("\"v1\"", &bytes, HALF),
        status("502 Bad Gateway"),
        status("502 Bad Gateway"),
    ]);
    let mut place = Place::new(&bytes, &[first.url("a.bin")]);
    assert!(matches!(place.trouble(), Trouble::Status(502)));
    place.holds(&[("a.bin.part", &bytes[..HALF])]);
    // Another address may go on: the hash decides in the end.
    let second = Server::always(rest("\"w\"", &bytes, HALF, LENGTH));
    place.card.files[0].urls = vec![second.url("a.bin")];
    place.fetch().unwrap();
    place.holds(&[("a.bin", &bytes)]);
    assert!(second.asked()[0].contains("range: bytes=40000-"));
    assert!(!second.asked()[0].contains("if-range"));
}

#[test]
fn a_body_that_always_breaks_off_is_told_by_how_far_it_came() {
    let bytes = content(1, LENGTH);
    let server = Server::always(cut("\"v1\"", &bytes, HALF));
    let place = Place::new(&bytes, &[server.url("a.bin")]);
    let trouble = place.trouble();
    let text = "the connection broke off after 40000 of 100000 bytes";
    assert_eq!(trouble.to_string(), text);
    place.holds(&[("a.bin.part", &bytes[..HALF])]);
}

#[test]
fn a_large_file_may_take_more_connections_than_tries() {
    const PIECE: usize = 256 * 1024;
    let bytes = content(1, 5 * PIECE);
    let sent = bytes.clone();
    let server = Server::start(move |number, _| {
        let from = number * PIECE;
        let mut part = rest("\"v1\"", &sent, from, sent.len());
        if number == 0 {
            part = tagged("\"v1\"", &sent);
        }
        part.truncate(part.len() - (sent.len() - from) + PIECE);
        Deed::Send(part)
    });
    let place = Place::new(&bytes, &[server.url("a.bin")]);
    place.fetch().unwrap();
    assert_eq!(server.asked().len(), 5);
    assert_eq!(*place.waits.borrow(), [Duration::from_secs(1); 4]);
}

/// After a broken connection, these answers; the file arrives from its first byte.
fn begins_again(answers: Vec<Vec<u8>>) {
    let bytes = content(1, LENGTH);
    let requests = answers.len() + 1;
    let server = Server::in_turn([vec![cut("\"v1\"", &bytes, HALF)], answers].concat());
    let place = Place::new(&bytes, &[server.url("a.bin")]);
    place.fetch().unwrap();
    place.holds(&[("a.bin", &bytes)]);
    assert_eq!(server.asked().len(), requests);
    assert_eq!(
        *place.told.borrow(),
        ["started 0/100000", "retry", "started 0/100000", "placed a.bin"]
    );
}

#[test]
fn a_server_that_ignores_the_range_sends_the_whole() {
    begins_again(vec![tagged("\"v1\"", &content(1, LENGTH))]);
}

#[test]
fn a_part_that_does_not_fit_is_not_used() {
    let bytes = content(1, LENGTH);
    let all = || whole(&content(1, LENGTH));
    begins_again(vec![rest("\"v1\"", &bytes, HALF, LENGTH + 1), all()]);
    begins_again(vec![rest("\"v1\"", &bytes, HALF - 1, LENGTH), all()]);
    begins_again(vec![rest("\"v2\"", &bytes, HALF, LENGTH), all()]);
    begins_again(vec![status("416 Range Not Satisfiable"), all()]);
}

#[test]
fn a_file_that_changed_in_between_begins_again() {
    let (old, new) = (content(2, LENGTH), content(1, LENGTH));
    let server = Server::in_turn(vec![cut("\"old\"", &old, HALF), tagged("\"new\"", &new)]);
    let place = Place::new(&new, &[server.url("a.bin")]);
    place.fetch().unwrap();
    place.holds(&[("a.bin", &new)]);
}

#[test]
fn a_partial_file_of_something_else_costs_one_more_request() {
    let bytes = content(1, LENGTH);
    for left in [&content(2, HALF)[..], &content(2, LENGTH)] {
        let from = left.len();
        let sent = bytes.clone();
        let server = Server::start(move |_, asked| {
            let is_part = asked.contains("range: bytes=40000-");
            Deed::Send(if is_part { rest("x", &sent, from, LENGTH) } else { whole(&sent) })
        });
        let place = Place::new(&bytes, &[server.url("a.bin")]);
        place.write("a.bin.part", left);
        place.fetch().unwrap();
        place.holds(&[("a.bin", &bytes)]);
        assert_eq!(server.asked().len(), if from == HALF { 2 } else { 1 });
    }
}

#[test]
fn a_partial_file_that_is_whole_only_needs_its_name() {
    let bytes = content(1, LENGTH);
    let server = Server::in_turn(Vec::new());
    let place = Place::new(&bytes, &[server.url("a.bin")]);
    place.write("a.bin.part", &bytes);
    place.fetch().unwrap();
    place.holds(&[("a.bin", &bytes)]);
    assert_eq!(server.asked().len(), 0);
}

#[test]
fn a_partial_file_that_is_too_long_is_thrown_away() {
    let bytes = content(1, LENGTH);
    let server = Server::always(whole(&bytes));
    let place = Place::new(&bytes, &[server.url("a.bin")]);
    place.write("a.bin.part", &content(1, LENGTH + 1));
    place.fetch().unwrap();
    place.holds(&[("a.bin", &bytes)]);
    assert!(!server.asked()[0].contains("range"));
}

#[test]
fn a_stop_is_noticed_while_a_server_is_silent_and_keeps_what_arrived() {
    let bytes = content(1, LENGTH);
    let begun = cut("\"v1\"", &bytes, HALF);
    let server = Server::start(move |_, _| Deed::Hang(begun.clone()));
    let place = Place::new(&bytes, &[server.url("a.bin")]);
    let part = place.folder().join("a.bin.part");
    let has_arrived = || std::fs::metadata(&part).is_ok_and(|meta| meta.len() == HALF as u64);
    let error = place.fetch_until(&has_arrived).unwrap_err();
    assert!(matches!(error, FetchError::Stopped), "{error}");
    place.holds(&[("a.bin.part", &bytes[..HALF])]);
}

#[test]
fn a_stop_before_the_first_byte_leaves_nothing() {
    let server = Server::start(|_, _| Deed::Hang(Vec::new()));
    let place = Place::new(b"abc", &[server.url("a.bin")]);
    let asked = Cell::new(0);
    let stop = || asked.replace(asked.get() + 1) > 1;
    assert!(matches!(place.fetch_until(&stop).unwrap_err(), FetchError::Stopped));
    place.holds(&[]);
}

#[test]
fn two_fetches_into_one_folder_take_turns() {
    let bytes = content(1, 500);
    let server = Server::always(whole(&bytes));
    let place = Place::new(&bytes, &[server.url("a.bin")]);
    place.write(".fetch.lock", b"");
    let lock = File::open(place.folder().join(".fetch.lock")).unwrap();
    lock.lock().unwrap();
    let asked = Cell::new(0);
    // The other one ends when it has been waited for twice.
    let stop = || {
        asked.set(asked.get() + 1);
        if asked.get() == 2 {
            lock.unlock().unwrap();
        }
        false
    };
    place.fetch_until(&stop).unwrap();
    assert_eq!(place.waits.borrow().len(), 2);
    assert_eq!(*place.told.borrow(), ["busy", "started 0/500", "placed a.bin"]);
    lock.lock().unwrap();
    assert!(matches!(place.fetch_until(&|| true).unwrap_err(), FetchError::Stopped));
}
