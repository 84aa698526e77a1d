//! Bytes that are not the file: never under its name, and nothing of them stays.

use fireassay_fetch::{FetchError, Mismatch, Trouble};

use crate::place::{Place, content, gzip, sha256};
use crate::server::{Server, answer, whole};

/// What one request for the file comes to; nothing remains of it.
fn refused(place: &Place, server: &Server) -> Mismatch {
    let Trouble::Content(mismatch) = place.trouble() else { panic!("another trouble") };
    place.holds(&[]);
    assert_eq!(server.asked().len(), 1, "another try would bring the same");
    mismatch
}

#[test]
fn another_file_of_that_length_is_refused() {
    let (right, wrong) = (content(1, 90_000), content(2, 90_000));
    let server = Server::always(whole(&wrong));
    let place = Place::new(&right, &[server.url("a.bin")]);
    let expected = Mismatch::Hash { found: sha256(&wrong), expected: sha256(&right) };
    assert_eq!(refused(&place, &server), expected);
}

#[test]
fn a_mirror_with_the_right_file_makes_up_for_a_wrong_one() {
    let (right, wrong) = (content(1, 900), content(2, 900));
    let (bad, good) = (Server::always(whole(&wrong)), Server::always(whole(&right)));
    let place = Place::new(&right, &[bad.url("a.bin"), good.url("a.bin")]);
    place.fetch().unwrap();
    place.holds(&[("a.bin", &right)]);
    assert!(!good.asked()[0].contains("range"), "nothing of the wrong file is used");
}

#[test]
fn more_than_was_promised_is_not_written() {
    let right = content(1, 500);
    let longer = content(1, 300_000);
    let server = Server::always(whole(&longer));
    let place = Place::new(&right, &[server.url("a.bin")]);
    assert_eq!(refused(&place, &server), Mismatch::Length { found: 300_000, expected: 500 });
    // A server that does not say how much it sends.
    let server = Server::always(answer("200 OK", &[], &longer));
    let place = Place::new(&right, &[server.url("a.bin")]);
    assert_eq!(refused(&place, &server), Mismatch::Longer(500));
    let chunk = [b"493e0\r\n", &longer[..], b"\r\n0\r\n\r\n"].concat();
    let server = Server::always(answer("200 OK", &[("Transfer-Encoding", "chunked")], &chunk));
    let place = Place::new(&right, &[server.url("a.bin")]);
    assert_eq!(refused(&place, &server), Mismatch::Longer(500));
}

/// For a file that compresses something.
fn compressed(file: &[u8], payload: &[u8]) -> (Place, Server) {
    let server = Server::always(whole(file));
    let mut place = Place::new(file, &[server.url("a.bin")]);
    place.card.files[0].payload_sha256 = Some(sha256(payload));
    (place, server)
}

#[test]
fn what_is_compressed_is_checked_too() {
    let payload = content(1, 30_000);
    let file = gzip(&payload);
    let (place, _server) = compressed(&file, &payload);
    place.fetch().unwrap();
    place.holds(&[("a.bin", &file)]);
    let (place, server) = compressed(&file, b"another");
    let expected = Mismatch::Payload { found: sha256(&payload), expected: sha256(b"another") };
    assert_eq!(refused(&place, &server), expected);
}

#[test]
fn two_gzip_members_are_one_payload() {
    let file = [gzip(b"first "), gzip(b"second")].concat();
    let (place, _server) = compressed(&file, b"first second");
    place.fetch().unwrap();
    place.holds(&[("a.bin", &file)]);
}

#[test]
fn what_should_be_gzip_and_is_not_is_refused() {
    let whole_gzip = gzip(&content(1, 5000));
    let cut = &whole_gzip[..whole_gzip.len() - 4];
    for file in [&content(1, 500)[..], cut] {
        let (place, server) = compressed(file, b"anything");
        assert_eq!(refused(&place, &server), Mismatch::Gzip);
    }
}

#[test]
fn a_file_that_inflates_without_end_is_refused() {
    for size in [100_000, 1 << 20] {
        let payload = vec![0; size];
        let bomb = gzip(&payload);
        let (place, server) = compressed(&bomb, &payload);
        assert_eq!(refused(&place, &server), Mismatch::Bomb(200 * bomb.len() as u64));
    }
}

#[test]
fn names_outside_the_folder_are_refused_before_anything_is_made() {
    for name in ["../a.bin", "/etc/a.bin", "x/../../a.bin", ".", ""] {
        let server = Server::always(whole(b"abc"));
        let mut place = Place::new(b"abc", &[server.url("a.bin")]);
        place.card.files[0].path = name.to_owned();
        let error = place.fetch().unwrap_err();
        assert!(matches!(error, FetchError::Name { .. }), "{name}: {error}");
        assert!(!place.folder().exists());
        assert_eq!(server.asked().len(), 0);
    }
    let mut place = Place::new(b"abc", &[]);
    place.card.name = "../clouds".to_owned();
    assert!(matches!(place.fetch().unwrap_err(), FetchError::Name { .. }));
}

#[test]
fn a_file_below_a_folder_gets_its_folder() {
    let bytes = content(1, 500);
    let server = Server::always(whole(&bytes));
    let mut place = Place::new(&bytes, &[server.url("a.bin")]);
    place.card.files[0].path = "deep/down/a.bin".to_owned();
    place.fetch().unwrap();
    assert_eq!(std::fs::read(place.folder().join("deep/down/a.bin")).unwrap(), bytes);
}

#[test]
fn a_place_that_is_taken_by_a_folder_is_named() {
    let server = Server::always(whole(b"abc"));
    let place = Place::new(b"abc", &[server.url("a.bin")]);
    std::fs::create_dir_all(place.folder().join("a.bin")).unwrap();
    let error = place.fetch().unwrap_err();
    assert!(matches!(error, FetchError::Io { .. }), "{error}");
    assert!(error.to_string().ends_with("clouds/a.bin`"), "{error}");
}

#[test]
fn a_file_without_an_address_says_so() {
    let place = Place::new(b"abc", &[]);
    let error = place.fetch().unwrap_err();
    assert_eq!(error.to_string(), "the card of `clouds` has no address for `a.bin`");
    place.holds(&[]);
}
