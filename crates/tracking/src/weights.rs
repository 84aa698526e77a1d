//! Files of weights: safetensors, with limits on what a header may ask for.

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;

use safetensors::SafeTensors;
use serde::de::{Error as _, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::TrackingError;

/// Bytes of a header. A set of the deepest network here needs a fifth of a megabyte; what asks for
/// more wants memory, not weights.
const MAX_HEADER: u64 = 4 << 20;
/// Bytes of the number in front of the header that says its length.
const LEN: usize = 8;

/// The tensors in the bytes of a file, each within them and none twice. `path` is what an error
/// calls them. Takes memory in proportion to the header, whatever sizes stand in it.
pub fn open_weights<'b>(path: &Path, bytes: &'b [u8]) -> Result<SafeTensors<'b>, TrackingError> {
    let refuse = |problem: String| TrackingError::Weights { path: path.into(), problem };
    let Some((len, rest)) = bytes.split_first_chunk::<LEN>() else {
        return Err(refuse(format!("it has {} bytes", bytes.len())));
    };
    let len = u64::from_le_bytes(*len);
    if len > MAX_HEADER {
        return Err(refuse(format!("its header would have {len} bytes")));
    }
    let header = usize::try_from(len).ok().and_then(|len| rest.get(..len));
    let header = header.ok_or_else(|| refuse("its header is cut short".into()))?;
    // Of two tensors of one name the format's library takes the last.
    if let Err(error) = serde_json::from_slice::<Names>(header) {
        return Err(refuse(format!("its header is damaged: {error}")));
    }
    SafeTensors::deserialize(bytes).map_err(|error| refuse(error.to_string()))
}

/// The keys of a header, none of them twice.
struct Names;

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(NamesVisitor)
    }
}

struct NamesVisitor;

impl<'de> Visitor<'de> for NamesVisitor {
    type Value = Names;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("tensors by name")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Names, A::Error> {
        let mut names = BTreeSet::new();
        while let Some(name) = map.next_key::<String>()? {
            map.next_value::<IgnoredAny>()?;
            if let Some(twice) = names.replace(name) {
                return Err(A::Error::custom(format!("it has `{twice}` twice")));
            }
        }
        Ok(Names)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(header: &str, data: usize) -> Vec<u8> {
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend(header.as_bytes());
        bytes.resize(bytes.len() + data, 0);
        bytes
    }

    /// One tensor in a header.
    fn tensor(name: &str, dtype: &str, shape: &str, offsets: &str) -> String {
        format!(r#""{name}":{{"dtype":"{dtype}","shape":{shape},"data_offsets":{offsets}}}"#)
    }

    fn refused(bytes: &[u8]) -> String {
        match open_weights(Path::new("selected.safetensors"), bytes) {
            Err(TrackingError::Weights { problem, .. }) => problem,
            Err(error) => panic!("{error}"),
            Ok(found) => panic!("{:?}", found.names()),
        }
    }

    #[test]
    fn what_is_sound_is_opened() {
        let header = format!(
            "{{{},{}}}",
            tensor("a", "F32", "[2]", "[0,8]"),
            tensor("b", "F32", "[1,1]", "[8,12]")
        );
        let bytes = file(&header, 12);
        let found = open_weights(Path::new("x"), &bytes).unwrap();
        assert_eq!(found.tensor("b").unwrap().shape(), [1, 1]);
        assert_eq!(found.len(), 2);
        assert!(open_weights(Path::new("x"), &file("{}", 0)).unwrap().is_empty());
        // Without a length, cut anywhere, or with something behind.
        for len in 0..bytes.len() {
            refused(&bytes[..len]);
        }
        refused(&[&bytes[..], b"\0"].concat());
    }

    #[test]
    fn a_length_that_no_header_has_is_refused_before_it_is_read() {
        for len in [u64::MAX, u64::MAX - 7, 1 << 63, MAX_HEADER + 1] {
            let bytes = [&len.to_le_bytes()[..], b"{}"].concat();
            assert_eq!(refused(&bytes), format!("its header would have {len} bytes"));
        }
        for len in [3, MAX_HEADER] {
            let bytes = [&len.to_le_bytes()[..], b"{}"].concat();
            assert_eq!(refused(&bytes), "its header is cut short");
        }
        // A hundred thousand tensors of nothing; a million is only longer.
        let many: Vec<String> =
            (0..100_000).map(|i| tensor(&i.to_string(), "F32", "[0]", "[0,0]")).collect();
        let bytes = file(&format!("{{{}}}", many.join(",")), 0);
        assert!(bytes.len() as u64 > MAX_HEADER);
        assert!(refused(&bytes).starts_with("its header would have "), "{}", refused(&bytes));
    }

    #[test]
    fn tensors_that_overflow_overlap_or_lie_outside_are_refused() {
        let check = |tensors: &[String], data: usize| {
            refused(&file(&format!("{{{}}}", tensors.join(",")), data))
        };
        let one = |shape: &str, offsets: &str| vec![tensor("a", "F32", shape, offsets)];
        check(&one("[4294967296,4294967296]", "[0,0]"), 0);
        check(&one("[18446744073709551615,2]", "[0,8]"), 8);
        check(&one("[4611686018427387904]", "[0,0]"), 0);
        check(&one("[18446744073709551616]", "[0,8]"), 8);
        check(&one("[-1]", "[0,4]"), 4);
        check(&one("[1.0]", "[0,4]"), 4);
        check(&one("[1]", "[0,18446744073709551615]"), 4);
        check(&one("[1]", "[18446744073709551615,3]"), 4);
        check(&one("[2]", "[8,0]"), 8);
        check(&one("[2]", "[0,8]"), 4);
        check(&one("[1]", "[4,8]"), 8);
        check(&one("[1]", "[0,NaN]"), 4);
        check(&[tensor("a", "F31", "[1]", "[0,4]")], 4);
        let overlapping = [tensor("a", "F32", "[2]", "[0,8]"), tensor("b", "F32", "[2]", "[4,12]")];
        check(&overlapping, 12);
        let twice = [tensor("a", "F32", "[1]", "[0,4]"), tensor("a", "F32", "[1]", "[0,4]")];
        assert!(check(&twice, 4).contains("it has `a` twice"));
    }

    #[test]
    fn a_header_that_is_no_list_of_tensors_is_refused() {
        for header in
            ["", "[]", "null", "NaN", "{\"a\":NaN}", "{\"a\":1}", "{", "{}{}", "\u{feff}{}"]
        {
            refused(&file(header, 0));
        }
        let deep = ["{\"a\":", &"[".repeat(100_000), &"]".repeat(100_000), "}"].concat();
        refused(&file(&deep, 0));
        refused(&[&2_u64.to_le_bytes()[..], b"\xff\xfe"].concat());
    }
}
