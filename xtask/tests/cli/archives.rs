//! `cargo xtask runs export` and `import`: there and back again, and what is not let in.

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use fireassay_tracking::{open_sealed, sealed};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use tar::{EntryType, Header};

use crate::golden::check_golden;
use crate::sandbox::{Sandbox, copy};

/// A workspace with the runs of `small`, and their archive `a.tar.gz`.
fn exported() -> Sandbox {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.xtask("ablation small -j2 -q").code, 0);
    let said = sandbox.xtask(&format!("runs export small {}", archive(&sandbox).display()));
    assert_eq!(said.code, 0, "{}", said.stderr);
    sandbox
}

fn archive(sandbox: &Sandbox) -> PathBuf {
    sandbox.root().join("a.tar.gz")
}

/// Imports into a workspace that has no runs.
fn import(from: &Path) -> (Sandbox, crate::sandbox::Said) {
    let there = Sandbox::new();
    fs::copy(from, archive(&there)).unwrap();
    let said = there.xtask(&format!("runs import {}", archive(&there).display()));
    (there, said)
}

/// Without the place of the sandbox in what was typed.
fn masked(sandbox: &Sandbox, said: &crate::sandbox::Said) -> String {
    said.text().replace(&sandbox.root().display().to_string(), "<root>")
}

/// Name and bytes of every visible file below a folder.
fn tree(dir: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()) {
        let name = entry.file_name().unwrap().to_str().unwrap().to_owned();
        if name.starts_with('.') {
            continue;
        }
        if entry.is_dir() {
            let below = tree(&entry).into_iter();
            files.extend(below.map(|(path, bytes)| (format!("{name}/{path}"), bytes)));
        } else {
            files.push((name, fs::read(&entry).unwrap()));
        }
    }
    files.sort();
    files
}

#[test]
fn runs_go_to_another_machine_and_their_report_holds_there() {
    let here = exported();
    let (there, said) = import(&archive(&here));
    check_golden("runs-import", &masked(&there, &said));
    assert_eq!(tree(&there.root().join("runs/small")), tree(&here.root().join("runs/small")));
    assert_eq!(there.xtask("report small --check").code, 0);
    assert_eq!(there.xtask("ablation small -q").code, 0);
    let again = there.xtask(&format!("runs import {}", archive(&there).display()));
    assert_eq!(again.code, 0, "{}", again.stderr);
    assert!(again.stdout.contains("0 runs imported") && again.stdout.contains("6 were there"));
    // As after a kill between two renames.
    fs::remove_dir_all(there.run_dir("small", "norm=layer.seed-1").unwrap()).unwrap();
    let again = there.xtask(&format!("runs import {}", archive(&there).display()));
    assert!(again.stdout.contains("1 run imported") && again.stdout.contains("5 were there"));
    assert_eq!(tree(&there.root().join("runs/small")), tree(&here.root().join("runs/small")));
    // The same runs give the same bytes, wherever they lie.
    let second = there.root().join("b.tar.gz");
    there.xtask(&format!("runs export small {}", second.display()));
    assert!(fs::read(second).unwrap() == fs::read(archive(&here)).unwrap());
}

#[test]
fn the_committed_store_travels() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let (here, there) = (Sandbox::new(), Sandbox::new());
    for sandbox in [&here, &there] {
        copy(&workspace.join("experiments"), &sandbox.root().join("experiments"));
        fs::remove_dir_all(sandbox.root().join("datasets")).unwrap();
        for entry in fs::read_dir(workspace.join("datasets")).unwrap() {
            let from = entry.unwrap().path();
            let to = sandbox.root().join("datasets").join(from.file_name().unwrap());
            if from.join("dataset.toml").is_file() {
                fs::create_dir_all(&to).unwrap();
                fs::copy(from.join("dataset.toml"), to.join("dataset.toml")).unwrap();
            }
        }
    }
    let store = workspace.join("crates/report/tests/store/batch-norm");
    copy(&store, &here.root().join("runs/batch-norm"));
    let file = archive(&here).display().to_string();
    let said = here.xtask(&format!("runs export batch-norm {file}"));
    assert_eq!(said.code, 0, "{}", said.stderr);
    let said = there.xtask(&format!("runs import {file}"));
    assert_eq!(said.code, 0, "{}", said.stderr);
    let said = there.xtask("report batch-norm --check");
    assert_eq!(said.code, 0, "{}", said.stderr);
    assert_eq!(tree(&there.root().join("runs/batch-norm")), tree(&store));
}

