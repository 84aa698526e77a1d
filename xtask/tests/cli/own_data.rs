//! `new dataset`, `data add` and `data show`: a person's own files, to be trained on and looked at.

use std::fs;
use std::path::Path;

use crate::golden::check_golden;
use crate::sandbox::{Said, Sandbox, copy};

/// Without the place, also in the line that was typed.
fn text(said: &Said, sandbox: &Sandbox) -> String {
    said.text().replace(&sandbox.root().display().to_string(), "<root>")
}

/// Runs it with `<root>` in the arguments standing for the sandbox.
fn run(sandbox: &Sandbox, args: &str) -> Said {
    sandbox.xtask(&args.replace("<root>", &sandbox.root().display().to_string()))
}

/// A sandbox with a person's table in `mine/`.
fn with_table() -> Sandbox {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.root().join("mine")).unwrap();
    sandbox.write("mine/my table.csv", &sandbox.read("datasets/tiny/train.csv"));
    sandbox
}

#[test]
fn a_table_is_trained_on_at_once() {
    let sandbox = with_table();
    let said = run(&sandbox, "new dataset own --from <root>/mine");
    check_golden("new-dataset", &text(&said, &sandbox));
    check_golden("new-dataset-card", &sandbox.read("datasets/own/dataset.toml"));
    assert_eq!(sandbox.read("home/fireassay/own/my table.csv"), sandbox.read("mine/my table.csv"));
    check_golden("new-dataset-verify", &sandbox.xtask("data verify own").text());
    sandbox.edit("experiments/small/experiment.toml", "\"tiny\"", "\"own\"");
    let said = sandbox.xtask("ablation small -j1");
    assert_eq!(said.code, 0, "{}", said.stderr);
    // What is stated is not asked for again.
    let card = "datasets/own/dataset.toml";
    sandbox.write(card, &sandbox.read(card).replace("not stated", "CC0-1.0"));
    assert!(!sandbox.xtask("data verify own").stderr.contains("Not stated"));
}

