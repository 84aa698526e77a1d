//! Names of networks that many have trained.

use fireassay_spec::{ModelSpec, Norm};

use super::{Layout, Remap, RemapError, Rule};

/// What stands here for the kind of a norm, which names of PyTorch do not tell.
const NORM: &str = "<norm>";

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
        name: "cnn",
        about: "nn.Conv2d, norms and nn.Linear of PyTorch, in lists named as the cnn here has them",
        rules: CNN,
    },
    Preset {
        name: "efficientnet-lite",
        about: "EfficientNet-Lite of PyTorch (efficientnet_lite_pytorch) to the one here",
        rules: EFFICIENTNET_LITE,
    },
    Preset {
        name: "mlp",
        about: "nn.Linear and norms of PyTorch, in lists named as the mlp here has them",
        rules: MLP,
    },
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

    /// The names that a model has in PyTorch.
    pub fn of_model(model: &ModelSpec) -> Remap {
        let norm = match model {
            ModelSpec::Cnn(cnn) => of_maps(cnn.norm),
            ModelSpec::EfficientnetLite(_) => BATCH,
            ModelSpec::Mlp(mlp) => of_vectors(mlp.norm),
            ModelSpec::Resnet(resnet) => of_maps(resnet.norm),
        };
        let preset = Self::find(model.family()).expect("invariant: every family has a preset");
        preset.remap_with("", norm).expect("invariant: a test reads every preset")
    }

    /// Its rules. A norm is batch norm.
    pub fn remap(&self) -> Remap {
        self.remap_under("").expect("invariant: a test reads every preset")
    }

    /// Its rules for a module that the other program has under a name: `lstm.`, with its dot.
    ///
    /// # Errors
    ///
    /// If the name has braces or a `*`.
    pub fn remap_under(&self, prefix: &str) -> Result<Remap, RemapError> {
        self.remap_with(prefix, BATCH)
    }

    fn remap_with(&self, prefix: &str, norm: &str) -> Result<Remap, RemapError> {
        let rule = |&(from, to, layout): &(&str, &str, Layout)| {
            Rule::parse(&format!("{prefix}{from}"), &to.replace(NORM, norm), layout)
        };
        Ok(Remap { rules: self.rules.iter().map(rule).collect::<Result<_, _>>()? })
    }
}

/// Names of the variants of the norm layer in `models`.
const BATCH: &str = "Batch";
const GROUP: &str = "Group";
const VECTOR: &str = "Vector";

fn of_maps(norm: Norm) -> &'static str {
    match norm {
        Norm::None | Norm::Batch => BATCH,
        Norm::Layer | Norm::Group(_) => GROUP,
    }
}

fn of_vectors(norm: Norm) -> &'static str {
    match norm {
        Norm::None | Norm::Batch => BATCH,
        Norm::Group(_) => GROUP,
        Norm::Layer => VECTOR,
    }
}

/// Modules in `nn.ModuleList`s: `blocks` of `conv` and `norm`, `dense` of `linear`, `head`.
const CNN: &[(&str, &str, Layout)] = &[
    ("blocks.{n}.conv.weight", "backbone.Cnn.blocks.{n}.conv.weight", Layout::Same),
    ("blocks.{n}.conv.bias", "backbone.Cnn.blocks.{n}.conv.bias", Layout::Same),
    ("blocks.{n}.norm.weight", "backbone.Cnn.blocks.{n}.norm.<norm>.gamma", Layout::Same),
    ("blocks.{n}.norm.bias", "backbone.Cnn.blocks.{n}.norm.<norm>.beta", Layout::Same),
    (
        "blocks.{n}.norm.running_mean",
        "backbone.Cnn.blocks.{n}.norm.<norm>.running_mean",
        Layout::Same,
    ),
    (
        "blocks.{n}.norm.running_var",
        "backbone.Cnn.blocks.{n}.norm.<norm>.running_var",
        Layout::Same,
    ),
    ("dense.{n}.linear.weight", "backbone.Cnn.dense.{n}.linear.weight", Layout::Transposed),
    ("dense.{n}.linear.bias", "backbone.Cnn.dense.{n}.linear.bias", Layout::Same),
    ("head.weight", "head.weight", Layout::Transposed),
    ("head.bias", "head.bias", Layout::Same),
];

