//! Removing files and folders: links are removed, never followed.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

/// Removes what is at `path`, if anything is.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    let removed = match path.symlink_metadata() {
        Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(unix)]
    fn a_link_goes_and_what_it_points_to_stays() {
        let dir = tempfile::tempdir().unwrap();
        let (outside, doomed) = (dir.path().join("outside"), dir.path().join("doomed"));
        fs::create_dir(&outside).unwrap();
        fs::write(outside.join("precious"), "").unwrap();
        fs::create_dir(&doomed).unwrap();
        std::os::unix::fs::symlink(&outside, doomed.join("link")).unwrap();
        remove(&doomed).unwrap();
        assert!(!doomed.exists() && outside.join("precious").exists());
        std::os::unix::fs::symlink(&outside, &doomed).unwrap();
        remove(&doomed).unwrap();
        assert!(doomed.symlink_metadata().is_err() && outside.join("precious").exists());
        remove(&doomed).unwrap();
    }
}
