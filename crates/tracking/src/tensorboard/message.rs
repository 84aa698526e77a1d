//! The messages of an event file, without their wall time.

use std::collections::BTreeMap;

use protobuf::well_known_types::Value;
use protobuf::{Message, RepeatedField};
use tensorboard_proto::api::Status;
use tensorboard_proto::event::{Event, SessionLog, SessionLog_SessionStatus};
use tensorboard_proto::plugin_hparams::{HParamsPluginData, SessionEndInfo, SessionStartInfo};
use tensorboard_proto::summary::{
    Summary, Summary_Value, SummaryMetadata, SummaryMetadata_PluginData,
};

use crate::HParam;

/// The first message of every file.
pub(crate) fn file_version() -> Event {
    let mut event = Event::new();
    event.set_file_version("brain.Event:2".into());
    event
}

/// Voids what earlier files have from `step` on.
pub(crate) fn session_log_start(step: u64) -> Event {
    let mut log = SessionLog::new();
    log.set_status(SessionLog_SessionStatus::START);
    let mut event = at(step);
    event.set_session_log(log);
    event
}

pub(crate) fn scalar(tag: &str, step: u64, value: f32) -> Event {
    let mut event = at(step);
    event.set_summary(tensorboard_rs::summary::scalar(tag, value));
    event
}

/// A session of the hparams page.
pub(crate) fn session_start(
    hparams: &BTreeMap<String, HParam>,
    group_name: &str,
    now: f64,
) -> Event {
    let mut start = SessionStartInfo::new();
    for (name, hparam) in hparams {
        let mut value = Value::new();
        match hparam {
            HParam::Number(number) => value.set_number_value(*number),
            HParam::Text(text) => value.set_string_value(text.clone()),
        }
        start.mut_hparams().insert(name.clone(), value);
    }
    start.set_group_name(group_name.into());
    start.set_start_time_secs(now);
    let mut data = HParamsPluginData::new();
    data.set_session_start_info(start);
    hparams_event("_hparams_/session_start_info", &data)
}

/// Its end.
pub(crate) fn session_end(ok: bool, now: f64) -> Event {
    let status = if ok { Status::STATUS_SUCCESS } else { Status::STATUS_FAILURE };
    let mut end = SessionEndInfo::new();
    end.set_status(status);
    end.set_end_time_secs(now);
    let mut data = HParamsPluginData::new();
    data.set_session_end_info(end);
    hparams_event("_hparams_/session_end_info", &data)
}

fn hparams_event(tag: &str, data: &HParamsPluginData) -> Event {
    let content = data.write_to_bytes().expect("invariant: a message without required fields");
    let mut plugin = SummaryMetadata_PluginData::new();
    plugin.set_plugin_name("hparams".into());
    plugin.set_content(content);
    let mut metadata = SummaryMetadata::new();
    metadata.set_plugin_data(plugin);
    let mut value = Summary_Value::new();
    value.set_tag(tag.into());
    value.set_metadata(metadata);
    let mut summary = Summary::new();
    summary.set_value(RepeatedField::from_vec(vec![value]));
    let mut event = at(0);
    event.set_summary(summary);
    event
}

fn at(step: u64) -> Event {
    let mut event = Event::new();
    event.set_step(step_of(step));
    event
}

/// TensorBoard's steps have a sign.
pub(crate) fn step_of(step: u64) -> i64 {
    i64::try_from(step).unwrap_or(i64::MAX)
}