/// Of <https://github.com/lukemelas/EfficientNet-PyTorch> and what follows its names, such as the
/// package `efficientnet_lite_pytorch`.
const EFFICIENTNET_LITE: &[(&str, &str, Layout)] = &[
    ("_conv_stem.weight", "backbone.EfficientnetLite.stem.conv.weight", Layout::Same),
    ("_bn0.weight", "backbone.EfficientnetLite.stem.norm.gamma", Layout::Same),
    ("_bn0.bias", "backbone.EfficientnetLite.stem.norm.beta", Layout::Same),
    ("_bn0.running_mean", "backbone.EfficientnetLite.stem.norm.running_mean", Layout::Same),
    ("_bn0.running_var", "backbone.EfficientnetLite.stem.norm.running_var", Layout::Same),
    (
        "_blocks.{n}._expand_conv.weight",
        "backbone.EfficientnetLite.blocks.{n}.expand.conv.weight",
        Layout::Same,
    ),
    (
        "_blocks.{n}._bn0.weight",
        "backbone.EfficientnetLite.blocks.{n}.expand.norm.gamma",
        Layout::Same,
    ),
    (
        "_blocks.{n}._bn0.bias",
        "backbone.EfficientnetLite.blocks.{n}.expand.norm.beta",
        Layout::Same,
    ),
    (
        "_blocks.{n}._bn0.running_mean",
        "backbone.EfficientnetLite.blocks.{n}.expand.norm.running_mean",
        Layout::Same,
    ),
    (
        "_blocks.{n}._bn0.running_var",
        "backbone.EfficientnetLite.blocks.{n}.expand.norm.running_var",
        Layout::Same,
    ),
    (
        "_blocks.{n}._depthwise_conv.weight",
        "backbone.EfficientnetLite.blocks.{n}.depthwise.conv.weight",
        Layout::Same,
    ),
    (
        "_blocks.{n}._bn1.weight",
        "backbone.EfficientnetLite.blocks.{n}.depthwise.norm.gamma",
        Layout::Same,
    ),
    (
        "_blocks.{n}._bn1.bias",
        "backbone.EfficientnetLite.blocks.{n}.depthwise.norm.beta",
        Layout::Same,
    ),
    (
        "_blocks.{n}._bn1.running_mean",
        "backbone.EfficientnetLite.blocks.{n}.depthwise.norm.running_mean",
        Layout::Same,
    ),
    (
        "_blocks.{n}._bn1.running_var",
        "backbone.EfficientnetLite.blocks.{n}.depthwise.norm.running_var",
        Layout::Same,
    ),
    (
        "_blocks.{n}._project_conv.weight",
        "backbone.EfficientnetLite.blocks.{n}.project.conv.weight",
        Layout::Same,
    ),
    (
        "_blocks.{n}._bn2.weight",
        "backbone.EfficientnetLite.blocks.{n}.project.norm.gamma",
        Layout::Same,
    ),
    (
        "_blocks.{n}._bn2.bias",
        "backbone.EfficientnetLite.blocks.{n}.project.norm.beta",
        Layout::Same,
    ),
    (
        "_blocks.{n}._bn2.running_mean",
        "backbone.EfficientnetLite.blocks.{n}.project.norm.running_mean",
        Layout::Same,
    ),
    (
        "_blocks.{n}._bn2.running_var",
        "backbone.EfficientnetLite.blocks.{n}.project.norm.running_var",
        Layout::Same,
    ),
    ("_conv_head.weight", "backbone.EfficientnetLite.top.conv.weight", Layout::Same),
    ("_bn1.weight", "backbone.EfficientnetLite.top.norm.gamma", Layout::Same),
    ("_bn1.bias", "backbone.EfficientnetLite.top.norm.beta", Layout::Same),
    ("_bn1.running_mean", "backbone.EfficientnetLite.top.norm.running_mean", Layout::Same),
    ("_bn1.running_var", "backbone.EfficientnetLite.top.norm.running_var", Layout::Same),
    ("_fc.weight", "head.weight", Layout::Transposed),
    ("_fc.bias", "head.bias", Layout::Same),
];

