//! One image file to the values of one example.
//!
//! Samples of 16 bits keep their high byte, smaller ones and palettes are expanded; colour profiles
//! and gamma are not applied. Grey from colour is the luma that `Colour::Grey` states.

use fireassay_spec::{Alpha, Colour, Fit, Orientation};

use super::{jpeg, png, resample, turn};

/// Larger images are refused before a pixel is decoded: 8192 x 8192.
const MAX_PIXELS: usize = 1 << 26;

/// What the card says of every image.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    pub(crate) height: usize,
    pub(crate) width: usize,
    pub(crate) colour: Colour,
    pub(crate) fit: Fit,
    pub(crate) alpha: Alpha,
    pub(crate) orientation: Orientation,
}

/// Pixels, `[height, width, channels]`.
#[derive(Debug)]
pub(crate) struct Picture {
    pub(crate) height: usize,
    pub(crate) width: usize,
    /// 1: grey, 2: grey and alpha, 3: RGB, 4: RGB and alpha.
    pub(crate) channels: usize,
    pub(crate) pixels: Vec<u8>,
    /// As EXIF counts them: 1 is upright.
    pub(crate) turned: u8,
}

/// Appends the `[channels, height, width]` of a JPEG or PNG file, or says what is wrong with it.
/// Pixels are decoded into `scratch` if they fit in there.
pub(crate) fn read(
    bytes: &[u8],
    rules: &Rules,
    scratch: &mut Vec<u8>,
    out: &mut Vec<u8>,
) -> Result<(), String> {
    let mut picture = decode(bytes, rules, scratch)?;
    if picture.channels % 2 == 0 {
        make_opaque(&mut picture, rules.alpha)?;
    }
    let channels = match rules.colour {
        Colour::Grey => 1,
        Colour::Rgb => 3,
    };
    if rules.colour == Colour::Grey && picture.channels == 3 {
        make_grey(&mut picture);
    }
    if rules.orientation == Orientation::Stored {
        picture.turned = 1;
    }
    let stored_channels = picture.channels;
    let fitted = fitted(&picture, rules);
    let pixels = fitted.as_ref().unwrap_or(&picture.pixels);
    for channel in 0..channels {
        let source = channel % stored_channels; // a grey one is repeated
        out.extend(pixels.iter().skip(source).step_by(stored_channels));
    }
    if scratch.capacity() == 0 {
        *scratch = picture.pixels;
    }
    Ok(())
}

/// So many zeros, where `scratch` was if that is large enough.
pub(crate) fn sized(scratch: &mut Vec<u8>, len: usize) -> Vec<u8> {
    if scratch.capacity() < len {
        return vec![0; len];
    }
    let mut pixels = std::mem::take(scratch);
    pixels.clear();
    pixels.resize(len, 0);
    pixels
}

/// About how many bytes decoding takes, as far as the file tells; 0 for what cannot be decoded.
pub(crate) fn decoded_len(bytes: &[u8]) -> usize {
    const CHANNELS: usize = 3;
    let (width, height) = match bytes {
        [0xff, 0xd8, 0xff, ..] => jpeg::size(bytes).unwrap_or_default(),
        [0x89, b'P', b'N', b'G', ..] => png::size(bytes).unwrap_or_default(),
        _ => (0, 0),
    };
    width.saturating_mul(height).min(MAX_PIXELS) * CHANNELS
}

/// The pixels as they are stored.
pub(crate) fn decode(
    bytes: &[u8],
    rules: &Rules,
    scratch: &mut Vec<u8>,
) -> Result<Picture, String> {
    match bytes {
        [] => Err("the file is empty".to_owned()),
        [0xff, 0xd8, 0xff, ..] => jpeg::decode(bytes, rules, scratch),
        [0x89, b'P', b'N', b'G', ..] => png::decode(bytes, rules, scratch),
        _ => Err("neither a JPEG nor a PNG file".to_owned()),
    }
}

