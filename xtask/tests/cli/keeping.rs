//! What is kept, seen and removed.

use std::fs;

use crate::golden::check_golden;
use crate::sandbox::Sandbox;

#[test]
fn what_is_kept_is_told_and_removed() {
    let sandbox = Sandbox::new();
    let place = sandbox.root().join("data");
    let said = |args: &str| {
        let said = sandbox.xtask(&format!("data cache {args}--data-dir {}", place.display()));
        assert_eq!(said.code, 0, "{}", said.stderr);
        said.text().replace(&sandbox.root().display().to_string(), "<root>")
    };
    let before = said("");
    assert!(!place.exists());
    fs::create_dir_all(place.join("cache")).unwrap();
    fs::write(place.join("cache").join("notes"), "mine").unwrap();
    for (kind, len) in [("packed", 3 << 20), ("part", 1 << 20), ("lock", 0)] {
        let name = format!("{}.{kind}", "5".repeat(64));
        fs::write(place.join("cache").join(name), vec![0; len]).unwrap();
    }
    let features = place.join("cache").join("features");
    fs::create_dir(&features).unwrap();
    fs::write(features.join(format!("{}.features", "6".repeat(64))), vec![0; 2 << 20]).unwrap();
    check_golden("data-cache", &[before, said(""), said("--clear "), said("")].concat());
    let left: Vec<_> = fs::read_dir(place.join("cache")).unwrap().flatten().collect();
    assert_eq!(left.len(), 3); // the lock, what is not ours, and the place of features
}
