//! Numbers in base62: digits, capitals, small letters. No URL and no double click stops at one of them.

use zeroize::Zeroizing;

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A big-endian number in `length` digits, with leading zeros.
pub fn encode(number: &[u8], length: usize) -> Zeroizing<String> {
    let mut rest = Zeroizing::new(number.to_vec());
    let mut out = Zeroizing::new(vec![b'0'; length]);
    for digit in out.iter_mut().rev() {
        let mut remainder = 0;
        for byte in rest.iter_mut() {
            let value = remainder * 256 + u32::from(*byte);
            // Less than 62 * 256, so it fits.
            #[allow(clippy::cast_possible_truncation)]
            let quotient = (value / 62) as u8;
            *byte = quotient;
            remainder = value % 62;
        }
        *digit = DIGITS[remainder as usize];
    }
    Zeroizing::new(out.iter().map(|digit| char::from(*digit)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_the_known_ones() {
        for (number, length, text) in [
            (&[0_u8][..], 2, "00"),
            (&[61], 1, "z"),
            (&[62], 2, "10"),
            (&[255; 4], 6, "4gfFC3"),
            // The largest numbers fit: 62^22 is more than 2^128, 62^43 a little more than 2^256.
            (&[255; 16], 22, "7n42DGM5Tflk9n8mt7Fhc7"),
            (
                &[255; 32],
                43,
                "yhjskwdA6OZ1AL1YmHWZWm8LLG7HjnuCA2j5rOw8Xp1",
            ),
        ] {
            assert_eq!(*encode(number, length), text);
        }
    }
}
