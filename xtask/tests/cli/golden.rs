//! `check_golden`: output against a committed file; `INSTA_UPDATE=always` writes it instead.

use std::fs;
use std::path::PathBuf;

/// Compares with `tests/golden/<name>.txt`.
pub(crate) fn check_golden(name: &str, actual: &str) {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let path = folder.join(format!("{name}.txt"));
    if std::env::var("INSTA_UPDATE").is_ok_and(|mode| mode == "always") {
        fs::create_dir_all(&folder).unwrap();
        fs::write(&path, actual).unwrap();
        return;
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        expected == actual,
        "`{name}` changed; accept with `cargo xtask bless`\n--- expected\n{expected}\n--- actual\n\
         {actual}"
    );
}
