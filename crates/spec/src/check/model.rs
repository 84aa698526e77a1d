//! Whether `[base.model]` can be built for the shape of the data.

use super::{FROM_0_BELOW_1, Problems};
use crate::{
    CnnSpec, DatasetCard, EfficientnetLiteSpec, MlpSpec, Modality, ModelSpec, Norm, Padding, Pool,
    ResnetShortcut, ResnetSpec,
};

/// The widest layer. With [`LARGEST_STEP`] it keeps every count of weights and operations far
/// inside 64 bits, so that a slip of the finger is told here and not by an allocation that fails.
const WIDEST: usize = 65_536;
/// The largest kernel and stride.
const LARGEST_STEP: usize = 1024;

impl ModelSpec {
    pub(super) fn check(&self, card: &DatasetCard, found: &mut Problems) {
        match card.modality() {
            Modality::Image | Modality::Table => {}
            Modality::Sequence | Modality::TextPair => return self.refuse_sequences(card, found),
        }
        match self {
            Self::Cnn(cnn) => cnn.check(&card.shape, found),
            Self::EfficientnetLite(efficientnet) => efficientnet.check(&card.shape, found),
            Self::Mlp(mlp) => mlp.check(found),
            Self::Resnet(resnet) => resnet.check(&card.shape, found),
        }
    }

    /// No model here takes inputs of varying length.
    fn refuse_sequences(&self, card: &DatasetCard, found: &mut Problems) {
        let (key, name) = match self {
            Self::Cnn(_) => ("model.cnn", "a CNN"),
            Self::EfficientnetLite(_) => ("model.efficientnet-lite", "an EfficientNet"),
            Self::Mlp(_) => ("model.mlp", "an MLP"),
            Self::Resnet(_) => ("model.resnet", "a ResNet"),
        };
        let message = format!("{name} takes no sequences, and dataset `{}` holds them", card.name);
        let help = "name a dataset of images or tables; `cargo xtask data list` shows which are";
        found.add_with_help(key, message, help);
    }

    /// Whether some layer's statistics are taken over the batch.
    pub(super) fn has_batch_norm(&self) -> bool {
        match self {
            Self::Cnn(cnn) => cnn.norm == Norm::Batch && !cnn.channels.is_empty(),
            Self::EfficientnetLite(_) => true,
            Self::Mlp(mlp) => mlp.norm == Norm::Batch && !mlp.widths.is_empty(),
            Self::Resnet(resnet) => resnet.norm == Norm::Batch,
        }
    }
}

impl MlpSpec {
    fn check(&self, found: &mut Problems) {
        found.number("model.mlp.dropout", self.dropout, FROM_0_BELOW_1);
        check_layers("model.mlp.widths", &self.widths, found);
        check_groups("model.mlp", self.norm, &self.widths, found);
    }
}

impl CnnSpec {
    fn check(&self, shape: &[usize], found: &mut Problems) {
        found.number("model.cnn.dropout", self.dropout, FROM_0_BELOW_1);
        check_layers("model.cnn.channels", &self.channels, found);
        check_layers("model.cnn.dense", &self.dense, found);
        check_groups("model.cnn", self.norm, &self.channels, found);
        found.count_within("model.cnn.kernel", self.kernel, LARGEST_STEP);
        found.count_within("model.cnn.stride", self.stride, LARGEST_STEP);
        if self.channels.is_empty() {
            let message = "`model.cnn.channels` must name at least one block".to_owned();
            let help = "a network of dense layers alone is [base.model.mlp]";
            found.add_with_help("model.cnn.channels", message, help);
        }
        if self.padding == Padding::Same && self.kernel.is_multiple_of(2) && self.kernel > 0 {
            let message = "`model.cnn.kernel` must be odd with padding = \"same\"".to_owned();
            let help = "an even filter has no middle; take an odd one, or padding = \"valid\"";
            found.add_with_help("model.cnn.kernel", message, help);
        }
        match *shape {
            [_, height, width] => self.check_maps([height, width], found),
            _ => found.add_with_help(
                "model.cnn",
                format!("a CNN needs images, this dataset has shape {shape:?}"),
                "take [base.model.mlp]",
            ),
        }
    }

    /// Whether the feature maps outlive every block.
    fn check_maps(&self, mut size: [usize; 2], found: &mut Problems) {
        if self.kernel == 0 || self.stride == 0 {
            return;
        }
        for block in 0..self.channels.len() {
            let [height, width] = size;
            size = size.map(|side| self.side_after_block(side));
            if size.contains(&0) {
                let message = format!(
                    "block {} of `model.cnn.channels` gets feature maps of {height}x{width}, \
                     too small for it",
                    block + 1
                );
                let help = "take fewer blocks, a smaller kernel or stride, padding = \"same\", \
                            or pool = \"none\"";
                return found.add_with_help(&format!("model.cnn.channels.{block}"), message, help);
            }
        }
    }

