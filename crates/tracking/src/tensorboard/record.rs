//! The framing of a record file: length, checksum, data, checksum.

/// Added to a rotated checksum, so that the checksum of data with a checksum inside is sound.
const MASK_DELTA: u32 = 0xa282_ead8;

/// Appends one record, all numbers little-endian.
pub(crate) fn push(buffer: &mut Vec<u8>, data: &[u8]) {
    let len = (data.len() as u64).to_le_bytes();
    buffer.extend_from_slice(&len);
    buffer.extend_from_slice(&masked_crc(&len).to_le_bytes());
    buffer.extend_from_slice(data);
    buffer.extend_from_slice(&masked_crc(data).to_le_bytes());
}

/// Data of the first record, and what follows it; none unless it is whole and sound.
pub(crate) fn first(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (len, rest) = bytes.split_first_chunk()?;
    let (len_crc, rest) = rest.split_first_chunk()?;
    if masked_crc(len).to_le_bytes() != *len_crc {
        return None;
    }
    let (data, rest) = rest.split_at_checked(u64::from_le_bytes(*len).try_into().ok()?)?;
    let (crc, rest) = rest.split_first_chunk()?;
    (masked_crc(data).to_le_bytes() == *crc).then_some((data, rest))
}

fn masked_crc(bytes: &[u8]) -> u32 {
    crc32c::crc32c(bytes).rotate_right(15).wrapping_add(MASK_DELTA)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_those_of_the_standard() {
        // CRC-32C of these is 0xe3069283 and, from RFC 3720 B.4, 0x8a9136aa.
        assert_eq!(masked_crc(b"123456789"), 0xc78a_b0e5);
        assert_eq!(masked_crc(&[0; 32]), 0x0fd7_fffa);
    }

    #[test]
    fn a_record_is_length_checksum_data_checksum() {
        let mut buffer = b"before".to_vec();
        push(&mut buffer, b"abc");
        assert_eq!(buffer.len(), 6 + 8 + 4 + 3 + 4);
        assert_eq!(buffer[6..14], [3, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(buffer[14..18], masked_crc(&buffer[6..14]).to_le_bytes());
        assert_eq!(&buffer[18..21], b"abc");
        assert_eq!(buffer[21..], masked_crc(b"abc").to_le_bytes());
    }

    #[test]
    fn what_was_pushed_comes_back_unless_a_bit_or_a_byte_is_lost() {
        let mut buffer = Vec::new();
        push(&mut buffer, b"abc");
        let record = buffer.clone();
        push(&mut buffer, b"");
        assert_eq!(first(&buffer), Some((&b"abc"[..], &buffer[record.len()..])));
        assert_eq!(first(&buffer[record.len()..]), Some((&b""[..], &b""[..])));
        for cut in 0..record.len() {
            assert_eq!(first(&record[..cut]), None, "cut at {cut}");
        }
        for bit in 0..8 * record.len() {
            let mut flipped = record.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(first(&flipped), None, "bit {bit}");
        }
    }
}