/// Modules in an `nn.ModuleList`, `blocks` of `linear` and `norm`, and `head`.
const MLP: &[(&str, &str, Layout)] = &[
    ("blocks.{n}.linear.weight", "backbone.Mlp.blocks.{n}.linear.weight", Layout::Transposed),
    ("blocks.{n}.linear.bias", "backbone.Mlp.blocks.{n}.linear.bias", Layout::Same),
    ("blocks.{n}.norm.weight", "backbone.Mlp.blocks.{n}.norm.<norm>.gamma", Layout::Same),
    ("blocks.{n}.norm.bias", "backbone.Mlp.blocks.{n}.norm.<norm>.beta", Layout::Same),
    (
        "blocks.{n}.norm.running_mean",
        "backbone.Mlp.blocks.{n}.norm.<norm>.running_mean",
        Layout::Same,
    ),
    (
        "blocks.{n}.norm.running_var",
        "backbone.Mlp.blocks.{n}.norm.<norm>.running_var",
        Layout::Same,
    ),
    ("head.weight", "head.weight", Layout::Transposed),
    ("head.bias", "head.bias", Layout::Same),
];

/// Of <https://github.com/akamaster/pytorch_resnet_cifar10>, and biases of the convolutions where
/// there are no norms. Shortcuts of its option A have no
/// parameters, those of option B a convolution and a norm.
const RESNET: &[(&str, &str, Layout)] = &[
    ("conv1.weight", "backbone.Resnet.conv1.weight", Layout::Same),
    ("conv1.bias", "backbone.Resnet.conv1.bias", Layout::Same),
    ("bn1.weight", "backbone.Resnet.norm1.<norm>.gamma", Layout::Same),
    ("bn1.bias", "backbone.Resnet.norm1.<norm>.beta", Layout::Same),
    ("bn1.running_mean", "backbone.Resnet.norm1.<norm>.running_mean", Layout::Same),
    ("bn1.running_var", "backbone.Resnet.norm1.<norm>.running_var", Layout::Same),
    (
        "layer{s+1}.{b}.conv{c}.weight",
        "backbone.Resnet.stages.{s}.blocks.{b}.conv{c}.weight",
        Layout::Same,
    ),
    (
        "layer{s+1}.{b}.conv{c}.bias",
        "backbone.Resnet.stages.{s}.blocks.{b}.conv{c}.bias",
        Layout::Same,
    ),
    (
        "layer{s+1}.{b}.bn{c}.weight",
        "backbone.Resnet.stages.{s}.blocks.{b}.norm{c}.<norm>.gamma",
        Layout::Same,
    ),
    (
        "layer{s+1}.{b}.bn{c}.bias",
        "backbone.Resnet.stages.{s}.blocks.{b}.norm{c}.<norm>.beta",
        Layout::Same,
    ),
    (
        "layer{s+1}.{b}.bn{c}.running_mean",
        "backbone.Resnet.stages.{s}.blocks.{b}.norm{c}.<norm>.running_mean",
        Layout::Same,
    ),
    (
        "layer{s+1}.{b}.bn{c}.running_var",
        "backbone.Resnet.stages.{s}.blocks.{b}.norm{c}.<norm>.running_var",
        Layout::Same,
    ),
    (
        "layer{s+1}.{b}.shortcut.0.weight",
        "backbone.Resnet.stages.{s}.blocks.{b}.projection.conv.weight",
        Layout::Same,
    ),
    (
        "layer{s+1}.{b}.shortcut.0.bias",
        "backbone.Resnet.stages.{s}.blocks.{b}.projection.conv.bias",
        Layout::Same,
    ),
    (
        "layer{s+1}.{b}.shortcut.1.weight",
        "backbone.Resnet.stages.{s}.blocks.{b}.projection.norm.<norm>.gamma",
        Layout::Same,
    ),
    (
        "layer{s+1}.{b}.shortcut.1.bias",
        "backbone.Resnet.stages.{s}.blocks.{b}.projection.norm.<norm>.beta",
        Layout::Same,
    ),
    (
        "layer{s+1}.{b}.shortcut.1.running_mean",
        "backbone.Resnet.stages.{s}.blocks.{b}.projection.norm.<norm>.running_mean",
        Layout::Same,
    ),
    (
        "layer{s+1}.{b}.shortcut.1.running_var",
        "backbone.Resnet.stages.{s}.blocks.{b}.projection.norm.<norm>.running_var",
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
                let (from, to) = (zero(from), zero(to).replace(NORM, BATCH));
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
