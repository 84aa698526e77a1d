//! `--memory-per-trial`: sizes as people write them.

/// Less than this is a slip of the unit: the program alone takes more before it has read any data.
const LEAST: u64 = 16 << 20;

/// Reads `512M`, `2G` or `1.5GiB` (powers of 1024), or `2GB` (powers of 1000).
pub(crate) fn parse_memory(text: &str) -> Result<u64, String> {
    let complain = || format!("`{text}` is no size; write for example 512M, 2G or 1.5GiB");
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let (number, unit) = text.split_at(digits.len());
    let number: f64 = number.trim_end().parse().map_err(|_| complain())?;
    let unit_bytes: f64 = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 1.0,
        "k" | "kib" => 1024.0,
        "m" | "mib" => 1024.0 * 1024.0,
        "g" | "gib" => 1024.0 * 1024.0 * 1024.0,
        "t" | "tib" => 1024.0 * 1024.0 * 1024.0 * 1024.0,
        "kb" => 1e3,
        "mb" => 1e6,
        "gb" => 1e9,
        "tb" => 1e12,
        _ => return Err(complain()),
    };
    let bytes = number * unit_bytes;
    if !bytes.is_finite() || bytes < 0.0 || bytes >= u64::MAX as f64 {
        return Err(complain());
    }
    let bytes = bytes as u64;
    if bytes < LEAST {
        let least = LEAST >> 20;
        return Err(format!(
            "`{text}` is {bytes} bytes, and no trial fits into less than {least}M; is the unit right?"
        ));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_with_their_unit() {
        let check = |text: &str, bytes: u64| assert_eq!(parse_memory(text), Ok(bytes), "{text}");
        check("512M", 512 << 20);
        check("512 MiB", 512 << 20);
        check("2g", 2 << 30);
        check("1.5GiB", 3 << 29);
        check("2GB", 2_000_000_000);
        check("0.25T", 1 << 38);
        check("16777216", 16 << 20);
        check("65536KiB", 64 << 20);
    }

    #[test]
    fn what_is_no_size_or_none_for_a_trial_is_refused_with_an_example() {
        for text in ["", "M", "two G", "2X", "2GiBs", "-1G", "NaNG", "infG", "1e300T", "1G2M"] {
            let error = parse_memory(text).unwrap_err();
            assert!(error.contains("is no size; write for example 512M"), "{text}: {error}");
        }
        for text in ["0", "2", "1M", "16383K"] {
            let error = parse_memory(text).unwrap_err();
            assert!(error.contains("no trial fits into less than 16M"), "{text}: {error}");
        }
    }
}
