//! Reads event files back, for the tests of this crate.

use std::fs;
use std::path::Path;

use protobuf::Message;
use tensorboard_proto::event::Event;

/// All messages of a file. Panics at a record that is not whole.
pub(crate) fn messages(file: &Path) -> Vec<Event> {
    let bytes = fs::read(file).unwrap();
    let mut rest = &bytes[..];
    let mut messages = Vec::new();
    while !rest.is_empty() {
        let len = u64::from_le_bytes(rest[..8].try_into().unwrap()) as usize;
        messages.push(Event::parse_from_bytes(&rest[12..12 + len]).unwrap());
        rest = &rest[12 + len + 4..];
    }
    messages
}

/// Tag, step and value of all scalars.
pub(crate) fn scalars(file: &Path) -> Vec<(String, i64, f32)> {
    let messages = messages(file);
    let values = messages.iter().flat_map(|message| {
        let values = message.get_summary().get_value().iter();
        values.filter(|value| value.has_simple_value()).map(|value| (message.get_step(), value))
    });
    values.map(|(step, value)| (value.get_tag().into(), step, value.get_simple_value())).collect()
}

/// What each message is: its version, `start <step>`, or its tag.
pub(crate) fn kinds(file: &Path) -> Vec<String> {
    let kind = |message: &Event| {
        if message.has_session_log() {
            format!("start {}", message.get_step())
        } else if message.has_summary() {
            message.get_summary().get_value()[0].get_tag().into()
        } else {
            message.get_file_version().into()
        }
    };
    messages(file).iter().map(kind).collect()
}
