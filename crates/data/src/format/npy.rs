//! One array in numpy's own format: a header in Python's notation, then the numbers.
//!
//! The caller says which shapes it takes, so no length out of a header is ever used. Arrays of
//! objects are pickles, which are programs: refused, as is all that is not a number.

use std::io::{self, Read};

use crate::error::shorten;

/// What is wrong with an array.
#[derive(Debug)]
pub(super) enum Problem {
    /// Its bytes cannot be read.
    Io(io::Error),
    /// They say something else than expected.
    Text(String),
}

/// An array whose header was read.
#[derive(Debug)]
pub(super) struct Array<R> {
    pub(super) shape: Vec<usize>,
    /// The first dimension varies fastest, not the last.
    pub(super) is_fortran: bool,
    pub(super) number: Number,
    reader: R,
}

/// How a number is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Number {
    pub(super) kind: Kind,
    /// In bytes.
    pub(super) size: usize,
    is_big: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Float,
    Signed,
    Unsigned,
}

impl<R: Read> Array<R> {
    /// Reads a header; the shape must be one of these.
    pub(super) fn open(reader: R, shapes: &[Vec<usize>]) -> Result<Self, Problem> {
        let array = Self::of_any_shape(reader)?;
        if !shapes.contains(&array.shape) {
            let expected: Vec<String> = shapes.iter().map(|shape| format!("{shape:?}")).collect();
            let (found, expected) = (array.shape, expected.join(" or "));
            return Err(Problem::Text(format!("it has shape {found:?}, its card says {expected}")));
        }
        Ok(array)
    }

    /// Reads a header whose lengths nobody has checked.
    pub(super) fn of_any_shape(mut reader: R) -> Result<Self, Problem> {
        const MAGIC: &[u8; 6] = b"\x93NUMPY";
        const MAX_HEADER_LEN: u32 = 1 << 16;
        let mut start = [0; 8];
        reader.read_exact(&mut start).map_err(early)?;
        if !start.starts_with(MAGIC) {
            return Err(Problem::Text("this is not an array of numpy".to_owned()));
        }
        let len = match start[6] {
            1 => {
                let mut len = [0; 2];
                reader.read_exact(&mut len).map_err(early)?;
                u32::from(u16::from_le_bytes(len))
            }
            2 | 3 => {
                let mut len = [0; 4];
                reader.read_exact(&mut len).map_err(early)?;
                u32::from_le_bytes(len)
            }
            version => return Err(Problem::Text(format!("version {version} of npy is unknown"))),
        };
        if len > MAX_HEADER_LEN {
            return Err(Problem::Text(format!("a header of {len} bytes")));
        }
        let mut header = vec![0; len as usize];
        reader.read_exact(&mut header).map_err(early)?;
        let header_text = || format!("its header is `{}`", shorten(&header));
        let text = str::from_utf8(&header).map_err(|_| Problem::Text(header_text()))?;
        let header = Header::parse(text).ok_or_else(|| Problem::Text(header_text()))?;
        let number = Number::parse(&header.descr).ok_or_else(|| {
            let descr = shorten(header.descr.as_bytes());
            Problem::Text(format!("its type is `{descr}`, expected integers or floats"))
        })?;
        Ok(Self { shape: header.shape, is_fortran: header.is_fortran, number, reader })
    }

    /// Shows the bytes of the numbers in pieces of whole ones. The array must end with its file.
    pub(super) fn each_piece(
        mut self,
        mut visit: impl FnMut(&[u8]) -> Result<(), Problem>,
    ) -> Result<(), Problem> {
        const PIECE_LEN: usize = 1 << 16; // a multiple of every size
        let mut left = self.shape.iter().product::<usize>().saturating_mul(self.number.size);
        let mut piece = Vec::new();
        while left > 0 {
            piece.clear();
            let len = left.min(PIECE_LEN);
            let found = self.reader.by_ref().take(len as u64).read_to_end(&mut piece);
            if found.map_err(Problem::Io)? < len {
                return Err(Problem::Text("it ends early".to_owned()));
            }
            visit(&piece)?;
            left -= len;
        }
        match self.reader.read(&mut [0]).map_err(Problem::Io)? {
            0 => Ok(()),
            _ => Err(Problem::Text("it goes on after its last number".to_owned())),
        }
    }
}

