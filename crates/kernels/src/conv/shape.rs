//! What a convolution block computes, and the sizes that follow from it.

use crate::lanes::LANES;
use crate::sizes::product;

/// A two-dimensional convolution of `images` images `[height][width][channels]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conv {
    /// How many images.
    pub images: usize,
    /// Height and width of one.
    pub size: [usize; 2],
    /// Channels in.
    pub channels: usize,
    /// Channels out.
    pub filters: usize,
    /// Height and width of the kernel.
    pub kernel: [usize; 2],
    /// From an output to the next, down and across.
    pub stride: [usize; 2],
    /// Zeros above and below, and left and right.
    pub padding: [[usize; 2]; 2],
    /// Whether each channel is convolved by itself, with a filter of its own: then there are as many
    /// filters as channels, and one channel in each.
    pub depthwise: bool,
}

/// What follows the sum, or its norm: functions whose slope follows from their value, so that a
/// backward pass needs the output only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// Nothing.
    Identity,
    /// `max(x, 0)`.
    Relu,
    /// `min(max(x, 0), 6)`.
    Relu6,
    /// `1 / (1 + exp(-x))`.
    Sigmoid,
    /// The hyperbolic tangent.
    Tanh,
}

/// What is kept of a window. Windows lie side by side; what is left over at the right and at the
/// bottom is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pool {
    /// All values.
    None,
    /// The largest: the first of equals. It is NaN if there is one, whatever then becomes of
    /// the gradient.
    Max([usize; 2]),
    /// The mean.
    Average([usize; 2]),
}

/// A convolution with what follows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// The convolution.
    pub conv: Conv,
    /// After the bias or norm, and after the residual if there is one.
    pub activation: Activation,
    /// After the activation.
    pub pool: Pool,
}

impl Conv {
    /// Height and width of the output.
    ///
    /// # Panics
    ///
    /// If the kernel is larger than the padded image, anything but the number of images and the
    /// padding is 0, or a depthwise convolution has more or fewer filters than channels.
    pub fn output(&self) -> [usize; 2] {
        let padded = self.padded();
        let fits = |axis: usize| 0 < self.kernel[axis] && self.kernel[axis] <= padded[axis];
        assert!(fits(0) && fits(1), "the kernel is empty or larger than the image: {self:?}");
        assert!(self.stride[0] > 0 && self.stride[1] > 0, "a stride is 0: {self:?}");
        let filled = self.channels > 0 && self.filters > 0 && self.size[0] > 0 && self.size[1] > 0;
        assert!(filled, "there are no channels or pixels: {self:?}");
        let paired = !self.depthwise || self.filters == self.channels;
        assert!(paired, "a filter for each channel: {self:?}");
        [0, 1].map(|axis| (padded[axis] - self.kernel[axis]) / self.stride[axis] + 1)
    }

    /// Values of all images.
    pub fn input_len(&self) -> usize {
        product([self.images, self.size[0], self.size[1], self.channels])
    }

    /// Values of all weights.
    pub fn weight_len(&self) -> usize {
        product([self.filters, self.kernel[0], self.kernel[1], self.depth()])
    }

    /// That whatever is made for this convolution can be counted, so that all other products of its
    /// sizes are plain ones.
    ///
    /// # Panics
    ///
    /// If not, and as [`Self::output`].
    pub(super) fn check(&self) {
        self.output();
        let blocks = self.in_blocks().max(self.out_blocks());
        let [height, width] = self.padded();
        // An output, and the zeros around it on the way back, are no larger than twice the padded
        // image in height and in width.
        product([4, self.images.max(1), height, width, blocks, LANES]);
        // A share of the weights' gradient for each group of images, and weights in full blocks.
        let [kernel_height, kernel_width] = self.kernel;
        let weights = [kernel_height, kernel_width, blocks * LANES, blocks * LANES];
        product([self.images.max(1), product(weights)]);
    }

    /// Values of one image.
    pub(super) fn image_len(&self) -> usize {
        self.size[0] * self.size[1] * self.channels
    }

    /// Height and width with the padding.
    pub(super) fn padded(&self) -> [usize; 2] {
        [0, 1].map(|axis| {
            let [before, behind] = self.padding[axis];
            before.saturating_add(behind).saturating_add(self.size[axis])
        })
    }

