//! `data fetch` from a server on the loopback and from a folder, and what needs it.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Child;
use std::sync::{Arc, Mutex};
use std::thread;

use rustix::process::{Pid, Signal, kill_process};

use crate::golden::check_golden;
use crate::sandbox::{Said, Sandbox};

/// The file of `tiny`; `far` and `lone` hold the same.
const FILE: &str = "datasets/tiny/train.csv";
const SHA256: &str = "sha256 = ";

/// Serves one file at `/train.csv`, as far as it is asked for, and logs the first lines.
struct Server {
    port: u16,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn start(file: Vec<u8>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        thread::spawn(move || {
            let mut held = Vec::new();
            for stream in listener.incoming() {
                let stream = stream.unwrap();
                let request = read_request(&stream);
                log.lock().unwrap().push(request.lines().next().unwrap_or_default().to_owned());
                held.extend(answer(stream, &request, &file));
            }
        });
        Self { port, asked }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn read_request(stream: &TcpStream) -> String {
    let mut reader = BufReader::new(stream);
    let mut text = String::new();
    while !text.ends_with("\r\n\r\n") && reader.read_line(&mut text).unwrap_or(0) > 0 {}
    text
}

/// `/hang` sends the first half and keeps the connection.
fn answer(mut stream: TcpStream, request: &str, file: &[u8]) -> Option<TcpStream> {
    let (half, length) = (file.len() / 2, file.len());
    let head = |status: &str, more: &str, n: usize| {
        format!("HTTP/1.1 {status}\r\nContent-Length: {n}\r\n{more}Connection: close\r\n\r\n")
    };
    let is_rest = request.contains(&format!("bytes={half}-"));
    let (head, body) = if is_rest {
        let range = format!("Content-Range: bytes {half}-{}/{length}\r\n", length - 1);
        (head("206 Partial Content", &range, length - half), &file[half..])
    } else if request.contains("/hang") {
        (head("200 OK", "", length), &file[..half])
    } else if request.contains("/train.csv") {
        (head("200 OK", "", length), file)
    } else {
        (head("404 Not Found", "", 0), &[][..])
    };
    drop(stream.write_all(&[head.as_bytes(), body].concat()));
    (request.contains("/hang") && !is_rest).then_some(stream)
}

/// A sandbox whose experiment `small` needs the dataset `far`, at this path of a server.
fn sandbox(path: &str) -> (Sandbox, Server) {
    let sandbox = Sandbox::new();
    let file = sandbox.read(FILE).into_bytes();
    let server = Server::start(file.clone());
    let card = sandbox.read("datasets/tiny/dataset.toml");
    let sized = card.replace(SHA256, &format!("bytes = {}\n{SHA256}", file.len()));
    let url = format!("urls = [\"http://127.0.0.1:{}/{path}?key=hunter2\"]", server.port);
    let far = sized.replace("\"tiny\"", "\"far\"").replace("bytes = ", &format!("{url}\nbytes = "));
    for (name, card) in [("far", far), ("lone", sized.replace("\"tiny\"", "\"lone\""))] {
        fs::create_dir_all(sandbox.root().join("datasets").join(name)).unwrap();
        sandbox.write(&format!("datasets/{name}/dataset.toml"), &card);
    }
    sandbox.edit("experiments/small/experiment.toml", "\"tiny\"", "\"far\"");
    (sandbox, server)
}

fn text(said: &Said, server: &Server) -> String {
    said.text().replace(&server.port.to_string(), "<port>")
}

/// Without the place, also in the line that was typed.
fn placeless(said: &Said, sandbox: &Sandbox) -> String {
    said.text().replace(&sandbox.root().display().to_string(), "<root>")
}

#[test]
fn a_dataset_that_is_not_here_is_fetched_and_used() {
    let (sandbox, server) = sandbox("train.csv");
    check_golden("data-list-missing", &sandbox.xtask("data list").text());
    check_golden("dataset-missing", &sandbox.xtask("ablation small -j1").text());
    check_golden("data-verify-missing", &sandbox.xtask("data verify").text());
    let said = sandbox.xtask("data verify far");
    assert_eq!(said.code, 4);
    assert!(said.stderr.contains("`cargo xtask data fetch far` gets it"), "{}", said.stderr);
    check_golden("data-fetch", &text(&sandbox.xtask("data fetch far tiny"), &server));
    check_golden("data-fetch-again", &text(&sandbox.xtask("data fetch --all"), &server));
    assert_eq!(server.asked(), ["GET /train.csv?key=hunter2 HTTP/1.1"]);
    assert_eq!(sandbox.read("home/fireassay/far/train.csv"), sandbox.read(FILE));
    check_golden("data-list-fetched", &sandbox.xtask("data list").text());
    assert_eq!(sandbox.xtask("data verify far").code, 0);
    let said = sandbox.xtask("ablation small -j1");
    assert_eq!(said.code, 0, "{}", said.stderr);
    // A file that was damaged afterwards stops the run, and is fetched again.
    sandbox.edit("home/fireassay/far/train.csv", "0.5,1.0,0", "0.6,1.0,0");
    assert_eq!(sandbox.xtask("ablation small -j1 --fresh").code, 4);
    assert_eq!(sandbox.xtask("data fetch far").code, 0);
    assert_eq!(sandbox.xtask("data verify far").code, 0);
}

/// Weights are fetched as datasets are, into a folder of their own.
#[test]
fn weights_that_are_not_here_are_fetched() {
    let (sandbox, server) = sandbox("train.csv");
    let file = sandbox.read("datasets/far/dataset.toml");
    let files = &file[file.find("[[files]]").unwrap()..];
    let card = format!(
        "schema = 1\nname = \"net\"\ntitle = \"A net of two clouds\"\nlicence = \"MIT\"\n\
         source = \"somebody\"\narchitecture = \"one layer\"\ntrained-on = \"clouds\"\n\
         shape = [1, 1, 2]\nnum-classes = 2\n\
         normalise = {{ divisor = 1, mean = [0], std = [1] }}\n\n{files}"
    );
    fs::create_dir_all(sandbox.root().join("datasets/net")).unwrap();
    sandbox.write("datasets/net/weights.toml", &card);
    check_golden("data-list-weights", &sandbox.xtask("data list").text());
    let said = sandbox.xtask("data verify net");
    assert_eq!(said.code, 4);
    assert!(said.stderr.contains("`cargo xtask data fetch net` gets it"), "{}", said.stderr);
    assert_eq!(sandbox.xtask("data fetch net").code, 0);
    assert_eq!(sandbox.read("home/fireassay/net/train.csv"), sandbox.read(FILE));
    check_golden("data-verify-weights", &sandbox.xtask("data verify net").text());
    sandbox.edit("home/fireassay/net/train.csv", "0.5,1.0,0", "0.6,1.0,0");
    let said = sandbox.xtask("data verify net");
    assert_eq!(said.code, 4);
    assert!(said.stderr.contains("is not the file of the card"), "{}", said.stderr);
    assert_eq!(server.asked().len(), 1);
}

#[test]
fn the_data_directory_can_be_another() {
    let (sandbox, server) = sandbox("train.csv");
    let place = format!("--data-dir {}", sandbox.root().join("elsewhere").display());
    let said = sandbox.xtask(&format!("data fetch far {place}"));
    assert_eq!(said.code, 0, "{}", said.stderr);
    assert_eq!(sandbox.read("elsewhere/far/train.csv"), sandbox.read(FILE));
    assert!(!sandbox.root().join("home").exists());
    assert_eq!(sandbox.xtask(&format!("data verify far {place}")).code, 0);
    assert_eq!(sandbox.xtask(&format!("ablation small -j1 {place}")).code, 0);
    assert_eq!(server.asked().len(), 1);
}

#[test]
fn a_folder_on_this_machine_does_as_well() {
    let (sandbox, server) = sandbox("train.csv");
    let said = sandbox.xtask("data fetch lone");
    check_golden("data-fetch-no-address", &said.text());
    let dir = sandbox.root().join("datasets");
    let said = sandbox.xtask(&format!("data fetch --all --from-dir {}", dir.display()));
    check_golden("data-fetch-from-dir", &placeless(&said, &sandbox));
    assert_eq!(sandbox.read("home/fireassay/lone/train.csv"), sandbox.read(FILE));
    let empty = sandbox.root().join("experiments");
    fs::remove_dir_all(sandbox.root().join("home")).unwrap();
    let said = sandbox.xtask(&format!("data fetch lone far --from-dir {}", empty.display()));
    check_golden("data-fetch-not-in-dir", &placeless(&said, &sandbox));
    assert!(server.asked().is_empty());
}

#[test]
fn an_address_without_the_file_is_told_without_its_secrets() {
    let (sandbox, server) = sandbox("gone.csv");
    let said = sandbox.xtask("data fetch far");
    check_golden("data-fetch-gone", &text(&said, &server));
    assert!(!said.stderr.contains("hunter2"));
}

#[test]
fn a_file_that_is_not_the_one_of_the_card_fails_the_check() {
    let (sandbox, _server) = sandbox("train.csv");
    let card = "datasets/far/dataset.toml";
    let (head, tail) = (sandbox.read(card).replace(SHA256, "\n"), "0".repeat(64));
    let line = head.lines().find(|line| line.len() == 66 && line.starts_with('"')).unwrap();
    sandbox.write(card, &head.replace(line, &format!("{SHA256}\"{tail}\"")));
    let said = sandbox.xtask("data fetch far");
    assert_eq!(said.code, 4, "{}", said.stderr);
    assert!(said.stderr.contains("its sha256 is "), "{}", said.stderr);
    assert!(!sandbox.root().join("home/fireassay/far/train.csv").exists());
}

#[test]
fn a_wrong_file_beside_its_card_is_not_touched() {
    let (sandbox, server) = sandbox("train.csv");
    sandbox.write("datasets/far/train.csv", "of another kind");
    let said = sandbox.xtask("data fetch far");
    assert_eq!(said.code, 4, "{}", said.stderr);
    assert_eq!(sandbox.read("datasets/far/train.csv"), "of another kind");
    assert!(server.asked().is_empty());
}

#[test]
fn a_proxy_is_used_except_for_hosts_that_are_named() {
    let (sandbox, server) = sandbox("train.csv");
    let proxy = Server::start(Vec::new());
    let fetch = |no_proxy: &str| {
        let mut command = sandbox.command("data fetch far", None);
        command.env("HTTP_PROXY", format!("http://127.0.0.1:{}", proxy.port));
        command.env("NO_PROXY", no_proxy).output().unwrap().status.code()
    };
    assert_eq!(fetch(""), Some(2));
    assert!(proxy.asked()[0].contains(&server.port.to_string()), "{:?}", proxy.asked());
    assert!(server.asked().is_empty());
    assert_eq!(fetch("127.0.0.1"), Some(0));
    assert_eq!((proxy.asked().len(), server.asked().len()), (1, 1));
}

#[test]
fn ctrl_c_keeps_what_has_arrived() {
    let (sandbox, server) = sandbox("hang");
    let mut child = sandbox.command("data fetch far", None).spawn().unwrap();
    let part = sandbox.root().join("home/fireassay/far/train.csv.part");
    let half = sandbox.read(FILE).len() as u64 / 2;
    while !fs::metadata(&part).is_ok_and(|meta| meta.len() == half) {
        assert!(child.try_wait().unwrap().is_none(), "{}", stderr(&mut child));
        thread::yield_now();
    }
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let text = stderr(&mut child);
    assert!(text.contains("cargo xtask data fetch far"), "{text}");
    let said = sandbox.xtask("data fetch far");
    assert_eq!(said.code, 0, "{}", said.stderr);
    assert!(said.stderr.contains("of them are here"), "{}", said.stderr);
    assert_eq!(sandbox.read("home/fireassay/far/train.csv"), sandbox.read(FILE));
    assert_eq!(server.asked().len(), 2);
}

fn stderr(child: &mut Child) -> String {
    let mut text = String::new();
    child.stderr.take().unwrap().read_to_string(&mut text).unwrap();
    text
}

#[test]
fn what_to_fetch_has_to_be_said() {
    for args in ["data fetch", "data fetch tiny --all"] {
        assert_eq!(Sandbox::new().xtask(args).code, 2, "{args}");
    }
    let said = Sandbox::new().xtask("data fetch tinny");
    assert!(said.stderr.contains("did you mean `tiny`?"), "{}", said.stderr);
}
