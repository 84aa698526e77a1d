//! Pickles written by hand: what is refused, and that nothing grows.

use super::*;

/// Protocol 2, and the end.
fn pickle(body: &[u8]) -> Vec<u8> {
    [b"\x80\x02", body, b"."].concat()
}

fn read(bytes: &[u8]) -> Result<Pickle<'_>, PickleError> {
    Pickle::read(bytes, &mut 0, "object")
}

fn text(text: &str) -> Vec<u8> {
    [b"X", &(text.len() as u32).to_le_bytes()[..], text.as_bytes()].concat()
}

#[test]
fn every_function_but_a_few_is_refused_by_name() {
    for (body, expected) in [
        (&b"cos\nsystem\nX\x07\0\0\0echo hi\x85R"[..], "os.system"),
        (b"cposix\nsystem\nX\x07\0\0\0echo hi\x85R", "posix.system"),
        (b"c__builtin__\neval\nU\x011\x85R", "__builtin__.eval"),
        (b"cbuiltins\ngetattr\n", "builtins.getattr"),
        (b"ctorch\nload\n", "torch.load"),
        (b"ctorch.hub\nload\n", "torch.hub.load"),
        (b"ctorch.nn.modules.linear\nLinear\n)R", "torch.nn.modules.linear.Linear"),
        (b"cargparse\nNamespace\n)R", "argparse.Namespace"),
        (b"cnumpy.core.multiarray\nscalar\n", "numpy.core.multiarray.scalar"),
        (b"c\x1b[2J\n\n", "\\u{1b}[2J."),
        // In the arguments of what is allowed.
        (b"ctorch._utils\n_rebuild_tensor_v2\n(cos\nsystem\n", "os.system"),
    ] {
        let error = read(&pickle(body)).unwrap_err();
        assert_eq!(error, PickleError::Foreign(expected.to_owned()));
    }
}

#[test]
fn whatever_torch_save_does_not_write_is_refused() {
    const ALLOWED: &str = "ccollections\nOrderedDict\n";
    let call = |rest: &[u8]| [ALLOWED.as_bytes(), rest].concat();
    for (body, expected) in [
        (&b"(icollections\nOrderedDict\n"[..], "byte 3: opcode 0x69 makes an object in a way that"),
        (b"(ccollections\nOrderedDict\no", "makes an object in a way that"),
        (&call(b")\x81"), "opcode 0x81 makes an object"),
        (b"\x82\x01", "opcode 0x82 makes an object"),
        (b"\x8c\x02os\x8c\x06system\x93", "opcode 0x8c is of a newer protocol"),
        (b"\x95\0\0\0\0\0\0\0\0", "opcode 0x95 is of a newer protocol"),
        (b"I1\n", "opcode 0x49 is none that"),
        (b"Pstorage\n", "opcode 0x50 is none that"),
        (b"2", "opcode 0x32 is none that"),
        (b"R", "something is missing on its stack"),
        (b"K\x01)R", "it calls what is no function"),
        (&call(b"K\x01R"), "`collections.OrderedDict` is called without arguments"),
        (&call(b"K\x01K\x02\x86R"), "`collections.OrderedDict`: 2 arguments"),
        (&call(b"K\x01\x85R"), "its argument is no list of pairs"),
        (b"ctorch\nFloatStorage\n)R", "a storage is named, never called"),
        (b"ctorch._utils\n_rebuild_parameter\n(K\x01\x89NtR", "arguments, which are not its own"),
        (b"ctorch._utils\n_rebuild_tensor\n(NK\0))tR", "not those of a tensor"),
        (b"}K\x01b", "it sets attributes of what is no dictionary"),
        (b")}b", "it sets attributes of what is no dictionary"),
        (b"}(K\x01u", "a key has no value"),
        (b"](K\x01K\x01u", "it sets items of what is no dictionary"),
        (b"}K\x01a", "it appends to what is no list"),
        (b"}u", "a mark is missing"),
        (b"K\x01(\x85", "something is missing on its stack"),
        (b"h\x07", "it recalls 7, which it never had"),
        (b"q\0", "something is missing on its stack"),
        (b"K\x01K\x01", "it does not end with one object"),
        (b"K\x01(", "it does not end with one object"),
        (b"", "it does not end with one object"),
        (b"X\x02\0\0\0\xff\xff", "a text is not UTF-8"),
        (b"c\xff\n\n", "a name is not UTF-8"),
        (b"X\xff\xff\xff\xffabc", "it is cut short"),
        (b"\x8a\x11aaaaaaaaaaaaaaaaa", "a whole number of 17 bytes"),
        (&[b"c".as_slice(), &[b'a'; 300]].concat(), "a name that does not end"),
        (b"K\x01Q", "an id that is no tuple"),
        (b")Q", "an id that is none of a storage"),
    ] {
        let error = read(&pickle(body)).map(|_| ()).unwrap_err();
        let PickleError::Damaged(problem) = &error else { panic!("{error:?}") };
        assert!(problem.starts_with("object, byte "), "{problem}");
        assert!(problem.contains(expected), "{problem}; expected {expected}");
    }
    for (bytes, expected) in [
        (&b""[..], "object, byte 0: it is cut short"),
        (b"\x80", "object, byte 0: it is cut short"),
        (b"\x80\x04K\x01.", "object, byte 0: its protocol is 4, and 2 is read"),
        (b"K\x01.", "object, byte 0: there is no pickle of protocol 2"),
    ] {
        let PickleError::Damaged(problem) = read(bytes).map(|_| ()).unwrap_err() else { panic!() };
        assert!(problem.starts_with(expected), "{problem}");
    }
}

