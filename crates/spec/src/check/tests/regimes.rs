//! Regimes of fine-tuning, one wrong value at a time.

use super::*;

/// As [`check`], fine-tuned from weights of somebody else; the model has 3 blocks.
fn check_finetune(regime: &str, changes: &str, key: &str) {
    let mut tree: toml::Table = SPEC.parse().unwrap();
    let finetune: toml::Table = format!("regime = {regime}").parse().unwrap();
    tree.insert("finetune".to_owned(), Value::Table(finetune));
    tree.insert(
        "init".to_owned(),
        toml::Table::from_iter([("weights".to_owned(), Value::String("theirs".to_owned()))]).into(),
    );
    for line in changes.lines() {
        let (path, value) = line.split_once(" = ").unwrap();
        let value = format!("v = {value}").parse::<toml::Table>().unwrap().remove("v").unwrap();
        match path.split_once('.') {
            Some((table, leaf)) => {
                let table = tree.get_mut(table).and_then(Value::as_table_mut).unwrap();
                table.insert(leaf.to_owned(), value);
            }
            None => drop(tree.insert(path.to_owned(), value)),
        }
    }
    let spec: TrialSpec = Value::Table(tree).try_into().unwrap();
    let problems = spec.problems(&card());
    let keys: Vec<&str> = problems.iter().map(|problem| problem.key.as_str()).collect();
    let expected: Vec<&str> = Some(key).filter(|key| !key.is_empty()).into_iter().collect();
    assert_eq!(keys, expected, "{regime} {changes}: {problems:?}");
}

#[test]
fn regimes_fit_the_model() {
    for (regime, key) in [
        ("'full'", ""),
        ("'linear-probe'", ""),
        ("{ finetune-from = { k = 3 } }", ""),
        ("{ finetune-from = { k = 4 } }", "finetune-from.k"),
        ("{ finetune-last = { blocks = 4 } }", "finetune-last.blocks"),
        ("{ early-linear-probe = { keep = 0 } }", "early-linear-probe.keep"),
        ("{ scratch-cut = { keep = 4 } }", "scratch-cut.keep"),
        ("{ random-features-cut = { keep = 4 } }", "random-features-cut.keep"),
        ("{ cut-last = { blocks = 2 } }", ""),
        ("{ cut-last = { blocks = 3 } }", "cut-last.blocks"),
        ("{ reinit-last = { blocks = 0 } }", "reinit-last.blocks"),
        ("{ one-block = { block = 0 } }", "one-block.block"),
        ("{ gradual-unfreeze = { stages = 4 } }", ""),
        ("{ gradual-unfreeze = { stages = 1 } }", "gradual-unfreeze.stages"),
        ("{ transplant = { k = 4, finetune = true } }", "transplant.k"),
        ("{ lp-ft = { probe-fraction = 1.0, lr-factor = 0.1 } }", "lp-ft.probe-fraction"),
        ("{ lp-ft = { probe-fraction = 0.5, lr-factor = 0.0 } }", "lp-ft.lr-factor"),
    ] {
        let key = if key.is_empty() { String::new() } else { format!("finetune.regime.{key}") };
        check_finetune(regime, "", &key);
    }
}

#[test]
fn what_a_regime_needs_is_there() {
    check_finetune("'full'", "init = 'random'", "finetune.regime");
    check_finetune("'scratch'", "init = 'random'", "");
    check_finetune("{ selffer = { k = 1, finetune = false } }", "", "finetune.regime");
    let anchor = "finetune.anchor = { l2-sp = { alpha = 0.1, beta = 0.01 } }";
    check_finetune("'full'", anchor, "");
    check_finetune("'scratch'", anchor, "finetune.anchor");
    let wrong = "finetune.anchor = { l2-sp = { alpha = -0.1, beta = 0.01 } }";
    check_finetune("'full'", wrong, "finetune.anchor.l2-sp.alpha");
    check_finetune("'full'", "finetune.head = 'source'", "");
    check_finetune("'full'", "finetune.forgetting = true", "finetune.forgetting");
    check_finetune("'scratch'", "finetune.forgetting = true", "");
    let solver = "finetune.head-solver = { logistic = [1.0, 0.1] }";
    check_finetune("'linear-probe'", solver, "");
    check_finetune("{ gradual-unfreeze = { stages = 2 } }", solver, "");
    check_finetune("'full'", solver, "finetune.head-solver");
    for bad in ["[]", "[1.0, 1.0]", "[0.0]", "[-1.0]", "[nan]"] {
        let solver = format!("finetune.head-solver = {{ ridge = {bad} }}");
        check_finetune("'linear-probe'", &solver, "finetune.head-solver.ridge");
    }
    let varied = format!("{solver}\ndata.augment = {{ flip = true }}");
    check_finetune("'linear-probe'", &varied, "finetune.head-solver");
    check_finetune("{ cut-last = { blocks = 1 } }", "finetune.head = 'source'", "finetune.head");
    let decay = |value| format!("finetune.lr-scheme = {{ layer-decay = {value} }}");
    check_finetune("'full'", &decay("0.75"), "");
    check_finetune("'full'", &decay("1.5"), "finetune.lr-scheme.layer-decay");
    check_finetune(
        "'full'",
        "finetune.lr-scheme = { geometric = 0.0 }",
        "finetune.lr-scheme.geometric",
    );
    check_finetune(
        "'full'",
        "finetune.lr-scheme = { head-times = 0.0 }",
        "finetune.lr-scheme.head-times",
    );
}
