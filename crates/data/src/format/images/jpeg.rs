//! JPEG files: baseline and progressive, grey and colour.
//!
//! Decoders differ in how they round and how they enlarge the colour channels: most values agree
//! with other libraries, few differ by more than 2. CMYK is refused: without a colour profile,
//! what it looks like is anybody's guess.

use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::picture::{Picture, Rules, check_size, sized};
use super::turn;

pub(crate) fn decode(
    bytes: &[u8],
    rules: &Rules,
    scratch: &mut Vec<u8>,
) -> Result<Picture, String> {
    let outline = Outline::of(bytes)?;
    // Decoders fill what is missing with grey.
    if !bytes[outline.pixels_at..].array_windows().any(|pair| *pair == END_OF_IMAGE) {
        return Err(cut());
    }
    check_size(outline.size, outline.turned, rules)?;
    let (channels, colours) = match outline.components {
        1 => (1, ColorSpace::Luma),
        3 => (3, ColorSpace::RGB),
        4 => return Err("a CMYK image; convert it to RGB first".to_owned()),
        n => return Err(format!("a JPEG file of {n} components")),
    };
    let options = DecoderOptions::default()
        .set_max_width(outline.size.0)
        .set_max_height(outline.size.1)
        .set_strict_mode(true)
        .jpeg_set_out_colorspace(colours);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    let damaged = |error| format!("no complete JPEG file: {error}");
    decoder.decode_headers().map_err(damaged)?;
    let (width, height) = outline.size;
    let len = width * height * channels;
    if decoder.dimensions() != Some(outline.size) || decoder.output_buffer_size() != Some(len) {
        return Err("a JPEG file with two sizes".to_owned());
    }
    let mut pixels = sized(scratch, len);
    decoder.decode_into(&mut pixels).map_err(damaged)?;
    Ok(Picture { height, width, channels, pixels, turned: outline.turned })
}

/// Width and height, of a file that says so.
pub(crate) fn size(bytes: &[u8]) -> Option<(usize, usize)> {
    Outline::of(bytes).ok().map(|outline| outline.size)
}

/// What the segments of a file say before its pixels are decoded.
struct Outline {
    /// Width, height.
    size: (usize, usize),
    components: u8,
    /// As EXIF counts them.
    turned: u8,
    /// Where the first scan begins.
    pixels_at: usize,
}

impl Outline {
    /// Goes from marker to marker up to the first scan.
    fn of(bytes: &[u8]) -> Result<Self, String> {
        let (mut frame, mut turned, mut at) = (None, 1, 2);
        loop {
            let &[0xff, marker] = bytes.get(at..).and_then(<[u8]>::first_chunk).ok_or_else(cut)?
            else {
                return Err(format!("no JPEG file: no marker at byte {at}"));
            };
            if matches!(marker, FILL | TEMPORARY | RESTART_0..=RESTART_7) {
                at += if marker == FILL { 1 } else { 2 };
                continue;
            }
            let length = bytes.get(at + 2..).and_then(<[u8]>::first_chunk).ok_or_else(cut)?;
            let end = at + 2 + usize::from(u16::from_be_bytes(*length));
            let body = bytes.get(at + 4..end).ok_or_else(cut)?;
            match marker {
                START_OF_SCAN => {
                    let (size, components) =
                        frame.ok_or("no JPEG file: pixels before their size")?;
                    return Ok(Self { size, components, turned, pixels_at: end });
                }
                APPLICATION_1 => {
                    if let Some(exif) = body.strip_prefix(b"Exif\0\0") {
                        turned = turn::orientation(exif);
                    }
                }
                marker if is_start_of_frame(marker) && frame.is_none() => {
                    let &[_, h1, h0, w1, w0, components] = body.first_chunk().ok_or_else(cut)?;
                    let side = |high, low| usize::from(u16::from_be_bytes([high, low]));
                    frame = Some(((side(w1, w0), side(h1, h0)), components));
                }
                _ => {}
            }
            at = end;
        }
    }
}

fn cut() -> String {
    "no complete JPEG file: it ends early".to_owned()
}

const FILL: u8 = 0xff;
const TEMPORARY: u8 = 0x01;
const RESTART_0: u8 = 0xd0;
const RESTART_7: u8 = 0xd7;
const START_OF_SCAN: u8 = 0xda;
const APPLICATION_1: u8 = 0xe1;
const END_OF_IMAGE: [u8; 2] = [0xff, 0xd9];

/// Those markers of the frame range that start one; the others are tables.
fn is_start_of_frame(marker: u8) -> bool {
    const TABLES: [u8; 3] = [0xc4, 0xc8, 0xcc];
    (0xc0..=0xcf).contains(&marker) && !TABLES.contains(&marker)
}