    fn side_after_block(&self, side: usize) -> usize {
        let conv = match self.padding {
            Padding::Same => side.div_ceil(self.stride),
            Padding::Valid => {
                side.checked_sub(self.kernel).map_or(0, |room| room / self.stride + 1)
            }
        };
        match self.pool {
            Pool::None => conv,
            Pool::Average | Pool::Max => conv / 2,
        }
    }
}

/// The largest EfficientNet-Lite.
const LARGEST_LITE: usize = 4;

impl EfficientnetLiteSpec {
    fn check(&self, shape: &[usize], found: &mut Problems) {
        found.number("model.efficientnet-lite.dropout", self.dropout, FROM_0_BELOW_1);
        if self.variant > LARGEST_LITE {
            let message = format!("there is no EfficientNet-Lite{}", self.variant);
            let help = format!("take 0 to {LARGEST_LITE}");
            found.add_with_help("model.efficientnet-lite.variant", message, &help);
        }
        // Any size will do: maps never get smaller than a pixel.
        if shape.len() != 3 {
            found.add_with_help(
                "model.efficientnet-lite",
                format!("an EfficientNet needs images, this dataset has shape {shape:?}"),
                "take [base.model.mlp]",
            );
        }
    }
}

/// Stages of a ResNet.
const STAGES: usize = 3;
/// The deepest ResNet: the paper's largest for small images.
const DEEPEST: usize = 1202;

impl ResnetSpec {
    fn check(&self, shape: &[usize], found: &mut Problems) {
        found.number("model.resnet.dropout", self.dropout, FROM_0_BELOW_1);
        check_layers("model.resnet.widths", &self.widths, found);
        check_groups("model.resnet", self.norm, &self.widths, found);
        if self.depth < 8 || self.depth % 6 != 2 || self.depth > DEEPEST {
            let message =
                format!("a ResNet has 6 n + 2 layers, and {} is no such number", self.depth);
            let help = format!("take 20, 32, 44, 56 or another one from 8 to {DEEPEST}");
            found.add_with_help("model.resnet.depth", message, &help);
        }
        if self.widths.len() != STAGES {
            let message = "`model.resnet.widths` must name three stages".to_owned();
            found.add_with_help("model.resnet.widths", message, "[16, 32, 64] are the paper's");
        }
        // A width of 0 was told above.
        let narrower = self.widths.windows(2).position(|pair| 0 < pair[1] && pair[1] < pair[0]);
        if let (ResnetShortcut::PaddedIdentity, Some(stage)) = (self.shortcut, narrower) {
            let message = "a shortcut without parameters cannot drop channels".to_owned();
            let help = "let the widths grow, or take shortcut = \"projection\"";
            found.add_with_help(&format!("model.resnet.widths.{}", stage + 1), message, help);
        }
        match *shape {
            // Halved twice, with a pixel left to halve each time.
            [_, height, width] if height.min(width) >= STAGES => {}
            [_, height, width] => found.add_with_help(
                "model.resnet",
                format!("images of {height}x{width} are too small: a ResNet halves them twice"),
                "take [base.model.cnn] or [base.model.mlp]",
            ),
            _ => found.add_with_help(
                "model.resnet",
                format!("a ResNet needs images, this dataset has shape {shape:?}"),
                "take [base.model.mlp]",
            ),
        }
    }
}

fn check_layers(key: &str, widths: &[usize], found: &mut Problems) {
    if let Some(index) = widths.iter().position(|width| !(1..=WIDEST).contains(width)) {
        let message = format!("each number in `{key}` must be from 1 to {WIDEST}");
        found.add(&format!("{key}.{index}"), message);
    }
}

/// Groups must divide every width they are laid over.
fn check_groups(section: &str, norm: Norm, widths: &[usize], found: &mut Problems) {
    let groups = match norm {
        Norm::Batch | Norm::Layer | Norm::None => return,
        Norm::Group(groups) => groups,
    };
    let key = format!("{section}.norm.group");
    if groups == 0 {
        return found.add(&key, format!("`{key}` must be 1 or more"));
    }
    if let Some(width) = widths.iter().find(|width| !width.is_multiple_of(groups)) {
        let message = format!("{groups} groups do not divide {width} channels");
        found.add_with_help(&key, message, "every width must be a multiple of the groups");
    }
}