#[test]
fn weights_and_unfinished_runs_travel_when_asked() {
    let sandbox = Sandbox::new();
    sandbox.script(&json!({ "norm=layer.seed-1": "fail" }));
    sandbox.xtask("ablation small -j2 -q");
    let run = sandbox.run_dir("small", "reference.seed-0").unwrap();
    fs::create_dir(run.join("checkpoints")).unwrap();
    fs::write(run.join("checkpoints/selected.safetensors"), "weights").unwrap();
    let imported = |flags: &str| {
        let file = archive(&sandbox);
        let said = sandbox.xtask(&format!("runs export small {} {flags}", file.display()));
        assert_eq!(said.code, 0, "{}", said.stderr);
        let there = import(&file).0;
        let run = there.run_dir("small", "reference.seed-0").unwrap();
        let weights = run.join("checkpoints/selected.safetensors").exists();
        (weights, there.run_dir("small", "norm=layer.seed-1").is_some())
    };
    assert_eq!(imported(""), (false, false));
    assert_eq!(imported("--with-weights"), (true, false));
    assert_eq!(imported("--all"), (false, true));
}

#[test]
fn runs_that_differ_are_never_replaced() {
    let here = exported();
    let (there, _) = import(&archive(&here));
    let run = there.run_dir("small", "reference.seed-0").unwrap();
    let status = fs::read_to_string(run.join("status.json")).unwrap();
    fs::write(run.join("status.json"), status + " ").unwrap();
    fs::remove_dir_all(there.run_dir("small", "reference.seed-1").unwrap()).unwrap();
    let before = tree(&there.root().join("runs"));
    let said = there.xtask(&format!("runs import {}", archive(&there).display()));
    check_golden("runs-import-conflict", &masked(&there, &said));
    assert_eq!(tree(&there.root().join("runs")), before);
    let aside = there.xtask(&format!("runs import {} --as theirs", archive(&there).display()));
    assert_eq!(aside.code, 0, "{}", aside.stderr);
    assert_eq!(there.xtask("compare small theirs").code, 0);
    for bad in ["../up", ".hidden", "a/b"] {
        let said = there.xtask(&format!("runs import {} --as {bad}", archive(&there).display()));
        assert_eq!(said.code, 2, "{bad}");
    }
}

#[test]
fn runs_do_not_become_registered_by_an_import() {
    let here = exported();
    let (there, _) = import(&archive(&here));
    fs::remove_file(there.root().join("runs/small/experiment.lock.json")).unwrap();
    let said = there.xtask(&format!("runs import {}", archive(&there).display()));
    assert!(said.code == 4 && said.stderr.contains("only one of"), "{}", said.stderr);
    assert!(!there.root().join("runs/small/experiment.lock.json").exists());
}

#[test]
fn what_a_killed_import_left_is_no_obstacle() {
    let here = exported();
    let there = Sandbox::new();
    fs::create_dir_all(there.root().join("runs/small/.import/reference.seed-0.0b1c803a")).unwrap();
    let said = there.xtask(&format!("runs import {}", archive(&here).display()));
    assert_eq!(said.code, 0, "{}", said.stderr);
    assert!(!there.root().join("runs/small/.import").exists());
    assert_eq!(there.xtask("report small --check").code, 0);
}

/// An entry of an archive, as bytes can say it.
#[derive(Clone)]
struct Raw {
    name: Vec<u8>,
    kind: EntryType,
    size: Option<u64>,
    link: Option<&'static str>,
    bytes: Vec<u8>,
}

fn raw(name: &str, kind: EntryType, bytes: &[u8]) -> Raw {
    Raw { name: name.into(), kind, size: None, link: None, bytes: bytes.to_vec() }
}

/// The entries of an archive as they are.
fn entries(file: &Path) -> Vec<Raw> {
    let mut archive = tar::Archive::new(GzDecoder::new(fs::File::open(file).unwrap()));
    let mut found = Vec::new();
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        let name = entry.path_bytes().into_owned();
        found.push(Raw { name, kind: EntryType::Regular, size: None, link: None, bytes });
    }
    found
}

