//! Bytes in the largest unit that says them exactly.

/// `512 MiB`, `1000 bytes`.
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [(&str, u32); 4] = [("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)];
    let is_whole = |shift: u32| bytes >> shift > 0 && bytes.trailing_zeros() >= shift;
    match UNITS.iter().find(|(_, shift)| is_whole(*shift)) {
        Some((unit, shift)) => format!("{} {unit}", bytes >> shift),
        None => format!("{bytes} bytes"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_byte_is_lost() {
        let check = |bytes, expected: &str| assert_eq!(size(bytes), expected);
        check(0, "0 bytes");
        check(1023, "1023 bytes");
        check(1 << 20, "1 MiB");
        check(3 << 29, "1536 MiB");
        check((1 << 30) + 1, "1073741825 bytes");
        check(2 << 40, "2 TiB");
    }
}
