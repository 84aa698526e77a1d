//! What a person reads when a server misbehaves, and what is left of it: never a file under its
//! name, and of bytes that arrived only those with which the next fetch can go on.

use std::sync::mpsc;
use std::time::Duration;

use fireassay_fetch::{FetchError, How, Origin, Patience, Route, fetch};

use crate::place::{Place, content, gzip, sha256};
use crate::server::{Deed, Server, answer, cut, redirect, rest, status, tagged, whole};

const LENGTH: usize = 100_000;

/// The trouble with the only address, as it is told.
fn told(place: &Place, server: &Server) -> String {
    let error = place.fetch().expect_err("this server misbehaves").to_string();
    let before = format!("cannot fetch `a.bin` of `clouds`\n{}: ", server.url("a.bin"));
    error.strip_prefix(&before).unwrap_or_else(|| panic!("{error}")).to_owned()
}

/// Each of these leaves an empty folder.
#[test]
fn each_trouble_has_its_words_and_leaves_nothing() {
    let right = content(1, LENGTH);
    let wrong = content(2, LENGTH);
    let hashes = format!("its sha256 is {}, the card says {}", sha256(&wrong), sha256(&right));
    let endless = answer("200 OK", &[], &[right.clone(), vec![0]].concat());
    let nowhere = "it leads from one address to the next without end";
    for (said, expected) in [
        (whole(&wrong), hashes.as_str()),
        (whole(&right[1..]), "it is 99999 bytes long, the card says 100000"),
        (endless, "it goes on after byte 100000, where the card says it ends"),
        (status("404 Not Found"), "the server answers 404"),
        (status("500 Internal Server Error"), "the server answers 500"),
        (redirect("/a.bin"), nowhere),
    ] {
        let server = Server::always(said);
        let place = Place::new(&right, &[server.url("a.bin")]);
        assert_eq!(told(&place, &server), expected);
        place.holds(&[]);
    }
}

#[test]
fn what_a_compressed_file_holds_has_its_words_too() {
    let payload = content(1, 5000);
    let file = gzip(&payload);
    let zeros = vec![0; 1 << 20];
    let bomb = gzip(&zeros);
    let other = format!("the sha256 of what it holds is {}, the card says", sha256(&payload));
    for (file, payload, expected) in [
        (&bomb, &zeros[..], format!("it inflates to more than {} bytes", 200 * bomb.len())),
        (&file, b"another", format!("{other} {}", sha256(b"another"))),
        (
            &payload,
            &payload[..],
            "it is no complete gzip file, but the card states a `payload-sha256`".to_owned(),
        ),
    ] {
        let server = Server::always(whole(file));
        let mut place = Place::new(file, &[server.url("a.bin")]);
        place.card.files[0].payload_sha256 = Some(sha256(payload));
        assert_eq!(told(&place, &server), expected);
        place.holds(&[]);
    }
}

#[test]
fn a_server_that_fails_once_is_asked_again_and_the_file_arrives() {
    let bytes = content(1, LENGTH);
    let server = Server::in_turn(vec![status("500 Internal Server Error"), whole(&bytes)]);
    let place = Place::new(&bytes, &[server.url("a.bin")]);
    place.fetch().unwrap();
    place.holds(&[("a.bin", &bytes)]);
    assert_eq!(*place.told.borrow(), ["retry", "started 0/100000", "placed a.bin"]);
    assert_eq!(*place.waits.borrow(), [Duration::from_secs(1)]);
}

#[test]
fn a_body_that_is_cut_short_each_time_is_told_and_kept_for_later_under_another_name() {
    let bytes = content(1, LENGTH);
    let server = Server::always(cut("\"v1\"", &bytes, 7));
    let place = Place::new(&bytes, &[server.url("a.bin")]);
    assert_eq!(told(&place, &server), "the connection broke off after 7 of 100000 bytes");
    place.holds(&[("a.bin.part", &bytes[..7])]);
}

/// What was kept is of another file: the hash of the whole is wrong, and none of it stays.
#[test]
fn a_part_that_makes_a_wrong_whole_is_thrown_away() {
    let bytes = content(1, LENGTH);
    let wrong = content(2, LENGTH);
    let sent = wrong.clone();
    let server = Server::start(move |_, asked| {
        let is_part = asked.contains("range: bytes=7-");
        Deed::Send(if is_part { rest("\"w\"", &sent, 7, LENGTH) } else { tagged("\"w\"", &sent) })
    });
    let place = Place::new(&bytes, &[server.url("a.bin")]);
    place.write("a.bin.part", &bytes[..7]);
    let expected = format!("its sha256 is {}, the card says {}", sha256(&wrong), sha256(&bytes));
    assert_eq!(told(&place, &server), expected);
    place.holds(&[]);
}

/// Byte by byte, each only when the last one was taken: never silent, and never done.
#[test]
fn a_server_that_drips_is_left_like_one_that_falls_silent() {
    let bytes = content(1, LENGTH);
    let (sender, words) = mpsc::channel();
    let (head, mut words) = (whole(&bytes)[..whole(&bytes).len() - LENGTH].to_vec(), Some(words));
    let sent = bytes.clone();
    let server = Server::start(move |_, _| match words.take() {
        Some(words) => Deed::Drip { head: head.clone(), body: sent.clone(), words },
        None => Deed::Send(Vec::new()),
    });
    let place = Place::new(&bytes, &[server.url("a.bin")]);
    let stall = Duration::from_millis(100);
    let patience = Patience { stall, tries: 1, ..Patience::default() };
    // A word each time that the next byte is waited for.
    let stop = || {
        let _ = sender.send(()); // a server that is gone needs none
        false
    };
    let origin = Origin::Web(Route::Direct);
    let how = How { origin, patience, wait: &|_| {}, stop: &stop };
    let error = fetch(&place.card, &place.folder(), &how, &mut |_| {}).unwrap_err();
    assert!(matches!(error, FetchError::EveryAddress { .. }));
    let expected = format!(
        "cannot fetch `a.bin` of `clouds`\n{}: it sent next to nothing for 1 s",
        server.url("a.bin")
    );
    assert_eq!(error.to_string(), expected);
    let left = place.left();
    let [(name, arrived)] = &left[..] else { panic!("{} files", left.len()) };
    assert_eq!(name, "a.bin.part");
    assert!(!arrived.is_empty() && bytes.starts_with(arrived), "{} bytes", arrived.len());
}
