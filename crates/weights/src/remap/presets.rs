//! Names of networks that many have trained.

use super::{Layout, Remap, RemapError, Rule};

/// Rules by name.
#[derive(Clone, Copy, Debug)]
pub struct Preset {
    /// For files and messages.
    pub name: &'static str,
    /// Whose names they are.
    pub about: &'static str,
    /// Pattern there, pattern here, layout.
    rules: &'static [(&'static str, &'static str, Layout)],
}

/// Alphabetical.
pub const PRESETS: &[Preset] = &[
    Preset {
        name: "recurrent",
        about: "nn.LSTM, nn.GRU or nn.RNN of PyTorch to the layers of a sequence classifier",
        rules: RECURRENT,
    },
    Preset {
        name: "resnet",
        about: "residual networks of PyTorch for CIFAR-10 (akamaster) to the resnet here",
        rules: RESNET,
    },
];

impl Preset {
    /// The preset of a name.
    pub fn find(name: &str) -> Option<&'static Self> {
        PRESETS.iter().find(|preset| preset.name == name)
    }

    /// Its rules.
    pub fn remap(&self) -> Remap {
        self.remap_under("").expect("invariant: a test reads every preset")
    }

    /// Its rules for a module that the other program has under a name: `lstm.`, with its dot.
    ///
    /// # Errors
    ///
    /// If the name has braces or a `*`.
    pub fn remap_under(&self, prefix: &str) -> Result<Remap, RemapError> {
        let rule = |&(from, to, layout): &(&str, &str, Layout)| {
            Rule::parse(&format!("{prefix}{from}"), to, layout)
        };
        Ok(Remap { rules: self.rules.iter().map(rule).collect::<Result<_, _>>()? })
    }
}

/// Of <https://github.com/akamaster/pytorch_resnet_cifar10>. Shortcuts of its option A have no
/// parameters, those of option B a convolution and a norm.
const RESNET: &[(&str, &str, Layout)] = &[
    ("conv1.weight", "backbone.Resnet.conv1.weight", Layout::Same),
    ("bn1.weight", "backbone.Resnet.norm1.Batch.gamma", Layout::Same),
    ("bn1.bias", "backbone.Resnet.norm1.Batch.beta", Layout::Same),
    ("bn1.running_mean", "backbone.Resnet.norm1.Batch.running_mean", Layout::Same),
    ("bn1.running_var", "backbone.Resnet.norm1.Batch.running_var", Layout::Same),
    (
        "layer{s+1}.{b}.conv{c}.weight",
        "backbone.Resnet.stages.{s}.blocks.{b}.conv{c}.weight",
        Layout::Same,
    ),
    (
        "layer{s+1}.{b}.bn{c}.weight",
        "backbone.Resnet.stages.{s}.blocks.{b}.norm{c}.Batch.gamma",
        Layout::Same,
    ),
    (
        "layer{s+1}.{b}.bn{c}.bias",
        "backbone.Resnet.stages.{s}.blocks.{b}.norm{c}.Batch.beta",
        Layout::Same,
    ),
    (
        "layer{s+1}.{b}.bn{c}.running_mean",
        "backbone.Resnet.stages.{s}.blocks.{b}.norm{c}.Batch.running_mean",
        Layout::Same,
    ),
    (
        "layer{s+1}.{b}.bn{c}.running_var",
        "backbone.Resnet.stages.{s}.blocks.{b}.norm{c}.Batch.running_var",
        Layout::Same,
    ),
    (
        "layer{s+1}.{b}.shortcut.0.weight",
        "backbone.Resnet.stages.{s}.blocks.{b}.projection.conv.weight",
        Layout::Same,
    ),
    (
        "layer{s+1}.{b}.shortcut.1.weight",
        "backbone.Resnet.stages.{s}.blocks.{b}.projection.norm.Batch.gamma",
        Layout::Same,
    ),
    (
        "layer{s+1}.{b}.shortcut.1.bias",
        "backbone.Resnet.stages.{s}.blocks.{b}.projection.norm.Batch.beta",
        Layout::Same,
    ),
    (
        "layer{s+1}.{b}.shortcut.1.running_mean",
        "backbone.Resnet.stages.{s}.blocks.{b}.projection.norm.Batch.running_mean",
        Layout::Same,
    ),
    (
        "layer{s+1}.{b}.shortcut.1.running_var",
        "backbone.Resnet.stages.{s}.blocks.{b}.projection.norm.Batch.running_var",
        Layout::Same,
    ),
    ("linear.weight", "head.weight", Layout::Transposed),
    ("linear.bias", "head.bias", Layout::Same),
];

/// Of `nn.LSTM`, `nn.GRU` and `nn.RNN`. A number ends before `_`, so the rules of one direction do
/// not fit the other.
const RECURRENT: &[(&str, &str, Layout)] = &[
    ("weight_ih_l{n}", "recurrent.layers.{n}.forward.weight_ih", Layout::Same),
    ("weight_hh_l{n}", "recurrent.layers.{n}.forward.weight_hh", Layout::Same),
    ("bias_ih_l{n}", "recurrent.layers.{n}.forward.bias_ih", Layout::Same),
    ("bias_hh_l{n}", "recurrent.layers.{n}.forward.bias_hh", Layout::Same),
    ("weight_ih_l{n}_reverse", "recurrent.layers.{n}.reverse.weight_ih", Layout::Same),
    ("weight_hh_l{n}_reverse", "recurrent.layers.{n}.reverse.weight_hh", Layout::Same),
    ("bias_ih_l{n}_reverse", "recurrent.layers.{n}.reverse.bias_ih", Layout::Same),
    ("bias_hh_l{n}_reverse", "recurrent.layers.{n}.reverse.bias_hh", Layout::Same),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_can_be_read_and_turned_round() {
        assert!(PRESETS.iter().map(|preset| preset.name).is_sorted());
        for preset in PRESETS {
            let there = preset.remap();
            let back = there.clone().inverse();
            assert_eq!(Preset::find(preset.name).map(Preset::remap), Some(there.clone()));
            for (from, to, layout) in preset.rules {
                let zero = |pattern: &str| {
                    ["{s+1}", "{s}", "{b}", "{c}", "{n}"]
                        .iter()
                        .zip(["1", "0", "2", "3", "4"])
                        .fold(pattern.to_owned(), |name, (gap, number)| name.replace(gap, number))
                };
                let (from, to) = (zero(from), zero(to));
                assert_eq!(there.apply(&from), Some((to.clone(), *layout)), "{from}");
                assert_eq!(back.apply(&to), Some((from, *layout)), "{to}");
            }
        }
    }

    #[test]
    fn a_preset_may_stand_under_a_name() {
        let remap = Preset::find("recurrent").unwrap().remap_under("encoder.lstm.").unwrap();
        let here = "recurrent.layers.1.reverse.bias_hh".to_owned();
        assert_eq!(remap.apply("encoder.lstm.bias_hh_l1_reverse"), Some((here, Layout::Same)));
        assert_eq!(remap.apply("bias_hh_l1_reverse"), None);
        assert!(Preset::find("recurrent").unwrap().remap_under("*.").is_err());
    }
}