    /// Whether there is any padding.
    pub(super) fn is_padded(&self) -> bool {
        self.padding != [[0; 2]; 2]
    }

    /// Channels that a filter sees.
    pub fn depth(&self) -> usize {
        if self.depthwise { 1 } else { self.channels }
    }

    /// Products that one output sums.
    pub(super) fn terms(&self) -> usize {
        self.kernel[0] * self.kernel[1] * self.depth()
    }

    /// Positions of one output image.
    pub(super) fn pixels(&self) -> usize {
        let [height, width] = self.output();
        height * width
    }

    /// Blocks of sixteen channels in.
    pub(super) fn in_blocks(&self) -> usize {
        self.channels.div_ceil(LANES)
    }

    /// Blocks of sixteen channels out.
    pub(super) fn out_blocks(&self) -> usize {
        self.filters.div_ceil(LANES)
    }

    /// The convolution of the output's gradient that gives the input's, if it is worth it: with
    /// strides of 1 and full blocks of filters, where the zeros around the output add at most an
    /// eighth of products.
    pub(super) fn turned(&self) -> Option<Self> {
        let [height, width] = self.output();
        let few = 8 * self.size[0] * self.size[1] <= 9 * height * width;
        let full = self.filters.is_multiple_of(LANES);
        let simple = self.stride == [1, 1] && !self.depthwise;
        (simple && few && self.covers_its_padding() && full).then(|| Self {
            size: [height, width],
            channels: self.filters,
            filters: self.channels,
            padding: self.turned_padding(),
            ..*self
        })
    }

    /// Whether no kernel lies outside of the image as a whole.
    pub(super) fn covers_its_padding(&self) -> bool {
        [0, 1].iter().all(|&axis| self.padding[axis].iter().all(|&zeros| zeros < self.kernel[axis]))
    }

    /// The zeros around the output's gradient that the kernel goes over on the way back, where it
    /// covers its padding and strides are 1.
    pub(super) fn turned_padding(&self) -> [[usize; 2]; 2] {
        [0, 1].map(|axis| self.padding[axis].map(|zeros| self.kernel[axis] - 1 - zeros))
    }

    /// Where in the padded image the patch of each output begins, in pixels.
    pub(super) fn origins(&self) -> Vec<usize> {
        let [height, width] = self.output();
        let across = self.padded()[1];
        let at = |y: usize, x: usize| y * self.stride[0] * across + x * self.stride[1];
        (0..height).flat_map(|y| (0..width).map(move |x| at(y, x))).collect()
    }
}

impl Block {
    /// Height and width of the output.
    ///
    /// # Panics
    ///
    /// As [`Conv::output`], and if a window is empty.
    pub fn output(&self) -> [usize; 2] {
        let [height, width] = self.conv.output();
        let [down, across] = self.window();
        assert!(down > 0 && across > 0, "a window is empty: {:?}", self.pool);
        [height / down, width / across]
    }

    /// Values of all output images.
    pub fn output_len(&self) -> usize {
        let [height, width] = self.output();
        product([self.conv.images, height, width, self.conv.filters])
    }

    /// Values of one output image.
    pub(super) fn image_len(&self) -> usize {
        self.pooled() * self.conv.filters
    }

    /// Positions of one output image.
    pub(super) fn pooled(&self) -> usize {
        let [height, width] = self.output();
        height * width
    }

    /// Height and width of a window.
    pub(super) fn window(&self) -> [usize; 2] {
        match self.pool {
            Pool::None => [1, 1],
            Pool::Max(window) | Pool::Average(window) => window,
        }
    }
}

/// Where windows begin, one after the other, in pixels before the pool. Without divisions, which
/// take as long as all else that is done for a pixel.
pub(super) struct Cells {
    width: usize,
    window: [usize; 2],
    row: usize,
    column: usize,
}

impl Cells {
    /// Of rows of `width` pixels.
    pub(super) fn new(width: usize, window: [usize; 2]) -> Self {
        Self { width, window, row: 0, column: 0 }
    }

    /// The first pixel of the next window.
    #[inline(always)]
    pub(super) fn next(&mut self) -> usize {
        let first = self.row + self.column;
        self.column += self.window[1];
        if self.column + self.window[1] > self.width {
            self.column = 0;
            self.row += self.window[0] * self.width;
        }
        first
    }
}
