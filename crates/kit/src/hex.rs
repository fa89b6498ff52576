//! Hexadecimal (RFC 4648, section 8).

use zeroize::Zeroizing;

fn digits(bytes: &[u8], alphabet: &[u8; 16]) -> Vec<u8> {
    // Allocated at its final size: growing would leave copies of secrets in memory.
    let mut digits = Vec::with_capacity(2 * bytes.len());
    let halves = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.extend(halves.map(|half| alphabet[usize::from(half)]));
    digits
}

/// Lower-case digits.
pub fn encode(bytes: &[u8]) -> String {
    // Bytes become a String at once; characters would be written one by one.
    String::from_utf8(digits(bytes, b"0123456789abcdef")).unwrap_or_default()
}

/// Upper-case digits, wiped when dropped.
pub fn encode_upper(bytes: &[u8]) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(digits(bytes, b"0123456789ABCDEF"))
}

/// Digits of either case; `None` when `text` is anything else.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let value = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    };
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let bytes = pairs.iter();
    let bytes = bytes.map(|[high, low]| Some((value(*high)? << 4) | value(*low)?));
    rest.is_empty().then(|| bytes.collect()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_back() {
        let bytes: Vec<u8> = (0..=u8::MAX).collect();
        let text = encode(&bytes);
        assert!(text.starts_with("000102") && text.ends_with("fdfeff"));
        assert_eq!(text.to_uppercase().as_bytes(), &**encode_upper(&bytes));
        for text in [text.to_uppercase(), text] {
            assert_eq!(decode(&text).as_ref(), Some(&bytes));
        }
        assert_eq!(decode(""), Some(Vec::new()));
    }

    #[test]
    fn other_text_is_refused() {
        for text in ["0", "000", "0g", "+0", "0x", " 0", "é", "0G", "/:", "@`"] {
            assert_eq!(decode(text), None, "{text}");
        }
    }
}
