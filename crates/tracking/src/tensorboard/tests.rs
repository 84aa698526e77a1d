//! Tests of the event files.

use super::*;

/// Written by TensorBoard's own Python writer (2.21) from the same content.
const GOLDEN: &str = concat!(
    "1800000000000000a37f4b220900001040fc54d9411a0d627261696e2e4576656e743a32338d2fe9",
    "0f000000000000006d532b090900001040fc54d94110293a0208013eb6350d620000000000000079",
    "fd606f0900001040fc54d9412a570a550a1c5f68706172616d735f2f73657373696f6e5f73746172",
    "745f696e666f4a350a330a0768706172616d7312281a260a110a0472617465120911000000000000",
    "e03f2208726174653d302e352900001040fc54d941b8062ac71e00000000000000d9dc1232090000",
    "1040fc54d941102a2a110a0f0a0876616c2f6c6f737315cdcccc3de49bba994500000000000000eb",
    "e668b00900001040fc54d9412a3a0a380a1a5f68706172616d735f2f73657373696f6e5f656e645f",
    "696e666f4a1a0a180a0768706172616d73120d220b08011100001040fc54d941b978eaf1",
);

impl TbWriter {
    /// A writer that cannot write.
    pub(crate) fn full_disk() -> Self {
        let path = PathBuf::from("/dev/full");
        let file = File::options().append(true).open(&path).unwrap();
        Self { path, file: AppendFile::new(file, 0), buffer: Vec::new(), now: unix_secs }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn bytes_are_those_of_tensorboards_own_writer() {
    let dir = tempfile::tempdir().unwrap();
    let mut writer = TbWriter::open_at(dir.path(), 41, || 1_700_000_000.25).unwrap();
    let hparams = BTreeMap::from([("rate".to_owned(), HParam::Number(0.5))]);
    writer.hparams(&hparams, "rate=0.5").unwrap();
    writer.scalar("val/loss", 42, 0.1).unwrap();
    writer.session_end(true).unwrap();
    writer.sync().unwrap();
    let path = dir.path().join("events.out.tfevents.0000000000.fireassay");
    assert_eq!(hex(&fs::read(path).unwrap()), GOLDEN);
}

#[test]
fn kinds_of_hparams_and_a_bad_end() {
    let dir = tempfile::tempdir().unwrap();
    let mut writer = TbWriter::open(dir.path(), 0).unwrap();
    let hparams = [("n", HParam::Number(3.0)), ("t", HParam::Text("3".into()))];
    writer.hparams(&hparams.map(|(name, value)| (name.into(), value)).into(), "g").unwrap();
    writer.session_end(false).unwrap();
    drop(writer);
    let messages = reading::messages(&event_files(dir.path()).unwrap()[0]);
    let data = |index: usize| {
        let value = &messages[index].get_summary().get_value()[0];
        let content = value.get_metadata().get_plugin_data().get_content();
        tensorboard_proto::plugin_hparams::HParamsPluginData::parse_from_bytes(content).unwrap()
    };
    let start = data(2);
    let row = start.get_session_start_info();
    assert_eq!(row.hparams["n"].get_number_value(), 3.0);
    assert_eq!(row.hparams["t"].get_string_value(), "3");
    assert_eq!(row.hparams.len(), 2);
    let failure = tensorboard_proto::api::Status::STATUS_FAILURE;
    assert_eq!(data(3).get_session_end_info().status, failure);
}

#[test]
fn each_writer_has_its_own_file_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let first = TbWriter::open(dir.path(), 0).unwrap();
    let mut second = TbWriter::open(dir.path(), 0).unwrap();
    second.scalar("a", 1, 1.0).unwrap();
    second.sync().unwrap();
    drop((first, second));
    // A file in the middle is gone, and one is of somebody else.
    fs::remove_file(dir.path().join(file_name(0))).unwrap();
    fs::write(dir.path().join("events.out.tfevents.9999999999.host.1.0"), "").unwrap();
    drop(TbWriter::open(dir.path(), 0).unwrap());
    let names = [file_name(1), file_name(2)].map(|name| dir.path().join(name));
    assert_eq!(event_files(dir.path()).unwrap(), names);
    assert_eq!(reading::scalars(&names[0]), [("a".to_owned(), 1, 1.0)]);
    assert!(file_name(9) < file_name(10));
}

#[test]
fn points_are_written_when_the_buffer_is_full_and_when_dropped() {
    let dir = tempfile::tempdir().unwrap();
    let mut writer = TbWriter::open(dir.path(), 0).unwrap();
    let path = writer.path.clone();
    let start = fs::metadata(&path).unwrap().len();
    assert_eq!(reading::kinds(&path), ["brain.Event:2", "start 0"]);
    writer.scalar("a", 0, 0.0).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().len(), start);
    for step in 1..2000 {
        writer.scalar("a", step, f64::NAN).unwrap();
    }
    assert!(fs::metadata(&path).unwrap().len() > start + BUFFER_BYTES as u64);
    drop(writer);
    let steps: Vec<i64> = reading::scalars(&path).iter().map(|(_, step, _)| *step).collect();
    assert_eq!(steps, (0..2000).collect::<Vec<_>>());
}

#[test]
fn a_place_that_cannot_be_written_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "").unwrap();
    for place in [file.clone(), file.join("tb")] {
        let error = TbWriter::open(&place, 0).unwrap_err();
        assert!(matches!(&error, TrackingError::Io { path, .. } if *path == place), "{error}");
    }
    assert_eq!(fs::read(&file).unwrap(), b"");
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_an_error_and_keeps_the_points() {
    let mut writer = TbWriter::full_disk();
    writer.scalar("a", 1, 1.0).unwrap();
    let waiting = writer.buffer.clone();
    for _ in 0..2 {
        assert!(matches!(writer.flush(), Err(TrackingError::Io { .. })));
        assert!(writer.sync().is_err());
        assert_eq!(writer.buffer, waiting);
    }
    // What a disk with room again gets.
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("events");
    writer.file = AppendFile::new(File::create_new(&path).unwrap(), 0);
    writer.sync().unwrap();
    assert_eq!(reading::scalars(&path), [("a".to_owned(), 1, 1.0)]);
}
