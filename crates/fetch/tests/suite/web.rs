//! Addresses: which is tried, how often, and when another one is.

use std::time::Duration;

use fireassay_fetch::{FetchError, How, Mismatch, Origin, Patience, Route, Trouble, fetch};

use crate::place::{Place, content};
use crate::server::{Deed, Server, answer, redirect, status, whole};

#[test]
fn a_file_arrives() {
    let bytes = content(1, 200_000);
    let server = Server::always(whole(&bytes));
    let place = Place::new(&bytes, &[server.url("a.bin")]);
    place.fetch().unwrap();
    place.holds(&[("a.bin", &bytes)]);
    assert_eq!(*place.told.borrow(), ["started 0/200000", "placed a.bin"]);
    let asked = server.asked();
    assert_eq!(asked.len(), 1);
    assert!(asked[0].contains("accept-encoding: identity\r\n"), "{}", asked[0]);
    assert!(asked[0].contains("user-agent: fireassay/"), "{}", asked[0]);
    assert!(!asked[0].contains("range:"), "{}", asked[0]);
}

#[test]
fn what_is_here_is_not_asked_for_and_what_is_wrong_is_replaced() {
    let bytes = content(1, 500);
    let server = Server::always(whole(&bytes));
    let place = Place::new(&bytes, &[server.url("a.bin")]);
    place.write("a.bin", &bytes);
    place.fetch().unwrap();
    assert_eq!(server.asked().len(), 0);
    assert_eq!(*place.told.borrow(), ["present a.bin"]);
    place.write("a.bin", &content(2, 500));
    place.fetch().unwrap();
    place.holds(&[("a.bin", &bytes)]);
}

#[test]
fn a_missing_page_leads_to_the_next_address_at_once() {
    let bytes = content(1, 500);
    let (gone, mirror) = (Server::always(status("404 Not Found")), Server::always(whole(&bytes)));
    let place = Place::new(&bytes, &[gone.url("a.bin"), mirror.url("b.bin")]);
    place.fetch().unwrap();
    place.holds(&[("a.bin", &bytes)]);
    assert_eq!((gone.asked().len(), mirror.asked().len()), (1, 1));
    assert!(place.waits.borrow().is_empty());
    assert_eq!(*place.told.borrow(), ["gave up", "started 0/500", "placed a.bin"]);
}

#[test]
fn every_address_is_told_with_its_trouble_and_without_its_secrets() {
    let gone = Server::always(status("404 Not Found"));
    let secret = gone.url("a.bin?token=hunter2");
    let place = Place::new(b"abc", &[secret, gone.url("b.bin")]);
    let error = place.fetch().unwrap_err().to_string();
    let expected = format!(
        "cannot fetch `a.bin` of `clouds`\n{}: the server answers 404\n\
         {}: the server answers 404",
        gone.url("a.bin"),
        gone.url("b.bin")
    );
    assert_eq!(error, expected);
    assert!(gone.asked()[0].contains("token=hunter2"));
    place.holds(&[]);
}

#[test]
fn a_server_that_is_in_trouble_is_tried_again_after_longer_and_longer() {
    let bytes = content(1, 500);
    let busy = status("503 Service Unavailable");
    let server = Server::in_turn(vec![busy, status("429 Too Many Requests"), whole(&bytes)]);
    let place = Place::new(&bytes, &[server.url("a.bin")]);
    place.fetch().unwrap();
    place.holds(&[("a.bin", &bytes)]);
    assert_eq!(*place.waits.borrow(), [1, 2].map(Duration::from_secs));
}

#[test]
fn tries_come_to_an_end() {
    let server = Server::always(status("500 Internal Server Error"));
    let place = Place::new(b"abc", &[server.url("a.bin")]);
    assert!(matches!(place.trouble(), Trouble::Status(500)));
    assert_eq!(server.asked().len(), 3);
    assert_eq!(*place.waits.borrow(), [1, 2].map(Duration::from_secs));
    place.holds(&[]);
}

