//! A fixed font, five by seven pixels, for what is written into pictures.

/// Columns of a letter.
pub(super) const WIDTH: usize = 5;
/// Rows of a letter.
pub(super) const HEIGHT: usize = 7;
/// The first letter of the font, a space.
const FIRST: u32 = 0x20;
/// Stands for letters that the font lacks: an empty box.
const BOX: u64 = 0x07_e318_c63f;

/// Columns of a small digit.
pub(super) const DIGIT_WIDTH: usize = 3;
/// Rows of a small digit.
pub(super) const DIGIT_HEIGHT: usize = 5;

/// Whether there is such a letter.
pub(super) fn has(letter: char) -> bool {
    matches!(letter, ' '..='~')
}

/// Whether a pixel of a small hexadecimal digit is set.
pub(super) fn is_digit_set(digit: u32, x: usize, y: usize) -> bool {
    let glyph = DIGITS.get(digit as usize).copied().unwrap_or(0);
    let bit = (DIGIT_HEIGHT - 1 - y) * DIGIT_WIDTH + (DIGIT_WIDTH - 1 - x);
    glyph >> bit & 1 == 1
}

/// 0 to F: three bits for each row, the top row first.
#[rustfmt::skip]
const DIGITS: [u16; 16] = [
    0o75557, 0o26227, 0o71747, 0o71717, 0o55711, 0o74717, 0o74757, 0o71111,
    0o75757, 0o75717, 0o75755, 0o65656, 0o74447, 0o65556, 0o74747, 0o74744,
];

/// Whether a pixel of a letter is set.
pub(super) fn is_set(letter: char, x: usize, y: usize) -> bool {
    let index = u32::from(letter).checked_sub(FIRST);
    let glyph = index.and_then(|index| GLYPHS.get(index as usize)).unwrap_or(&BOX);
    let bit = (HEIGHT - 1 - y) * WIDTH + (WIDTH - 1 - x);
    glyph >> bit & 1 == 1
}

/// Every printable letter of ASCII: five bits for each row, the top row first.
#[rustfmt::skip]
const GLYPHS: [u64; 95] = [
    0x00_0000_0000, // ' '
    0x01_0842_1004, // !
    0x02_94a0_0000, // "
    0x02_95f5_7d4a, // #
    0x01_1f47_17c4, // $
    0x06_3222_2263, // %
    0x03_2544_564d, // &
    0x01_0840_0000, // '
    0x00_8884_2082, // (
    0x02_0821_0888, // )
    0x00_0957_5480, // *
    0x00_084f_9080, // +
    0x00_0000_3088, // ,
    0x00_000f_8000, // -
    0x00_0000_018c, // .
    0x00_0222_2200, // /
    0x03_a33a_e62e, // 0
    0x01_1842_108e, // 1
    0x03_a211_111f, // 2
    0x07_c441_062e, // 3
    0x00_8ca9_7c42, // 4
    0x07_e1e0_862e, // 5
    0x01_910f_462e, // 6
    0x07_c222_2108, // 7
    0x03_a317_462e, // 8
    0x03_a317_844c, // 9
    0x00_18c0_3180, // :
    0x00_18c0_3088, // ;
    0x00_8888_2082, // <
    0x00_01f0_7c00, // =
    0x02_0820_8888, // >
    0x03_a211_1004, // ?
    0x03_a216_d6ae, // @
    0x03_a31f_c631, // A
    0x07_a31f_463e, // B
    0x03_a308_422e, // C
    0x07_2518_c65c, // D
    0x07_e10f_421f, // E
    0x07_e10f_4210, // F
    0x03_a30b_c62f, // G
    0x04_631f_c631, // H
    0x03_8842_108e, // I
    0x01_c421_0a4c, // J
    0x04_654c_5251, // K
    0x04_2108_421f, // L
    0x04_775a_c631, // M
    0x04_639a_ce31, // N
    0x03_a318_c62e, // O
    0x07_a31f_4210, // P
    0x03_a318_d64d, // Q
    0x07_a31f_5251, // R
    0x03_e107_043e, // S
    0x07_c842_1084, // T
    0x04_6318_c62e, // U
    0x04_6318_c544, // V
    0x04_631a_d6aa, // W
    0x04_62a2_2a31, // X
    0x04_6315_1084, // Y
    0x07_c222_221f, // Z
    0x03_9084_210e, // [
    0x00_2082_0820, // \
    0x03_8421_084e, // ]
    0x01_1510_0000, // ^
    0x00_0000_001f, // _
    0x02_0820_0000, // `
    0x00_00e0_be2f, // a
    0x04_216c_c63e, // b
    0x00_00e8_422e, // c
    0x00_42d9_c62f, // d
    0x00_00e8_fe0e, // e
    0x01_928e_2108, // f
    0x00_1f18_bc2e, // g
    0x04_216c_c631, // h
    0x01_00c2_108e, // i
    0x00_8061_0a4c, // j
    0x04_212a_6292, // k
    0x03_0842_108e, // l
    0x00_01aa_d631, // m
    0x00_016c_c631, // n
    0x00_00e8_c62e, // o
    0x00_01e8_fa10, // p
    0x00_00d9_bc21, // q
    0x00_016c_c210, // r
    0x00_00e8_383e, // s
    0x02_11c4_2126, // t
    0x00_0118_c66d, // u
    0x00_0118_c544, // v
    0x00_0118_d6aa, // w
    0x00_0115_1151, // x
    0x00_0118_bc2e, // y
    0x00_01f1_111f, // z
    0x00_8844_1082, // {
    0x01_0842_1084, // |
    0x02_0841_1088, // }
    0x00_008a_8800, // ~
];

#[cfg(test)]
mod tests {
    use super::*;

    fn draw(letter: char) -> String {
        let row = |y| (0..WIDTH).map(move |x| if is_set(letter, x, y) { '#' } else { '.' });
        (0..HEIGHT).flat_map(|y| row(y).chain(['/'])).collect()
    }

    #[test]
    fn letters_look_like_letters() {
        assert_eq!(draw('L'), "#..../#..../#..../#..../#..../#..../#####/");
        assert_eq!(draw('7'), "#####/....#/...#./..#../.#.../.#.../.#.../");
        assert_eq!(draw('~'), "...../...../.#.../#.#.#/...#./...../...../");
        assert_eq!(draw(' '), "...../".repeat(7));
        let unknown = "#####/#...#/#...#/#...#/#...#/#...#/#####/";
        assert_eq!([draw('\u{e9}'), draw('\n'), draw('\u{7f}')], [unknown; 3]);
    }

    #[test]
    fn small_digits_look_like_digits() {
        let draw = |digit| -> String {
            let set = |x, y| if is_digit_set(digit, x, y) { '#' } else { '.' };
            let row = |y| (0..DIGIT_WIDTH).map(move |x| set(x, y)).chain(['/']);
            (0..DIGIT_HEIGHT).flat_map(row).collect()
        };
        assert_eq!(draw(4), "#.#/#.#/###/..#/..#/");
        assert_eq!(draw(0xd), "##./#.#/#.#/#.#/##./");
        let distinct: std::collections::BTreeSet<u16> = DIGITS.into_iter().collect();
        assert_eq!(distinct.len(), DIGITS.len());
    }

    #[test]
    fn no_two_letters_are_the_same() {
        let distinct: std::collections::BTreeSet<u64> = GLYPHS.into_iter().collect();
        assert_eq!(distinct.len(), GLYPHS.len());
        assert!(GLYPHS.iter().all(|glyph| glyph >> (WIDTH * HEIGHT) == 0));
    }
}
