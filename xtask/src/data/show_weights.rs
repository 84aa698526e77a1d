//! `data show` of weights: their tensors, and whose names they have.

use fireassay_spec::WeightsCard;
use fireassay_weights::{PRESETS, WeightsFile, read};

use crate::ui::{self, Answer, Exit, OrRefuse, plural};
use crate::workspace::Workspace;

/// What is left out is counted beyond these.
const LISTED: usize = 5;

/// Shows every file of the card that holds tensors.
pub(super) fn run(workspace: &Workspace, card: &WeightsCard) -> Answer {
    let folder = workspace.roots().folder_of(card).or_refuse(Exit::CheckFailed)?;
    let mut parts = vec![about(card)];
    for file in &card.files {
        let found = read(&folder.join(&file.path), None).or_refuse(Exit::CheckFailed)?;
        parts.extend([facts(&file.path, &found), tensors(&found)]);
    }
    ui::answer(&parts.join("\n"))?;
    Ok(Exit::Ok)
}

fn about(card: &WeightsCard) -> String {
    let lines = [
        ("network", &card.architecture),
        ("data", &card.trained_on),
        ("licence", &card.licence),
        ("source", &card.source),
        ("citation", &card.citation),
    ];
    let lines = lines.iter().filter(|(_, value)| !value.is_empty()).map(|(key, value)| {
        format!("  {key:<8}  {}\n", value.trim_end().replace('\n', "\n            "))
    });
    [format!("{}: {}\n", card.name, card.title)].into_iter().chain(lines).collect()
}

fn tensors(file: &WeightsFile) -> String {
    let rows = file.tensors.iter().map(|(name, tensor)| {
        let (shape, stored) = (format!("{:?}", tensor.shape), tensor.stored.name().to_owned());
        vec![name.clone(), shape, stored, tensor.values.len().to_string()]
    });
    ui::table(&["tensor", "shape", "type", "values"], &[3], rows.collect())
}

/// What the file is, how much it holds, and which names are known here.
fn facts(name: &str, file: &WeightsFile) -> String {
    let part = file.part.as_ref().map_or_else(String::new, |part| format!(", part `{part}`"));
    let prefix = match &file.prefix[..] {
        "" => String::new(),
        prefix => format!(", names without `{prefix}`"),
    };
    let values = plural(file.num_values(), "value");
    let tensors = plural(file.tensors.len(), "tensor");
    let left_out: Vec<&str> = file.left_out.iter().map(|left| left.name.as_str()).collect();
    let left_out = match &left_out[..] {
        [] => String::new(),
        [..] if left_out.len() > LISTED => {
            format!("\n  left out  {}, .. ({})", left_out[..LISTED].join(", "), left_out.len())
        }
        all => format!("\n  left out  {}", all.join(", ")),
    };
    let knows_all = |preset: &&fireassay_weights::Preset| {
        let remap = preset.remap();
        file.tensors.keys().all(|name| remap.apply(name).is_some())
    };
    let names = PRESETS.iter().find(knows_all).map_or_else(
        || "of no preset; rules of your own are needed".to_owned(),
        |preset| format!("of preset `{}`: {}", preset.name, preset.about),
    );
    format!(
        "  file      {name}: {}{part}{prefix}\n  holds     {tensors}, {values}{left_out}\n  \
         names     {names}\n",
        file.kind.name()
    )
}
