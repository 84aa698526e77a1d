//! How the program talks: exit codes, the verb column on stderr, the answer on stdout.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};

use comfy_table::{CellAlignment, Table, presets};
use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme};
use textwrap::WordSplitter;

/// Every way in which the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// 0: all is well.
    Ok,
    /// 1: a bug in this program.
    Bug,
    /// 2: wrong usage, an invalid or infeasible experiment, or a machine that cannot do it.
    Usage,
    /// 3: finished, but some trials have no result.
    TrialsFailed,
    /// 4: a check failed: a condition that changes nothing, a stale report, a wrong hash, half-done
    /// trials of another program, a comparison that finds what it must not.
    CheckFailed,
    /// 5: nothing matched the selection.
    NothingSelected,
    /// 75: nothing failed, but not all is done: trials were interrupted or not started, or another
    /// command took over. The same command goes on. Also the code of a trial that stopped at a
    /// checkpoint, so that a scheduler may requeue it.
    Resumable,
    /// 130 or 143: stopped by SIGINT or SIGTERM, after a clean stop.
    Signal(u8),
}

impl Exit {
    /// What the shell sees.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Bug => 1,
            Self::Usage => 2,
            Self::TrialsFailed => 3,
            Self::CheckFailed => 4,
            Self::NothingSelected => 5,
            Self::Resumable => 75,
            Self::Signal(code) => code,
        }
    }
}

/// A reason to stop, with its exit code.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) exit: Exit,
    pub(crate) report: miette::Report,
}

/// What a command comes to.
pub(crate) type Answer<T = Exit> = Result<T, Refusal>;

impl Refusal {
    /// A message, and what to do about it (if anything).
    pub(crate) fn new(exit: Exit, message: impl Into<String>, help: &str) -> Self {
        let mut diagnostic = miette::MietteDiagnostic::new(message);
        if !help.is_empty() {
            diagnostic = diagnostic.with_help(help);
        }
        Self { exit, report: diagnostic.into() }
    }

    /// An error of a library, with all its causes.
    pub(crate) fn from_error<E>(exit: Exit, error: E) -> Self
    where
        E: std::error::Error + Send + Sync + 'static,
    {
        Self { exit, report: miette::Report::msg(with_causes(&error)) }
    }

    /// A diagnostic of a library, with its source code and carets.
    pub(crate) fn from_diagnostic<E>(exit: Exit, error: E) -> Self
    where
        E: miette::Diagnostic + Send + Sync + 'static,
    {
        Self { exit, report: error.into() }
    }
}

/// Turns library errors into refusals: `result.or_refuse(Exit::Usage)?`.
pub(crate) trait OrRefuse<T> {
    /// The value, or a refusal with this exit code.
    fn or_refuse(self, exit: Exit) -> Answer<T>;
}

impl<T, E: std::error::Error + Send + Sync + 'static> OrRefuse<T> for Result<T, E> {
    fn or_refuse(self, exit: Exit) -> Answer<T> {
        self.map_err(|error| Refusal::from_error(exit, error))
    }
}

/// The error and its causes on one line.
pub(crate) fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

/// Width of everything that is not written to a terminal.
const PLAIN_WIDTH: usize = 100;
/// Width of the verb column.
const VERB_WIDTH: usize = 12;

/// What stderr looks like.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ui {
    pub(crate) quiet: bool,
    pub(crate) verbose: bool,
    pub(crate) color: bool,
    pub(crate) on_terminal: bool,
}

impl Ui {
    /// As the environment asks for it.
    pub(crate) fn new(quiet: bool, verbose: bool) -> Self {
        let on_terminal = io::stderr().is_terminal();
        Self { quiet, verbose, color: on_terminal && wants_color(), on_terminal }
    }

    /// A line of the journey: `  Experiment  batch-norm: ...`.
    pub(crate) fn verb(&self, verb: &str, text: impl Display) {
        if !self.quiet {
            tell(&format!("{}\n", self.verb_line(verb, text)));
        }
    }

    /// As [`Ui::verb`], without printing.
    pub(crate) fn verb_line(&self, verb: &str, text: impl Display) -> String {
        let padded = format!("{verb:>VERB_WIDTH$}");
        // Colour is decoration: the verb says it all.
        let code = match verb {
            "FAILED" | "DIVERGED" | "INTERRUPTED" => "1;31",
            "DONE" | "Summary" => "1;32",
            _ => "1;36",
        };
        let padded = if self.color { format!("\x1b[{code}m{padded}\x1b[0m") } else { padded };
        let text = text.to_string().replace('\n', &format!("\n{:VERB_WIDTH$}  ", ""));
        format!("{padded}  {text}")
    }

    /// What happened, and the command to type next.
    pub(crate) fn warning(&self, message: &str, help: &str) {
        let word = if self.color { "\x1b[1;33mwarning\x1b[0m" } else { "warning" };
        tell(&format!("{word}: {message}\n"));
        if !help.is_empty() {
            tell(&format!("   help: {help}\n"));
        }
    }
}

/// Writes to stderr. When nobody reads it any more (`2>&1 | head`) the work goes on all the same.
pub(crate) fn tell(text: &str) {
    drop(io::stderr().lock().write_all(text.as_bytes()));
}

