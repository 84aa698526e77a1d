//! PNG files: every depth and colour type, interlaced or not; of animations the still image.

use std::io::Cursor;

use png::{ColorType, Decoder, Limits, Transformations};

use super::picture::{Picture, Rules, check_size, sized};

/// For what a decoder keeps beside the pixels; text and colour profiles are skipped.
const SCRATCH_BYTES: usize = 1 << 24;

/// Orientations of EXIF.
const UPRIGHT: u8 = 1;
const ON_ITS_SIDE: u8 = 6;

pub(crate) fn decode(
    bytes: &[u8],
    rules: &Rules,
    scratch: &mut Vec<u8>,
) -> Result<Picture, String> {
    let limits = Limits { bytes: SCRATCH_BYTES };
    let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), limits);
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    // Palettes and small samples are expanded, transparent colours become an alpha channel, and of
    // 16 bits the high byte stays.
    decoder.set_transformations(Transformations::EXPAND | Transformations::STRIP_16);
    let damaged = |error: png::DecodingError| format!("no complete PNG file: {error}");
    let info = decoder.read_header_info().map_err(damaged)?;
    let size = (info.width as usize, info.height as usize);
    // Whether it was taken turned may stand behind its pixels.
    check_size(size, UPRIGHT, rules)
        .or_else(|problem| check_size(size, ON_ITS_SIDE, rules).map_err(|_| problem))?;
    let mut reader = decoder.read_info().map_err(damaged)?;
    let len = reader.output_buffer_size().ok_or("more pixels than memory can hold")?;
    let mut pixels = sized(scratch, len);
    let info = reader.next_frame(&mut pixels).map_err(damaged)?;
    reader.finish().map_err(damaged)?; // a file that is cut after its pixels is no whole file
    let exif = reader.info().exif_metadata.as_deref();
    let turned = exif.map_or(UPRIGHT, super::turn::orientation);
    check_size(size, turned, rules)?;
    let channels = match info.color_type {
        ColorType::Grayscale => 1,
        ColorType::GrayscaleAlpha => 2,
        ColorType::Rgb => 3,
        ColorType::Rgba => 4,
        ColorType::Indexed => return Err("a palette that is not there".to_owned()),
    };
    pixels.truncate(info.buffer_size());
    Ok(Picture { height: size.1, width: size.0, channels, pixels, turned })
}

/// Width and height, of a file that says so where it has to.
pub(crate) fn size(bytes: &[u8]) -> Option<(usize, usize)> {
    const AT: usize = 16;
    let [width, height] = *bytes.get(AT..)?.as_chunks::<4>().0.first_chunk()?;
    Some((u32::from_be_bytes(width) as usize, u32::from_be_bytes(height) as usize))
}
