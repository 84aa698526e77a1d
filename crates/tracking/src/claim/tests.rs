//! Every rule, with heartbeats of other machines written by hand. No time goes by.

use std::cell::Cell;

use super::*;
use crate::heartbeat::Beat;

fn write(dir: &Path, holder: &Holder, count: u64) {
    let beat = Beat { holder: holder.clone(), count };
    fs::write(dir.join(NAME), serde_json::to_vec(&beat).unwrap()).unwrap();
}

fn elsewhere() -> Holder {
    Holder { host: "node7".into(), ..Holder::this_process("cargo xtask ablation a") }
}

fn dead() -> Holder {
    // More than any system gives.
    Holder { pid: i32::MAX as u32, ..Holder::this_process("cargo xtask ablation a") }
}

fn owner(dir: &Path) -> Holder {
    let Found::Beat(beat) = Found::read(dir).unwrap() else { panic!("no beat") };
    beat.holder
}

fn try_it(dir: &Path, reach: Reach, strangers: Strangers) -> Result<Heartbeat, Denied> {
    claim(dir, "mine", reach, strangers, &mut |_| {})
}

const BOTH: [Reach; 2] = [Reach::Kept, Reach::Unsupported];

#[test]
fn an_empty_folder_is_ours() {
    for reach in BOTH {
        let dir = tempfile::tempdir().unwrap();
        let heartbeat = try_it(dir.path(), reach, Strangers::Refuse).unwrap();
        assert_eq!(owner(dir.path()).command, "mine");
        drop(heartbeat);
        assert_eq!(Found::read(dir.path()).unwrap(), Found::Nothing);
    }
}

#[test]
fn the_dead_of_this_machine_leave_it_to_us() {
    for reach in BOTH {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), &dead(), 7);
        let _heartbeat = try_it(dir.path(), reach, Strangers::Refuse).unwrap();
        assert_eq!(owner(dir.path()).command, "mine");
    }
}

#[test]
fn the_living_of_this_machine_keep_it_even_without_a_lock() {
    for reach in BOTH {
        for strangers in [Strangers::Refuse, Strangers::Replace] {
            let dir = tempfile::tempdir().unwrap();
            let living = Holder::this_process("theirs");
            write(dir.path(), &living, 7);
            let denied = try_it(dir.path(), reach, strangers).unwrap_err();
            assert!(matches!(&denied, Denied::Here(holder) if **holder == living), "{denied:?}");
            assert_eq!(owner(dir.path()), living);
        }
    }
}

#[test]
fn a_process_that_is_just_dying_is_waited_for() {
    let dir = tempfile::tempdir().unwrap();
    let mut child =
        std::process::Command::new("cat").stdin(std::process::Stdio::piped()).spawn().unwrap();
    let stat = fs::read_to_string(format!("/proc/{}/stat", child.id())).unwrap();
    let started = stat.rsplit_once(')').unwrap().1.split_whitespace().nth(19).unwrap();
    let started = Some(started.parse().unwrap());
    write(dir.path(), &Holder { pid: child.id(), started, ..Holder::this_process("x") }, 7);
    let mut pause = |_| {
        child.kill().unwrap();
        child.wait().unwrap();
    };
    claim(dir.path(), "mine", Reach::Kept, Strangers::Refuse, &mut pause).unwrap();
}

#[test]
fn another_machine_is_refused_unless_it_was_watched() {
    for reach in BOTH {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), &elsewhere(), 7);
        let denied = try_it(dir.path(), reach, Strangers::Refuse).unwrap_err();
        let Denied::Elsewhere(Some(holder)) = denied else { panic!("{denied:?}") };
        assert_eq!(owner(dir.path()), *holder);
        let _heartbeat = try_it(dir.path(), reach, Strangers::Replace).unwrap();
        assert_eq!(owner(dir.path()).command, "mine");
    }
}

#[test]
fn a_heartbeat_that_cannot_be_read_may_be_anybodys() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join(NAME), "{\"holder\": ").unwrap();
    assert!(is_elsewhere(dir.path()).unwrap());
    let denied = try_it(dir.path(), Reach::Kept, Strangers::Refuse).unwrap_err();
    assert!(matches!(denied, Denied::Elsewhere(None)), "{denied:?}");
    try_it(dir.path(), Reach::Kept, Strangers::Replace).unwrap();
}

#[test]
fn without_locks_the_last_to_replace_a_dead_one_has_it() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), &dead(), 7);
    let mut pause = |_| write(dir.path(), &elsewhere(), 0);
    let denied =
        claim(dir.path(), "mine", Reach::Unsupported, Strangers::Refuse, &mut pause).unwrap_err();
    let Denied::Elsewhere(Some(holder)) = denied else { panic!("{denied:?}") };
    assert_eq!(owner(dir.path()), *holder);
}

#[test]
fn without_locks_a_folder_that_cannot_be_written_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let gone = dir.path().join("gone");
    let denied = settle(&gone, elsewhere(), &Found::Nothing, &mut |_| {}).unwrap_err();
    assert!(matches!(denied, Denied::Failed(TrackingError::Io { action: "write", .. })));
}

#[test]
fn what_moves_lives_and_what_rests_does_not() {
    let dirs = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    dirs.iter().for_each(|dir| write(dir.path(), &elsewhere(), 7));
    let paths = [dirs[0].path(), dirs[1].path()];
    let waited = Cell::new(Duration::ZERO);
    let rest = |time| waited.set(waited.get() + time);
    watch(&paths, Duration::from_secs(10), &mut |time| rest(time)).unwrap();
    assert_eq!(waited.get(), Duration::from_secs(10));

    // The second of them, at the last moment.
    let (same, mut looks) = (elsewhere(), 0);
    write(paths[1], &same, 7);
    let mut late = |_| {
        looks += 1;
        write(paths[1], &same, if looks == LOOKS { 8 } else { 7 });
    };
    let error = watch(&paths, Duration::from_secs(10), &mut late).unwrap_err();
    let TrackingError::Alive { dir, holder } = &error else { panic!("{error}") };
    assert!(dir == paths[1] && holder.contains("on node7"), "{error}");
}

#[test]
fn one_that_ends_while_it_is_watched_is_no_obstacle() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), &elsewhere(), 7);
    watch(&[dir.path()], Duration::from_secs(10), &mut |_| forget(dir.path()).unwrap()).unwrap();
}

#[test]
fn only_want_of_locks_is_want_of_locks() {
    for errno in [Errno::NOLCK, Errno::OPNOTSUPP, Errno::NOSYS] {
        assert_eq!(reach(Err(errno.into()), Path::new("x")).unwrap(), Reach::Unsupported);
    }
    for errno in [Errno::IO, Errno::ACCESS, Errno::BADF] {
        let error = reach(Err(errno.into()), Path::new("x")).unwrap_err();
        assert!(matches!(error, TrackingError::Io { action: "lock", .. }));
    }
}
