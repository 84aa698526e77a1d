//! `data fetch`: brings datasets and weights here that are not committed.

use std::cell::RefCell;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use fireassay_data::Whereabouts;
use fireassay_fetch::{FetchError, How, Origin, Patience, Route, Trouble, fetch, is_right};
use fireassay_launch::{Signals, Stop};
use fireassay_spec::FilesCard;

use super::args::FetchArgs;
use super::screen::Screen;
use super::{Card, fetch_help, has_addresses, named};
use crate::ablation::free_bytes;
use crate::ui::{Answer, Exit, OrRefuse, Refusal, Ui, bytes, print_refusal, with_causes};
use crate::workspace::Workspace;

/// How often a wait looks for a Ctrl-C.
const POLL: Duration = Duration::from_millis(50);

/// Fetches the named datasets and weights, or all; each problem is told, and the others are fetched still.
pub(super) fn run(args: &FetchArgs, workspace: &Workspace, cards: &[Card<'_>]) -> Answer {
    let ui = Ui::new(false, false);
    let signals = RefCell::new(Signals::listen().or_refuse(Exit::Usage)?);
    let stop = || signals.borrow_mut().poll() != Stop::No;
    let wait = |time| wait_unless(time, &stop);
    let origin = match &args.from_dir {
        Some(dir) => Origin::Folder(dir),
        None => Origin::Web(Route::Environment),
    };
    let how = How { origin, patience: Patience::default(), wait: &wait, stop: &stop };
    let mut exit = Exit::Ok;
    for card in named(cards, &args.names)? {
        let card = card.files_card();
        let is_skipped = args.all && !has_addresses(card) && args.from_dir.is_none();
        if args.all && is_skipped && card.comes_by_fetch() {
            ui.verb("Skipped", format!("{}: {}", card.name(), fetch_help(card)));
        }
        if is_skipped || (args.all && !card.comes_by_fetch()) {
            continue;
        }
        let Err(refusal) = fetch_one(card, workspace, &how, ui) else { continue };
        if let Some(code) = signals.borrow().exit_code() {
            return Err(Refusal { exit: Exit::Signal(code), ..refusal });
        }
        print_refusal(&refusal);
        if exit == Exit::Ok {
            exit = refusal.exit;
        }
    }
    Ok(exit)
}

fn fetch_one(card: &dyn FilesCard, workspace: &Workspace, how: &How<'_>, ui: Ui) -> Answer<()> {
    let roots = workspace.roots();
    if let Whereabouts::BesideCard(folder) = roots.find(card) {
        check_committed(card, &folder)?;
        ui.verb("Committed", format!("{}: nothing to fetch", card.name()));
        return Ok(());
    }
    let Some(folder) = roots.fetched_of(card) else {
        let help = "name a place with --data-dir DIR";
        return Err(Refusal::new(Exit::Usage, "there is no data directory: HOME is not set", help));
    };
    check_space(card, &folder)?;
    let mut screen = Screen::new(ui, card.name());
    let fetched = fetch(card, &folder, how, &mut |event| screen.show(event));
    screen.clear();
    fetched.map_err(|error| refusal(card, how.origin, &error))
}

/// Files beside a card are never written: they belong to whoever commits them.
fn check_committed(card: &dyn FilesCard, folder: &Path) -> Answer<()> {
    for file in card.files() {
        let path = folder.join(&file.path);
        if !is_right(file, &path).or_refuse(Exit::Usage)? {
            let message = format!(
                "`{}` is not the file that its card describes, and lies beside the card, where \
                 nothing is fetched to",
                path.display()
            );
            let help =
                format!("restore or remove it, then: cargo xtask data fetch {}", card.name());
            return Err(Refusal::new(Exit::CheckFailed, message, &help));
        }
    }
    Ok(())
}

fn check_space(card: &dyn FilesCard, folder: &Path) -> Answer<()> {
    let missing = card.files().iter().filter(|file| !folder.join(&file.path).exists());
    let needed: u64 = missing.filter_map(|file| file.bytes).sum();
    match free_bytes(folder) {
        Some(free) if free < needed => {
            let message = format!(
                "`{}` needs {}, only {} are free for `{}`",
                card.name(),
                bytes(needed),
                bytes(free),
                folder.display()
            );
            let help = "make room, or name another place with --data-dir DIR";
            Err(Refusal::new(Exit::Usage, message, help))
        }
        _ => Ok(()),
    }
}

fn refusal(card: &dyn FilesCard, origin: Origin<'_>, error: &FetchError) -> Refusal {
    let name = card.name();
    let help = match (error, origin) {
        (FetchError::EveryAddress { .. }, _) => format!(
            "cargo xtask data fetch {name} goes on with what has arrived; with the files from \
             elsewhere, add --from-dir DIR"
        ),
        (FetchError::NotInFolder { .. }, Origin::Folder(_)) if has_addresses(card) => {
            format!("cargo xtask data fetch {name} downloads it")
        }
        (FetchError::Io { .. }, Origin::Web(_)) => {
            "make the place writable, or name another one with --data-dir DIR".to_owned()
        }
        (FetchError::Io { .. }, Origin::Folder(_)) => String::new(),
        _ => fetch_help(card),
    };
    let exit = if is_wrong_content(error) { Exit::CheckFailed } else { Exit::Usage };
    Refusal::new(exit, with_causes(error), &help)
}

/// Whether a file came, but not the one of the card.
fn is_wrong_content(error: &FetchError) -> bool {
    let attempts = match error {
        FetchError::EveryAddress { attempts, .. } => attempts,
        FetchError::NotInFolder { wrong, .. } => wrong,
        _ => return false,
    };
    attempts.iter().any(|attempt| matches!(attempt.trouble, Trouble::Content(_)))
}

/// Lets the time pass, or less when a Ctrl-C comes.
fn wait_unless(time: Duration, stop: &dyn Fn() -> bool) {
    let end = Instant::now() + time;
    while !stop() {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return;
        }
        thread::sleep(POLL.min(left));
    }
}
