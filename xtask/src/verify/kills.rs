//! `Kills`: when each session of a trial is killed, and what the kill left on disk.

use std::collections::BTreeSet;
use std::fs::{self, Metadata};
use std::path::Path;
use std::time::{Duration, SystemTime};

use fireassay_spec::{Purpose, Stream, path_key};
use fireassay_tracking::{CheckpointManifest, CheckpointSet, Event, RunDir};

use crate::ui::{Answer, Exit, OrRefuse};

/// Which kill times are drawn. One is as good as another; a fixed one can be repeated.
pub(crate) const KILL_SEED: u64 = 1;

/// How many checkpoints come between two kills on average: enough for the trial to get on, and
/// for a good part of the kills to hit one.
const CHECKPOINTS_PER_KILL: f64 = 8.0;

/// The trainer writes an event at least this often.
const STEPS_PER_EVENT: u64 = 10;

/// What an undisturbed trial took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Undisturbed {
    /// From start to end.
    pub(crate) wall: Duration,
    /// Of these, until the first step.
    pub(crate) startup: Duration,
    /// Updates made.
    pub(crate) steps: u64,
}

/// A plan of kills.
#[derive(Debug)]
pub(crate) struct Kills {
    undisturbed: Undisturbed,
    /// Of each session: its life as a share of the longest possible.
    shares: Vec<f64>,
}

impl Kills {
    /// Draws `count` kills.
    pub(crate) fn draw(count: u32, undisturbed: Undisturbed) -> Self {
        let startup = undisturbed.startup.min(undisturbed.wall);
        let stream = Stream::new(KILL_SEED, Purpose::Order, path_key("kills"), 0);
        let words = stream.words(count as usize).into_iter();
        let shares = words.map(|word| f64::from(word) / f64::from(u32::MAX)).collect();
        Self { undisturbed: Undisturbed { startup, ..undisturbed }, shares }
    }

    /// How many.
    pub(crate) fn count(&self) -> usize {
        self.shares.len()
    }

    /// How long a session lives that goes on after `step`: uniformly from nothing to a start-up and
    /// twice the mean gap that spreads the kills still to come over the steps still to come.
    /// However much checkpoints and lost steps slow the trial down, kills reach its end.
    pub(crate) fn life(&self, session: usize, step: u64) -> Duration {
        let Undisturbed { wall, startup, steps } = self.undisturbed;
        let left = 1.0 - (step as f64 / steps.max(1) as f64).min(1.0);
        let gaps = self.count().saturating_sub(session) + 1;
        let longest = startup + 2 * wall.mul_f64(left / gaps as f64);
        longest.mul_f64(self.shares.get(session).copied().unwrap_or(1.0))
    }

    /// Between two checkpoints, as long as kills come.
    pub(crate) fn checkpoint_every(&self) -> Duration {
        let gap = self.undisturbed.wall.div_f64(self.count() as f64 + 1.0);
        gap.div_f64(CHECKPOINTS_PER_KILL)
    }
}

/// What lies in a run directory after a kill.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Remains {
    /// The step that the next session goes on from; 0 starts over.
    pub(crate) checkpoint_step: u64,
    /// The last step with an event.
    pub(crate) event_step: u64,
    /// Steps that have to be done again, at least and at most: not every step leaves an event.
    pub(crate) steps_lost: [u64; 2],
    /// A checkpoint was being written.
    pub(crate) mid_checkpoint: bool,
}

impl Remains {
    /// Reads them, before the next session tidies up. `before` is from before the session: a kill
    /// during start-up leaves the traces of the kill before it.
    pub(crate) fn read(run: &RunDir, before: &Traces) -> Answer<Self> {
        let after = Traces::read(run);
        let checkpoint_step = sets(&run.checkpoints()).first().map_or(0, |set| set.step);
        let event_step = run.events().or_refuse(Exit::Usage)?.last().map_or(0, Event::step);
        let lost = |last_step: u64| last_step.saturating_sub(checkpoint_step);
        let is_idle = after.events == before.events;
        let lost = [lost(event_step), lost(event_step + STEPS_PER_EVENT - 1)];
        Ok(Self {
            checkpoint_step,
            event_step,
            steps_lost: if is_idle { [0, 0] } else { lost },
            mid_checkpoint: !after.unfinished.is_subset(&before.unfinished),
        })
    }
}

/// By what a session that was killed in its work is told from one that never came to it.
#[derive(Debug, Default)]
pub(crate) struct Traces {
    /// When events were written.
    events: Option<SystemTime>,
    /// Files of an unfinished checkpoint, and when they were written.
    unfinished: BTreeSet<(String, Option<SystemTime>)>,
}

impl Traces {
    /// Reads them; none where nothing has been written yet.
    pub(crate) fn read(run: &RunDir) -> Self {
        let events = modified(fs::metadata(run.events_path()));
        Self { events, unfinished: unfinished(&run.checkpoints()) }
    }
}

fn modified(metadata: std::io::Result<Metadata>) -> Option<SystemTime> {
    metadata.and_then(|metadata| metadata.modified()).ok()
}

/// The sets, newest first; none without a sound manifest.
fn sets(checkpoints: &Path) -> Vec<CheckpointSet> {
    let manifest = CheckpointManifest::read(checkpoints).ok().flatten();
    manifest.map_or_else(Vec::new, |manifest| manifest.sets)
}