/// Prints a refusal to stderr.
pub(crate) fn print_refusal(refusal: &Refusal) {
    let theme = if io::stderr().is_terminal() && wants_color() {
        GraphicalTheme::unicode()
    } else {
        GraphicalTheme::unicode_nocolor()
    };
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_width(width(io::stderr()))
        // Names, paths and dates stay whole, to be copied.
        .with_word_splitter(WordSplitter::NoHyphenation)
        .with_links(false);
    let show = |diagnostic: &dyn Diagnostic| {
        let mut text = String::new();
        // Writing to a string cannot fail; the plain message is the fallback all the same.
        match handler.render_report(&mut text, diagnostic) {
            Ok(()) => tell(&text),
            Err(_) => tell(&format!("error: {diagnostic}\n")),
        }
    };
    // Several problems: each in full, then how many there are.
    let Some(problems) = refusal.report.related() else { return show(refusal.report.as_ref()) };
    for problem in problems {
        show(problem);
        tell("\n");
    }
    tell(&format!("error: {}\n", refusal.report));
}

/// Writes the answer to stdout. A reader that has seen enough (`| head`) is no error.
pub(crate) fn answer(text: &str) -> Answer<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Refusal::new(Exit::Usage, format!("cannot write to stdout: {error}"), ""))
        }
        _ => Ok(()),
    }
}

/// Columns two spaces apart, indented by two; those in `right` are numbers.
pub(crate) fn table(header: &[&str], right: &[usize], rows: Vec<Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(header);
    table.add_rows(rows);
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((2, 0));
        if right.contains(&index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// Columns of stdout.
pub(crate) fn answer_width() -> usize {
    width(io::stdout())
}

fn width(stream: impl std::os::fd::AsFd + IsTerminal) -> usize {
    if !stream.is_terminal() {
        return PLAIN_WIDTH;
    }
    match rustix::termios::tcgetwinsize(stream) {
        // A terminal that does not know its size says 0.
        Ok(size) if size.ws_col > 0 => usize::from(size.ws_col).clamp(60, 160),
        _ => PLAIN_WIDTH,
    }
}

/// NO_COLOR counts when it is set to anything but the empty text (no-color.org).
fn wants_color() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// `1 trial`, `2 trials`.
pub(crate) fn plural(n: usize, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}

/// `00:04:12`.
pub(crate) fn clock(time: std::time::Duration) -> String {
    let secs = time.as_secs();
    format!("{:02}:{:02}:{:02}", secs / 3600, secs / 60 % 60, secs % 60)
}

/// `45 s`, `9 min`, `2.5 h`: for what is only a guess anyway.
pub(crate) fn about(secs: f64) -> String {
    if secs < 90.0 {
        format!("{} s", secs.ceil())
    } else if secs < 5400.0 {
        format!("{:.0} min", secs / 60.0)
    } else {
        format!("{:.1} h", secs / 3600.0)
    }
}

/// `1.5 GiB`.
pub(crate) fn bytes(n: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if n < 1024 {
        return format!("{n} B");
    }
    let mut value = n as f64 / 1024.0;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    format!("{value:.1} {}", UNITS[unit])
}

/// The candidate that looks most like `text`, if any does.
pub(crate) fn nearest<'a>(
    text: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    const LEAST_LIKENESS: f64 = 0.7;
    let scored = candidates.into_iter().map(|name| (strsim::jaro_winkler(text, name), name));
    let best = scored.max_by(|(a, _), (b, _)| a.total_cmp(b))?;
    (best.0 >= LEAST_LIKENESS).then_some(best.1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn exit_codes_are_the_documented_ones() {
        let all = [
            (Exit::Ok, 0),
            (Exit::Bug, 1),
            (Exit::Usage, 2),
            (Exit::TrialsFailed, 3),
            (Exit::CheckFailed, 4),
            (Exit::NothingSelected, 5),
            (Exit::Resumable, 75),
            (Exit::Signal(130), 130),
        ];
        for (exit, code) in all {
            assert_eq!(exit.code(), code);
        }
    }

    #[test]
    fn quantities_read_well() {
        assert_eq!(plural(1, "seed"), "1 seed");
        assert_eq!(plural(0, "seed"), "0 seeds");
        assert_eq!(clock(Duration::from_secs(3_852)), "01:04:12");
        assert_eq!(about(0.2), "1 s");
        assert_eq!(about(89.0), "89 s");
        assert_eq!(about(540.0), "9 min");
        assert_eq!(about(9000.0), "2.5 h");
        assert_eq!(bytes(1023), "1023 B");
        assert_eq!(bytes(1536), "1.5 KiB");
        assert_eq!(bytes(u64::MAX), "16777216.0 TiB");
    }

    #[test]
    fn nearest_names_a_likely_typo_and_nothing_else() {
        let names = ["batch-norm", "dropout", "l2-strength"];
        assert_eq!(nearest("batchnorm", names), Some("batch-norm"));
        assert_eq!(nearest("drop-out", names), Some("dropout"));
        assert_eq!(nearest("zzz", names), None);
    }

    #[test]
    fn the_verb_column_is_right_aligned_and_continues() {
        let ui = Ui { quiet: false, verbose: false, color: false, on_terminal: false };
        assert_eq!(ui.verb_line("Design", "a\nb"), "      Design  a\n              b");
    }
}
