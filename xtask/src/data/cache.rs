//! `data cache`: what is kept, decoded datasets and features, and removing it.

use std::io;
use std::path::Path;

use fireassay_features::FeatureCache;

use crate::ui::{self, Answer, Exit, OrRefuse, bytes, plural};
use crate::workspace::Workspace;

/// Tells what is kept, after removing it if that was asked for.
pub(super) fn run(workspace: &Workspace, clear: bool) -> Answer {
    let Some(datasets) = workspace.roots().cache() else {
        ui::answer("nothing is kept: there is no data directory\n")?;
        return Ok(Exit::Ok);
    };
    let features = FeatureCache::within(&datasets.folder);
    let (found, of_features) = if clear {
        (datasets.clear(), features.clear())
    } else {
        (datasets.usage(), features.usage())
    };
    let found = found.map(|usage| (usage.datasets, usage.bytes));
    let line = |what: &str, found: io::Result<(usize, u64)>, folder: &Path| -> Answer<String> {
        let (count, size) = found.or_refuse(Exit::Usage)?;
        let (told, folder) =
            (format!("{}, {}", plural(count, what), bytes(size)), folder.display());
        Ok(if clear {
            format!("removed {told} from `{folder}`\n")
        } else {
            format!("{told} in `{folder}`\n")
        })
    };
    ui::answer(&line("decoded dataset", found, &datasets.folder)?)?;
    ui::answer(&line("feature file", of_features, features.folder())?)?;
    Ok(Exit::Ok)
}