impl Number {
    /// As numpy writes it: `<f4`. None for what is no number.
    fn parse(descr: &str) -> Option<Self> {
        let (order, name) = descr.split_at_checked(1)?;
        let (kind, size) = match name {
            "f4" => (Kind::Float, 4),
            "f8" => (Kind::Float, 8),
            "i1" => (Kind::Signed, 1),
            "i2" => (Kind::Signed, 2),
            "i4" => (Kind::Signed, 4),
            "i8" => (Kind::Signed, 8),
            "u1" => (Kind::Unsigned, 1),
            "u2" => (Kind::Unsigned, 2),
            "u4" => (Kind::Unsigned, 4),
            "u8" => (Kind::Unsigned, 8),
            _ => return None,
        };
        let is_big = match order {
            "<" => false,
            ">" => true,
            "|" if size == 1 => false,
            _ => return None,
        };
        Some(Self { kind, size, is_big })
    }

    pub(super) fn is_byte(self) -> bool {
        self.kind == Kind::Unsigned && self.size == 1
    }

    /// A float, from its bytes.
    pub(super) fn float(self, bytes: &[u8]) -> f64 {
        match self.kind {
            Kind::Float if self.size == 4 => f64::from(f32::from_bits(self.bits(bytes) as u32)),
            Kind::Float => f64::from_bits(self.bits(bytes)),
            Kind::Signed | Kind::Unsigned => self.integer(bytes) as f64,
        }
    }

    /// An integer, from its bytes; of a float, its bits.
    pub(super) fn integer(self, bytes: &[u8]) -> i128 {
        let bits = self.bits(bytes);
        let unused = u64::BITS - 8 * self.size as u32;
        match self.kind {
            Kind::Signed => i128::from((bits << unused) as i64 >> unused),
            Kind::Float | Kind::Unsigned => i128::from(bits),
        }
    }

    fn bits(self, bytes: &[u8]) -> u64 {
        let shift_in = |bits: u64, &byte: &u8| bits << 8 | u64::from(byte);
        if self.is_big {
            bytes.iter().fold(0, shift_in)
        } else {
            bytes.iter().rev().fold(0, shift_in)
        }
    }
}

/// What numpy writes before the numbers of an array in C order.
pub(super) fn header(descr: &str, shape: &[usize]) -> impl Read {
    let shape: String = shape.iter().map(|len| format!("{len}, ")).collect();
    let header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({shape}), }}");
    let mut bytes = b"\x93NUMPY\x02\x00".to_vec();
    bytes.extend((header.len() as u32).to_le_bytes());
    bytes.extend(header.into_bytes());
    io::Cursor::new(bytes)
}

fn early(source: io::Error) -> Problem {
    match source.kind() {
        io::ErrorKind::UnexpectedEof => Problem::Text("it ends early".to_owned()),
        _ => Problem::Io(source),
    }
}

#[derive(Debug, Default, PartialEq)]
struct Header {
    descr: String,
    is_fortran: bool,
    shape: Vec<usize>,
}

impl Header {
    /// A Python dictionary of exactly these three keys, in any order.
    fn parse(text: &str) -> Option<Self> {
        let mut rest = Rest(text.trim());
        let (mut descr, mut is_fortran, mut shape) = (None, None, None);
        rest.eat("{").then_some(())?;
        while !rest.eat("}") {
            let key = rest.string()?;
            rest.eat(":").then_some(())?;
            let is_new = match key {
                "descr" if rest.eat("[") => {
                    // Named fields; what follows is of no use.
                    let descr = "a structure".to_owned();
                    return Some(Self { descr, ..Self::default() });
                }
                "descr" => descr.replace(rest.string()?).is_none(),
                "fortran_order" => is_fortran.replace(rest.truth()?).is_none(),
                "shape" => shape.replace(rest.tuple()?).is_none(),
                _ => false,
            };
            if !is_new {
                return None;
            }
            rest.eat(",");
        }
        let (descr, is_fortran, shape) = (descr?.to_owned(), is_fortran?, shape?);
        rest.0.is_empty().then_some(Self { descr, is_fortran, shape })
    }
}

