//! `data cache`: what is kept decoded, and removing it.

use fireassay_data::Usage;

use crate::ui::{self, Answer, Exit, OrRefuse, bytes, plural};
use crate::workspace::Workspace;

/// Tells what is kept, after removing it if that was asked for.
pub(super) fn run(workspace: &Workspace, clear: bool) -> Answer {
    let Some(cache) = workspace.roots().cache() else {
        ui::answer("nothing is kept decoded: there is no data directory\n")?;
        return Ok(Exit::Ok);
    };
    let folder = cache.folder.display();
    let line = if clear {
        format!("removed {} from `{folder}`\n", told(cache.clear().or_refuse(Exit::Usage)?))
    } else {
        format!("{} in `{folder}`\n", told(cache.usage().or_refuse(Exit::Usage)?))
    };
    ui::answer(&line)?;
    Ok(Exit::Ok)
}

fn told(usage: Usage) -> String {
    format!("{}, {}", plural(usage.datasets, "decoded dataset"), bytes(usage.bytes))
}
