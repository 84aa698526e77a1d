//! Walks through Thrift's compact encoding, in which Parquet files describe themselves.
//!
//! Specification: thrift/doc/specs/thrift-compact-protocol.md of Apache Thrift.

/// What a walk meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Met {
    Integer(i64),
    /// How long a list is.
    List(u64),
}

/// Deeper values are a trap.
const MAX_DEPTH: usize = 24;

type Visit<'a> = &'a mut dyn FnMut(&[i16], Met) -> Result<(), String>;

/// Goes through the struct at the start of `bytes` and says how long it is. `visit` gets the
/// numbers of the fields on the way to each integer and list; elements of a list add none.
pub(super) fn walk(bytes: &[u8], visit: Visit<'_>) -> Result<usize, String> {
    let mut walk = Walk { bytes, at: 0, path: Vec::new(), depth: 0, visit };
    walk.structure()?;
    Ok(walk.at)
}

struct Walk<'a> {
    bytes: &'a [u8],
    at: usize,
    path: Vec<i16>,
    depth: usize,
    visit: Visit<'a>,
}

const STOP: u8 = 0;
const TRUE: u8 = 1;
const FALSE: u8 = 2;
const BYTE: u8 = 3;
const INTEGERS: std::ops::RangeInclusive<u8> = 4..=6;
const DOUBLE: u8 = 7;
const BINARY: u8 = 8;
const LISTS: std::ops::RangeInclusive<u8> = 9..=10;
const MAP: u8 = 11;
const STRUCT: u8 = 12;
const UUID: u8 = 13;

impl Walk<'_> {
    fn structure(&mut self) -> Result<(), String> {
        let mut field = 0_i16;
        loop {
            let head = self.byte()?;
            let kind = head & 15;
            if kind == STOP {
                return Ok(());
            }
            field = match i16::from(head >> 4) {
                0 => i16::try_from(self.integer()?).map_err(|_| odd())?,
                step => field.checked_add(step).ok_or_else(odd)?,
            };
            self.path.push(field);
            match kind {
                TRUE | FALSE => self.tell(Met::Integer(i64::from(kind == TRUE)))?,
                kind => self.value(kind)?,
            }
            self.path.pop();
        }
    }

    fn value(&mut self, kind: u8) -> Result<(), String> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(odd());
        }
        match kind {
            // As elements of a list, each takes a byte.
            TRUE | FALSE | BYTE => {
                let byte = self.byte()?;
                self.tell(Met::Integer(i64::from(byte.cast_signed())))?;
            }
            kind if INTEGERS.contains(&kind) => {
                let integer = self.integer()?;
                self.tell(Met::Integer(integer))?;
            }
            DOUBLE => self.skip(8)?,
            UUID => self.skip(16)?,
            BINARY => {
                let len = self.varint()?;
                self.skip(len)?;
            }
            kind if LISTS.contains(&kind) => {
                let head = self.byte()?;
                let len = if head >> 4 == 15 { self.varint()? } else { u64::from(head >> 4) };
                self.tell(Met::List(len))?;
                for _ in 0..len {
                    self.value(head & 15)?;
                }
            }
            MAP => {
                let len = self.varint()?;
                let kinds = if len == 0 { 0 } else { self.byte()? };
                for _ in 0..len {
                    self.value(kinds >> 4)?;
                    self.value(kinds & 15)?;
                }
            }
            STRUCT => self.structure()?,
            _ => return Err(odd()),
        }
        self.depth -= 1;
        Ok(())
    }

    fn tell(&mut self, met: Met) -> Result<(), String> {
        (self.visit)(&self.path, met)
    }

    fn byte(&mut self) -> Result<u8, String> {
        let byte = self.bytes.get(self.at).copied().ok_or_else(odd)?;
        self.at += 1;
        Ok(byte)
    }

    /// Seven bits a byte, the lowest first.
    fn varint(&mut self) -> Result<u64, String> {
        let mut number = 0;
        for shift in (0..u64::BITS).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(odd())
    }

    /// 0, -1, 1, -2, ...
    fn integer(&mut self) -> Result<i64, String> {
        let number = self.varint()?;
        Ok((number >> 1).cast_signed() ^ -(number & 1).cast_signed())
    }

    fn skip(&mut self, len: u64) -> Result<(), String> {
        let end = usize::try_from(len).ok().and_then(|len| self.at.checked_add(len));
        self.at = end.filter(|&end| end <= self.bytes.len()).ok_or_else(odd)?;
        Ok(())
    }
}

fn odd() -> String {
    "no sound Parquet file: its description of itself is damaged".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Field 1 is 5, field 3 a list of two structs with a field 2, field 20 a text.
    const SOUND: &[u8] =
        &[0x15, 10, 0x29, 0x2c, 0x25, 1, 0, 0x25, 2, 0, 0x08, 40, 3, b'a', b'b', b'c', 0];

    type AllMet = Vec<(Vec<i16>, Met)>;

    fn met(bytes: &[u8]) -> Result<(usize, AllMet), String> {
        let mut met = Vec::new();
        let len = walk(bytes, &mut |path, what| {
            met.push((path.to_vec(), what));
            Ok(())
        })?;
        Ok((len, met))
    }

    #[test]
    fn integers_and_lists_are_met_with_their_fields() {
        let behind = [SOUND, b"more"].concat();
        let expected = vec![
            (vec![1], Met::Integer(5)),
            (vec![3], Met::List(2)),
            (vec![3, 2], Met::Integer(-1)),
            (vec![3, 2], Met::Integer(1)),
        ];
        assert_eq!(met(&behind), Ok((SOUND.len(), expected)));
    }

    #[test]
    fn what_is_cut_too_deep_or_too_long_is_an_error() {
        for end in 0..SOUND.len() {
            assert!(met(&SOUND[..end]).is_err(), "cut at {end}");
        }
        let deep = |depth| [vec![0x1c; depth], vec![0; depth + 1]].concat();
        assert!(met(&deep(MAX_DEPTH)).is_ok());
        assert!(met(&deep(MAX_DEPTH + 1)).is_err());
        assert!(met(&[0x18, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 0]).is_err());
        assert!(
            met(&[0x15, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1]).is_err()
        );
    }
}