/// Text that is left to read.
struct Rest<'a>(&'a str);

impl<'a> Rest<'a> {
    fn eat(&mut self, token: &str) -> bool {
        let rest = self.0.strip_prefix(token).map(str::trim_start);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    fn string(&mut self) -> Option<&'a str> {
        let quote = ["'", "\""].into_iter().find(|quote| self.0.starts_with(quote))?;
        let (text, rest) = self.0[1..].split_once(quote)?;
        self.0 = rest.trim_start();
        Some(text)
    }

    fn truth(&mut self) -> Option<bool> {
        if self.eat("True") { Some(true) } else { self.eat("False").then_some(false) }
    }

    fn tuple(&mut self) -> Option<Vec<usize>> {
        self.eat("(").then_some(())?;
        let (inside, rest) = self.0.split_once(')')?;
        self.0 = rest.trim_start();
        let inside = inside.trim();
        let inside = inside.strip_suffix(',').unwrap_or(inside);
        if inside.is_empty() {
            return Some(Vec::new());
        }
        inside.split(',').map(|number| number.trim().parse().ok()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_python_dictionaries_of_three_keys() {
        let header = |descr: &str, is_fortran, shape: &[usize]| {
            Some(Header { descr: descr.to_owned(), is_fortran, shape: shape.to_vec() })
        };
        for (text, expected) in [
            (
                "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }     \n",
                header("<f4", false, &[3, 4]),
            ),
            (
                "{\"shape\":(5,),\"fortran_order\":True,\"descr\":\"|u1\"}",
                header("|u1", true, &[5]),
            ),
            ("{'descr': '|O', 'fortran_order': False, 'shape': (), }", header("|O", false, &[])),
            ("{'descr': [('a', '<f4')], 'fortran_order': F", header("a structure", false, &[])),
            ("{'descr': '<f4', 'fortran_order': False, }", None),
            ("{'descr': '<f4', 'fortran_order': False, 'shape': (3, -4)}", None),
            ("{'descr': '<f4', 'fortran_order': False, 'shape': (3), 'more': 1}", None),
            ("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (3)}", None),
            ("{'descr': '<f4', 'fortran_order': False, 'shape': (3)} trailing", None),
            ("{'descr': '<f4", None),
            ("", None),
        ] {
            assert_eq!(Header::parse(text), expected, "{text}");
        }
    }

    #[test]
    fn numbers_of_every_type_and_order_are_read() {
        let read = |descr: &str, bytes: &[u8]| Number::parse(descr).unwrap().float(bytes);
        assert_eq!(read("|u1", &[200]), 200.0);
        assert_eq!(read("|i1", &[200]), -56.0);
        assert_eq!(read("<i2", &[0xfe, 0xff]), -2.0);
        assert_eq!(read(">u2", &[0xfe, 0xff]), 65279.0);
        assert_eq!(read(">i4", &[0xff, 0xff, 0xff, 0]), -256.0);
        assert_eq!(read("<i8", &i64::MIN.to_le_bytes()), -9_223_372_036_854_775_808.0);
        assert_eq!(Number::parse("<u8").unwrap().integer(&[0xff; 8]), i128::from(u64::MAX));
        assert_eq!(read("<f4", &1.5f32.to_le_bytes()), 1.5);
        assert_eq!(read(">f8", &(-0.1f64).to_be_bytes()), -0.1);
        for descr in ["|O", "<c8", "<U3", "|b1", "<f2", "|f4", "=f4", "f4", "<V8", "", "é4"] {
            assert_eq!(Number::parse(descr), None, "{descr}");
        }
    }
}