/// Header by header, so that nothing is put right on the way.
fn tarball(entries: &[Raw]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in entries {
        let mut header = Header::new_gnu();
        let field = &mut header.as_gnu_mut().unwrap().name;
        field[..entry.name.len()].copy_from_slice(&entry.name);
        header.set_entry_type(entry.kind);
        header.set_size(entry.size.unwrap_or(entry.bytes.len() as u64));
        header.set_mode(0o644);
        if let Some(link) = entry.link {
            header.set_link_name(link).unwrap();
        }
        header.set_cksum();
        bytes.extend_from_slice(header.as_bytes());
        bytes.extend_from_slice(&entry.bytes);
        bytes.resize(bytes.len().next_multiple_of(512), 0);
    }
    bytes.extend([0; 1024]);
    bytes
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

/// Refused for that reason, with nothing in `runs/` or outside of it.
fn refuses(bytes: &[u8], reason: &str) {
    let there = Sandbox::new();
    fs::write(archive(&there), bytes).unwrap();
    let said = there.xtask(&format!("runs import {}", archive(&there).display()));
    let text = said.stderr.split_whitespace().collect::<Vec<_>>().join(" ").replace("│ ", "");
    assert_eq!(said.code, 2, "{reason}: {text}");
    assert!(text.contains(reason), "expected `{reason}`: {text}");
    let runs = there.root().join("runs/small");
    assert!(!runs.exists() || tree(&runs).is_empty(), "{reason}");
    assert!(!runs.join(".import").exists(), "{reason}");
    assert!(!there.root().join("runs/evil").exists() && !there.root().join("evil").exists());
}

#[test]
fn hostile_entries_are_refused() {
    let here = exported();
    let sound = entries(&archive(&here));
    let with = |entry: Raw| gzip(&tarball(&[sound.clone(), vec![entry]].concat()));
    let file = EntryType::Regular;
    refuses(&with(raw("/evil", file, b"x")), "leads out of its folder");
    refuses(&with(raw("../../evil", file, b"x")), "leads out of its folder");
    refuses(&with(raw("a/../../evil", file, b"x")), "leads out of its folder");
    refuses(&with(raw("evil", file, b"x")), "its manifest does not name");
    refuses(&with(raw(".import/evil", file, b"x")), "its manifest does not name");
    let linked = |kind| Raw { link: Some("/etc/passwd"), ..raw("evil", kind, b"") };
    refuses(&with(linked(EntryType::Symlink)), "is a link");
    refuses(&with(linked(EntryType::Link)), "is a link");
    refuses(&with(raw("evil", EntryType::Char, b"")), "is a device");
    refuses(&with(raw("evil", EntryType::Block, b"")), "is a device");
    refuses(&with(raw("evil", EntryType::Fifo, b"")), "is a pipe");
    refuses(&with(raw("evil", EntryType::Directory, b"")), "is a folder");
    refuses(&with(raw("evil", EntryType::XHeader, b"19 path=../../evil\n")), "an extension");
    refuses(&with(raw("evil", EntryType::GNUSparse, b"")), "an extension");
    refuses(&with(raw("x", EntryType::GNULongName, &[b'a'; 5000])), "5000 bytes");
    let long = [raw("x", EntryType::GNULongName, b"../../evil\0"), raw("y", file, b"x")];
    let hidden = gzip(&tarball(&[sound.clone(), long.to_vec()].concat()));
    refuses(&hidden, "leads out of its folder");
    refuses(&with(sound.last().unwrap().clone()), "twice");
}

#[test]
fn an_archive_that_is_not_what_its_manifest_says_is_refused() {
    let here = exported();
    let sound = entries(&archive(&here));
    let changed = |change: &dyn Fn(&mut Vec<Raw>)| {
        let mut entries = sound.clone();
        change(&mut entries);
        gzip(&tarball(&entries))
    };
    refuses(&changed(&|all| drop(all.pop())), "it lacks");
    refuses(&changed(&|all| drop(all.remove(0))), "no manifest.json");
    refuses(&changed(&|all| all[3].bytes[5] ^= 1), "does not hash");
    refuses(&changed(&|all| all[3].bytes.push(b'x')), "bytes in it");
    refuses(&changed(&|all| all[3].bytes = vec![0; 1 << 20]), "bytes in it");
    refuses(&changed(&|all| all[0].size = Some(1 << 60)), "are the most");
    let whole = gzip(&tarball(&sound));
    refuses(&[whole.clone(), b"more".to_vec()].concat(), "something follows");
    refuses(&gzip(&[tarball(&sound), vec![1; 512]].concat()), "something follows");
    refuses(&gzip(&[tarball(&sound), vec![0; 2 << 20]].concat()), "something follows");
    for cut in [0, 10, whole.len() / 2, whole.len() - 4] {
        refuses(&whole[..cut], "is refused");
    }
    refuses(b"no archive at all", "is refused");
}

#[test]
fn a_flipped_bit_lets_no_other_run_in() {
    let here = exported();
    let whole = fs::read(archive(&here)).unwrap();
    let (there, runs) = (Sandbox::new(), here.root().join("runs/small"));
    let (command, target) = (format!("runs import {}", archive(&there).display()), "runs/small");
    for flip in 0..40 {
        // Spread over the archive, and over the bits of a byte.
        let (at, mut bytes) = (flip * whole.len() / 40 + flip % 7, whole.clone());
        bytes[at] ^= 1 << (flip % 8);
        fs::write(archive(&there), bytes).unwrap();
        let said = there.xtask(&command);
        let target = there.root().join(target);
        if said.code == 0 {
            let sound = tree(&runs);
            let is_sound = |(path, bytes): &(String, Vec<u8>)| {
                sound.iter().any(|(other, same)| path == other && bytes == same)
            };
            assert!(tree(&target).iter().filter(|(path, _)| path.contains('/')).all(is_sound));
            fs::remove_dir_all(target).unwrap();
        } else {
            assert_eq!(said.code, 2, "{at}: {}", said.stderr);
            assert!(!target.exists() || tree(&target).is_empty(), "byte {at}");
        }
    }
}

#[test]
fn manifests_that_no_export_writes_are_refused() {
    let here = exported();
    let sound = entries(&archive(&here));
    let name = Path::new("manifest.json");
    let manifest: Value = open_sealed(name, &sound[0].bytes, 1).unwrap();
    let with = |change: &dyn Fn(&mut Value)| {
        let mut manifest = manifest.clone();
        change(&mut manifest);
        let mut entries = sound.clone();
        entries[0].bytes = sealed(name, &manifest).unwrap();
        gzip(&tarball(&entries))
    };
    for path in ["/evil", "../evil", "a/../../evil", "a//b", ".import/x", "a/.lock", "report.md"] {
        refuses(
            &with(&|manifest| manifest["files"][0]["path"] = path.into()),
            "no archive of runs",
        );
    }
    refuses(&with(&|manifest| manifest["experiment"] = "../evil".into()), "no archive of runs");
    refuses(&with(&|manifest| manifest["files"][0]["bytes"] = json!(1_u64 << 50)), "are the most");
    refuses(&with(&|manifest| manifest["files"][1] = manifest["files"][0].clone()), "twice");
    refuses(&with(&|manifest| manifest["schema"] = json!(9)), "schema 9");
    refuses(&with(&|manifest| manifest["shell"] = "rm".into()), "unknown field");
    let mut edited = sound.clone();
    edited[0].bytes = String::from_utf8(edited[0].bytes.clone())
        .unwrap()
        .replace("\"small\"", "\"evil\"")
        .into_bytes();
    refuses(&gzip(&tarball(&edited)), "was changed");
}

#[test]
fn runs_are_checked_whatever_the_manifest_says() {
    let here = exported();
    let mut all = entries(&archive(&here));
    let name = Path::new("manifest.json");
    let mut manifest: Value = open_sealed(name, &all[0].bytes, 1).unwrap();
    let at = all.iter().position(|raw| raw.name.ends_with(b"/summary.json")).unwrap();
    let forged = String::from_utf8(all[at].bytes.clone()).unwrap().replace("7850", "7851");
    manifest["files"][at - 1]["blake3"] = blake3::hash(forged.as_bytes()).to_hex().as_str().into();
    all[at].bytes = forged.into_bytes();
    all[0].bytes = sealed(name, &manifest).unwrap();
    refuses(&gzip(&tarball(&all)), "is damaged (edited)");
}