/// Files that are not yet renamed, and sets that are not yet named, or named no more.
fn unfinished(checkpoints: &Path) -> BTreeSet<(String, Option<SystemTime>)> {
    let sets = sets(checkpoints);
    let is_unfinished = |name: &str| {
        let is_set = name.starts_with("step-") && name.ends_with(".safetensors");
        name.ends_with(".tmp") || is_set && sets.iter().all(|set| set.file != name)
    };
    let entries = fs::read_dir(checkpoints).into_iter().flatten().flatten();
    let named = entries.filter_map(|entry| {
        let name = entry.file_name().into_string().ok()?;
        is_unfinished(&name).then(|| (name, modified(entry.metadata())))
    });
    named.collect()
}

#[cfg(test)]
mod tests {
    use fireassay_tracking::EventLog;

    use super::*;

    fn kills(count: u32, wall_secs: u64, startup_secs: u64) -> Kills {
        let secs = Duration::from_secs;
        let (wall, startup) = (secs(wall_secs), secs(startup_secs));
        Kills::draw(count, Undisturbed { wall, startup, steps: 1000 })
    }

    #[test]
    fn lives_are_the_same_each_time_and_spread_over_the_run() {
        let drawn = |kills: &Kills| -> Vec<Duration> {
            let at = |index: usize| kills.life(index, 10 * index as u64);
            (0..kills.count()).map(at).collect()
        };
        // A step of a trial that gets on as planned: a hundredth per kill.
        let lives = drawn(&kills(100, 101, 1));
        assert_eq!(lives, drawn(&kills(100, 101, 1)));
        let longest = Duration::from_millis(3100);
        assert!(lives.iter().all(|life| *life <= longest), "{lives:?}");
        let in_startup = lives.iter().filter(|life| life.as_secs() < 1).count();
        assert!((20..50).contains(&in_startup), "{in_startup} of 100 in the first third");
        let total: Duration = lives.iter().sum();
        assert!((120..180).contains(&total.as_secs()), "{total:?} of 150 s expected");
        assert_eq!(kills(100, 101, 1).checkpoint_every(), Duration::from_millis(125));
    }

    #[test]
    fn a_trial_that_lags_behind_lives_longer_and_one_at_its_end_for_a_start_up() {
        let kills = kills(10, 110, 2);
        for session in 0..10 {
            assert!(kills.life(session, 100) >= kills.life(session, 500));
            assert!(kills.life(session, 1000) <= Duration::from_secs(2));
        }
        assert!(kills.life(9, 100) > kills.life(9, 900));
    }

    #[test]
    fn a_start_up_longer_than_the_run_counts_as_the_run() {
        let kills = kills(3, 8, 100);
        assert!((0..3).all(|session| kills.life(session, 0) <= Duration::from_secs(16)));
    }

    fn name_set(checkpoints: &Path, step: u64) {
        let file = format!("step-{step:08}.safetensors");
        let sets = vec![CheckpointSet { step, file, blake3: String::new() }];
        let schema = CheckpointManifest::SCHEMA;
        let manifest = CheckpointManifest { schema, binary_hash: String::new(), sets };
        manifest.write(checkpoints).unwrap();
    }

    #[test]
    fn a_checkpoint_that_is_being_written_shows() {
        let dir = tempfile::tempdir().unwrap();
        let check = |expected: &[&str]| {
            let found = unfinished(dir.path());
            let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
            assert_eq!(names, expected);
        };
        check(&[]);
        let touch = |name: &str| fs::write(dir.path().join(name), "").unwrap();
        touch("step-00000002.safetensors");
        check(&["step-00000002.safetensors"]);
        name_set(dir.path(), 2);
        touch("selected.safetensors");
        check(&[]);
        touch(".step-00000003.safetensors.7-0.tmp");
        check(&[".step-00000003.safetensors.7-0.tmp"]);
        assert_eq!(sets(dir.path())[0].step, 2);
    }

    #[test]
    fn steps_after_the_checkpoint_are_lost_unless_the_session_never_came_to_work() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("trial.json"), "{}").unwrap();
        let run = RunDir::open(folder.path()).unwrap();
        let before = Traces::read(&run);
        let event = Event::Train { step: 40, loss: 1.0, lr: 0.1 };
        EventLog::open(&run.events_path(), 0).unwrap().append(&event).unwrap();
        fs::create_dir(run.checkpoints()).unwrap();
        name_set(&run.checkpoints(), 35);
        let expected = Remains {
            checkpoint_step: 35,
            event_step: 40,
            steps_lost: [5, 14],
            mid_checkpoint: false,
        };
        assert_eq!(Remains::read(&run, &before).unwrap(), expected);
        let same = Traces::read(&run);
        let idle = Remains { steps_lost: [0, 0], ..expected };
        assert_eq!(Remains::read(&run, &same).unwrap(), idle);
        let temp = run.checkpoints().join(".step-00000045.safetensors.7-0.tmp");
        fs::write(temp, "").unwrap();
        let hit = Remains { mid_checkpoint: true, ..idle };
        assert_eq!(Remains::read(&run, &same).unwrap(), hit);
    }
}
