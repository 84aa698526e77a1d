//! Files that were made to do harm: told what they are, and nothing else happens.

use std::fs;
use std::io::{Cursor, Write};

use fireassay_weights::WeightsError;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::archive::{checkpoint, dict, legacy, open, problem, text, view, zipped, zipped_by};

/// One number.
const ONE: [u8; 4] = 1.5f32.to_le_bytes();

#[test]
fn a_pickle_that_would_run_a_command_is_refused_and_runs_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let trace = folder.path().join("trace");
    let command = format!("touch {}", trace.display());
    let call = [b"cos\nsystem\n", &text(&command)[..], b"\x85R"].concat();
    let pickle = dict(&[("state_dict", call)]);
    for bytes in [checkpoint(&pickle, &ONE), legacy(&pickle, 1, &ONE)] {
        let error = open(&bytes).unwrap_err();
        assert!(matches!(&error, WeightsError::Foreign { global, .. } if global == "os.system"));
        let text = error.to_string();
        assert!(
            text.starts_with(
                "`x` asks for `os.system`, which is no part of a state dict; nothing in the file \
                 was run"
            ),
            "{text}"
        );
    }
    assert!(!trace.exists());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn views_stay_within_their_storage() {
    let of = |numel: i64, offset: i64, shape: &[i64], strides: &[i64]| {
        let pickle = dict(&[("w", view(numel, offset, shape, strides))]);
        let storage = ONE.repeat(usize::try_from(numel).unwrap_or(1).min(8));
        let [zip, old] =
            [open(&checkpoint(&pickle, &storage)), open(&legacy(&pickle, numel as u64, &storage))];
        // Only the places in their pickles differ.
        let end = |error: WeightsError| error.to_string().rsplit(": ").next().map(str::to_owned);
        let [zip, old] =
            [zip, old].map(|found| found.map(|file| file.tensors["w"].values.len()).map_err(end));
        assert_eq!(zip, old);
        zip
    };
    assert_eq!(of(6, 0, &[2, 3], &[3, 1]), Ok(6));
    assert_eq!(of(6, 5, &[], &[]), Ok(1));
    assert_eq!(of(6, 5, &[4], &[0]), Ok(4));
    assert_eq!(of(6, 0, &[1, 1], &[i64::MAX, 5]), Ok(1));
    assert_eq!(of(6, 6, &[0, i64::MAX], &[1, 1]), Ok(0));
    for (offset, shape, strides, expected) in [
        (
            0,
            &[7][..],
            &[1][..],
            "shape [7] with strides [1] from 0 on needs 7 numbers, its storage has 6",
        ),
        (6, &[], &[], "from 6 on needs 7 numbers"),
        (5, &[2], &[1], "needs 7 numbers"),
        (0, &[2, 3], &[4, 1], "needs 7 numbers"),
        (0, &[2], &[i64::MAX], "needs 9223372036854775808 numbers"),
        (0, &[4], &[i64::MAX], "strides [9223372036854775807] are beyond all bounds"),
        (0, &[i64::MAX, i64::MAX], &[0, 0], "is beyond all bounds"),
        (0, &[1 << 40], &[0], "far more than the file holds"),
        (0, &[-1], &[1], "not those of a tensor"),
        (-1, &[1], &[1], "not those of a tensor"),
        (0, &[1], &[-1], "not those of a tensor"),
        (0, &[1, 1], &[1], "not those of a tensor"),
        (0, &[1; 17], &[1; 17], "not those of a tensor"),
    ] {
        let problem = of(6, offset, shape, strides).unwrap_err().unwrap();
        assert!(problem.contains(expected), "{problem}; expected {expected}");
    }
}

#[test]
fn sizes_are_those_of_the_file() {
    for numel in [0, 1, 3, 1 << 40, i64::MAX >> 2] {
        let pickle = dict(&[("w", view(numel, 0, &[0], &[1]))]);
        let problems = [
            problem(&checkpoint(&pickle, &ONE.repeat(2))),
            problem(&legacy(&pickle, 2, &ONE.repeat(2))),
        ];
        assert!(problems[0].contains("storage `0` has 8 bytes, expected"), "{}", problems[0]);
        assert!(problems[1].contains("storage `0` has 2 numbers, expected"), "{}", problems[1]);
    }
    let pickle = dict(&[("w", view(2, 0, &[2], &[1]))]);
    assert!(open(&legacy(&pickle, 2, &ONE.repeat(2))).is_ok());
    let behind = problem(&legacy(&pickle, 2, &ONE.repeat(3)));
    assert_eq!(behind, "`x`: 4 bytes follow its last storage");
}

