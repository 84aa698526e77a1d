//! Tests of the event log: every line in its place, and curves.

use std::collections::BTreeMap;

use super::*;

fn train(step: u64, loss: f64) -> Event {
    Event::Train { step, loss, lr: 0.1 }
}

fn eval(step: u64, loss: f64) -> Event {
    Event::Eval { step, split: Split::Val, metrics: BTreeMap::from([(Metric::Loss, loss)]) }
}

fn log_of(path: &Path, events: &[Event]) -> EventLog {
    let mut log = EventLog::open(path, 0).unwrap();
    events.iter().for_each(|event| log.append(event).unwrap());
    log
}

#[test]
fn lines_are_stable() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("events.jsonl");
    let mut log = log_of(&path, &[train(1, 0.1 + 0.2), eval(1, f64::NEG_INFINITY)]);
    let first = r#"{"train":{"step":1,"loss":0.30000000000000004,"lr":0.1}"#;
    let second = r#"{"eval":{"step":1,"split":"val","metrics":{"loss":"-inf"}}"#;
    let seal = |text: String| blake3::hash(text.as_bytes()).to_hex()[..16].to_owned();
    let one = seal(format!("{first}}}"));
    let two = seal(format!("{one}{second}}}"));
    let text = format!("{first},\"seal\":\"{one}\"}}\n{second},\"seal\":\"{two}\"}}\n");
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
    assert_eq!(log.sync().unwrap(), text.len() as u64);
    assert_eq!(*log.mark(), EventMark { lines: 2, seal: two });
    assert_eq!(read_mark(&path).unwrap(), *log.mark());
    let whole: serde_json::Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    assert_eq!(whole["train"]["step"], 1);
}

/// The log, line by line, after an edit.
fn edited(edit: &dyn Fn(&mut Vec<String>)) -> Result<Vec<Event>, TrackingError> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("events.jsonl");
    log_of(&path, &[train(1, 0.5), train(2, 0.25), train(3, 0.125), eval(3, 1.0)]);
    let mut lines: Vec<String> =
        fs::read_to_string(&path).unwrap().lines().map(ToOwned::to_owned).collect();
    edit(&mut lines);
    parse_events(&path, format!("{}\n", lines.join("\n")).as_bytes())
}

#[test]
fn whatever_is_done_to_a_line_is_found_out() {
    assert_eq!(edited(&|_| ()).unwrap().len(), 4);
    let check = |line: usize, edit: &dyn Fn(&mut Vec<String>)| {
        let error = edited(edit).unwrap_err();
        let TrackingError::EditedLine { line: found, .. } = error else { panic!("{error}") };
        assert_eq!(found, line);
    };
    check(2, &|lines| lines[1] = lines[1].replace("0.25", "0.26"));
    check(2, &|lines| lines[1] = lines[1].replace("{\"train\"", "{ \"train\""));
    check(2, &|lines| drop(lines.remove(1)));
    check(2, &|lines| lines.swap(1, 2));
    check(3, &|lines| lines.insert(2, lines[1].clone()));
    check(3, &|lines| lines.insert(2, String::new()));
    check(1, &|lines| lines[0] = r#"{"train":{"step":1,"loss":1,"lr":1}}"#.into());
    // Whole lines cut off at the end leave a sound log; a finished trial's mark tells.
    assert_eq!(edited(&|lines| lines.truncate(2)).unwrap().len(), 2);
}

#[test]
fn every_number_comes_back_bit_for_bit() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("events.jsonl");
    let values =
        [0.0, -0.0, 3.0, 1e300, 5e-324, -1.5e-9, f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
    let events: Vec<Event> =
        values.iter().flat_map(|&value| [train(1, value), eval(1, value)]).collect();
    log_of(&path, &events);
    let bits = |event: &Event| match event {
        Event::Train { loss, .. } => loss.to_bits(),
        Event::Eval { metrics, .. } => metrics[&Metric::Loss].to_bits(),
        Event::State { .. } => unreachable!("none was written"),
    };
    let read = read_events(&path).unwrap();
    assert_eq!(
        read.iter().map(bits).collect::<Vec<_>>(),
        events.iter().map(bits).collect::<Vec<_>>()
    );
}

#[test]
fn any_torn_last_line_is_left_out() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("events.jsonl");
    log_of(&path, &[train(1, 0.5), train(2, 0.25)]);
    let bytes = fs::read(&path).unwrap();
    let first = bytes.iter().position(|&byte| byte == b'\n').unwrap() + 1;
    for len in 0..bytes.len() {
        fs::write(&path, &bytes[..len]).unwrap();
        assert_eq!(read_events(&path).unwrap().len(), usize::from(len >= first), "{len}");
    }
    // What some file systems leave after a power failure.
    fs::write(&path, [&bytes[..first], &[0; 32]].concat()).unwrap();
    assert_eq!(read_events(&path).unwrap(), [train(1, 0.5)]);
}

