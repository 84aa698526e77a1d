//! The weights in the folder that `FIREASSAY_TEST_DATA` names are what PyTorch finds in them
//! (`make_fetched_reference.py`). Without the variable nothing is read.

use std::collections::BTreeMap;
use std::path::PathBuf;

use fireassay_weights::{FileKind, Preset, WeightsFile, fit, read};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Expected {
    left_out: usize,
    sum: f64,
    squares: f64,
    shapes: BTreeMap<String, Vec<usize>>,
}

const RESNET: &str = "resnet20-12fca82f.th";

fn folder() -> Option<PathBuf> {
    let data = std::env::var_os("FIREASSAY_TEST_DATA");
    if data.is_none() {
        println!("skipped: FIREASSAY_TEST_DATA names no folder");
    }
    data.map(|data| PathBuf::from(data).join("weights"))
}

#[test]
fn every_fetched_file_is_what_pytorch_finds() {
    let Some(folder) = folder() else { return };
    let expected: BTreeMap<String, Expected> =
        serde_json::from_str(include_str!("../fetched_reference.json")).unwrap();
    for (name, expected) in &expected {
        let path = folder.join(name);
        if !path.exists() {
            println!("{name} is not there");
            continue;
        }
        let file = read(&path, None).unwrap();
        let shapes = file.tensors.iter().map(|(name, tensor)| (name.clone(), tensor.shape.clone()));
        assert_eq!(shapes.collect::<BTreeMap<_, _>>(), expected.shapes, "{name}");
        assert_eq!(file.left_out.len(), expected.left_out, "{name}");
        // The same additions in the same order, so the same bits.
        assert_eq!(sums(&file), [expected.sum, expected.squares], "{name}");
        println!("{name}: {} numbers as expected", file.num_values());
    }
}

/// Of the numbers and of their squares, in the order of the names.
fn sums(file: &WeightsFile) -> [f64; 2] {
    let values = file.tensors.values().flat_map(|tensor| &tensor.values);
    values.fold([0.0; 2], |[sum, squares], &value| {
        let value = f64::from(value);
        [sum + value, squares + value * value]
    })
}

#[test]
fn a_legacy_file_and_its_safetensors_hold_the_same() {
    let Some(folder) = folder() else { return };
    let legacy = read(&folder.join(RESNET), None).unwrap();
    let tensors = read(&folder.join("resnet20-cifar10.safetensors"), None).unwrap();
    assert_eq!((legacy.kind, tensors.kind), (FileKind::TorchLegacy, FileKind::Safetensors));
    assert_eq!((legacy.part.as_deref(), &legacy.prefix[..]), (Some("state_dict"), "module."));
    assert_eq!(legacy.tensors, tensors.tensors);
}

#[test]
fn resnet20_fits_the_resnet_here() {
    let Some(folder) = folder() else { return };
    let file = read(&folder.join(RESNET), None).unwrap();
    let remap = Preset::find("resnet").unwrap().remap();
    let fit = fit(file.tensors.clone(), &remap, &resnet20(), &[]).unwrap();
    println!("{fit}");
    let loaded = fit.strict().unwrap();
    assert_eq!(loaded.len(), file.tensors.len());
    let (there, here) = (&file.tensors["linear.weight"], &loaded["head.weight"].tensor);
    assert_eq!(there.values[1], here.values[10], "row 0, column 1, of 10 rows");
    // And back.
    let mine = loaded.into_iter().map(|(name, loaded)| (name, loaded.tensor)).collect();
    let shapes = file.tensors.iter().map(|(name, tensor)| (name.clone(), tensor.shape.clone()));
    let back = fireassay_weights::fit(mine, &remap.inverse(), &shapes.collect(), &[]).unwrap();
    let back = back.strict().unwrap().into_iter().map(|(name, loaded)| (name, loaded.tensor));
    assert_eq!(back.collect::<BTreeMap<_, _>>(), file.tensors);
}

/// Names and shapes of the resnet with widths 16, 32, 64, depth 20 and shortcuts without
/// parameters.
fn resnet20() -> BTreeMap<String, Vec<usize>> {
    let mut model = BTreeMap::new();
    let mut norm = |path: &str, channels: usize| {
        for name in ["gamma", "beta", "running_mean", "running_var"] {
            model.insert(format!("backbone.Resnet.{path}.Batch.{name}"), vec![channels]);
        }
    };
    let mut convs = vec![("conv1".to_owned(), [16, 3])];
    norm("norm1", 16);
    let mut inputs = 16;
    for (stage, width) in [16, 32, 64].into_iter().enumerate() {
        for block in 0..3 {
            let path = format!("stages.{stage}.blocks.{block}");
            convs.push((format!("{path}.conv1"), [width, inputs]));
            convs.push((format!("{path}.conv2"), [width, width]));
            norm(&format!("{path}.norm1"), width);
            norm(&format!("{path}.norm2"), width);
            inputs = width;
        }
    }
    for (path, [out, inputs]) in convs {
        model.insert(format!("backbone.Resnet.{path}.weight"), vec![out, inputs, 3, 3]);
    }
    model.insert("head.weight".to_owned(), vec![64, 10]);
    model.insert("head.bias".to_owned(), vec![10]);
    model
}
