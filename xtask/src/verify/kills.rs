//! `Kills`: when each session of a trial is killed, and what the kill left on disk.

use std::fs;
use std::path::Path;
use std::time::Duration;

use fireassay_spec::{Purpose, Stream, path_key};
use fireassay_tracking::{Event, RunDir};
use serde::Deserialize;

use crate::ui::{Answer, Exit, OrRefuse};

/// Which kill times are drawn. One is as good as another; a fixed one can be repeated.
pub(crate) const KILL_SEED: u64 = 1;

/// How many checkpoints come between two kills on average: so many that the trial gets on, and
/// so few that a good part of its time is not spent in one.
const CHECKPOINTS_PER_KILL: f64 = 4.0;

/// What an undisturbed trial took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Undisturbed {
    /// From start to end.
    pub(crate) wall: Duration,
    /// Of these, until the first step.
    pub(crate) startup: Duration,
}

/// A plan of kills.
#[derive(Debug)]
pub(crate) struct Kills {
    /// How long each session lives.
    pub(crate) lives: Vec<Duration>,
    /// Between two checkpoints, as long as kills come.
    pub(crate) checkpoint_every: Duration,
}

impl Kills {
    /// Draws `count` kills. Sessions live uniformly long from nothing to a start-up and two mean
    /// gaps, so that the kills spread over the undisturbed run's time and some hit a start-up.
    pub(crate) fn draw(count: u32, undisturbed: Undisturbed) -> Self {
        let gap = undisturbed.wall / (count + 1);
        let longest = undisturbed.startup.min(undisturbed.wall) + 2 * gap;
        let stream = Stream::new(KILL_SEED, Purpose::Order, path_key("kills"), 0);
        let share = |word: u32| f64::from(word) / f64::from(u32::MAX);
        let words = stream.words(count as usize);
        let lives = words.into_iter().map(|word| longest.mul_f64(share(word))).collect();
        Self { lives, checkpoint_every: gap.div_f64(CHECKPOINTS_PER_KILL) }
    }
}

/// What lies in a run directory after a kill.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Remains {
    /// The step that the next session goes on from; 0 starts over.
    pub(crate) checkpoint_step: u64,
    /// The last step with an event.
    pub(crate) event_step: u64,
    /// A checkpoint was being written.
    pub(crate) mid_checkpoint: bool,
}

impl Remains {
    /// Reads them, before the next session tidies up.
    pub(crate) fn read(run: &RunDir) -> Answer<Self> {
        let sets = manifest(&run.checkpoints());
        let event_step = run.events().or_refuse(Exit::Usage)?.last().map_or(0, step_of);
        Ok(Self {
            checkpoint_step: sets.first().map_or(0, |set| set.step),
            event_step,
            mid_checkpoint: is_mid_write(&run.checkpoints(), &sets),
        })
    }

    /// Steps that have to be done again, at least: not every step leaves an event.
    pub(crate) fn steps_lost(self) -> u64 {
        self.event_step.saturating_sub(self.checkpoint_step)
    }
}

/// The step of an event.
pub(crate) fn step_of(event: &Event) -> u64 {
    match event {
        Event::Train { step, .. } | Event::Eval { step, .. } => *step,
    }
}

/// A set of the trainer's checkpoint manifest, as far as it matters here.
#[derive(Debug, Deserialize)]
struct Set {
    step: u64,
    file: String,
}

/// The sets, newest first; none without a manifest.
fn manifest(checkpoints: &Path) -> Vec<Set> {
    #[derive(Deserialize)]
    struct Manifest {
        sets: Vec<Set>,
    }
    let text = fs::read(checkpoints.join("manifest.json")).unwrap_or_default();
    serde_json::from_slice::<Manifest>(&text).map_or_else(|_| Vec::new(), |manifest| manifest.sets)
}

/// Whether a file is not yet renamed, or a set is not yet named, or not yet removed.
fn is_mid_write(checkpoints: &Path, sets: &[Set]) -> bool {
    let entries = fs::read_dir(checkpoints).into_iter().flatten().flatten();
    let mut names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    names.any(|name| {
        let is_set = name.starts_with("step-") && name.ends_with(".safetensors");
        name.ends_with(".tmp") || is_set && sets.iter().all(|set| set.file != name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lives_are_the_same_each_time_and_spread_over_the_run() {
        let undisturbed =
            Undisturbed { wall: Duration::from_secs(101), startup: Duration::from_secs(1) };
        let kills = Kills::draw(100, undisturbed);
        assert_eq!(kills.lives, Kills::draw(100, undisturbed).lives);
        assert_eq!(kills.lives.len(), 100);
        let longest = Duration::from_secs(3);
        assert!(kills.lives.iter().all(|life| *life <= longest));
        let in_startup = kills.lives.iter().filter(|life| **life < undisturbed.startup).count();
        assert!((20..50).contains(&in_startup), "{in_startup} of 100 in the first third");
        let total: Duration = kills.lives.iter().sum();
        assert!((120..180).contains(&total.as_secs()), "{total:?} of 150 s expected");
        assert_eq!(kills.checkpoint_every, Duration::from_millis(250));
    }

    #[test]
    fn a_start_up_longer_than_the_run_counts_as_the_run() {
        let undisturbed =
            Undisturbed { wall: Duration::from_millis(8), startup: Duration::from_millis(100) };
        let kills = Kills::draw(3, undisturbed);
        assert!(kills.lives.iter().all(|life| *life <= Duration::from_millis(12)));
    }

    #[test]
    fn a_checkpoint_that_is_being_written_shows() {
        let dir = tempfile::tempdir().unwrap();
        let check = |expected: bool| {
            let sets = manifest(dir.path());
            assert_eq!(is_mid_write(dir.path(), &sets), expected, "{sets:?}");
        };
        check(false);
        let touch = |name: &str| fs::write(dir.path().join(name), "").unwrap();
        touch("step-00000002.safetensors");
        check(true);
        let text = r#"{"schema":1,"sets":[{"step":2,"file":"step-00000002.safetensors"}]}"#;
        fs::write(dir.path().join("manifest.json"), text).unwrap();
        touch("selected.safetensors");
        check(false);
        touch(".step-00000003.safetensors.7-0.tmp");
        check(true);
        assert_eq!(manifest(dir.path())[0].step, 2);
    }

    #[test]
    fn steps_after_the_checkpoint_are_lost() {
        let lost = |event_step, checkpoint_step| {
            Remains { event_step, checkpoint_step, mid_checkpoint: false }.steps_lost()
        };
        assert_eq!(lost(30, 25), 5);
        assert_eq!(lost(20, 25), 0);
    }
}