#[test]
fn nobody_listens_there() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let place = Place::new(b"abc", &[format!("http://{address}/a.bin")]);
    assert!(matches!(place.trouble(), Trouble::Connection(_)));
    place.holds(&[]);
}

#[test]
fn redirects_are_followed_to_their_end() {
    let bytes = content(1, 500);
    let file = Server::always(whole(&bytes));
    let end = file.url("c.bin?signed=yes");
    let server = Server::in_turn(vec![redirect("/b.bin"), redirect(&end)]);
    let place = Place::new(&bytes, &[server.url("a.bin")]);
    place.fetch().unwrap();
    place.holds(&[("a.bin", &bytes)]);
    assert!(server.asked()[1].starts_with("get /b.bin "));
    assert!(file.asked()[0].starts_with("get /c.bin?signed=yes "));
}

#[test]
fn redirects_that_lead_nowhere_are_left() {
    let check = |answer: Vec<u8>, requests: usize, is_expected: fn(&Trouble) -> bool| {
        let server = Server::always(answer);
        let place = Place::new(b"abc", &[server.url("a.bin")]);
        let trouble = place.trouble();
        assert!(is_expected(&trouble), "{trouble:?}");
        assert!(!trouble.to_string().contains("hunter2"), "{trouble}");
        assert_eq!(server.asked().len(), requests);
        place.holds(&[]);
    };
    check(redirect("/a.bin"), 9, |trouble| matches!(trouble, Trouble::Redirects));
    let elsewhere = "ftp://example.invalid/a.bin?token=hunter2";
    check(redirect(elsewhere), 1, |trouble| matches!(trouble, Trouble::Protocol(_)));
    // This is taken for the path of another page of the same server.
    check(redirect("file:///etc/hostname"), 9, |trouble| matches!(trouble, Trouble::Redirects));
    let nowhere = answer("302 Found", &[("Content-Length", "0")], b"");
    check(nowhere, 1, |trouble| matches!(trouble, Trouble::Status(302) | Trouble::Protocol(_)));
}

/// One try with little patience: the server keeps the connection and says no more.
fn stalled(said: Vec<u8>) {
    let server = Server::start(move |_, _| Deed::Hang(said.clone()));
    let place = Place::new(&content(1, 500), &[server.url("a.bin")]);
    let stall = Duration::from_millis(30);
    let patience = Patience { stall, connect: stall, tries: 1, ..Patience::default() };
    let origin = Origin::Web(Route::Direct);
    let how = How { origin, patience, wait: &|_| {}, stop: &|| false };
    let error = fetch(&place.card, &place.folder(), &how, &mut |_| {}).unwrap_err();
    let FetchError::EveryAddress { attempts, .. } = error else { panic!("{error}") };
    assert!(matches!(attempts[0].trouble, Trouble::Stalled(_)), "{:?}", attempts[0]);
}

#[test]
fn a_server_that_falls_silent_is_left() {
    stalled(Vec::new());
    stalled(b"HTTP/1.1 200 OK\r\nContent-Le".to_vec());
    let mut begun = whole(&content(1, 500));
    begun.truncate(begun.len() - 100);
    stalled(begun);
}

#[test]
fn what_is_no_http_is_left() {
    for said in [&b"220 ftp.example.org ready\r\n\r\n"[..], &[0; 300]] {
        let server = Server::always(said.to_vec());
        let place = Place::new(b"abc", &[server.url("a.bin")]);
        let trouble = place.trouble();
        assert!(matches!(trouble, Trouble::Protocol(_)), "{trouble:?}");
        place.holds(&[]);
    }
}

#[test]
fn a_page_instead_of_the_file_is_told_by_its_length() {
    let server = Server::always(whole(b"<html>please log in</html>"));
    let place = Place::new(&content(1, 500), &[server.url("a.bin")]);
    let expected = Mismatch::Length { found: 26, expected: 500 };
    assert!(matches!(place.trouble(), Trouble::Content(found) if found == expected));
    assert_eq!(server.asked().len(), 1);
    place.holds(&[]);
}