#[test]
fn few_bytes_do_not_become_many_numbers() {
    // 60 views of one storage of 4096 numbers, each of which shows it ten times.
    let entries: Vec<(String, Vec<u8>)> =
        (0..60).map(|i| (format!("w{i}"), view(4096, 0, &[10, 4096], &[0, 1]))).collect();
    let entries: Vec<(&str, Vec<u8>)> =
        entries.iter().map(|(name, view)| (name.as_str(), view.clone())).collect();
    let problem = problem(&checkpoint(&dict(&entries), &ONE.repeat(4096)));
    assert!(problem.contains("far more than the file holds"), "{problem}");
}

#[test]
fn what_is_shown_many_times_is_looked_at_once() {
    const MANY: usize = 100_000;
    // A dictionary of many entries as the value of many keys.
    let first = [&text("a")[..], b"}q\0(", &b"K\x01N".repeat(MANY), b"u"].concat();
    let others = [&text("a")[..], b"h\0"].concat().repeat(MANY);
    let pickle = [b"\x80\x02}(", &first[..], &others, b"u."].concat();
    let found = problem(&checkpoint(&pickle, &ONE));
    assert!(found.contains("it holds no tensors by name, only `a` (a dictionary of"), "{found}");
}

#[test]
fn members_of_an_archive_do_not_overlap() {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    let pickle = dict(&[("w", view(1, 0, &[1], &[1]))]);
    for (name, content) in [("a/data.pkl", &pickle[..]), ("a/data/1", &ONE)] {
        writer.start_file(name, options).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.shallow_copy_file("a/data/1", "a/data/0").unwrap();
    let bytes = writer.finish().unwrap().into_inner();
    assert_eq!(problem(&bytes), "`x`: two files of its archive overlap");
}

#[test]
fn names_are_there_once() {
    let one = || view(1, 0, &[1], &[1]);
    let twice = problem(&checkpoint(&dict(&[("w", one()), ("w", one())]), &ONE));
    assert_eq!(twice, "`x`, tensor `w`: it is there twice");
    let inner = [b"}", &text("w")[..], &one(), b"s"].concat();
    let twice = dict(&[("model", inner.clone()), ("model", inner.clone())]);
    let twice = problem(&checkpoint(&twice, &ONE));
    assert_eq!(twice, "`x`: its key `model` is there twice");
    let two = problem(&checkpoint(&dict(&[("ema", inner.clone()), ("raw", inner)]), &ONE));
    assert_eq!(
        two,
        "`x`: 2 parts hold tensors; say which: `ema` (a dictionary of 1 entry), `raw` (a \
         dictionary of 1 entry)"
    );
    let long = "w".repeat(2000);
    let long = problem(&checkpoint(&dict(&[(&long, one())]), &ONE));
    assert!(long.contains("its name has 2000 bytes"), "{long}");
}

#[test]
fn names_that_are_not_utf8_are_refused() {
    let pickle = [b"\x80\x02}U\x02\xff\xfe", &view(1, 0, &[1], &[1])[..], b"s."].concat();
    assert!(problem(&checkpoint(&pickle, &ONE)).contains("a text is not UTF-8"));
    let header = b"{\"\xff\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}";
    let file = [&(header.len() as u64).to_le_bytes()[..], header, &ONE].concat();
    assert!(problem(&file).contains("its header is damaged"), "{}", problem(&file));
}

#[test]
fn archives_are_those_of_torch_save() {
    let pickle = dict(&[("w", view(1, 0, &[1], &[1]))]);
    let good = [("a/data.pkl", &pickle[..]), ("a/data/0", &ONE)];
    assert!(open(&zipped(&good)).is_ok());
    // Archives of PyTorch 1.6 have no folder at times.
    assert!(open(&zipped(&[("data.pkl", &pickle), ("data/0", &ONE)])).is_ok());
    for (files, expected) in [
        (vec![("a/x", &b""[..])], "a zip archive without `data.pkl`"),
        (vec![good[0]], "storage `0` is not in it"),
        (vec![good[0], ("b/data/0", &ONE)], "storage `0` is not in it"),
        (vec![good[0], good[1], ("b/data.pkl", &pickle)], "more than one `data.pkl`"),
        (vec![good[0], good[1], ("a/constants.pkl", b"")], "an archive of TorchScript"),
        (vec![good[0], good[1], ("a/byteorder", b"middle\n")], "its byte order is `middle\\n`"),
        (vec![("a/data.pkl", b"\x80\x02N."), good[1]], "it holds nothing, expected tensors"),
        (vec![("a/data.pkl", b"\x80\x02}."), good[1]], "holds no tensors by name, only nothing"),
    ] {
        let problem = problem(&zipped(&files));
        assert!(problem.contains(expected), "{problem}; expected {expected}");
    }
    let deflated = problem(&zipped_by(&good, CompressionMethod::Deflated));
    assert!(deflated.contains("is compressed, which `torch.save` never does"), "{deflated}");
    // The directory says it has both names; the local headers are not asked.
    let mut twice = zipped(&[good[0], ("a/data/0", &ONE), ("a/data/1", &ONE)]);
    for start in (0..twice.len() - 8).rev() {
        if &twice[start..start + 8] == b"a/data/1" {
            twice[start + 7] = b'0';
        }
    }
    assert!(problem(&twice).contains("have the same name"), "{}", problem(&twice));
}

#[test]
fn legacy_files_say_what_they_are() {
    let pickle = dict(&[("w", view(1, 0, &[1], &[1]))]);
    let good = legacy(&pickle, 1, &ONE);
    let changed = |from: &[u8], to: &[u8]| {
        let at = good.windows(from.len()).position(|window| window == from).unwrap();
        problem(&[&good[..at], to, &good[at + from.len()..]].concat())
    };
    assert!(changed(b"\x8a\x0al", b"\x8a\x0am").contains("a pickle, but not of `torch.save`"));
    assert!(changed(b"M\xe9\x03", b"M\xea\x03").contains("its version is not 1001"));
    assert!(changed(b"\x88s.", b"\x89s.").contains("its byte order is not little endian"));
    assert!(changed(b"](", b"](K\x01").contains("its list of storages is none"));
    let [zero, one] = [text("0"), text("1")];
    let keys = [b"](", &zero[..], b"e"].concat();
    let of = |inner: &[u8]| changed(&keys, &[b"](", inner, b"e"].concat());
    assert!(of(&one).contains("storage `1` belongs to no tensor"));
    assert!(of(&[zero.clone(), zero].concat()).contains("storage `0` is"));
    assert!(of(b"").contains("storage `0` is not in it"));
    // A storage with two lengths.
    let two = dict(&[("w", view(1, 0, &[1], &[1])), ("v", view(2, 0, &[1], &[1]))]);
    assert!(problem(&legacy(&two, 1, &ONE)).contains("storage `0` is described in two ways"));
}

#[test]
fn numbers_beyond_32_bits_are_told() {
    let header = br#"{"w":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}}"#;
    let of = |value: f64| {
        let len = (header.len() as u64).to_le_bytes();
        [&len[..], header, &value.to_le_bytes()].concat()
    };
    assert_eq!(problem(&of(1e300)), "`x`, tensor `w`: a number in it is too large for 32 bits");
    assert_eq!(open(&of(f64::INFINITY)).unwrap().tensors["w"].values, [f32::INFINITY]);
    assert!(open(&of(f64::NAN)).unwrap().tensors["w"].values[0].is_nan());
}

#[test]
fn headers_of_safetensors_are_whole() {
    let file =
        |header: &str| [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &ONE].concat();
    let entry = |dtype: &str| format!(r#"{{"dtype":"{dtype}","shape":[1],"data_offsets":[0,4]}}"#);
    let one = entry("F32");
    assert!(open(&file(&format!(r#"{{"w":{one}}}"#))).is_ok());
    assert!(problem(&file(&format!(r#"{{"w":{one},"w":{one}}}"#))).contains("twice"));
    assert!(problem(&file("{}")).contains("`x`:"));
    assert!(problem(&file(&format!(r#"{{"optim/w":{one}}}"#))).contains("that a run goes on from"));
    let count = problem(&file(&format!(r#"{{"w":{}}}"#, entry("I32"))));
    assert!(count.contains("it holds no tensors of floats"), "{count}");
    let header = br#"{"w":{"dtype":"F8_E4M3","shape":[4],"data_offsets":[0,4]}}"#;
    let eight = problem(&[&(header.len() as u64).to_le_bytes()[..], header, &ONE].concat());
    assert!(eight.contains("tensor `w`: numbers of type F8_E4M3 are not read"), "{eight}");
}
