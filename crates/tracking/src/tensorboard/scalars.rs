//! `read_scalars`: the curves of a folder of event files, as TensorBoard shows them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use protobuf::Message;
use tensorboard_proto::event::Event;

use super::{event_files, record};
use crate::TrackingError;

/// Value by tag and step. Files are read in the order of their names; a session start makes void
/// what came before it from its step on. A record that is cut short or damaged ends its file, as it
/// does for TensorBoard: a killed process leaves such an end. No points where there is no folder.
pub fn read_scalars(dir: &Path) -> Result<Scalars, TrackingError> {
    Ok(read(dir)?.0)
}

/// Value by tag and step.
type Scalars = BTreeMap<(String, i64), f32>;

/// The scalars, and whether the last file is whole: the others may have been cut by kills.
pub(crate) fn read(dir: &Path) -> Result<(Scalars, bool), TrackingError> {
    let mut points = BTreeMap::new();
    let mut is_whole = true;
    for file in event_files(dir).map_err(TrackingError::io("read", dir))? {
        let bytes = fs::read(&file).map_err(TrackingError::io("read", &file))?;
        let mut rest = bytes.as_slice();
        while let Some((data, after)) = record::first(rest) {
            let Ok(event) = Event::parse_from_bytes(data) else { break };
            add(&mut points, &event);
            rest = after;
        }
        is_whole = rest.is_empty();
    }
    Ok((points, is_whole))
}

fn add(points: &mut Scalars, event: &Event) {
    let step = event.get_step();
    if event.has_session_log() {
        points.retain(|(_, earlier), _| *earlier < step);
    }
    let values = event.get_summary().get_value().iter();
    points.extend(
        values
            .filter(|value| value.has_simple_value())
            .map(|value| ((value.get_tag().to_owned(), step), value.get_simple_value())),
    );
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;
    use crate::TbWriter;

    /// A session that writes `value` for these steps.
    fn session(dir: &Path, start: u64, steps: &[u64], value: f64) {
        let mut writer = TbWriter::open(dir, start).unwrap();
        for step in steps {
            writer.scalar("loss", *step, value).unwrap();
        }
    }

    fn values(dir: &Path) -> Vec<(i64, f32)> {
        let points = read_scalars(dir).unwrap();
        points.into_iter().map(|((_, step), value)| (step, value)).collect()
    }

    #[test]
    fn a_later_session_replaces_what_comes_from_its_step_on() {
        let dir = tempfile::tempdir().unwrap();
        session(dir.path(), 0, &[1, 2, 3, 4], 0.5);
        session(dir.path(), 3, &[3, 5], 0.25);
        assert_eq!(values(dir.path()), [(1, 0.5), (2, 0.5), (3, 0.25), (5, 0.25)]);
        assert_eq!(values(&dir.path().join("none")), []);
    }

    #[test]
    fn the_torn_or_damaged_end_of_a_file_is_left_out_and_the_next_file_is_read() {
        let dir = tempfile::tempdir().unwrap();
        session(dir.path(), 0, &[1, 2], 0.5);
        let file = event_files(dir.path()).unwrap().remove(0);
        let whole = fs::read(&file).unwrap();
        session(dir.path(), 7, &[7], 0.25);
        File::options().write(true).open(&file).unwrap().set_len(whole.len() as u64 - 3).unwrap();
        assert_eq!(values(dir.path()), [(1, 0.5), (7, 0.25)]);
        let mut flipped = whole;
        let last = flipped.len() - 6;
        flipped[last] ^= 1;
        fs::write(&file, flipped).unwrap();
        assert_eq!(values(dir.path()), [(1, 0.5), (7, 0.25)]);
    }
}