/// What is guessed stands in the card, and the card is right as it is.
#[test]
fn every_kind_of_files_gets_its_card() {
    let sandbox = Sandbox::new();
    let tables = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/data/tests/tables");
    let parquet = |name: &str| fs::read(tables.join(name)).unwrap();
    let steps: String =
        (0..40).map(|t| format!("{t},{},{}\n", t % 7, ["walk", "rest"][t / 9 % 2])).collect();
    let series = "@classLabel true up down\n@data\n1,2,3:up\n3,2:down\n";
    type Files<'a> = &'a [(&'a str, Vec<u8>)];
    let kinds: [(&str, Files<'_>); 6] = [
        ("series", &[("a.ts", series.into())]),
        ("steps", &[("a.csv", format!("time,x,activity\n{steps}").into())]),
        ("names", &[("Irish.txt", "Byrne\nRyan\n".into()), ("Polish.txt", "Nowak\n".into())]),
        ("pairs", &[("kor.txt", "Hi.\t안녕.\nGo.\t가.\n".into())]),
        ("patients", &[("train.parquet", parquet("pictures-hub.parquet"))]),
        ("types", &[("a.parquet", parquet("types.parquet"))]),
    ];
    for (name, files) in kinds {
        fs::create_dir_all(sandbox.root().join(name)).unwrap();
        for (file, bytes) in files {
            fs::write(sandbox.root().join(name).join(file), bytes).unwrap();
        }
        let target = if name == "types" { " --target kind" } else { "" };
        let said = run(&sandbox, &format!("new dataset {name} --from <root>/{name}{target}"));
        assert_eq!(said.code, 0, "{name}: {}", said.stderr);
        let card = sandbox.read(&format!("datasets/{name}/dataset.toml"));
        check_golden(&format!("new-dataset-{name}"), &card);
        let said = sandbox.xtask(&format!("data verify {name}"));
        assert_eq!(said.code, 0, "{name}: {}", said.stderr);
    }
}

#[test]
fn data_add_is_the_same_and_commit_keeps_the_files_beside_the_card() {
    let sandbox = with_table();
    let said = run(&sandbox, "data add own --from <root>/mine --commit");
    assert_eq!(said.code, 0, "{}", said.stderr);
    assert_eq!(said.stdout, "datasets/own/dataset.toml\n");
    assert_eq!(sandbox.read("datasets/own/my table.csv"), sandbox.read("mine/my table.csv"));
    assert!(!sandbox.root().join("home").exists());
    assert!(!sandbox.read("datasets/own/dataset.toml").contains("bytes"));
    assert_eq!(sandbox.xtask("data verify own").code, 0);
    // The copy is one: the person's file may change.
    sandbox.write("mine/my table.csv", "changed");
    assert_eq!(sandbox.xtask("data verify own").code, 0);
}

#[test]
fn nothing_is_overwritten_and_nothing_half_made_stays() {
    let sandbox = with_table();
    let said = run(&sandbox, "new dataset tiny --from <root>/mine");
    check_golden("new-dataset-taken", &text(&said, &sandbox));
    fs::create_dir_all(sandbox.root().join("home/fireassay/own")).unwrap();
    sandbox.write("home/fireassay/own/precious", "mine");
    let said = run(&sandbox, "new dataset own --from <root>/mine");
    assert_eq!(said.code, 2);
    assert!(said.stderr.contains("is there already"), "{}", said.stderr);
    assert_eq!(sandbox.read("home/fireassay/own/precious"), "mine");
    assert!(!sandbox.root().join("datasets/own").exists());
    // What a command that was stopped has left is no obstacle.
    fs::create_dir_all(sandbox.root().join("home/fireassay/.other.part/old")).unwrap();
    let said = run(&sandbox, "new dataset other --from <root>/mine");
    assert_eq!(said.code, 0, "{}", said.stderr);
    let mut names: Vec<_> = fs::read_dir(sandbox.root().join("home/fireassay"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    names.sort();
    assert_eq!(names, ["other", "own"]);
    assert!(!sandbox.root().join("home/fireassay/other/old").exists());
}

#[test]
fn what_is_no_dataset_is_refused_with_what_was_seen() {
    let sandbox = with_table();
    fs::create_dir(sandbox.root().join("empty")).unwrap();
    let said = run(&sandbox, "new dataset own --from <root>/empty");
    check_golden("new-dataset-empty", &text(&said, &sandbox));
    sandbox.write("mine/2.csv", "1,0\n2,1\n");
    let said = run(&sandbox, "new dataset own --from <root>/mine");
    check_golden("new-dataset-several", &text(&said, &sandbox));
    let said = run(&sandbox, "new dataset own --from <root>/nowhere");
    assert_eq!(said.code, 2);
    assert!(!sandbox.root().join("datasets/own").exists());
    assert!(!sandbox.root().join("home").exists());
}

#[test]
fn names_that_are_no_folders_are_refused_with_one_that_is() {
    let sandbox = with_table();
    for (name, help) in [("my pets", "`my-pets`"), ("../up", "`up`"), ("é", "`.`"), (".x", "`x`")]
    {
        let from = sandbox.root().join("mine");
        let mut command = sandbox.command("new dataset", None);
        let said = sandbox.said(name, &command.arg(name).arg("--from").arg(from).output().unwrap());
        assert_eq!(said.code, 2);
        assert!(said.stderr.contains(&format!("`{name}` is not fit")), "{}", said.stderr);
        assert!(said.stderr.contains(help), "{}", said.stderr);
    }
}

#[test]
fn datasets_are_shown() {
    let sandbox = Sandbox::new();
    let datasets = Path::new(env!("CARGO_MANIFEST_DIR")).join("../datasets");
    for name in ["digits", "iris"] {
        copy(&datasets.join(name), &sandbox.root().join("datasets").join(name));
        let said = sandbox.xtask(&format!("data show {name}"));
        check_golden(&format!("data-show-{name}"), &said.text());
        let picture = sandbox.root().join(format!("target/data/{name}.png"));
        assert!(fs::read(picture).unwrap().starts_with(b"\x89PNG"));
    }
    let said = run(&sandbox, "data show iris --out <root>/elsewhere/of iris.png");
    assert_eq!(said.code, 2, "a second word");
    let said = run(&sandbox, "data show iris --out <root>/elsewhere/iris.png");
    assert_eq!(said.stdout.lines().last(), Some("elsewhere/iris.png"));
    let same = ["elsewhere/iris.png", "target/data/iris.png"];
    let [a, b] = same.map(|path| fs::read(sandbox.root().join(path)).unwrap());
    assert!(a == b, "the same picture is the same bytes");
    assert_eq!(sandbox.xtask("data show iris --split test").code, 2);
}

#[test]
fn sequences_are_shown_by_their_lengths() {
    let sandbox = Sandbox::new();
    let datasets = Path::new(env!("CARGO_MANIFEST_DIR")).join("../datasets");
    let name = "japanese-vowels";
    copy(&datasets.join(name), &sandbox.root().join("datasets").join(name));
    check_golden("data-show-sequences", &sandbox.xtask("data show japanese-vowels").text());
    let said = run(&sandbox, "data show japanese-vowels --split test --out <root>/vowels.png");
    assert_eq!(said.stdout.lines().last(), Some("vowels.png"));
    let [train, test] = ["target/data/japanese-vowels.png", "vowels.png"]
        .map(|path| fs::read(sandbox.root().join(path)).unwrap());
    assert!(train.starts_with(b"\x89PNG") && test.starts_with(b"\x89PNG") && train != test);
}

#[test]
fn weights_are_shown_by_their_tensors() {
    let sandbox = Sandbox::new();
    let files = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/weights/tests/files");
    fs::create_dir_all(sandbox.root().join("datasets/net")).unwrap();
    let card = |path: &str| {
        let sha256 = "00".repeat(32);
        format!(
            "schema = 1\nname = \"net\"\ntitle = \"A small net\"\nlicence = \"MIT\"\n\
             source = \"somebody\"\narchitecture = \"a convolution\"\ntrained-on = \"noise\"\n\
             shape = [1, 2, 2]\nnum-classes = 3\n\
             normalise = {{ divisor = 1, mean = [0], std = [1] }}\n\n\
             [[files]]\npath = \"{path}\"\nbytes = 1\nsha256 = \"{sha256}\"\n"
        )
    };
    sandbox.write("datasets/net/weights.toml", &card("legacy.th"));
    assert_eq!(sandbox.xtask("data show net").code, 4, "not here");
    fs::copy(files.join("legacy.th"), sandbox.root().join("datasets/net/legacy.th")).unwrap();
    check_golden("data-show-weights", &sandbox.xtask("data show net").text());
    sandbox.write("datasets/net/weights.toml", &card("net.pth"));
    sandbox.write("datasets/net/net.pth", "<html>not found</html>");
    let said = sandbox.xtask("data show net");
    assert_eq!(said.code, 4);
    assert!(said.stderr.contains("is a text; weights are read from"), "{}", said.stderr);
}

#[test]
fn rows_that_are_in_both_parts_are_a_warning() {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.root().join("mine")).unwrap();
    sandbox.write("mine/train.csv", "1,2,0\n3,4,1\n5,6,0\n1,2,1\n");
    sandbox.write("mine/test.csv", "3,4,1\n7,8,0\n");
    assert_eq!(run(&sandbox, "new dataset own --from <root>/mine").code, 0);
    let said = sandbox.xtask("data show own --split test");
    check_golden("data-show-duplicates", &said.text());
}
