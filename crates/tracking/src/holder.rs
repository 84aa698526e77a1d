//! `Holder`: which process has a lock, in words that another machine can read.

use std::fmt;
use std::fs;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};
use rustix::system::uname;
use serde::{Deserialize, Serialize};

/// One process that took one lock. Nothing is drawn at random, and still no later process equals
/// it: not even a machine that starts again gives the same boot, number, start and time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Holder {
    /// What the lock is for.
    pub command: String,
    pub host: String,
    /// Since when the kernel runs, as it calls it; only where it tells.
    pub boot: Option<String>,
    /// Containers may share host and boot and still not see each other's processes.
    pub pid_space: Option<String>,
    pub pid: u32,
    /// When the process started, in ticks of its kernel; only where it tells.
    pub started: Option<u64>,
    /// When it took the lock. For people, and to tell two locks of one process apart: clocks of
    /// two machines are never compared.
    pub since_nanos: u64,
}

impl Holder {
    /// This process.
    pub(crate) fn this_process(command: &str) -> Self {
        let pid = std::process::id();
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        Self {
            command: command.into(),
            host: uname().nodename().to_string_lossy().into_owned(),
            boot: boot(),
            pid_space: pid_space(),
            pid,
            started: stat_of(pid).map(|stat| stat.started),
            since_nanos: since.map_or(0, |since| u64::try_from(since.as_nanos()).unwrap_or(0)),
        }
    }

    /// Whether it belongs to this kernel, and its number means here what it means there.
    pub(crate) fn is_here(&self) -> bool {
        let host = uname().nodename().to_string_lossy() == self.host;
        host && self.boot == boot() && self.pid_space == pid_space()
    }

    /// Whether the process still runs. Only for one that [`Holder::is_here`].
    pub(crate) fn is_alive(&self) -> bool {
        if let (Some(stat), Some(started)) = (stat_of(self.pid), self.started) {
            return stat.is_running && stat.started == started;
        }
        let pid = i32::try_from(self.pid).ok().and_then(Pid::from_raw);
        pid.is_some_and(|pid| matches!(test_kill_process(pid), Ok(()) | Err(Errno::PERM)))
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The text may come from anybody's file, and goes to a terminal.
        let plain = |text: &str| text.replace(char::is_control, " ");
        let (command, host) = (plain(&self.command), plain(&self.host));
        let since = utc(self.since_nanos / 1_000_000_000);
        write!(f, "`{command}` (process {} on {host}, since {since})", self.pid)
    }
}

fn boot() -> Option<String> {
    let id = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(id.trim().to_owned())
}

fn pid_space() -> Option<String> {
    let link = fs::read_link("/proc/self/ns/pid").ok()?;
    Some(link.to_string_lossy().into_owned())
}

struct Stat {
    is_running: bool,
    started: u64,
}

/// What the kernel says about a process; nothing where it says nothing.
fn stat_of(pid: u32) -> Option<Stat> {
    parse_stat(&fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("stat")).ok()?)
}

/// The name of the program, in brackets, may hold anything. State and start are fields 3 and 22.
fn parse_stat(text: &str) -> Option<Stat> {
    let mut fields = text.rsplit_once(')')?.1.split_ascii_whitespace();
    let state = fields.next()?;
    let started = fields.nth(18)?.parse().ok()?;
    // A zombie has given up its locks, and may stay for as long as nobody asks how it ended.
    Some(Stat { is_running: !matches!(state, "Z" | "X"), started })
}

/// `2026-01-31 12:34:56 UTC`, for seconds since 1970.
fn utc(secs: u64) -> String {
    let (days, secs_of_day) = (secs / 86_400, secs % 86_400);
    let (hour, minute, second) = (secs_of_day / 3600, secs_of_day / 60 % 60, secs_of_day % 60);
    let (year, month, day) = date(days);
    format!("{year}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC")
}

/// Year, month and day of a number of days since 1970, in the Gregorian calendar.
fn date(mut days: u64) -> (u64, u64, u64) {
    let is_leap =
        |year: u64| year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400);
    let mut year = 1970;
    loop {
        let days_of_year = if is_leap(year) { 366 } else { 365 };
        if days < days_of_year {
            break;
        }
        days -= days_of_year;
        year += 1;
    }
    let february = if is_leap(year) { 29 } else { 28 };
    let mut month = 1;
    for days_of_month in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30] {
        if days < days_of_month {
            break;
        }
        days -= days_of_month;
        month += 1;
    }
    (year, month, days + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_here_and_lives() {
        let holder = Holder::this_process("x");
        assert!(holder.is_here() && holder.is_alive());
        let text = serde_json::to_string(&holder).unwrap();
        assert_eq!(serde_json::from_str::<Holder>(&text).unwrap(), holder);
        assert_ne!(Holder::this_process("x"), holder, "the second lock of a process is another");
    }

    #[test]
    fn each_part_of_the_place_makes_it_another() {
        let here = Holder::this_process("x");
        assert!(!Holder { host: "other".into(), ..here.clone() }.is_here());
        assert!(!Holder { boot: Some("other".into()), ..here.clone() }.is_here());
        assert!(!Holder { pid_space: Some("pid:[1]".into()), ..here }.is_here());
    }

    #[test]
    fn a_process_that_ended_is_dead_before_and_after_it_is_waited_for() {
        let mut child = std::process::Command::new("true")
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let started = stat_of(child.id()).map(|stat| stat.started);
        let holder = Holder { pid: child.id(), started, ..Holder::this_process("x") };
        // Not a wait for the process: it stays a zombie.
        while holder.is_alive() {
            std::thread::yield_now();
        }
        child.wait().unwrap();
        assert!(!holder.is_alive());
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_number_that_came_back_is_another_process() {
        let holder = Holder::this_process("x");
        let earlier = holder.started.map(|started| started - 1);
        assert!(!Holder { started: earlier, ..holder }.is_alive());
    }

    #[test]
    fn the_name_of_a_program_does_not_confuse_the_fields() {
        let tail = format!("{} 4711 9", "1 ".repeat(17).trim());
        let stat = parse_stat(&format!("7 (a) b (c) R 0 {tail}")).unwrap();
        assert_eq!((stat.is_running, stat.started), (true, 4711));
        assert!(!parse_stat(&format!("7 (a) Z 0 {tail}")).unwrap().is_running);
        assert!(parse_stat("7 (a) R 1 2").is_none() && parse_stat("").is_none());
    }

    #[test]
    fn what_is_shown_cannot_steer_a_terminal() {
        let holder = Holder {
            command: "cargo xtask\nablation".into(),
            host: "a\u{1b}[2J".into(),
            pid: 12,
            since_nanos: 1_798_761_599_999_999_999,
            ..Holder::this_process("")
        };
        let text = "`cargo xtask ablation` (process 12 on a [2J, since 2026-12-31 23:59:59 UTC)";
        assert_eq!(holder.to_string(), text);
    }

    #[test]
    fn times_are_those_of_the_calendar() {
        assert_eq!(utc(0), "1970-01-01 00:00:00 UTC");
        assert_eq!(utc(951_782_399), "2000-02-28 23:59:59 UTC");
        assert_eq!(utc(951_782_400), "2000-02-29 00:00:00 UTC");
        assert_eq!(utc(1_709_251_200), "2024-03-01 00:00:00 UTC");
        assert_eq!(utc(1_798_761_599), "2026-12-31 23:59:59 UTC");
        assert_eq!(utc(4_107_542_400), "2100-03-01 00:00:00 UTC");
    }
}