#[test]
fn a_curve_is_one_metric_of_one_split() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("events.jsonl");
    let on_test = BTreeMap::from([(Metric::Accuracy, 0.5), (Metric::Loss, 9.0)]);
    let on_test = Event::Eval { step: 5, split: Split::Test, metrics: on_test };
    log_of(&path, &[train(5, 0.5), eval(5, 2.0), train(10, 0.25), eval(10, f64::NAN), on_test]);
    let curve = |split, metric| read_curve(&path, split, metric).unwrap().0;
    let val = curve(Split::Val, Metric::Loss);
    assert_eq!((val.len(), val[0], val[1].0), (2, (5, 2.0), 10));
    assert!(val[1].1.is_nan());
    assert_eq!(curve(Split::Test, Metric::Accuracy), [(5, 0.5)]);
    assert_eq!(curve(Split::Val, Metric::Accuracy), []);
    assert_eq!(curve(Split::Train, Metric::Loss), []);
    // A torn last line is not there yet; a damaged one is not passed over.
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, &text[..text.len() - 1]).unwrap();
    assert_eq!(curve(Split::Test, Metric::Accuracy), []);
    fs::write(&path, text.replacen("0.5", "0,5", 1)).unwrap();
    let error = read_curve(&path, Split::Val, Metric::Loss).unwrap_err();
    assert!(matches!(error, TrackingError::EditedLine { line: 1, .. }), "{error}");
    let none = read_curve(dir.path().join("none").as_path(), Split::Val, Metric::Loss);
    assert_eq!(none.unwrap(), (vec![], EventMark::default()));
}

#[test]
fn a_line_that_was_sealed_but_is_no_event_is_an_error_with_its_number() {
    let good = r#"{"train":{"step":1,"loss":1,"lr":1}}"#;
    for bad in ["{}", "{\"train\":{\"step\":1,\"loss\":null,\"lr\":1}}", "{\"stage\":{}}"] {
        let mut text = String::new();
        let mut mark = EventMark::default();
        for json in [good, bad, good] {
            let body = json.strip_suffix('}').unwrap();
            mark = mark.after(body.as_bytes(), &mut Vec::new());
            text.extend([body, ",\"seal\":\"", &mark.seal, "\"}\n"]);
        }
        let error = parse_events(Path::new("events.jsonl"), text.as_bytes()).unwrap_err();
        assert!(matches!(error, TrackingError::CorruptLine { line: 2, .. }), "{bad}: {error}");
    }
    let dir = tempfile::tempdir().unwrap();
    assert!(read_events(&dir.path().join("none.jsonl")).unwrap().is_empty());
    assert!(matches!(read_events(dir.path()), Err(TrackingError::Io { .. })));
}

#[test]
fn a_resumed_log_equals_an_uninterrupted_one() {
    let dir = tempfile::tempdir().unwrap();
    let (whole, resumed) = (dir.path().join("whole"), dir.path().join("resumed"));
    log_of(&whole, &[train(1, 1.0), train(2, 2.0), train(3, 3.0)]);
    let mut log = log_of(&resumed, &[train(1, 1.0)]);
    let keep = log.sync().unwrap();
    log.append(&train(2, 2.0)).unwrap();
    fs::OpenOptions::new().append(true).open(&resumed).unwrap().set_len(keep + 9).unwrap();
    let mut log = EventLog::open(&resumed, keep).unwrap();
    log.append(&train(2, 2.0)).unwrap();
    log.append(&train(3, 3.0)).unwrap();
    assert_eq!(fs::read(&resumed).unwrap(), fs::read(&whole).unwrap());
    // What the checkpoint counts on was edited: nothing is appended to it.
    let text = fs::read_to_string(&resumed).unwrap();
    fs::write(&resumed, text.replacen("1.0", "1.5", 1)).unwrap();
    let error = EventLog::open(&resumed, keep).unwrap_err();
    assert!(matches!(error, TrackingError::EditedLine { line: 1, .. }), "{error}");
}

#[test]
fn a_position_that_does_not_fit_the_file_loses_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("events.jsonl");
    let len = log_of(&path, &[train(1, 1.0)]).sync().unwrap();
    let before = fs::read(&path).unwrap();
    let held: Vec<u64> = (0..=len + 1).filter(|&bytes| EventLog::holds(&path, bytes)).collect();
    assert_eq!(held, [0, len]);
    let beyond = EventLog::open(&path, len + 1).unwrap_err();
    assert!(matches!(beyond, TrackingError::ShortLog { found, keep, .. } if found + 1 == keep));
    assert!(matches!(EventLog::open(&path, len - 1), Err(TrackingError::MidLine { .. })));
    assert_eq!(fs::read(&path).unwrap(), before);
    assert!(matches!(EventLog::open(dir.path(), 0), Err(TrackingError::Io { .. })));
}
