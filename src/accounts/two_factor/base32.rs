//! Base32 (RFC 4648, section 6) without padding, as authenticator apps read it.

use zeroize::Zeroizing;

/// The digits, in the order of their values.
pub const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// Writes `bytes`. Takes no other lengths than whole groups of 5 bytes, which need no padding.
pub fn encode<const N: usize>(bytes: &[u8; N]) -> Zeroizing<String> {
    const { assert!(N.is_multiple_of(5)) }
    let digits = bytes.chunks_exact(5).flat_map(|group| {
        let bits = group
            .iter()
            .fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
        (0..8)
            .rev()
            .map(move |digit| char::from(ALPHABET[((bits >> (digit * 5)) & 31) as usize]))
    });
    // With room for all of it: a string that grew would leave copies behind.
    let mut text = Zeroizing::new(String::with_capacity(N / 5 * 8));
    text.extend(digits);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vectors_of_rfc_4648_and_the_edges() {
        assert_eq!(encode(b"fooba").as_str(), "MZXW6YTB");
        assert_eq!(encode(b"foobafooba").as_str(), "MZXW6YTBMZXW6YTB");
        assert_eq!(encode(&[0; 5]).as_str(), "AAAAAAAA");
        assert_eq!(encode(&[255; 5]).as_str(), "77777777");
        assert_eq!(encode(&[]).as_str(), "");
    }
}