#[test]
fn storages_are_named_by_type_key_place_and_length() {
    let id = |kind: &str, numel: &[u8], view: &[u8]| {
        let key = [text("0"), text("cpu")].concat();
        let id = [b"(", &text(kind)[..], b"ctorch\nHalfStorage\n", &key, numel, view, b"tQ"];
        pickle(&id.concat())
    };
    let bytes = id("storage", b"K\x05", b"");
    let known: Vec<StorageRef<'_>> = read(&bytes).unwrap().storages().unwrap().collect();
    assert_eq!(known, [StorageRef { key: "0", number: crate::Number::F16, numel: 5 }]);
    assert!(read(&id("storage", b"K\x05", b"N")).is_ok());
    for (bytes, expected) in [
        (id("module", b"K\x05", b""), "a whole model"),
        (id("storage", b"J\xff\xff\xff\xff", b""), "without key, place or length"),
        (id("storage", b"\x8a\x09\xff\xff\xff\xff\xff\xff\xff\xff\0", b""), "beyond all bounds"),
        (id("storage", b"K\x05", b"K\x01"), "a part of another"),
    ] {
        let PickleError::Damaged(problem) = read(&bytes).map(|_| ()).unwrap_err() else { panic!() };
        assert!(problem.contains(expected), "{problem}");
    }
}

#[test]
fn numbers_are_two_s_complement() {
    for (body, expected) in [
        (&b"K\xff"[..], 255),
        (b"M\xff\xff", 65535),
        (b"J\xff\xff\xff\xff", -1),
        (b"\x8a\0", 0),
        (b"\x8a\x01\xff", -1),
        (b"\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19", 0x1950_a86a_20f9_469c_fc6c),
        (b"\x8a\x10\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x80", i128::MIN),
    ] {
        assert_eq!(read(&pickle(body)).unwrap().root(), Value::Int(expected));
    }
    assert_eq!(read(&pickle(b"G\xbf\xe0\0\0\0\0\0\0")).unwrap().root(), Value::Float(-0.5));
}

#[test]
fn what_was_remembered_is_filled_later() {
    // A dictionary that is its own value: nothing here walks through it.
    let bytes = pickle(b"}q\0(X\x01\0\0\0ah\0u");
    let pickle = read(&bytes).unwrap();
    assert_eq!(pickle.entry(pickle.root(), "a"), Some(pickle.root()));
    assert_eq!(pickle.words(pickle.root()), "a dictionary of 1 entry");
}

#[test]
fn a_list_of_pairs_cannot_be_copied_over_and_over() {
    // As Python 2 writes an ordered dictionary: of a list of 4096 pairs, 1000 times.
    let copies = b"h\x02h\0\x85Ra".repeat(1000);
    let bytes = pickle(
        &[
            b"K\x01K\x02\x86q\x01".as_slice(),
            b"]q\0(",
            &b"h\x01".repeat(4096),
            b"e",
            b"ccollections\nOrderedDict\nq\x02",
            b"]",
            &copies,
        ]
        .concat(),
    );
    let PickleError::Damaged(problem) = read(&bytes).map(|_| ()).unwrap_err() else { panic!() };
    assert!(problem.contains("no list of pairs, or too long"), "{problem}");
}

#[test]
fn steps_are_counted() {
    let bytes = pickle(&b"K\x01".repeat(1 << 20));
    let PickleError::Damaged(problem) = read(&bytes).map(|_| ()).unwrap_err() else { panic!() };
    assert!(problem.contains("it goes on after 1048576 steps"), "{problem}");
}
