//! `Server`: an HTTP server on the loopback that answers as a test tells it to.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex};
use std::thread;

/// What a server does with a connection once it has read the request.
pub(crate) enum Deed {
    /// Sends these bytes and closes.
    Send(Vec<u8>),
    /// Sends these bytes and then nothing, for as long as the process lives.
    Hang(Vec<u8>),
    /// Sends the head, and then a byte of the body for each word that it hears.
    Drip { head: Vec<u8>, body: Vec<u8>, words: Receiver<()> },
}

/// Listens until the process ends.
pub(crate) struct Server {
    port: u16,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// `answer` gets the number of the request, from 0, and its lines.
    pub(crate) fn start(mut answer: impl FnMut(usize, &str) -> Deed + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        thread::spawn(move || {
            let mut hanging = Vec::new();
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let request = read_request(&stream);
                let number = {
                    let mut log = log.lock().unwrap();
                    log.push(request.clone());
                    log.len() - 1
                };
                // A client that has seen enough closes its end: no business of ours.
                match answer(number, &request) {
                    Deed::Send(bytes) => drop(stream.write_all(&bytes)),
                    Deed::Hang(bytes) => {
                        drop(stream.write_all(&bytes));
                        hanging.push(stream);
                    }
                    Deed::Drip { head, body, words } => {
                        stream.set_nodelay(true).unwrap();
                        drop(stream.write_all(&head));
                        for byte in body {
                            if words.recv().is_err() || stream.write_all(&[byte]).is_err() {
                                break;
                            }
                        }
                    }
                }
            }
        });
        Self { port, asked }
    }

    /// Every request gets this.
    pub(crate) fn always(bytes: Vec<u8>) -> Self {
        Self::start(move |_, _| Deed::Send(bytes.clone()))
    }

    /// The n-th request gets the n-th answer.
    pub(crate) fn in_turn(answers: Vec<Vec<u8>>) -> Self {
        Self::start(move |number, _| Deed::Send(answers[number].clone()))
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}/{path}", self.port)
    }

    /// All requests so far, in lower case.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn read_request(stream: &TcpStream) -> String {
    let mut reader = BufReader::new(stream);
    let mut text = String::new();
    while !text.ends_with("\r\n\r\n") {
        if reader.read_line(&mut text).unwrap_or(0) == 0 {
            break;
        }
    }
    text.to_ascii_lowercase()
}

/// `200 OK` with the length of the body.
pub(crate) fn whole(body: &[u8]) -> Vec<u8> {
    let length = body.len().to_string();
    answer("200 OK", &[("Content-Length", &length)], body)
}

/// As [`whole`], with the name of this version.
pub(crate) fn tagged(tag: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len().to_string();
    answer("200 OK", &[("Content-Length", &length), ("ETag", tag)], body)
}

/// As [`tagged`], but it ends after `sent` bytes.
pub(crate) fn cut(tag: &str, body: &[u8], sent: usize) -> Vec<u8> {
    let mut bytes = tagged(tag, body);
    bytes.truncate(bytes.len() - (body.len() - sent));
    bytes
}

/// `206 Partial Content` from this byte on, of a file that is said to have `total` bytes.
pub(crate) fn rest(tag: &str, body: &[u8], from: usize, total: usize) -> Vec<u8> {
    let range = format!("bytes {from}-{}/{total}", body.len() - 1);
    let length = (body.len() - from).to_string();
    let headers = [("Content-Length", &*length), ("Content-Range", &range), ("ETag", tag)];
    answer("206 Partial Content", &headers, &body[from..])
}

/// Without a body.
pub(crate) fn status(line: &str) -> Vec<u8> {
    answer(line, &[("Content-Length", "0")], b"")
}

pub(crate) fn redirect(to: &str) -> Vec<u8> {
    answer("302 Found", &[("Location", to), ("Content-Length", "0")], b"")
}

pub(crate) fn answer(line: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let headers: String =
        headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    [format!("HTTP/1.1 {line}\r\n{headers}Connection: close\r\n\r\n").as_bytes(), body].concat()
}