/// Refuses a size that is too large to decode, or that the card does not want.
pub(crate) fn check_size(
    (width, height): (usize, usize),
    turned: u8,
    rules: &Rules,
) -> Result<(), String> {
    let num_pixels = width.checked_mul(height).filter(|&n| n <= MAX_PIXELS);
    if num_pixels.is_none_or(|n| n == 0) {
        return Err(format!("{width}x{height} pixels, expected 1 to {MAX_PIXELS} in all"));
    }
    let is_swapped = rules.orientation == Orientation::Upright && turn::is_swapped(turned);
    let (width, height) = if is_swapped { (height, width) } else { (width, height) };
    if rules.fit == Fit::Exact && (width, height) != (rules.width, rules.height) {
        let (expected_width, expected_height) = (rules.width, rules.height);
        return Err(format!(
            "{width}x{height} pixels, expected {expected_width}x{expected_height}; `fit` in the \
             card can have it resized"
        ));
    }
    Ok(())
}

/// Takes the alpha channel away, where the pixels are.
fn make_opaque(picture: &mut Picture, rule: Alpha) -> Result<(), String> {
    let (channels, colours) = (picture.channels, picture.channels - 1);
    let num_pixels = picture.pixels.len() / channels;
    let pixels = &mut picture.pixels;
    for (from, to) in (0..num_pixels).map(|index| (index * channels, index * colours)) {
        let alpha = pixels[from + colours];
        if rule == Alpha::Refuse && alpha != u8::MAX {
            return Err(
                "the image shows through; `alpha` in the card says on what to lay it".to_owned()
            );
        }
        let over = |colour: u8, ground: u8| {
            let sum = u32::from(colour) * u32::from(alpha)
                + u32::from(ground) * u32::from(u8::MAX - alpha);
            ((sum + 127) / 255) as u8 // a mean of two bytes is one
        };
        for channel in 0..colours {
            let colour = pixels[from + channel];
            pixels[to + channel] = match rule {
                Alpha::Refuse | Alpha::Drop => colour,
                Alpha::Black => over(colour, 0),
                Alpha::White => over(colour, u8::MAX),
            };
        }
    }
    pixels.truncate(num_pixels * colours);
    picture.channels = colours;
    Ok(())
}

/// One channel in place of three, where the pixels are.
fn make_grey(picture: &mut Picture) {
    let num_pixels = picture.pixels.len() / 3;
    for index in 0..num_pixels {
        let colours = [0, 1, 2].map(|channel| picture.pixels[3 * index + channel]);
        picture.pixels[index] = luma(&colours);
    }
    picture.pixels.truncate(num_pixels);
    picture.channels = 1;
}

fn luma(&[r, g, b]: &[u8; 3]) -> u8 {
    let sum = 19_595 * u32::from(r) + 38_470 * u32::from(g) + 7_471 * u32::from(b);
    ((sum + 0x8000) >> 16) as u8
}

/// Upright and at the card's size; none if they are that already.
fn fitted(picture: &Picture, rules: &Rules) -> Option<Vec<u8>> {
    let (seen, to) = (turn::size(picture), [rules.height, rules.width]);
    let [[top, left], from] = match rules.fit {
        Fit::Exact | Fit::Resize => [[0, 0], seen], // the size of an exact one was checked
        Fit::CenterCrop => centre(seen, to),
    };
    if picture.turned == 1 && seen == from && from == to {
        return None;
    }
    let columns = left..left + from[1];
    let row = |y: usize, out: &mut Vec<u8>| turn::row(picture, top + y, columns.clone(), out);
    Some(resample::resample(&row, from, to, picture.channels))
}

/// Corner and size of the largest centred part with the card's proportions; of an odd rest, the
/// smaller half is above and to the left.
fn centre([height, width]: [usize; 2], to: [usize; 2]) -> [[usize; 2]; 2] {
    let across = (height.saturating_mul(to[1]) / to[0]).clamp(1, width);
    let down = (width.saturating_mul(to[0]) / to[1]).clamp(1, height);
    [[(height - down) / 2, (width - across) / 2], [down, across]]
}
